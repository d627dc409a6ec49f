"""The on-policy loop: match targets, capture what was matched, learn from it, match again.

An imitator is believed most where matching leads, and there it was trained least: captures of matched characters show what was
promised too much, and are the rows that mend it. Shape letters: T targets, N rows, D dimension.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from coordinator.sweep import SweepSpec
from creator.encoding import Encoding, Floats
from creator.profile import Profile
from dataset.rows import sweep_of
from dataset.snapshot import Snapshot
from matcher.match import Match
from matcher.matcher import Matcher
from protocol.character import Character
from protocol.errors import LookalikeError
from protocol.object_file import write_object
from trainer.rows import split_rows
from trainer.space import EmbeddingSpace, cosines
from trainer.targets import TargetConfig, training_targets

_FILE = "improve.json"
_FRAMES_PER_SHARD = 30
_REACH_SHARE = 0.05  # of a slider's range: neighbours of a matched character are to stay alike to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What the models of a round promised for their matches, and what the creator showed. `num_rows` they were trained on.

    `expected_error` and `measured_error` are mean squared distances of captures from what the imitator said.
    """

    number: int
    dataset_version: str
    num_rows: int
    num_targets: int
    num_measured: int
    predicted: float
    measured: float
    expected_error: float
    measured_error: float
    held_out: dict[str, float | int | None] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        return self.predicted - self.measured


@dataclass(frozen=True, slots=True)
class History:
    """The rounds of a model set's folder. `is_learned`: the models have been trained on the last one's captures."""

    rounds: tuple[Round, ...] = ()
    is_learned: bool = True

    @classmethod
    def read(cls, folder: Path) -> History:
        path = folder / _FILE
        if not path.exists():
            return cls()
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
            return cls(tuple(Round(**entry) for entry in table["rounds"]), bool(table["is_learned"]))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise LookalikeError(f"{path} cannot be read: {error}. Delete it to count rounds anew") from error

    def write(self, folder: Path) -> None:
        write_object(folder / _FILE, (json.dumps(self.to_json(), indent=1) + "\n").encode())

    def to_json(self) -> dict[str, Any]:
        return {"rounds": [asdict(entry) for entry in self.rounds], "is_learned": self.is_learned}


@dataclass(frozen=True, eq=False)
class Attempt:
    """A round's targets and what was matched to them."""

    number: int
    targets_TD: Floats
    matches: list[Match]

    @property
    def characters(self) -> list[Character]:
        return list(dict.fromkeys(match.character for match in self.matches))


def attempt(
    matcher: Matcher,
    snapshot: Snapshot,
    number: int,
    *,
    num_targets: int,
    seed: int,
    photos_XD: Floats | None = None,
    on_match: Callable[[], None] = lambda: None,
) -> Attempt:
    """Fresh targets each round, none of them held out: faces of the creator, mixtures of them, and photos."""
    rows, _ = split_rows(snapshot, matcher.profile)
    space = EmbeddingSpace.of(rows.embeddings_ND)
    config = TargetConfig(num_targets=num_targets, seed=seed * 1000 + number)
    targets_TD = training_targets(rows, space, config, photos_XD)
    matches = []
    for target_D in targets_TD:
        matches.append(matcher.match(target_D, mildness=0, alternatives=0))
        on_match()
    return Attempt(number, targets_TD, matches)


def sweeps_of(attempt: Attempt, matcher: Matcher, *, num_neighbours: int, seed: int) -> list[SweepSpec]:
    """The matched characters, and neighbours of those that the imitator is least sure of."""
    name = f"improve-{seed}-{attempt.number}"
    tables: list[dict[str, Any]] = [
        {"name": name, "kind": "characters", "characters": attempt.characters, "frames_per_shard": _FRAMES_PER_SHARD}
    ]
    if num_neighbours:
        centres = least_sure(matcher, attempt.characters)
        around = {"kind": "around", "characters": centres, "num_neighbours": num_neighbours}
        tables.append({"name": f"{name}-around", **around, "reach_share": _REACH_SHARE, "seed": seed})
        tables[-1]["frames_per_shard"] = _FRAMES_PER_SHARD
    return [SweepSpec.from_table(table) for table in tables]


def least_sure(matcher: Matcher, characters: Sequence[Character]) -> list[Character]:
    """The quarter with the greatest expected error, by the spread of the imitator's members."""
    encoding = matcher.encoding
    _, errors_N = matcher.models.imitate_with_errors(encoding.choices_N3(characters), encoding.sliders_NS(characters))
    order = np.argsort(-errors_N, kind="stable")[: max(1, len(characters) // 4)]
    return [characters[int(at)] for at in order]


def judged(attempt: Attempt, matcher: Matcher, snapshot: Snapshot, sweep: str) -> Round:
    """Compares what was promised with the sweep's captures in a snapshot. Raises LookalikeError when none is there."""
    captured = _captures_of(sweep, snapshot, matcher.profile)
    pairs = [
        (target_D, match, captured[match.character])
        for target_D, match in zip(attempt.targets_TD, attempt.matches, strict=True)
        if match.character in captured
    ]
    if not pairs:
        raise LookalikeError(f"None of the {len(attempt.matches)} matched characters showed a face; look at the frames")
    targets_TD = np.stack([target_D for target_D, _, _ in pairs])
    measured_TD = np.stack([measured_D for _, _, measured_D in pairs])
    characters = [match.character for _, match, _ in pairs]
    encoding, mean_D = matcher.encoding, matcher.mean_D
    imitated_TD, errors_T = matcher.models.imitate_with_errors(
        encoding.choices_N3(characters), encoding.sliders_NS(characters)
    )
    card = matcher.models.card
    return Round(
        number=attempt.number,
        dataset_version=card.dataset_version,
        num_rows=int(getattr(card, "num_rows", 0)),
        num_targets=len(attempt.matches),
        num_measured=len(pairs),
        predicted=float(np.mean([match.similarity_predicted for _, match, _ in pairs])),
        measured=float(cosines(measured_TD - mean_D, targets_TD - mean_D).mean()),
        expected_error=float(errors_T.mean()),
        measured_error=float(np.sum((imitated_TD - measured_TD) ** 2, axis=1).mean()),
        held_out=dict(getattr(card, "metrics", {}).get("imitator", {})),
    )


def _captures_of(sweep: str, snapshot: Snapshot, profile: Profile) -> dict[Character, Floats]:
    encoding = Encoding(profile)
    found = {}
    for row, frame_id in enumerate(snapshot.frame_ids_N.tolist()):
        if sweep_of(frame_id.rpartition(":")[0]) == sweep:
            combination = encoding.combination(snapshot.choices_N3[row])
            character = encoding.character(combination, snapshot.sliders_NS[row])
            found[character] = np.array(snapshot.embeddings_ND[row], np.float32)
    return found
