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
from embedding.similarity import cosine
from protocol.character import Character
from trainer.evaluate import ImitationMetrics

GOALS = {
    "imitator_centred_cosine": 0.96,
    "imitator_r2": 0.92,
    "round_trip_single_pass": 0.91,
    "round_trip_refined": 0.95,
    "face_right": 0.95,
    "gender_right": 0.99,
    "skin_right": 0.60,
    "single_pass_over_inversion": 0.97,
}
"""For 60,000 captured frames. `round_trip_single_pass` is what the article reports."""


def headline(trials: Sequence[Trials], imitation: ImitationMetrics | None) -> dict[str, float | None]:
    """The figures that have a goal; None where nothing was tried that says them. Types are right as the single pass names
    them, on faces of the creator."""
    faces = _kind(trials, SubjectKind.FACE)
    return {
        "imitator_centred_cosine": None if imitation is None else imitation.centred_cosine,
        "imitator_r2": None if imitation is None else imitation.r2,
        "round_trip_single_pass": _mean(_measured(faces, Method.SINGLE_PASS)),
        "round_trip_refined": _mean(_measured(faces, Method.REFINED)),
        **{f"{name}_right": _right(faces, Method.SINGLE_PASS, name) for name in ("face", "gender", "skin")},
        "single_pass_over_inversion": _ratio(trials),
    }


def by_method(trials: Sequence[Trials], kind: SubjectKind) -> dict[str, dict[str, float | int | None]]:
    """Predicted beside measured, for each method that was tried on this kind of subject."""
    chosen = _kind(trials, kind)
    found = {}
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
        }
    return found


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
    }


def persons(trials: Sequence[Trials], mean_D: Floats) -> list[dict[str, Any]]:
    """People with photos that were kept back: the fair test of likeness. `rank` 1: no other person is more alike."""
    people = _kind(trials, SubjectKind.PHOTO)
    lineup_SD = np.stack([entry.subject.lineup_D for entry in people]) if people else np.empty((0, 1), np.float32)
    found = []
    for place, entry in enumerate(people):
        subject = entry.subject
        if subject.others_D is None:
            continue
        methods = {
            str(trial.found.method): {
                "measured": known(trial.measured),
                "measured_on_others": known(_value_on_others(trial)),
                "rank": rank_in(lineup_SD, place, trial.embedding_D, mean_D),
            }
            for trial in entry.trials
        }
        own = cosine(subject.target_D[None], subject.others_D, centre_D=mean_D)[0]
        found.append(
            {
                "name": subject.name,
                "num_fitted": subject.num_fitted,
                "num_others": subject.num_others,
                "num_persons": len(people),
                "photos_alike": float(own),
                "methods": methods,
            }
        )
    return found


def rank_in(lineup_SD: Floats, place: int, embedding_D: Floats, mean_D: Floats) -> int:
    """Of person `place`, among all persons, by how alike an embedding is; the last one for a picture without a face."""
    if not np.isfinite(embedding_D).all():
        return len(lineup_SD)
    alike_S = cosine(lineup_SD, embedding_D, centre_D=mean_D)
    return 1 + int((alike_S > alike_S[place]).sum())


def _kind(trials: Sequence[Trials], kind: SubjectKind) -> list[Trials]:
    return [entry for entry in trials if entry.subject.kind is kind]


def _of(trials: Sequence[Trials], method: Method) -> list[Trial]:
    return [trial for entry in trials if (trial := entry.of(method)) is not None]


def _measured(trials: Sequence[Trials], method: Method) -> NDArray[np.float64]:
    return np.array([_value(trial) for trial in _of(trials, method)])


def _value(trial: Trial) -> float:
    return known(trial.measured) or 0.0


def _value_on_others(trial: Trial) -> float:
    return 0.0 if trial.measured_on_others is None else (known(trial.measured_on_others) or 0.0)


def _mean(values: Sequence[float] | NDArray[np.float64]) -> float | None:
    return float(np.mean(values)) if len(values) else None


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
