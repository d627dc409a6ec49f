"""Targets: embeddings that inversion is asked for, so that two networks can learn its answers.

Sources: faces of the creator that are not held out; mixtures of two of them, which no combination fits exactly; embeddings from
outside (photos), which lie where the creator does not reach. Held-out slider sets never become targets of a training; they are
the targets that results are judged by. Shape letters: T targets, D dimension.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creator.encoding import Encoding
from creator.profile import Profile
from trainer.check import require
from trainer.errors import TrainingDataError
from trainer.rows import Rows
from trainer.shape import cells
from trainer.space import EmbeddingSpace, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetConfig:
    """`num_targets` in all; of those from the creator, `mixture_share` are mixtures. `num_judges`: held-out targets."""

    num_targets: int = 1200
    mixture_share: float = 0.3
    num_judges: int = 48
    seed: int = 0

    def __post_init__(self) -> None:
        require(self.num_targets >= 1, "num_targets", self.num_targets, "at least 1")
        require(0 <= self.mixture_share <= 1, "mixture_share", self.mixture_share, "between 0 and 1")
        require(self.num_judges >= 0, "num_judges", self.num_judges, "0 or more")


@dataclass(frozen=True, slots=True, eq=False)
class KnownFaces:
    """Captured faces (N, D), raw, with what each was made of: the number of its combination (N) and its scaled sliders (N, S)."""

    embeddings_ND: Floats
    combinations_N: NDArray[np.int64]
    sliders_NS: Floats

    @classmethod
    def of(cls, rows: Rows, profile: Profile) -> KnownFaces:
        encoding = Encoding(profile)
        counts, combinations_C3 = encoding.choice_counts, encoding.combinations_C3()
        number_of_cell = np.full(int(np.prod(counts)), -1, np.int64)
        number_of_cell[cells(combinations_C3, counts)] = np.arange(len(combinations_C3))
        return cls(rows.embeddings_ND, number_of_cell[cells(rows.choices_N3, counts)], rows.sliders_NS)

    def __len__(self) -> int:
        return len(self.embeddings_ND)


def training_targets(
    training: Rows, space: EmbeddingSpace, config: TargetConfig, extra_XD: Floats | None = None
) -> Floats:
    """Raw embeddings, shuffled, so that any first part is a fair sample; `extra_XD` take up to half of the places."""
    rng = np.random.default_rng(config.seed)
    extra = _checked_extra(extra_XD, space)
    num_extra = min(len(extra), config.num_targets // 2)
    num_own = config.num_targets - num_extra
    num_mixed = round(config.mixture_share * num_own)
    parts = [
        extra[rng.permutation(len(extra))[:num_extra]],
        _mixtures(training.embeddings_ND, space, num_mixed, rng),
        training.embeddings_ND[_drawn(len(training), num_own - num_mixed, rng)],
    ]
    targets_TD = np.concatenate(parts).astype(np.float32)
    shuffled_TD: Floats = targets_TD[rng.permutation(len(targets_TD))]
    return shuffled_TD


def judging_targets(held_out: Rows, config: TargetConfig) -> Floats:
    """Held-out faces, spread evenly over the held-out rows."""
    count = min(config.num_judges, len(held_out))
    places = np.linspace(0, max(len(held_out) - 1, 0), count).astype(int)
    judges_TD: Floats = held_out.embeddings_ND[places]
    return judges_TD


def _drawn(num_rows: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Each row once before any row twice."""
    rounds = [rng.permutation(num_rows) for _ in range(-(-count // num_rows))]
    return np.concatenate([np.empty(0, np.int64), *rounds])[:count]


def _mixtures(embeddings_ND: Floats, space: EmbeddingSpace, count: int, rng: np.random.Generator) -> Floats:
    """Between two faces, at the length of a face: a plain mean would lie nearer to the centre than faces do."""
    first_TD = space.standardised(embeddings_ND[rng.integers(len(embeddings_ND), size=count)])
    second_TD = space.standardised(embeddings_ND[rng.integers(len(embeddings_ND), size=count)])
    share_T1 = rng.uniform(0.2, 0.8, (count, 1)).astype(np.float32)
    mixed_TD = share_T1 * first_TD + (1 - share_T1) * second_TD
    lengths_T1 = (np.linalg.norm(first_TD, axis=1) + np.linalg.norm(second_TD, axis=1))[:, None] / 2
    return space.raw(mixed_TD * lengths_T1 / np.maximum(np.linalg.norm(mixed_TD, axis=1, keepdims=True), 1e-6))


def _checked_extra(extra_XD: Floats | None, space: EmbeddingSpace) -> Floats:
    if extra_XD is None or len(extra_XD) == 0:
        return np.empty((0, space.dimension), np.float32)
    if extra_XD.ndim != 2 or extra_XD.shape[1] != space.dimension or not np.isfinite(extra_XD).all():
        raise TrainingDataError(
            f"Extra targets have shape {extra_XD.shape} or lack numbers; expected finite (targets, {space.dimension})"
        )
    return extra_XD
