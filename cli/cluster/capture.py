"""`lookalike cluster capture`: agents as Ray actors, on nodes that offer the resource `capture`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.cluster.running import connected
from cli.console import out
from cli.devices import DeviceKind
from cluster.errors import ClusterError
from cluster.record import ClusterRecord, running_record
from protocol.errors import LookalikeError

if TYPE_CHECKING:
    from cli.cluster.capture_actor import CapturePlan

FolderOption = Annotated[Path, typer.Option("--folder", help="The cluster's token, tables and record.")]


def capture(
    agents: Annotated[int, typer.Option(min=0, max=1000, help="How many agents there shall be; 0 ends them.")],
    folder: FolderOption = Path("cluster"),
    device: Annotated[DeviceKind, typer.Option(help="Where the creator runs: standin or x11.")] = DeviceKind.STANDIN,
    calibration: Annotated[
        Path | None, typer.Option(help="From `lookalike calibrate`, a path on each node; the stand-in makes its own.")
    ] = None,
    work: Annotated[
        Path | None, typer.Option(help="A folder on each node for spools and logs; the cluster's own unless told.")
    ] = None,
    faults: Annotated[str, typer.Option(help="Faults of the stand-in, as dropped_press=0.02.")] = "",
    url: Annotated[str | None, typer.Option(help="The gateway as nodes reach it, where this differs.")] = None,
) -> None:
    """Have agents capture on the cluster's nodes that offer the resource `capture`, one for each unit of it.

    Agents beyond that wait until nodes join. They stay when this command ends, and are started again when a node dies.
    """
    if device not in (DeviceKind.STANDIN, DeviceKind.X11):
        raise LookalikeError(f"Ray's nodes run Linux: --device {device} cannot be there; use standin or x11")
    if device is DeviceKind.X11 and calibration is None:
        raise LookalikeError("A real creator needs --calibration, from `lookalike calibrate` on each node")
    record = running_record(folder.absolute())
    if not record.deployed:
        raise ClusterError(f"Nothing runs on the cluster of {folder}: run lookalike cluster up")
    from cli.cluster.capture_actor import CapturePlan  # Ray takes seconds to import

    plan = CapturePlan(
        url=url or record.url,
        profile=str(record.deployed["profile"]),
        device=device,
        folder=str((work or folder).absolute()),
        calibration=str(calibration.absolute()) if calibration else "",
        faults=faults,
    )
    with connected(record):
        record = replace(record, capture={"agents": agents, "plan": asdict(plan)} if agents else {})
        record.write(folder.absolute())  # first: `up` finishes what is cut off here
        out.print(_adapt(record, agents, plan))


def restore_capture(record: ClusterRecord) -> None:
    """The actors that there were, on a Ray that does not know them any more."""
    from cli.cluster.capture_actor import CapturePlan

    if wanted := record.capture:
        told = {**wanted["plan"], "device": DeviceKind(wanted["plan"]["device"])}
        _adapt(record, int(wanted["agents"]), CapturePlan(**told))


def _adapt(record: ClusterRecord, num_wanted: int, plan: CapturePlan) -> str:
    """Starts those that are missing, ends those that are too many, on the cluster that this process is connected to."""
    from cli.cluster.capture_actor import capture_names, end_capture, start_capture
    from coordinator.tokens import TokenStore

    tokens = TokenStore(str(record.deployed["tokens"]))
    wanted = [f"capture-{number}" for number in range(1, num_wanted + 1)]
    there = capture_names()
    surplus = [name for name in there if name not in wanted]
    end_capture(surplus)
    missing = [name for name in wanted if name not in there]
    revoke(record, [*surplus, *missing])  # the latter: of actors of those names before
    for name in missing:
        start_capture(name, tokens.issue(name), plan)
    return f"{len(wanted)} agents: {len(missing)} started, {len(surplus)} ended"


def revoke(record: ClusterRecord, names: Sequence[str]) -> None:
    """The tokens of capture actors that ended."""
    from coordinator.tokens import TokenStore

    tokens = TokenStore(str(record.deployed["tokens"]))
    for name in names:
        tokens.revoke(name)
