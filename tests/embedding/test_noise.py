"""A character that is captured again gets nearly the same embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.recapture import PROFILE, capture, noise_shares
from creator.profile_file import load_profile
from embedding.embedder import Embedder
from embedding.place import place_in_frames

if TYPE_CHECKING:
    from embedding.recogniser import Recogniser

NUM_CHARACTERS = 24
MOST_NOISE = 0.055
"""The goal of 5 % is held by 200 characters (`benchmarks.bench_embedding`, 4.6 %); so few of them may be half a percent off.
Landmarks from one box gave 13 %, a sharp chip 5.7 %, no mirror image 5.2 %."""


def test_a_recapture_moves_an_embedding_by_a_twentieth_of_the_distance_of_characters(
    dlib_recogniser: Recogniser,
) -> None:
    with Embedder(dlib_recogniser, place=place_in_frames(load_profile(PROFILE))) as embedder:
        shares = noise_shares(embedder, capture(NUM_CHARACTERS))

    assert shares["noise_share"] <= MOST_NOISE
    assert shares["noise_share_idle"] <= MOST_NOISE + 0.012  # sway and breath besides
    assert min(shares.values()) > 0.01  # that anything was moved at all
