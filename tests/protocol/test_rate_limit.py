from __future__ import annotations

from protocol.rate_limit import MAX_SENDERS, RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_allowed_and_then_the_steady_rate() -> None:
    clock = Clock()
    limit = RateLimit(2.0, 5.0, clock)

    waits = [limit.wait_seconds("a") for _ in range(6)]

    assert waits == [0, 0, 0, 0, 0, 0.5]
    clock.now = 0.5
    assert limit.wait_seconds("a") == 0
    assert limit.wait_seconds("a") > 0


def test_senders_do_not_pay_for_each_other() -> None:
    limit = RateLimit(1.0, 1.0, Clock())
    assert limit.wait_seconds("a") == 0
    assert limit.wait_seconds("a") > 0
    assert limit.wait_seconds("b") == 0


def test_any_number_of_senders_takes_bounded_memory() -> None:
    limit = RateLimit(1.0, 1.0, Clock())
    for number in range(2 * MAX_SENDERS):
        limit.wait_seconds(str(number))
    assert len(limit._buckets) == MAX_SENDERS  # the bound itself
