"""What the creator does, in memory and in a window with real keys: one behaviour, one suite."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from creator_forms import Creator, Setting, running
from standin_player import CALM

from creator.profile import Profile
from creator.profile_file import load_profile
from standin.faults import Faults
from standin.looks import Looks
from standin.truth_log import Truth

SMALL = load_profile("small")
PLAIN = Looks()
FORMS = ("memory", "window")
slow_window = pytest.param("window", marks=pytest.mark.slow)
quick_in_both = pytest.mark.parametrize("start", FORMS, indirect=True)
LOOKS = (
    PLAIN,
    Looks(theme="frost", language="japanese", scale=1.25),
    Looks(language="japanese", scale=1.5, seed=1),
    Looks(theme="frost", seed=6),
)
Start = Callable[..., AbstractContextManager[Creator]]


@pytest.fixture(params=("memory", slow_window))
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    if request.param == "window" and shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")

    def begin(*, profile: Profile = SMALL, looks: Looks = PLAIN, faults: Faults | None = None, **rules: Any) -> Any:
        calm = {**CALM, "load_frames": (5, 5), "long_load_share": 0.0, "gender_frames": (10, 10), **rules}
        return running(request.param, Setting(profile, tmp_path / "truth.jsonl", looks, calm, faults or Faults()))

    return begin


def walk(creator: Creator, keys: str) -> None:
    """e: next page, > enter, < leave, others are themselves. Waits for each to have worked; for three seconds at most."""
    for key in keys:
        before = told(creator.truth())
        creator.tap({">": "space", "<": "esc"}.get(key, key))
        for _ in range(60):
            truth = creator.truth()
            if told(truth) != before and not truth.is_animating:
                break
            creator.wait(0.05)


def told(truth: Truth) -> object:
    return truth.page, truth.section, truth.row, truth.values


@quick_in_both
def test_keys_lead_through_pages_sections_and_rows(start: Start) -> None:
    with start() as creator:
        places = []
        for keys in ("", "e", "s", ">", "s", "s", "<", "q"):
            walk(creator, keys)
            truth = creator.truth()
            places.append((truth.page, truth.section, truth.row))
    assert places == [
        ("body", "body", None),
        ("head", "base_head", None),
        ("head", "skin", None),
        ("head", "skin", "base_skin"),
        ("head", "skin", "skin_color"),
        ("head", "skin", "wrinkles"),
        ("head", "skin", None),
        ("body", "body", None),
    ]


def test_a_press_is_one_step_and_holding_goes_on_by_itself(start: Start) -> None:
    with start(repeat_delay_frames=18, repeat_every_frames=6) as creator:
        walk(creator, "es>ss")
        walk(creator, "dda")
        assert creator.truth().values["wrinkles"] == 51
        creator.hold("d", 1.0)
        creator.wait(0.3)
        held = creator.truth().values["wrinkles"]
        assert 57 <= held <= 60
        creator.wait(0.3)
        assert creator.truth().values["wrinkles"] == held


def test_choices_load_and_ignore_keys_meanwhile(start: Start) -> None:
    with start(load_frames=(150, 150)) as creator:
        walk(creator, "e>d")
        truth = creator.truth()
        assert truth.is_loading
        assert truth.character.face == 21
        creator.tap("d")
        while creator.truth().is_loading:
            creator.wait(0.1)
        assert creator.truth().character.face == 21
        walk(creator, "d")
        assert creator.truth().character.face == 35


def test_toggles_insert_rows_and_presets_overwrite_a_page(start: Start) -> None:
    with start() as creator:
        walk(creator, "esss>s>s")
        assert creator.truth().row == "squint_left_eye"
        before = creator.truth().values
        walk(creator, "<www>s>")
        after = creator.truth().values
        assert sum(before[name] != after[name] for name in before) > 5
        assert after["face_height"] == before["face_height"]


def test_a_popup_wants_the_confirm_key(start: Start) -> None:
    with start(faults=Faults(popup=10.0)) as creator:
        creator.wait(2.0)
        assert creator.truth().popup is not None
        walk(creator, "e")
        assert creator.truth().page == "body"


@pytest.mark.parametrize(
    "looks", [LOOKS[1], *(pytest.param(looks, marks=pytest.mark.slow) for looks in (LOOKS[0], *LOOKS[2:]))], ids=str
)
def test_every_look_shows_the_same_pixels_in_memory_and_in_the_window(looks: Looks, tmp_path: Path) -> None:
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    pictures: dict[str, list[np.ndarray[Any, Any]]] = {}
    for form in FORMS:
        setting = Setting(SMALL, tmp_path / f"{form}.jsonl", looks, dict(CALM), Faults())
        with running(form, setting) as creator:
            creator.wait(0.5)
            pictures[form] = [creator.picture()]
            for keys in ("es", ">ss", "d"):
                walk(creator, keys)
                creator.wait(0.3)
                pictures[form].append(creator.picture())
    for in_memory, in_window in zip(*pictures.values(), strict=True):
        assert in_memory.shape == in_window.shape
        assert (in_memory == in_window).all()


def test_a_title_in_any_writing_is_the_windows_name(tmp_path: Path) -> None:
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    named = replace(SMALL, title="キャラクターメイク ñ")
    setting = Setting(named, tmp_path / "truth.jsonl", PLAIN, dict(CALM), Faults())
    with running("window", setting) as creator:
        walk(creator, "e")
        assert creator.truth().page == "head"
