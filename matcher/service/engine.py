"""What the service does with a photo, in plain calls: each worker has a recogniser of its own, the networks are shared.

Shapes: H, W rows and columns; D embedding.
"""

from __future__ import annotations

import base64
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from creator.character import check_character, default_character
from creator.ini import character_ini
from creator.profile import Profile
from creator.profile_file import load_profile
from creator.sheet import sheet_json
from embedding.errors import NoFaceError, SeveralFacesError
from embedding.photo import load_photo
from embedding.photo_embedding import embed_photo, find_face
from embedding.quick_look import QuickLook
from embedding.recogniser import Box
from matcher.card import CardText, card_png
from matcher.constraints import DEFAULT_MILDNESS
from matcher.errors import RequestError
from matcher.face_key import FaceKey
from matcher.match import Match
from matcher.matcher import Matcher
from matcher.metrics import MatchFigures
from matcher.preview import Painter, Preview
from matcher.service.config import ServiceConfig
from matcher.sheet_files import sheet_page, sheet_text
from matcher.trade import Trade, trade_off
from protocol.character import Character, JsonObject

_KEPT_PREVIEWS = 256
_PHOTO_NAME = "the photo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What may be asked of a match; see `Matcher.match`."""

    gender: str | None = None
    fix: dict[str, int] | None = None
    mildness: float = DEFAULT_MILDNESS
    alternatives: int = 5


