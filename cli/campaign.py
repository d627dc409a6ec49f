"""A campaign on this machine: coordinator, gateway, embedding actors and agents, from planned sweeps to committed rows."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.console import progress_bars
from cli.devices import DeviceKind
from cli.secrets import write_token
from coordinator.commands import Command
from coordinator.coordinator_actor import CoordinatorConfig
from coordinator.listening import Listening
from coordinator.serve_app import RunningCluster, ServeConfig, start_local
from coordinator.status import FleetStatus
from coordinator.sweep import SweepSpec
from coordinator.tokens import TokenStore
from protocol.errors import LookalikeError
from telemetry.folder import MetricsFolder

POLL_SECONDS = 0.5
STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPlan:
    """An agent of the campaign, in a process of its own."""

    name: str
    seed: int = 0
    device: DeviceKind = DeviceKind.STANDIN
    faults: str = ""
    truth_log: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPlan:
    """What is captured, by whom and where to. `folder` takes tables, tokens, spools and logs."""

    folder: Path
    profile: str
    sweeps: Sequence[SweepSpec]
    agents: Sequence[AgentPlan]
    calibration: Path
    port: int = 0
    recogniser: str = "dlib"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def tokens(self) -> Path:
        return self.folder / "secrets" / "tokens.json"


def run_campaign(plan: CampaignPlan, on_status: Callable[[FleetStatus], None]) -> FleetStatus:
    """Captures until every planned row is committed; returns the last status. What it started, it stops.

    Raises LookalikeError when all agents have ended before that or a shard was set aside.
    """
    coordinator = CoordinatorConfig(
        data_url=str(plan.data),
        profile=plan.profile,
        figures=MetricsFolder(plan.folder / "metrics").prepare(),
        log=str((plan.folder / "logs" / "coordinator.log").absolute()),
    )
    config = ServeConfig(
        coordinator=coordinator,
        tokens_path=str(plan.tokens),
        recogniser=plan.recogniser,
        listening=Listening(port=plan.port),
    )
    with start_local(config) as cluster:
        for sweep in plan.sweeps:
            cluster.add_sweep(sweep)
        for shard in cluster.status().set_aside:
            cluster.execute(Command("release_shard", shard.shard_id))  # whoever starts again wants another try
        on_status(cluster.status())
        with running_agents(plan, cluster.url) as agents:
            return _watch(cluster, agents, plan, on_status)


def capture_with_progress(
    plan: CampaignPlan, keep: Callable[[FleetStatus], None] = lambda _: None, *, is_quiet: bool = False
) -> FleetStatus:
    """Runs the campaign with one bar for each sweep; `keep` is told every status too."""
    with progress_bars(is_quiet=is_quiet) as bars:
        start = bars.add_task("Starting the cluster", total=None)
        tasks: dict[str, Callable[[int], None]] = {}

        def on_status(status: FleetStatus) -> None:
            keep(status)
            bars.update(start, total=1, completed=1, visible=False)
            for sweep in status.sweeps:
                if sweep.name not in tasks:
                    task = bars.add_task(f"Capturing sweep {sweep.name}", total=sweep.planned_rows, unit="rows")
                    tasks[sweep.name] = lambda rows, task=task: bars.update(task, completed=rows)  # type: ignore[misc]
                tasks[sweep.name](sweep.committed_rows)

        return run_campaign(plan, on_status)


@contextlib.contextmanager
def running_agents(plan: CampaignPlan, url: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Starts the agents' processes; afterwards asks them to stop, which gives their shards back, ends them at last, and
    revokes their tokens."""
    agents: list[subprocess.Popen[bytes]] = []
    try:
        for agent in plan.agents:
            agents.append(_start_agent(plan, agent, url))  # noqa: PERF401 - each is to be ended even if the next fails
        yield agents
    finally:
        for process in agents:
            process.terminate()
        for process in agents:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for agent in plan.agents:
            TokenStore(plan.tokens).revoke(agent.name)
            _token_file(plan, agent).unlink(missing_ok=True)


def _start_agent(plan: CampaignPlan, agent: AgentPlan, url: str) -> subprocess.Popen[bytes]:
    token_file = _token_file(plan, agent)
    write_token(token_file, TokenStore(plan.tokens).issue(agent.name, expires_in_days=7))
    command = [sys.executable, "-m", "cli.main", "agent", "--name", agent.name, "--url", url]
    command += ["--token-file", str(token_file), "--profile", plan.profile, "--calibration", str(plan.calibration)]
    command += ["--spool", str(plan.folder / "spool" / agent.name), "--device", agent.device, "--until-orphaned"]
    command += ["--seed", str(agent.seed)] if agent.device is DeviceKind.STANDIN else []
    command += ["--faults", agent.faults] if agent.faults else []
    if agent.truth_log:
        agent.truth_log.parent.mkdir(parents=True, exist_ok=True)
        command += ["--truth-log", str(agent.truth_log)]
    command += ["--log", str(_out_file(plan, agent).with_suffix(".log"))]
    with _out_file(plan, agent).open("ab") as log:
        # a session of its own: an interrupt reaches us alone, and we ask the agents to stop in order
        return subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )


def _token_file(plan: CampaignPlan, agent: AgentPlan) -> Path:
    return plan.folder / "secrets" / f"{agent.name}.token"


def _out_file(plan: CampaignPlan, agent: AgentPlan) -> Path:
    """What the process says beside its log: the error that ended it."""
    path = plan.folder / "logs" / f"{agent.name}.out"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _watch(
    cluster: RunningCluster,
    agents: Sequence[subprocess.Popen[bytes]],
    plan: CampaignPlan,
    on_status: Callable[[FleetStatus], None],
) -> FleetStatus:
    while True:
        has_agents = any(process.poll() is None for process in agents)
        status = cluster.status()
        on_status(status)
        if status.committed_rows == status.planned_rows:
            return status
        if status.set_aside:
            shard = status.set_aside[0]
            raise LookalikeError(
                f"Shard {shard.shard_id} was set aside: {shard.errors[-1]}. "
                f"See {plan.folder / 'logs'}; the same command tries it again"
            )
        if not has_agents:
            raise LookalikeError(f"All agents have ended with work left. {_last_words(plan)}")
        time.sleep(POLL_SECONDS)


def _last_words(plan: CampaignPlan) -> str:
    path = _out_file(plan, plan.agents[0])
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines() if path.exists() else []
    return f"The last line of {path}: {lines[-1] if lines else '(empty)'}"
