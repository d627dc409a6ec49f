"""What a training tells while it runs and what it leaves behind."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from xml.etree import ElementTree

import pytest

from telemetry.log import JsonFormatter
from trainer.curve_pictures import curves_svg
from trainer.errors import TrainerError
from trainer.metrics import TrainingFigures, TrainingRecord
from trainer.model_set import ModelSet
from trainer.stages import Progress


def test_a_trainings_progress_quality_and_pace_are_told() -> None:
    clock = iter([0.0, 2.0, 5.0])
    figures = TrainingFigures(clock=lambda: next(clock))
    figures.show(Progress("imitator", 1, 4, {"loss": 0.5}))
    figures.show(Progress("imitator", 2, 4, {"loss": 0.25}, rows=700))

    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in figures.collect()
        for sample in family.samples
    }
    assert found["lookalike_training_progress_ratio", "imitator"] == 0.5
    assert found["lookalike_training_figure", "imitator", "loss"] == 0.25
    assert found["lookalike_training_seconds_total", "imitator"] == 5.0
    assert found["lookalike_training_rows_total", "imitator"] == 700


def test_the_record_grows_with_the_training_and_says_how_it_ended(tmp_path: Path) -> None:
    clock = iter(float(second) for second in range(100))
    record = TrainingRecord(tmp_path / "training.json", {"rows": 7}, clock=lambda: next(clock))
    record.show(Progress("imitator", 1, 2, {"r2": 0.5}))
    running = json.loads((tmp_path / "training.json").read_text())
    assert (running["state"], running["about"], running["steps"]["imitator"]["done"]) == ("running", {"rows": 7}, 1)
    record.show(Progress("imitator", 2, 2, {"r2": 0.75}))
    record.write("done")
    done = json.loads((tmp_path / "training.json").read_text())
    assert done["state"] == "done"
    assert [point["r2"] for point in done["steps"]["imitator"]["course"]] == [0.5, 0.75]
    assert done["steps"]["imitator"]["seconds"] > 0


def test_a_trainings_log_lines_bear_the_names_that_the_logs_of_its_rows_bear(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="trainer")
    caplog.handler.setFormatter(JsonFormatter(process="training"))
    place, about = (
        tmp_path / "training.json",
        {"rows": 7, "sweeps": ["first"], "dataset_version": "frames@7", "seed": 0},
    )

    with pytest.raises(TrainerError), TrainingRecord(place, about).kept():
        raise TrainerError("the disk is full")
    assert json.loads(place.read_text())["state"] == "failed"
    record = TrainingRecord(place, about)
    with record.kept():
        record.show(Progress("imitator", 1, 2, {"training_loss": 0.5}, rows=7))
        record.show(Progress("inversion", 1, 9))

    lines = [json.loads(line) for line in caplog.text.splitlines()]
    assert [line["event"] for line in lines] == [
        *("training starts", "training failed"),
        *("training starts", "trained", "training done"),
    ]
    assert [(line["sweep"], line["dataset_version"], line["attempt"]) for line in lines] == [
        *[("first", "frames@7", 1)] * 2,
        *[("first", "frames@7", 2)] * 3,
    ]
    assert lines[1]["reason"] == "TrainerError: the disk is full"
    assert (lines[3]["step"], lines[3]["done"], lines[3]["training_loss"]) == ("imitator", 1, 0.5)
    with TrainingRecord(place, about).kept():
        assert json.loads(caplog.text.splitlines()[-1])["attempt"] == 1  # the one before ended well


@pytest.mark.usefixtures("trained_folder")
def test_a_real_training_tells_its_loss_and_how_many_rows_it_has_seen(progress: list[Progress]) -> None:
    epochs = [told for told in progress if told.step in ("imitator", "affinity", "sliders")]
    assert {told.step for told in epochs} == {"imitator", "affinity", "sliders"}
    assert all("training_loss" in told.figures and told.rows > 0 for told in epochs)


def test_learning_curves_are_left_as_a_picture_of_every_network(models: ModelSet, trained_folder: Path) -> None:
    picture = (trained_folder / "learning_curves.svg").read_text()
    texts = [element.text for element in ElementTree.fromstring(picture).iter() if element.text]
    assert {"imitator", "affinity", "slider"} <= set(texts)
    last = models.card.learning_curves["imitator"][-1]["held_out"]["r2"]  # type: ignore[index]
    assert f"r2 {last:.3g}" in texts


@pytest.mark.parametrize("curves", [{}, {"imitator": []}, {"imitator": [{"epoch": 1, "training_loss": float("nan")}]}])
def test_a_picture_of_curves_without_points_is_still_a_picture(curves: dict[str, list[dict[str, object]]]) -> None:
    assert ElementTree.fromstring(curves_svg(curves)).tag.endswith("svg")
