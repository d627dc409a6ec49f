"""Asks a store again when it did not answer: for a start, when nobody is there yet who would ask again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from dataset.errors import StoreUnreachableError

ATTEMPTS = 5
"""Of calls that fail once in twenty after whatever the store's client has repeated itself, one in three million fails."""

READ_ATTEMPTS = 4
"""Of rows: a damaged file is told one and a half seconds later for it."""

FIRST_PAUSE_SECONDS = 0.2  # doubled each time: three seconds in all

T = TypeVar("T")
_LOG = logging.getLogger(__name__)


def ask_patiently(ask: Callable[[], T], *, attempts: int = ATTEMPTS, wait: Callable[[float], object] = time.sleep) -> T:
    """What `ask` gives; it must be safe to repeat. Raises StoreUnreachableError after the last attempt."""
    for attempt in range(1, attempts):
        try:
            return ask()
        except StoreUnreachableError as error:
            pause = FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)
            _LOG.warning(
                "store asked again attempt=%d of=%d pause_seconds=%.1f reason=%s", attempt, attempts, pause, error
            )
            wait(pause)
    try:
        return ask()
    except StoreUnreachableError as error:
        raise StoreUnreachableError(
            error.url,
            f"{error.explanation} (asked {attempts} times); check address, network and server, then start again",
        ) from error


def read_patiently(read: Callable[[], T], *, wait: Callable[[float], object] = time.sleep) -> T:
    """Arrow raises the same OSError for a damaged file and for a store that did not answer: a few more looks tell them apart."""
    for attempt in range(READ_ATTEMPTS - 1):
        try:
            return read()
        except FileNotFoundError:
            raise
        except OSError as error:
            _LOG.warning("rows read again attempt=%d of=%d reason=%s", attempt + 1, READ_ATTEMPTS, error)
            wait(FIRST_PAUSE_SECONDS * 2**attempt)
    return read()
