"""Photo to character: embed, rank the combinations, predict the sliders, rank again through the imitator, refine.

Shapes: C combinations, K candidates, A of them looked at again, B of those better off, P characters, S sliders scaled to
[-1, 1], D embedding, E = D + 1, 3 choices.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from creator.character import default_character
from creator.encoding import Encoding, Floats, Ints
from creator.profile import Profile
from creator.profile_file import load_profile
from creator.sheet import sheet_json
from embedding.open import open_recogniser
from embedding.recogniser import Recogniser
from matcher.constraints import DEFAULT_MILDNESS, Constraints, constrain
from matcher.errors import ConstraintError, ModelMismatchError, VerifyError
from matcher.match import Alternative, Match
from matcher.meaning import ImpostorPairs, explain, judge
from matcher.models import Models
from matcher.photos import Photo, Target, TargetReader
from matcher.refine import Aim, RefineConfig, refine_sliders
from matcher.shortlist import best_of_each, shortlist
from protocol.character import Character

_LARGEST_LEAD = 12.0
"""Logarithm of how much likelier than another a combination can count: a photo's face was made of none of them."""

_STRANGER_PERCENT = 99.0
"""Photos of one person of the stand-in are alike by .73 at least (99 of 100), different faces by .47 at most, as many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MatcherConfig:
    """How many combinations get a closer look, and how hard the best are refined: `refine` all that are shown, and `polish`
    the match itself once more. In a hurry fewer get that look, and only the match itself is refined.

    The best of those that got a look, `second_look_share` of them, get a second one: the slider network answers again, for a
    target that is moved by what its first answer missed. In a hurry none does.

    Which combinations are looked at and shown is decided by how alike they are expected to be, less `unlikely_cost` for each
    factor of e by which another one is likelier: the affinity network has seen of what captured faces were made, and errs
    elsewhere than the imitator does.
    However little mildness is asked for, at least `ranking_pull` to the middle counts there: a wrong face type needs sliders
    nearer to their ends.
    """

    num_candidates: int = 48
    num_candidates_in_hurry: int = 24
    num_per_face_type: int = 6
    second_look_share: float = 0.25
    unlikely_cost: float = 0.005
    ranking_pull: float = 0.3
    refine: RefineConfig = field(default_factory=lambda: RefineConfig(num_iterations=1))
    polish: RefineConfig = field(default_factory=lambda: RefineConfig(num_iterations=2))

    def __post_init__(self) -> None:
        if min(self.num_candidates, self.num_candidates_in_hurry, self.num_per_face_type) < 1:
            raise ValueError("num_candidates, num_candidates_in_hurry, num_per_face_type: expected at least 1")
        for name in ("ranking_pull", "unlikely_cost"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} {getattr(self, name)}: expected 0 or more")
        if not 0 <= self.second_look_share <= 1:
            raise ValueError(f"second_look_share {self.second_look_share}: expected 0 to 1")


class Matcher:
    """Finds characters with one model set. Use `Matcher.load`."""

    def __init__(
        self,
        models: Models,
        profile: Profile,
        *,
        recogniser: Recogniser | None = None,
        config: MatcherConfig | None = None,
    ) -> None:
        """Raises ModelMismatchError when the models are of another profile or recogniser."""
        _check_profile(models, profile)
        if recogniser is not None:
            _check_recogniser(models, recogniser)
        self.models = models
        self.profile = profile
        self.encoding = Encoding(profile)
        self.config = config or MatcherConfig()
        self._recogniser = recogniser

    @classmethod
    def load(
        cls,
        folder: str | Path,
        *,
        recogniser: Recogniser | None = None,
        profile: Profile | None = None,
        config: MatcherConfig | None = None,
    ) -> Matcher:
        """Opens a model set; profile and recogniser are the ones named in its card unless others are given.

        Without `recogniser` it is opened when the first picture comes. Raises ModelMismatchError, and the model set's own
        error when the folder holds none of this release.
        """
        from trainer.model_set import ModelSet  # here, so that a matcher over other networks needs no onnxruntime

        models = ModelSet.open(Path(folder))
        return cls(models, profile or load_profile(models.card.profile_name), recogniser=recogniser, config=config)

    @cached_property
    def recogniser(self) -> Recogniser:
        """The recogniser of the models. Raises ModelMismatchError when the installed weights are others."""
        if self._recogniser is not None:
            return self._recogniser
        recogniser = open_recogniser(self.models.card.recogniser.rsplit("-", 1)[0])
        _check_recogniser(self.models, recogniser)
        return recogniser

    @cached_property
    def mean_D(self) -> Floats:
        """The mean of the training rows' embeddings, around which similarities are taken."""
        return np.asarray(self.models.card.embedding_mean, dtype=np.float32)

    @cached_property
    def impostor_pairs(self) -> ImpostorPairs:
        return ImpostorPairs.of(self.models.card.impostor_similarities)

    def match(
        self,
        photos: Photo | Sequence[Photo],
        *,
        gender: str | None = None,
        fix: Mapping[str, int] | None = None,
        mildness: float = DEFAULT_MILDNESS,
        alternatives: int = 5,
        refine: bool = True,
        is_hurried: bool = False,
        face: int | None = None,
    ) -> Match:
        """The character whose face is most like the photo's; several photos are of one person.

        `fix` holds face or skin type at an id, or a slider at a value; `mildness` keeps sliders from their ends, 0 looks for the
        greatest similarity alone; `face` is the face's number from the left where pictures show several. Without `refine` it
        is a single pass of the networks; hurried, only the match itself gets more than that, in less than half the time.
        Raises ConstraintError, TargetError, PhotoError.
        """
        if alternatives < 0:
            raise ConstraintError(f"{alternatives} alternatives: expected 0 or more.")
        constraints = constrain(self.profile, gender=gender, fix=fix, mildness=mildness)
        target = self.read_target(photos, face=face)
        similarities_C, likelihoods_C = (values_NC[0] for values_NC in self.models.affinity(target.embedding_D[None]))
        aim = self._aim(target, constraints)
        is_short = is_hurried or not refine  # more of them matter for what is shown beside the match, and is refined
        num_looked_at = self.config.num_candidates_in_hurry if is_short else self.config.num_candidates
        costs_C = self._costs(likelihoods_C, constraints)
        chosen_P, sliders_PS, imagined_PE = self._candidates(
            target,
            aim,
            constraints,
            similarities_C,
            costs_C,
            num_looked_at=num_looked_at,
            num_looked_at_again=0 if is_hurried else round(self.config.second_look_share * num_looked_at),
            num_wanted=1 + alternatives,
        )
        choices_P3 = self._combinations_C3[chosen_P]
        if refine:
            refined_PS = self._refine(aim, choices_P3, sliders_PS, costs_C[chosen_P], everyone=not is_hurried)
            sliders_PS = self.encoding.on_steps(refined_PS)
            imagined_PE = self._imagine(choices_P3, sliders_PS)
        characters = self._ranked(aim, choices_P3, sliders_PS, imagined_PE, costs_C[chosen_P])
        return self._describe(target, characters, mildness=mildness, ceiling=float(similarities_C.max()))

    def measured(self, match: Match, similarities: Sequence[float | None]) -> Match:
        """The match in the light of what a creator showed: the most alike of its candidates, the others behind it.

        `similarities` are of `match.candidates`, None where the picture showed no face. Raises VerifyError when none did.
        """
        found = [
            replace(candidate, similarity_measured=similarity)
            for candidate, similarity in zip(match.candidates, similarities, strict=True)
        ]
        if all(each.similarity_measured is None for each in found):
            raise VerifyError(
                f"None of {len(found)} pictures that the creator showed has a face. "
                "Check that the capture region shows the whole face and nothing covers it."
            )
        found.sort(key=lambda each: np.inf if each.similarity_measured is None else -each.similarity_measured)
        return self._describe(match.target, found, mildness=match.mildness, ceiling=match.ceiling)

    def read_target(self, photos: Photo | Sequence[Photo], *, face: int | None = None) -> Target:
        """The embedding of a photo, or of several of one person. Raises TargetError, PhotoError."""
        stranger = self.impostor_pairs.similarity(_STRANGER_PERCENT)
        reader = TargetReader(self.models.card.recogniser, self.mean_D, stranger, lambda: self.recogniser)
        return reader.read(list(photos) if isinstance(photos, list | tuple) else [photos], face)  # type: ignore[list-item]

    def similarities(self, characters: Sequence[Character], target: Target) -> Floats:
        """What the imitator expects of these characters (P,)."""
        aim = self._aim(target, constrain(self.profile))
        return aim.similarities(
            self._imagine(self.encoding.choices_N3(characters), self.encoding.sliders_NS(characters))
        )

    def _aim(self, target: Target, constraints: Constraints) -> Aim:
        """The target without any error, in the space of `_imagine`."""
        target_E, mean_E = np.append(target.embedding_D, np.float32(0)), np.append(self.mean_D, np.float32(0))
        return Aim.at(target_E, mean_E, constraints.low_S, constraints.high_S, constraints.pull)

    def _imagine(self, choices_N3: Ints, sliders_NS: Floats) -> Floats:
        """Imitated embeddings with the expected error's length as one more dimension, (N, E) with E = D + 1.

        The cosine with a target that has a zero there is the similarity to expect of a capture, less than that of the imitated
        embedding: so ranking and refinement stay where the imitator is sure of what it says.
        """
        embeddings_ND, squared_errors_N = self.models.imitate_with_errors(choices_N3, sliders_NS)
        return np.concatenate([embeddings_ND, np.sqrt(np.maximum(squared_errors_N, 0))[:, None]], axis=1)

    @cached_property
    def _combinations_C3(self) -> Ints:
        return self.encoding.combinations_C3()

    @cached_property
    def _face_types(self) -> list[Hashable]:
        return [(gender, face) for gender, face, _ in self.profile.combinations]

    def _candidates(
        self,
        target: Target,
        aim: Aim,
        constraints: Constraints,
        similarities_C: Floats,
        costs_C: Floats,
        *,
        num_looked_at: int,
        num_looked_at_again: int,
        num_wanted: int,
    ) -> tuple[Ints, Floats, Floats]:
        """The most promising combinations (P), of distinct face types, the best first, and their first sliders (P, S).

        Sliders stand on the creator's steps; what is imagined of them (P, E) comes along.
        """
        chosen_K = shortlist(
            similarities_C - costs_C,
            constraints.is_allowed_C,
            self._face_types,
            num_candidates=max(num_looked_at, num_wanted),
            num_per_face_type=self.config.num_per_face_type,
        )
        choices_K3 = self._combinations_C3[chosen_K]
        sliders_KS, imagined_KE = self._first_sliders(target, aim, constraints, choices_K3, num_looked_at_again)
        ranking = replace(aim, pull=max(aim.pull, self.config.ranking_pull))
        worth_K = ranking.worth(imagined_KE, sliders_KS)
        scores_K = worth_K - costs_C[chosen_K]
        best_P = best_of_each(scores_K, [self._face_types[index] for index in chosen_K], num_wanted)
        return chosen_K[best_P], sliders_KS[best_P], imagined_KE[best_P]

    def _costs(self, likelihoods_C: Floats, constraints: Constraints) -> Floats:
        """What unlikely combinations lose against the likeliest that is allowed, in units of similarity (C)."""
        behind_C = likelihoods_C[constraints.is_allowed_C].max() - likelihoods_C
        costs_C: Floats = self.config.unlikely_cost * np.clip(behind_C, 0, _LARGEST_LEAD)
        return costs_C

    def _first_sliders(
        self, target: Target, aim: Aim, constraints: Constraints, choices_K3: Ints, num_looked_at_again: int
    ) -> tuple[Floats, Floats]:
        """The slider network's sliders (K, S) and what is imagined of them (K, E)."""
        sliders_KS, imagined_KE = self._answer(target.embedding_D, choices_K3, constraints)
        if num_looked_at_again:
            worth_K = aim.worth(imagined_KE, sliders_KS)
            again_A = np.argsort(-worth_K, kind="stable")[:num_looked_at_again]
            moved_AD = self._beyond(aim, imagined_KE[again_A, :-1])
            sliders_AS, imagined_AE = self._answer(moved_AD, choices_K3[again_A], constraints)
            is_better_A = aim.worth(imagined_AE, sliders_AS) > worth_K[again_A]
            better_B = again_A[is_better_A]
            sliders_KS[better_B], imagined_KE[better_B] = sliders_AS[is_better_A], imagined_AE[is_better_A]
        return sliders_KS, imagined_KE

    def _beyond(self, aim: Aim, imagined_AD: Floats) -> Floats:
        """The target moved by what each answer missed, as far from the mean as that answer: likeness is a matter of direction."""
        answers_AD = imagined_AD - self.mean_D
        goals_AD = aim.target_D[:-1] * np.linalg.norm(answers_AD, axis=1, keepdims=True)
        moved_AD: Floats = self.mean_D + goals_AD + (goals_AD - answers_AD)
        return moved_AD

    def _answer(self, targets: Floats, choices_N3: Ints, constraints: Constraints) -> tuple[Floats, Floats]:
        """To one target (D) or many (N, D)."""
        targets_ND = np.broadcast_to(targets, (len(choices_N3), targets.shape[-1]))
        sliders_NS = self.encoding.on_steps(constraints.bring_in(self.models.slider(targets_ND, choices_N3)))
        return sliders_NS, self._imagine(choices_N3, sliders_NS)

    def _refine(self, aim: Aim, choices_P3: Ints, sliders_PS: Floats, costs_P: Floats, *, everyone: bool) -> Floats:
        """Everyone once, and the best once more; the given ones come best first."""
        best = 0
        if everyone:
            sliders_PS = refine_sliders(self._imagine, aim, choices_P3, sliders_PS, self.config.refine)
            best = int((aim.worth(self._imagine(choices_P3, sliders_PS), sliders_PS) - costs_P).argmax())
        one = slice(best, best + 1)
        polished_PS = sliders_PS.copy()
        polished_PS[one] = refine_sliders(self._imagine, aim, choices_P3[one], sliders_PS[one], self.config.polish)
        return polished_PS

    def _ranked(
        self, aim: Aim, choices_P3: Ints, sliders_PS: Floats, imagined_PE: Floats, costs_P: Floats
    ) -> list[Alternative]:
        """By similarity less what is unlikely; sliders stand on the creator's steps."""
        characters = [
            self.encoding.character(self.encoding.combination(choices_3), sliders_S)
            for choices_3, sliders_S in zip(choices_P3, sliders_PS, strict=True)
        ]
        similarities_P = aim.similarities(imagined_PE)
        order = np.argsort(costs_P - similarities_P, kind="stable")
        return [Alternative(characters[at], float(similarities_P[at])) for at in order]

    def _describe(self, target: Target, ranked: Sequence[Alternative], *, mildness: float, ceiling: float) -> Match:
        """What was measured counts more than what was predicted."""
        best = ranked[0]
        measured = best.similarity_measured
        similarity = best.similarity_predicted if measured is None else measured
        percentile = self.impostor_pairs.percentile(similarity)
        return Match(
            character=best.character,
            similarity_predicted=best.similarity_predicted,
            similarity_measured=measured,
            ceiling=ceiling,
            percentile=percentile,
            verdict=judge(similarity, percentile, ceiling),
            meaning=explain(similarity, percentile, ceiling, is_measured=measured is not None),
            mildness=mildness,
            extremeness=self.extremeness(best.character),
            alternatives=tuple(ranked[1:]),
            sheet=sheet_json(self.profile, best.character, default_character(self.profile, best.character.gender)),
            target=target,
        )

    def extremeness(self, character: Character) -> float:
        """Mean distance of the sliders from their middle: 0 all there, 1 all at an end."""
        return float(np.abs(self.encoding.sliders_NS([character])).mean())


def _check_profile(models: Models, profile: Profile) -> None:
    if models.card.profile_hash != profile.hash:
        raise ModelMismatchError(
            "profile",
            f"{models.card.profile_name} ({models.card.profile_hash})",
            f"{profile.name} ({profile.hash})",
            "Use the profile that they were trained for, or train anew.",
        )


def _check_recogniser(models: Models, recogniser: Recogniser) -> None:
    if models.card.recogniser != str(recogniser.identity):
        raise ModelMismatchError(
            "recogniser",
            models.card.recogniser,
            str(recogniser.identity),
            "Name the recogniser that they were trained with, or embed the frames again and train anew.",
        )
