"""Photos as users hand them in, embedded by the real recogniser; and what a match is worth in the creator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from toy_models import ToyModels

from creator.profile_file import load_profile
from creator.sheet import sheet_character
from embedding.errors import NoFaceError, NotAPhotoError, PhotoNotFoundError
from embedding.frames import embed_frames
from embedding.photo_embedding import embed_photo
from embedding.place import place_in_frames
from embedding.recogniser import Recogniser, RecogniserId
from matcher.errors import ModelMismatchError, TargetError, VerifyError
from matcher.match import Match
from matcher.matcher import Matcher
from matcher.verify import verify_match
from protocol.character import Character
from standin.render import HeadRenderer, Pose

SMALL = load_profile("small")
Picture = NDArray[np.uint8]


@pytest.fixture
def matcher(recogniser: Recogniser) -> Matcher:
    identity = recogniser.identity
    return Matcher(ToyModels(SMALL, identity.dimension, str(identity)), SMALL, recogniser=recogniser)


@pytest.fixture
def match(matcher: Matcher, photo_HW3: Picture) -> Match:
    return matcher.match(photo_HW3)


def test_pixels_a_file_and_its_bytes_lead_to_the_same_character(
    matcher: Matcher, photo_HW3: Picture, tmp_path: Path, match: Match
) -> None:
    path = tmp_path / "portrait.png"
    Image.fromarray(photo_HW3).save(path)
    assert matcher.match(path).character == match.character
    assert matcher.match(str(path)).character == match.character
    assert matcher.match(path.read_bytes()).character == match.character
    assert match.target.remarks == ()


def test_a_blurred_photo_counts_less_than_a_sharp_one_and_gets_a_remark(
    matcher: Matcher, recogniser: Recogniser, photo_HW3: Picture
) -> None:
    small = Image.fromarray(photo_HW3).resize((60, 60))
    blurred_HW3 = np.asarray(small.resize((300, 300), Image.Resampling.BICUBIC), dtype=np.uint8)
    sharp, blurred = embed_photo(recogniser, photo_HW3), embed_photo(recogniser, blurred_HW3)
    both = matcher.match([sharp, blurred_HW3])
    to_sharp = np.linalg.norm(both.target.embedding_D - sharp.embedding_D)
    to_blurred = np.linalg.norm(both.target.embedding_D - blurred.embedding_D)
    assert to_sharp < to_blurred
    assert any("blurred" in remark for remark in both.target.remarks)


def test_what_is_wrong_with_a_photo_is_said_by_its_name(matcher: Matcher, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    empty = tmp_path / "wall.png"
    Image.new("RGB", (200, 200), "white").save(empty)
    with pytest.raises(NotAPhotoError, match=r"notes\.txt"):
        matcher.match(text)
    with pytest.raises(NoFaceError, match=r"wall\.png"):
        matcher.match(empty)
    with pytest.raises(PhotoNotFoundError, match=r"gone\.png"):
        matcher.match(tmp_path / "gone.png")


def test_a_photo_embedded_by_another_recogniser_is_refused(
    matcher: Matcher, recogniser: Recogniser, photo_HW3: Picture
) -> None:
    photo = embed_photo(recogniser, photo_HW3)
    other = replace(photo, recogniser=RecogniserId("arcface", "0123abcd", len(photo.embedding_D)))
    with pytest.raises(TargetError, match="arcface"):
        matcher.match(other)


def test_models_of_another_recogniser_are_refused_at_once(recogniser: Recogniser) -> None:
    with pytest.raises(ModelMismatchError, match="embed the frames again"):
        Matcher(ToyModels(SMALL, 128, "dlib-00000000"), SMALL, recogniser=recogniser)


def test_without_a_recogniser_the_models_own_is_opened_and_checked(photo_HW3: Picture) -> None:
    with pytest.raises(ModelMismatchError, match="dlib-00000000"):
        Matcher(ToyModels(SMALL, 128, "dlib-00000000"), SMALL).match(photo_HW3)


def test_the_measured_similarity_is_of_what_the_creator_shows(
    matcher: Matcher, recogniser: Recogniser, photo_HW3: Picture, match: Match
) -> None:
    asked: list[Character] = []

    def the_creator_shows_the_photo_itself(character: Character) -> Picture:
        asked.append(character)
        return photo_HW3

    verified = verify_match(matcher, match, the_creator_shows_the_photo_itself)
    assert asked == [candidate.character for candidate in match.candidates]
    assert verified.similarity_measured == pytest.approx(1, abs=1e-3)


def test_the_candidate_that_the_creator_shows_most_alike_becomes_the_match(
    matcher: Matcher, photo_HW3: Picture, match: Match
) -> None:
    second = match.alternatives[1].character

    def only_one_shows_the_photo(character: Character) -> Picture:
        return photo_HW3 if character == second else np.full((256, 256, 3), 90, np.uint8)

    verified = verify_match(matcher, match, only_one_shows_the_photo)
    assert verified.character == second
    assert sheet_character(matcher.profile, verified.sheet) == second
    assert verified.similarity_measured == pytest.approx(1, abs=1e-3)
    assert verified.percentile == matcher.impostor_pairs.percentile(1.0)
    assert {each.character for each in verified.candidates} == {each.character for each in match.candidates}
    assert {each.similarity_measured for each in verified.alternatives} == {None}


def test_a_creators_frame_is_measured_where_its_profile_says_that_the_face_is(
    matcher: Matcher, recogniser: Recogniser
) -> None:
    gender, face, skin = SMALL.combinations[0]
    sliders = {slider.name: 0.3 for slider in SMALL.sliders}
    swayed = Pose(shift_x_pixels=9, shift_y_pixels=7)  # a search would find other landmarks
    frame_HW3 = HeadRenderer(256).render(gender=gender, face=face, skin=skin, sliders=sliders, pose=swayed)
    place = place_in_frames(SMALL)
    assert place is not None
    captured_D = embed_frames(recogniser, [frame_HW3], place.in_frame(frame_HW3)).embeddings_ND[0]

    verified = verify_match(matcher, matcher.match(captured_D), lambda _: frame_HW3)

    assert verified.similarity_measured == pytest.approx(1, abs=1e-6)


def test_a_creator_that_shows_no_face_is_an_error_and_not_a_low_similarity(
    matcher: Matcher, recogniser: Recogniser, match: Match
) -> None:
    with pytest.raises(VerifyError, match="None of 6 pictures"):
        verify_match(matcher, match, lambda _: np.full((256, 256, 3), 90, np.uint8))


def test_errors_of_the_driver_pass_through(matcher: Matcher, recogniser: Recogniser, match: Match) -> None:
    def ends(_: Character) -> Picture:
        raise TimeoutError("the creator ended")

    with pytest.raises(TimeoutError):
        verify_match(matcher, match, ends)
