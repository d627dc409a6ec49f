"""Regions of the screen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from protocol.device import Region

EDGES = st.integers(0, 2000)


@given(left=EDGES, top=EDGES, width=EDGES, height=EDGES, more=EDGES, factor=st.floats(0.25, 4))
def test_neighbours_still_touch_when_the_screen_is_scaled(
    left: int, top: int, width: int, height: int, more: int, factor: float
) -> None:
    first = Region(left, top, width, height)
    beside = Region(first.right, top, more, height)
    below = Region(left, first.bottom, width, more)
    assert first.scaled(factor).right == beside.scaled(factor).left
    assert first.scaled(factor).bottom == below.scaled(factor).top


def test_a_region_at_scale_one_is_itself() -> None:
    assert Region(3, 5, 7, 9).scaled(1) == Region(3, 5, 7, 9)
