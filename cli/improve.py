"""`lookalike improve`: captures what the networks would answer, and learns from it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import progress_bars, show

if TYPE_CHECKING:
    from cli.on_policy import Attempt, History, Round
    from coordinator.sweep import SweepSpec
    from creator.encoding import Floats
    from creator.profile import Profile
    from dataset.snapshot import Snapshot
    from matcher.matcher import Matcher


def improve(
    campaign: Annotated[Path, typer.Option(help="The folder of `lookalike capture`, with its tables.")] = Path(
        "campaign"
    ),
    models: Annotated[Path, typer.Option(help="The model set to improve; trained first where there is none.")] = Path(
        "models"
    ),
    profile: Annotated[str, typer.Option(help="The creator's profile: a name or a file.")] = "standin",
    rounds: Annotated[int, typer.Option(min=1, help="How often to match, capture and train.")] = 2,
    targets: Annotated[int, typer.Option(min=1, help="Faces that are matched in each round.")] = 64,
    neighbours: Annotated[
        int, typer.Option(min=0, help="Neighbours captured of each match that the imitator is least sure of.")
    ] = 4,
    photos: Annotated[Path | None, typer.Option(help="A folder of photos that are targets too.")] = None,
    agents: Annotated[int, typer.Option(min=1, max=64, help="How many agents capture.")] = 2,
    faults: Annotated[str, typer.Option(help="Faults of the stand-in, as dropped_press=0.02.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Of targets, neighbours and networks.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Match targets, capture the matches with agents, add them to the tables, train again, and so on.

    Shows how the similarity that is promised and the one that the creator shows come together. The last captures tell what the
    last training gave; the next call trains on them first, and one that was interrupted goes on.
    """
    from creator.profile_file import load_profile

    loop = _Loop(
        campaign=campaign,
        models=models,
        profile=load_profile(profile),
        profile_name=profile,
        num_targets=targets,
        num_neighbours=neighbours,
        photos=photos,
        num_agents=agents,
        faults=faults,
        seed=seed,
    )
    history = loop.run(rounds)
    show(_table(history), as_json=history.to_json(), is_json=json)


@dataclass(frozen=True, kw_only=True)
class _Loop:
    """One call of the verb."""

    campaign: Path
    models: Path
    profile: Profile
    profile_name: str
    num_targets: int
    num_neighbours: int
    photos: Path | None
    num_agents: int
    faults: str
    seed: int

    def run(self, rounds: int) -> History:
        from cli.on_policy import History
        from trainer.model_set import CARD_FILE

        history = History.read(self.models)
        if not (self.models / CARD_FILE).exists() or not history.is_learned:
            history = self._learn(history)
        for at in range(rounds + 1):
            history = replace(history, rounds=(*history.rounds, self._round(len(history.rounds))), is_learned=False)
            history.write(self.models)
            if at < rounds:
                history = self._learn(history)
        return history

    def _round(self, number: int) -> Round:
        from cli.on_policy import attempt, judged, sweeps_of
        from matcher.matcher import Matcher

        matcher = Matcher.load(self.models, profile=self.profile)
        with progress_bars() as bars:
            task = bars.add_task(f"Round {number}: matching", total=self.num_targets, unit="targets")
            tried: Attempt = attempt(
                matcher,
                self._snapshot(),
                number,
                num_targets=self.num_targets,
                seed=self.seed,
                photos_XD=self._photo_targets(matcher),
                on_match=lambda: bars.advance(task),
            )
        sweeps = sweeps_of(tried, matcher, num_neighbours=self.num_neighbours, seed=self.seed)
        self._capture(sweeps)
        return judged(tried, matcher, self._snapshot(), sweeps[0].name)

    def _capture(self, sweeps: list[SweepSpec]) -> None:
        from cli.calibrate import ensure_calibration
        from cli.campaign import AgentPlan, CampaignPlan, capture_with_progress

        calibration = ensure_calibration(
            self.profile, self.campaign / "calibration", faults=self.faults, seed=self.seed
        )
        run = uuid.uuid4().hex[:6]  # agents of different runs are different agents
        plans = [
            AgentPlan(name=f"agent-{run}-{at}", seed=self.seed + at, faults=self.faults)
            for at in range(1, self.num_agents + 1)
        ]
        plan = CampaignPlan(
            folder=self.campaign, profile=self.profile_name, sweeps=sweeps, agents=plans, calibration=calibration
        )
        capture_with_progress(plan)

    def _snapshot(self) -> Snapshot:
        from dataset.dataset import Dataset
        from dataset.export import export_snapshot

        dataset = Dataset.open(str(self.campaign / "data"), self.profile)
        return export_snapshot(dataset, self.models / "snapshot", seed=self.seed)

    def _learn(self, history: History) -> History:
        from cli.learning import train_with_progress

        train_with_progress(self._snapshot(), self.profile, self.models, seed=self.seed)
        learned = replace(history, is_learned=True)
        learned.write(self.models)
        return learned

    def _photo_targets(self, matcher: Matcher) -> Floats | None:
        import numpy as np

        from cli.evaluate.subject import people_in

        if self.photos is None:
            return None
        return np.stack([subject.target_D for subject in people_in(self.photos, matcher).subjects])


def _table(history: History) -> Table:
    table = Table(
        "round", "rows", "targets", "promised", "measured", "too much", "expected error", "measured error", box=None
    )
    for column in table.columns:
        column.justify = "right"
    for entry in history.rounds:
        figures = (entry.predicted, entry.measured, entry.gap)
        errors = (entry.expected_error, entry.measured_error)
        counts = (str(entry.number), f"{entry.num_rows:,}", str(entry.num_measured))
        table.add_row(*counts, *(f"{value:.3f}" for value in figures), *(f"{value:.4f}" for value in errors))
    return table
