"""Every figure that a process exports: its name, kind, labels and meaning. The one list behind collectors, docs and dashboards.

Names are in base units (seconds, bytes, shares from 0 to 1), counters end in `_total`. Labels hold names that people gave
(sweeps, agents), or words from a list in the code; never shards, leases, paths or addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from telemetry.errors import FigureError

Kind = Literal["counter", "gauge", "histogram"]
Process = Literal["coordinator", "gateway", "embedding", "training", "matcher", "every"]

MOST_AGENTS = 1000
"""Agents that get labels of their own; those heard of longest ago are left out beyond that."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One family of time series. A histogram has its upper `bounds`."""

    name: str
    kind: Kind
    process: Process
    text: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()

    @property
    def series(self) -> tuple[str, ...]:
        """The names that a query may use."""
        if self.kind == "histogram":
            return (f"{self.name}_bucket", f"{self.name}_sum", f"{self.name}_count")
        return (self.name,)


QUICK_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SIMILARITIES = tuple(round(0.1 * tenth, 1) for tenth in range(11))
BATCHES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)

_CAMPAIGN = (
    Figure("lookalike_campaign_rows", "gauge", "coordinator", "Rows of a sweep by state.", ("sweep", "state")),
    Figure("lookalike_campaign_shards", "gauge", "coordinator", "Shards of a sweep by state.", ("sweep", "state")),
    Figure(
        "lookalike_campaign_remaining_seconds",
        "gauge",
        "coordinator",
        "Time left at the pace of the last minute; absent while nothing moves.",
    ),
    Figure(
        "lookalike_campaign_finished",
        "gauge",
        "coordinator",
        "1 when nothing is left that an agent could do or is doing.",
    ),
    Figure("lookalike_shards_set_aside", "gauge", "coordinator", "Shards in quarantine: they failed too often."),
    Figure("lookalike_leases_held", "gauge", "coordinator", "Leases in the hands of agents."),
    Figure(
        "lookalike_leases_total", "counter", "coordinator", "Leases by event since the coordinator started.", ("event",)
    ),
    Figure("lookalike_heartbeats_total", "counter", "coordinator", "Heartbeats since the coordinator started."),
    Figure(
        "lookalike_chunks_staged_total", "counter", "coordinator", "Chunks made durable since the coordinator started."
    ),
    Figure(
        "lookalike_rows_total",
        "counter",
        "coordinator",
        "Rows by what became of them since the coordinator started.",
        ("event",),
    ),
    Figure("lookalike_coordinator_uptime_seconds", "gauge", "coordinator", "Since the coordinator started."),
)

_AGENTS = (
    Figure("lookalike_agents", "gauge", "coordinator", "Agents by state.", ("state",)),
    Figure("lookalike_agent_silence_seconds", "gauge", "coordinator", "Since the agent was last heard of.", ("agent",)),
    Figure(
        "lookalike_agent_rows_staged_total", "counter", "coordinator", "Rows made durable from the agent.", ("agent",)
    ),
    Figure(
        "lookalike_agent_frames_total", "counter", "coordinator", "Verified frames that the agent captured.", ("agent",)
    ),
    Figure("lookalike_agent_presses_total", "counter", "coordinator", "Keys that the agent pressed.", ("agent",)),
    Figure("lookalike_agent_lost_presses_total", "counter", "coordinator", "Presses without effect.", ("agent",)),
    Figure(
        "lookalike_agent_extra_presses_total", "counter", "coordinator", "Presses with one effect too many.", ("agent",)
    ),
    Figure("lookalike_agent_readouts_total", "counter", "coordinator", "Screens that the agent read.", ("agent",)),
    Figure("lookalike_agent_retakes_total", "counter", "coordinator", "Pictures taken again: not at rest.", ("agent",)),
    Figure(
        "lookalike_agent_voided_frames_total",
        "counter",
        "coordinator",
        "Frames dropped because their labels could not be trusted.",
        ("agent",),
    ),
    Figure(
        "lookalike_agent_surprises_total",
        "counter",
        "coordinator",
        "Settings that changed unseen: the wrong-label guard tripped.",
        ("agent",),
    ),
    Figure(
        "lookalike_agent_recoveries_total",
        "counter",
        "coordinator",
        "Times that the agent had lost its way.",
        ("agent",),
    ),
    Figure("lookalike_agent_popups_total", "counter", "coordinator", "Pop-ups that the agent closed.", ("agent",)),
    Figure(
        "lookalike_agent_focus_losses_total",
        "counter",
        "coordinator",
        "Times that the window lost the focus.",
        ("agent",),
    ),
    Figure(
        "lookalike_agent_readout_confidence_ratio",
        "gauge",
        "coordinator",
        "Of the least sure setting, from 0 to 1.",
        ("agent",),
    ),
    Figure("lookalike_agent_spool_bytes", "gauge", "coordinator", "Frames that wait to be acknowledged.", ("agent",)),
    Figure("lookalike_agent_spool_limit_bytes", "gauge", "coordinator", "Room of the agent's spool.", ("agent",)),
    Figure(
        "lookalike_agent_disk_free_bytes", "gauge", "coordinator", "Free on the disk of the agent's spool.", ("agent",)
    ),
)

