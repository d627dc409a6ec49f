"""Gathers the faces of concurrent callers into common runs of the network.

One run is under way at a time; whoever comes meanwhile joins the next one. A lone caller waits no longer
than `max_wait_seconds`. Shape letters: N chips, S side of a chip, D dimension.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray


@dataclass(slots=True, eq=False)
class _Request:
    chips_SS3: Sequence[NDArray[np.uint8]]
    answer: asyncio.Future[NDArray[np.float32]]


class Batcher:
    """Use it from one event loop; `embed` runs on a thread."""

    def __init__(
        self,
        embed: Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.float32]],
        *,
        max_chips: int = 64,
        max_wait_seconds: float = 0.005,
    ) -> None:
        self._embed = embed
        self._max_chips = max_chips
        self._max_wait_seconds = max_wait_seconds
        self._waiting: list[_Request] = []
        self._is_full = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    async def submit(self, chips_SS3: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Embeddings (N, D) of these chips; what `embed` raises reaches every caller of the run."""
        request = _Request(chips_SS3, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        if self.num_waiting_chips >= self._max_chips:
            self._is_full.set()
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await request.answer

    @property
    def num_waiting_chips(self) -> int:
        """Chips that wait for the next run."""
        return sum(len(request.chips_SS3) for request in self._waiting)

    async def _work(self) -> None:
        while self._waiting:
            await self._gather()
            requests = self._take()
            try:
                embeddings_ND = await asyncio.to_thread(
                    self._embed, [chip for request in requests for chip in request.chips_SS3]
                )
            except Exception as error:  # noqa: BLE001 - belongs to the callers, who are waiting for it
                _fail(requests, error)
            else:
                _answer(requests, embeddings_ND)

    async def _gather(self) -> None:
        """Gives others the chance to join, unless a run is full already."""
        if self.num_waiting_chips >= self._max_chips:
            return
        self._is_full.clear()
        try:
            await asyncio.wait_for(self._is_full.wait(), self._max_wait_seconds)
        except TimeoutError:
            return

    def _take(self) -> list[_Request]:
        """Whole requests up to the limit; the first one is taken however large it is."""
        taken: list[_Request] = []
        num_chips = 0
        while self._waiting:
            num_chips += len(self._waiting[0].chips_SS3)
            if taken and num_chips > self._max_chips:
                break
            taken.append(self._waiting.pop(0))
        return taken


def _answer(requests: Sequence[_Request], embeddings_ND: NDArray[np.float32]) -> None:
    start = 0
    for request in requests:
        end = start + len(request.chips_SS3)
        if not request.answer.done():  # a caller may have given up
            request.answer.set_result(embeddings_ND[start:end])
        start = end


def _fail(requests: Sequence[_Request], error: Exception) -> None:
    for request in requests:
        if not request.answer.done():
            request.answer.set_exception(error)
