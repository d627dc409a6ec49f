"""A linear stand-in for the imitator, solved for every combination at once: who can win is known before a gradient is taken.

For each combination, embedding = offset + sliders * jacobian; the offset belongs to the combination, the jacobian to gender and
face type. Both are read off the imitator itself at pairs of slider vectors that mirror each other. The best sliders inside the
box then come from a quadratic problem of the size of the sliders, not of the embedding.

Shape letters: C combinations, T targets, P pairs, L looks (gender with face type), K combinations of one look, S sliders,
D dimension.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.imitator import Imitator

MIN_PAIRS, MAX_PAIRS, SAMPLES_WANTED = 4, 64, 16_384
"""Mirrored pairs a combination: enough in total to see every jacobian, however few combinations a profile has."""

SHARED_WEIGHT = 0.5
"""How much of the gender's jacobian a look's own is mixed with: a look has few samples, and looks differ little."""

SOLVER_STEPS = 8
NORM_HEADROOM = 1.1
"""A target farther from the mean than this times a typical face is brought nearer: only its direction counts."""


@dataclass(frozen=True, eq=False)
class Surrogate:
    """`looks_C` says which jacobian a combination uses; all in the imitator's standardised space."""

    offsets_CD: Tensor
    jacobians_LSD: Tensor
    looks_C: Tensor
    prior_2S: Tensor
    typical_norm: float
    squared_error: float


@dataclass(frozen=True, eq=False)
class Estimate:
    """Expected cosine (T, C) and the sliders that promise it (T, C, S)."""

    similarities_TC: Tensor
    sliders_TCS: Tensor


