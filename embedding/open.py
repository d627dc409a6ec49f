"""Opens a recogniser by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding.errors import UnknownRecogniserError

if TYPE_CHECKING:
    from embedding.recogniser import Recogniser

RECOGNISER_NAMES = ("dlib",)


def open_recogniser(name: str = "dlib", *, num_threads: int = 1) -> Recogniser:
    """Loads weights and networks, which takes about a second. Raises UnknownRecogniserError, WeightsError."""
    if name == "dlib":
        from embedding.dlib_recogniser import open_dlib  # here, so that naming one network loads no other

        return open_dlib(num_threads=num_threads)
    raise UnknownRecogniserError(name, RECOGNISER_NAMES)
