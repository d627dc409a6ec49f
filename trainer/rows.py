"""The rows of a snapshot that one training reads, as tensors.

Shape letters: N rows, S sliders, D dimension; 3 choices.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from creator.encoding import Encoding
from creator.profile import Profile
from dataset.rows import sweep_of
from trainer.errors import TrainingDataError

if TYPE_CHECKING:
    from dataset.snapshot import Snapshot

IDENTITY_ROWS = 2048

FEWEST_ROWS = 16
"""Fewer training rows than this say nothing about a creator."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Characters and their embeddings, raw. All finite."""

    choices_N3: NDArray[np.int64]
    sliders_NS: NDArray[np.float32]
    embeddings_ND: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.choices_N3)

    @property
    def choices(self) -> Tensor:
        return torch.from_numpy(self.choices_N3)

    @property
    def sliders(self) -> Tensor:
        return torch.from_numpy(self.sliders_NS)


def split_rows(snapshot: Snapshot, profile: Profile) -> tuple[Rows, Rows]:
    """Training rows and held-out rows; rows without an embedding are left out. Raises TrainingDataError."""
    check_profile_of(snapshot, profile)
    is_usable_N = np.isfinite(np.asarray(snapshot.embeddings_ND)).all(axis=1)
    is_held_out_N = np.asarray(snapshot.is_held_out_N)
    training = _rows(snapshot, is_usable_N & ~is_held_out_N)
    if len(training) < FEWEST_ROWS:
        raise TrainingDataError(
            f"The snapshot has {len(training)} rows to train on, at least {FEWEST_ROWS} are needed; capture more"
        )
    return training, _rows(snapshot, is_usable_N & is_held_out_N)


def identity_of(snapshot: Snapshot) -> str:
    """Changes when the rows change: what the snapshot says of itself, and a sample of its embeddings."""
    every = max(1, len(snapshot) // IDENTITY_ROWS)
    digest = hashlib.sha256(repr(snapshot.info).encode())
    for array in (snapshot.embeddings_ND, snapshot.sliders_NS, snapshot.is_held_out_N):
        digest.update(np.ascontiguousarray(array[::every]).tobytes())
    return digest.hexdigest()[:16]


def sweeps_of(snapshot: Snapshot) -> list[str]:
    """The names of the sweeps that its rows come from."""
    return sorted({sweep_of(frame_id.rpartition(":")[0]) for frame_id in snapshot.frame_ids_N.tolist()})


def check_profile_of(snapshot: Snapshot, profile: Profile) -> None:
    """Raises TrainingDataError when the rows' settings mean something else in this profile."""
    if snapshot.info.profile_hash != profile.hash:
        raise TrainingDataError(
            f"The snapshot holds characters of profile {snapshot.info.profile_name} ({snapshot.info.profile_hash}), "
            f"not of {profile.name} ({profile.hash}); export one of this profile, or use the other profile"
        )
    num_sliders = Encoding(profile).num_sliders
    if snapshot.sliders_NS.shape[1] != num_sliders:
        raise TrainingDataError(
            f"The snapshot has {snapshot.sliders_NS.shape[1]} sliders, {profile.name} has {num_sliders}; export it again"
        )


def _rows(snapshot: Snapshot, is_chosen_N: NDArray[np.bool_]) -> Rows:
    return Rows(
        np.array(snapshot.choices_N3[is_chosen_N], np.int64),
        np.array(snapshot.sliders_NS[is_chosen_N], np.float32),
        np.array(snapshot.embeddings_ND[is_chosen_N], np.float32),
    )
