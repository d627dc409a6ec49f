"""People with photos that were kept back: the fair test of likeness, since nothing was fitted to those.

Shape letters: S subjects, D dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cli.evaluate.subject import SubjectKind
from cli.evaluate.trial import Trials, known
from creator.encoding import Floats
from embedding.similarity import cosine


def persons(trials: Sequence[Trials], mean_D: Floats) -> list[dict[str, Any]]:
    """`rank` 1: no other person of the folder is more like the character, each as seen on photos that nothing was fitted to."""
    people = [entry for entry in trials if entry.subject.kind is SubjectKind.PHOTO]
    lineup_SD = np.stack([entry.subject.lineup_D for entry in people]) if people else np.empty((0, 1), np.float32)
    return [
        _person(entry, lineup_SD, place, mean_D)
        for place, entry in enumerate(people)
        if entry.subject.others_D is not None
    ]


def summary(people: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means over `persons`: how each method stands on the photos that were kept back, and what fitting several gives."""
    if not people:
        return {}
    methods = [method for method in people[0]["methods"] if all(method in person["methods"] for person in people)]
    return {
        "num_persons": len(people),
        "num_in_lineup": people[0]["num_persons"],
        "photos_alike": _mean([person["photos_alike"] for person in people]),
        "methods": {method: _of_method([person["methods"][method] for person in people]) for method in methods},
        "several_photos": _several([person for person in people if person["several_photos"]]),
    }


def rank_in(lineup_SD: Floats, place: int, embedding_D: Floats, mean_D: Floats) -> int:
    """Of person `place`, among all persons, by how alike an embedding is; the last one for a picture without a face."""
    if not np.isfinite(embedding_D).all():
        return len(lineup_SD)
    alike_S = cosine(lineup_SD, embedding_D, centre_D=mean_D)
    return 1 + int((alike_S > alike_S[place]).sum())


def _person(entry: Trials, lineup_SD: Floats, place: int, mean_D: Floats) -> dict[str, Any]:
    subject = entry.subject
    others_D = subject.lineup_D
    return {
        "name": subject.name,
        "num_fitted": subject.num_fitted,
        "num_others": subject.num_others,
        "num_persons": len(lineup_SD),
        "photos_alike": float(cosine(subject.target_D[None], others_D, centre_D=mean_D)[0]),
        "methods": {
            str(trial.found.method): {
                "measured": known(trial.measured),
                "measured_on_others": None if trial.measured_on_others is None else known(trial.measured_on_others),
                "rank": rank_in(lineup_SD, place, trial.embedding_D, mean_D),
            }
            for trial in entry.trials
        },
        "several_photos": {} if entry.several is None else entry.several.on(others_D[None], mean_D),
    }


def _of_method(entries: Sequence[dict[str, Any]]) -> dict[str, float]:
    ranks = [entry["rank"] for entry in entries]
    return {
        "measured": _mean([entry["measured"] or 0.0 for entry in entries]),
        "measured_on_others": _mean([entry["measured_on_others"] or 0.0 for entry in entries]),
        "mean_rank": _mean(ranks),
        "first": _mean([rank == 1 for rank in ranks]),
    }


def _several(people: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Empty where nobody has two photos to fit."""
    if not people:
        return {}
    each = [person["several_photos"] for person in people]
    means = {name: _mean([one[name] for one in each]) for name in each[0]}
    return {
        "num_persons": len(people),
        "photos_fitted": _mean([person["num_fitted"] for person in people]),
        **means,
        "gain_over_best_fair": means["all"] - means["best_fair"],
        "gain_over_best": means["all"] - means["best"],
    }


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
