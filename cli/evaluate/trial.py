"""A character that was found, set in the creator, captured and measured.

Shape letters: D dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cli.evaluate.drawn import Creator
from cli.evaluate.finders import RUNNERS_UP, Found, Method
from cli.evaluate.several import SeveralPhotos, match_several
from cli.evaluate.subject import Pixels, Subject
from creator.encoding import Floats
from embedding.frames import embed_frames
from embedding.place import known_box
from embedding.similarity import cosine
from matcher.matcher import Matcher
from protocol.character import Character, JsonObject


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trial:
    """`measured` with what was fitted, `measured_on_others` with the photos that were kept back. Without a face: NaN."""

    found: Found
    measured: float
    percentile: float
    embedding_D: Floats
    measured_on_others: float | None = None
    picture: Pixels | None = None

    def to_json(self) -> JsonObject:
        return {
            "method": str(self.found.method),
            "character": self.found.character.to_json(),
            "predicted": self.found.predicted,
            "measured": known(self.measured),
            "percentile": self.percentile,
            "measured_on_others": None if self.measured_on_others is None else known(self.measured_on_others),
            "seconds": round(self.found.seconds, 4),
            "num_captures": self.found.num_captures,
        }


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trials:
    """A subject with all that was tried for it; `several` where there were two photos to fit and one to score on."""

    subject: Subject
    trials: tuple[Trial, ...]
    several: SeveralPhotos | None = None
    course: tuple[float, ...] = ()  # of the black-box search: the best similarity after each capture
    drawn_differences: tuple[float, ...] = ()  # of similarities that the search saw drawn, from those set by keys

    def of(self, method: Method) -> Trial | None:
        return next((trial for trial in self.trials if trial.found.method is method), None)

    def to_json(self) -> JsonObject:
        subject = self.subject
        table: dict[str, Any] = {
            "name": subject.name,
            "kind": str(subject.kind),
            "sweep": subject.sweep,
            "truth": None if subject.truth is None else subject.truth.to_json(),
            "num_fitted": subject.num_fitted,
            "num_others": subject.num_others,
            "trials": [trial.to_json() for trial in self.trials],
        }
        return table | ({"course": [round(best, 4) for best in self.course]} if self.course else {})


@dataclass(frozen=True, eq=False)
class Measurer:
    """Takes pictures of characters, and embeds them as a campaign's frames are."""

    creator: Creator
    matcher: Matcher

    def similarity(self, character: Character, target_D: Floats) -> float:
        """NaN where the picture shows no face."""
        return self._similarity(self._look(character)[1], target_D)

    def trial(self, subject: Subject, found: Found) -> Trial:
        picture, embedding_D = self._look(found.character)
        measured = self._similarity(embedding_D, subject.target_D)
        others_D = subject.others_D
        return Trial(
            found=found,
            measured=measured,
            percentile=self.matcher.impostor_pairs.percentile(measured) if np.isfinite(measured) else 0.0,
            embedding_D=embedding_D,
            measured_on_others=None if others_D is None else self._similarity(embedding_D, others_D),
            picture=picture if subject.is_shown else None,
        )

    def several(self, subject: Subject, tried: Sequence[Trial]) -> SeveralPhotos | None:
        """Characters that were tried already are not captured again: the same character is to have the same figure."""
        if subject.others_D is None or len(subject.fitted) < 2:
            return None
        shown = {trial.found.character: trial.embedding_D for trial in tried}

        def seen(character: Character) -> Floats:
            if character not in shown:
                shown[character] = self._look(character)[1]
            return shown[character]

        return match_several(self.matcher, subject.fitted, seen, mildness=0, runners_up=RUNNERS_UP)

    def _look(self, character: Character) -> tuple[Pixels, Floats]:
        picture = self.creator.picture(character)
        box = known_box(self.matcher.profile, picture)
        return picture, embed_frames(self.matcher.recogniser, [picture], box).embeddings_ND[0]

    def _similarity(self, embedding_D: Floats, target_D: Floats) -> float:
        return float(cosine(embedding_D[None], target_D, centre_D=self.matcher.mean_D)[0])


def known(value: float) -> float | None:
    """None for what could not be measured: JSON has no NaN."""
    return float(value) if np.isfinite(value) else None
