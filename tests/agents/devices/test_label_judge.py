"""Whoever judges labels must not be fooled either: neither by a wrong label, nor by clocks that disagree by a frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from agents.encoding import encode
from benchmarks.label_judge import Judge, Label
from creator.profile import Profile
from protocol.character import Character
from protocol.device import Picture
from standin.game import Game
from standin.memory_device import MemoryDevice
from standin.screen import Screen
from standin.truth_log import TruthLog
from tests.agents.conftest import PlainPainter

FRAME = 1 / 60
_SHORT_SECONDS = 0.001


@dataclass(frozen=True)
class Scene:
    """Pictures of every game frame around a change of the face type."""

    path: Path
    judge: Judge
    labels: tuple[Label, ...]
    old: Character
    new: Character

    def showing(self, load: str | None, character: Character) -> list[Label]:
        """The labels whose game frame is that, as they should be."""
        log = self.judge.log
        shown = [(label, log.at(label.seconds)) for label in self.labels]
        return [label for label, truth in shown if (truth.load, truth.character) == (load, character)]


@pytest.fixture(scope="module")
def scene(profile: Profile, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    path = tmp_path_factory.mktemp("judge") / "truth.jsonl"
    game = Game(profile, seed=4)
    device = MemoryDevice(game, Screen(profile, PlainPainter()), truth_log=path)
    keys = profile.keys
    for key in (keys.next_page, keys.enter):
        tap(device, key)
        device.wait(0.5)
    while game.row != profile.roles["face"]:
        tap(device, keys.next_row)
    device.wait(1.0)
    old, labels = game.character, []
    device.key_down(keys.increase)
    for _ in range(30):
        device.wait(FRAME)
        labels.append(label_of(device.grab(profile.screen.face), game.character))
    new = game.character
    device.key_up(keys.increase)
    device.close()
    judge = Judge(TruthLog.read(path, profile), profile, PlainPainter)
    return Scene(
        path,
        judge,
        tuple(replace(label, character=judge.log.at(label.seconds).character) for label in labels),
        old,
        new,
    )


def tap(device: MemoryDevice, key: str) -> None:
    device.key_down(key)
    device.wait(2 * FRAME)
    device.key_up(key)
    device.wait(2 * FRAME)


def label_of(picture: Picture, character: Character) -> Label:
    pixels = np.frombuffer(picture.rgb, np.uint8).reshape(picture.height, picture.width, 3)
    return Label(picture.seconds, _SHORT_SECONDS, character, encode(pixels, "jpeg", 92))


@pytest.fixture
def late(scene: Scene, profile: Profile, tmp_path: Path) -> Judge:
    """The same, if from the end of the load on the window had been late with its faces."""
    lines = scene.path.read_text().splitlines()
    at = max(at for at, line in enumerate(lines) if '"load":null' in line)
    lines[at] = lines[at].replace('"load":null', '"load":null,"late":true')
    (tmp_path / "truth.jsonl").write_text("\n".join(lines) + "\n")
    return Judge(TruthLog.read(tmp_path / "truth.jsonl", profile), profile, PlainPainter)


def test_a_late_window_that_shows_the_face_all_the_same_makes_the_label_right(scene: Scene, late: Judge) -> None:
    loaded = scene.showing(None, scene.new)

    assert late.verdict(loaded[0]) == "right"
    assert late.num_drawn == 1


def test_a_late_window_that_shows_the_half_loaded_face_makes_the_label_wrong(scene: Scene, late: Judge) -> None:
    loaded, half = scene.showing(None, scene.new)[0], scene.showing("half", scene.new)[-1]

    assert late.verdict(replace(loaded, image=half.image)) == "wrong"


def test_true_labels_are_right(scene: Scene) -> None:
    settled = [*scene.showing(None, scene.old), *scene.showing(None, scene.new)]

    assert {scene.judge.verdict(label) for label in settled} == {"right"}


def test_a_label_of_another_face_is_wrong(scene: Scene) -> None:
    label = replace(scene.showing(None, scene.new)[-1], character=scene.old)

    assert scene.judge.verdict(label) == "wrong"
    assert scene.judge.trouble(label) == "other settings"


def test_a_half_loaded_face_is_wrong_also_where_the_clock_could_mean_the_loaded_one(scene: Scene) -> None:
    label = replace(scene.showing("half", scene.new)[-1], grab_seconds=2 * FRAME)

    assert scene.judge.verdict(label) == "wrong"


def test_a_loaded_face_is_right_also_where_the_clock_could_mean_the_half_loaded_one(scene: Scene) -> None:
    loaded = scene.showing(None, scene.new)[0]
    early = replace(loaded, seconds=loaded.seconds - FRAME, grab_seconds=2 * FRAME)

    assert scene.judge.verdict(early) == "right"
    assert scene.judge.num_drawn > 0


def test_the_old_face_is_right_while_the_next_one_begins_to_load(scene: Scene) -> None:
    last = scene.showing(None, scene.old)[-1]

    assert scene.judge.verdict(replace(last, grab_seconds=2 * FRAME)) == "right"


def test_behind_a_slow_display_the_picture_tells_the_old_face_from_the_new_one(scene: Scene, profile: Profile) -> None:
    # given a display that may be some frames behind, and a label of the old face from when the next one is loaded
    slow = Judge(scene.judge.log, profile, PlainPainter, display_seconds=0.15)
    shown, loaded = scene.showing(None, scene.old)[-1], scene.showing(None, scene.new)[0]
    old_later = replace(shown, seconds=loaded.seconds)
    # then it is right where the picture still shows that face, and nowhere else
    assert scene.judge.verdict(old_later) == "wrong"
    assert slow.verdict(old_later) == "right"
    assert slow.verdict(replace(loaded, character=scene.old)) == "wrong"
    assert (
        slow.verdict(replace(loaded, character=scene.old, image=scene.showing("half", scene.new)[-1].image)) == "wrong"
    )
