"""Snapshots without a campaign: characters are rendered and embedded directly, one process a core.

Benchmarks of networks and sweeps need tens of thousands of rows whose labels are true by construction; how true an agent's labels
are is another benchmark's affair. Each picture has its own sway and breath, as a capture has, and no codec.

Shape letters: N rows, D dimension.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from creator.encoding import Encoding
from creator.profile import Profile
from creator.profile_file import load_profile
from dataset.export import choose_held_out
from dataset.snapshot import Snapshot, SnapshotInfo
from embedding.frames import embed_frames
from embedding.open import open_recogniser
from embedding.place import known_box
from protocol.character import Character
from protocol.shard import Shard
from standin.pose import Pose
from standin.render import HeadRenderer

_SWAY_PIXELS = 0.5
_PART_ROWS = 64
Floats = NDArray[np.float32]


def rendered_snapshot(
    profile: Profile, shards: Sequence[Shard], folder: Path, *, held_out_share: float = 0.1, seed: int = 0
) -> Snapshot:
    """The snapshot of what a sweep's shards would capture; kept in `folder` and not rendered again."""
    if (folder / "snapshot.json").is_file():
        return Snapshot.open(folder)
    characters = [character for shard in shards for character in shard.characters]
    sets_N = np.array([number for shard in shards for number in shard.slider_sets], np.int64)
    embeddings_ND, recogniser = embeddings_of(profile, characters, seed=seed)
    encoding = Encoding(profile)
    info = SnapshotInfo(
        profile_name=profile.name,
        profile_hash=profile.hash,
        recogniser=recogniser,
        dataset_version=f"rendered@{seed}",
        num_rows=len(characters),
        held_out_share=held_out_share,
        seed=seed,
    )
    names = [f"{shard.shard_id}:{step:05}" for shard in shards for step in range(len(shard.characters))]
    Snapshot(
        choices_N3=encoding.choices_N3(characters),
        sliders_NS=encoding.sliders_NS(characters),
        embeddings_ND=embeddings_ND,
        slider_sets_N=sets_N,
        is_held_out_N=choose_held_out(sets_N, held_out_share, seed),
        frame_ids_N=np.array(names, np.str_),
        info=info,
    ).save(folder)
    return Snapshot.open(folder)


def embeddings_of(profile: Profile, characters: Sequence[Character], *, seed: int = 0) -> tuple[Floats, str]:
    """Raw embeddings (N, D), NaN where no face was found, and the recogniser's identity."""
    starts = range(0, len(characters), _PART_ROWS)
    tasks = [(profile.name, tuple(characters[at : at + _PART_ROWS]), (seed, at)) for at in starts]
    if len(tasks) == 1:  # processes take longer to start than a few pictures to draw
        return _embedded(tasks[0]), str(open_recogniser().identity)
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        parts = list(pool.imap(_embedded, tasks))
    return np.concatenate(parts), str(open_recogniser().identity)


_STUDIOS: dict[str, _Studio] = {}


class _Studio:
    """One process's renderer and recogniser."""

    def __init__(self, profile: Profile) -> None:
        self.profile, self.encoding = profile, Encoding(profile)
        self.names = [row.name for row in profile.sliders]
        self.renderer, self.recogniser = HeadRenderer(256), open_recogniser()

    def pictures(self, characters: Sequence[Character], seed: tuple[int, int]) -> Iterator[NDArray[np.uint8]]:
        rng = np.random.default_rng(seed)
        for character, scaled_S in zip(characters, self.encoding.sliders_NS(characters), strict=True):
            x, y = rng.uniform(-_SWAY_PIXELS, _SWAY_PIXELS, 2)
            yield self.renderer.render(
                gender=character.gender,
                face=character.face,
                skin=character.skin,
                sliders=dict(zip(self.names, map(float, scaled_S), strict=True)),
                pose=Pose(shift_x_pixels=x, shift_y_pixels=y),
            )


def _embedded(task: tuple[str, tuple[Character, ...], tuple[int, int]]) -> Floats:
    name, characters, seed = task
    if name not in _STUDIOS:
        _STUDIOS[name] = _Studio(load_profile(name))
    studio = _STUDIOS[name]
    images = list(studio.pictures(characters, seed))
    return embed_frames(studio.recogniser, images, known_box(studio.profile, images[0])).embeddings_ND


def checksum(*parts: object) -> str:
    """Names a folder for what is kept in it."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
