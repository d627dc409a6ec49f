from dataclasses import fields, replace

import pytest

from creator.profile_file import load_profile
from standin.errors import RulesError
from standin.rules import Rules

SMALL = load_profile("small")


def test_the_profiles_timing_is_the_games_unless_something_else_is_asked_for() -> None:
    slow = replace(SMALL, timing=replace(SMALL.timing, section_frames=30, load_frames=(9, 9)))
    assert (Rules.of(slow).section_frames, Rules.of(slow).load_frames) == (30, (9, 9))
    assert Rules.of(slow, section_frames=0).section_frames == 0


def test_every_rule_can_be_written_as_text() -> None:
    written = {
        bool: ("no", False),
        int: ("7", 7),
        float: ("2.5", 2.5),
        tuple: ("4..9", (4, 9)),
    }
    for field in fields(Rules):
        name = field.name
        text, value = written[type(field.default)] if name != "long_load_share" else ("0.5", 0.5)
        assert getattr(Rules.parse(SMALL, [f"{name}={text}"]), name) == value


def test_a_span_of_one_count_is_that_count() -> None:
    assert Rules.parse(SMALL, ["load_frames=5"]).load_frames == (5, 5)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("speed=3", "No rule 'speed'"),
        ("load_frames", "has no value: write it as load_frames=3..8"),
        ("load_frames=few", "load_frames='few' is not of its kind: write it as load_frames=3..8"),
        ("lists_wrap=maybe", "write it as lists_wrap=yes"),
        ("section_frames=2.5", "write it as section_frames=6"),
        ("load_frames=8..3", "the lower before the higher"),
        ("frames_per_second=0", "it takes 1 to 1000"),
        ("frames_per_second=0.5", "it takes 1 to 1000"),
        ("frames_per_second=inf", "frames_per_second is inf: it takes 1 to 1000"),
        ("sway_pixels=inf", "it takes 0 to 64"),
        ("sway_seconds=0", "it takes 0.1 to 3600"),
        ("breath_pixels=nan", "breath_pixels is nan: it takes 0 to 64"),
        ("idle_step_pixels=1e-300", "it takes 0.01 to 64"),
        ("long_load_share=1.5", "it takes 0 to 1"),
        ("page_frames=99999999", "it takes 0 to 36000"),
        ("load_frames=-3..8", "it takes 0 to 36000"),
    ],
)
def test_rules_that_make_no_sense_are_refused_by_name(text: str, complaint: str) -> None:
    with pytest.raises(RulesError, match=complaint):
        Rules.parse(SMALL, [text])


def test_a_rule_that_stands_twice_is_refused() -> None:
    with pytest.raises(RulesError, match="'page_frames' stands twice"):
        Rules.parse(SMALL, ["page_frames=3", "page_frames = 4"])
