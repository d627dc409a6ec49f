"""What a sweep will take, told before it starts."""

from __future__ import annotations

from dataclasses import dataclass

from coordinator.cost import sweep_cost
from coordinator.sweep import SweepSpec, plan_sweep
from creator.profile import Profile
from protocol.message import Message

_LABEL_BYTES = 400
"""Of one row beside its embedding and picture: measured on chunks of 64 frames with 58 random sliders; compacted, half."""


@dataclass(frozen=True, slots=True)
class SweepEstimate(Message):
    """`num_slider_sets` are distinct settings of all sliders; `hours` are of game time, with `num_agents` that are never
    disturbed; `total_bytes` are those of all tables."""

    name: str
    kind: str
    num_shards: int
    num_frames: int
    num_presses: int
    num_slider_sets: int
    num_agents: int
    hours: float
    total_bytes: int


def estimate_sweep(
    spec: SweepSpec, profile: Profile, *, num_agents: int, picture_bytes: int, dimension: int
) -> SweepEstimate:
    """`dimension` is the recogniser's; its embeddings are float32 and hardly compress. Raises SweepSpecError."""
    shards = plan_sweep(spec, profile)
    cost = sweep_cost(shards, profile)
    row_bytes = picture_bytes + 4 * dimension + _LABEL_BYTES
    return SweepEstimate(
        name=spec.name,
        kind=spec.kind,
        num_shards=cost.num_shards,
        num_frames=cost.num_frames,
        num_presses=cost.num_presses,
        num_slider_sets=len({character.sliders for shard in shards for character in shard.characters}),
        num_agents=num_agents,
        hours=cost.hours(num_agents),
        total_bytes=cost.num_frames * row_bytes,
    )
