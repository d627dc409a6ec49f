"""Frames for the dataset's tests: right by construction, different for every shard and step."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from creator.profile import Profile
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.record import StagedChunk
from dataset.rows import FrameEmbeddings
from protocol.character import Character
from protocol.chunk import checksum
from protocol.frame import Frame, FrameRecord

RECOGNISER = "test_net-0123abcd"
DIMENSION = 8


def small_profile() -> Profile:
    return load_profile("small")


def make_character(profile: Profile, seed: int) -> Character:
    chance = random.Random(seed)
    gender = chance.choice(profile.genders)
    sliders = [
        int(row.minimum + row.step * chance.randint(0, round((row.maximum - row.minimum) / row.step)))
        for row in profile.sliders
    ]
    face, skin = (chance.choice(profile.ids(role, gender)) for role in ("face", "skin"))
    return Character(gender, face, skin, tuple(sliders))


def make_frame(profile: Profile, shard_id: str, step: int, *, attempt: int = 1, image_bytes: int = 200) -> Frame:
    chance = random.Random(f"{shard_id} {step} {attempt}")
    image = chance.randbytes(image_bytes)
    record = FrameRecord(
        shard_id=shard_id,
        step=step,
        slider_set=step // 3,
        attempt=attempt,
        agent="agent-1",
        game_version="1.0",
        calibration_id="calibration",
        profile_hash=profile.hash,
        character=make_character(profile, chance.randrange(10**9)),
        is_verified=True,
        confidence=0.97,
        captured_seconds=12.5 + step,
        captured_unix_seconds=1.7e9 + step,
        image_format="webp",
        width=256,
        height=256,
        sha256=checksum(image),
    )
    return Frame(record, image)


def make_frames(profile: Profile, shard_id: str, steps: Sequence[int], **options: int) -> list[Frame]:
    return [make_frame(profile, shard_id, step, **options) for step in steps]


def make_embeddings(num_frames: int, dimension: int = DIMENSION, seed: int = 0) -> FrameEmbeddings:
    values_ND = np.random.default_rng(seed).normal(size=(num_frames, dimension)).astype(np.float32)
    norms_N = np.linalg.norm(values_ND, axis=1).astype(np.float32)
    return FrameEmbeddings(values_ND, norms_N, np.ones(num_frames, np.float32))


def stage_steps(dataset: Dataset, shard_id: str, steps: Sequence[int], *, attempt: int = 1) -> StagedChunk:
    frames = make_frames(dataset.profile, shard_id, steps, attempt=attempt)
    return dataset.stage(frames, make_embeddings(len(frames), seed=attempt), RECOGNISER)
