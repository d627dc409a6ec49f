"""What the trials amount to, as `evaluate` writes it to JSON. A picture without a face counts as similarity 0.

Shape letters: S subjects, D dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.evaluate.finders import Method
from cli.evaluate.subject import SubjectKind
from cli.evaluate.trial import Trial, Trials, known
from creator.encoding import Floats
from protocol.character import Character
from trainer.evaluate import ImitationMetrics, imitation_metrics

GOALS = {
    "imitator_centred_cosine": 0.96,
    "imitator_r2": 0.92,
    "round_trip_single_pass": 0.91,
    "round_trip_refined": 0.95,
    "face_right": 0.95,
    "gender_right": 0.99,
    "skin_right": 0.60,
    "single_pass_over_inversion": 0.97,
    "inversion_seconds_over_single_pass": 100.0,
    "single_pass_over_black_box": 1.0,
}
"""For 60,000 captured frames, the search with 1,000 captures. `round_trip_single_pass` is what the article reports."""


_OTHER_MEASURES = ("raw_cosine", "distance", "squared_distance_per_vector", "squared_distance_per_dimension")


def headline(trials: Sequence[Trials], imitation: ImitationMetrics | None) -> dict[str, float | None]:
    """The figures that have a goal; None where nothing was tried that says them. Types are right as the single pass names
    them, on faces of the creator."""
    faces, searched = _kind(trials, SubjectKind.FACE), against_search(trials)
    return {
        "imitator_centred_cosine": None if imitation is None else imitation.centred_cosine,
        "imitator_r2": None if imitation is None else imitation.r2,
        "round_trip_single_pass": _mean(_measured(faces, Method.SINGLE_PASS)),
        "round_trip_refined": _mean(_measured(faces, Method.REFINED)),
        **{f"{name}_right": _right(faces, Method.SINGLE_PASS, name) for name in ("face", "gender", "skin")},
        "single_pass_over_inversion": _ratio(trials),
        "inversion_seconds_over_single_pass": _times_as_long(trials),
        "single_pass_over_black_box": searched["single_pass"] / searched["black_box"] if searched else None,
    }


def by_method(trials: Sequence[Trials], kind: SubjectKind, mean_D: Floats) -> dict[str, dict[str, float | int | None]]:
    """Predicted beside measured, for each method that was tried on this kind of subject."""
    chosen = _kind(trials, kind)
    found: dict[str, dict[str, float | int | None]] = {}
    for method in Method:
        own = _of(chosen, method)
        if not own:
            continue
        measured_S = _measured(chosen, method)
        found[str(method)] = {
            "num_subjects": len(own),
            "predicted": _mean([trial.found.predicted for trial in own if trial.found.predicted is not None]),
            "measured": _mean(measured_S),
            "measured_p5": float(np.percentile(measured_S, 5)),
            "percentile": _mean([trial.percentile for trial in own]),
            "seconds": float(np.median([trial.found.seconds for trial in own])),
            "num_captures": max(trial.found.num_captures for trial in own),
            **{f"{name}_right": _right(chosen, method, name) for name in ("face", "gender", "skin")},
            **_in_other_measures(chosen, method, mean_D),
        }
    return found


def by_sweep(trials: Sequence[Trials]) -> dict[str, dict[str, float | int | None]]:
    """Measured similarity of each method on held-out faces, by the sweep that they come from: some sweeps' faces are easier."""
    faces = _kind(trials, SubjectKind.FACE)
    found: dict[str, dict[str, float | int | None]] = {}
    for sweep in sorted({entry.subject.sweep for entry in faces}):
        own = [entry for entry in faces if entry.subject.sweep == sweep]
        methods = {str(method): _mean(_measured(own, method)) for method in Method if _of(own, method)}
        found[sweep] = {"num_subjects": len(own), **methods}
    return found


def mean_measured(trials: Sequence[Trials], kind: SubjectKind, method: Method) -> float | None:
    return _mean(_measured(_kind(trials, kind), method))


