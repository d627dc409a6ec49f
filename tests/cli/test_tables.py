"""`lookalike data`, `sweep plan` and `enroll`, as an operator types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coordinator.campaign import Campaign
from coordinator.coordinator import Coordinator
from coordinator.sweep import SweepSpec, plan_sweep
from creator.profile import Profile
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.rows import FrameEmbeddings
from protocol.chunk import checksum
from protocol.frame import Frame, FrameRecord
from protocol.shard import Shard

Lookalike = Callable[..., Any]
SPEC = {"name": "tiny", "kind": "interleaved", "num_frames": 4, "frames_per_shard": 2, "seed": 1}


def frames_of(shard: Shard) -> list[Frame]:
    return [
        Frame(
            FrameRecord(
                shard_id=shard.shard_id,
                step=step,
                slider_set=shard.slider_sets[step],
                attempt=1,
                agent="a",
                game_version="1",
                calibration_id="c",
                profile_hash=shard.profile_hash,
                character=character,
                is_verified=True,
                confidence=1.0,
                captured_seconds=0.0,
                captured_unix_seconds=0.0,
                image_format="png",
                width=1,
                height=1,
                sha256=checksum(b"picture"),
            ),
            b"picture",
        )
        for step, character in enumerate(shard.characters)
    ]


def fill(folder: Path, profile: Profile, num_shards: int) -> None:
    import numpy as np

    dataset = Dataset.open(folder, profile)
    spec = SweepSpec.from_table(SPEC)
    Coordinator(dataset, Campaign(dataset.store)).operations.add_sweep(spec)
    ones = np.ones(2, np.float32)
    rows = FrameEmbeddings(np.ones((2, 4), np.float32), 2 * ones, ones)
    for shard in plan_sweep(spec, profile)[:num_shards]:
        dataset.commit_shard(shard.shard_id, [dataset.stage(frames_of(shard), rows, "test-0123abcd")])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    fill(tmp_path / "data", load_profile("small"), num_shards=2)
    return tmp_path / "data"


def test_info_says_what_is_there(lookalike: Lookalike, data: Path) -> None:
    outcome = lookalike("data", "info", data, "--profile", "small", "--json")
    assert json.loads(outcome.out)["rows_by_sweep"] == {"tiny": 4}
    assert "4 rows of small" in lookalike("data", "info", data, "--profile", "small").out


def test_verify_finds_tables_clean_until_something_is_missing(lookalike: Lookalike, data: Path, tmp_path: Path) -> None:
    clean = lookalike("data", "verify", data, "--profile", "small")
    assert (clean.code, "clean" in clean.out) == (0, True)

    fill(tmp_path / "half", load_profile("small"), num_shards=1)
    outcome = lookalike("data", "verify", tmp_path / "half", "--profile", "small")
    assert outcome.code == 1
    assert "tiny-00001: is planned and not committed" in outcome.out
    assert lookalike("data", "verify", tmp_path / "half", "--profile", "small", "--partial").code == 0


def test_compact_vacuum_sample_and_export(lookalike: Lookalike, data: Path, tmp_path: Path) -> None:
    assert "frames: 2 files, now 1" in lookalike("data", "compact", data, "--profile", "small").out
    assert "say --yes" in lookalike("data", "vacuum", data, "--profile", "small", "--older-than-days", "0").err
    outcome = lookalike("data", "vacuum", data, "--profile", "small", "--older-than-days", "0", "--yes")
    assert "6 files removed" in outcome.out
    assert (
        "2 pictures"
        in lookalike("data", "sample", data, "--profile", "small", "--to", tmp_path / "s", "--count", 2).out
    )
    assert "4 rows" in lookalike("data", "export", data, "--profile", "small", "--to", tmp_path / "snapshot").out


def test_looking_at_tables_that_are_not_there_creates_none(lookalike: Lookalike, tmp_path: Path) -> None:
    outcome = lookalike("data", "info", tmp_path / "nothing", "--profile", "small")
    assert outcome.code == 1
    assert "No tables in" in outcome.err
    assert not (tmp_path / "nothing").exists()


def test_a_plan_tells_the_cost_before_anything_starts(lookalike: Lookalike, tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    path.write_text(json.dumps({"sweeps": [SPEC, {**SPEC, "name": "second"}]}))

    first, _ = json.loads(lookalike("sweep", "plan", path, "--profile", "small", "--agents", 2, "--json").out)

    assert (first["num_frames"], first["num_shards"], first["num_slider_sets"]) == (4, 2, 4)
    assert first["num_presses"] > 0
    assert 0 < first["hours"] < 1
    assert first["total_bytes"] == 4 * (60_000 + 4 * 128 + 400)
    assert "second" in lookalike("sweep", "plan", path, "--profile", "small").out


def test_tokens_are_issued_listed_and_revoked(lookalike: Lookalike, tmp_path: Path) -> None:
    tokens = ("--tokens", tmp_path / "tokens.json")
    lookalike("enroll", "studio", *tokens, "--to", tmp_path / "studio.token")
    lookalike("enroll", "boss", *tokens, "--to", tmp_path / "boss.token", "--operator", "--expires", 0)
    secret = (tmp_path / "studio.token").read_text().strip()

    listed = lookalike("enroll", "--list", "--json", *tokens).out
    studio, boss = json.loads(listed)

    assert (studio["agent"], studio["scopes"]) == ("studio", ["capture", "status"])
    assert (boss["scopes"], boss["expires_unix_seconds"]) == (["status", "operate"], 0)
    assert secret not in listed
    assert "secret" not in listed
    assert "1 token of studio revoked" in lookalike("enroll", "--revoke", "studio", *tokens).out
    assert "studio" not in lookalike("enroll", "--list", *tokens).out
    assert lookalike("enroll", *tokens).code == 2


def test_an_order_to_nobody_says_that_nobody_answers(lookalike: Lookalike, tmp_path: Path) -> None:
    lookalike("enroll", "boss", "--tokens", tmp_path / "tokens.json", "--to", tmp_path / "boss.token", "--operator")
    outcome = lookalike(
        "sweep", "pause", "demo", "--url", "http://127.0.0.1:9", "--token-file", tmp_path / "boss.token"
    )
    assert outcome.code == 1
    assert "No coordinator answers" in outcome.err
