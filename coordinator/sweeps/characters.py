"""An explicit list of characters, such as the ones that were matched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from coordinator.errors import SweepSpecError
from coordinator.sweeps.block import Block, PlanRequest
from coordinator.sweeps.bounds import check_count
from creator.character import check_character
from creator.errors import CharacterError
from protocol.character import Character
from protocol.errors import MessageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """Captured in the order given, `repeats` times over: two captures of one character tell the noise of a capture."""

    characters: tuple[Character, ...]
    repeats: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "characters", _read(self.characters))
        check_count("repeats", self.repeats, most=1000)

    def blocks(self, request: PlanRequest) -> Iterator[Block]:
        for at, character in enumerate(self.characters):
            _check(request, at, character)
        numbers = {sliders: number for number, sliders in enumerate(dict.fromkeys(c.sliders for c in self.characters))}
        for _ in range(self.repeats):
            for sliders, run in groupby(self.characters, key=lambda character: character.sliders):
                yield Block(request.slider_set(numbers[sliders]), tuple(run))


def _read(values: Sequence[Any]) -> tuple[Character, ...]:
    if not isinstance(values, list | tuple) or not values:
        raise SweepSpecError("characters: expected a list of at least one character")
    try:
        return tuple(item if isinstance(item, Character) else Character.from_json(item) for item in values)
    except MessageError as error:
        raise SweepSpecError(f"characters: {error}") from error


def _check(request: PlanRequest, at: int, character: Character) -> None:
    try:
        check_character(request.profile, character)
    except CharacterError as error:
        raise SweepSpecError(f"characters[{at}] of sweep {request.sweep!r}: {error}") from error
