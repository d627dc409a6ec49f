"""Eyes that are open for certain: by time alone, and in runs of one choice whose pictures a blink hides in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.calibrate import calibrate
from agents.calibration import Calibration
from agents.capture import capture_shard
from agents.driver import Driver
from agents.eyes import EyeMemory
from agents.lids import Blink, is_open_for_certain
from agents.rest import FaceLook
from creator.character import default_character
from creator.profile import Profile
from protocol.frame import Frame
from standin.game import Game
from standin.memory_device import MemoryDevice
from standin.pose import Pose
from standin.rules import Rules
from standin.screen import Screen
from standin.truth_log import TruthLog, TruthReader
from tests.agents.conftest import PlainPainter
from tests.agents.test_capture import is_right, make_shard

BLINK = Blink((64, 96, 128, 48), 9, 60.0)
LIDS = (0.28, 0.8, 1, 1, 1, 1, 1, 0.8, 0.28)


def looks(closures: Sequence[float], start: int = 0, sway: Sequence[int] = ()) -> list[FaceLook]:
    """One frame after the other; `sway`: how many pixels the face has moved on each."""
    painter = PlainPainter()
    shifts = list(sway) or [0] * len(closures)
    return [
        FaceLook(
            painter.render(gender="male", face=1, skin=2, sliders={}, pose=Pose(closure, shift_x_pixels=shift)),
            (start + at) / 60,
        )
        for at, (closure, shift) in enumerate(zip(closures, shifts, strict=True))
    ]


def test_a_face_seen_for_longer_than_lids_rest_has_open_eyes() -> None:
    seen = looks([0] * 7)  # 5 at rest; one more might be torn

    assert is_open_for_certain(seen[2], [seen], BLINK)
    assert not is_open_for_certain(seen[2], [seen[:6]], BLINK)


@pytest.mark.parametrize("at", range(len(LIDS)))
@pytest.mark.parametrize(("first", "last"), [(0, 9), (1, 8), (2, 7), (2, 8), (0, 5), (-4, 9), (0, 13), (-4, 13)])
def test_eyes_in_a_blink_are_never_called_open(at: int, first: int, last: int) -> None:
    closures = [0.0] * 4 + list(LIDS) + [0.0] * 4
    seen = looks(closures, 100)

    assert not is_open_for_certain(seen[4 + at], [seen[4 + first : 4 + last]], BLINK)


@pytest.mark.parametrize(("num_hidden", "num_needed"), [(1, 6), (2, 7), (3, 7)])
def test_the_fewer_frames_are_hidden_after_open_eyes_the_fewer_are_needed(num_hidden: int, num_needed: int) -> None:
    before, after = looks([0] * 4, 100), looks([0] * 7, 104 + num_hidden)

    assert is_open_for_certain(after[0], [before, after[:num_needed]], BLINK)
    assert not is_open_for_certain(after[0], [before, after[: num_needed - 1]], BLINK)


def test_a_blink_seen_long_before_says_nothing_of_another_one() -> None:
    before, after = looks([0, 0, 0, 0.28, 0.8], 100), looks([1] * 4, 300)

    assert not is_open_for_certain(after[0], [before, after], BLINK)


def test_a_swaying_face_must_be_seen_for_as_long_as_small_lid_steps_may_hide_in_the_sway() -> None:
    seen = looks([0] * 8, sway=[0, 0, 0, 0, 0, 1, 1, 1])

    assert is_open_for_certain(seen[2], [seen], BLINK)
    assert not is_open_for_certain(seen[2], [seen[:6]], BLINK)


def test_a_torn_frame_that_shows_the_eyes_of_the_frame_before_proves_nothing() -> None:
    before, after = looks([0] * 4, 100), looks([1] * 5, 105)  # lids began to close on frame 103, hidden by the tear

    assert not is_open_for_certain(after[0], [before, after], BLINK)
    assert is_open_for_certain(after[0], [before, looks([0] * 6, 105)], BLINK)


def test_on_a_clock_of_its_own_a_look_may_be_a_frame_late() -> None:
    late, seen = replace(BLINK, late_frames=1), looks([0] * 8)

    assert is_open_for_certain(seen[3], [seen], late)
    assert not is_open_for_certain(seen[3], [seen[:6]], late)


# A creator whose eyes look open whatever the lids do: nothing but time can tell.


class FreckledPainter(PlainPainter):
    """Faces that are not flat, so that half-loaded ones are told from them."""

    def render(self, **character: object) -> np.ndarray:  # type: ignore[override, type-arg]
        pixels = super().render(**character)  # type: ignore[arg-type]
        freckles = np.random.default_rng(0).integers(0, 24, (256, 256, 1), dtype=np.uint8)
        return np.asarray(np.where(pixels == 255, pixels, pixels + freckles), np.uint8)


def creator(profile: Profile, log: Path | None = None) -> MemoryDevice:
    game = Game(profile, rules=Rules.of(profile), seed=2)
    return MemoryDevice(game, Screen(profile, FreckledPainter()), truth_log=log)


@pytest.fixture(scope="module")
def freckled(profile: Profile) -> Calibration:
    return calibrate(creator(profile), profile, checks_ranges=False).calibration


def captured(profile: Profile, calibration: Calibration, log: Path) -> tuple[list[Frame], TruthReader]:
    device = creator(profile, log)
    one = default_character(profile, "male")
    skins = profile.ids("skin", "male")
    shard = make_shard(profile, [replace(one, skin=skin) for skin in (*skins, *reversed(skins[:-1]))])
    frames = capture_shard(Driver(device, profile, calibration), shard, agent="a", attempt=1)
    device.close()
    return frames, TruthLog.read(log, profile)


def blinking_at(tick: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One blink, and none for an hour."""

    def start(_seed: int, slot_at: int, _rules: Rules) -> int:
        return tick if slot_at == 0 else 10**9

    for module in ("standin.idle", "standin.game"):
        monkeypatch.setattr(f"{module}.blink_slot_ticks", lambda _rules: 10**6)
        monkeypatch.setattr(f"{module}.blink_start", start)


@pytest.mark.parametrize("into_blink", range(0, 9, 2))
def test_no_picture_is_kept_of_a_blink_whose_start_was_hidden(
    into_blink: int, profile: Profile, freckled: Calibration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its start in the half-loaded frames, its end in the next half-loaded ones, its first step in the picture: all of them."""
    monkeypatch.setattr(EyeMemory, "is_open", lambda _memory, _look: True)
    monkeypatch.setattr(EyeMemory, "is_ready", True)
    blinking_at(10**6 - 1, monkeypatch)
    unblinking, _log = captured(profile, freckled, tmp_path / "unblinking.jsonl")

    for frame in unblinking:
        blinking_at(round(frame.record.captured_seconds * 60) - 1 - into_blink, monkeypatch)
        frames, log = captured(profile, freckled, tmp_path / "truth.jsonl")

        assert len(frames) == len(unblinking)
        assert all(is_right(frame, log.at(frame.record.captured_seconds)) for frame in frames)
