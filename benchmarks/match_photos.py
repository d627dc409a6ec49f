"""Photos for the bench of the matcher: a portrait, and people of the stand-in seen several times.

A person is a random character. Its photos are renders turned a little, in dimmer or brighter light, encoded as JPEG: what is
the same in all of them is the face. Shapes: H, W rows and columns.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.data import astronaut

from creator.encoding import Encoding
from embedding.errors import PhotoError
from embedding.photo_embedding import PhotoEmbedding, embed_photo
from embedding.similarity import cosine
from matcher.matcher import Matcher
from matcher.photos import Photo
from protocol.character import Character
from standin.pose import Pose
from standin.render import HeadRenderer

_SEED = 8
_PIXELS = 384
_PHOTOS_A_PERSON = 8
_YAW_RADIANS = 0.22
_LIGHT = (0.55, 1.35)


def portrait_jpeg(side_pixels: int = 1280) -> bytes:
    """The portrait that scikit-image brings along, as the page would send it."""
    picture_HW3 = astronaut()  # type: ignore[no-untyped-call]
    portrait = Image.fromarray(np.asarray(picture_HW3[:300, 80:380], dtype=np.uint8))
    return _jpeg(np.asarray(portrait.resize((side_pixels, side_pixels), Image.Resampling.LANCZOS)))


def several_photos(matcher: Matcher, num_people: int) -> dict[str, float]:
    """How alike matches are to the person's own face: of all photos, of single ones on average, of the clearest single one
    (by the weight of its quality), and of whichever single one turned out best, which nobody can know beforehand.

    Everything is shown by the renderer: matched characters as well as the person at rest.
    """
    generator, renderer = np.random.default_rng(_SEED), HeadRenderer(_PIXELS)
    all_of_them: list[float] = []
    best: list[float] = []
    clearest: list[float] = []
    mean: list[float] = []
    while len(all_of_them) < num_people:
        person = _random_person(matcher, generator)
        photos = _photos(matcher, renderer, person, generator)
        own = _embedded(matcher, _shot(matcher, renderer, person, Pose()))
        if own is None or len(photos) < 2:
            continue
        single = [_likeness(matcher, renderer, [photo], own) for photo in photos]
        all_of_them.append(_likeness(matcher, renderer, photos, own))
        best.append(max(single))
        clearest.append(single[int(np.argmax([photo.weight for photo in photos]))])
        mean.append(float(np.mean(single)))
    return {
        "photos_all": float(np.mean(all_of_them)),
        "photos_best_single": float(np.mean(best)),
        "photos_clearest_single": float(np.mean(clearest)),
        "photos_mean_single": float(np.mean(mean)),
        "photos_gain": float(np.mean(all_of_them) - np.mean(clearest)),
    }


def _random_person(matcher: Matcher, generator: np.random.Generator) -> Character:
    combinations = matcher.profile.combinations
    sliders_S = generator.uniform(-0.7, 0.7, len(matcher.profile.sliders))
    return matcher.encoding.character(combinations[generator.integers(len(combinations))], sliders_S)


def _photos(
    matcher: Matcher, renderer: HeadRenderer, person: Character, generator: np.random.Generator
) -> list[PhotoEmbedding]:
    shots = []
    for _ in range(_PHOTOS_A_PERSON):
        pose = Pose(yaw_radians=float(generator.uniform(-_YAW_RADIANS, _YAW_RADIANS)))
        lit_HW3 = _shot(matcher, renderer, person, pose) * generator.uniform(*_LIGHT)
        noisy_HW3 = np.clip(lit_HW3 + generator.normal(0, 6, lit_HW3.shape), 0, 255).astype(np.uint8)
        shots.append(_embedded(matcher, noisy_HW3))
    return [shot for shot in shots if shot is not None]


def _shot(matcher: Matcher, renderer: HeadRenderer, character: Character, pose: Pose) -> NDArray[np.uint8]:
    values = Encoding(matcher.profile).sliders_NS([character])[0].tolist()
    sliders = {row.name: value for row, value in zip(matcher.profile.sliders, values, strict=True)}
    return renderer.render(
        gender=character.gender, face=character.face, skin=character.skin, sliders=sliders, pose=pose
    )


def _embedded(matcher: Matcher, image_HW3: NDArray[np.uint8]) -> PhotoEmbedding | None:
    """None where no face is seen: a turned head in dim light is not always one."""
    try:
        return embed_photo(matcher.recogniser, np.asarray(Image.open(io.BytesIO(_jpeg(image_HW3)))))
    except PhotoError:
        return None


def _likeness(matcher: Matcher, renderer: HeadRenderer, photos: list[PhotoEmbedding], own: PhotoEmbedding) -> float:
    wanted: list[Photo] = list(photos)
    shown = _embedded(matcher, _shot(matcher, renderer, matcher.match(wanted).character, Pose()))
    return 0.0 if shown is None else float(cosine(shown.embedding_D[None], own.embedding_D, centre_D=matcher.mean_D)[0])


def _jpeg(image_HW3: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image_HW3).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
