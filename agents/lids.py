"""Whether eyes are open in a picture, proved by time: every blink that would have closed them then is contradicted by what other
frames of the same face show. No judgement of how open eyes look is in it, so faces with narrow eyes are as safe as others.

A blink is known by its length alone: lids come down and go up on two frames each, and rest closed in between. On a real clock,
which is not the creator's, its start is tried at every quarter of a frame, and each look may be a frame late. Two things
contradict such a blink:

- eyes that are the same to the last bit on two frames on which it has lids at two heights, however near;
- eyes that are alike but for sway on two frames on which its lids differ by most of their way.

Alike but for sway: no block of 4 x 4 pixels is by more than 20 steps of brightness outside what stood there or beside it. Sway
alone makes 12 at most (head drawn at half the size 30), lids that go most of their way 34 at least (150 random characters);
smaller lid steps overlap with sway, and count only where nothing at all moved. In frames that are hidden, half-loaded ones for
instance, lids may do anything. A frozen creator shows old frames as new ones, so runs that could hide a freeze must not be given.
A torn frame shows the eyes of the frame before it, and nothing else may tell: the proof holds whichever of the looks is one.

Shapes: H x W pixels around the eyes; S blinks tried, N looks, K ways to be late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Self

import numpy as np
from numpy.typing import NDArray

from agents.eyes import Box, reach, region
from agents.rest import FaceLook

_CLOSED = 3  # lids are open at 0, on the first and last frames of a blink at 1 and 2
_MOST_OF_THE_WAY = 2
_TRIES = 4  # a frame
_BLOCK, _SWAY_MOST = 4, 20.0
_MOST_LOOKS = 16  # of a run, the last ones: more than a blink has
_ROUNDING = 1e-3


@dataclass(frozen=True, slots=True)
class Blink:
    """How lids move: the region of the face, a blink's length, and the rate of the frames that it is counted in.

    `late_frames`: by how many frames a look may be older than its time.
    """

    box: Box
    num_frames: int
    frames_per_second: float
    late_frames: int = 0


def is_open_for_certain(picture: FaceLook, runs: Sequence[Sequence[FaceLook]], blink: Blink) -> bool:
    """`runs`: looks of one face each, in the order of time, of the face in the picture and of the one before."""
    kept = [run[-_MOST_LOOKS:] for run in runs]
    looks = [look for run in kept for look in run]
    if not looks:
        return False
    seconds_N = np.array([look.seconds for look in looks])
    since_S1 = (
        np.arange((blink.num_frames + blink.late_frames) * _TRIES)[:, None] / _TRIES
    )  # from the start to the picture
    since_SN = since_S1 + (seconds_N - picture.seconds) * blink.frames_per_second
    relations = _Relations.of(kept, blink.box)
    ways = [since_SN]
    if not blink.late_frames:  # else any of them may be late as it is
        ways += [since_SN - (np.arange(len(looks)) == late) for late in range(len(looks))]
    return all(relations.contradict(*_lids(since_late_SN, blink)).all() for since_late_SN in ways)


def _lids(since_SN: NDArray[np.float64], blink: Blink) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How far they are closed at least and at most, as late as the clock allows."""
    frame_SN = np.floor(since_SN + _ROUNDING).astype(np.int64)
    late = [frame_SN - frames for frames in range(blink.late_frames + 1)]
    lids_KSN = np.stack([np.clip(np.minimum(frame + 1, blink.num_frames - frame), 0, _CLOSED) for frame in late])
    return lids_KSN.min(axis=0), lids_KSN.max(axis=0)


@dataclass(frozen=True, slots=True)
class _Relations:
    """What pairs of looks of one face say of each other."""

    same_NN: NDArray[np.bool_]
    alike_NN: NDArray[np.bool_]

    @classmethod
    def of(cls, runs: Sequence[Sequence[FaceLook]], box: Box) -> Self:
        num_looks, start = sum(map(len, runs)), 0
        relations = cls(*(np.zeros((num_looks, num_looks), np.bool_) for _ in range(2)))
        for run in runs:
            relations._relate(run, start, box)
            start += len(run)
        return relations

    def _relate(self, run: Sequence[FaceLook], start: int, box: Box) -> None:
        names = [region(look, box).tobytes() for look in run]
        known: dict[tuple[bytes, bytes], bool] = {}
        for first, second in combinations(range(len(run)), 2):
            pair, at = (names[first], names[second]), (start + first, start + second)
            if pair[0] == pair[1]:
                self.same_NN[at] = True
                continue
            if pair not in known:
                known[pair] = is_alike(run[first], run[second], box)
            self.alike_NN[at] = known[pair]

    def contradict(self, least_SN: NDArray[np.int64], most_SN: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which blinks, whose lids are that far closed."""
        least_S1N, most_S1N = least_SN[:, None, :], most_SN[:, None, :]
        least_SN1, most_SN1 = least_SN[:, :, None], most_SN[:, :, None]
        apart_SNN = np.maximum(least_S1N - most_SN1, least_SN1 - most_S1N)
        contradicts_SNN = (self.same_NN & (apart_SNN > 0)) | (self.alike_NN & (apart_SNN >= _MOST_OF_THE_WAY))
        contradicted_S: NDArray[np.bool_] = contradicts_SNN.any(axis=(1, 2))
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
