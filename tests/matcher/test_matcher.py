"""From a face to its character: found again, within the wishes, and never with models of something else."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_report import random_character
from toy_model_files import write_card, write_networks
from toy_models import ToyModels

from creator.character import check_character
from creator.encoding import Floats, Ints
from creator.profile_file import load_profile
from creator.sheet import sheet_character
from matcher.errors import ConstraintError, MatcherError, ModelMismatchError, TargetError
from matcher.matcher import Matcher, MatcherConfig
from matcher.meaning import ImpostorPairs
from protocol.character import Character
from protocol.errors import LookalikeError
from trainer.model_set import ModelSet

SMALL = load_profile("small")
MODELS = ToyModels(SMALL)
MATCHER = Matcher(MODELS, SMALL)


class SureModels(ToyModels):
    """Believes in everything it imitates."""

    def imitate_with_errors(self, choices_N3: Ints, sliders_NS: Floats) -> tuple[Floats, Floats]:
        return self.imitate(choices_N3, sliders_NS), np.zeros(len(choices_N3), np.float32)


def target(seed: int = 0) -> np.ndarray:
    """A face that this creator can nearly make."""
    generator = np.random.default_rng(seed)
    face_D = MODELS.face_of(random_character(SMALL, generator))
    return np.asarray(face_D + generator.normal(0, 0.15, face_D.shape), dtype=np.float32)


def expected_similarity(character: Character, face_D: np.ndarray) -> float:
    """Cosine around the mean, made less by how unsure the imitator is."""
    embedding_ND, error_N = MODELS.imitate_with_errors(
        MODELS.encoding.choices_N3([character]), MODELS.encoding.sliders_NS([character])
    )
    centred_D, wanted_D = embedding_ND[0] - MODELS.mean_D, face_D - MODELS.mean_D
    return float(centred_D @ wanted_D / np.sqrt(centred_D @ centred_D + error_N[0]) / np.linalg.norm(wanted_D))


def test_a_character_of_the_creator_is_found_again() -> None:
    wanted = random_character(SMALL, np.random.default_rng(5))
    match = MATCHER.match(MODELS.face_of(wanted))
    assert (match.character.gender, match.character.face) == (wanted.gender, wanted.face)
    assert match.similarity_predicted > 0.97


def test_the_prediction_is_the_similarity_of_the_rounded_character() -> None:
    face_D = target()
    match = MATCHER.match(face_D)
    check_character(SMALL, match.character)
    expected = expected_similarity(match.character, face_D)
    assert match.similarity_predicted == pytest.approx(expected, abs=1e-5)
    assert MATCHER.similarities([match.character], match.target)[0] == pytest.approx(expected, abs=1e-5)


def test_refining_never_makes_it_worse_and_mostly_better() -> None:
    looks_once = Matcher(
        MODELS, SMALL, config=MatcherConfig(second_look_share=0)
    )  # a second look leaves little to toys
    gains = []
    for seed in range(10):
        face_D = target(seed)
        rough, fine = (looks_once.match(face_D, mildness=0, refine=is_refined) for is_refined in (False, True))
        gains.append(fine.similarity_predicted - rough.similarity_predicted)
    assert min(gains) > -0.003  # rounding to whole steps may cost a little
    assert np.mean(gains) > 0.005


def test_a_second_look_makes_no_candidate_worse_and_most_matches_better() -> None:
    once, twice = (looking(MODELS, second_look_share=share) for share in (0.0, 1.0))
    gains = []
    for seed in range(10):
        first, second = (matcher.match(target(seed), refine=False, mildness=0) for matcher in (once, twice))
        gains.append(second.similarity_predicted - first.similarity_predicted)
    assert min(gains) > -1e-6
    assert np.mean(gains) > 0.001


@dataclass(frozen=True)
class WatchedModels(ToyModels):
    """Notes what the slider network is asked; `spoils` its second answer."""

    asked: list[Ints] = field(default_factory=list)
    spoils: bool = False

    def slider(self, embeddings_ND: Floats, choices_N3: Ints) -> Floats:
        self.asked.append(choices_N3)
        sliders_NS = super().slider(embeddings_ND, choices_N3)
        return np.ones_like(sliders_NS) if self.spoils and len(self.asked) == 2 else sliders_NS


def looking(models: ToyModels, **config: Any) -> Matcher:
    return Matcher(models, SMALL, config=replace(MatcherConfig(ranking_pull=0), **config))


@pytest.mark.parametrize("seed", range(4))
def test_the_best_are_looked_at_again_unless_in_a_hurry(seed: int) -> None:
    once = looking(MODELS, second_look_share=0).match(target(seed), refine=False, mildness=0)
    models = WatchedModels(SMALL)
    looking(models).match(target(seed), refine=False, mildness=0)
    first_K3, second_A3 = models.asked
    assert len(second_A3) == len(first_K3) // 4
    assert MODELS.encoding.combination(second_A3[0]) == (
        once.character.gender,
        once.character.face,
        once.character.skin,
    )
    models.asked.clear()
    looking(models).match(target(seed), is_hurried=True)
    assert len(models.asked) == 1


def test_a_second_answer_that_is_worse_does_not_count() -> None:
    once = looking(MODELS, second_look_share=0).match(target(), refine=False, mildness=0)
    spoiled = looking(WatchedModels(SMALL, spoils=True)).match(target(), refine=False, mildness=0)
    assert (spoiled.character, spoiled.alternatives) == (once.character, once.alternatives)


def test_a_short_target_gets_as_good_an_answer_as_a_long_one() -> None:
    """Photos of several kinds together make a mean that lies near the mean of all faces."""
    matcher = looking(MODELS)
    for seed in range(6):
        long_D = target(seed)
        short_D = MODELS.mean_D + 0.5 * (long_D - MODELS.mean_D)
        long, short = (matcher.match(face_D, refine=False, mildness=0) for face_D in (long_D, short_D))
        assert short.similarity_predicted > long.similarity_predicted - 0.05


def test_which_combination_is_shown_takes_sliders_at_their_ends_for_a_bad_sign() -> None:
    plain, wary = (looking(MODELS, ranking_pull=pull) for pull in (0.0, 1000.0))
    ends = [
        [matcher.match(target(seed), refine=False, mildness=0).extremeness for seed in range(6)]
        for matcher in (plain, wary)
    ]
    assert np.mean(ends[1]) < np.mean(ends[0])


@dataclass(frozen=True)
class KnowingModels(ToyModels):
    """Knows of what combination the face was made."""

    made_of: int = 0
    nats: float = 1000.0

    def affinity(self, embeddings_ND: Floats) -> tuple[Floats, Floats]:
        similarities_NC, likelihoods_NC = super().affinity(embeddings_ND)
        likelihoods_NC[:, self.made_of] += self.nats
        return similarities_NC, likelihoods_NC


@pytest.mark.parametrize("wishes", [{"refine": False}, {}, {"is_hurried": True}])
def test_of_characters_as_alike_the_likelier_one_is_the_match(wishes: dict[str, bool]) -> None:
    plain = looking(MODELS).match(target(), alternatives=3, **wishes)
    second = plain.alternatives[0]
    lead = plain.similarity_predicted - second.similarity_predicted
    combination = (second.character.gender, second.character.face, second.character.skin)
    models = KnowingModels(SMALL, made_of=SMALL.combinations.index(combination))
    told = looking(models, unlikely_cost=lead).match(target(), alternatives=3, **wishes)  # 12 nats count at most
    untold = looking(models, unlikely_cost=0).match(target(), alternatives=3, **wishes)
    assert (told.character.gender, told.character.face, told.character.skin) == combination
    assert untold.character == plain.character


def test_no_likelihood_outweighs_a_face_that_is_plainly_more_alike() -> None:
    plain = MATCHER.match(target(), alternatives=0)
    likenesses_C = MODELS.affinity(target()[None])[0][0]
    models = KnowingModels(SMALL, made_of=int(likenesses_C.argmin()))
    told = Matcher(models, SMALL).match(target(), alternatives=0)
    assert told.character == plain.character


def test_refining_stays_within_a_few_hundred_runs_of_the_imitator_a_character() -> None:
    MODELS.calls.clear()
    MATCHER.match(target(), alternatives=0)
    assert MODELS.calls["imitate"] < 400


def test_the_prediction_is_the_one_that_the_model_set_expects(tmp_path: Path) -> None:
    write_networks(MODELS, tmp_path)
    write_card(MODELS, tmp_path)
    matcher = Matcher.load(tmp_path)
    face_D = target()
    match = matcher.match(face_D)
    choices_N3, sliders_NS = (
        MODELS.encoding.choices_N3([match.character]),
        MODELS.encoding.sliders_NS([match.character]),
    )
    expected_N = ModelSet.open(tmp_path).expected_similarity(choices_N3, sliders_NS, face_D[None])
    assert match.similarity_predicted == pytest.approx(float(expected_N[0]), abs=1e-5)


def test_a_model_set_on_disk_finds_what_its_networks_find_in_memory(tmp_path: Path) -> None:
    write_networks(MODELS, tmp_path)
    write_card(MODELS, tmp_path)
    matcher = Matcher.load(tmp_path)
    for seed in range(5):
        found, expected = (each.match(target(seed)).character for each in (matcher, MATCHER))
        assert (found.gender, found.face, found.skin) == (expected.gender, expected.face, expected.skin)
        np.testing.assert_allclose(found.sliders, expected.sliders, atol=1)  # the last bit may round to the next step


@pytest.mark.parametrize(
    ("changes", "error", "named"),
    [
        ({"schema_version": 99}, LookalikeError, "schema version 99"),
        ({"profile_hash": "0" * 16}, ModelMismatchError, "0000000000000000"),
        ({"profile_name": "elsewhere"}, LookalikeError, "elsewhere"),
        ({"embedding_mean": [0.0] * 31}, LookalikeError, "31 numbers"),
    ],
)
def test_a_model_set_of_something_else_is_refused(
    changes: dict[str, object], error: type[LookalikeError], named: str, tmp_path: Path
) -> None:
    write_networks(MODELS, tmp_path)
    write_card(MODELS, tmp_path, **changes)
    with pytest.raises(error, match=named):
        Matcher.load(tmp_path)


def test_a_folder_without_models_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(LookalikeError, match="lookalike train"):
        Matcher.load(tmp_path)


def test_refining_prefers_what_the_imitator_is_sure_of() -> None:
    """Without the doubt in the aim, sliders would go further out for the same face."""
    sure = Matcher(SureModels(SMALL), SMALL)
    spread, doubting_spread = (
        np.mean([np.abs(MODELS.encoding.sliders_NS([m.match(target(seed)).character])).mean() for seed in range(8)])
        for m in (sure, MATCHER)
    )
    assert doubting_spread < spread


def test_the_match_is_best_and_the_runners_up_have_face_types_of_their_own() -> None:
    match = MATCHER.match(target(), alternatives=4)
    ranked = [match.similarity_predicted, *(other.similarity_predicted for other in match.alternatives)]
    faces = [(c.gender, c.face) for c in (match.character, *(other.character for other in match.alternatives))]
    assert ranked == sorted(ranked, reverse=True)
    assert len(set(faces)) == len(faces) == 5


def test_there_are_no_more_runners_up_than_face_types() -> None:
    assert len(MATCHER.match(target(), alternatives=50).alternatives) == 7
    assert MATCHER.match(target(), alternatives=0).alternatives == ()


def test_with_the_face_type_fixed_the_runners_up_differ_in_the_skin() -> None:
    match = MATCHER.match(target(), gender="male", fix={"face": 21})
    characters = [match.character, *(other.character for other in match.alternatives)]
    assert {(c.gender, c.face) for c in characters} == {("male", 21)}
    assert sorted(c.skin for c in characters) == [4, 22, 30]


@given(
    gender=st.none() | st.sampled_from(SMALL.genders),
    nose=st.none() | st.integers(-100, 100),
    mildness=st.floats(0, 0.95),
    seed=st.integers(0, 20),
)
@settings(max_examples=25, deadline=None)
def test_every_wish_is_kept(gender: str | None, nose: int | None, mildness: float, seed: int) -> None:
    fix = {} if nose is None else {"nose_length": nose}
    match = MATCHER.match(target(seed), gender=gender, fix=fix, mildness=mildness)
    for character in (match.character, *(other.character for other in match.alternatives)):
        check_character(SMALL, character)
        assert gender in (None, character.gender)
        for row, value in zip(SMALL.sliders, character.sliders, strict=True):
            if row.name == "nose_length" and nose is not None:
                assert value == nose
            else:
                middle, reach = (row.minimum + row.maximum) / 2, (row.maximum - row.minimum) / 2
                assert abs(value - middle) <= reach * (1 - mildness) + row.step / 2 + 1e-3


def test_milder_faces_are_less_alike() -> None:
    similarities = [MATCHER.match(target(3), mildness=mildness).similarity_predicted for mildness in (0.0, 0.5, 0.9)]
    assert similarities == sorted(similarities, reverse=True)


@pytest.mark.parametrize(
    ("wishes", "named"),
    [
        ({"gender": "elf"}, "male, female"),
        ({"fix": {"face": 12}}, "male: 3, 20, 21, 35; female: 5, 17, 18, 22"),
        ({"fix": {"face": 5}, "gender": "male"}, "male: 3, 20, 21, 35"),
        ({"fix": {"face": 5, "skin": 4}}, "No gender of small offers"),
        ({"fix": {"ears": 1}}, "'ears' cannot be fixed"),
        ({"fix": {"gender": 1}}, "'gender' cannot be fixed"),
        ({"fix": {"body_preset": 1}}, "'body_preset' cannot be fixed"),
        ({"fix": {"nose_length": 101}}, "nose_length at 101: it goes from -100 to 100"),
        ({"mildness": 1.0}, "Mildness 1"),
        ({"mildness": -0.1}, "Mildness -0.1"),
        ({"mildness": float("nan")}, "Mildness nan"),
        ({"alternatives": -1}, "-1 alternatives"),
    ],
)
def test_a_wish_that_cannot_be_fulfilled_is_named(wishes: dict[str, object], named: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        MATCHER.match(target(), **wishes)  # type: ignore[arg-type]
    assert named in str(caught.value)


def test_a_gender_may_be_written_as_the_game_writes_it() -> None:
    assert MATCHER.match(target(), gender="Female").character == MATCHER.match(target(), gender="female").character


def test_choices_can_be_fixed_by_the_names_of_their_rows_too() -> None:
    by_role = MATCHER.match(target(), fix={"face": 22})
    by_row = MATCHER.match(target(), fix={"base_head": 22})
    assert by_role.character == by_row.character


@pytest.mark.parametrize(
    ("photo", "named"),
    [
        ([], "No photo was given"),
        (np.zeros(31, np.float32), "has 31 numbers"),
        (np.full(32, np.nan, np.float32), "not finite"),
        (np.zeros((4, 4), np.uint8), "shape (4, 4)"),
        (np.zeros((4, 4, 3), np.float32), "float32"),
        (np.zeros((4, 4, 4), np.uint8), "shape (4, 4, 4)"),
    ],
)
def test_what_is_no_photo_is_refused(photo: object, named: str) -> None:
    with pytest.raises(TargetError) as caught:
        MATCHER.match(photo)  # type: ignore[arg-type]
    assert named in str(caught.value)


def test_models_of_another_profile_are_refused() -> None:
    with pytest.raises(ModelMismatchError, match="Use the profile that they were trained for"):
        Matcher(MODELS, load_profile("standin"))


def test_the_meaning_tells_percentile_and_ceiling_in_one_sentence() -> None:
    match = MATCHER.match(target())
    assert match.ceiling == pytest.approx(float(MODELS.affinity(match.target.embedding_D[None])[0].max()))
    assert 99 < match.percentile <= 99.9
    assert "of 1,000 pairs of this creator's faces" in match.meaning
    assert match.meaning.count(".") - match.meaning.count("0.") == 1


def test_a_face_like_nobody_is_called_not_alike() -> None:
    away_D = MODELS.mean_D + 0.01 * np.ones(32, np.float32)
    match = MATCHER.match(away_D, mildness=0.99, refine=False, fix={"face": 3, "skin": 4})
    assert match.percentile < 99
    assert match.percentile >= 0


def test_the_match_as_json_holds_the_sheet_but_not_the_face() -> None:
    match = MATCHER.match(target())
    value = json.loads(json.dumps(match.to_json()))
    assert sheet_character(SMALL, value["sheet"]) == match.character
    assert "embedding" not in json.dumps(value)


def test_any_face_gets_a_character_however_strange() -> None:
    for scale in (1e-6, 1.0, 1e4):
        check_character(SMALL, MATCHER.match((MODELS.mean_D + scale * target()).astype(np.float32)).character)
    check_character(SMALL, MATCHER.match(MODELS.mean_D).character)


def test_nothing_of_torch_or_ray_is_loaded_to_match() -> None:
    code = (
        "import sys; import matcher.matcher, matcher.report, matcher.verify, matcher.preview; "
        "print([name for name in ('torch', 'ray', 'matplotlib', 'deltalake') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_too_few_percentiles_are_an_error_and_not_a_guess() -> None:
    with pytest.raises(MatcherError, match="Train on more frames"):
        ImpostorPairs.of({})
