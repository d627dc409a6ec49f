"""Sliders that move others: whatever the start, planned moves lead to the goal, through every clamp on the way."""

from __future__ import annotations

import pytest
from drawn_characters import slider_values
from hypothesis import given, settings
from hypothesis import strategies as st

from creator.couplings import move_slider, plan_moves, setting_order
from creator.profile_file import load_profile

PROFILES = {name: load_profile(name) for name in ("standin", "small")}


@pytest.mark.parametrize("name", PROFILES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_planned_moves_reach_any_goal_from_any_start(name: str, data: st.DataObject) -> None:
    profile = PROFILES[name]
    start, goal = data.draw(slider_values(profile)), data.draw(slider_values(profile))
    values: dict[str, float] = dict(start)
    for move in plan_moves(profile, start, goal):
        assert values[move.row] == move.before
        assert move.num_presses == abs(move.value - values[move.row]) > 0
        move_slider(profile, values, move.row, move.value - move.before)
    assert values == goal


@pytest.mark.parametrize("name", PROFILES)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_the_goal_is_also_reached_by_single_presses(name: str, data: st.DataObject) -> None:
    """A creator moves parent and children one step a press, not all at once."""
    profile = PROFILES[name]
    start, goal = data.draw(slider_values(profile)), data.draw(slider_values(profile))
    values: dict[str, float] = dict(start)
    for move in plan_moves(profile, start, goal):
        step = profile.rows[move.row].step if move.value > move.before else -profile.rows[move.row].step
        while values[move.row] != move.value:
            move_slider(profile, values, move.row, step)
    assert values == goal


@pytest.mark.parametrize("name", PROFILES)
def test_every_slider_is_set_once_and_parents_come_first(name: str) -> None:
    profile = PROFILES[name]
    order = setting_order(profile)
    assert sorted(order) == sorted(row.name for row in profile.sliders)
    for parent, children in profile.children.items():
        assert all(order.index(parent) < order.index(child) for child in children)


def test_children_first_would_miss_the_goal() -> None:
    """The reason for the order: a parent's move disturbs a child that was set before it."""
    profile = PROFILES["small"]
    values: dict[str, float] = {row.name: 0 for row in profile.sliders}
    move_slider(profile, values, "brow_depth_inner", 50)
    move_slider(profile, values, "brow_depth_overall", 30)
    assert values["brow_depth_inner"] == 80


def test_what_is_cut_off_at_a_bound_does_not_come_back() -> None:
    profile = PROFILES["small"]
    values: dict[str, float] = {row.name: 0 for row in profile.sliders} | {"brow_depth_inner": 90}
    assert move_slider(profile, values, "brow_depth_overall", 40) == 40
    assert values["brow_depth_inner"] == 100
    assert move_slider(profile, values, "brow_depth_overall", -40) == -40
    assert values["brow_depth_inner"] == 60


def test_a_child_moves_alone_and_a_parent_no_further_than_its_own_bound() -> None:
    profile = PROFILES["small"]
    values: dict[str, float] = {row.name: 0 for row in profile.sliders} | {"brow_depth_overall": 95}
    move_slider(profile, values, "brow_depth_inner", -10)
    assert values["brow_depth_overall"] == 95
    assert move_slider(profile, values, "brow_depth_overall", 40) == 5
    assert values["brow_depth_outer"] == 5


def test_nothing_is_moved_when_the_goal_is_where_one_stands() -> None:
    profile = PROFILES["standin"]
    values = {row.name: int(row.defaults["male"]) for row in profile.sliders}
    assert plan_moves(profile, values, values) == []
