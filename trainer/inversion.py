"""Inversion: for a target embedding, the best that each combination can reach, and the settings that reach it.

All combinations are ranked by a linear stand-in first; the best are then improved by gradient steps on the sliders through the
frozen imitator, and the field is cut down round by round as losers show (successive halving). Similarities are the cosine that a
capture may be expected to have (`Imitator.expected_cosine`), so a place that the imitator knows little about has to be that much
better. Source of the halving: Jamieson and Talwalkar 2016, Non-stochastic Best Arm Identification.

Shape letters: T targets, C combinations in the profile's order, F combinations still in the field, S sliders, D dimension,
M members, H hidden width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from creator.encoding import Encoding
from creator.errors import CharacterError
from creator.profile import Profile
from protocol.character import Character
from trainer.check import require
from trainer.errors import TrainingDataError
from trainer.imitator import Imitator
from trainer.precision import fast_products
from trainer.space import Floats
from trainer.surrogate import Surrogate, estimate, linearise

TARGETS_AT_ONCE = 16
"""Targets solved together: the field of 16 keeps a CPU's matrix products full and memory small."""

CANDIDATES_AT_ONCE = 2048
ADAM_BETAS = (0.8, 0.95)
"""Short memories: a round has few steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """`num_combinations` stay in the field and take `num_steps` gradient steps each."""

    num_combinations: int
    num_steps: int

    def __post_init__(self) -> None:
        require(self.num_combinations >= 1, "num_combinations", self.num_combinations, "at least 1")
        require(self.num_steps >= 0, "num_steps", self.num_steps, "0 or more")


def _bulk_rounds() -> tuple[Round, ...]:
    return (
        Round(num_combinations=128, num_steps=4),
        Round(num_combinations=48, num_steps=8),
        Round(num_combinations=16, num_steps=16),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InversionConfig:
    """How hard to search. `step_size` is Adam's first step in scaled sliders; it shrinks to nothing over all rounds.

    `prior_weight` pulls sliders towards where the imitator was trained: its part of the objective is the mean squared number of
    standard deviations from training's mean.
    """

    rounds: tuple[Round, ...] = field(default_factory=_bulk_rounds)
    step_size: float = 0.2
    prior_weight: float = 0.004

    def __post_init__(self) -> None:
        require(len(self.rounds) > 0, "rounds", self.rounds, "at least one round")
        fields = [entry.num_combinations for entry in self.rounds]
        require(fields == sorted(fields, reverse=True), "rounds", fields, "fields that never grow from round to round")
        require(0 < self.step_size <= 1, "step_size", self.step_size, "above 0 and at most 1")
        require(self.prior_weight >= 0, "prior_weight", self.prior_weight, "0 or more")

    @classmethod
    def bulk(cls) -> InversionConfig:
        """For training targets by the hundred."""
        return cls()

    @classmethod
    def thorough(cls) -> InversionConfig:
        """For single targets whose best settings matter."""
        fields, steps = (512, 128, 32), (5, 15, 40)
        rounds = tuple(Round(num_combinations=f, num_steps=n) for f, n in zip(fields, steps, strict=True))
        return cls(rounds=rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What the player insists on: a gender, a face id, a skin id; `margin` is the share of a slider's half range kept off."""

    gender: str | None = None
    face: int | None = None
    skin: int | None = None
    margin: float = 0.0

    def __post_init__(self) -> None:
        require(0 <= self.margin < 1, "margin", self.margin, "at least 0 and below 1")

    def allowed_C(self, profile: Profile) -> NDArray[np.bool_]:
        """Raises CharacterError when no combination is left."""
        wanted = (self.gender, self.face, self.skin)
        allowed_C = np.array(
            [
                all(want is None or want == have for want, have in zip(wanted, combination, strict=True))
                for combination in profile.combinations
            ]
        )
        if not allowed_C.any():
            raise CharacterError(
                f"{profile.name} has no combination with gender {self.gender}, face {self.face}, skin {self.skin}"
            )
        return allowed_C


@dataclass(frozen=True, eq=False)
class PreparedImitator:
    """What all targets share: the linear stand-in, and what each combination contributes to the first layer (M, C, H)."""

    imitator: Imitator
    profile: Profile
    surrogate: Surrogate
    choice_part_MCH: Tensor


