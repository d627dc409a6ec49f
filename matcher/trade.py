"""What mildness costs: the same wishes at several mildnesses, so that a user can see the trade and choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from matcher.constraints import DEFAULT_MILDNESS
from matcher.matcher import Matcher
from matcher.photos import Photo
from protocol.character import JsonObject

MILDNESSES = (0.0, DEFAULT_MILDNESS, 0.4, 0.6)


@dataclass(frozen=True, slots=True)
class Trade:
    """`extremeness` is the mean distance of the sliders from their middle, 0 to 1."""

    mildness: float
    similarity_predicted: float
    extremeness: float

    def to_json(self) -> JsonObject:
        return asdict(self)


def trade_off(
    matcher: Matcher,
    photos: Photo | Sequence[Photo],
    *,
    gender: str | None = None,
    fix: Mapping[str, int] | None = None,
    mildnesses: Sequence[float] = MILDNESSES,
) -> list[Trade]:
    """From the most alike to the mildest. Raises what `Matcher.match` raises."""
    target_D = matcher.read_target(photos).embedding_D
    matches = [
        matcher.match(target_D, gender=gender, fix=fix, mildness=mildness, alternatives=0) for mildness in mildnesses
    ]
    return [Trade(match.mildness, match.similarity_predicted, match.extremeness) for match in matches]
