"""`lookalike cluster up|down|status`."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.campaign_settings import (
    CertificateOption,
    ClearTextOption,
    DataOption,
    EmbeddersOption,
    EmbeddingDeviceOption,
    EmbeddingGpusOption,
    GatewaysOption,
    HostOption,
    KeyOption,
    LogOption,
    MaxEmbeddersOption,
    MetricsOption,
    PortOption,
    ProfileOption,
    RecogniserOption,
    SweepsOption,
    TokensOption,
    settings,
)
from cli.cluster.capture import FolderOption, capture, restore_capture, revoke
from cli.cluster.running import ClusterState, alone, check_same, connected, look
from cli.console import out, show
from cluster.errors import ClusterError, LostActorsError, NoClusterError
from cluster.head import HeadConfig, end_head, ensure_head, renew_head
from cluster.lock import checked_token
from cluster.probe import check_locked, wait_until_locked
from cluster.record import RECORD, ClusterRecord, read_record, running_record

if TYPE_CHECKING:
    from cli.campaign_settings import CampaignSettings
    from coordinator.serve_app import ServeConfig

cluster_app = typer.Typer(
    help="Coordinator, gateway, embedding and capture on Ray, in the background.", no_args_is_help=True
)
cluster_app.command("capture")(capture)

_LOOK_SECONDS = 2.0


@cluster_app.command("up")
def up(
    folder: FolderOption = Path("cluster"),
    data: DataOption = "campaign/data",
    profile: ProfileOption = "standin",
    sweeps: SweepsOption = None,
    tokens: TokensOption = Path("tokens.json"),
    host: HostOption = "127.0.0.1",
    port: PortOption = 8420,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    allow_clear_text: ClearTextOption = False,
    gateways: GatewaysOption = 1,
    embedders: EmbeddersOption = 1,
    max_embedders: MaxEmbeddersOption = 0,
    recogniser: RecogniserOption = "dlib",
    embedding_device: EmbeddingDeviceOption = "cpu",
    embedding_gpus: EmbeddingGpusOption = 0.0,
    log: LogOption = Path("campaign/logs/coordinator.log"),
    metrics: MetricsOption = Path("campaign/metrics"),
    slots: Annotated[int, typer.Option("--capture", min=0, max=64, help="Agents that this machine has room for.")] = 0,
    ray_port: Annotated[int, typer.Option(help="Ray's own port on loopback; 0 takes a free one.")] = 0,
    ray_folder: Annotated[
        Path | None,
        typer.Option(help="Ray's own files: a short path; a private folder for temporary files unless told."),
    ] = None,
    jobs: Annotated[bool, typer.Option("--jobs", help="Ray's dashboard and job submission, on loopback.")] = False,
    on: Annotated[str | None, typer.Option(help="Use the Ray cluster at HOST:PORT; start none.")] = None,
    ray_token: Annotated[Path | None, typer.Option(help="With --on: that cluster's token.")] = None,
    stay: Annotated[bool, typer.Option("--stay", help="Stay until told to end, as under systemd.")] = False,
) -> None:
    """Start coordinator, gateway and embedding actors on a Ray of this machine, in the background.

    Twice is once. After a crash or a restart of the machine the same command goes on where everything was. Ray is locked by
    a token and on loopback; a cluster that would answer without one is ended at once.
    """
    told = settings(
        data=data,
        profile=profile,
        sweeps=sweeps,
        tokens=tokens,
        host=host,
        port=port,
        certificate=certificate,
        key=key,
        allows_clear_text=allow_clear_text,
        gateways=gateways,
        embedders=embedders,
        max_embedders=max_embedders,
        recogniser=recogniser,
        embedding_device=embedding_device,
        embedding_gpus=embedding_gpus,
        log=log,
        metrics=metrics,
    )
    head = HeadConfig(folder=folder.absolute(), place=ray_folder, port=ray_port, num_capture=slots, has_jobs=jobs)
    with alone(head.folder):
        record = _up(head, told, on, ray_token)
    out.print(f"The cluster is up. Agents connect to {record.url}; lookalike cluster down ends it.")
    if stay:
        _stay(head.folder)


def _up(head: HeadConfig, told: CampaignSettings, on: str | None, ray_token: Path | None) -> ClusterRecord:
    if not told.port:
        raise typer.BadParameter("Name the gateway's --port: agents must find it again after a restart")
    before = check_same(head.folder, told.to_json(), on)
    config = told.serve_config()
    config.listening.check()
    head = replace(head, extra=config.body_limits.to_environment())
    record = _ray(head, config, on, ray_token, before)
    try:
        record = _deploy_or_renew(head, config, record)
    except BaseException:
        if before is None:  # what never ran need not be left behind
            end_head(head.folder)
        raise
    record = replace(record, url=config.listening.url(told.port), deployed=told.to_json())
    record.write(head.folder)
    return record


def _ray(
    head: HeadConfig, config: ServeConfig, on: str | None, ray_token: Path | None, before: ClusterRecord | None
) -> ClusterRecord:
    if on is not None:
        if ray_token is None:
            raise typer.BadParameter("--on needs --ray-token: no cluster is used that has none")
        token = checked_token(ray_token.absolute())
        wait_until_locked(on, token)
        return ClusterRecord(address=on, token=str(token))
    if before is None or before.head is None or not before.head.is_alive:
        if before is not None and before.head is not None:
            before.head.end()  # what a killed head left may hold the gateway's port
        config.listening.free_port()  # taken: said before Ray starts
    return ensure_head(head)


def _deploy_or_renew(head: HeadConfig, config: ServeConfig, record: ClusterRecord) -> ClusterRecord:
    try:
        _deploy(config, record)
    except LostActorsError as error:
        out.print(f"[yellow]{escape(str(error))}. Ray starts without them; the campaign is in the store.[/]")
        record = renew_head(head)
        _deploy(config, record)
    return record


def _deploy(config: ServeConfig, record: ClusterRecord) -> None:
    from cluster.ray_session import check_actors  # Ray takes seconds to import
    from coordinator.serve_app import deploy

    with connected(record):
        if record.head is not None:
            check_actors()
        with deploy(config):
            restore_capture(record)


def _stay(folder: Path) -> None:
    """Until SIGTERM or SIGINT, which ends the head in order and keeps what it knows; or until the head is gone."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    record = running_record(folder)
    while not stop.wait(_LOOK_SECONDS):
        if record.head is None:
            check_locked(record.address, Path(record.token))
        elif not record.head.is_alive:
            raise ClusterError(f"Ray's head has ended. See {folder / 'ray.log'}; the same command goes on")
    end_head(folder, forgets=False)


