"""The stand-in's face as its window shows it, without the keys that bring it there: a search looks at thousands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from cli.evaluate.subject import Pixels
from creator.profile import Profile
from protocol.character import Character

CHECK_EVERY = 100
"""Of so many drawn faces one is set by keys as well."""

_HOURS_OF_IDLING = 2


class Creator(Protocol):
    """What shows characters: `cli.studio.Studio`, or a drawing."""

    def picture(self, character: Character) -> Pixels:
        """The settled face (H, W, 3)."""


class DrawnCreator:
    """The very pixels that the stand-in's window has where the face is, at a moment of its idling drawn at random, eyes open."""

    def __init__(self, profile: Profile, *, seed: int = 0) -> None:
        from standin.rules import Rules  # here, since the stand-in need not be installed
        from standin.screen import Screen
        from standin.settings import Settings

        self._layer = Screen.with_head(profile).face
        self._settings, self._rules = Settings(profile, lists_wrap=True), Rules.of(profile)
        self._seed, self._rng = seed, np.random.default_rng(seed)

    def picture(self, character: Character) -> Pixels:
        from standin.face_layer import Shot
        from standin.idle import pose_at

        last_tick = round(_HOURS_OF_IDLING * 3600 * self._rules.frames_per_second)
        pose = pose_at(self._seed, int(self._rng.integers(last_tick)), self._rules)
        values = self._settings.values_of(character)
        return self._layer.face(Shot(values, replace(pose, eyelid_closure=0.0)))


Measured = Callable[[Character], float]
"""How alike a character is to what is looked for; NaN where its picture shows no face."""


@dataclass(eq=False)
class CheckedMeasure:
    """Measures drawn faces, and every `CHECK_EVERY`-th one as keys set it, too; keeps by how much the two differ."""

    drawn: Measured
    by_keys: Measured
    differences: list[float] = field(default_factory=list)
    num_measured: int = 0

    def __call__(self, character: Character) -> float:
        similarity = self.drawn(character)
        if self.num_measured % CHECK_EVERY == 0:
            self.differences.append(abs(similarity - self.by_keys(character)))
        self.num_measured += 1
        return similarity
