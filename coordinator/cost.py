"""What a sweep costs before it runs: presses and game time, from the profile's menu, couplings and timing.

The model is one agent that drives without a fault: it sets what differs in menu order, parents before their children, takes
a frame when the face has been at rest over a blink, and reads all captured rows again at the end of a shard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from creator.character import default_character
from creator.couplings import plan_moves, setting_order
from creator.menu import Cursor, Menu
from creator.profile import Profile, Row, Timing
from protocol.character import Character
from protocol.shard import Shard

_DISPLAY_FRAMES = 1  # a change is on the screen one frame after the press that made it


@dataclass(frozen=True, slots=True)
class StepCost:
    """Presses and mean frames of the game, from one character to the picture of the next."""

    num_presses: int = 0
    game_frames: float = 0.0

    def __add__(self, other: StepCost) -> StepCost:
        return StepCost(self.num_presses + other.num_presses, self.game_frames + other.game_frames)

    def __mul__(self, times: int) -> StepCost:
        return StepCost(self.num_presses * times, self.game_frames * times)


@dataclass(frozen=True, slots=True)
class SweepCost:
    """What all shards of a sweep cost together."""

    num_shards: int
    num_frames: int
    num_presses: int
    game_seconds: float
    num_slider_sets: int

    def hours(self, num_agents: int = 1) -> float:
        """Shards are independent, so agents share them; the last one may wait for a shard's length."""
        longest = self.game_seconds / max(1, self.num_shards)
        return max(self.game_seconds / num_agents, longest) / 3600


def few_digits(number: float) -> str:
    """Hours or gigabytes for people: one decimal, two digits of what is small."""
    return f"{number:,.1f}" if number >= 1 else f"{number:.2g}"


def sweep_cost(shards: Iterable[Shard], profile: Profile) -> SweepCost:
    """As if one agent did all shards in order."""
    walk, total, num_shards, num_frames, slider_sets = MenuWalk(profile), StepCost(), 0, 0, set[int]()
    for shard in shards:
        for character in shard.characters:
            total += walk.capture(character)
        total += walk.read_all()
        num_shards += 1
        num_frames += len(shard.characters)
        slider_sets.update(shard.slider_sets)
    seconds = total.game_frames / profile.timing.frames_per_second
    return SweepCost(num_shards, num_frames, total.num_presses, seconds, len(slider_sets))


@dataclass(frozen=True, slots=True)
class ActionFrames:
    """Frames of the game from one accepted press until the next one can be accepted, by what the press does.

    A load begins with the press and is over when a frame has shown the new face: two frames more than its length, measured on
    the stand-in.
    """

    plain: float
    section: float
    page: float
    choice: float
    gender: float
    settle: float

    @classmethod
    def of(cls, timing: Timing) -> ActionFrames:
        plain = float(timing.hold_frames + timing.gap_frames)
        return cls(
            plain=plain,
            section=max(plain, 1.0 + timing.section_frames),
            page=max(plain, 1.0 + timing.page_frames),
            choice=max(plain, 2.0 + timing.mean_load_frames),
            gender=max(plain, 2.0 + _middle(timing.gender_frames)),
            settle=_DISPLAY_FRAMES + timing.blink_frames + 1.0,
        )

    def navigation(self, action: str) -> float:
        if action in ("enter", "leave"):
            return self.section
        return self.page if action in ("next_page", "previous_page") else self.plain


def _middle(bounds: tuple[int, int]) -> float:
    return sum(bounds) / 2


class MenuWalk:
    """A creator's settings and cursor while characters are set one after the other; starts as a fresh session does."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._menu = Menu(profile)
        self._frames = ActionFrames.of(profile.timing)
        self._places = {row.name: cursor for cursor, row in self._menu.captured_rows()}
        self._order = visiting_order(profile)
        self._paths: dict[tuple[Cursor, Cursor], StepCost] = {}
        self._cursor = Cursor()
        self._character = default_character(profile, profile.genders[0])

    def capture(self, character: Character) -> StepCost:
        """Sets a character and takes its frame."""
        cost = StepCost(0, self._frames.settle)
        if character.gender != self._character.gender:
            cost += self._change_gender(character.gender)
        changes = self._changes(character)
        for name in self._order:
            if name in changes:
                cost += self._go(self._places[name]) + changes[name]
        self._character = character
        return cost

    def read_all(self) -> StepCost:
        """Puts the cursor once on every section that has captured rows: their values can be read off the list."""
        cost, seen = StepCost(), set[tuple[int, int]]()
        for place in self._places.values():
            if (place.page, place.section) not in seen:
                seen.add((place.page, place.section))
                cost += self._go(Cursor(place.page, place.section, 0)) + StepCost(0, _DISPLAY_FRAMES)
        return cost

    def _change_gender(self, gender: str) -> StepCost:
        row = self._profile.roles["gender"]
        ids = row.ids[self._character.gender]
        genders = self._profile.genders
        presses = self._distance(
            ids.index(genders.index(self._character.gender)), ids.index(genders.index(gender)), len(ids)
        )
        self._character = default_character(self._profile, gender)
        return self._go(self._places[row.name]) + StepCost(1, self._frames.gender) * presses

    def _changes(self, goal: Character) -> dict[str, StepCost]:
        changes: dict[str, StepCost] = {}
        now = self._character
        for role, before, after in (("face", now.face, goal.face), ("skin", now.skin, goal.skin)):
            if before != after:
                row = self._profile.roles[role]
                changes[row.name] = StepCost(1, self._frames.choice) * self._presses(row, goal.gender, before, after)
        if now.sliders != goal.sliders:
            for move in plan_moves(self._profile, self._values(now), self._values(goal)):
                presses = round(move.num_presses / self._profile.rows[move.row].step)
                changes[move.row] = StepCost(1, self._frames.plain) * presses
        return changes

    def _values(self, character: Character) -> Mapping[str, int]:
        return dict(zip(self._profile.slider_index, character.sliders, strict=True))

    def _presses(self, row: Row, gender: str, before: int, after: int) -> int:
        ids = row.ids[gender]
        return self._distance(ids.index(before), ids.index(after), len(ids))

    def _distance(self, before: int, after: int, count: int) -> int:
        straight = abs(after - before)
        return min(straight, count - straight) if self._profile.timing.lists_wrap else straight

    def _go(self, goal: Cursor) -> StepCost:
        key = (self._cursor, goal)
        if key not in self._paths:
            actions = self._menu.path(*key)
            frames = sum(self._frames.navigation(action) for action in actions)
            self._paths[key] = StepCost(len(actions), frames)
        self._cursor = goal
        return self._paths[key]


def visiting_order(profile: Profile) -> tuple[str, ...]:
    """Face, skin and sliders in menu order, but parents before their children."""
    sliders = iter(setting_order(profile))
    names = []
    for row in profile.rows.values():
        if row.role in ("face", "skin"):
            names.append(row.name)
        elif row.name in profile.slider_index:
            names.append(next(sliders))
    return tuple(names)
