"""The cost model beside the stand-in's own clock: a player who knows everything presses as early as a key is taken."""

from __future__ import annotations

import math

import pytest

from coordinator.cost import ActionFrames, MenuWalk, visiting_order
from coordinator.sweep import SweepSpec, plan_sweep
from creator.character import default_character
from creator.couplings import Move, plan_moves
from creator.menu import Cursor, Menu
from creator.profile import Profile
from protocol.character import Character
from standin.game import Game

TOLERANCE = 0.05
SPECS = {
    "extremes": {"num_combinations": 6},
    "interleaved": {"num_frames": 60, "sliders_per_step": 2},
}


class IdealPlayer:
    """Knows the truth: a press counts when the settings or the cursor have changed, and the next one follows at once."""

    def __init__(self, profile: Profile) -> None:
        self.game = Game(profile, seed=1)
        self._profile = profile
        self._menu = Menu(profile)
        self._frames = ActionFrames.of(profile.timing)

    def capture(self, goal: Character) -> None:
        self._choose("gender", goal)
        moves = plan_moves(self._profile, self._sliders(self.game.character), self._sliders(goal))
        goals = {move.row: move for move in moves}
        for name in visiting_order(self._profile):
            role = self._profile.rows[name].role
            if role in ("face", "skin"):
                self._choose(role, goal)
            elif name in goals:
                self._slide(goals[name])
        assert self.game.character == goal
        self.game.advance(math.ceil(self._frames.settle))

    def _slide(self, move: Move) -> None:
        self._go(move.row)
        for _ in range(round(move.num_presses / self._profile.rows[move.row].step)):
            self._press("increase" if move.value > move.before else "decrease")

    def _sliders(self, character: Character) -> dict[str, int]:
        return dict(zip(self._profile.slider_index, character.sliders, strict=True))

    def _choose(self, role: str, goal: Character) -> None:
        row = self._profile.roles[role]
        while getattr(self.game.character, role) != getattr(goal, role):
            self._go(row.name)
            now = self.game.character
            ids = row.ids[now.gender]
            names = list(self._profile.genders) if role == "gender" else list(ids)
            here, there = names.index(getattr(now, role)), names.index(getattr(goal, role))
            self._press("increase" if (there - here) % len(names) <= len(names) / 2 else "decrease")

    def _go(self, row_name: str) -> None:
        for action in self._menu.path(self._cursor(), self._menu.find(row_name)):
            self._press(action)

    def _cursor(self) -> Cursor:
        return self.game.state.cursor

    def _press(self, action: str) -> None:
        """Taps until it counted, at the profile's own pace."""
        before = (self.game.character, self._cursor())
        key, timing = getattr(self._profile.keys, action), self._profile.timing
        while (self.game.character, self._cursor()) == before:
            self.game.key_down(key)
            self.game.advance(timing.hold_frames)
            self.game.key_up(key)
            self.game.advance(timing.gap_frames)
            while not self.game._takes(key):  # what only the game knows
                self.game.advance(1)


@pytest.mark.parametrize("name", ["profile", "standin_profile"])
@pytest.mark.parametrize("kind", list(SPECS))
def test_what_a_sweep_costs_is_what_the_clock_says(request: pytest.FixtureRequest, name: str, kind: str) -> None:
    profile: Profile = request.getfixturevalue(name)
    spec = SweepSpec.from_table({"name": "x", "kind": kind, "seed": 1, "frames_per_shard": 400, **SPECS[kind]})
    characters = [character for shard in plan_sweep(spec, profile) for character in shard.characters]
    player, walk = IdealPlayer(profile), MenuWalk(profile)
    assert player.game.character == default_character(profile, profile.genders[0])

    expected_frames = sum(walk.capture(character).game_frames for character in characters)
    for character in characters:
        player.capture(character)

    played_frames = player.game.seconds * profile.timing.frames_per_second
    assert played_frames == pytest.approx(expected_frames, rel=TOLERANCE)