@torch.no_grad()
def prepare(imitator: Imitator, profile: Profile) -> PreparedImitator:
    """A few seconds; worth keeping when `invert` is called more than once."""
    combinations_C3 = Encoding(profile).combinations_C3()
    part_MCH = imitator.network.choice_part(torch.from_numpy(combinations_C3))
    return PreparedImitator(imitator, profile, linearise(imitator, combinations_C3), part_MCH)


@dataclass(frozen=True, eq=False)
class Inversion:
    """What was found for T targets.

    `similarities_TC`: expected centred cosine that each combination reaches; -1 where constraints exclude it. It is exact for
    the top ones; losers carry what they had when they left plus what those that stayed gained afterwards; `num_steps_TC` says
    how many gradient steps stand behind a value (0: the linear estimate). `top_...` hold the last round's field, best first,
    with sliders scaled, inside the box and on the creator's steps; `top_TF` are numbers of `Profile.combinations`.
    """

    similarities_TC: Floats
    num_steps_TC: NDArray[np.int16]
    top_TF: NDArray[np.int64]
    top_similarities_TF: Floats
    top_sliders_TFS: Floats

    def part(self, start: int, end: int) -> Inversion:
        """Of targets `start` up to `end`."""
        return Inversion(
            similarities_TC=self.similarities_TC[start:end],
            num_steps_TC=self.num_steps_TC[start:end],
            top_TF=self.top_TF[start:end],
            top_similarities_TF=self.top_similarities_TF[start:end],
            top_sliders_TFS=self.top_sliders_TFS[start:end],
        )

    def character(self, profile: Profile, target: int, rank: int = 0) -> Character:
        """The settings of a target's best combination (or of its runner-up number `rank`)."""
        combination = profile.combinations[int(self.top_TF[target, rank])]
        return Encoding(profile).character(combination, self.top_sliders_TFS[target, rank])