@cluster_app.command("down")
def down(folder: FolderOption = Path("cluster")) -> None:
    """End everything that `up` started, and nothing else. Rows, sweeps and leases are in the store and stay there."""
    folder = folder.absolute()
    with alone(folder):
        record = read_record(folder)
        if record is None:
            out.print(f"No cluster was started from {folder}")
            return
        _end(record, folder)
    out.print("The cluster is down")


def _end(record: ClusterRecord, folder: Path) -> None:
    is_ours = record.head is not None
    try:
        running_record(folder)
        if record.deployed:  # an `up` that was killed had not come so far
            _end_what_runs_on(record, is_ours=is_ours)
    except ClusterError as error:
        if not is_ours and not isinstance(error, NoClusterError):
            raise
        out.print(f"[yellow]{escape(str(error))}[/]")  # what is there of it is ended all the same
    finally:
        if is_ours:
            end_head(folder)
    (folder / RECORD).unlink(missing_ok=True)


def _end_what_runs_on(record: ClusterRecord, *, is_ours: bool) -> None:
    from cli.cluster.capture_actor import capture_names, end_capture  # Ray takes seconds to import
    from coordinator.serve_app import end_deployment

    with connected(record):
        names = capture_names()
        end_capture(names)  # they give back their shards
        revoke(record, names)
        if not is_ours:
            end_deployment()


@cluster_app.command("status")
def status(
    folder: FolderOption = Path("cluster"),
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show whether the cluster runs, its nodes and its capture actors. Ends with code 1 when it does not run."""
    state = look(running_record(folder.absolute()))
    show(_table(state), as_json=state.to_json(), is_json=json)


def _table(state: ClusterState) -> Table:
    table = Table("what", "is", show_header=False)
    table.add_row("Ray", f"{state.address}, {state.num_nodes} node{'s' if state.num_nodes != 1 else ''}")
    table.add_row("gateway", f"{state.url}, {state.application}")
    for actor in state.capture:
        table.add_row(actor.name, f"{actor.doing} {actor.node} {actor.error}".strip())
    return table
