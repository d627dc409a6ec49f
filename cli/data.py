"""`lookalike data`: what is in the tables, whether it is sound, and how to get it out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.console import out, progress_bars, show
from protocol.errors import LookalikeError

if TYPE_CHECKING:
    from dataset.dataset import Dataset
    from dataset.info import DatasetInfo
    from dataset.verify import VerifyReport

data_app = typer.Typer(help="Look at the tables, check them, get rows out, keep them tidy.", no_args_is_help=True)

DataArgument = Annotated[str, typer.Argument(help="The tables: a folder or s3://bucket/prefix.")]
ProfileOption = Annotated[str, typer.Option("--profile", help="The creator's profile: a name or a file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DEFAULT_DATA, DEFAULT_PROFILE = "campaign/data", "standin"


@data_app.command("info")
def info(data: DataArgument = DEFAULT_DATA, profile: ProfileOption = DEFAULT_PROFILE, json: JsonOption = False) -> None:
    """Say what is there: rows, sweeps, slider sets that are held out whole, recognition networks, files and bytes."""
    from dataset.info import describe

    found = describe(_open(data, profile))
    show(_info_table(found), as_json=asdict(found), is_json=json)


@data_app.command("verify")
def verify(
    data: DataArgument = DEFAULT_DATA,
    profile: ProfileOption = DEFAULT_PROFILE,
    partial: Annotated[bool, typer.Option("--partial", help="Planned shards may still be missing.")] = False,
    json: JsonOption = False,
) -> None:
    """Read every row and picture again: counts, checksums, labels in range, shards that are missing, orphans.

    Ends with exit code 1 when something is wrong.
    """
    from coordinator.planned import planned_rows
    from dataset.verify import verify as read_again

    dataset = _open(data, profile)
    committed = dataset.committed_shards()
    planned = {} if partial else planned_rows(dataset.store, dataset.profile, committed)
    with progress_bars(is_quiet=json) as bars:
        task = bars.add_task("Reading everything again", total=len(committed), unit="shards")
        report = read_again(dataset, planned, lambda done, total: bars.update(task, completed=done, total=total))
    show(_verdict(report), as_json={**asdict(report), "is_clean": report.is_clean}, is_json=json)
    if not report.is_clean:
        raise typer.Exit(1)


@data_app.command("export")
def export(
    data: DataArgument = DEFAULT_DATA,
    profile: ProfileOption = DEFAULT_PROFILE,
    to: Annotated[Path, typer.Option(help="The folder that takes the snapshot.")] = Path("snapshot"),
    held_out: Annotated[float, typer.Option(min=0, max=0.9, help="Share of rows kept apart by slider set.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Which slider sets are kept apart.")] = 0,
    recogniser: Annotated[str, typer.Option(help="Needed where there are embeddings of several.")] = "",
) -> None:
    """Write the embeddings as memory-mapped arrays, as training reads them."""
    from dataset.export import export_snapshot

    snapshot = export_snapshot(_open(data, profile), to, held_out_share=held_out, seed=seed, recogniser=recogniser)
    held = int(snapshot.is_held_out_N.sum())
    out.print(f"{len(snapshot):,} rows of {snapshot.info.recogniser} in {to}, {held:,} of them held out")


@data_app.command("compact")
def compact(
    data: DataArgument = DEFAULT_DATA,
    profile: ProfileOption = DEFAULT_PROFILE,
    target_mb: Annotated[float, typer.Option(min=1, help="Size of a large file in megabytes.")] = 128.0,
) -> None:
    """Put many small files together into few large ones. Safe while a campaign runs; rows stay the same."""
    from dataset.compact import compact as put_together

    for done in put_together(_open(data, profile), target_bytes=round(1e6 * target_mb)):
        out.print(f"{done.table}: {done.num_files_before:,} files, now {done.num_files_after:,}")


@data_app.command("vacuum")
def vacuum(
    data: DataArgument = DEFAULT_DATA,
    profile: ProfileOption = DEFAULT_PROFILE,
    older_than_days: Annotated[float, typer.Option(min=0, help="What is younger stays.")] = 7.0,
    yes: Annotated[bool, typer.Option("--yes", help="Also below a day, when nobody captures or reads.")] = False,
) -> None:
    """Remove files that belong to nobody: chunks of attempts that died, files that a compaction replaced.

    Where there are some, it says which in the tables, waits a minute and looks again: commits that go on meanwhile are safe.
    """
    from dataset.vacuum import vacuum as remove

    if older_than_days < 1 and not yes:
        raise LookalikeError("Chunks younger than a day may belong to an agent at work; say --yes when nobody captures")
    removed = remove(_open(data, profile), min_age_seconds=older_than_days * 86_400)
    out.print(f"{len(removed):,} files removed, {sum(file.size_bytes for file in removed) / 1e6:,.1f} MB")


@data_app.command("migrate")
def migrate(data: DataArgument = DEFAULT_DATA, profile: ProfileOption = DEFAULT_PROFILE) -> None:
    """Bring tables that an earlier release wrote to this release's schema, when nobody captures to them.

    May be interrupted and repeated. Tables of a newer release are refused.
    """
    from creator.profile_file import load_profile
    from dataset.migrate import migrate as bring
    from dataset.schema import SCHEMA_VERSION
    from dataset.store import open_store

    passed = bring(open_store(data), load_profile(profile))
    done = f"brought to version {passed[-1]}" if passed else f"at version {SCHEMA_VERSION} already"
    out.print(f"{data}: {done}")


@data_app.command("sample")
def sample(
    data: DataArgument = DEFAULT_DATA,
    profile: ProfileOption = DEFAULT_PROFILE,
    to: Annotated[Path, typer.Option(help="The folder that takes pictures and labels.json.")] = Path("sample"),
    count: Annotated[int, typer.Option(min=1, help="How many frames.")] = 20,
    seed: Annotated[int, typer.Option(help="Which ones.")] = 0,
) -> None:
    """Write a few frames, drawn at random, to look at."""
    from dataset.sample import sample_frames

    number = sample_frames(_open(data, profile), to, count=count, seed=seed)
    out.print(f"{number} pictures and labels.json in {to}")


def _open(data: str, profile: str) -> Dataset:
    """Raises LookalikeError where there are no tables: looking must not create any."""
    from creator.profile_file import load_profile
    from dataset.dataset import Dataset
    from dataset.marker import read_marker
    from dataset.store import open_store

    store = open_store(data)
    if read_marker(store) is None:
        raise LookalikeError(f"No tables in {store.url}; name the folder or bucket that a coordinator captures to")
    return Dataset.open_in(store, load_profile(profile))


def _info_table(found: DatasetInfo) -> Table:
    table = Table(title=f"{found.url}: {found.num_rows:,} rows of {found.profile_name}", show_header=False)
    table.add_row("shards", f"{found.num_shards:,}")
    table.add_row("slider sets, each held out whole", f"{found.num_slider_sets:,}")
    table.add_row("combinations", f"{found.num_combinations:,}")
    for sweep, rows in sorted(found.rows_by_sweep.items()):
        table.add_row(f"sweep {sweep}", f"{rows:,} rows")
    for recogniser, dimension in found.recognisers.items():
        table.add_row(f"recogniser {recogniser}", f"{dimension} dimensions")
    for part in found.tables:
        size = f"{part.num_files:,} files, {part.size_bytes / 1e6:,.1f} MB, version {part.version}"
        table.add_row(f"table {part.name}", size)
    return table


def _verdict(report: VerifyReport) -> str:
    lines = [f"[red]{escape(str(problem))}[/]" for problem in report.problems]
    lines.append(
        f"{report.num_rows:,} rows of {report.num_shards:,} shards and {report.num_images:,} pictures read again"
    )
    lines.append(f"{len(report.orphans):,} orphans; `lookalike data vacuum` removes old ones")
    lines.append("[bold green]clean[/]" if report.is_clean else f"[bold red]{len(report.problems):,} problems[/]")
    return "\n".join(lines)
