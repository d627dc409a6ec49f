"""How sliders move each other, and in which order they have to be set.

Moving a parent by d moves each child by d; a child stops at its own bound, and what was cut off does not come back. A child
moves alone. So every vector of slider values can be set when parents go first, and only then.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass

from creator.profile import Profile


@dataclass(frozen=True, slots=True)
class Move:
    """Bring the slider `row` to `value`; it stood at `before` when its turn came."""

    row: str
    before: int
    value: int

    @property
    def num_presses(self) -> int:
        return abs(self.value - self.before)


def move_slider(profile: Profile, values: MutableMapping[str, float], name: str, delta: float) -> float:
    """Moves a slider and its children in place, each clamped to its own range; returns how far the slider itself went."""
    row = profile.rows[name]
    before = values[name]
    values[name] = min(max(before + delta, row.minimum), row.maximum)
    moved = values[name] - before
    for child in profile.children.get(name, ()):
        bound = profile.rows[child]
        values[child] = min(max(values[child] + moved, bound.minimum), bound.maximum)
    return moved


def setting_order(profile: Profile) -> tuple[str, ...]:
    """Captured sliders in the order in which they can be set: parents, in menu order, stand before their children."""
    children = {child for names in profile.children.values() for child in names}
    names = [row.name for row in profile.sliders]
    order: list[str] = []
    for name in names:
        if name in children:
            continue
        order += [name, *profile.children.get(name, ())]
    return tuple(order)


def plan_moves(profile: Profile, start: Mapping[str, int], goal: Mapping[str, int]) -> list[Move]:
    """The moves that lead from one set of slider values to another, in an order that works under the couplings.

    Only sliders that differ when their turn comes are moved; a parent's move disturbs its children before their turn.
    """
    values: dict[str, float] = dict(start)
    moves = []
    for name in setting_order(profile):
        if values[name] != goal[name]:
            before = int(values[name])
            move_slider(profile, values, name, goal[name] - before)
            moves.append(Move(name, before, goal[name]))
    return moves
