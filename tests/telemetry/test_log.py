from __future__ import annotations

import json
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telemetry.errors import TelemetryError
from telemetry.log import NUM_REPLICA_LOGS, JsonFormatter, log_replica, log_to, without_secrets, working_on

TOKEN = "lk_0123456789ab_" + "c" * 64


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    for handler in handlers:
        if handler not in root.handlers:
            root.addHandler(handler)
    root.setLevel(level)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_tells_sweep_shard_agent_and_attempt(tmp_path: Path) -> None:
    log_to(tmp_path / "agent.log", process="agent", agent="pc-1")

    with working_on(sweep="demo", shard="demo-0007", attempt=2):
        logging.getLogger("agents.agent").info("shard done frames=%d seconds=%.1f", 64, 31.25)
    logging.getLogger("agents.agent").info("idle")

    done, idle = lines(tmp_path / "agent.log")
    assert done["event"] == "shard done"
    assert (done["sweep"], done["shard"], done["agent"], done["attempt"]) == ("demo", "demo-0007", "pc-1", 2)
    assert (done["frames"], done["seconds"], done["level"]) == (64, 31.2, "info")
    assert "shard" not in idle
    assert idle["agent"] == "pc-1"


def test_a_reason_is_kept_whole_even_when_it_holds_an_equals_sign(tmp_path: Path) -> None:
    log_to(tmp_path / "log")

    logging.getLogger("x").warning("shard not done shard=a outcome=failed reason=nose is 3, expected nose=4 after all")

    (line,) = lines(tmp_path / "log")
    assert (line["shard"], line["outcome"]) == ("a", "failed")
    assert line["reason"] == "nose is 3, expected nose=4 after all"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (f"sent {TOKEN} again", "c" * 64),
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("token=hunter2hunter2", "hunter2"),
        ('{"password": "hunter2"}', "hunter2"),
        ("s3 at https://user:hunter2@store/x", "hunter2"),
        ("AWS_SECRET_ACCESS_KEY=hunter2/+x", "hunter2"),
        ("key AKIAIOSFODNN7EXAMPLE used", "AKIAIOSFODNN7EXAMPLE"),
        ("picture " + "iVBORw0KGgo" * 40, "iVBORw0KGgo" * 3),
    ],
)
def test_secrets_and_pictures_never_reach_a_log(tmp_path: Path, text: str, hidden: str) -> None:
    log_to(tmp_path / "log")

    logging.getLogger("x").error("%s", text)
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("x").exception("failed")

    written = (tmp_path / "log").read_text(encoding="utf-8")
    assert hidden not in written
    assert "[hidden]" in written


def test_a_tokens_public_id_stays_so_that_it_can_be_revoked() -> None:
    assert without_secrets(f"refused {TOKEN}") == "refused lk_0123456789ab_[hidden]"


def test_ordinary_text_is_left_alone() -> None:
    text = "The token is unknown or revoked; chunks of sweep a/b at http://127.0.0.1:8420/v1/lease took 3 s"
    assert without_secrets(text) == text


def test_a_log_is_rotated_and_only_its_owner_can_read_any_part_of_it(tmp_path: Path) -> None:
    log_to(tmp_path / "log", max_bytes=2_000)

    for number in range(200):
        logging.getLogger("x").info("line number=%d", number)

    parts = sorted(tmp_path.iterdir())
    assert len(parts) == 6
    assert all(part.stat().st_size <= 2_000 for part in parts)
    assert {stat.S_IMODE(part.stat().st_mode) for part in parts} == {0o600}
    assert lines(tmp_path / "log")[-1]["number"] == 199


def test_a_value_without_end_is_cut_off() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "what %s", ("no no " * 10_000,), None)
    assert len(json.loads(JsonFormatter().format(record))["event"]) < 5_000


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TelemetryError, match="file"):
        log_to(tmp_path / "file" / "log")


def test_replicas_have_logs_of_their_own_and_only_the_newest_stay(tmp_path: Path) -> None:
    for number in range(NUM_REPLICA_LOGS + 3):
        for ending in ("log", "log.1"):
            path = tmp_path / f"gateway-{number}.{ending}"
            path.touch()
            os.utime(path, (number, number))
    (tmp_path / "coordinator.log").touch()

    log_replica(tmp_path, "gateway")
    logging.getLogger("x").info("starts")

    own = tmp_path / f"gateway-{os.getpid()}.log"
    assert lines(own)[0]["process"] == "gateway"
    assert len(list(tmp_path.glob("gateway-*.log"))) == NUM_REPLICA_LOGS
    assert not (tmp_path / "gateway-3.log.1").exists()
    assert (tmp_path / "gateway-4.log.1").exists()
    assert (tmp_path / "coordinator.log").exists()
