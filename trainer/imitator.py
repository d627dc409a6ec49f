"""The imitator: settings to embedding, trained on captured characters.

Shape letters: M members, N rows, S sliders, D dimension, B rows of a batch; 3 choices (gender, face, skin).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from creator.profile import Profile
from trainer.checkpoint import load_state, save_state
from trainer.curves import CurvePoint
from trainer.errors import CheckpointError, ModelMismatchError
from trainer.evaluate import ImitationMetrics, imitation_metrics, repeat_noise_variance
from trainer.fit import FitConfig, Fitting, fit
from trainer.network import ImitatorNetwork, ImitatorNetworkConfig
from trainer.precision import fast_products
from trainer.rows import Rows, identity_of, split_rows
from trainer.shape import NetworkShape
from trainer.space import EmbeddingSpace, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dataset.snapshot import Snapshot

IMITATOR_SCHEMA_VERSION = 2
MAX_EPOCH_ROWS = 1024
"""Held-out rows that an epoch's point on the learning curve is measured with; the final figures use all."""

EVALUATION_ROWS = 2048
"""Rows computed at once outside training: small enough that hidden values stay in a CPU's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImitatorConfig:
    """How an imitator is built and trained."""

    network: ImitatorNetworkConfig = field(default_factory=ImitatorNetworkConfig)
    fit: FitConfig = field(
        default_factory=lambda: FitConfig(epochs=40, batch_rows=128, learning_rate=5e-3, weight_decay=1.0)
    )

    @classmethod
    def for_rows(cls, num_rows: int, *, seed: int = 0) -> ImitatorConfig:
        """Preset by the number of captured rows: more rows bear wider networks, held less tightly. Trials: docs/log.md."""
        network, fit = ImitatorNetworkConfig(), replace(cls().fit, seed=seed)
        if num_rows < 2_000:
            return cls(network=replace(network, width=192), fit=replace(fit, batch_rows=64))
        if num_rows < 10_000:
            return cls(network=network, fit=fit)
        network, fit = replace(network, width=384, dropout=0.05), replace(fit, learning_rate=7e-3, weight_decay=0.2)
        if num_rows < 300_000:
            return cls(network=network, fit=replace(fit, batch_rows=256))
        # for a GPU; untried
        return cls(network=replace(network, width=512), fit=replace(fit, batch_rows=2048, epochs=10))


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """Expected squared error of a prediction in the standardised space: `floor` + `slope` * squared spread of the members.

    It holds what the imitator does not know about a place (the spread) and what it knows nowhere (the floor, noise included).
    """

    floor: float
    slope: float


@dataclass(frozen=True, eq=False)
class Imitator:
    """A trained network with all that its numbers mean. `slider_prior_2S`: mean and standard deviation of training's sliders."""

    network: ImitatorNetwork
    space: EmbeddingSpace
    slider_prior_2S: Floats
    error_model: ErrorModel
    profile_hash: str
    recogniser: str

    def imitate(self, choices_N3: NDArray[np.int64], sliders_NS: Floats) -> Floats:
        """Raw embeddings (N, D)."""
        return self.space.raw(self.members(choices_N3, sliders_NS).mean(dim=0).numpy())

    def expected_squared_errors(self, choices_N3: NDArray[np.int64], sliders_NS: Floats) -> Floats:
        """In the standardised space, summed over dimensions (N)."""
        errors_N: Floats = self.squared_errors(self.members(choices_N3, sliders_NS)).numpy()
        return errors_N

    def squared_errors(self, members_MND: Tensor) -> Tensor:
        return self.error_model.floor + self.error_model.slope * squared_spread(members_MND)

    def expected_cosine(self, members_MND: Tensor, unit_targets_ND: Tensor) -> Tensor:
        """Cosine that a capture may be expected to have with a target, given how unsure the imitator is.

        For a prediction p with squared error v, spread evenly over directions, the mean cosine is t.p / sqrt(|p|^2 + v) in
        good approximation: certainty counts, and so does a face's distance from the mean.
        """
        mean_ND = members_MND.mean(dim=0)
        lengths_N = (mean_ND.square().sum(dim=-1) + self.squared_errors(members_MND)).sqrt()
        return (mean_ND * unit_targets_ND).sum(dim=-1) / lengths_N

    @torch.no_grad()
    def members(self, choices_N3: NDArray[np.int64], sliders_NS: Floats) -> Tensor:
        device = self.network.slider_weight.device
        choices, sliders = torch.as_tensor(choices_N3), torch.as_tensor(sliders_NS)
        parts = []
        for start in range(0, max(1, len(choices)), EVALUATION_ROWS):
            part = slice(start, start + EVALUATION_ROWS)
            parts.append(self.network(choices[part].to(device), sliders[part].to(device)).cpu())
        return torch.cat(parts, dim=1)


