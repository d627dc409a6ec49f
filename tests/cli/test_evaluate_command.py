"""`lookalike evaluate` and what goes before a loop of `lookalike improve`, with a small creator and a small training."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from benchmarks.rendered import rendered_snapshot
from cli.on_policy import attempt, judged, sweeps_of
from coordinator.sweep import SweepSpec, plan_sweep
from creator.profile_file import load_profile
from dataset.snapshot import Snapshot
from matcher.matcher import Matcher
from protocol.errors import LookalikeError
from trainer.fit import FitConfig
from trainer.imitator import ImitatorConfig
from trainer.inversion import InversionConfig, Round
from trainer.network import ImitatorNetworkConfig
from trainer.pipeline import TrainingConfig, train_all
from trainer.targets import TargetConfig

pytestmark = pytest.mark.slow

Lookalike = Callable[..., Any]
SMALL = load_profile("small")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of 160 rendered rows, models of it, and a person with three photos beside one with one."""
    folder = tmp_path_factory.mktemp("evaluate")
    table = {"name": "s", "kind": "interleaved", "num_frames": 160, "frames_per_shard": 8, "sliders_per_step": 4}
    snapshot = rendered_snapshot(SMALL, plan_sweep(SweepSpec.from_table(table), SMALL), folder / "snapshot")
    network = ImitatorNetworkConfig(num_members=2, width=48, num_blocks=1, dropout=0.1)
    fit = FitConfig(epochs=4, batch_rows=32, learning_rate=3e-3)
    base = TrainingConfig()
    config = TrainingConfig(
        imitator=ImitatorConfig(network=network, fit=replace(fit, epochs=20)),
        inversion=InversionConfig(rounds=(Round(num_combinations=8, num_steps=4),)),
        targets=TargetConfig(num_targets=60, num_judges=8),
        num_inverted=16,
        affinity=replace(base.affinity, fit=fit),
        sliders=replace(base.sliders, width=48, num_favourites=8, fit=fit),
    )
    train_all(snapshot, SMALL, config, folder / "models")
    portrait_HW3 = data.astronaut()[:300, 80:380]
    (folder / "photos" / "eileen").mkdir(parents=True)
    for number, light in enumerate((0.8, 1.0, 1.1)):
        picture = np.clip(portrait_HW3 * light, 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(folder / "photos" / "eileen" / f"{number}.png")
    Image.fromarray(portrait_HW3[:, ::-1]).save(folder / "photos" / "mirrored.png")
    Image.fromarray(np.full((200, 200, 3), 180, np.uint8)).save(folder / "photos" / "wall.png")
    (folder / "photos" / ".previews").mkdir()
    return folder


def test_every_promise_stands_beside_what_the_creator_showed(
    lookalike: Lookalike, folder: Path, tmp_path: Path
) -> None:
    outcome = lookalike(
        "evaluate", "--models", folder / "models", "--snapshot", folder / "snapshot", "--photos", folder / "photos",
        "--faces", 3, "--search", 1, "--search-captures", 12, "--calibration", tmp_path / "calibration",
        "--out", tmp_path / "out", "--json", "--quiet", "--search-drawn",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    report = json.loads(outcome.out)
    assert report == json.loads((tmp_path / "out" / "evaluation.json").read_text())
    for name in report["goals"]:
        assert isinstance(report[name], float)
    assert report["faces"]["recapture"]["measured"] > 0.9
    assert report["faces"]["recapture"]["measured"] > report["faces"]["single_pass"]["measured"]
    assert report["black_box"]["num_captures"] == 12
    assert report["black_box"]["num_drawn_checked"] == 1
    assert report["black_box"]["drawn_greatest_difference"] < 0.05
    assert [person["name"] for person in report["persons"]] == ["eileen"]
    assert (report["persons"][0]["num_fitted"], report["persons"][0]["num_others"]) == (2, 1)
    assert report["persons"][0]["photos_alike"] > 0.9
    several = report["persons"][0]["several_photos"]
    assert several["all"] == pytest.approx(report["persons"][0]["methods"]["refined"]["measured_on_others"])
    assert several["single"] <= several["best"]
    assert several["best_fair"] <= several["best"]
    assert report["persons_summary"]["several_photos"]["num_persons"] == 1
    assert sum(entry["num_subjects"] for entry in report["faces_by_sweep"].values()) == 3
    assert (
        report["coverage"]["held_out_faces"]["reached_mean"] > report["coverage"]["random_directions"]["reached_mean"]
    )
    assert "wall.png" in report["left_out"][0]
    page = (tmp_path / "out" / "evaluation.html").read_text()
    assert "<script" not in page
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page)


def test_a_round_captures_the_matches_and_the_doubtful_ones_and_compares_them(folder: Path) -> None:
    matcher, snapshot = Matcher.load(folder / "models"), Snapshot.open(folder / "snapshot")
    tried = attempt(matcher, snapshot, 0, num_targets=8, seed=1)
    plan, around = sweeps_of(tried, matcher, num_neighbours=2, seed=1)
    assert plan.name == "improve-1-0"
    assert {c for shard in plan_sweep(plan, SMALL) for c in shard.characters} == set(tried.characters)
    doubtful = plan_sweep(around, SMALL)
    assert sum(len(shard.characters) for shard in doubtful) == 3 * max(1, len(tried.characters) // 4)
    with pytest.raises(LookalikeError, match="None of the 8 matched characters"):
        judged(tried, matcher, snapshot, plan.name)
    captures = rendered_snapshot(SMALL, plan_sweep(plan, SMALL), folder / "captures")
    judgement = judged(tried, matcher, captures, plan.name)
    assert judgement.num_measured == judgement.num_targets == 8
    assert -1 < judgement.measured < 1
    assert judgement.measured_error > 0
    again = attempt(matcher, snapshot, 0, num_targets=8, seed=1)
    assert again.characters == tried.characters
    assert attempt(matcher, snapshot, 1, num_targets=8, seed=1).characters != tried.characters


def test_nothing_to_evaluate_is_said_at_once(lookalike: Lookalike, folder: Path) -> None:
    refused = lookalike("evaluate", "--models", folder / "models", "--faces", 0)
    assert refused.code == 1
    assert "--photos" in refused.err


def test_only_the_stand_in_can_be_searched_without_keys(lookalike: Lookalike, folder: Path) -> None:
    refused = lookalike("evaluate", "--models", folder / "models", "--device", "x11", "--search-drawn")
    assert refused.code == 1
    assert "--device standin" in refused.err


def test_a_folder_of_photos_that_is_not_there_is_named(lookalike: Lookalike, folder: Path, tmp_path: Path) -> None:
    refused = lookalike(
        "evaluate", "--models", folder / "models", "--snapshot", folder / "snapshot", "--photos", tmp_path / "nowhere",
        "--faces", 0, "--calibration", tmp_path / "calibration", "--quiet",
    )  # fmt: skip
    assert refused.code == 1
    assert "nowhere is no folder" in refused.err
