"""How many requests one sender may make: a bucket of tokens each, refilled at a steady rate."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MAX_SENDERS = 10_000
"""Remembered at once; whoever was quiet longest is forgotten first, which gives it a full bucket again."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    seen_seconds: float


class RateLimit:
    """`clock` is monotonic seconds. One event loop at a time."""

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_seconds(self, sender: str) -> float:
        """Takes one token and returns 0, or says how long until there is one."""
        bucket = self._filled(sender)
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / self._per_second

    def _filled(self, sender: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.get(sender)
        if bucket is None:
            bucket = self._buckets[sender] = _Bucket(self._burst, now)
            if len(self._buckets) > MAX_SENDERS:
                self._buckets.popitem(last=False)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.seen_seconds) * self._per_second)
        bucket.seen_seconds = now
        self._buckets.move_to_end(sender)
        return bucket
