"""The messages of the service's API, from which its OpenAPI description is made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from matcher.constraints import DEFAULT_MILDNESS
from matcher.errors import RequestError
from matcher.service.engine import Wishes
from protocol.character import Character

MessageT = TypeVar("MessageT", bound=BaseModel)


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CharacterMessage(_Message):
    """A character: ids, not list positions; sliders in menu order."""

    gender: str
    face: int
    skin: int
    sliders: list[int] = Field(max_length=1000)

    def character(self) -> Character:
        return Character(self.gender, self.face, self.skin, tuple(self.sliders))


class WishesMessage(_Message):
    """What the character may be."""

    gender: str | None = Field(None, description="Only characters of this gender.")
    fix: dict[str, int] = Field(default_factory=dict, description='Settings to hold, as {"face": 12}.')
    mildness: float = Field(DEFAULT_MILDNESS, ge=0, le=0.95, description="How far sliders stay from their ends.")
    alternatives: int = Field(5, ge=0, le=20, description="How many runners-up.")

    def wishes(self) -> Wishes:
        return Wishes(gender=self.gender, fix=self.fix, mildness=self.mildness, alternatives=self.alternatives)


class MatchRequest(WishesMessage):
    """Faces of one person, by the keys that /v1/faces gave."""

    faces: list[str] = Field(min_length=1, description="Keys of /v1/faces; several are of one person.")


class PhotoWishes(_Message):
    """Wishes in the address of a request whose body is a photo: `fix` as face=12,skin=3; `face` counts from the left.

    With `keep` the photo's owner lets the operator keep it for a while; the answer says under which id."""

    gender: str | None = None
    fix: str = Field("", pattern=r"^([a-z_]+=-?[0-9]+(,|$))*$", max_length=2000)
    mildness: float = Field(DEFAULT_MILDNESS, ge=0, le=0.95)
    alternatives: int = Field(5, ge=0, le=20)
    face: int | None = None
    keep: bool = False  # the photo's owner lets the operator keep it

    def wishes(self) -> Wishes:
        pairs = (pair.partition("=") for pair in self.fix.split(",") if pair)
        return Wishes(
            gender=self.gender,
            fix={name: int(value) for name, _, value in pairs},
            mildness=self.mildness,
            alternatives=self.alternatives,
        )


class SheetRequest(_Message):
    """A character whose sheet is wanted; the texts stand on the card."""

    character: CharacterMessage
    title: str = Field("", max_length=80)
    sentence: str = Field("", max_length=300)
    figures: str = Field("", max_length=120)


class PreviewRequest(_Message):
    """A character to be shown."""

    character: CharacterMessage


class FoundFace(BaseModel):
    """One face of a photo; `box` is left, top, right, bottom as shares of the photo."""

    number: int
    box: list[float]
    remarks: list[str]
    key: str = Field(description="The face as text: keep it as carefully as the photo.")


class FacesReply(BaseModel):
    """Faces from left to right; `meant` is the one that the photo is clearly about, if there is one."""

    width: int
    height: int
    meant: int | None
    faces: list[FoundFace]


class AlternativeReply(BaseModel):
    """A runner-up; this service measures nothing."""

    character: CharacterMessage
    similarity_predicted: float
    similarity_measured: None = None


class KeptReply(BaseModel):
    """A photo that is kept: whoever knows the id can delete it at once."""

    id: str
    expires: int = Field(description="When it is deleted, in seconds since 1970.")


class MatchReply(BaseModel):
    """The character, and what to think of it; the sheet's form is /v1/schemas/sheet."""

    similarity_predicted: float
    similarity_measured: None = None
    ceiling: float
    percentile: float
    verdict: str
    meaning: str
    mildness: float
    extremeness: float
    num_photos: int
    remarks: list[str]
    sheet: dict[str, Any]
    alternatives: list[AlternativeReply]
    kept: KeptReply | None = None


class TradeReply(BaseModel):
    """What one mildness gives."""

    mildness: float
    similarity_predicted: float
    extremeness: float


class TradesReply(BaseModel):
    """From the most alike to the mildest."""

    trades: list[TradeReply]


class PreviewReply(BaseModel):
    """A picture that stands in for the character, and the line that says what it is."""

    kind: str
    label: str
    image: str


class ErrorReply(BaseModel):
    """What went wrong: a sentence for people, a code for programs."""

    error: str
    code: str


def parse_query(kind: type[MessageT], pairs: Sequence[tuple[str, str]]) -> MessageT:
    """From the address of a request. Raises RequestError naming the field."""
    fields = dict(pairs)
    if twice := next((name for name, _ in pairs if [given for given, _ in pairs].count(name) > 1), None):
        raise RequestError(f"{twice[:80]}: given more than once.")
    return parse(kind, json.dumps(fields).encode())


def parse(kind: type[MessageT], body: bytes) -> MessageT:
    """Raises RequestError naming the field."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the body"
        raise RequestError(f"{place}: {first['msg']}.") from error
