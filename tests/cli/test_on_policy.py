"""The loop of `lookalike improve` with a creator and networks of a few lines: what was promised beside what is captured.

Shape letters: N rows, C combinations, S sliders, D dimension; 3 choices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from cli.on_policy import History, Round, attempt, judged, sweeps_of
from coordinator.sweep import plan_sweep
from creator.encoding import Encoding, Floats, Ints
from creator.profile_file import load_profile
from dataset.snapshot import Snapshot, SnapshotInfo
from matcher.matcher import Matcher
from protocol.character import Character
from protocol.errors import LookalikeError
from protocol.shard import Shard

SMALL = load_profile("small")
ENCODING = Encoding(SMALL)
DIMENSION = 24
MEAN_D = np.full(DIMENSION, 2.0, np.float32)
LOOKS_CD = np.random.default_rng(1).normal(size=(len(SMALL.combinations), DIMENSION)).astype(np.float32)
DIRECTIONS_SD = np.random.default_rng(2).normal(size=(ENCODING.num_sliders, DIMENSION)).astype(np.float32)
PLACE_OF = {tuple(row): at for at, row in enumerate(ENCODING.combinations_C3().tolist())}


def shown(choices_N3: Ints, sliders_NS: Floats, exaggeration: float = 0.0) -> Floats:
    """The creator's faces: sliders do less and less towards their ends, unless exaggerated."""
    looks_ND = LOOKS_CD[[PLACE_OF[tuple(row)] for row in choices_N3.tolist()]]
    moved_NS = (1 - exaggeration) * np.tanh(2 * sliders_NS) + exaggeration * 2 * sliders_NS
    return np.asarray(MEAN_D + looks_ND + moved_NS @ DIRECTIONS_SD, np.float32)


@dataclass(frozen=True)
class Card:
    profile_name: str = SMALL.name
    profile_hash: str = SMALL.hash
    recogniser: str = "toy-1"
    dataset_version: str = "toy@1"
    num_rows: int = 100
    embedding_mean: Floats = field(default_factory=lambda: MEAN_D)
    impostor_similarities: Mapping[str, float] = field(default_factory=lambda: {"p1": -0.5, "p50": 0.0, "p99": 0.5})
    learning_curves: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Believer:
    """Networks that have yet to learn that sliders do less and less."""

    exaggeration: float

    @property
    def card(self) -> Card:
        return Card()

    def imitate_with_errors(self, choices_N3: Ints, sliders_NS: Floats) -> tuple[Floats, Floats]:
        return shown(choices_N3, sliders_NS, self.exaggeration), np.mean(sliders_NS**2, axis=1).astype(np.float32) / 100

    def affinity(self, embeddings_ND: Floats) -> tuple[Floats, Floats]:
        similarities_NC = np.asarray((embeddings_ND - MEAN_D) @ LOOKS_CD.T, np.float32) / 100
        return similarities_NC, np.zeros_like(similarities_NC)

    def slider(self, embeddings_ND: Floats, choices_N3: Ints) -> Floats:
        wanted_ND = embeddings_ND - shown(choices_N3, np.zeros((len(choices_N3), ENCODING.num_sliders), np.float32))
        return np.clip(wanted_ND @ np.linalg.pinv(DIRECTIONS_SD) / 2, -1, 1).astype(np.float32)


def captured(characters: Sequence[Character], frame_ids: Sequence[str]) -> Snapshot:
    choices_N3, sliders_NS = ENCODING.choices_N3(characters), ENCODING.sliders_NS(characters)
    info = SnapshotInfo(
        profile_name=SMALL.name,
        profile_hash=SMALL.hash,
        recogniser="toy-1",
        dataset_version="toy@1",
        num_rows=len(characters),
        held_out_share=0.0,
        seed=0,
    )
    return Snapshot(
        choices_N3=choices_N3,
        sliders_NS=sliders_NS,
        embeddings_ND=shown(choices_N3, sliders_NS),
        slider_sets_N=np.arange(len(characters)),
        is_held_out_N=np.zeros(len(characters), np.bool_),
        frame_ids_N=np.array(frame_ids, np.str_),
        info=info,
    )


def random_faces(num: int) -> Snapshot:
    rng = np.random.default_rng(5)
    combinations = [SMALL.combinations[int(at)] for at in rng.integers(len(SMALL.combinations), size=num)]
    characters = [ENCODING.character(one, rng.uniform(-1, 1, ENCODING.num_sliders)) for one in combinations]
    return captured(characters, [f"first-00000:{at}" for at in range(num)])


def frames_of(shards: Sequence[Shard]) -> Snapshot:
    rows = [(each, f"{shard.shard_id}:{at}") for shard in shards for at, each in enumerate(shard.characters)]
    return captured([character for character, _ in rows], [name for _, name in rows])


def played(exaggeration: float) -> Round:
    matcher = Matcher(Believer(exaggeration), SMALL)
    tried = attempt(matcher, random_faces(60), 0, num_targets=16, seed=3)
    sweeps = sweeps_of(tried, matcher, num_neighbours=2, seed=3)
    return judged(tried, matcher, frames_of(plan_sweep(sweeps[0], SMALL)), sweeps[0].name)


def test_promise_and_capture_come_together_as_the_networks_learn() -> None:
    rounds = [played(exaggeration) for exaggeration in (0.9, 0.4, 0.0)]  # of the same faces, which differ by more
    gaps = [entry.gap for entry in rounds]
    assert gaps[0] > gaps[1] > abs(gaps[2])
    assert [entry.measured for entry in rounds] == sorted(entry.measured for entry in rounds)
    errors = [entry.measured_error for entry in rounds]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] == pytest.approx(0, abs=1e-6)
    assert {entry.num_measured for entry in rounds} == {16}


def test_nothing_is_judged_by_frames_of_another_sweep() -> None:
    matcher = Matcher(Believer(0.5), SMALL)
    tried = attempt(matcher, random_faces(60), 0, num_targets=4, seed=3)
    plan, around = sweeps_of(tried, matcher, num_neighbours=2, seed=3)
    with pytest.raises(LookalikeError, match="None of the 4 matched characters"):
        judged(tried, matcher, frames_of(plan_sweep(around, SMALL)), plan.name)


def test_rounds_are_kept_and_one_that_was_not_learned_from_is_known(tmp_path: Path) -> None:
    assert History.read(tmp_path) == History()
    history = History((played(0.5),), is_learned=False)
    history.write(tmp_path)
    assert History.read(tmp_path) == history
    (tmp_path / "improve.json").write_text("{}")
    with pytest.raises(LookalikeError, match="Delete it"):
        History.read(tmp_path)