@torch.no_grad()
def linearise(imitator: Imitator, combinations_C3: NDArray[np.int64], *, seed: int = 0) -> Surrogate:
    """Reads offsets and jacobians off the imitator."""
    num_combinations = len(combinations_C3)
    num_pairs = min(max(SAMPLES_WANTED // num_combinations, MIN_PAIRS), MAX_PAIRS)
    rng = np.random.default_rng(seed)
    mean_S, deviation_S = imitator.slider_prior_2S
    steps_XS = (rng.standard_normal((num_combinations * num_pairs, len(mean_S))) * deviation_S).astype(np.float32)
    choices_X3 = np.repeat(combinations_C3, num_pairs, axis=0)
    above, below = (imitator.members(choices_X3, np.clip(mean_S + sign * steps_XS, -1, 1)) for sign in (1, -1))
    slopes_XD = (above - below).mean(dim=0) / 2
    means_CD = ((above + below).mean(dim=0) / 2).reshape(num_combinations, num_pairs, -1).mean(dim=1)
    _, looks_C = np.unique(combinations_C3[:, :2], axis=0, return_inverse=True)
    looks_C = looks_C.reshape(-1)
    real_steps_XS = torch.from_numpy((np.clip(mean_S + steps_XS, -1, 1) - np.clip(mean_S - steps_XS, -1, 1)) / 2)
    jacobians_LSD = _jacobians(real_steps_XS, slopes_XD, np.repeat(looks_C, num_pairs), combinations_C3, looks_C)
    looks = torch.from_numpy(looks_C)
    shift_CD = torch.einsum("s,lsd->ld", torch.from_numpy(mean_S), jacobians_LSD)[looks]
    return Surrogate(
        offsets_CD=means_CD - shift_CD,
        jacobians_LSD=jacobians_LSD,
        looks_C=looks,
        prior_2S=torch.from_numpy(imitator.slider_prior_2S),
        typical_norm=float(above.mean(dim=0).norm(dim=1).mean()),
        squared_error=float(imitator.squared_errors(above).mean()),
    )


def _jacobians(
    steps_XS: Tensor,
    slopes_XD: Tensor,
    looks_X: NDArray[np.int64],
    combinations_C3: NDArray[np.int64],
    looks_C: NDArray[np.int64],
) -> Tensor:
    """Least squares for each gender, then for each look on what its gender's jacobian leaves."""
    num_looks = int(looks_C.max()) + 1
    gender_of_look = {int(look): int(gender) for look, gender in zip(looks_C, combinations_C3[:, 0], strict=True)}
    members = [np.flatnonzero(looks_X == look) for look in range(num_looks)]
    by_gender: dict[int, Tensor] = {}
    for gender in sorted(set(gender_of_look.values())):
        rows = np.concatenate([members[look] for look in range(num_looks) if gender_of_look[look] == gender])
        by_gender[gender] = _ridge(steps_XS[rows], slopes_XD[rows], penalty=1.0)
    jacobians = []
    for look, rows in enumerate(members):
        shared_SD = by_gender[gender_of_look[look]]
        rest_XD = slopes_XD[rows] - steps_XS[rows] @ shared_SD
        own_SD = _ridge(steps_XS[rows], rest_XD, penalty=SHARED_WEIGHT * float(steps_XS[rows].square().sum(0).mean()))
        jacobians.append(shared_SD + own_SD)
    return torch.stack(jacobians)


def _ridge(inputs_XS: Tensor, outputs_XD: Tensor, *, penalty: float) -> Tensor:
    gram_SS = inputs_XS.T @ inputs_XS + penalty * torch.eye(inputs_XS.shape[1])
    solution_SD: Tensor = torch.linalg.solve(gram_SS, inputs_XS.T @ outputs_XD)
    return solution_SD


@torch.no_grad()
def estimate(surrogate: Surrogate, targets_TD: Tensor, *, bound: float, prior_weight: float) -> Estimate:
    """For standardised targets; sliders stay within [-bound, bound]."""
    num_targets, num_combinations = len(targets_TD), len(surrogate.offsets_CD)
    goals_TD = goals_within_reach(surrogate, targets_TD)
    directions_TD = torch.nn.functional.normalize(targets_TD, dim=1)
    similarities_TC = torch.empty(num_targets, num_combinations)
    sliders_TCS = torch.empty(num_targets, num_combinations, surrogate.prior_2S.shape[1])
    for look, jacobian_SD in enumerate(surrogate.jacobians_LSD):
        own_K = torch.nonzero(surrogate.looks_C == look).squeeze(1)
        offsets_KD = surrogate.offsets_CD[own_K]
        sliders_TKS = _solve(surrogate, jacobian_SD, offsets_KD, goals_TD, bound, prior_weight)
        sliders_TCS[:, own_K] = sliders_TKS
        embeddings_TKD = offsets_KD + sliders_TKS @ jacobian_SD
        lengths_TK = (embeddings_TKD.square().sum(dim=-1) + surrogate.squared_error).sqrt()
        similarities_TC[:, own_K] = torch.einsum("tkd,td->tk", embeddings_TKD, directions_TD) / lengths_TK
    return Estimate(similarities_TC, sliders_TCS)


def goals_within_reach(surrogate: Surrogate, targets_TD: Tensor) -> Tensor:
    """Targets, those far outside brought to a length that faces of this creator have."""
    norms_T1 = targets_TD.norm(dim=1, keepdim=True).clamp_min(1e-6)
    goals_TD: Tensor = targets_TD * (NORM_HEADROOM * surrogate.typical_norm / norms_T1).clamp_max(1.0)
    return goals_TD


def _solve(
    surrogate: Surrogate, jacobian_SD: Tensor, offsets_KD: Tensor, goals_TD: Tensor, bound: float, prior_weight: float
) -> Tensor:
    """Accelerated projected gradient steps on the quadratic problem, scaled slider by slider.

    Source: Beck and Teboulle 2009, FISTA, with the box as the proximal set.
    """
    mean_S, deviation_S = surrogate.prior_2S
    pull_S = prior_weight * surrogate.typical_norm**2 / len(mean_S) / deviation_S.square()
    gram_SS = jacobian_SD @ jacobian_SD.T + torch.diag(pull_S)
    wanted_TKS = (goals_TD @ jacobian_SD.T)[:, None] - (offsets_KD @ jacobian_SD.T)[None] + pull_S * mean_S
    inverse_SS = torch.linalg.inv(gram_SS)
    now_TKS = ahead_TKS = (wanted_TKS @ inverse_SS).clamp(-bound, bound)
    rate = 1.0 / float(torch.linalg.eigvalsh(gram_SS)[-1])
    momentum = 1.0
    for _ in range(SOLVER_STEPS):
        next_TKS = (ahead_TKS + rate * (wanted_TKS - ahead_TKS @ gram_SS)).clamp(-bound, bound)
        next_momentum = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        ahead_TKS = next_TKS + (momentum - 1) / next_momentum * (next_TKS - now_TKS)
        now_TKS, momentum = next_TKS, next_momentum
    sliders_TKS: Tensor = now_TKS
    return sliders_TKS
