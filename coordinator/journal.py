"""The coordinator's log: what became of every lease, chunk and report, with sweep, shard, agent and attempt.

An agent's log and this one share these names, so a committed row can be followed back to the attempt that captured it.
"""

from __future__ import annotations

import logging

from dataset.record import StagedChunk
from dataset.rows import sweep_of
from protocol.lease import LeaseReply, LeaseRequest, Report, ReportReply
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


def log_report(report: Report, reply: ReportReply) -> None:
    shard_id, _, rest = report.lease_id.partition(".")
    attempt = rest.partition(".")[0]
    with working_on(sweep=sweep_of(shard_id), shard=shard_id, agent=report.agent, attempt=_number(attempt)):
        if reply.is_committed:
            _LOG.info("shard committed rows=%d", report.num_frames)
        else:
            _LOG.warning("shard not committed outcome=%s reason=%s", report.outcome, reply.reason or report.error)


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() else text[:20]
