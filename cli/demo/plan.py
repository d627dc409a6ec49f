"""What the demo captures: a small sweep of extremes and a large mixed one, as sweep specs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from creator.profile import Profile
from protocol.character import Character, JsonObject
from protocol.errors import LookalikeError

if TYPE_CHECKING:
    from coordinator.sweep import SweepSpec

EXTREMES_SHARE = 0.1
"""Of all frames: the ends of every slider are worth knowing, most of what training needs is in between."""

FRAMES_PER_SHARD = 60
"""Small shards keep both agents busy to the end and lose little when one is voided."""

SLIDERS_PER_STEP = 4
"""On a virtual clock presses are cheap and pictures are not, so each picture may be far from the one before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoPlan:
    """What a run of the demo is; a second run in the same folder must be of the same plan to go on with it."""

    profile: str = "standin"
    frames: int = 4400
    seed: int = 0
    faults: str = "dropped_press=0.02,popup=0.01"
    num_agents: int = 2

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise LookalikeError(f"--frames {self.frames}: expected a number of frames, 4000 to be any good")

    def to_json(self) -> JsonObject:
        return asdict(self)

    def sweeps(self, profile: Profile) -> list[SweepSpec]:
        """A small `extremes`, a `repeats` of a few characters captured twice to measure the noise, and a large `mixed`."""
        from coordinator.sweep import SweepSpec  # here, so that an agent's machine needs none of it
        from coordinator.sweeps.extremes import extreme_slider_sets

        num_sets = sum(len(extreme_slider_sets(profile, gender)) for gender in profile.genders)
        num_combinations = max(1, round(self.frames * EXTREMES_SHARE / num_sets))
        repeated = random_characters(profile, num=max(4, self.frames // 200), seed=self.seed + 1)
        num_rest = self.frames - num_sets * num_combinations - 2 * len(repeated)
        if num_rest < FRAMES_PER_SHARD:
            least = num_sets * num_combinations + 2 * len(repeated) + FRAMES_PER_SHARD
            raise LookalikeError(f"--frames {self.frames}: this creator's sweeps need at least {least} frames")
        common = {"seed": self.seed, "frames_per_shard": FRAMES_PER_SHARD}
        return [
            SweepSpec.from_table(
                {"name": "extremes", "kind": "extremes", "num_combinations": num_combinations, **common}
            ),
            SweepSpec.from_table(
                {"name": "repeats", "kind": "characters", "characters": repeated, "repeats": 2, **common}
            ),
            SweepSpec.from_table(
                {
                    "name": "mixed",
                    "kind": "interleaved",
                    "num_frames": num_rest,
                    "sliders_per_step": SLIDERS_PER_STEP,
                    "choices_per_step": 2,
                    **common,
                }
            ),
        ]


def random_characters(profile: Profile, *, num: int, seed: int) -> list[Character]:
    """Characters with every setting drawn evenly, genders in turn."""
    rng = np.random.default_rng(seed)
    drawn = []
    for at in range(num):
        gender = profile.genders[at % len(profile.genders)]
        face, skin = (int(rng.choice(profile.ids(role, gender))) for role in ("face", "skin"))
        values = [
            row.minimum + row.step * int(rng.integers(round((row.maximum - row.minimum) / row.step) + 1))
            for row in profile.sliders
        ]
        drawn.append(Character(gender, face, skin, tuple(int(value) for value in values)))
    return drawn
