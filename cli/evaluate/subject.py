"""Whose likeness is looked for: held-out faces of the creator, and people on photos.

Shape letters: D dimension, H, W rows and columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cli.demo.matching import held_out_rows
from creator.encoding import Encoding, Floats
from creator.profile import Profile
from dataset.rows import sweep_of
from dataset.snapshot import Snapshot
from embedding.errors import PhotoError
from embedding.photo import load_photo
from embedding.photo_embedding import PhotoEmbedding, embed_photo
from embedding.quick_look import QuickLook
from embedding.recogniser import Recogniser
from matcher.errors import TargetError
from matcher.matcher import Matcher
from matcher.photo_files import is_picture, pictures_in
from matcher.pictures import cut_face
from protocol.character import Character

Pixels = NDArray[np.uint8]


class SubjectKind(StrEnum):
    FACE = "face"
    PHOTO = "photo"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Subject:
    """One face to match. `target_D` is what is fitted; `others_D` the same person on photos that were kept back.

    `truth` is the character that a creator's face belongs to, `sweep` the sweep that captured it. `fitted` are the person's
    photos behind `target_D`. Pictures are kept of those that the page shows.
    """

    name: str
    kind: SubjectKind
    target_D: Floats
    truth: Character | None = None
    sweep: str = ""
    picture: Pixels | None = None
    fitted: tuple[PhotoEmbedding, ...] = ()
    others_D: Floats | None = None
    num_others: int = 0
    is_shown: bool = False

    @property
    def num_fitted(self) -> int:
        return max(1, len(self.fitted))

    @property
    def lineup_D(self) -> Floats:
        """How the person stands among others: on photos that nothing was fitted to, where there are any."""
        return self.target_D if self.others_D is None else self.others_D


def held_out_faces(snapshot: Snapshot, profile: Profile, num: int, *, seed: int, num_shown: int) -> list[Subject]:
    """As they are spread over sweeps and slider sets. No network trained on this version of the tables has seen any of them."""
    encoding = Encoding(profile)
    subjects: list[Subject] = []
    for row in held_out_rows(snapshot, num, seed=seed):
        subjects.append(
            Subject(
                name=str(snapshot.frame_ids_N[row]),
                kind=SubjectKind.FACE,
                target_D=np.array(snapshot.embeddings_ND[row], np.float32),
                truth=encoding.character(encoding.combination(snapshot.choices_N3[row]), snapshot.sliders_NS[row]),
                sweep=sweep_of(str(snapshot.frame_ids_N[row]).rpartition(":")[0]),
                is_shown=len(subjects) < num_shown,
            )
        )
    return subjects


@dataclass(frozen=True, slots=True)
class People:
    """The people of a folder, and what was left out of it and why."""

    subjects: list[Subject]
    left_out: list[str]


def people_in(folder: Path, matcher: Matcher) -> People:
    """A folder in the folder is a person; a picture beside it is a person of its own.

    Of a person with several photos every other one is kept back. Raises TargetError when nothing can be used.
    """
    subjects: list[Subject] = []
    left_out: list[str] = []
    for name, paths in _photos_by_person(folder).items():
        faces: list[PhotoEmbedding] = []
        cut: Pixels | None = None
        for path in paths:
            try:
                face, picture = _read(matcher.recogniser, path)
            except PhotoError as error:
                left_out.append(str(error))
                continue
            faces.append(face)
            cut = picture if cut is None else cut
        if faces:
            subjects.append(_person(name, faces, cut, matcher))
    if not subjects:
        raise TargetError(f"{folder} holds no picture that can be used. {left_out[0] if left_out else ''}".strip())
    return People(subjects, left_out)


def _photos_by_person(folder: Path) -> dict[str, list[Path]]:
    """Folders without pictures are nobody, as those are that a system keeps its previews in."""
    if not folder.is_dir():
        raise TargetError(f"{folder} is no folder. Name one that holds photos, or a folder of photos for each person.")
    people: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        photos = pictures_in(path) if path.is_dir() else [path] if is_picture(path) else []
        if photos:
            people[path.name] = photos
    return people


def _read(recogniser: Recogniser, path: Path) -> tuple[PhotoEmbedding, Pixels]:
    photo_HW3 = load_photo(path)
    embedded = embed_photo(QuickLook(recogniser, photo_HW3), photo_HW3, name=path.name)
    return embedded, cut_face(photo_HW3, embedded.photos[0][0].box)


def _person(name: str, faces: Sequence[PhotoEmbedding], picture: Pixels | None, matcher: Matcher) -> Subject:
    fitted, others = list(faces[::2]), list(faces[1::2])
    return Subject(
        name=name,
        kind=SubjectKind.PHOTO,
        target_D=matcher.read_target(fitted).embedding_D,
        picture=picture,
        fitted=tuple(fitted),
        others_D=matcher.read_target(others).embedding_D if others else None,
        num_others=len(others),
        is_shown=True,
    )
