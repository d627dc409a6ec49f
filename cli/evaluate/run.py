"""Runs an evaluation: every subject's characters are set in a creator and measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from cli.console import progress_bars
from cli.evaluate import figures, persons
from cli.evaluate.drawn import CheckedMeasure, DrawnCreator, Measured
from cli.evaluate.explained import EXPLAINED
from cli.evaluate.finders import CapturedFaces, Finders, Method, searched
from cli.evaluate.subject import Subject, SubjectKind, held_out_faces, people_in
from cli.evaluate.trial import Measurer, Trials
from cli.studio import Studio
from creator.encoding import Floats
from dataset.snapshot import Snapshot
from matcher.matcher import Matcher
from trainer.black_box import SearchConfig
from trainer.chance import Chance, chances
from trainer.coverage import Coverage, Reach, coverage
from trainer.evaluate import ImitationMetrics, imitation_metrics, impostor_pairs
from trainer.imitator import load_imitator, noise_variance_of
from trainer.inversion import InversionConfig, PreparedImitator, prepare
from trainer.rows import split_rows

_QUOTED = (0.2, 0.3, 0.358, 0.4)  # similarities whose odds the article quotes
_FEWEST_PHOTOS = 8
"""Fewer photos say nothing about how well they are covered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationPlan:
    """What is evaluated. `num_searched` subjects, photos first, are also searched through the creator itself.

    `is_search_drawn`: the search looks at heads drawn without keys, of which some are set by keys as well.
    """

    models: Path
    num_faces: int = 200
    photos: Path | None = None
    num_searched: int = 0
    search: SearchConfig = field(default_factory=SearchConfig)
    is_search_drawn: bool = False
    num_directions: int = 64
    num_shown: int = 8
    seed: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """All that was found out."""

    matcher: Matcher
    trials: Sequence[Trials]
    imitation: ImitationMetrics | None
    chance: dict[str, list[Chance]]
    coverage: dict[str, Coverage]
    creator_dimensions: float
    left_out: Sequence[str]
    provenance: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        mean_D = self.matcher.mean_D
        people = persons.persons(self.trials, mean_D)
        return {
            **figures.headline(self.trials, self.imitation),
            "goals": figures.GOALS,
            "explained": EXPLAINED,
            "imitator": None if self.imitation is None else self.imitation.to_json(),
            "faces": figures.by_method(self.trials, SubjectKind.FACE, mean_D),
            "faces_by_sweep": figures.by_sweep(self.trials),
            "photos": figures.by_method(self.trials, SubjectKind.PHOTO, mean_D),
            "persons": people,
            "persons_summary": persons.summary(people),
            "black_box": figures.against_search(self.trials),
            "chance": {name: [one.to_json() for one in found] for name, found in self.chance.items()},
            "coverage": {
                "creator_effective_dimensions": self.creator_dimensions,
                **{name: found.to_json() for name, found in self.coverage.items()},
            },
            "left_out": list(self.left_out),
            "provenance": self.provenance,
            "subjects": [entry.to_json() for entry in self.trials],
        }


def run_evaluation(
    plan: EvaluationPlan,
    matcher: Matcher,
    snapshot: Snapshot,
    studio: Studio,
    provenance: dict[str, str],
    *,
    is_quiet: bool = False,
) -> Evaluation:
    """Raises CheckpointError without an imitator to invert, TargetError for a folder without photos, DriverError."""
    profile = matcher.profile
    prepared = prepare(load_imitator(plan.models / "imitator.pt", profile), profile)
    captured = CapturedFaces(snapshot, profile, matcher.mean_D)
    subjects = held_out_faces(snapshot, profile, plan.num_faces, seed=plan.seed, num_shown=plan.num_shown)
    people = people_in(plan.photos, matcher) if plan.photos else None
    subjects += people.subjects if people else []
    finders, measurer = Finders(matcher, prepared, captured), Measurer(studio, matcher)
    trials = _tried(plan, subjects, finders, measurer, is_quiet=is_quiet)
    reach = Reach.of(captured.rows.embeddings_ND, prepared.imitator.space)
    return Evaluation(
        matcher=matcher,
        trials=trials,
        imitation=_imitation(matcher, snapshot),
        chance=_chance(trials, captured, prepared),
        coverage=_coverage(plan, trials, reach, prepared),
        creator_dimensions=reach.effective_dimensions,
        left_out=people.left_out if people else [],
        provenance=provenance,
    )


