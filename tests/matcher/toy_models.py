"""Three networks of a creator whose faces are a sum: what a combination looks like, plus each slider's direction.

Shapes: N rows, C combinations, S sliders, D embedding, 3 choices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from creator.encoding import Encoding, Floats, Ints
from creator.profile import Profile
from protocol.character import Character

RECOGNISER = "toy-0123abcd"


@dataclass(frozen=True)
class ToyCard:
    profile_name: str
    profile_hash: str
    recogniser: str
    embedding_mean: NDArray[np.float32]
    impostor_similarities: Mapping[str, float]
    learning_curves: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    dataset_version: str = "none"


@dataclass(frozen=True)
class ToyModels:
    """Embeddings are mean + looks of the combination + sliders @ directions, bent a little so that nothing is linear."""

    profile: Profile
    dimension: int = 32
    recogniser: str = RECOGNISER
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def card(self) -> ToyCard:
        percentiles = {"p1": -0.5, "p25": -0.15, "p50": 0.0, "p75": 0.15, "p99": 0.5, "p99.9": 0.7}
        return ToyCard(self.profile.name, self.profile.hash, self.recogniser, self.mean_D, percentiles)

    @property
    def encoding(self) -> Encoding:
        return Encoding(self.profile)

    @property
    def mean_D(self) -> Floats:
        return np.full(self.dimension, 3.0, np.float32)

    @property
    def looks_GFKD(self) -> Floats:
        """Gender and face type show, the skin hardly does."""
        generator = np.random.default_rng(1)
        genders, faces, skins = self.encoding.choice_counts
        shape = (genders, faces, 1, self.dimension)
        skins_GFKD = 0.2 * generator.normal(size=(genders, faces, skins, self.dimension))
        looks_GFKD: Floats = (generator.normal(size=shape) + skins_GFKD).astype(np.float32)
        return looks_GFKD

    @property
    def directions_SD(self) -> Floats:
        directions_SD: Floats = (
            np.random.default_rng(2).normal(size=(self.encoding.num_sliders, self.dimension)).astype(np.float32) * 0.5
        )
        return directions_SD

    def imitate_with_errors(self, choices_N3: Ints, sliders_NS: Floats) -> tuple[Floats, Floats]:
        """Less sure towards the ends of the sliders."""
        self.calls["imitate"] = self.calls.get("imitate", 0) + len(choices_N3)
        errors_N = np.asarray(np.mean(sliders_NS**2, axis=1), dtype=np.float32)
        return self.imitate(choices_N3, sliders_NS), errors_N

    def imitate(self, choices_N3: Ints, sliders_NS: Floats) -> Floats:
        looks_ND = self.looks_GFKD[choices_N3[:, 0], choices_N3[:, 1], choices_N3[:, 2]]
        moved_ND = np.tanh(sliders_NS * 0.8) @ self.directions_SD
        return np.asarray(self.mean_D + looks_ND + moved_ND, dtype=np.float32)

    def affinity(self, embeddings_ND: Floats) -> tuple[Floats, Floats]:
        """Likeness of the combination's looks, raised a little: its sliders will still help. All are as likely."""
        combinations_C3 = self.encoding.combinations_C3()
        looks_CD = self.looks_GFKD[combinations_C3[:, 0], combinations_C3[:, 1], combinations_C3[:, 2]]
        centred_ND = embeddings_ND - self.mean_D
        norms_NC = np.linalg.norm(centred_ND, axis=1)[:, None] * np.linalg.norm(looks_CD, axis=1)
        similarities_NC = 0.5 + 0.5 * (centred_ND @ looks_CD.T) / np.maximum(norms_NC, 1e-9)
        return similarities_NC.astype(np.float32), np.zeros_like(similarities_NC, dtype=np.float32)

    def slider(self, embeddings_ND: Floats, choices_N3: Ints) -> Floats:
        """The linear guess, which the bend makes wrong by a little."""
        looks_ND = self.looks_GFKD[choices_N3[:, 0], choices_N3[:, 1], choices_N3[:, 2]]
        wanted_ND = embeddings_ND - self.mean_D - looks_ND
        return np.clip(wanted_ND @ np.linalg.pinv(self.directions_SD), -1, 1).astype(np.float32)

    def face_of(self, character: Character) -> Floats:
        """What a recogniser would see of a character."""
        return self.imitate(self.encoding.choices_N3([character]), self.encoding.sliders_NS([character]))[0]
