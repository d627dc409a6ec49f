"""Photos for the bench of the matcher: a portrait, and people of the stand-in seen several times.

A person is a random character. Its photos are renders as amateurs would take them: turned, with another expression (all sliders
a little off), lit from one side, in a warm or cold light, dim or bright, out of focus, noisy, tilted, saved badly. Half of
them are fitted on, the others are kept back: a match is as good as its picture is alike to photos that it has not seen, on
average (`_unseen`), or to the person at rest in good light (`_self`). All pictures of matches are rendered.

The figures of each kind (`photos_all`, `photos_verified` and so on) are those of `cli.evaluate.several`.
`photos_alike` is how alike two photos of a person are. `photos_gain` is `photos_all_self` less `photos_best_self`,
`photos_gain_unseen` the same on unseen photos: what several photos give over the best single one, nothing looked at.

Shapes: H, W rows and columns; D embedding.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from skimage.data import astronaut

from cli.evaluate.several import match_several
from creator.encoding import Floats
from embedding.errors import PhotoError
from embedding.photo_embedding import PhotoEmbedding, embed_photo
from embedding.similarity import cosine
from matcher.constraints import DEFAULT_MILDNESS
from matcher.matcher import Matcher
from protocol.character import Character
from standin.pose import Pose
from standin.render import HeadRenderer

_SEED = 8
_PIXELS = 384
_PHOTOS_A_PERSON = 8
_RUNNERS_UP = 5
_EXPRESSION = 0.15
_YAW_RADIANS = 0.2
_ROLL_DEGREES = 8.0
_SIDE_LIGHT, _LIGHT, _WARMTH = 0.6, (0.5, 1.4), 0.08
_BLUR_PIXELS, _NOISE, _JPEG_QUALITIES = 2.0, (2.0, 12.0), (40, 92)


def portrait_jpeg(side_pixels: int = 1024) -> bytes:
    """The portrait that scikit-image brings along, as the page would send it."""
    picture_HW3 = astronaut()  # type: ignore[no-untyped-call]
    portrait = Image.fromarray(np.asarray(picture_HW3[:300, 80:380], dtype=np.uint8))
    return _jpeg(np.asarray(portrait.resize((side_pixels, side_pixels), Image.Resampling.LANCZOS)))


@dataclass(frozen=True, slots=True)
class _Studio:
    """Shows characters and looks at pictures."""

    matcher: Matcher
    renderer: HeadRenderer

    def shot(self, character: Character, pose: Pose) -> NDArray[np.uint8]:
        values = self.matcher.encoding.sliders_NS([character])[0].tolist()
        sliders = {row.name: value for row, value in zip(self.matcher.profile.sliders, values, strict=True)}
        return self.renderer.render(
            gender=character.gender, face=character.face, skin=character.skin, sliders=sliders, pose=pose
        )

    def look(self, jpeg: bytes) -> PhotoEmbedding | None:
        """None where no face is seen: a turned head in dim light is not always one."""
        try:
            return embed_photo(self.matcher.recogniser, np.asarray(Image.open(io.BytesIO(jpeg))))
        except PhotoError:
            return None

    def seen(self, character: Character) -> Floats:
        """The embedding of a character at rest; NaN where no face is seen."""
        found = self.look(_jpeg(self.shot(character, Pose())))
        return np.full_like(self.matcher.mean_D, np.nan) if found is None else found.embedding_D

    def alike(self, first_D: Floats, second_D: Floats) -> float:
        return float(cosine(first_D[None], second_D, centre_D=self.matcher.mean_D)[0])


def several_photos(matcher: Matcher, num_people: int) -> dict[str, float]:
    """What several photos of a person are worth, on average over people; see above."""
    generator, studio = np.random.default_rng(_SEED), _Studio(matcher, HeadRenderer(_PIXELS))
    people: list[dict[str, float]] = []
    while len(people) < num_people:
        person = _random_person(matcher, generator)
        photos = [studio.look(_amateur_photo(studio, person, generator)) for _ in range(_PHOTOS_A_PERSON)]
        found = [photo for photo in photos if photo is not None]
        if len(found) == _PHOTOS_A_PERSON:
            people.append(_judged(studio, person, found))
    figures = {name: float(np.mean([person[name] for person in people])) for name in people[0]}
    return figures | {
        "photos_gain": figures["photos_all_self"] - figures["photos_best_self"],
        "photos_gain_unseen": figures["photos_all_unseen"] - figures["photos_best_unseen"],
    }


def _judged(studio: _Studio, person: Character, photos: Sequence[PhotoEmbedding]) -> dict[str, float]:
    half = len(photos) // 2
    pairs = combinations([photo.embedding_D for photo in photos], 2)
    figures = {"photos_alike": float(np.mean([studio.alike(first_D, second_D) for first_D, second_D in pairs]))}
    shown = match_several(studio.matcher, photos[:half], studio.seen, mildness=DEFAULT_MILDNESS, runners_up=_RUNNERS_UP)
    unseen_ND = np.stack([photo.embedding_D for photo in photos[half:]])
    for name, references_RD in (("self", studio.seen(person)[None]), ("unseen", unseen_ND)):
        found = shown.on(references_RD, studio.matcher.mean_D)
        figures |= {f"photos_{kind}_{name}": value for kind, value in found.items()}
    return figures


def _random_person(matcher: Matcher, generator: np.random.Generator) -> Character:
    combinations = matcher.profile.combinations
    sliders_S = generator.uniform(-0.7, 0.7, len(matcher.profile.sliders))
    return matcher.encoding.character(combinations[generator.integers(len(combinations))], sliders_S)


def _amateur_photo(studio: _Studio, person: Character, generator: np.random.Generator) -> bytes:
    sliders_S = studio.matcher.encoding.sliders_NS([person])[0]
    moved_S = np.clip(sliders_S + generator.normal(0, _EXPRESSION, len(sliders_S)), -1, 1)
    expression = studio.matcher.encoding.character((person.gender, person.face, person.skin), moved_S)
    image_HW3 = studio.shot(expression, Pose(yaw_radians=float(generator.normal(0, _YAW_RADIANS)))).astype(np.float32)
    across_W = np.linspace(-1, 1, image_HW3.shape[1], dtype=np.float32)
    image_HW3 *= 1 + generator.uniform(-_SIDE_LIGHT, _SIDE_LIGHT) * across_W[None, :, None]
    image_HW3 *= generator.uniform(*_LIGHT) * (1 + generator.normal(0, _WARMTH, 3))
    image_HW3 += generator.normal(0, generator.uniform(*_NOISE), image_HW3.shape)
    picture = Image.fromarray(np.clip(image_HW3, 0, 255).astype(np.uint8))
    blurred = picture.filter(ImageFilter.GaussianBlur(abs(generator.normal(0, _BLUR_PIXELS))))
    tilted = blurred.rotate(float(generator.normal(0, _ROLL_DEGREES)), Image.Resampling.BICUBIC)
    return _jpeg(np.asarray(tilted), int(generator.integers(*_JPEG_QUALITIES)))


def _jpeg(image_HW3: NDArray[np.uint8], quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image_HW3).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