def against_search(trials: Sequence[Trials]) -> dict[str, Any]:
    """Subjects that were also searched through the creator itself; empty when none was."""
    both = [(one, entry.of(Method.SINGLE_PASS)) for entry in trials if (one := entry.of(Method.BLACK_BOX))]
    pairs = [(_value(search), _value(single)) for search, single in both if single is not None]
    if not pairs:
        return {}
    return {
        "num_subjects": len(pairs),
        "num_captures": max(search.found.num_captures for search, _ in both),
        "black_box": _mean([search for search, _ in pairs]),
        "single_pass": _mean([single for _, single in pairs]),
        "single_pass_wins": sum(single >= search for search, single in pairs) / len(pairs),
        **_drawn(trials),
    }


def _drawn(trials: Sequence[Trials]) -> dict[str, float]:
    """Empty where every capture of the search was set by keys. A picture without a face differs from nothing."""
    differences = [each for entry in trials for each in entry.drawn_differences if np.isfinite(each)]
    if not differences:
        return {}
    return {
        "num_drawn_checked": len(differences),
        "drawn_mean_difference": float(np.mean(differences)),
        "drawn_greatest_difference": max(differences),
    }


def _kind(trials: Sequence[Trials], kind: SubjectKind) -> list[Trials]:
    return [entry for entry in trials if entry.subject.kind is kind]


def _of(trials: Sequence[Trials], method: Method) -> list[Trial]:
    return [trial for entry in trials if (trial := entry.of(method)) is not None]


def _measured(trials: Sequence[Trials], method: Method) -> NDArray[np.float64]:
    return np.array([_value(trial) for trial in _of(trials, method)])


def _value(trial: Trial) -> float:
    return known(trial.measured) or 0.0


def _mean(values: Sequence[float] | NDArray[np.float64]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _in_other_measures(trials: Sequence[Trials], method: Method, mean_D: Floats) -> dict[str, float | None]:
    """Of pictures that show a face; squared distances in the recogniser's own units."""
    pairs = [
        (trial.embedding_D, entry.subject.target_D)
        for entry in trials
        if (trial := entry.of(method)) is not None and np.isfinite(trial.embedding_D).all()
    ]
    if not pairs:
        return dict.fromkeys(_OTHER_MEASURES)
    shown_SD, wanted_SD = (np.stack(side) for side in zip(*pairs, strict=True))
    found = imitation_metrics(shown_SD, wanted_SD, mean_D)
    return {name: getattr(found, name) for name in _OTHER_MEASURES}


def _times_as_long(trials: Sequence[Trials]) -> float | None:
    """Medians of what both took for one subject."""
    single, inverted = (
        [trial.found.seconds for trial in _of(trials, method)] for method in (Method.SINGLE_PASS, Method.INVERSION)
    )
    return float(np.median(inverted) / max(np.median(single), 1e-9)) if single and inverted else None


def _ratio(trials: Sequence[Trials]) -> float | None:
    single, inverted = _mean(_measured(trials, Method.SINGLE_PASS)), _mean(_measured(trials, Method.INVERSION))
    return None if single is None or not inverted else single / inverted


def _right(trials: Sequence[Trials], method: Method, name: str) -> float | None:
    """How often the method names the true gender, face or skin type; a face type is one of its gender."""
    is_same = _SAME[name]
    judged = [
        is_same(trial.found.character, entry.subject.truth)
        for entry in trials
        if entry.subject.truth is not None and (trial := entry.of(method)) is not None
    ]
    return _mean([float(value) for value in judged])


_SAME: dict[str, Callable[[Character, Character], bool]] = {
    "gender": lambda found, truth: found.gender == truth.gender,
    "face": lambda found, truth: (found.gender, found.face) == (truth.gender, truth.face),
    "skin": lambda found, truth: (found.gender, found.skin) == (truth.gender, truth.skin),
}
