"""What the dashboards show: four boards of panels over the catalogue's figures. `telemetry.dashboard` makes files of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["short", "s", "bytes", "percentunit", "ops", "dateTimeFromNow", "bool_yes_no", "Bps"]
Shape = Literal["lines", "number", "bars", "table"]


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL, and what its lines are called."""

    expression: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """`width` is of Grafana's 24 columns."""

    title: str
    queries: tuple[Query, ...]
    unit: Unit = "short"
    shape: Shape = "lines"
    width: int = 8
    text: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard."""

    name: str
    title: str
    panels: tuple[Panel, ...]


def _number(title: str, expression: str, unit: Unit = "short", text: str = "") -> Panel:
    return Panel(title, (Query(expression),), unit, "number", 4, text)


def _lines(title: str, *queries: tuple[str, str], unit: Unit = "short", text: str = "") -> Panel:
    return Panel(title, tuple(Query(*query) for query in queries), unit, text=text)


def _quantiles(title: str, name: str, by: str = "", unit: Unit = "s") -> Panel:
    """Median and the slow ones of a histogram."""
    group = f"le, {by}" if by else "le"
    legend = f" {{{{{by}}}}}" if by else ""
    return _lines(
        title,
        *(
            (f"histogram_quantile({share}, sum by ({group}) (rate({name}_bucket[5m])))", f"{label}{legend}")
            for share, label in ((0.5, "median"), (0.9, "9 of 10"), (0.99, "99 of 100"))
        ),
        unit=unit,
    )


def _mean(title: str, name: str, unit: Unit = "short") -> Panel:
    return _lines(title, (f"sum(rate({name}_sum[5m])) / sum(rate({name}_count[5m]))", "mean"), unit=unit)


_PROCESSES = (
    _lines("Memory", ('process_resident_memory_bytes{job="lookalike"}', "{{process}} {{instance}}"), unit="bytes"),
    _lines("Processor", ('rate(process_cpu_seconds_total{job="lookalike"}[5m])', "{{process}} {{instance}}")),
    _lines("Open files", ('process_open_fds{job="lookalike"}', "{{process}} {{instance}}")),
)

CAPTURE = Board(
    "capture",
    "lookalike: capture",
    (
        _number(
            "Done",
            'sum(lookalike_campaign_rows{state="committed"}) / (sum(lookalike_campaign_rows{state="planned"})'
            ' - sum(lookalike_campaign_rows{state="cancelled"}))',
            "percentunit",
        ),
        _number("Time left", "min(lookalike_campaign_remaining_seconds)", "s", "At the pace of the last minute."),
        _number("Finished", "max(lookalike_campaign_finished)", "bool_yes_no"),
        _number("Agents capturing", 'sum(lookalike_agents{state="capturing"})'),
        _number("Shards set aside", "sum(lookalike_shards_set_aside)"),
        _number("Coordinator up", "max(lookalike_coordinator_uptime_seconds)", "s"),
        _lines("Rows by state", ("sum by (sweep, state) (lookalike_campaign_rows)", "{{sweep}} {{state}}")),
        _lines("Shards by state", ("sum by (sweep, state) (lookalike_campaign_shards)", "{{sweep}} {{state}}")),
        _lines("Rows a second", ("sum by (event) (rate(lookalike_rows_total[5m]))", "{{event}}"), unit="ops"),
        _lines("Agents by state", ("sum by (state) (lookalike_agents)", "{{state}}")),
        _lines("Silence of agents", ("lookalike_agent_silence_seconds", "{{agent}}"), unit="s"),
        _lines(
            "Frames a second of agents",
            ("rate(lookalike_agent_frames_total[5m])", "{{agent}}"),
            unit="ops",
        ),
        _lines("Rows staged from agents", ("rate(lookalike_agent_rows_staged_total[5m])", "{{agent}}"), unit="ops"),
        _lines(
            "Retakes a frame",
            ("rate(lookalike_agent_retakes_total[5m]) / rate(lookalike_agent_frames_total[5m])", "{{agent}}"),
            text="Pictures taken again because the face was not at rest.",
        ),
        _lines(
            "Presses lost and doubled",
            (
                "rate(lookalike_agent_lost_presses_total[5m]) / rate(lookalike_agent_presses_total[5m])",
                "lost {{agent}}",
            ),
            (
                "rate(lookalike_agent_extra_presses_total[5m]) / rate(lookalike_agent_presses_total[5m])",
                "doubled {{agent}}",
            ),
            unit="percentunit",
        ),
        _lines("Presses a second", ("rate(lookalike_agent_presses_total[5m])", "{{agent}}"), unit="ops"),
        _lines("Readouts a second", ("rate(lookalike_agent_readouts_total[5m])", "{{agent}}"), unit="ops"),
        _lines(
            "Least readout confidence", ("lookalike_agent_readout_confidence_ratio", "{{agent}}"), unit="percentunit"
        ),
        _lines(
            "Label guard",
            ("increase(lookalike_agent_surprises_total[1h])", "surprises {{agent}}"),
            ("increase(lookalike_agent_voided_frames_total[1h])", "voided frames {{agent}}"),
            text="Settings that changed unseen, and frames that were dropped for it. Nothing of it is committed.",
        ),
        _lines(
            "Lost ways, pop-ups, focus",
            ("increase(lookalike_agent_recoveries_total[1h])", "recoveries {{agent}}"),
            ("increase(lookalike_agent_popups_total[1h])", "pop-ups {{agent}}"),
            ("increase(lookalike_agent_focus_losses_total[1h])", "focus losses {{agent}}"),
        ),
        _lines(
            "Spool",
            ("lookalike_agent_spool_bytes / lookalike_agent_spool_limit_bytes", "{{agent}}"),
            unit="percentunit",
        ),
        _lines("Free on agents' disks", ("lookalike_agent_disk_free_bytes", "{{agent}}"), unit="bytes"),
        _lines(
            "Leases",
            ("sum by (event) (increase(lookalike_leases_total[1h]))", "{{event}}"),
            ("sum(lookalike_leases_held)", "held"),
        ),
        _lines("Heartbeats a second", ("sum(rate(lookalike_heartbeats_total[5m]))", "heartbeats"), unit="ops"),
        _quantiles("Commits", "lookalike_commit_seconds"),
        _lines(
            "Chunks staged, commits failed",
            ("sum(rate(lookalike_chunks_staged_total[5m]))", "chunks a second"),
            ("sum(increase(lookalike_commit_failures_total[1h]))", "failures in an hour"),
        ),
        _lines("Rows in the tables", ("lookalike_table_rows", "rows")),
        _lines("Tables", ("lookalike_table_bytes", "{{table}}"), unit="bytes"),
        _lines("Files of tables", ("lookalike_table_files", "{{table}}")),
        _lines(
            "Disk of the tables",
            ("lookalike_disk_free_bytes", "free"),
            ("lookalike_disk_size_bytes", "size"),
            unit="bytes",
        ),
        *_PROCESSES,
    ),
)

EMBEDDING = Board(
    "embedding",
    "lookalike: embedding",
    (
        _number("Faces a second", "sum(rate(lookalike_embedding_batch_faces_sum[5m]))", "ops"),
        _number("Faces that wait", "sum(lookalike_embedding_queue_faces)"),
        _number(
            "Frames without a face",
            'sum(rate(lookalike_embedding_frames_total{outcome!="embedded"}[30m]) or vector(0))'
            " / sum(rate(lookalike_embedding_frames_total[30m]))",
            "percentunit",
        ),
        _lines(
            "Faces a second of actors", ("rate(lookalike_embedding_batch_faces_sum[5m])", "{{instance}}"), unit="ops"
        ),
        _mean("Faces in a batch", "lookalike_embedding_batch_faces"),
        _quantiles("Time of a batch", "lookalike_embedding_batch_seconds"),
        _lines("Queue", ("lookalike_embedding_queue_faces", "{{instance}}")),
        _lines(
            "Frames by outcome",
            ("sum by (outcome) (rate(lookalike_embedding_frames_total[5m]))", "{{outcome}}"),
            unit="ops",
        ),
        Panel(
            "Sizes of batches",
            (Query("sum by (le) (increase(lookalike_embedding_batch_faces_bucket[1h]))", "{{le}}"),),
            shape="bars",
        ),
    ),
)

TRAINING = Board(
    "training",
    "lookalike: training",
    (
        _lines("Progress", ("lookalike_training_progress_ratio", "{{step}}"), unit="percentunit"),
        _lines("Loss", ('lookalike_training_figure{figure=~".*loss.*"}', "{{step}} {{figure}}")),
        _lines(
            "Quality on held-out settings", ('lookalike_training_figure{figure!~".*loss.*"}', "{{step}} {{figure}}")
        ),
        _lines(
            "Rows a second",
            ("rate(lookalike_training_rows_total[5m])", "{{step}}"),
            unit="ops",
            text="What the networks learn from; told at the end of each epoch.",
        ),
        _lines("Time in steps", ("lookalike_training_seconds_total", "{{step}}"), unit="s"),
        _lines(
            "Pace",
            ("rate(lookalike_training_seconds_total[5m]) > 0", "{{step}}"),
            text="1 while a step is being worked on.",
        ),
    ),
)

SERVING = Board(
    "serving",
    "lookalike: serving",
    (
        _number("Requests in work", "sum(lookalike_gateway_requests_active)"),
        _number("Requests a second", "sum(rate(lookalike_gateway_requests_total[5m]))", "ops"),
        _number("Certificate ends", "min(lookalike_certificate_expiry_timestamp_seconds) * 1000", "dateTimeFromNow"),
        _lines(
            "Requests",
            ("sum by (route, code) (rate(lookalike_gateway_requests_total[5m]))", "{{code}} {{route}}"),
            unit="ops",
        ),
        _quantiles("Latency", "lookalike_gateway_request_seconds", "route"),
        _lines("Told to wait", ("sum by (route) (rate(lookalike_gateway_waits_total[5m]))", "{{route}}"), unit="ops"),
        _lines(
            "Refused",
            ('sum by (code) (rate(lookalike_gateway_requests_total{code=~"4.."}[5m]))', "{{code}}"),
            unit="ops",
            text="401: no or a wrong token. 403: the token does not allow it. 429: too often.",
        ),
        _lines("Received", ("sum(rate(lookalike_gateway_received_bytes_total[5m]))", "bytes a second"), unit="Bps"),
        _quantiles("Time of a match", "lookalike_match_seconds"),
        _quantiles("Predicted similarity", "lookalike_match_similarity_ratio", unit="percentunit"),
        _lines(
            "Matches and failures",
            ("sum(rate(lookalike_match_seconds_count[5m]))", "matches"),
            ("sum by (reason) (rate(lookalike_match_failures_total[5m]))", "{{reason}}"),
            unit="ops",
        ),
        _lines(
            "Turned away by the service",
            ("sum by (reason) (rate(lookalike_service_refusals_total[5m]))", "{{reason}}"),
            unit="ops",
        ),
        _lines("Releases", ("count by (version, process) (lookalike_build_info)", "{{process}} {{version}}")),
        _lines("Scraped", ('up{job="lookalike"}', "{{process}} {{instance}}"), unit="bool_yes_no"),
        *_PROCESSES,
    ),
)

BOARDS = (CAPTURE, EMBEDDING, TRAINING, SERVING)
