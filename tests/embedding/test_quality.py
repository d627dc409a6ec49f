"""What a player is told about a photo is what is wrong with it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from creator.profile_file import load_profile
from embedding.photo_embedding import find_face
from embedding.quality import PhotoQuality, measure_quality
from standin.render import HeadRenderer, Pose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding.recogniser import Recogniser


def quality_of(recogniser: Recogniser, picture: Image.Image | NDArray[np.uint8]) -> PhotoQuality:
    image_HW3 = np.asarray(picture, dtype=np.uint8)
    face = find_face(recogniser, image_HW3)
    return measure_quality(face, recogniser.align(image_HW3, face), recogniser.chip_limits)


def with_covered_eyes(picture: Image.Image) -> Image.Image:
    covered = picture.copy()
    covered.paste((10, 10, 10), (190, 98, 262, 118))
    return covered


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda portrait: portrait, []),
        (lambda portrait: portrait.resize((1536, 1536)), []),
        (lambda portrait: portrait.rotate(20, Image.Resampling.BICUBIC), []),
        (lambda portrait: portrait.filter(ImageFilter.GaussianBlur(1)), []),
        (lambda portrait: ImageEnhance.Brightness(portrait).enhance(0.6), []),
        (lambda portrait: portrait.resize((256, 256)), ["small"]),
        (lambda portrait: portrait.filter(ImageFilter.GaussianBlur(3)), ["blurred"]),
        (lambda portrait: ImageEnhance.Brightness(portrait).enhance(0.2), ["dark"]),
        (lambda portrait: ImageEnhance.Brightness(portrait).enhance(1.5), ["overexposed"]),
        (lambda portrait: ImageEnhance.Contrast(portrait).enhance(0.3), ["flat"]),
        (with_covered_eyes, ["blurred", "shadows", "no face"]),
    ],
)
def test_each_fault_is_named(
    dlib_recogniser: Recogniser,
    astronaut: NDArray[np.uint8],
    spoil: Callable[[Image.Image], Image.Image],
    told: list[str],
) -> None:
    remarks = quality_of(dlib_recogniser, spoil(Image.fromarray(astronaut))).remarks

    assert len(remarks) == len(told)
    assert all(word in remark for word, remark in zip(told, remarks, strict=True))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda portrait: portrait, []),
        (lambda portrait: portrait.filter(ImageFilter.GaussianBlur(1)), []),
        (lambda portrait: portrait.filter(ImageFilter.GaussianBlur(2)), ["blurred"]),
        (lambda portrait: ImageEnhance.Contrast(portrait).enhance(0.3), ["flat"]),
        (lambda portrait: ImageEnhance.Brightness(portrait).enhance(0.2), ["dark"]),
    ],
)
def test_sharp_chips_of_arcface_have_limits_of_their_own(
    arcface: Recogniser,
    astronaut: NDArray[np.uint8],
    spoil: Callable[[Image.Image], Image.Image],
    told: list[str],
) -> None:
    remarks = quality_of(arcface, spoil(Image.fromarray(astronaut))).remarks

    assert len(remarks) == len(told)
    assert all(word in remark for word, remark in zip(told, remarks, strict=True))


def test_a_turned_head_is_told_and_counts_less(dlib_recogniser: Recogniser) -> None:
    profile, renderer = load_profile("standin"), HeadRenderer(512)
    gender, face, skin = profile.combinations[500]
    straight, turned = (
        quality_of(
            dlib_recogniser,
            renderer.render(
                gender=gender,
                face=face,
                skin=skin,
                sliders={slider.name: 0.0 for slider in profile.sliders},
                pose=Pose(yaw_radians=np.radians(degrees)),
            ).copy(),
        )
        for degrees in (0, 25)
    )

    assert straight.remarks == ()
    assert any("straight into the camera" in remark for remark in turned.remarks)
    assert turned.weight < straight.weight
