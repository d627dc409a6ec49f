"""Finds out whether a network's rows keep to themselves in a batch: some exports only look as if they did.

Shape letters: N rows; D dimension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Run = Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.float32]]

_ODD_ROWS = 3
"""A smaller batch is tried besides the full one: a size may be baked into the network."""


def why_one_by_one(run: Run, probes: Sequence[NDArray[np.uint8]], tolerance: float) -> str:
    """Why this network cannot take all probes at once; empty when it can, and fewer of them too.

    Rows at both ends of a batch are compared with the same rows alone, as a share of the longest embedding. All probes
    differ from each other, and the rows that are compared stand at other places in the smaller batch.
    """
    ends = sorted({*range(min(_ODD_ROWS, len(probes))), len(probes) // 2, len(probes) - 2, len(probes) - 1} - {-1})
    alone_ND = np.concatenate([run([probes[row]]) for row in ends])
    for rows in (list(range(len(probes))), ends[::-1][:_ODD_ROWS]):
        try:
            together_ND = run([probes[row] for row in rows])
        except Exception as error:  # noqa: BLE001 - whatever it is, one by one works
            return f"it refuses a batch of {len(rows)} ({error})"
        if together_ND.shape != (len(rows), alone_ND.shape[1]):
            return f"a batch of {len(rows)} came out as {together_ND.shape}"
        compared = [row for row in ends if row in rows]
        difference_ND = together_ND[[rows.index(row) for row in compared]] - alone_ND[[ends.index(r) for r in compared]]
        difference = np.abs(difference_ND).max() / np.linalg.norm(alone_ND, axis=1).max()
        if not difference <= tolerance:
            return f"rows of a batch of {len(rows)} differ from single ones by {difference:.2g}"
    return ""
