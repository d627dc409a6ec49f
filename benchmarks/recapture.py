"""How far the embedding of a character moves when it is captured again, as a share of the distance of random characters.

Characters have sliders uniform in the middle 80 %, pictures are 256 pixels, encoded as agents do, eyes open as agents take
them: of a blink's phase nothing is left but where between two blinks a picture falls.

Shape letters: N characters, D dimension; H, W rows and columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import starmap

import numpy as np
from numpy.typing import NDArray

from agents.capture import CaptureConfig
from agents.encoding import encode
from creator.profile_file import load_profile
from embedding.embedder import Embedder
from standin.idle import pose_at
from standin.render import HeadRenderer, Pose
from standin.rules import Rules

PROFILE = "standin"
_SEED = 6
_MIDDLE = 0.8
_MINUTE_TICKS = 3600
_MOST_SHIFT_PIXELS = 0.5

Pictures = list[NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class Captures:
    """Each character four times: at rest, moved by less than a pixel, and at two moments of swaying, the second moved."""

    rest: Pictures = field(default_factory=list)
    moved: Pictures = field(default_factory=list)
    idle: Pictures = field(default_factory=list)
    idle_moved: Pictures = field(default_factory=list)


def capture(num_characters: int) -> Captures:
    rng = np.random.default_rng(_SEED)
    profile, renderer, captures = load_profile(PROFILE), HeadRenderer(256), Captures()
    for _ in range(num_characters):
        gender, face, skin = profile.combinations[rng.integers(len(profile.combinations))]
        values = {slider.name: float(rng.uniform(-_MIDDLE, _MIDDLE)) for slider in profile.sliders}
        right, down = rng.uniform(-_MOST_SHIFT_PIXELS, _MOST_SHIFT_PIXELS, 2)
        for pose, pictures in (
            (Pose(), captures.rest),
            (_moved(Pose(), right, down), captures.moved),
            (_idle_pose(rng), captures.idle),
            (_moved(_idle_pose(rng), right, down), captures.idle_moved),
        ):
            pictures.append(renderer.render(gender=gender, face=face, skin=skin, sliders=values, pose=pose))
    return captures


def encoded(pictures: Pictures) -> list[bytes]:
    """As agents do."""
    config = CaptureConfig()
    return [encode(picture, config.image_format, config.quality) for picture in pictures]


def noise_shares(embedder: Embedder, captures: Captures) -> dict[str, float]:
    """`noise_share` is what the goal is about: moved by up to half a pixel, encoded again. The others say what it is made of."""
    rest = _embed(embedder, encoded(captures.rest))
    lossless_rest = _embed(embedder, _as_png(captures.rest))
    pairs = {
        "noise_share": (rest, _embed(embedder, encoded(captures.moved))),
        "noise_share_idle": tuple(_embed(embedder, encoded(part)) for part in (captures.idle, captures.idle_moved)),
        "noise_share_of_shift": (lossless_rest, _embed(embedder, _as_png(captures.moved))),
        "noise_share_of_codec": (lossless_rest, rest),
    }
    return {name: round(float(share), 4) for name, share in zip(pairs, starmap(_share, pairs.values()), strict=True)}


def _share(first_ND: NDArray[np.float32], second_ND: NDArray[np.float32]) -> float:
    has_both_N = np.isfinite(first_ND[:, 0]) & np.isfinite(second_ND[:, 0])
    first_ND, second_ND = first_ND[has_both_N], second_ND[has_both_N]
    distances_NN = np.linalg.norm(first_ND[:, None] - first_ND[None], axis=2)
    noise = np.linalg.norm(first_ND - second_ND, axis=1).mean()
    return float(noise / distances_NN[np.triu_indices(len(first_ND), 1)].mean())


def _embed(embedder: Embedder, frames: Sequence[bytes]) -> NDArray[np.float32]:
    return embedder.embed_encoded(frames).embeddings_ND


def _as_png(pictures: Pictures) -> list[bytes]:
    return [encode(picture, "png", 100) for picture in pictures]


def _idle_pose(rng: np.random.Generator) -> Pose:
    """Between two blinks."""
    while True:
        pose = pose_at(int(rng.integers(1000)), int(rng.integers(_MINUTE_TICKS)), Rules())
        if not pose.eyelid_closure:
            return pose


def _moved(pose: Pose, right: float, down: float) -> Pose:
    return replace(pose, shift_x_pixels=pose.shift_x_pixels + right, shift_y_pixels=pose.shift_y_pixels + down)
