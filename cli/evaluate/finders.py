"""Ways to find a character for a face: the networks, inversion, and those that know no network.

Shape letters: N rows, D dimension.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from cli.evaluate.subject import Subject
from creator.encoding import Encoding, Floats
from creator.profile import Profile
from dataset.snapshot import Snapshot
from matcher.matcher import Matcher
from protocol.character import Character
from trainer.black_box import Measure, SearchConfig, search
from trainer.inversion import InversionConfig, PreparedImitator, invert
from trainer.rows import split_rows
from trainer.space import cosines

RUNNERS_UP = 5
"""As many as `match` refines beside the match and shows, and as `match --verify` looks at."""


class Method(StrEnum):
    """How a character was found. `RECAPTURE` is the true one, set again: the most that a measurement can give."""

    SINGLE_PASS = "single_pass"  # noqa: S105 - a pass of the networks
    REFINED = "refined"
    INVERSION = "inversion"
    NEAREST_CAPTURED = "nearest_captured"
    BLACK_BOX = "black_box"
    RECAPTURE = "recapture"


@dataclass(frozen=True, slots=True)
class Found:
    """`predicted` is what the method expects of its character; None where it expects nothing."""

    method: Method
    character: Character
    predicted: float | None
    seconds: float
    num_captures: int = 0


class CapturedFaces:
    """The rows that networks were trained on, as a gallery."""

    def __init__(self, snapshot: Snapshot, profile: Profile, mean_D: Floats) -> None:
        self.rows, _ = split_rows(snapshot, profile)
        self._encoding, self._mean_D = Encoding(profile), mean_D

    def similarities(self, target_D: Floats) -> Floats:
        """Of every captured face (N) with a target."""
        return cosines(self.rows.embeddings_ND - self._mean_D, (target_D - self._mean_D)[None])

    def nearest(self, target_D: Floats) -> tuple[Character, float]:
        similarities_N = self.similarities(target_D)
        row = int(similarities_N.argmax())
        combination = self._encoding.combination(self.rows.choices_N3[row])
        return self._encoding.character(combination, self.rows.sliders_NS[row]), float(similarities_N[row])


@dataclass(frozen=True, eq=False)
class Finders:
    """All of them look for the greatest similarity alone: mildness 0."""

    matcher: Matcher
    prepared: PreparedImitator
    captured: CapturedFaces

    def usual(self, subject: Subject) -> list[Found]:
        """What every subject gets; the true character last, where it is known."""
        found = [self._matched(subject, Method.SINGLE_PASS), self._matched(subject, Method.REFINED)]
        found += [self._inverted(subject), self._nearest(subject)]
        if subject.truth is not None:
            found.append(Found(Method.RECAPTURE, subject.truth, None, 0.0))
        return found

    def _matched(self, subject: Subject, method: Method) -> Found:
        started = time.perf_counter()
        is_refined = method is Method.REFINED
        runners_up = RUNNERS_UP if is_refined else 0
        match = self.matcher.match(subject.target_D, mildness=0, alternatives=runners_up, refine=is_refined)
        return Found(method, match.character, match.similarity_predicted, time.perf_counter() - started)

    def _inverted(self, subject: Subject) -> Found:
        started = time.perf_counter()
        profile = self.matcher.profile
        inversion = invert(self.prepared, subject.target_D[None], profile, InversionConfig.thorough())
        seconds = time.perf_counter() - started
        predicted = float(inversion.top_similarities_TF[0, 0])
        return Found(Method.INVERSION, inversion.character(profile, 0), predicted, seconds)

    def _nearest(self, subject: Subject) -> Found:
        started = time.perf_counter()
        character, similarity = self.captured.nearest(subject.target_D)
        return Found(Method.NEAREST_CAPTURED, character, similarity, time.perf_counter() - started)


def searched(
    subject: Subject, profile: Profile, measure: Measure, config: SearchConfig, on_capture: Callable[[], None]
) -> tuple[Found, tuple[float, ...]]:
    """Through the creator itself; also the best similarity after each capture."""

    def look(character: Character) -> float:
        similarity = measure(character)
        on_capture()
        return similarity if np.isfinite(similarity) else -1.0

    started = time.perf_counter()
    result = search(look, profile, config)
    seconds = time.perf_counter() - started
    found = Found(Method.BLACK_BOX, result.character, None, seconds, config.num_captures)
    return found, result.course
