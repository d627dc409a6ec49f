"""Files that their owner alone may read."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISREG
from typing import TextIO


def open_private(path: str | Path) -> TextIO:
    """For writing, emptied, a line at a time. A file that others could read before becomes private too. Raises OSError."""
    return open(path, "w", encoding="utf-8", buffering=1, opener=_open)


def can_write(path: str | Path) -> bool:
    """Whether a file could be made there, or the one that is there written; makes nothing."""
    path = Path(path)
    place = path if path.exists() else path.parent
    return not path.is_dir() and path.parent.is_dir() and os.access(place, os.W_OK)


def _open(path: str, flags: int) -> int:
    descriptor = os.open(path, flags & ~os.O_TRUNC, 0o600)
    try:
        if S_ISREG(os.fstat(descriptor).st_mode):  # a device as /dev/null is everybody's
            Path(path).chmod(0o600)
            os.ftruncate(descriptor, 0)  # only now, so that nothing was written while others could read
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
