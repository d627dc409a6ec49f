"""Whether eyes are open in a picture, proved by time: every blink that would have closed them then is contradicted by what other
frames of the same face show. No judgement of how open eyes look is in it, so faces with narrow eyes are as safe as others.

A blink is known by its length alone: lids come down and go up on two frames each, and rest closed in between. Its first frame
is tried at every quarter of a frame, since a real clock is not the creator's. Three things contradict such a blink:

- eyes that are the same to the last bit on two frames on which it has lids at two heights, however near;
- eyes that are alike but for sway on two frames on which its lids differ by most of their way;
- lids that are seen to move between two frames on which it has them at rest.

Alike but for sway: no block of 4 x 4 pixels is by more than 32 steps of brightness outside what stood there or beside it. Sway
alone makes 12 at most (head drawn at half the size 24), lids that go most of their way 43 at least (100 random characters);
smaller lid steps overlap with sway, and count only where nothing at all moved. In frames that are hidden, half-loaded ones for
instance, lids may do anything. A frozen creator shows old frames as new ones, so runs that could hide a freeze must not be given.

Shapes: H x W pixels around the eyes; S blinks tried, N frames of a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.eyes import Box, is_blink, reach, region
from agents.rest import FaceLook

_CLOSED = 3  # lids are open at 0, on the first and last frames of a blink at 1 and 2
_MOST_OF_THE_WAY = 2
_TRIES = 4  # a frame
_BLOCK, _SWAY_MOST = 4, 32.0
_NEXT_FRAMES = 1.5  # frames apart that count as one after the other
_MOST_LOOKS = 16  # of a run, the last ones: more than a blink has
_ROUNDING = 1e-3


@dataclass(frozen=True, slots=True)
class Blink:
    """How lids move: the region of the face, a blink's length, and the rate of the frames that it is counted in."""

    box: Box
    num_frames: int
    frames_per_second: float


def is_open_for_certain(picture: FaceLook, runs: Sequence[Sequence[FaceLook]], blink: Blink) -> bool:
    """`runs`: looks of one face each, in the order of time, of the face in the picture and of the one before."""
    at = picture.seconds * blink.frames_per_second
    since_S = np.arange(blink.num_frames * _TRIES) / _TRIES  # from each blink's start to the picture
    is_left_S = np.ones(since_S.shape, np.bool_)
    for run in runs:
        looks = run[-_MOST_LOOKS:]
        if len(looks) > 1:
            frames_N = np.array([look.seconds for look in looks]) * blink.frames_per_second
            lids_SN = _lids(since_S[:, None] + (frames_N - at)[None, :], blink.num_frames)
            is_left_S &= ~_contradicted(lids_SN, looks, frames_N, blink)
    return not is_left_S.any()


def _lids(since: NDArray[np.float64], num_frames: int) -> NDArray[np.int64]:
    frame = np.floor(since + _ROUNDING).astype(np.int64)
    return np.clip(np.minimum(frame + 1, num_frames - frame), 0, _CLOSED)


def _contradicted(
    lids_SN: NDArray[np.int64], looks: Sequence[FaceLook], frames_N: NDArray[np.float64], blink: Blink
) -> NDArray[np.bool_]:
    names = [region(look, blink.box).tobytes() for look in looks]
    contradicted_S = np.zeros(len(lids_SN), np.bool_)
    known: dict[tuple[bytes, bytes], bool] = {}
    for first in range(len(looks)):
        for second in range(first + 1, len(looks)):
            apart_S = np.abs(lids_SN[:, second] - lids_SN[:, first])
            pair = names[first], names[second]
            if pair[0] == pair[1]:
                contradicted_S |= apart_S > 0
                continue
            if pair not in known:
                known[pair] = is_alike(looks[first], looks[second], blink.box)
            if known[pair]:
                contradicted_S |= apart_S >= _MOST_OF_THE_WAY
            is_next = frames_N[second] - frames_N[first] < _NEXT_FRAMES
            if is_next and is_blink(looks[first], looks[second], blink.box):
                contradicted_S |= apart_S == 0
    return contradicted_S


def is_alike(a: FaceLook, b: FaceLook, box: Box) -> bool:
    """Whether lids are not further apart than a part of their way: by the brightness of green, the other way round too."""
    a_HW, b_HW = (region(look, box)[..., 1].astype(np.int16) for look in (a, b))
    if a_HW.shape != b_HW.shape:
        return False
    return bool(_largest_block(np.maximum(_beyond(a_HW, b_HW), _beyond(b_HW, a_HW))) <= _SWAY_MOST)


def _beyond(a_HW: NDArray[np.int16], b_HW: NDArray[np.int16]) -> NDArray[np.int16]:
    lowest_HW, highest_HW = reach(a_HW)
    beyond: NDArray[np.int16] = np.maximum(np.maximum(lowest_HW - b_HW, b_HW - highest_HW), 0)
    return beyond


def _largest_block(beyond_HW: NDArray[np.int16]) -> float:
    height, width = (size // _BLOCK for size in beyond_HW.shape)
    cut_HW = beyond_HW[: height * _BLOCK, : width * _BLOCK].astype(np.float32)
    return float(cut_HW.reshape(height, _BLOCK, width, _BLOCK).mean(axis=(1, 3)).max(initial=0.0))
