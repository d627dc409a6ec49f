"""What the demo captures: a small sweep of extremes and a large mixed one, as sweep specs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from protocol.errors import LookalikeError

if TYPE_CHECKING:
    from creator.profile import Profile
    from protocol.character import JsonObject

EXTREMES_SHARE = 0.1
"""Of all frames: the ends of every slider are worth knowing, most of what training needs is in between."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoPlan:
    """What a run of the demo is; a second run in the same folder must be of the same plan to go on with it."""

    profile: str = "standin"
    frames: int = 4600
    seed: int = 0
    faults: str = "dropped_press=0.02,popup=0.004"
    num_agents: int = 2

    def __post_init__(self) -> None:
        if self.frames < 200:
            raise LookalikeError(f"--frames {self.frames}: training needs at least 200 frames, and 4000 to be any good")

    def to_json(self) -> JsonObject:
        return asdict(self)
