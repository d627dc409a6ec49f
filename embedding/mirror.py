"""Every face is embedded as it is and mirrored: the mean hangs less on pose, light and where the pixels fall.

A recapture's noise falls from 5.2 to 4.5 % of the distance of random characters, and sliders are read from the mean a
little better than from one embedding (linear fit, held-out R2 .197 against .192). The mirror image is moved by a pixel each
way, because networks step over pixels: 4.78 to 4.62 % for nothing. Photos and frames are treated alike.

Shape letters: N faces, D dimension, S side of a chip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding.recogniser import Recogniser


def embed_faces(recogniser: Recogniser, chips_SS3: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Embeddings (N, D) of the chips' faces, each the mean of the chip's and its mirror image's."""
    embeddings_ND = recogniser.embed([*chips_SS3, *map(_mirrored, chips_SS3)])
    return np.asarray((embeddings_ND[: len(chips_SS3)] + embeddings_ND[len(chips_SS3) :]) / 2, dtype=np.float32)


def _mirrored(chip_SS3: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Moved by a pixel to the left and down; the edges are doubled."""
    return np.pad(chip_SS3[:-1, -2::-1], ((1, 0), (0, 1), (0, 0)), mode="edge")
