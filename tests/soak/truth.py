"""Whether figures are true: against each other while all goes on, and against the tables when nothing moves.

Counters begin at 0 with their process, so each life of a coordinator is judged by itself: what was committed when it began, and
what it counted since, are what is committed now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from tests.soak.watching import Figures

COMMITTED = 'lookalike_rows_total{event="committed"}'
IN_SWEEPS = 'lookalike_campaign_rows{state="committed"}'

Scraped = dict[tuple[str, str], Figures]


def lies_of_coordinators(lives: Iterable[Sequence[Figures]], num_rows: int) -> list[str]:
    """In the order in which they lived. `num_rows`: in the tables at the end."""
    lies, before = [], 0.0
    for life in lives:
        at_start = {figures[IN_SWEEPS] - figures[COMMITTED] for figures in life}
        if len(at_start) > 1:
            lies.append(f"counter and sweeps do not go together: {sorted(at_start)}")
        if min(at_start) < before:
            lies.append(f"began at {min(at_start):g} rows though {before:g} had been committed")
        if any(later[COMMITTED] < earlier[COMMITTED] for earlier, later in pairwise(life)):
            lies.append("a counter went back")
        before = life[-1][IN_SWEEPS]
    return lies if before == num_rows else [*lies, f"{before:g} rows at the end, {num_rows} in the tables"]


def counted(before: Scraped, after: Scraped) -> Figures:
    """What all processes together counted between two looks."""
    sums: Figures = {}
    for sign, scraped in ((-1.0, before), (1.0, after)):
        for figures in scraped.values():
            for name, value in figures.items():
                sums[name] = sums.get(name, 0.0) + sign * value
    return sums


def calm_lies(grown: Figures, num_rows: int, num_shards: int) -> list[str]:
    """`grown`: while a sweep of so many rows was captured and nobody was killed."""
    wanted = {
        COMMITTED: num_rows,
        'lookalike_rows_total{event="staged"}': num_rows,
        "lookalike_agent_rows_staged_total": num_rows,
        "lookalike_embedding_frames_total": num_rows,
        "lookalike_agent_frames_total": num_rows + grown.get("lookalike_agent_voided_frames_total", 0.0),
        "lookalike_table_rows": num_rows,
        'lookalike_leases_total{event="granted"}': num_shards,
        'lookalike_leases_total{event="committed"}': num_shards,
        "lookalike_commit_seconds_count": num_shards,
    }
    return [
        f"{name} grew by {grown.get(name)} instead of {value:g}"
        for name, value in wanted.items()
        if grown.get(name) != value
    ]
