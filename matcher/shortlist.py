"""Which combinations are worth a closer look, and which of them are shown.

Shapes: C combinations, K candidates.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from creator.encoding import Floats, Ints


def shortlist(
    similarities_C: Floats,
    is_allowed_C: NDArray[np.bool_],
    face_types: Sequence[Hashable],
    *,
    num_candidates: int = 64,
    num_per_face_type: int = 4,
) -> Ints:
    """Indices (K,) of the best allowed combinations, best first, with no face type filling the list with its skins."""
    taken: dict[Hashable, int] = {}
    chosen: list[int] = []
    allowed: list[int] = np.flatnonzero(is_allowed_C).tolist()
    has_several_types = any(face_types[index] != face_types[allowed[0]] for index in allowed)
    limit = num_per_face_type if has_several_types else None
    for index in np.argsort(-similarities_C, kind="stable"):
        face_type = face_types[index]
        if not is_allowed_C[index] or (limit is not None and taken.get(face_type, 0) >= limit):
            continue
        taken[face_type] = taken.get(face_type, 0) + 1
        chosen.append(int(index))
        if len(chosen) == num_candidates:
            break
    return np.array(chosen, dtype=np.int64)


def best_of_each(scores_K: Floats, kinds: Sequence[Hashable], num_wanted: int) -> list[int]:
    """Places of the best candidate of each kind, best first; of a single kind, simply the best candidates."""
    order = [int(place) for place in np.argsort(-scores_K, kind="stable")]
    if len(set(kinds)) == 1:
        return order[:num_wanted]
    seen: set[Hashable] = set()
    best = []
    for place in order:
        if kinds[place] not in seen:
            seen.add(kinds[place])
            best.append(place)
    return best[:num_wanted]
