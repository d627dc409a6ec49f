"""`lookalike coordinator`: leases sweeps to agents and takes their frames, until interrupted."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.live import Live

from cli.console import out
from cli.status import REFRESH_SECONDS, render


def coordinator(
    data: Annotated[str, typer.Option(help="Where the tables live: a folder or s3://bucket/prefix.")] = "campaign/data",
    profile: Annotated[str, typer.Option(help="The creator's profile: a name or a file.")] = "standin",
    sweeps: Annotated[
        list[str] | None, typer.Option("--sweep", help="A sweep file; may be given several times.")
    ] = None,
    tokens: Annotated[Path, typer.Option(help="The file with the hashes of issued tokens.")] = Path("tokens.json"),
    host: Annotated[str, typer.Option(help="The address that the gateway listens on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The gateway's port; 0 takes a free one.")] = 8420,
    certificate: Annotated[Path | None, typer.Option(help="TLS: the certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="TLS: its key (PEM), readable by you alone.")] = None,
    allow_clear_text: Annotated[
        bool, typer.Option("--allow-clear-text", help="Listen elsewhere without TLS, as behind a proxy that has it.")
    ] = False,
    gateways: Annotated[int, typer.Option(min=1, help="How many gateway replicas.")] = 1,
    embedders: Annotated[int, typer.Option(min=1, help="How many embedding actors.")] = 1,
    recogniser: Annotated[str, typer.Option(help="The recognition network.")] = "dlib",
    log: Annotated[Path, typer.Option(help="Its log, one JSON object a line.")] = Path("campaign/logs/coordinator.log"),
    metrics: Annotated[Path, typer.Option(help="The folder for Prometheus: token and list of targets.")] = Path(
        "campaign/metrics"
    ),
) -> None:
    """Run coordinator, gateway and embedding actors on this machine.

    Agents need a token each: `lookalike enroll NAME`. The state lives beside the tables, so a restart goes on where it was.
    Interrupt with Ctrl-C; nothing that was acknowledged is lost.
    """
    from coordinator.coordinator_actor import CoordinatorConfig  # Ray takes seconds to import
    from coordinator.listening import Listening
    from coordinator.serve_app import ServeConfig, start_local
    from coordinator.sweep import load_sweeps
    from creator.profile_file import load_profile
    from telemetry.folder import MetricsFolder

    load_profile(profile)  # an unknown one is said before anything starts

    specs = tuple(spec for path in sweeps or [] for spec in load_sweeps(path))
    config = ServeConfig(
        coordinator=CoordinatorConfig(
            data_url=data,
            profile=profile,
            sweeps=specs,
            figures=MetricsFolder(metrics).prepare(),
            log=str(log.absolute()),
        ),
        tokens_path=str(tokens),
        recogniser=recogniser,
        listening=Listening(host=host, port=port, certificate=certificate, key=key, allows_clear_text=allow_clear_text),
        num_gateways=gateways,
        num_embedders=embedders,
    )
    out.print("Starting Ray, gateway and embedding actors ...")
    with start_local(config) as cluster:
        out.print(f"Agents connect to {cluster.url}. Stop with Ctrl-C.")
        with Live(render(cluster.status()), console=out, auto_refresh=False) as live:
            while True:
                time.sleep(REFRESH_SECONDS)
                live.update(render(cluster.status()), refresh=True)
