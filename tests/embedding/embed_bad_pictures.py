"""A process that tries to embed the bad pictures.

    python tests/embedding/embed_bad_pictures.py FIRST STEP

prints two JSON lines for each: its name first, then what came out.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from bad_pictures import pictures, whole


def main(first: int, step: int) -> None:
    from embedding.open import open_recogniser

    recogniser = open_recogniser("dlib")
    attempt(recogniser, whole("PNG"))
    for name, make in pictures()[first::step]:
        content = make()
        print(json.dumps({"name": name}), flush=True)
        _forget_peak()
        before = _memory_bytes("VmRSS")
        started = time.process_time()
        outcome = attempt(recogniser, content)
        seconds = time.process_time() - started
        used = _memory_bytes("VmHWM") - before
        print(json.dumps({"name": name, "outcome": outcome, "seconds": seconds, "bytes": used}), flush=True)


def attempt(recogniser: object, content: bytes) -> str:
    """`embedded`, or the kind of a clear error; anything else ends the process."""
    from embedding.photo import load_photo
    from embedding.photo_embedding import embed_photo
    from protocol.errors import LookalikeError

    try:
        photo = embed_photo(recogniser, load_photo(content))  # type: ignore[arg-type]
    except LookalikeError as error:
        return type(error).__name__ if len(str(error)) > 20 else "an error that says nothing"
    assert np.isfinite(photo.embedding_D).all()
    return "embedded"


def _memory_bytes(field: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise ValueError(field)


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
