"""The coordinator's and the gateway's logs: what became of leases, chunks and reports, with sweep, shard, agent and attempt.

An agent's log and these share the names, so a committed row can be followed back to the attempt that captured it.
"""

from __future__ import annotations

import logging

from dataset.record import StagedChunk
from dataset.rows import sweep_of
from protocol.lease import ChunkReply, LeaseReply, LeaseRequest, Report, ReportReply
from telemetry.log import working_on

_LOG = logging.getLogger(__name__)


def log_lease(request: LeaseRequest, reply: LeaseReply) -> None:
    """Agents without work ask every few seconds; that is no news."""
    if reply.grant is not None:
        shard_id = reply.grant.shard.shard_id
        with working_on(sweep=sweep_of(shard_id), shard=shard_id, agent=request.agent, attempt=reply.grant.attempt):
            _LOG.info("lease granted calibration=%s game=%s", request.calibration_id, request.game_version)


def log_chunk(agent: str, staged: StagedChunk, *, is_accepted: bool) -> None:
    shard_id = staged.shard_id
    with working_on(sweep=sweep_of(shard_id), shard=shard_id, agent=agent, attempt=staged.attempt):
        if is_accepted:
            _LOG.info("chunk staged rows=%d", staged.num_rows)
        else:
            _LOG.warning("chunk not staged rows=%d reason=its steps were staged meanwhile", staged.num_rows)


def log_answer(num_bytes: int, reply: ChunkReply) -> None:
    """In the gateway, within the names of the lease."""
    if reply.is_durable:
        _LOG.info("chunk taken bytes=%d rejected=%d", num_bytes, len(reply.rejected_steps))
    else:
        _LOG.info("chunk not taken bytes=%d reason=%s", num_bytes, reply.reason)


def names_of(lease_id: str, agent: str) -> dict[str, str | int]:
    """What every line about a lease says; it may be one that an agent made up."""
    shard_id, _, rest = lease_id[:200].partition(".")
    attempt = rest.partition(".")[0]
    return {"sweep": sweep_of(shard_id), "shard": shard_id, "agent": agent, "attempt": _number(attempt)}


def log_report(report: Report, reply: ReportReply) -> None:
    with working_on(**names_of(report.lease_id, report.agent)):
        if reply.is_committed:
            _LOG.info("shard committed rows=%d", report.num_frames)
        else:
            _LOG.warning("shard not committed outcome=%s reason=%s", report.outcome, reply.reason or report.error)


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() else text[:20]
