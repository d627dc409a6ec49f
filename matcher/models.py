"""What the matcher needs of a model set, so that tests can hand in networks of their own.

Shapes: N rows, C combinations, S sliders scaled to [-1, 1], D embedding, 3 choices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from creator.encoding import Floats, Ints


class Card(Protocol):
    """What the model card says of the models."""

    @property
    def profile_name(self) -> str: ...

    @property
    def profile_hash(self) -> str: ...

    @property
    def recogniser(self) -> str:
        """Identity of the recogniser in text."""

    @property
    def embedding_mean(self) -> tuple[float, ...] | NDArray[np.float32]:
        """Mean of the training rows' embeddings (D,)."""

    @property
    def impostor_similarities(self) -> Mapping[str, float]:
        """Percentiles of the similarity of different faces, {"p50": 0.01, ...}."""

    @property
    def learning_curves(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """By network, one object an epoch."""

    @property
    def dataset_version(self) -> str:
        """The version of the tables that the models were trained on."""


class Models(Protocol):
    """Three networks and their card; `trainer.model_set.ModelSet` is one."""

    @property
    def card(self) -> Card: ...

    def imitate_with_errors(self, choices_N3: Ints, sliders_NS: Floats, /) -> tuple[Floats, Floats]:
        """Embeddings (N, D) in the recogniser's own space, and the squared distance (N) that captures have from them."""

    def affinity(self, embeddings_ND: Floats, /) -> tuple[Floats, Floats]:
        """The similarity that each combination can reach, and the logarithm of how likely a face was made of it, both (N, C)."""

    def slider(self, embeddings_ND: Floats, choices_N3: Ints, /) -> Floats:
        """Slider values (N, S)."""
