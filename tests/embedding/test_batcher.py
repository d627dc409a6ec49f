"""Callers who come together share a run, and each gets the rows that are theirs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedding.batcher import Batcher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Doubler:
    """Stands for a network: a chip's embedding is twice its number. Remembers the sizes of its runs."""

    def __init__(self) -> None:
        self.run_sizes: list[int] = []

    def __call__(self, chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        self.run_sizes.append(len(chips))
        if any(chip[0] == 99 for chip in chips):
            raise RuntimeError("the device is out of memory")
        return np.array([[2.0 * chip[0]] for chip in chips], dtype=np.float32).reshape(-1, 1)


def chips_numbered(*numbers: int) -> list[NDArray[np.uint8]]:
    return [np.array([number], dtype=np.uint8) for number in numbers]


def test_concurrent_callers_share_a_run_and_get_their_own_rows() -> None:
    async def scenario(network: Doubler) -> list[list[float]]:
        batcher = Batcher(network, max_chips=100, max_wait_seconds=0.05)
        requests = [chips_numbered(1, 2), chips_numbered(), chips_numbered(3)]
        answers = await asyncio.gather(*(batcher.submit(request) for request in requests))
        return [answer.ravel().tolist() for answer in answers]

    network = Doubler()
    assert asyncio.run(scenario(network)) == [[2, 4], [], [6]]
    assert network.run_sizes == [3]


def test_a_run_holds_no_more_than_the_limit_and_does_not_wait_when_full() -> None:
    async def scenario(network: Doubler) -> None:
        batcher = Batcher(network, max_chips=4, max_wait_seconds=60)
        full = [batcher.submit(chips_numbered(1, 2)) for _ in range(6)]
        await asyncio.wait_for(asyncio.gather(*full), timeout=10)

    network = Doubler()
    asyncio.run(scenario(network))
    assert network.run_sizes == [4, 4, 4]


def test_a_request_above_the_limit_is_answered_whole() -> None:
    async def scenario(network: Doubler) -> int:
        return len(await Batcher(network, max_chips=2).submit(chips_numbered(1, 2, 3, 4, 5)))

    assert asyncio.run(scenario(Doubler())) == 5


def test_a_failed_run_reaches_its_callers_and_the_next_run_works() -> None:
    async def scenario(network: Doubler) -> list[float]:
        batcher = Batcher(network, max_chips=1)
        failing, working = batcher.submit(chips_numbered(99)), batcher.submit(chips_numbered(4))
        results = await asyncio.gather(failing, working, return_exceptions=True)
        assert isinstance(results[0], RuntimeError)
        assert not isinstance(results[1], BaseException)
        return [*results[1].ravel().tolist()]

    assert asyncio.run(scenario(Doubler())) == [8]


def test_a_caller_who_gives_up_disturbs_nobody() -> None:
    async def scenario(network: Doubler) -> float:
        batcher = Batcher(network, max_wait_seconds=0.05)
        patient = asyncio.create_task(batcher.submit(chips_numbered(1)))
        hasty = asyncio.create_task(batcher.submit(chips_numbered(2)))
        await asyncio.sleep(0)
        hasty.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hasty
        return float((await patient)[0, 0])

    assert asyncio.run(scenario(Doubler())) == 2
