"""Asks which face is meant: the faces of a picture, numbered from the left, drawn in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.columns import Columns
from rich.markup import escape
from rich.panel import Panel
from rich.prompt import IntPrompt
from rich.text import Text

from cli.console import err
from embedding.errors import SeveralFacesError
from embedding.photo import load_photo
from embedding.photo_embedding import PhotoEmbedding, embed_photo
from embedding.quick_look import QuickLook
from embedding.recogniser import Box, Recogniser
from matcher.pictures import cut_face
from protocol.errors import LookalikeError

_CELLS = 18
_UPPER_HALF = "▀"


def read_face(recogniser: Recogniser, photo: Path, which: int | None, *, is_for_all: bool = False) -> PhotoEmbedding:
    """The face of a photo; asks where several are meant to be chosen from and somebody sits at the terminal. A number that is
    `is_for_all` photos counts where there are several faces.

    Raises PhotoError, LookalikeError naming --face when nobody can be asked.
    """
    photo_HW3 = load_photo(photo)
    look = QuickLook(recogniser, photo_HW3)
    if is_for_all and look.num_sure == 1:
        which = None
    try:
        found = embed_photo(look, photo_HW3, which, name=photo.name)
    except SeveralFacesError as error:
        if which is not None or not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise LookalikeError(f"{error} Choose one with --face NUMBER") from error
        chosen = _ask(photo.name, photo_HW3, error.boxes)
        return embed_photo(look, photo_HW3, chosen, name=photo.name)
    if which is None and look.num_sure > 1:
        _tell_choice(photo.name, look, found)
    return found


def _tell_choice(name: str, look: QuickLook, found: PhotoEmbedding) -> None:
    """That the main face was taken for granted."""
    lefts = sorted(face.box[0] for face in look.faces if face.score >= look.sure_score)
    number = lefts.index(found.photos[0][0].box[0]) + 1
    err.print(
        f"{escape(name)} shows {len(lefts)} faces; this is of number {number} from the left, --face takes another."
    )


def _ask(name: str, photo_HW3: NDArray[np.uint8], boxes: Sequence[Box]) -> int:
    err.print(f"{name} shows {len(boxes)} faces:")
    err.print(face_strip(photo_HW3, boxes))
    numbers = [str(number) for number in range(1, len(boxes) + 1)]
    return IntPrompt.ask("Which one is meant", console=err, choices=numbers)


def face_strip(photo_HW3: NDArray[np.uint8], boxes: Sequence[Box]) -> Columns:
    """Small pictures of the faces side by side, each under its number; two pixels to a character."""
    return Columns(
        [
            Panel(_half_blocks(cut_face(photo_HW3, box, margin=0.3)), title=str(number), width=_CELLS + 4)
            for number, box in enumerate(boxes, start=1)
        ]
    )


def _half_blocks(picture_HW3: NDArray[np.uint8]) -> Text:
    small = np.asarray(Image.fromarray(picture_HW3).resize((_CELLS, _CELLS), Image.Resampling.BOX))
    text = Text()
    for upper_W3, lower_W3 in zip(small[::2], small[1::2], strict=True):
        for upper, lower in zip(upper_W3, lower_W3, strict=True):
            text.append(_UPPER_HALF, style=f"{_colour(upper)} on {_colour(lower)}")
        text.append("\n")
    text.rstrip()
    return text


def _colour(rgb: NDArray[np.uint8]) -> str:
    return "rgb({},{},{})".format(*rgb.tolist())
