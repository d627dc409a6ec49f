"""Moves sliders so that the imitator's embedding comes closer to the target; needs no torch.

Levenberg-Marquardt inside a box: the imitator's Jacobian is taken by finite differences, one batched run an iteration, and
several dampings are tried side by side in a second one. With u the imitated embedding around the mean, at length 1, and t the
target likewise, |u - t|^2 = 2 - 2 cos: the least squares are the greatest cosine. A pull to the middle adds the sliders
themselves as residuals (ridge): what is greatest then is cos - pull / 2 * mean(sliders^2).
Source: Marquardt, J. SIAM 11(2), 1963; bounds by projection with an active set.

Shapes: P characters, S sliders scaled to [-1, 1], D embedding, 3 choices, L dampings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from creator.encoding import Floats, Ints

Imitate = Callable[[Ints, Floats], Floats]
"""choices_N3, sliders_NS to embeddings_ND."""

_SMALLEST_LENGTH = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class RefineConfig:
    """How hard to try. Runs of the imitator a character: iterations x (S + 1 + dampings)."""

    num_iterations: int = 3
    difference: float = 0.02
    """Step of the finite differences: above single precision's noise, far below what a face shows (facts: +-.02 is noise)."""
    dampings: tuple[float, ...] = (0.01, 0.1, 1.0, 10.0)
    """In units of the mean squared length of the Jacobian's columns."""

    def __post_init__(self) -> None:
        if self.num_iterations < 0:
            raise ValueError(f"num_iterations {self.num_iterations}: expected 0 or more")
        if not self.dampings or min(self.dampings) <= 0 or self.difference <= 0:
            raise ValueError("dampings and difference: expected numbers above 0")


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """What is aimed at: the target around the mean at length 1, the mean, the box of the sliders, their pull to the middle."""

    target_D: Floats
    mean_D: Floats
    low_S: Floats
    high_S: Floats
    pull: float = 0.0

    @classmethod
    def at(cls, embedding_D: Floats, mean_D: Floats, low_S: Floats, high_S: Floats, pull: float = 0.0) -> Aim:
        return cls(_unit(embedding_D - mean_D), mean_D, low_S, high_S, pull)

    def similarities(self, embeddings_ND: Floats) -> Floats:
        """Centred cosine of each row with the target, (N,)."""
        similarities_N: Floats = _unit(embeddings_ND - self.mean_D) @ self.target_D
        return similarities_N

    def worth(self, embeddings_ND: Floats, sliders_NS: Floats) -> Floats:
        """Similarity less what the pull takes for sliders far from the middle, (N,)."""
        worth_N: Floats = self.similarities(embeddings_ND) - self.pull / 2 * np.mean(sliders_NS**2, axis=-1)
        return worth_N


def refine_sliders(
    imitate: Imitate, aim: Aim, choices_P3: Ints, sliders_PS: Floats, config: RefineConfig | None = None
) -> Floats:
    """Sliders (P, S) worth at least as much as the given ones, as far as the imitator can tell."""
    config = config or RefineConfig()
    for _ in range(config.num_iterations):
        sliders_PS = _iterate(imitate, aim, choices_P3, sliders_PS, config)
    return sliders_PS


def _iterate(imitate: Imitate, aim: Aim, choices_P3: Ints, sliders_PS: Floats, config: RefineConfig) -> Floats:
    embeddings_PD, jacobian_PDS = _differentiate(imitate, choices_P3, sliders_PS, config.difference)
    moves_PLS = np.stack(
        [
            _moves(embedding_D, jacobian_DS, sliders_S, aim, config.dampings)
            for embedding_D, jacobian_DS, sliders_S in zip(embeddings_PD, jacobian_PDS, sliders_PS, strict=True)
        ]
    )
    trials_PLS = np.clip(sliders_PS[:, None] + moves_PLS, aim.low_S, aim.high_S).astype(np.float32)
    num_characters, num_trials, num_sliders = trials_PLS.shape
    trials_NS = trials_PLS.reshape(-1, num_sliders)
    tried_ND = imitate(np.repeat(choices_P3, num_trials, axis=0), trials_NS)
    tried_PL = aim.worth(tried_ND, trials_NS).reshape(num_characters, num_trials)
    best_P = tried_PL.argmax(axis=1)
    is_better_P = tried_PL.max(axis=1) > aim.worth(embeddings_PD, sliders_PS)
    best_PS: Floats = trials_PLS[np.arange(num_characters), best_P]
    return np.where(is_better_P[:, None], best_PS, sliders_PS)


def _differentiate(imitate: Imitate, choices_P3: Ints, sliders_PS: Floats, difference: float) -> tuple[Floats, Floats]:
    """Embeddings (P, D) and Jacobian (P, D, S); steps lead inwards, where the imitator has seen data."""
    num_characters, num_sliders = sliders_PS.shape
    steps_PS = np.where(sliders_PS > 0, -difference, difference).astype(np.float32)
    shifted_PSS = sliders_PS[:, None] + steps_PS[:, None] * np.eye(num_sliders, dtype=np.float32)
    rows_PNS = np.concatenate([sliders_PS[:, None], shifted_PSS], axis=1)
    choices_N3 = np.repeat(choices_P3, num_sliders + 1, axis=0)
    rows_PND = imitate(choices_N3, rows_PNS.reshape(-1, num_sliders)).reshape(num_characters, num_sliders + 1, -1)
    slopes_PSD = (rows_PND[:, 1:] - rows_PND[:, :1]) / steps_PS[:, :, None]
    return rows_PND[:, 0], slopes_PSD.transpose(0, 2, 1)


def _moves(
    embedding_D: Floats, jacobian_DS: Floats, sliders_S: Floats, aim: Aim, dampings: tuple[float, ...]
) -> Floats:
    """One move (S,) for each damping: (L, S)."""
    centred_D = (embedding_D - aim.mean_D).astype(np.float64)
    length = max(float(np.linalg.norm(centred_D)), _SMALLEST_LENGTH)
    unit_D = centred_D / length
    slopes_DS = (jacobian_DS - np.outer(unit_D, unit_D @ jacobian_DS)) / length
    pull = aim.pull / len(sliders_S)
    gradient_S = slopes_DS.T @ (unit_D - aim.target_D) + pull * sliders_S
    is_blocked_S = ((sliders_S <= aim.low_S) & (gradient_S > 0)) | ((sliders_S >= aim.high_S) & (gradient_S < 0))
    slopes_DS = np.where(is_blocked_S, 0.0, slopes_DS)
    gradient_S = np.where(is_blocked_S, 0.0, gradient_S)
    normal_SS = slopes_DS.T @ slopes_DS + pull * np.diag(~is_blocked_S)
    scale = max(float(np.trace(normal_SS)) / len(sliders_S), _SMALLEST_LENGTH**2)
    damped_LSS = normal_SS + scale * np.array(dampings)[:, None, None] * np.eye(len(sliders_S))
    moves_LS: Floats = np.linalg.solve(
        damped_LSS, np.broadcast_to(-gradient_S[:, None], (len(dampings), len(sliders_S), 1))
    )[..., 0]
    return moves_LS.astype(np.float32)


def _unit(vectors_ND: Floats) -> Floats:
    lengths_N = np.linalg.norm(vectors_ND, axis=-1, keepdims=True)
    units_ND: Floats = vectors_ND / np.maximum(lengths_N, _SMALLEST_LENGTH)
    return units_ND
