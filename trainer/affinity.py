"""The affinity network: target embedding to the best similarity that each combination can reach, and to how likely each is.

Similarities come from inversion: a few hundred targets whose leading combinations were refined by gradient steps, and many whose
similarities come from the linear stand-in, lifted by what refinement gains on average. How likely a combination is, is learned
from captured faces, of which it is known: many combinations come close to a face, and only the pictures tell which one it was
made of. Shape letters: T targets, N captured faces, C combinations, F gender and face types, K gender and skin types, R rank of
the head, D dimension, B rows of a batch; 3 choices (gender, face, skin).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from trainer.affinity_examples import AffinityExamples
from trainer.check import require
from trainer.checkpoint import load_state, save_state
from trainer.curves import CurvePoint
from trainer.errors import CheckpointError
from trainer.evaluate import rank_correlation
from trainer.fit import FitConfig, Fitting, fit
from trainer.inversion import Inversion
from trainer.precision import fast_products
from trainer.residual import ResidualStack
from trainer.space import EmbeddingSpace, Floats

SKIN_WEIGHT = 0.3
"""What recognising a skin type counts against a face type, which does more to a face."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AffinityConfig:
    """`rank`: numbers that a target is reduced to before combinations are compared; fewer where targets are few.

    `noise` is added to training's unit embeddings, as a share of their length; `inverted_weight` is what a refined target
    counts against an estimated one. `choice_blocks` and `choice_dropout` are of the part that tells choices apart. A batch of
    `fit` is of captured faces; `num_targets` targets are drawn beside each.
    """

    rank: int = 128
    width: int = 384
    num_blocks: int = 2
    dropout: float = 0.2
    noise: float = 0.2
    inverted_weight: float = 3.0
    choice_blocks: int = 3
    choice_dropout: float = 0.3
    num_targets: int = 32
    fit: FitConfig = field(
        default_factory=lambda: FitConfig(epochs=30, batch_rows=256, learning_rate=3e-3, weight_decay=0.3)
    )

    @classmethod
    def for_rows(cls, num_rows: int, *, seed: int = 0) -> AffinityConfig:
        """Preset by the number of captured rows: smaller batches where few would make few steps, fewer rounds where many do."""
        fit = replace(cls().fit, seed=seed)
        if num_rows < 4_000:
            return cls(fit=replace(fit, batch_rows=64))
        return cls(fit=fit if num_rows < 20_000 else replace(fit, epochs=20))

    def __post_init__(self) -> None:
        for name in ("rank", "width", "num_blocks", "choice_blocks", "num_targets"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        for name in ("dropout", "choice_dropout"):
            require(0 <= getattr(self, name) < 1, name, getattr(self, name), "at least 0 and below 1")
        require(self.noise >= 0, "noise", self.noise, "0 or more")
        require(self.inverted_weight > 0, "inverted_weight", self.inverted_weight, "above 0")


class ChoiceNetwork(nn.Module):
    """Unit embeddings (T, D) to the logarithm of how likely each combination is (T, C), up to a number for each target.

    Face and skin type are told apart each by itself, given the gender.
    """

    def __init__(self, dimension: int, combinations_C3: NDArray[np.int64], config: AffinityConfig) -> None:
        super().__init__()
        self.type_counts = []
        for name, choices in (("face_C", [0, 1]), ("skin_C", [0, 2])):
            types, type_C = np.unique(combinations_C3[:, choices], axis=0, return_inverse=True)
            self.register_buffer(name, torch.from_numpy(type_C.reshape(-1)), persistent=False)
            self.type_counts.append(len(types))
        self.stack = ResidualStack(
            dimension,
            sum(self.type_counts),
            width=config.width,
            num_blocks=config.choice_blocks,
            dropout=config.choice_dropout,
        )

    def forward(self, units_TD: Tensor) -> Tensor:
        faces_TF, skins_TK = self.types(units_TD)
        return faces_TF[:, self.get_buffer("face_C")] + skins_TK[:, self.get_buffer("skin_C")]

    def types(self, units_TD: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probabilities of gender with face type (T, F) and of gender with skin type (T, K)."""
        faces_TF, skins_TK = self.stack(units_TD).split(self.type_counts, dim=1)
        return functional.log_softmax(faces_TF, dim=1), functional.log_softmax(skins_TK, dim=1)

    def surprise(self, units_ND: Tensor, combinations_N: Tensor) -> Tensor:
        """Mean cross-entropy of faces whose combinations are known."""
        faces_NF, skins_NK = self.types(units_ND)
        face_N, skin_N = self.get_buffer("face_C")[combinations_N], self.get_buffer("skin_C")[combinations_N]
        return functional.nll_loss(faces_NF, face_N) + SKIN_WEIGHT * functional.nll_loss(skins_NK, skin_N)


class AffinityNetwork(nn.Module):
    """Raw embeddings (T, D) to similarities and log-likelihoods, both (T, C). Only a target's direction from the mean counts."""

    def __init__(self, space: EmbeddingSpace, combinations_C3: NDArray[np.int64], config: AffinityConfig) -> None:
        super().__init__()
        num_combinations = len(combinations_C3)
        self.rank = min(config.rank, num_combinations)
        self.register_buffer("mean_D", torch.from_numpy(space.mean_D))
        self.register_buffer("mean_C", torch.zeros(num_combinations))
        self.register_buffer("spread", torch.ones(()))
        self.straight = nn.Linear(space.dimension, self.rank)
        self.stack = ResidualStack(
            space.dimension, self.rank, width=config.width, num_blocks=config.num_blocks, dropout=config.dropout
        )
        self.combination_weight = nn.Parameter(torch.zeros(self.rank, num_combinations))
        self.choices = ChoiceNetwork(space.dimension, combinations_C3, config)

    def forward(self, embeddings_TD: Tensor) -> tuple[Tensor, Tensor]:
        units_TD = self.units(embeddings_TD)
        similarities_TC = self.get_buffer("mean_C") + self.get_buffer("spread") * self.standardised(units_TD)
        return similarities_TC, self.choices(units_TD)

    def units(self, embeddings_TD: Tensor) -> Tensor:
        """Directions from the mean, as long as the dimension's root."""
        centred_TD = embeddings_TD - self.get_buffer("mean_D")
        lengths_T1 = centred_TD.square().sum(dim=1, keepdim=True).sqrt().clamp_min(1e-9)
        units_TD: Tensor = centred_TD / lengths_T1 * centred_TD.shape[1] ** 0.5
        return units_TD

    def standardised(self, units_TD: Tensor) -> Tensor:
        """Similarities (T, C) less their mean, in units of their spread."""
        standardised_TC: Tensor = (self.straight(units_TD) + self.stack(units_TD)) @ self.combination_weight
        return standardised_TC

    @torch.no_grad()
    def begin_at(self, similarities_TC: Tensor) -> None:
        """Means, spread and the leading directions of what is to be learned: the rest is learned around them."""
        mean_C = similarities_TC.mean(dim=0)
        spread = (similarities_TC - mean_C).std().clamp_min(1e-6)
        self.get_buffer("mean_C").copy_(mean_C)
        self.get_buffer("spread").copy_(spread)
        _, _, directions_XC = torch.linalg.svd((similarities_TC - mean_C) / spread, full_matrices=False)
        found = min(self.rank, len(directions_XC))
        self.combination_weight[:found] = directions_XC[:found] * (similarities_TC.shape[1] / self.rank) ** 0.5


@dataclass(frozen=True, slots=True)
class AffinityMetrics:
    """Against inversion on held-out faces: how much similarity is lost by believing the network.

    `top1_regret`: best combination's similarity minus that of the network's favourite, as inversion knows them; `top8_regret`
    and `top32_regret`: minus the best among as many favourites (what re-ranking through the imitator can still win back).
    """

    num_targets: int
    top1_regret: float
    top8_regret: float
    top32_regret: float
    rank_correlation: float
    root_mean_squared_error: float

    def to_json(self) -> dict[str, float | int]:
        return asdict(self)


@dataclass(frozen=True, eq=False)
class TrainedAffinity:
    network: AffinityNetwork
    metrics: AffinityMetrics | None
    curve: tuple[CurvePoint, ...]


def train_affinity(
    examples: AffinityExamples,
    space: EmbeddingSpace,
    combinations_C3: NDArray[np.int64],
    config: AffinityConfig,
    *,
    identity: str,
    judges: tuple[Floats, Inversion] | None = None,
    on_epoch: Callable[[CurvePoint], None] | None = None,
    checkpoint: str | Path | None = None,
) -> TrainedAffinity:
    """`judges`: held-out embeddings with their inversion. `identity` names what the examples were made from."""
    network = _new_network(examples, space, combinations_C3, config)
    targets_TD, weights_T = torch.from_numpy(examples.targets_TD), torch.from_numpy(examples.weights_T)
    mean_C, spread = network.get_buffer("mean_C"), network.get_buffer("spread")
    goals_TC = (torch.from_numpy(examples.similarities_TC) - mean_C) / spread
    face_units_ND = network.units(torch.from_numpy(examples.faces.embeddings_ND))
    made_of_N = torch.from_numpy(examples.faces.combinations_N)

    def loss_of_batch(network: AffinityNetwork, rows_MB: Tensor) -> Tensor:
        faces_B, drawn_B = rows_MB[0], torch.randint(len(targets_TD), (config.num_targets,))
        units_BD = network.units(targets_TD[drawn_B])
        believed_BC = network.standardised(units_BD + config.noise * torch.randn_like(units_BD))
        errors_B = (believed_BC - goals_TC[drawn_B]).square().mean(dim=1)
        with fast_products(face_units_ND.device):
            surprise = network.choices.surprise(face_units_ND[faces_B], made_of_N[faces_B])
        return (errors_B * weights_T[drawn_B]).mean() + surprise

    def held_out_figures() -> dict[str, float]:
        if judges is None or not len(judges[0]):
            return {}
        metrics = affinity_metrics(network, *judges)
        return {"top1_regret": metrics.top1_regret, "root_mean_squared_error": metrics.root_mean_squared_error}

    fitting = Fitting(
        network=network,
        num_rows=len(made_of_N),
        loss_of_batch=loss_of_batch,
        config=config.fit,
        identity=f"affinity|{config}|{identity}",
        held_out=held_out_figures,
    )
    curve = fit(fitting, on_epoch=on_epoch, checkpoint=checkpoint)
    metrics = affinity_metrics(network, *judges) if judges is not None and len(judges[0]) else None
    return TrainedAffinity(network, metrics, curve)


def _new_network(
    examples: AffinityExamples, space: EmbeddingSpace, combinations_C3: NDArray[np.int64], config: AffinityConfig
) -> AffinityNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.fit.seed)
        network = AffinityNetwork(space, combinations_C3, config)
    network.begin_at(torch.from_numpy(examples.similarities_TC))
    return network


@torch.no_grad()
def affinity_metrics(network: AffinityNetwork, targets_TD: Floats, inverted: Inversion) -> AffinityMetrics:
    believed_TC = network(torch.from_numpy(targets_TD))[0].numpy()
    known_TC = inverted.similarities_TC
    favourites_TC = np.argsort(-believed_TC, axis=1, kind="stable")
    best_T = known_TC.max(axis=1)
    regrets = {
        count: float((best_T - np.take_along_axis(known_TC, favourites_TC[:, :count], axis=1).max(axis=1)).mean())
        for count in (1, 8, 32)
    }
    correlations = [
        rank_correlation(known_C, believed_C) for known_C, believed_C in zip(known_TC, believed_TC, strict=True)
    ]
    return AffinityMetrics(
        num_targets=len(targets_TD),
        top1_regret=regrets[1],
        top8_regret=regrets[8],
        top32_regret=regrets[32],
        rank_correlation=float(np.mean(correlations)),
        root_mean_squared_error=float(np.sqrt(np.mean((believed_TC - known_TC) ** 2))),
    )


def save_affinity(trained: TrainedAffinity, config: AffinityConfig, path: str | Path) -> None:
    """Weights, metrics and curve; `load_affinity` reads them."""
    metrics = None if trained.metrics is None else trained.metrics.to_json()
    state = {
        "network": trained.network.state_dict(),
        "config": {key: value for key, value in asdict(config).items() if key != "fit"},
        "metrics": metrics,
        "curve": [point.to_json() for point in trained.curve],
    }
    save_state(path, state)


def load_affinity(path: str | Path, space: EmbeddingSpace, combinations_C3: NDArray[np.int64]) -> TrainedAffinity:
    """Raises CheckpointError where there is no such file, or one of other sizes."""
    state = load_state(path)
    if state is None:
        raise CheckpointError(f"{path}: no affinity network there; train one first")
    network = AffinityNetwork(space, combinations_C3, AffinityConfig(**state["config"]))
    try:
        network.load_state_dict(state["network"])
    except RuntimeError as error:
        raise CheckpointError(f"{path} is an affinity network of other sizes: {error}; train it again") from error
    network.eval()
    metrics = None if state["metrics"] is None else AffinityMetrics(**state["metrics"])
    return TrainedAffinity(network, metrics, tuple(CurvePoint(**point) for point in state["curve"]))
