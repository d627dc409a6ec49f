from __future__ import annotations

import json
from collections import Counter
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coordinator.errors import SweepSpecError
from coordinator.sweep import SweepSpec, load_sweeps, plan_checksum, plan_sweep
from coordinator.sweeps.combination_order import all_cells, chosen_cells, snake, spread_cells
from coordinator.sweeps.extremes import extreme_slider_sets
from coordinator.sweeps.interleaved import coupled_groups
from creator.character import check_character, default_character
from creator.profile import Profile
from protocol.character import Character
from protocol.shard import Shard

KINDS: list[dict[str, Any]] = [
    {"kind": "extremes", "num_combinations": 5},
    {"kind": "random", "num_slider_sets": 9, "num_combinations": 7, "range_share": 0.8},
    {"kind": "random", "num_slider_sets": 3},
    {"kind": "interleaved", "num_frames": 100},
    {"kind": "interleaved", "num_frames": 100, "frames_per_shard": 30, "choices_per_step": 2},
    {"kind": "interleaved", "num_frames": 100, "frames_per_shard": 30, "faces_per_skin": 5},
]


def plan(profile: Profile, **fields: Any) -> list[Shard]:
    return plan_sweep(SweepSpec.from_table({"name": "test", **fields}), profile)


def characters(shards: list[Shard]) -> list[Character]:
    return [character for shard in shards for character in shard.characters]


@pytest.mark.parametrize("fields", KINDS)
def test_every_planned_character_can_be_set_and_every_plan_is_repeatable(
    profile: Profile, fields: dict[str, Any]
) -> None:
    shards = plan(profile, **fields)

    for character in characters(shards):
        check_character(profile, character)
    assert plan_checksum(shards) == plan_checksum(plan(profile, **fields))
    assert [shard.shard_id for shard in shards] == [f"test-{at:05d}" for at in range(len(shards))]
    assert all(len(shard.slider_sets) == len(shard.characters) for shard in shards)
    assert {shard.profile_hash for shard in shards} == {profile.hash}


@pytest.mark.parametrize("fields", KINDS[1:])
def test_another_seed_gives_another_plan(profile: Profile, fields: dict[str, Any]) -> None:
    assert plan_checksum(plan(profile, seed=1, **fields)) != plan_checksum(plan(profile, seed=2, **fields))


@pytest.mark.parametrize("fields", KINDS)
def test_slider_sets_are_numbered_apart_between_sweeps(profile: Profile, fields: dict[str, Any]) -> None:
    first = plan_sweep(SweepSpec.from_table({"name": "one", **fields}), profile)
    second = plan_sweep(SweepSpec.from_table({"name": "two", **fields}), profile)

    assert {number for shard in first for number in shard.slider_sets}.isdisjoint(
        number for shard in second for number in shard.slider_sets
    )


def test_extremes_cross_each_end_of_each_slider_with_all_combinations(profile: Profile) -> None:
    captured = characters(plan(profile, kind="extremes"))

    expected = {
        Character(gender, face, skin, sliders)
        for gender, face, skin in profile.combinations
        for sliders in extreme_slider_sets(profile, gender)
    }
    assert len(captured) == len(expected)
    assert set(captured) == expected


def test_extremes_move_one_slider_and_leave_the_others_at_the_genders_default(profile: Profile) -> None:
    for character in characters(plan(profile, kind="extremes", num_combinations=2)):
        defaults = default_character(profile, character.gender).sliders
        moved = [at for at, value in enumerate(character.sliders) if value != defaults[at]]
        assert len(moved) <= 1
        assert all(character.sliders[at] in (profile.sliders[at].minimum, profile.sliders[at].maximum) for at in moved)


def test_a_slider_whose_default_is_its_end_gives_that_set_once(profile: Profile) -> None:
    sets = extreme_slider_sets(profile, "female")  # jaw_width stands at -100

    assert len(sets) == len(set(sets)) == 2 * len(profile.sliders)
    assert default_character(profile, "female").sliders in sets


def test_few_combinations_per_set_still_meet_all_of_them_over_the_sweep(standin_profile: Profile) -> None:
    captured = characters(plan(standin_profile, kind="extremes", num_combinations=16))

    met = Counter((c.gender, c.face, c.skin) for c in captured)
    assert set(met) == set(standin_profile.combinations)
    assert max(met.values()) - min(met.values()) <= 1


def test_random_slider_sets_meet_every_combination_of_every_gender(profile: Profile) -> None:
    shards = plan(profile, kind="random", num_slider_sets=3)

    met = Counter(c.sliders for c in characters(shards))
    assert sorted(met.values()) == [len(profile.combinations)] * 3
    assert len({number for shard in shards for number in shard.slider_sets}) == 3


