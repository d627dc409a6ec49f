"""`lookalike agent`: drives a creator and captures what a coordinator leases to it."""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path
from typing import Annotated

import typer

from agents.agent import AgentConfig, AgentSummary, run_agent
from agents.binding import check_binding
from agents.calibration_file import load_calibration
from agents.capture import CaptureConfig
from agents.evidence import kept_evidence
from agents.uplink import Uplink
from cli.console import out
from cli.devices import DeviceKind, StandinOptions, open_device
from cli.secrets import read_token
from creator.profile_file import load_profile
from telemetry.log import log_to

_ORPHAN_CHECK_SECONDS = 2.0


def agent(
    url: Annotated[str, typer.Option(help="The coordinator's address.")] = "http://127.0.0.1:8420",
    name: Annotated[str, typer.Option(help="The name that it was enrolled by.")] = socket.gethostname(),
    token_file: Annotated[Path, typer.Option(help="Its token, from `lookalike enroll`.")] = Path("agent.token"),
    profile: Annotated[str, typer.Option(help="The creator's profile: a name or a file.")] = "standin",
    calibration: Annotated[Path, typer.Option(help="From `lookalike calibrate` on this machine.")] = Path(
        "standin.calibration"
    ),
    device: Annotated[DeviceKind, typer.Option(help="Where the creator runs.")] = DeviceKind.STANDIN,
    spool: Annotated[Path, typer.Option(help="Frames wait here until they are acknowledged.")] = Path("spool"),
    faults: Annotated[str, typer.Option(help="Faults of the stand-in, as dropped_press=0.02.")] = "",
    seed: Annotated[int, typer.Option(help="Of the stand-in's chances.")] = 0,
    truth_log: Annotated[Path | None, typer.Option(help="Of the stand-in: what was really shown.")] = None,
    recording: Annotated[
        Path | None, typer.Option(help="Write all keys and pictures to this file, for a bug report.")
    ] = None,
    evidence: Annotated[
        Path, typer.Option(help="Pictures of what the agent could not make sense of go to this folder.")
    ] = Path("evidence"),
    log: Annotated[
        Path | None, typer.Option(help="Its log, one JSON object a line; standard error unless told.")
    ] = None,
    ends_when_finished: Annotated[bool, typer.Option(help="Stop when there is no work left.")] = False,
    until_orphaned: Annotated[
        bool, typer.Option("--until-orphaned", help="Stop when the starting process ends.")
    ] = False,
) -> None:
    """Capture shards until interrupted.

    Nothing is lost: frames stay in the spool until the coordinator has them for good, and a shard that cannot be
    finished is given back. Ctrl-C or SIGTERM ends it in order.
    """
    log_to(log, process="agent", agent=name)
    stop = _stop_on_signals()
    if until_orphaned:
        threading.Thread(target=_stop_when_orphaned, args=(stop, os.getppid()), daemon=True).start()
    config = AgentConfig(
        name=name,
        url=url,
        spool_folder=spool,
        ends_when_finished=ends_when_finished,
        capture=CaptureConfig(evidence_folder=evidence),
    )
    described = load_profile(profile)
    learned, token = load_calibration(calibration), read_token(token_file)
    standin = StandinOptions(faults=faults, seed=seed, truth_log=truth_log)
    opened = open_device(device, described, standin, recording=recording)
    try:
        with kept_evidence(evidence, described.name):
            check_binding(opened, described, learned)
        out.print(f"Agent {name} captures for {url}. Stop with Ctrl-C.")
        summary = run_agent(config, opened, described, learned, Uplink(url, token, wait=stop.wait), stop=stop)
    finally:
        opened.close()
    out.print(_sentence(summary))


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _stop_when_orphaned(stop: threading.Event, parent: int) -> None:
    while os.getppid() == parent:
        if stop.wait(_ORPHAN_CHECK_SECONDS):
            return
    stop.set()


def _sentence(summary: AgentSummary) -> str:
    return (
        f"{summary.num_frames:,} frames captured; shards: {summary.num_done} done, {summary.num_failed} failed, "
        f"{summary.num_given_back} given back, {summary.num_lost} lost"
    )
