"""A head that is rendered in a process of its own, so that a window's loop never waits for Python itself."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray

from standin.errors import PainterError
from standin.pose import Pose

_END_SECONDS = 5.0


class PainterProcess:
    """A `FacePainter`; for one thread at a time. The process builds its head at once and ends with `close`, or with us."""

    def __init__(self, size_pixels: int) -> None:
        context = multiprocessing.get_context("spawn")  # SDL and numba do not survive a fork
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_paint, args=(theirs, size_pixels), name="painter", daemon=True)
        self._process.start()
        theirs.close()

    def render(
        self, *, gender: str, face: int, skin: int, sliders: Mapping[str, float], pose: Pose
    ) -> NDArray[np.uint8]:
        """As `HeadRenderer.render`, with its errors; PainterError when the process is gone."""
        wish = {"gender": gender, "face": face, "skin": skin, "sliders": dict(sliders), "pose": pose}
        try:
            self._ours.send(wish)
            answer = self._ours.recv()
        except (EOFError, OSError) as error:
            raise PainterError("The process that renders faces has ended; start the stand-in again") from error
        if isinstance(answer, Exception):
            raise answer
        image_HW3: NDArray[np.uint8] = answer
        return image_HW3

    def close(self) -> None:
        self._ours.close()
        self._process.join(_END_SECONDS)
        if self._process.is_alive():
            self._process.terminate()


def _paint(wishes: Connection, size_pixels: int) -> None:
    """Answers each wish with its picture, or with what rendering raised, until nobody wishes any more."""
    from standin.render import HeadRenderer  # here: numba belongs to this process alone

    renderer = HeadRenderer(size_pixels)
    while True:
        try:
            wish = wishes.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        try:
            answer: object = renderer.render(**wish)
        except Exception as error:  # noqa: BLE001 - the top of a process; the window raises it
            answer = error
        wishes.send(answer)
