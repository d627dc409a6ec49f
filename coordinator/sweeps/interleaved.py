"""Walks on which every frame moves a few sliders and a choice or two: many distinct slider sets for few presses.

A whole new slider set costs minutes of presses, a choice a tenth of a second. A walk therefore keeps most sliders where they
are: each step brings the next few, going round the menu, to fresh values. A coupled parent and its children move together,
since the parent's move disturbs the children anyway. Targets are drawn so that each slider covers its range evenly over the
whole sweep. Each walk starts from a fresh slider set and is one slider set to whoever splits rows, since its frames are alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, cycle, islice, repeat

import numpy as np

from coordinator.cost import MenuWalk
from coordinator.sweeps.block import Block, PlanRequest
from coordinator.sweeps.bounds import check_count, check_share
from coordinator.sweeps.combination_order import Cell, spread_cells, to_combination
from coordinator.sweeps.slider_draw import SliderValues, StratifiedDraws
from creator.couplings import setting_order
from creator.profile import Profile
from protocol.character import Character

_MIN_WALK_FRAMES = 8  # a budget that pays for fewer would spend nearly all presses on the walks' beginnings


@dataclass(frozen=True, slots=True, kw_only=True)
class Interleaved:
    """`num_frames` in walks as long as a shard; each step moves at least `sliders_per_step` sliders.

    A step has `frames_per_step` frames; every frame moves `choices_per_step` choices. Where that is one, it is the face type
    `faces_per_skin` times, then the skin type once: the cursor stays where it is, and face types differ more.
    """

    num_frames: int
    sliders_per_step: int = 1
    frames_per_step: int = 1
    choices_per_step: int = 1
    faces_per_skin: int = 1
    range_share: float = 1.0

    def __post_init__(self) -> None:
        check_count("num_frames", self.num_frames)
        check_count("sliders_per_step", self.sliders_per_step, most=10_000)
        check_count("frames_per_step", self.frames_per_step, most=10_000)
        check_count("choices_per_step", self.choices_per_step, most=2)
        check_count("faces_per_skin", self.faces_per_skin, most=10_000)
        check_share("range_share", self.range_share)

    def blocks(self, request: PlanRequest) -> Iterator[Block]:
        walker = _Walker(self, request.profile, np.random.default_rng(request.seed))
        num_walks = -(-self.num_frames // self._frames_per_walk(request))
        ends = [self.num_frames * (at + 1) // num_walks for at in range(num_walks)]
        for number, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
            yield Block(request.slider_set(number), tuple(walker.walk(number, end - start)))

    def _frames_per_walk(self, request: PlanRequest) -> int:
        """So many as fit into a shard's time, counted on trial walks with their own draws."""
        if request.frames_per_shard is not None:
            return request.frames_per_shard
        budget = request.shard_seconds * request.profile.timing.frames_per_second
        walker = _Walker(self, request.profile, np.random.default_rng([request.seed, 1]))
        menu = MenuWalk(request.profile)
        menu.capture(next(walker.walk(0, 1)))  # leave the defaults, where walks seldom start
        costs = [menu.capture(character).game_frames for character in walker.walk(1, 100)]
        lead_in, per_step = costs[0], sum(costs[1:]) / (len(costs) - 1)
        return max(_MIN_WALK_FRAMES, 1 + int((budget - lead_in) / per_step))


class _Walker:
    """Draws walks one after the other; their draws together cover each slider evenly."""

    def __init__(self, settings: Interleaved, profile: Profile, rng: np.random.Generator) -> None:
        self._settings = settings
        self._profile = profile
        self._rng = rng
        self._values = [SliderValues.of(row, settings.range_share) for row in profile.sliders]
        self._draws = StratifiedDraws(rng, len(self._values))
        self._groups = coupled_groups(profile)
        self._spread = {gender: spread_cells(profile, gender) for gender in profile.genders}

    def walk(self, number: int, num_frames: int) -> Iterator[Character]:
        gender = self._profile.genders[number % len(self._profile.genders)]
        sliders = [self._fresh(at) for at in range(len(self._values))]
        first_group = int(self._rng.integers(len(self._groups)))
        groups = islice(cycle(self._groups), first_group, None)
        for at, cell in enumerate(self._cells(gender, number // len(self._profile.genders), num_frames), start=1):
            yield Character(*to_combination(self._profile, gender, cell), tuple(sliders))
            if at % self._settings.frames_per_step == 0:
                self._move_some(sliders, groups)

    def _move_some(self, sliders: list[int], groups: Iterator[tuple[int, ...]]) -> None:
        moved = 0
        while moved < min(self._settings.sliders_per_step, len(sliders)):
            for slider in (group := next(groups)):
                sliders[slider] = self._fresh(slider)
            moved += len(group)

    def _fresh(self, slider: int) -> int:
        return self._values[slider].at(self._draws.draw(slider))

    def _cells(self, gender: str, turn: int, num_frames: int) -> Iterator[Cell]:
        """From a start that is far from other walks' starts, face and skin type go to their neighbours in turn."""
        spread = self._spread[gender]
        first = spread[turn % len(spread)]
        faces = self._places(first[0], len(self._profile.ids("face", gender)))
        skins = self._places(first[1], len(self._profile.ids("skin", gender)))
        face, skin = next(faces), next(skins)
        is_both, period = self._settings.choices_per_step == 2, self._settings.faces_per_skin + 1
        for at in range(num_frames):
            yield face, skin
            is_skins_turn = at % period == 0
            if is_both or not is_skins_turn:
                face = next(faces)
            if is_both or is_skins_turn:
                skin = next(skins)

    def _places(self, first: int, count: int) -> Iterator[int]:
        """Neighbouring places of a list for ever: around it, or to and fro where it does not wrap."""
        step = int(self._rng.choice([-1, 1]))
        if count == 1:
            return repeat(0)
        if self._profile.timing.lists_wrap:
            return (at % count for at in accumulate(repeat(step), initial=first))
        period = 2 * (count - 1)
        return (count - 1 - abs(count - 1 - at % period) for at in accumulate(repeat(step), initial=first))


def coupled_groups(profile: Profile) -> list[tuple[int, ...]]:
    """Places of sliders that move together, in the order in which they can be set."""
    groups: list[tuple[int, ...]] = []
    children = {child for names in profile.children.values() for child in names}
    for name in setting_order(profile):
        place = profile.slider_index[name]
        if name in children:
            groups[-1] = (*groups[-1], place)
        else:
            groups.append((place,))
    return groups
