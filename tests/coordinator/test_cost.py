from __future__ import annotations

from dataclasses import replace

import pytest

from coordinator.cost import ActionFrames, MenuWalk, sweep_cost
from coordinator.sweep import SweepSpec, plan_sweep
from creator.character import default_character
from creator.profile import Profile
from protocol.character import Character


def walked(profile: Profile, *goals: Character) -> tuple[int, float]:
    walk = MenuWalk(profile)
    costs = [walk.capture(goal) for goal in goals]
    return costs[-1].num_presses, costs[-1].game_frames


def moved(profile: Profile, character: Character, **sliders: int) -> Character:
    values = list(character.sliders)
    for name, value in sliders.items():
        values[profile.slider_index[name]] = value
    return replace(character, sliders=tuple(values))


def test_a_character_that_is_there_already_costs_only_its_picture(profile: Profile) -> None:
    start = default_character(profile, "male")

    assert walked(profile, start) == (0, ActionFrames.of(profile.timing).settle)


def test_the_next_skin_costs_one_press_and_a_load_once_the_cursor_is_there(profile: Profile) -> None:
    start = default_character(profile, "male")
    skins = profile.ids("skin", "male")
    frames = ActionFrames.of(profile.timing)

    presses, spent = walked(profile, replace(start, skin=skins[0]), replace(start, skin=skins[1]))

    assert presses == 1
    assert spent == pytest.approx(frames.choice + frames.settle)


def test_lists_are_walked_the_short_way_round(profile: Profile) -> None:
    start = default_character(profile, "male")
    skins = profile.ids("skin", "male")

    presses, _ = walked(profile, replace(start, skin=skins[0]), replace(start, skin=skins[-1]))

    assert presses == 1


def test_a_slider_costs_a_press_for_each_step(profile: Profile) -> None:
    start = moved(profile, default_character(profile, "male"), nose_length=0)

    presses, spent = walked(profile, start, moved(profile, start, nose_length=50))

    frames = ActionFrames.of(profile.timing)
    assert presses == 50
    assert spent == pytest.approx(50 * frames.plain + frames.settle)


def test_a_parent_that_moves_makes_its_children_be_set_back(profile: Profile) -> None:
    start = moved(
        profile, default_character(profile, "male"), brow_depth_overall=0, brow_depth_inner=0, brow_depth_outer=0
    )

    presses, _ = walked(profile, start, moved(profile, start, brow_depth_overall=10))

    assert presses >= 30


def test_another_gender_starts_from_its_own_defaults(profile: Profile) -> None:
    presses, spent = walked(profile, default_character(profile, "female"))

    assert presses == 2  # into the section, and the gender itself
    assert spent > sum(profile.timing.gender_frames) / 2


def test_a_sweep_costs_the_sum_of_its_shards_and_agents_share_it(profile: Profile) -> None:
    shards = plan_sweep(
        SweepSpec.from_table({"name": "a", "kind": "extremes", "num_combinations": 4, "shard_seconds": 60}), profile
    )

    cost = sweep_cost(shards, profile)

    assert cost.num_frames == sum(len(shard.characters) for shard in shards)
    assert cost.num_slider_sets == 2 * 2 * len(profile.sliders)
    assert cost.hours(1) == pytest.approx(cost.game_seconds / 3600)
    assert cost.hours(2) == pytest.approx(cost.hours(1) / 2)
    assert cost.hours(10_000) >= cost.game_seconds / cost.num_shards / 3600


def test_fewer_sliders_per_step_give_more_frames_for_the_same_time(standin_profile: Profile) -> None:
    def rate(sliders_per_step: int) -> float:
        spec = SweepSpec.from_table(
            {"name": "a", "kind": "interleaved", "num_frames": 400, "sliders_per_step": sliders_per_step}
        )
        cost = sweep_cost(plan_sweep(spec, standin_profile), standin_profile)
        return cost.num_frames / cost.game_seconds

    assert rate(1) > 1.3 * rate(4)
