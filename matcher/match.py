"""What comes out of matching: a character, and what to think of it."""

from __future__ import annotations

from dataclasses import dataclass

from matcher.meaning import Verdict
from matcher.photos import Target
from protocol.character import Character, JsonObject


@dataclass(frozen=True, slots=True)
class Alternative:
    """A runner-up, of another face type than the match wherever the wishes allow one.

    `similarity_measured` is that of a creator's picture of it, where one was taken and showed a face.
    """

    character: Character
    similarity_predicted: float
    similarity_measured: float | None = None

    def to_json(self) -> JsonObject:
        return {
            "character": self.character.to_json(),
            "similarity_predicted": self.similarity_predicted,
            "similarity_measured": self.similarity_measured,
        }


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Match:
    """The character for a photo, and what to think of it. Similarities are cosines around the mean of the training rows.

    `similarity_predicted` is what a capture of the character may be expected to have, the imitator's own doubt included;
    `similarity_measured` what a creator's picture of it has, once it was taken: then that is what all the others speak of.
    `ceiling` is what the affinity network believes this creator can reach for this face at all. `percentile` is the share of
    pairs of different faces, in percent, that are less alike than photo and character; `meaning` says so in a sentence, and
    `verdict` which kind of sentence that is. `extremeness` is the mean distance of the sliders from their middle, 0 to 1.
    """

    character: Character
    similarity_predicted: float
    ceiling: float
    percentile: float
    verdict: Verdict
    meaning: str
    mildness: float
    extremeness: float
    alternatives: tuple[Alternative, ...]
    sheet: JsonObject
    target: Target
    similarity_measured: float | None = None

    @property
    def candidates(self) -> tuple[Alternative, ...]:
        """The match itself and its runners-up."""
        best = Alternative(self.character, self.similarity_predicted, self.similarity_measured)
        return (best, *self.alternatives)

    def to_json(self) -> JsonObject:
        """Everything but the photo's embedding, which tells who somebody is."""
        return {
            "similarity_predicted": self.similarity_predicted,
            "similarity_measured": self.similarity_measured,
            "ceiling": self.ceiling,
            "percentile": self.percentile,
            "verdict": self.verdict.value,
            "meaning": self.meaning,
            "mildness": self.mildness,
            "extremeness": self.extremeness,
            "num_photos": self.target.num_photos,
            "remarks": list(self.target.remarks),
            "sheet": self.sheet,
            "alternatives": [alternative.to_json() for alternative in self.alternatives],
        }