def test_random_slider_sets_stay_within_their_share_of_the_range_and_fill_it(profile: Profile) -> None:
    captured = characters(plan(profile, kind="random", num_slider_sets=64, num_combinations=1, range_share=0.5))

    values_NS = np.array([c.sliders for c in captured])
    for at, row in enumerate(profile.sliders):
        reach = (row.maximum - row.minimum) / 4
        middle = (row.minimum + row.maximum) / 2
        assert values_NS[:, at].min() >= middle - reach
        assert values_NS[:, at].max() <= middle + reach
        in_quarters = np.histogram(values_NS[:, at], bins=4, range=(middle - reach, middle + reach))[0]
        assert in_quarters.min() >= 13  # 16 each, if it were perfect


def test_with_few_combinations_the_genders_take_turns(profile: Profile) -> None:
    captured = characters(plan(profile, kind="random", num_slider_sets=8, num_combinations=3))

    assert Counter(c.gender for c in captured) == {"male": 12, "female": 12}


def test_a_walk_moves_a_few_sliders_and_one_choice_with_every_frame(standin_profile: Profile) -> None:
    shards = plan(standin_profile, kind="interleaved", num_frames=300, sliders_per_step=3, frames_per_shard=60)

    largest_group = max(len(group) for group in coupled_groups(standin_profile))
    for shard in shards:
        for before, after in pairwise(shard.characters):
            moved = sum(a != b for a, b in zip(before.sliders, after.sliders, strict=True))
            assert 1 <= moved <= 3 + largest_group - 1
            assert (before.face != after.face) + (before.skin != after.skin) == 1
            assert before.gender == after.gender


def test_every_frame_of_an_interleaved_sweep_is_a_slider_set_of_its_own(standin_profile: Profile) -> None:
    captured = characters(plan(standin_profile, kind="interleaved", num_frames=1000, frames_per_shard=100))

    assert len(captured) == 1000
    assert len({c.sliders for c in captured}) >= 999


def test_interleaved_walks_cover_every_slider_evenly(standin_profile: Profile) -> None:
    captured = characters(plan(standin_profile, kind="interleaved", num_frames=4000, frames_per_shard=100))

    values_NS = np.array([c.sliders for c in captured])
    for at, row in enumerate(standin_profile.sliders):
        shares = np.histogram(values_NS[:, at], bins=4, range=(row.minimum, row.maximum))[0] / len(values_NS)
        assert abs(shares - 0.25).max() < 0.08, row.name


def test_each_walk_is_one_slider_set_and_begins_from_a_fresh_one(standin_profile: Profile) -> None:
    shards = plan(standin_profile, kind="interleaved", num_frames=300, frames_per_shard=60)

    assert [len(set(shard.slider_sets)) for shard in shards] == [1] * 5
    assert len({shard.slider_sets[0] for shard in shards}) == 5
    for before, after in pairwise(shards):
        same = sum(a == b for a, b in zip(before.characters[-1].sliders, after.characters[0].sliders, strict=True))
        assert same < 6


def test_explicit_characters_are_captured_as_given_and_as_often_as_asked(profile: Profile) -> None:
    chosen = [default_character(profile, gender) for gender in profile.genders]

    shards = plan(profile, kind="characters", characters=[c.to_json() for c in chosen], repeats=2)

    assert characters(shards) == chosen * 2
    assert len({number for shard in shards for number in shard.slider_sets}) == 2


def test_an_explicit_character_that_cannot_be_set_is_named(profile: Profile) -> None:
    wrong = Character("male", 999, 4, default_character(profile, "male").sliders)

    with pytest.raises(SweepSpecError, match=r"characters\[0\].*Face type 999"):
        plan(profile, kind="characters", characters=[wrong.to_json()])


def test_neighbours_of_a_character_share_its_slider_set(profile: Profile) -> None:
    centre = default_character(profile, "male")

    (shard,) = plan(profile, kind="around", characters=[centre.to_json()], num_neighbours=10, frames_per_shard=50)

    assert shard.characters[0] == centre
    assert len(set(shard.characters)) == 11
    assert len(set(shard.slider_sets)) == 1


def test_shards_take_about_the_time_they_are_given(standin_profile: Profile) -> None:
    from coordinator.cost import sweep_cost

    shards = plan(standin_profile, kind="random", num_slider_sets=2, shard_seconds=300)

    seconds = [sweep_cost([shard], standin_profile).game_seconds for shard in shards]
    assert max(seconds) < 300 + 150  # the beginning of each sets every slider
    assert len(shards) == 4 * len({c.sliders for c in characters(shards)})


def test_shards_take_the_frames_they_are_given(profile: Profile) -> None:
    sizes = [len(shard.characters) for shard in plan(profile, kind="interleaved", num_frames=95, frames_per_shard=30)]

    assert sum(sizes) == 95
    assert max(sizes) <= 30


def test_a_snake_through_the_whole_grid_moves_one_place_at_a_time(standin_profile: Profile) -> None:
    path = snake(all_cells(standin_profile, "male"))

    assert len(path) == len(set(path)) == 40 * 38
    steps = [abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in pairwise(path)]
    assert set(steps) == {1}