def squared_spread(members_MND: Tensor) -> Tensor:
    """Unbiased squared distance of the members from their mean (N); 0 for a single member."""
    num_members = members_MND.shape[0]
    if num_members == 1:
        return torch.zeros_like(members_MND[0, ..., 0])
    deviations_MND = members_MND - members_MND.mean(dim=0, keepdim=True)
    return deviations_MND.square().sum(dim=-1).sum(dim=0) / (num_members - 1)


@dataclass(frozen=True, eq=False)
class TrainedImitator:
    """An imitator, its held-out metrics (None without held-out rows) and its learning curve."""

    imitator: Imitator
    metrics: ImitationMetrics | None
    curve: tuple[CurvePoint, ...]
    config: ImitatorConfig


def train_imitator(
    snapshot: Snapshot,
    profile: Profile,
    config: ImitatorConfig,
    *,
    on_epoch: Callable[[CurvePoint], None] | None = None,
    checkpoint: str | Path | None = None,
    noise_variance: float | None = None,
    device: str = "cpu",
) -> TrainedImitator:
    """Trains on the rows that are not held out; resumes from `checkpoint`, a file's path or URL, where it exists.

    All rows go to the `device` of torch at once; the imitator that comes back is on the CPU.

    `noise_variance`: expected squared distance of a capture from its character's mean; estimated from characters captured
    more than once where not given. Inside a process group all workers call this alike. Raises TrainingDataError.
    """
    training, held_out = split_rows(snapshot, profile)
    space = EmbeddingSpace.of(training.embeddings_ND)
    network = _new_network(NetworkShape.of(profile, space.dimension), config).to(device)
    error_model = ErrorModel(0.0, 1.0)
    prior_2S = np.stack([training.sliders_NS.mean(axis=0), training.sliders_NS.std(axis=0) + 0.05])
    imitator = Imitator(network, space, prior_2S, error_model, profile.hash, snapshot.info.recogniser)
    identity = f"imitator {IMITATOR_SCHEMA_VERSION}|{identity_of(snapshot)}|{config.network}"
    fitting = _fitting(imitator, training, held_out, config, identity)
    curve = fit(fitting, on_epoch=on_epoch, checkpoint=checkpoint)
    imitator = replace(imitator, error_model=_measure_errors(imitator, held_out))
    network.to("cpu")
    noise = noise_variance_of(training, held_out) if noise_variance is None else noise_variance
    metrics = _metrics(imitator, held_out, noise) if len(held_out) else None
    return TrainedImitator(imitator, metrics, curve, config)


def _new_network(shape: NetworkShape, config: ImitatorConfig) -> ImitatorNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.fit.seed)
        return ImitatorNetwork(shape, config.network)


def _fitting(
    imitator: Imitator, training: Rows, held_out: Rows, config: ImitatorConfig, identity: str
) -> Fitting[ImitatorNetwork]:
    device = imitator.network.slider_weight.device
    choices_N3, sliders_NS = training.choices.to(device), training.sliders.to(device)
    goals_ND = torch.from_numpy(imitator.space.standardised(training.embeddings_ND)).to(device)

    def loss_of_batch(network: ImitatorNetwork, rows_MB: Tensor) -> Tensor:
        rows_MB = rows_MB.to(device)
        with fast_products(device):
            predicted_MBD = network.member_forward(choices_N3[rows_MB], sliders_NS[rows_MB])
        return (predicted_MBD - goals_ND[rows_MB]).square().mean()

    seen = Rows(
        held_out.choices_N3[:MAX_EPOCH_ROWS],
        held_out.sliders_NS[:MAX_EPOCH_ROWS],
        held_out.embeddings_ND[:MAX_EPOCH_ROWS],
    )

    def held_out_figures() -> Mapping[str, float]:
        if not len(seen):
            return {}
        metrics = _metrics(imitator, seen, None)
        return {"centred_cosine": metrics.centred_cosine, "r2": metrics.r2}

    return Fitting(
        network=imitator.network,
        num_rows=len(training),
        loss_of_batch=loss_of_batch,
        config=config.fit,
        identity=identity,
        num_members=config.network.num_members,
        held_out=held_out_figures,
    )


