"""What a player or an agent would notice about the stand-in's head. One renderer for all: its kernels compile once."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from creator.profile_file import load_profile
from standin.errors import LookError
from standin.faces import face_type
from standin.look import UNCAPTURED_SLIDERS
from standin.morphs import SLIDER_NAMES
from standin.render import HeadRenderer, Pose
from standin.skins import skin_type

SIZE = 96
AT_REST = Pose()
EYES = (slice(40, 54), slice(28, 68))  # rows, columns of both eyes at that size


@pytest.fixture(scope="module")
def renderer() -> HeadRenderer:
    return HeadRenderer(SIZE)


def picture(
    renderer: HeadRenderer,
    *,
    gender: str = "male",
    face: int = 20,
    skin: int = 22,
    pose: Pose = AT_REST,
    **sliders: float,
) -> NDArray[np.uint8]:
    return renderer.render(gender=gender, face=face, skin=skin, sliders=sliders, pose=pose)


def change(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Mean absolute difference in grey levels."""
    return float(np.abs(first.astype(np.int16) - second).mean())


def test_slider_names_are_those_of_the_profile() -> None:
    assert tuple(slider.name for slider in load_profile("standin").sliders) == SLIDER_NAMES


def test_a_picture_is_a_fresh_rgb_array(renderer: HeadRenderer) -> None:
    first, second = picture(renderer), picture(renderer)
    assert first.shape == (SIZE, SIZE, 3)
    assert first.dtype == np.uint8
    assert not np.shares_memory(first, second)


def test_same_character_gives_the_same_bytes_after_others_were_shown(renderer: HeadRenderer) -> None:
    before = picture(renderer, face=3, nose_length=0.4)
    picture(renderer, gender="female", face=8, skin=2, nose_length=-1.0)
    assert np.array_equal(before, picture(renderer, face=3, nose_length=0.4))


def test_two_renderers_of_one_seed_agree_and_of_two_seeds_do_not(renderer: HeadRenderer) -> None:
    assert np.array_equal(picture(renderer, face=5), picture(HeadRenderer(SIZE), face=5))
    assert change(picture(renderer, face=5), picture(HeadRenderer(SIZE, seed=12), face=5)) > 2


@pytest.mark.parametrize("name", SLIDER_NAMES)
def test_each_slider_is_seen(renderer: HeadRenderer, name: str) -> None:
    low, high = picture(renderer, **{name: -1.0}), picture(renderer, **{name: 1.0})
    assert change(low, high) > 0.05
    assert np.abs(low.astype(np.int16) - high).max() > 20


@pytest.mark.parametrize("name", UNCAPTURED_SLIDERS)
def test_rows_that_are_not_captured_are_seen_too(renderer: HeadRenderer, name: str) -> None:
    assert change(picture(renderer), picture(renderer, **{name: 1.0})) > 0.02


def test_a_missing_slider_stands_at_zero(renderer: HeadRenderer) -> None:
    assert np.array_equal(picture(renderer), picture(renderer, **dict.fromkeys(SLIDER_NAMES, 0.0)))


@pytest.mark.parametrize("gender", ["male", "female"])
def test_every_face_and_skin_type_of_the_profile_looks_different(renderer: HeadRenderer, gender: str) -> None:
    profile = load_profile("standin")
    faces = [picture(renderer, gender=gender, face=i) for i in profile.ids("face", gender)]
    skins = [picture(renderer, gender=gender, skin=i) for i in profile.ids("skin", gender)]
    for looks in (faces, skins):
        closest = min(change(a, b) for i, a in enumerate(looks) for b in looks[:i])
        assert closest > 0.4


def test_a_look_depends_on_its_id_alone() -> None:
    assert skin_type(11, "male", 7) == skin_type(11, "male", 7)
    first, second = face_type(11, "female", 41), face_type(11, "female", 41)
    assert np.array_equal(first.hidden_H, second.hidden_H)
    assert first.haircut == second.haircut


def test_a_blink_closes_the_eyes_and_leaves_the_rest(renderer: HeadRenderer) -> None:
    opened, closed = picture(renderer), picture(renderer, pose=Pose(eyelid_closure=1.0))
    moved = np.abs(opened.astype(np.int16) - closed).max(axis=2) > 8
    assert moved[EYES].sum() > 40
    assert moved.sum() == moved[EYES].sum()
    assert (opened[EYES].min(axis=2) > 120).sum() > (closed[EYES].min(axis=2) > 120).sum()  # no white is left


@pytest.mark.parametrize("number", range(8))
def test_a_blink_is_seen_on_every_character_and_comes_little_by_little(renderer: HeadRenderer, number: int) -> None:
    generator = np.random.default_rng(number)
    ends = dict(zip(SLIDER_NAMES, generator.choice([-1.0, 1.0], len(SLIDER_NAMES)).tolist(), strict=True))
    gender, face, skin = ("male", "female")[number % 2], 3 * number, 4 * number

    def closed_by(share: float) -> NDArray[np.uint8]:
        return picture(renderer, gender=gender, face=face, skin=skin, pose=Pose(eyelid_closure=share), **ends)

    stages = [closed_by(share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert (np.abs(stages[0].astype(np.int16) - stages[-1]).max(axis=2) > 16).sum() > 20
    steps = [change(one, other) for one, other in pairwise(stages)]
    assert max(steps) < 0.8 * change(stages[0], stages[-1])


def test_one_eye_can_be_squinted(renderer: HeadRenderer) -> None:
    moved = np.abs(picture(renderer).astype(np.int16) - picture(renderer, squint_left_eye=1.0)).max(axis=2) > 8
    assert moved[:, SIZE // 2 :].sum() > 10  # the character's left is the viewer's right
    assert moved[:, : SIZE // 2].sum() == 0


def test_sway_of_whole_pixels_shifts_the_picture(renderer: HeadRenderer) -> None:
    still, swayed = picture(renderer), picture(renderer, pose=Pose(shift_x_pixels=2.0, shift_y_pixels=1.0))
    head = (slice(30, 70), slice(30, 66))
    shifted = (slice(31, 71), slice(32, 68))
    assert change(still[head], swayed[shifted]) < 1.0 < change(still[head], swayed[head])


def test_turning_the_head_moves_the_nose(renderer: HeadRenderer) -> None:
    assert change(picture(renderer), picture(renderer, pose=Pose(yaw_radians=0.3))) > 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"gender": "beastren"}, "male, female"),
        ({"face": -1}, "start at 0"),
        ({"nose_lenght": 0.5}, "nose_lenght"),
        ({"nose_length": 40.0}, "between -1 and 1"),
    ],
)
def test_what_the_head_does_not_have_is_refused_with_a_reason(
    renderer: HeadRenderer, arguments: dict[str, object], told: str
) -> None:
    with pytest.raises(LookError, match=told):
        picture(renderer, **arguments)  # type: ignore[arg-type]
