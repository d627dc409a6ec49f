"""The way of one shard's frames from capture to coordinator: spool, send, note what is durable, only then delete."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence

from agents.journal import Journal
from agents.spool import Spool, SpooledChunk
from agents.uplink import Uplink
from protocol.chunk import read_chunk, write_chunk
from protocol.errors import ChunkError
from protocol.frame import Frame
from protocol.lease import LeaseGrant


class Delivery:
    """One lease's. All of a pass is on the disk before the first chunk is sent; what does not fit waits for that.

    `durable_steps` are those that the coordinator has for good. `check` may raise between two chunks.
    """

    def __init__(
        self,
        grant: LeaseGrant,
        spool: Spool,
        journal: Journal,
        uplink: Uplink,
        *,
        chunk_frames: int,
        durable_steps: Collection[int] = (),
    ) -> None:
        self.durable_steps = set(durable_steps)
        self._lease_id = grant.lease_id
        self._spool, self._journal, self._uplink = spool, journal, uplink
        self._chunk_frames = chunk_frames
        self._number = max((chunk.number + 1 for chunk in spool.pending(grant.lease_id)), default=0)

    def put(self, frames: Sequence[Frame], stop: threading.Event, check: Callable[[], None]) -> None:
        """Spools frames, sending what is there when it is full. Raises SpoolError."""
        for at in range(0, len(frames), self._chunk_frames):
            data = write_chunk(frames[at : at + self._chunk_frames])
            if not self._spool.has_room(len(data)):
                self.send_pending(check)
            self._spool.put(self._lease_id, self._number, data, stop)
            self._number += 1

    def send_pending(self, check: Callable[[], None]) -> None:
        """Sends every spooled chunk of the lease until it is durable. Raises LeaseLostError, RefusedError, UplinkError."""
        for chunk in self._spool.pending(self._lease_id):
            self._send(chunk)
            check()

    def _send(self, chunk: SpooledChunk) -> None:
        data = chunk.read()
        reply = self._uplink.send_chunk(self._lease_id, data)
        durable = sorted(set(_steps(data)) - set(reply.rejected_steps))
        self._journal.note_durable(self._lease_id, durable)
        self.durable_steps.update(durable)
        self._spool.acknowledge(chunk)


def _steps(data: bytes) -> list[int]:
    try:
        return [frame.record.step for frame in read_chunk(data)]
    except ChunkError:  # what the coordinator took and we cannot read is captured again, which does no harm
        return []
