"""`lookalike coordinator`: leases sweeps to agents and takes their frames, until interrupted."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from rich.live import Live

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
from cli.console import out
from cli.status import REFRESH_SECONDS, render


def coordinator(
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
) -> None:
    """Run coordinator, gateway and embedding actors on this machine.

    Agents need a token each: `lookalike enroll NAME`. The state lives beside the tables, so a restart goes on where it was.
    Interrupt with Ctrl-C; nothing that was acknowledged is lost. `lookalike cluster up` does the same in the background.
    """
    from coordinator.serve_app import start_local  # Ray takes seconds to import

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
    config = told.serve_config()
    out.print("Starting Ray, gateway and embedding actors ...")
    with start_local(config) as cluster:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C; Ray's own handler aborts with a stack
        out.print(f"Agents connect to {cluster.url}. Stop with Ctrl-C.")
        with Live(render(cluster.status()), console=out, auto_refresh=False) as live:
            while True:
                time.sleep(REFRESH_SECONDS)
                live.update(render(cluster.status()), refresh=True)
