"""What the affinity network learns from: targets with what each combination reaches, and captured faces.

Shape letters: T targets, N captured faces, C combinations, D dimension.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from trainer.inversion import TARGETS_AT_ONCE, Inversion, InversionConfig, PreparedImitator
from trainer.space import Floats
from trainer.surrogate import estimate
from trainer.targets import KnownFaces


@dataclass(frozen=True, eq=False)
class AffinityExamples:
    """Targets (T, D), raw, with what each combination reaches (T, C) and how much each target counts (T).

    `faces` are captured ones, of which it is known what combination they were made of.
    """

    targets_TD: Floats
    similarities_TC: Floats
    weights_T: Floats
    faces: KnownFaces


@torch.no_grad()
def affinity_examples(
    prepared: PreparedImitator,
    targets_TD: Floats,
    inverted: Inversion,
    inversion_config: InversionConfig,
    faces: KnownFaces,
    *,
    inverted_weight: float,
    on_progress: Callable[[int, int], None] | None = None,
) -> AffinityExamples:
    """`inverted` belongs to the first of `targets_TD`; the others are estimated, which costs a hundredth."""
    estimated_TC = _estimates(prepared, targets_TD, inversion_config, on_progress)
    num_inverted = len(inverted.similarities_TC)
    gain_C = (inverted.similarities_TC - estimated_TC[:num_inverted]).mean()
    similarities_TC = estimated_TC + gain_C
    similarities_TC[:num_inverted] = inverted.similarities_TC
    weights_T = np.ones(len(targets_TD), np.float32)
    weights_T[:num_inverted] = inverted_weight
    return AffinityExamples(targets_TD, similarities_TC, weights_T, faces)


def _estimates(
    prepared: PreparedImitator,
    targets_TD: Floats,
    config: InversionConfig,
    on_progress: Callable[[int, int], None] | None,
) -> Floats:
    standardised = torch.from_numpy(prepared.imitator.space.standardised(targets_TD))
    parts = []
    for start in range(0, len(standardised), TARGETS_AT_ONCE):
        part = standardised[start : start + TARGETS_AT_ONCE]
        found = estimate(prepared.surrogate, part, bound=1.0, prior_weight=config.prior_weight)
        parts.append(found.similarities_TC.numpy())
        if on_progress is not None:
            on_progress(min(start + TARGETS_AT_ONCE, len(standardised)), len(standardised))
    return np.concatenate(parts)