def _tried(
    plan: EvaluationPlan, subjects: Sequence[Subject], finders: Finders, measurer: Measurer, *, is_quiet: bool
) -> list[Trials]:
    if subjects:
        finders.usual(subjects[0])  # the first call of a network takes longer than all others
    ordered = sorted(subjects, key=lambda subject: subject.kind is not SubjectKind.PHOTO)  # stable
    is_searched = {id(subject) for subject in ordered[: plan.num_searched]}
    searcher = _Searcher(plan, measurer)
    trials = []
    with progress_bars(is_quiet=is_quiet) as bars:
        faces = bars.add_task("Setting and measuring", total=len(subjects), unit="subjects")
        captures = bars.add_task("Black-box search", total=len(is_searched) * plan.search.num_captures, unit="captures")
        bars.update(captures, visible=bool(is_searched))
        for subject in subjects:
            tried = _tried_for(subject, finders, measurer)
            if id(subject) in is_searched:
                tried = searcher.with_search(tried, lambda: bars.advance(captures))
            trials.append(tried)
            bars.advance(faces)
    return trials


def _tried_for(subject: Subject, finders: Finders, measurer: Measurer) -> Trials:
    found = tuple(measurer.trial(subject, one) for one in finders.usual(subject))
    return Trials(subject=subject, trials=found, several=measurer.several(subject, found))


class _Searcher:
    """Searches through the creator; what it finds is set by keys and measured like everything else."""

    def __init__(self, plan: EvaluationPlan, measurer: Measurer) -> None:
        self._config, self._measurer = plan.search, measurer
        self._drawn: Measurer | None = None
        if plan.num_searched and plan.is_search_drawn:
            self._drawn = Measurer(DrawnCreator(measurer.matcher.profile, seed=plan.seed), measurer.matcher)

    def with_search(self, tried: Trials, on_capture: Callable[[], None]) -> Trials:
        subject = tried.subject
        by_keys = _measure_of(self._measurer, subject)
        checked = None if self._drawn is None else CheckedMeasure(_measure_of(self._drawn, subject), by_keys)
        best, course = searched(subject, self._measurer.matcher.profile, checked or by_keys, self._config, on_capture)
        return replace(
            tried,
            trials=(*tried.trials, self._measurer.trial(subject, best)),
            course=course,
            drawn_differences=() if checked is None else tuple(checked.differences),
        )


def _measure_of(measurer: Measurer, subject: Subject) -> Measured:
    return lambda character: measurer.similarity(character, subject.target_D)


def _imitation(matcher: Matcher, snapshot: Snapshot) -> ImitationMetrics | None:
    """On held-out rows of this snapshot, not as the card has it: the snapshot may be a newer one."""
    training, held_out = split_rows(snapshot, matcher.profile)
    if not len(held_out):
        return None
    predicted_ND, _ = matcher.models.imitate_with_errors(held_out.choices_N3, held_out.sliders_NS)
    noise = noise_variance_of(training, held_out)
    return imitation_metrics(predicted_ND, held_out.embeddings_ND, matcher.mean_D, noise)


def _chance(trials: Sequence[Trials], captured: CapturedFaces, prepared: PreparedImitator) -> dict[str, list[Chance]]:
    """For the similarities that the article quotes and for those that were reached here."""
    space = prepared.imitator.space
    pairs_P = impostor_pairs(captured.rows.embeddings_ND, captured.rows.sliders_NS, space)
    asked = sorted({*_QUOTED, *_reached(trials)})
    found = {"captured_faces": chances(asked, pairs_P, space.dimension)} if len(pairs_P) else {}
    targets = [entry.subject.target_D for entry in trials if entry.subject.kind is SubjectKind.PHOTO]
    if targets:
        photo_P = np.concatenate([captured.similarities(target_D) for target_D in targets])
        found["photo_and_captured_face"] = chances(asked, photo_P, space.dimension)
    return found


def _reached(trials: Sequence[Trials]) -> list[float]:
    means = []
    for kind in SubjectKind:
        measured = figures.mean_measured(trials, kind, Method.REFINED)
        if measured is not None:
            means.append(round(measured, 3))
    return means


def _coverage(
    plan: EvaluationPlan, trials: Sequence[Trials], reach: Reach, prepared: PreparedImitator
) -> dict[str, Coverage]:
    config = InversionConfig.bulk()
    groups: dict[str, list[Floats]] = {}
    for entry in trials:
        name = "photos" if entry.subject.kind is SubjectKind.PHOTO else "held_out_faces"
        groups.setdefault(name, []).append(entry.subject.target_D)
    targets = {name: np.stack(each) for name, each in groups.items() if name != "photos" or len(each) >= _FEWEST_PHOTOS}
    if plan.num_directions:
        targets["mixtures_of_faces"] = reach.random_mixtures(plan.num_directions, seed=plan.seed)
        targets["random_directions"] = reach.random_directions(plan.num_directions, seed=plan.seed)
    return {name: coverage(prepared, reach, targets_TD, config) for name, targets_TD in targets.items()}
