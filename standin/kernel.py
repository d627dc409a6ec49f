"""How the kernels are compiled, and what their cache must notice.

Numba's cache looks at a kernel's own file only. A kernel that takes in functions of other files therefore reads
`fingerprint()` from its closure: a change in any of these files gives another key in the cache.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FAST: dict[str, Any] = {"fastmath": True, "cache": True, "nogil": True, "error_model": "numpy"}
INNER: dict[str, Any] = {**FAST, "cache": False}  # called by kernels only, and cached with them
INLINED: dict[str, Any] = {**INNER, "inline": "always"}  # called in one place; a call would pass many arrays


def fingerprint(files: Iterable[Path]) -> int:
    """Of the files' text; never 0."""
    text = b"".join(path.read_bytes() for path in sorted(files))
    return int.from_bytes(hashlib.sha256(text).digest()[:6], "little") + 1