def _metrics(imitator: Imitator, rows: Rows, noise_variance: float | None) -> ImitationMetrics:
    predicted_ND = imitator.imitate(rows.choices_N3, rows.sliders_NS)
    return imitation_metrics(predicted_ND, rows.embeddings_ND, imitator.space.mean_D, noise_variance)


def noise_variance_of(training: Rows, held_out: Rows) -> float | None:
    """By characters captured more than once; None where there are none."""
    found = repeat_noise_variance(
        np.concatenate([training.choices_N3, held_out.choices_N3]),
        np.concatenate([training.sliders_NS, held_out.sliders_NS]),
        np.concatenate([training.embeddings_ND, held_out.embeddings_ND]),
    )
    return None if found is None else found[0]


@torch.no_grad()
def _measure_errors(imitator: Imitator, held_out: Rows) -> ErrorModel:
    """Least squares of squared errors on squared spread, both coefficients kept from going below zero.

    Two numbers from all held-out rows; nothing else is ever fitted to them.
    """
    if len(held_out) < 2:
        return ErrorModel(0.0, 1.0)
    members_MND = imitator.members(held_out.choices_N3, held_out.sliders_NS)
    goals_ND = torch.from_numpy(imitator.space.standardised(held_out.embeddings_ND))
    errors_N = (members_MND.mean(dim=0) - goals_ND).square().sum(dim=1).double().numpy()
    spread_N = squared_spread(members_MND).double().numpy()
    centred_N = spread_N - spread_N.mean()
    variance = float(centred_N @ centred_N)
    slope = max(0.0, float(centred_N @ errors_N) / variance) if variance > 0 else 0.0
    slope = min(slope, float(errors_N.mean() / max(spread_N.mean(), 1e-9)))
    return ErrorModel(floor=float(errors_N.mean() - slope * spread_N.mean()), slope=slope)


def save_imitator(imitator: Imitator, path: str | Path) -> None:
    """Everything that inversion and the other two trainings need, in one file."""
    state: dict[str, Any] = {
        "schema_version": IMITATOR_SCHEMA_VERSION,
        "shape": imitator.network.shape.to_json(),
        "config": imitator.network.config.to_json(),
        "network": imitator.network.state_dict(),
        "mean_D": torch.from_numpy(imitator.space.mean_D),
        "scale": imitator.space.scale,
        "slider_prior_2S": torch.from_numpy(imitator.slider_prior_2S),
        "error_model": [imitator.error_model.floor, imitator.error_model.slope],
        "profile_hash": imitator.profile_hash,
        "recogniser": imitator.recogniser,
    }
    save_state(path, state)


def load_imitator(path: str | Path, profile: Profile) -> Imitator:
    """Raises CheckpointError for a missing or foreign file, ModelMismatchError for one of another profile."""
    state = load_state(path)
    if state is None or state.get("schema_version") != IMITATOR_SCHEMA_VERSION:
        found = "there is no such file" if state is None else f"its schema is {state.get('schema_version')!r}"
        raise CheckpointError(f"{path} is no imitator of this release: {found}. Train one with `lookalike train`")
    if state["profile_hash"] != profile.hash:
        raise ModelMismatchError("profile", state["profile_hash"], f"{profile.hash} ({profile.name})")
    network = ImitatorNetwork(NetworkShape.from_json(state["shape"]), ImitatorNetworkConfig(**state["config"]))
    network.load_state_dict(state["network"])
    network.eval()
    space = EmbeddingSpace(state["mean_D"].numpy(), float(state["scale"]))
    prior_2S = state["slider_prior_2S"].numpy()
    return Imitator(
        network, space, prior_2S, ErrorModel(*state["error_model"]), state["profile_hash"], state["recogniser"]
    )