def test_chosen_combinations_lie_far_apart_in_both_lists(standin_profile: Profile) -> None:
    spread = spread_cells(standin_profile, "male")

    for number in range(5):
        cells = chosen_cells(spread, number, 20)
        distances = [abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in combinations(cells, 2)]
        assert min(distances) >= 5  # 20 cells on 40 x 38 could at best lie about 11 apart


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"kind": "extremes"}, "name: missing"),
        ({"name": "a", "kind": "everything"}, "kind: expected one of extremes, random"),
        ({"name": "a", "kind": "extremes", "frames": 3}, "frames: no field of a sweep of kind extremes"),
        ({"name": "../a", "kind": "extremes"}, "name: expected up to 64"),
        ({"name": "a", "kind": "random"}, "num_slider_sets: missing"),
        ({"name": "a", "kind": "random", "num_slider_sets": 0}, "num_slider_sets: expected a whole number from 1"),
        ({"name": "a", "kind": "random", "num_slider_sets": 3, "range_share": 1.5}, "range_share: expected a share"),
        ({"name": "a", "kind": "interleaved", "num_frames": True}, "num_frames: expected a whole number"),
        ({"name": "a", "kind": "extremes", "seed": -1}, "seed: expected a whole number from 0"),
        ({"name": "a", "kind": "extremes", "shard_seconds": 0}, "shard_seconds: expected 1 to 86400, got 0"),
        ({"name": "a", "kind": "characters", "characters": []}, "characters: expected a list of at least one"),
        ({"name": "a", "kind": "characters", "characters": [{"face": 1}]}, "characters: A character needs"),
        ([], "A sweep is a table of fields, got list"),
    ],
)
def test_a_wrong_specification_is_refused_with_the_field_and_the_bound(table: Any, message: str) -> None:
    with pytest.raises(SweepSpecError, match=message):
        SweepSpec.from_table(table)


@pytest.mark.parametrize("fields", KINDS)
def test_a_specification_survives_the_way_through_json(fields: dict[str, Any]) -> None:
    spec = SweepSpec.from_table({"name": "a", **fields})

    assert SweepSpec.from_table(json.loads(json.dumps(spec.to_json()))) == spec


def test_sweep_files_hold_one_sweep_or_several(tmp_path: Path) -> None:
    one = tmp_path / "one.toml"
    one.write_text('name = "a"\nkind = "extremes"\n', encoding="utf-8")
    several = tmp_path / "several.json"
    several.write_text(json.dumps({"sweeps": [{"name": n, "kind": "extremes"} for n in "ab"]}), encoding="utf-8")

    assert [spec.name for spec in load_sweeps(one)] == ["a"]
    assert [spec.name for spec in load_sweeps(several)] == ["a", "b"]


def test_two_sweeps_of_one_name_in_a_file_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "twice.json"
    file.write_text(json.dumps({"sweeps": [{"name": n, "kind": "extremes"} for n in "aba"]}), encoding="utf-8")

    with pytest.raises(SweepSpecError, match=r"twice\.json: 'a' stands there twice"):
        load_sweeps(file)


@pytest.mark.parametrize("content", ["name = ", "kind = 'extremes'", "sweeps = 3"])
def test_a_damaged_sweep_file_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "broken.toml"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(SweepSpecError, match=r"broken\.toml"):
        load_sweeps(file)


def test_the_sweeps_that_ship_can_be_planned() -> None:
    from creator.profile_file import load_profile

    folder = Path(__file__).parents[2] / "sweeps"
    files = sorted(folder.glob("*.toml"))

    assert files
    for file in files:
        for spec in load_sweeps(file):
            if file.stem != "article":  # a campaign of weeks takes half a minute to plan
                assert plan_sweep(spec, load_profile("small"))


def test_frames_of_a_step_share_their_sliders_and_differ_in_a_choice(standin_profile: Profile) -> None:
    shards = plan(
        standin_profile, kind="interleaved", num_frames=60, sliders_per_step=1, frames_per_step=3, frames_per_shard=30
    )
    for shard in shards:
        for start in range(0, 30, 3):
            step = shard.characters[start : start + 3]
            assert len({character.sliders for character in step}) == 1
            assert len({(character.face, character.skin) for character in step}) == 3
        assert len({character.sliders for character in shard.characters}) == 10


def test_several_face_types_are_seen_before_the_skin_changes(standin_profile: Profile) -> None:
    shards = plan(standin_profile, kind="interleaved", num_frames=120, faces_per_skin=5, frames_per_shard=60)

    for shard in shards:
        moves = list(pairwise(shard.characters))
        assert all((before.face != after.face) != (before.skin != after.skin) for before, after in moves)
        assert [before.skin != after.skin for before, after in moves] == [at % 6 == 0 for at in range(59)]
