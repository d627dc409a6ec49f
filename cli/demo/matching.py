"""The demo's matches: held-out characters and real photos, each set in the stand-in, captured and measured.

Shapes: N rows of the snapshot, D embedding, H x W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cli.studio import Studio
from dataset.dataset import Dataset
from dataset.snapshot import Snapshot
from embedding.photo import load_photo
from embedding.photo_embedding import PhotoEmbedding, embed_photo
from embedding.place import known_box
from embedding.similarity import cosine
from matcher.match import Match
from matcher.matcher import Matcher
from matcher.verify import measure_similarity

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RoundTrip:
    """A held-out character's frame as committed, what was matched to it, and how alike they are; `nearest_captured` is the
    best that looking through the training frames would have found."""

    frame_id: str
    target: bytes
    recreated: Pixels
    match: Match
    similarity: float
    nearest_captured: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PhotoTrip:
    """A photo, its match, and the match as the stand-in showed it."""

    name: str
    photo: Pixels
    embedded: PhotoEmbedding
    matched: Pixels
    match: Match
    similarity: float


def held_out_rows(snapshot: Snapshot, num: int, *, seed: int) -> NDArray[np.int64]:
    """Rows of held-out characters in random order, of every slider set as many as its share.

    One of each set instead would mean a sweep that has a set for every few frames: `extremes`, whose characters are the default
    one but for a slider, and which some captured frame is nearly always like.
    """
    rng = np.random.default_rng(seed)
    rows = rng.permutation(np.flatnonzero(snapshot.is_held_out_N))
    if num >= len(rows):
        return rows
    in_sets = rows[np.argsort(snapshot.slider_sets_N[rows], kind="stable")]
    places = ((np.arange(num) + rng.random()) * len(rows) / num).astype(np.int64)
    chosen: NDArray[np.int64] = rng.permutation(in_sets[places])
    return chosen


def match_characters(
    matcher: Matcher,
    studio: Studio,
    snapshot: Snapshot,
    dataset: Dataset,
    *,
    num: int,
    seed: int,
    on_done: Callable[[], None],
) -> list[RoundTrip]:
    """Targets are embeddings of frames whose slider sets no network has seen."""
    trips = []
    trained_ND = snapshot.embeddings_ND[~snapshot.is_held_out_N]
    for row in held_out_rows(snapshot, num, seed=seed):
        target_D = np.asarray(snapshot.embeddings_ND[row])
        match = matcher.match(
            target_D, mildness=0
        )  # the creator's own faces need none: this is what the networks can do
        recreated = studio.picture(match.character)
        frame_id = str(snapshot.frame_ids_N[row])
        trips.append(
            RoundTrip(
                frame_id=frame_id,
                target=dataset.frame_image(frame_id),
                recreated=recreated,
                match=match,
                similarity=_measure(matcher, recreated, target_D),
                nearest_captured=float(cosine(trained_ND, target_D, centre_D=matcher.mean_D).max()),
            )
        )
        on_done()
    return trips


def match_photos(
    matcher: Matcher, studio: Studio, photos: Mapping[str, Path], *, on_done: Callable[[], None]
) -> list[PhotoTrip]:
    """Photos are read where they lie, embedded, matched, and the match measured."""
    trips = []
    for name, path in photos.items():
        photo = load_photo(path)
        embedded = embed_photo(matcher.recogniser, photo, name=path.name)
        match = matcher.match(embedded)
        matched = studio.picture(match.character)
        trips.append(
            PhotoTrip(
                name=name,
                photo=photo,
                embedded=embedded,
                matched=matched,
                match=match,
                similarity=_measure(matcher, matched, match.target.embedding_D),
            )
        )
        on_done()
    return trips


def _measure(matcher: Matcher, frame: Pixels, target_D: NDArray[np.float32]) -> float:
    box = known_box(matcher.profile, frame)
    return measure_similarity(frame, target_D, matcher.recogniser, matcher.mean_D, expected_box=box)