def invert(
    imitator: Imitator | PreparedImitator,
    targets_TD: Floats,
    profile: Profile,
    config: InversionConfig | None = None,
    *,
    constraints: Constraints | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Inversion:
    """Inverts raw embeddings; the same call gives the same result. `on_progress(done, total)` counts targets.

    Raises TrainingDataError for targets of another dimension or without numbers in them, CharacterError for constraints that
    exclude everything.
    """
    config, constraints = config or InversionConfig.bulk(), constraints or Constraints()
    prepared = imitator if isinstance(imitator, PreparedImitator) else prepare(imitator, profile)
    targets = _standardised(prepared.imitator, targets_TD)
    allowed_C = torch.from_numpy(constraints.allowed_C(profile))
    search = _Search(prepared, config, allowed_C, 1.0 - constraints.margin)
    found = []
    for start in range(0, len(targets), TARGETS_AT_ONCE):
        found.append(search.run(targets[start : start + TARGETS_AT_ONCE]))
        if on_progress is not None:
            on_progress(min(start + TARGETS_AT_ONCE, len(targets)), len(targets))
    return join_inversions(found)


def _standardised(imitator: Imitator, targets_TD: Floats) -> Tensor:
    if targets_TD.ndim != 2 or len(targets_TD) == 0 or targets_TD.shape[1] != imitator.space.dimension:
        raise TrainingDataError(
            f"Targets have shape {targets_TD.shape}; expected (targets, {imitator.space.dimension}) "
            f"as {imitator.recogniser} gives them"
        )
    if not np.isfinite(targets_TD).all():
        raise TrainingDataError(
            "A target holds no number in some dimension: it was embedded from a frame without a face"
        )
    return torch.from_numpy(imitator.space.standardised(targets_TD))


def join_inversions(found: Sequence[Inversion]) -> Inversion:
    """One behind the other; all of the same profile and configuration."""
    return Inversion(
        similarities_TC=np.concatenate([part.similarities_TC for part in found]),
        num_steps_TC=np.concatenate([part.num_steps_TC for part in found]),
        top_TF=np.concatenate([part.top_TF for part in found]),
        top_similarities_TF=np.concatenate([part.top_similarities_TF for part in found]),
        top_sliders_TFS=np.concatenate([part.top_sliders_TFS for part in found]),
    )


@dataclass(eq=False)
class _Field:
    """The combinations of each target that are still in, with their sliders and Adam's moments."""

    combinations_TF: Tensor
    sliders_TFS: Tensor
    first_TFS: Tensor
    second_TFS: Tensor
    similarities_TF: Tensor
    num_steps: int = 0

    def keep(self, places_TF: Tensor) -> None:
        wide_TFS = places_TF.unsqueeze(-1).expand(-1, -1, self.sliders_TFS.shape[-1])
        self.combinations_TF = self.combinations_TF.gather(1, places_TF)
        self.similarities_TF = self.similarities_TF.gather(1, places_TF)
        self.sliders_TFS, self.first_TFS, self.second_TFS = (
            values.gather(1, wide_TFS) for values in (self.sliders_TFS, self.first_TFS, self.second_TFS)
        )


@dataclass(frozen=True, eq=False)
class _Search:
    prepared: PreparedImitator
    config: InversionConfig
    allowed_C: Tensor
    bound: float

    def run(self, targets_TD: Tensor) -> Inversion:
        known = estimate(self.prepared.surrogate, targets_TD, bound=self.bound, prior_weight=self.config.prior_weight)
        similarities_TC = known.similarities_TC.masked_fill(~self.allowed_C, -1.0)
        steps_TC = torch.zeros_like(similarities_TC, dtype=torch.int16)
        units_TD = torch.nn.functional.normalize(targets_TD, dim=1)
        entrants = min(self.config.rounds[0].num_combinations, int(self.allowed_C.sum()))
        chosen_TF = _best_places(similarities_TC, entrants)
        field = self._field(chosen_TF, known.sliders_TCS)
        for entry in self.config.rounds:
            if field.num_steps:
                field.keep(_best_places(field.similarities_TF, min(entry.num_combinations, entrants)))
            before_TF = similarities_TC.gather(1, field.combinations_TF)
            self._climb(field, units_TD, entry.num_steps)
            self._note(similarities_TC, steps_TC, field, before_TF)
        return self._finish(field, units_TD, similarities_TC, steps_TC)

    def _field(self, chosen_TF: Tensor, sliders_TCS: Tensor) -> _Field:
        wide_TFS = chosen_TF.unsqueeze(-1).expand(-1, -1, sliders_TCS.shape[-1])
        sliders_TFS = sliders_TCS.gather(1, wide_TFS)
        zeros_TFS = torch.zeros_like(sliders_TFS)
        return _Field(chosen_TF, sliders_TFS, zeros_TFS, zeros_TFS.clone(), torch.zeros(chosen_TF.shape))

    def _climb(self, field: _Field, units_TD: Tensor, num_steps: int) -> None:
        """Adam steps, each brought back into the box; leaves the similarities of where it ends."""
        total = sum(entry.num_steps for entry in self.config.rounds)
        for _ in range(num_steps):
            gradient_TFS = self._gradient(field, units_TD)
            field.num_steps += 1
            field.first_TFS.lerp_(gradient_TFS, 1 - ADAM_BETAS[0])
            field.second_TFS.lerp_(gradient_TFS.square(), 1 - ADAM_BETAS[1])
            first_TFS = field.first_TFS / (1 - ADAM_BETAS[0] ** field.num_steps)
            second_TFS = field.second_TFS / (1 - ADAM_BETAS[1] ** field.num_steps)
            size = self.config.step_size * (1 - (field.num_steps - 1) / max(1, total))
            step_TFS = size * first_TFS / (second_TFS.sqrt() + 1e-8)
            field.sliders_TFS = (field.sliders_TFS + step_TFS).clamp(-self.bound, self.bound)
        field.similarities_TF = self._similarities(field.combinations_TF, field.sliders_TFS, units_TD)

    def _gradient(self, field: _Field, units_TD: Tensor) -> Tensor:
        """Of expected cosine minus prior, with respect to the sliders."""
        mean_S, deviation_S = self.prepared.surrogate.prior_2S
        gradients = []
        for combinations_X, sliders_XS, units_XD in self._parts(field.combinations_TF, field.sliders_TFS, units_TD):
            sliders_XS = sliders_XS.detach().requires_grad_()
            # where to go next bears a rounding; what was reached is computed in full
            with fast_products(sliders_XS.device):
                cosine_X = self._expected_cosine(combinations_X, sliders_XS, units_XD)
            prior_X = ((sliders_XS - mean_S) / deviation_S).square().mean(dim=1)
            objective = (cosine_X - self.config.prior_weight * prior_X).sum()
            gradients.append(torch.autograd.grad(objective, sliders_XS)[0])
        return torch.cat(gradients).reshape(field.sliders_TFS.shape)

    @torch.no_grad()
    def _similarities(self, combinations_TF: Tensor, sliders_TFS: Tensor, units_TD: Tensor) -> Tensor:
        parts = [self._expected_cosine(*part) for part in self._parts(combinations_TF, sliders_TFS, units_TD)]
        return torch.cat(parts).reshape(combinations_TF.shape)

    def _parts(
        self, combinations_TF: Tensor, sliders_TFS: Tensor, units_TD: Tensor
    ) -> list[tuple[Tensor, Tensor, Tensor]]:
        num_field = combinations_TF.shape[1]
        flat = (
            torch.split(combinations_TF.reshape(-1), CANDIDATES_AT_ONCE),
            torch.split(sliders_TFS.reshape(-1, sliders_TFS.shape[-1]), CANDIDATES_AT_ONCE),
            torch.split(units_TD.repeat_interleave(num_field, dim=0), CANDIDATES_AT_ONCE),
        )
        return list(zip(*flat, strict=True))

    def _expected_cosine(self, combinations_X: Tensor, sliders_XS: Tensor, units_XD: Tensor) -> Tensor:
        imitator = self.prepared.imitator
        part_MXH = self.prepared.choice_part_MCH[:, combinations_X]
        sliders_MXS = sliders_XS.unsqueeze(0).expand(part_MXH.shape[0], -1, -1)
        return imitator.expected_cosine(imitator.network.from_choice_part(part_MXH, sliders_MXS), units_XD)

    def _note(self, similarities_TC: Tensor, steps_TC: Tensor, field: _Field, before_TF: Tensor) -> None:
        """Writes down what the field reached, and lifts those that are out by what the field gained on average."""
        gain_T1 = (field.similarities_TF - before_TF).mean(dim=1, keepdim=True)
        lifted_TC = (similarities_TC + gain_T1).masked_fill(~self.allowed_C, -1.0)
        similarities_TC.copy_(lifted_TC)
        similarities_TC.scatter_(1, field.combinations_TF, field.similarities_TF)
        steps_TC.scatter_(1, field.combinations_TF, field.num_steps)

    def _finish(self, field: _Field, units_TD: Tensor, similarities_TC: Tensor, steps_TC: Tensor) -> Inversion:
        low, step = _slider_steps(self.prepared.profile)
        sliders_TFS = round_to_steps(field.sliders_TFS, low, step, self.bound)
        field.similarities_TF = self._similarities(field.combinations_TF, sliders_TFS, units_TD)
        field.sliders_TFS = sliders_TFS
        similarities_TC.scatter_(1, field.combinations_TF, field.similarities_TF)
        field.keep(_best_places(field.similarities_TF, field.combinations_TF.shape[1]))
        return Inversion(
            similarities_TC=similarities_TC.numpy(),
            num_steps_TC=steps_TC.numpy(),
            top_TF=field.combinations_TF.numpy(),
            top_similarities_TF=field.similarities_TF.numpy(),
            top_sliders_TFS=field.sliders_TFS.numpy(),
        )


def _best_places(values_TX: Tensor, count: int) -> Tensor:
    """Places of the highest values, best first; equal ones in the order in which they stand."""
    return torch.argsort(values_TX, dim=1, descending=True, stable=True)[:, :count]


def _slider_steps(profile: Profile) -> tuple[Tensor, Tensor]:
    """Lowest scaled value and scaled step of each slider."""
    rows = profile.sliders
    steps = [2 * row.step / (row.maximum - row.minimum) for row in rows]
    return torch.full((len(rows),), -1.0), torch.tensor(steps)


def round_to_steps(sliders_TFS: Tensor, low_S: Tensor, step_S: Tensor, bound: float) -> Tensor:
    """To the nearest value that the creator offers and that lies within [-bound, bound], where there is one."""
    lowest_S = torch.ceil((-bound - low_S) / step_S - 1e-4)
    highest_S = torch.floor((bound - low_S) / step_S + 1e-4)
    numbers_TFS = torch.round((sliders_TFS - low_S) / step_S)
    bounded_TFS = torch.maximum(torch.minimum(numbers_TFS, highest_S), torch.minimum(lowest_S, highest_S))
    return (low_S + bounded_TFS * step_S).clamp(-1, 1)
