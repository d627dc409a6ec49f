"""Counts wrong labels: what was committed against what the stand-in really showed. Agents never see these logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataset.dataset import Dataset
from protocol.character import Character
from protocol.errors import LookalikeError
from standin.truth_log import TruthLog, TruthReader

_COLUMNS = ("shard_id", "step", "agent", "captured_seconds", "gender", "face", "skin", "sliders")


@dataclass(frozen=True, slots=True)
class Integrity:
    """`wrong` names the frames (shard_id:step) whose label differs from the truth or whose picture is not settled."""

    num_checked: int
    wrong: tuple[str, ...]


def check_labels(dataset: Dataset, truth_logs: Mapping[str, Path]) -> Integrity:
    """Every committed frame against the log of the agent that took it. Raises LookalikeError where a log is missing."""
    rows = dataset.frame_table(_COLUMNS).to_pylist()
    logs: dict[str, TruthReader] = {}
    for agent in sorted({row["agent"] for row in rows}):
        if agent not in truth_logs:
            raise LookalikeError(f"No truth log of {agent}: its labels cannot be checked. Start afresh with --fresh")
        logs[agent] = TruthLog.read(truth_logs[agent], dataset.profile)
    wrong = tuple(f"{row['shard_id']}:{row['step']}" for row in rows if not _is_right(row, logs[row["agent"]]))
    return Integrity(len(rows), wrong)


def _is_right(row: Mapping[str, object], log: TruthReader) -> bool:
    truth = log.at(float(str(row["captured_seconds"])))
    return truth.is_settled and truth.character == _label(row)


def _label(row: Mapping[str, object]) -> Character:
    sliders = row["sliders"]
    if not isinstance(sliders, list):
        raise TypeError(f"sliders: expected a list, got {type(sliders).__name__}")
    return Character(str(row["gender"]), int(str(row["face"])), int(str(row["skin"])), tuple(sliders))