class Engine:
    """Thread-safe. Holds no photo beyond a call."""

    def __init__(self, matchers: list[Matcher], painter: Painter | None = None, *, max_faces: int = 8) -> None:
        """`matchers` share one model set, each has its own recogniser; `painter` shows characters."""
        self.profile = matchers[0].profile
        self.impostor_pairs = matchers[0].impostor_pairs
        self.recogniser = matchers[0].models.card.recogniser
        self.num_workers = len(matchers)
        self._free: SimpleQueue[Matcher] = SimpleQueue()
        for matcher in matchers:
            self._free.put(matcher)
        self._max_faces = max_faces
        self.figures = MatchFigures()
        self._painter = painter
        self._painting = threading.Lock()
        self._previews: OrderedDict[Character, Preview] = OrderedDict()

    @classmethod
    def open(cls, config: ServiceConfig, open_painter: Callable[[Profile], Painter] | None = None) -> Engine:
        """Opens the model set once and a recogniser for each worker. Raises what `Matcher.load` raises."""
        profile = load_profile(config.profile) if config.profile else None
        first = Matcher.load(config.models, profile=profile)
        others = [Matcher(first.models, first.profile) for _ in range(config.num_workers - 1)]
        for matcher in (first, *others):
            _ = matcher.recogniser  # opened now, so that the first user does not wait for it
        painter = open_painter(first.profile) if open_painter else None
        return cls([first, *others], painter, max_faces=config.limits.max_faces)

    @property
    def has_previews(self) -> bool:
        return self._painter is not None

    @contextmanager
    def _matcher(self) -> Iterator[Matcher]:
        matcher = self._free.get()
        try:
            yield matcher
        finally:
            self._free.put(matcher)

    def find_faces(self, photo: bytes) -> JsonObject:
        """Faces from left to right, each with the key by which it can be matched. Raises PhotoError.

        `meant` is the number of the face that the photo is clearly about, None where somebody has to choose.
        """
        with self._matcher() as matcher:
            photo_HW3 = load_photo(photo, name=_PHOTO_NAME)
            height, width = photo_HW3.shape[:2]
            look = QuickLook(matcher.recogniser, photo_HW3)
            if not look.num_sure:
                raise NoFaceError(_PHOTO_NAME, width, height)
            faces = [
                embed_photo(look, photo_HW3, number, name=_PHOTO_NAME)
                for number in range(1, min(look.num_sure, self._max_faces) + 1)
            ]
            meant = _meant(look, photo_HW3, len(faces))
        return {
            "width": width,
            "height": height,
            "meant": meant,
            "faces": [
                {
                    "number": number,
                    "box": _shares(face.photos[0][0].box, width, height),
                    "remarks": list(face.photos[0][1].remarks),
                    "key": str(FaceKey(str(face.recogniser), face.weight, face.embedding_D)),
                }
                for number, face in enumerate(faces, start=1)
            ],
        }

    def match_photo(
        self, photo: bytes, wishes: Wishes, face: int | None = None, *, is_hurried: bool = False
    ) -> JsonObject:
        """A photo's match in one go; hurried, the runners-up stay rough. Raises PhotoError, ConstraintError."""
        with self._matcher() as matcher:
            return self._measured(lambda: _match(matcher, photo, wishes, face, is_hurried=is_hurried))

    def match_faces(self, keys: list[str], wishes: Wishes, *, is_hurried: bool = False) -> JsonObject:
        """The match of faces that `find_faces` found, all of one person. Raises TargetError, ConstraintError."""
        faces = [FaceKey.parse(key) for key in keys]
        with self._matcher() as matcher:
            return self._measured(lambda: _match(matcher, faces, wishes, is_hurried=is_hurried))

    def _measured(self, match: Callable[[], Match]) -> JsonObject:
        with self.figures.match() as done:
            found = match()
            done(found.similarity_predicted)
        return found.to_json()

    def trade_off(self, keys: list[str], wishes: Wishes) -> list[Trade]:
        """What mildness costs for these faces. Raises TargetError, ConstraintError."""
        faces = [FaceKey.parse(key) for key in keys]
        with self._matcher() as matcher:
            return trade_off(matcher, faces, gender=wishes.gender, fix=wishes.fix)

    def preview(self, character: Character) -> Preview:
        """Raises RequestError where this service shows none, CharacterError for a character of another creator."""
        check_character(self.profile, character)
        if self._painter is None:
            raise RequestError("This service shows no previews.")
        with self._painting:
            if character not in self._previews:
                self._previews[character] = self._painter(character)
            self._previews.move_to_end(character)
            while len(self._previews) > _KEPT_PREVIEWS:
                self._previews.popitem(last=False)
            return self._previews[character]

    def preview_json(self, character: Character) -> JsonObject:
        """The picture inside an address, so that a page needs no second request for it."""
        preview = self.preview(character)
        picture = "data:image/jpeg;base64," + base64.b64encode(preview.image).decode("ascii")
        return {"kind": preview.kind.value, "label": preview.label, "image": picture}

    def sheet(self, form: str, character: Character, text: CardText) -> bytes:
        """The sheet as a file: json, ini, png or html. Raises RequestError, CharacterError."""
        check_character(self.profile, character)
        before = default_character(self.profile, character.gender)
        forms: dict[str, Callable[[], bytes]] = {
            "json": lambda: sheet_text(sheet_json(self.profile, character, before)).encode(),
            "ini": lambda: character_ini(self.profile, character).encode(),
            "html": lambda: sheet_page(self.profile, character, before).encode(),
            "png": lambda: self._card(character, text, before),
        }
        if form not in forms:
            raise RequestError(f"Sheet as {form!r}: expected one of {', '.join(forms)}.")
        return forms[form]()

    def _card(self, character: Character, text: CardText, before: Character) -> bytes:
        preview = self.preview(character) if self.has_previews else None
        return card_png(self.profile, character, text, preview=preview, before=before)


def _match(
    matcher: Matcher, photos: bytes | list[FaceKey], wishes: Wishes, face: int | None = None, *, is_hurried: bool
) -> Match:
    return matcher.match(
        photos,
        gender=wishes.gender,
        fix=wishes.fix,
        mildness=wishes.mildness,
        alternatives=wishes.alternatives,
        is_hurried=is_hurried,
        face=face,
    )


def _meant(look: QuickLook, photo_HW3: NDArray[np.uint8], num_faces: int) -> int | None:
    try:
        meant = find_face(look, photo_HW3)
    except SeveralFacesError:
        return None
    numbered = (find_face(look, photo_HW3, number) for number in range(1, num_faces + 1))
    return next((number for number, face in enumerate(numbered, start=1) if face is meant), None)


def _shares(box: Box, width: int, height: int) -> list[float]:
    """Left, top, right and bottom as shares of the photo, so that they fit any copy of it."""
    left, top, right, bottom = box
    return [round(edge, 4) for edge in (left / width, top / height, right / width, bottom / height)]
