"""The preview is the captured frame nearest by settings, and says that it is not the match."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from sample_report import random_character

from creator.encoding import Encoding
from creator.profile_file import load_profile
from matcher.errors import MatcherError
from matcher.preview import nearest_frame
from protocol.character import Character

SMALL = load_profile("small")
ENCODING = Encoding(SMALL)
WISHED = Character("male", 20, 22, (10,) * 12)


@dataclass(frozen=True)
class Captured:
    choices_N3: NDArray[np.int64]
    sliders_NS: NDArray[np.float32]
    frame_ids_N: NDArray[np.str_]


def captured(*characters: Character) -> Captured:
    ids = np.array([f"sweep-00000:{step}" for step in range(len(characters))], dtype=np.str_)
    return Captured(ENCODING.choices_N3(characters), ENCODING.sliders_NS(characters), ids)


def picture(frame_id: str) -> bytes:
    return f"picture of {frame_id}".encode()


def test_a_character_that_was_captured_is_its_own_preview() -> None:
    generator = np.random.default_rng(3)
    others = [random_character(SMALL, generator) for _ in range(30)]
    preview = nearest_frame(captured(*others[:10], WISHED, *others[10:]), picture, ENCODING, WISHED)
    assert (preview.frame_id, preview.image) == ("sweep-00000:10", b"picture of sweep-00000:10")
    assert "the same gender, face and skin type, sliders off by 0 %" in preview.label


def test_another_skin_matters_less_than_another_face_and_that_less_than_wild_sliders() -> None:
    other_skin = Character("male", 20, 30, WISHED.sliders)
    other_face = Character("male", 21, 22, WISHED.sliders)
    wild = Character("male", 20, 22, (-100, 100, 100, 0, *[-100] * 8))
    assert nearest_frame(captured(other_face, other_skin), picture, ENCODING, WISHED).frame_id.endswith(":1")
    assert nearest_frame(captured(wild, other_face), picture, ENCODING, WISHED).frame_id.endswith(":1")


def test_the_label_says_what_differs() -> None:
    preview = nearest_frame(captured(Character("female", 17, 23, (20,) * 12)), picture, ENCODING, WISHED)
    assert preview.label.startswith("Nearest captured frame, not the match itself: another gender")
    assert "sliders off by 5 %" in preview.label


def test_nothing_captured_is_an_error() -> None:
    with pytest.raises(MatcherError, match="Capture a sweep first"):
        nearest_frame(captured(), picture, ENCODING, WISHED)
