"""A creator whose recogniser is a formula: small enough to train on in a second, bent enough that a straight line fails.

Shapes: N rows, S sliders, D dimension, 3 choices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creator.encoding import Encoding
from creator.profile import Profile
from dataset.snapshot import Snapshot, SnapshotInfo

DIMENSION = 24
RECOGNISER = "formula-12345678-24"


@dataclass(frozen=True)
class ToyFaces:
    """Embeddings of a profile's characters: `offset` stands far from the origin, as in dlib's space."""

    profile: Profile
    seed: int = 3

    def embed(self, choices_N3: NDArray[np.int64], sliders_NS: NDArray[np.float32]) -> NDArray[np.float32]:
        rng = np.random.default_rng(self.seed)
        encoding = Encoding(self.profile)
        num_genders, num_faces, num_skins = encoding.choice_counts
        genders, faces, skins = (
            rng.normal(0, size, (count, DIMENSION))
            for size, count in ((1.0, num_genders), (1.5, num_faces), (0.7, num_skins))
        )
        directions_SD = rng.normal(0, 0.9, (encoding.num_sliders, DIMENSION))
        bends_SD = rng.normal(0, 0.6, (encoding.num_sliders, DIMENSION))
        gender_N, face_N, skin_N = choices_N3.T
        shape_ND = genders[gender_N] + faces[face_N] + sliders_NS @ directions_SD
        bent_ND = np.tanh(shape_ND / 2) * 2 + 0.3 * shape_ND * (sliders_NS @ bends_SD)
        return (0.05 * (bent_ND + skins[skin_N]) + 0.4).astype(np.float32)


def toy_snapshot(profile: Profile, num_rows: int, *, seed: int = 0, noise: float = 0.0) -> Snapshot:
    """Random characters, each a slider set of its own, but for the last tenth: characters captured a second time."""
    rng = np.random.default_rng(seed)
    combinations_C3, num_sliders = Encoding(profile).combinations_C3(), Encoding(profile).num_sliders
    choices_N3 = combinations_C3[rng.integers(len(combinations_C3), size=num_rows)]
    sliders_NS = rng.uniform(-1, 1, (num_rows, num_sliders)).astype(np.float32)
    sets_N = np.arange(num_rows, dtype=np.int64)
    num_repeats = num_rows // 10
    for array in (choices_N3, sliders_NS, sets_N):
        array[-num_repeats:] = array[:num_repeats]
    embeddings_ND = ToyFaces(profile).embed(choices_N3, sliders_NS)
    embeddings_ND += rng.normal(0, max(noise, 1e-9), embeddings_ND.shape).astype(np.float32)
    info = SnapshotInfo(profile.name, profile.hash, RECOGNISER, "frames@1", num_rows, 0.2, seed)
    names_N = np.array([f"shard:{step}" for step in range(num_rows)])
    return Snapshot(choices_N3, sliders_NS, embeddings_ND, sets_N, sets_N % 5 == 1, names_N, info)