_STORE = (
    Figure(
        "lookalike_commit_seconds", "histogram", "coordinator", "Time that a shard's commit took.", (), QUICK_SECONDS
    ),
    Figure("lookalike_commit_failures_total", "counter", "coordinator", "Commits that ended with an error."),
    Figure("lookalike_table_rows", "gauge", "coordinator", "Committed rows, as the tables' records say."),
    Figure("lookalike_table_bytes", "gauge", "coordinator", "Size of a table's files.", ("table",)),
    Figure("lookalike_table_files", "gauge", "coordinator", "Files of a table.", ("table",)),
    Figure("lookalike_disk_free_bytes", "gauge", "coordinator", "Free on the disk of the tables; absent on a bucket."),
    Figure("lookalike_disk_size_bytes", "gauge", "coordinator", "Size of the disk of the tables; absent on a bucket."),
)

_GATEWAY = (
    Figure(
        "lookalike_gateway_requests_total", "counter", "gateway", "Requests by route and status.", ("route", "code")
    ),
    Figure(
        "lookalike_gateway_request_seconds",
        "histogram",
        "gateway",
        "Time from a request's head to the end of its answer.",
        ("route",),
        QUICK_SECONDS,
    ),
    Figure("lookalike_gateway_requests_active", "gauge", "gateway", "Requests in work."),
    Figure(
        "lookalike_gateway_waits_total",
        "counter",
        "gateway",
        "Requests that were told to come again later.",
        ("route",),
    ),
    Figure("lookalike_gateway_received_bytes_total", "counter", "gateway", "Bodies of requests."),
    Figure(
        "lookalike_certificate_expiry_timestamp_seconds",
        "gauge",
        "gateway",
        "When the TLS certificate ends, since 1970; absent without one.",
    ),
)

_EMBEDDING = (
    Figure(
        "lookalike_embedding_batch_faces", "histogram", "embedding", "Faces in one run of the network.", (), BATCHES
    ),
    Figure(
        "lookalike_embedding_batch_seconds",
        "histogram",
        "embedding",
        "Time of one run of the network.",
        (),
        QUICK_SECONDS,
    ),
    Figure("lookalike_embedding_queue_faces", "gauge", "embedding", "Faces that wait for the next run."),
    Figure(
        "lookalike_embedding_frames_total", "counter", "embedding", "Frames by what was found in them.", ("outcome",)
    ),
)

_TRAINING = (
    Figure("lookalike_training_progress_ratio", "gauge", "training", "Done of a step, from 0 to 1.", ("step",)),
    Figure("lookalike_training_figure", "gauge", "training", "What a step knows of its quality.", ("step", "figure")),
    Figure("lookalike_training_seconds_total", "counter", "training", "Time spent in a step.", ("step",)),
    Figure(
        "lookalike_training_rows_total",
        "counter",
        "training",
        "Rows that a network has seen in a step, repeats and earlier attempts included.",
        ("step",),
    ),
)

_MATCHER = (
    Figure("lookalike_match_seconds", "histogram", "matcher", "Time of one match.", (), QUICK_SECONDS),
    Figure(
        "lookalike_match_similarity_ratio", "histogram", "matcher", "Predicted similarity of matches.", (), SIMILARITIES
    ),
    Figure("lookalike_match_failures_total", "counter", "matcher", "Photos that could not be matched.", ("reason",)),
    Figure(
        "lookalike_service_refusals_total",
        "counter",
        "matcher",
        "Requests to the service without a token of its own, or too often.",
        ("reason",),
    ),
)

_EVERY = (Figure("lookalike_build_info", "gauge", "every", "1; its label names the release.", ("version",)),)

FIGURES: tuple[Figure, ...] = (
    *_CAMPAIGN,
    *_AGENTS,
    *_STORE,
    *_GATEWAY,
    *_EMBEDDING,
    *_TRAINING,
    *_MATCHER,
    *_EVERY,
)

AGENT_COUNTERS = {
    name: f"lookalike_agent_{name}_total"
    for name in (
        "frames",
        "presses",
        "lost_presses",
        "extra_presses",
        "readouts",
        "retakes",
        "voided_frames",
        "surprises",
        "recoveries",
        "popups",
        "focus_losses",
    )
}
"""What a heartbeat's figures become; those of other names are not exported, so that no agent can invent time series."""

AGENT_GAUGES = {
    "confidence": "lookalike_agent_readout_confidence_ratio",
    "spool_bytes": "lookalike_agent_spool_bytes",
    "spool_limit_bytes": "lookalike_agent_spool_limit_bytes",
    "disk_free_bytes": "lookalike_agent_disk_free_bytes",
}


def figure(name: str) -> Figure:
    """Raises FigureError for one that nobody described."""
    for known in FIGURES:
        if known.name == name:
            return known
    raise FigureError(f"Figure {name!r} is not in telemetry/catalogue.py; describe it there first")
