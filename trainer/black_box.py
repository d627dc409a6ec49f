"""Search through the creator itself, without any network: what as many captures buy who has no imitator.

The yardstick that the networks are to beat. A part of the captures looks at combinations with their default sliders, the others
move the best one's sliders by CMA-ES (Hansen and Ostermeier 2001; the package `cma`). Shape letters: S sliders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from creator.character import default_character
from creator.encoding import Encoding
from creator.profile import Profile
from protocol.character import Character
from trainer.check import require

Measure = Callable[[Character], float]
"""Sets a character in a creator and returns how alike it is; -1 where no face was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchConfig:
    """`num_captures` in all; `scout_share` of them look at combinations. `first_step` is CMA-ES's, in scaled sliders."""

    num_captures: int = 1000
    scout_share: float = 0.25
    first_step: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        require(self.num_captures >= 2, "num_captures", self.num_captures, "at least 2")
        require(0 < self.scout_share < 1, "scout_share", self.scout_share, "between 0 and 1")
        require(0 < self.first_step <= 1, "first_step", self.first_step, "above 0 and at most 1")


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The most alike character of all that were captured; `course` is the best similarity after each capture."""

    character: Character
    similarity: float
    course: tuple[float, ...]


def search(measure: Measure, profile: Profile, config: SearchConfig) -> SearchResult:
    """The same call gives the same answer where the creator does."""
    record = _Record(measure)
    num_scouts = max(1, round(config.num_captures * config.scout_share))
    for character in _scouts(profile, num_scouts, config.seed):
        record.look(character)
    _climb(record, profile, config)
    return SearchResult(record.best, record.similarity, tuple(record.course))


class _Record:
    """Counts captures and keeps the best."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self.best = Character("", 0, 0, ())
        self.similarity = -np.inf
        self.course: list[float] = []

    def look(self, character: Character) -> float:
        similarity = self._measure(character)
        if similarity > self.similarity:
            self.best, self.similarity = character, similarity
        self.course.append(float(self.similarity))
        return similarity


def _scouts(profile: Profile, count: int, seed: int) -> list[Character]:
    """Combinations drawn without repetition, with their gender's default sliders, sorted as a menu is walked."""
    order = np.random.default_rng(seed).permutation(len(profile.combinations))[:count]
    defaults = {gender: default_character(profile, gender).sliders for gender in profile.genders}
    chosen = [profile.combinations[int(at)] for at in sorted(order)]
    return [Character(*combination, defaults[combination[0]]) for combination in chosen]


def _climb(record: _Record, profile: Profile, config: SearchConfig) -> None:
    import cma  # here: only this yardstick needs it

    encoding, start = Encoding(profile), record.best
    combination = (start.gender, start.face, start.skin)
    first_S = encoding.sliders_NS([start])[0].clip(-0.99, 0.99)
    options = {"bounds": [-1, 1], "seed": config.seed + 1, "verbose": -9}
    strategy = cma.CMAEvolutionStrategy(first_S, config.first_step, options)
    while len(record.course) < config.num_captures:
        asked = strategy.ask()
        left = config.num_captures - len(record.course)
        told = [-record.look(encoding.character(combination, np.asarray(sliders_S))) for sliders_S in asked[:left]]
        if len(told) == len(asked):
            strategy.tell(asked, told)
