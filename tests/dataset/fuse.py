"""Lets a commit die at a chosen one of its steps: before and after the record, before and after each table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dataset.ledger import Ledger
from dataset.table import Table

NUM_STEPS = 8


class Crash(BaseException):
    """Not an Exception, so that nothing on the way can take it for an ordinary failure."""


def _raise() -> None:
    raise Crash


@contextmanager
def dying_at(step: int, die: Callable[[], None] = _raise) -> Iterator[None]:
    """`step` counts from 0; larger than the last, nothing happens."""
    passed = iter(range(1_000_000))

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any) -> Any:
            if next(passed) == step:
                die()
            result = function(*arguments)
            if next(passed) == step:
                die()
            return result

        return wrapped

    insert, append = Ledger.insert, Table._try_append
    Ledger.insert, Table._try_append = dying(insert), dying(append)  # type: ignore[method-assign]
    try:
        yield
    finally:
        Ledger.insert, Table._try_append = insert, append  # type: ignore[method-assign]
