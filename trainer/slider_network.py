"""The slider network: target embedding and choices to slider values, in one pass.

It begins from the linear stand-in's answer and learns the correction in two ways at once: through the frozen imitator (the
similarity that its sliders promise, for any target and combination) and from sliders that are known: those that inversion found,
and those of captured faces.

Shape letters: T targets, C combinations, F favourites of a target, S sliders, D dimension, N rows, B rows of a batch,
L looks (gender with face type), Z cells of the choices' table.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.check import require
from trainer.checkpoint import load_state, save_state
from trainer.curves import CurvePoint
from trainer.errors import CheckpointError
from trainer.fit import FitConfig
from trainer.network import ChoiceFeatures
from trainer.residual import ResidualStack
from trainer.shape import NetworkShape, cells
from trainer.space import EmbeddingSpace
from trainer.surrogate import NORM_HEADROOM, Surrogate

SOLVER_MOMENTA = (0.0, 0.28, 0.43, 0.53, 0.6, 0.65, 0.0)
"""FISTA's for seven steps (Beck and Teboulle 2009); most of what twenty steps reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliderConfig:
    """`num_favourites`: best combinations of a target that training draws from, and one in eight draws is any other.

    `copy_weight`: of the squared distance to known sliders, where there are any; similarity weighs 1. `num_faces` captured
    faces stand beside each batch.
    """

    width: int = 384
    num_blocks: int = 4
    dropout: float = 0.05
    num_favourites: int = 64
    copy_weight: float = 0.05
    num_faces: int = 128
    prior_weight: float = 0.004
    fit: FitConfig = field(
        default_factory=lambda: FitConfig(epochs=40, batch_rows=128, learning_rate=4e-3, weight_decay=0.3)
    )

    def __post_init__(self) -> None:
        for name in ("width", "num_blocks", "num_favourites", "num_faces"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        require(0 <= self.dropout < 1, "dropout", self.dropout, "at least 0 and below 1")
        require(self.copy_weight >= 0, "copy_weight", self.copy_weight, "0 or more")
        require(self.prior_weight >= 0, "prior_weight", self.prior_weight, "0 or more")


class SliderNetwork(nn.Module):
    """Raw embeddings (N, D) and choices (N, 3) to scaled sliders (N, S) within [-1, 1]."""

    def __init__(self, shape: NetworkShape, space: EmbeddingSpace, config: SliderConfig) -> None:
        super().__init__()
        self.shape = shape
        num_genders, num_faces, _ = shape.choice_counts
        self.features = ChoiceFeatures(shape.choice_counts)
        self.register_buffer("mean_D", torch.from_numpy(space.mean_D))
        self.register_buffer("scale", torch.tensor(space.scale))
        self.register_buffer("longest", torch.ones(()))
        num_looks, num_sliders = num_genders * num_faces, shape.num_sliders
        self.register_buffer("wanted_ZS", torch.zeros(shape.num_cells, num_sliders))
        self.register_buffer("jacobians_LDS", torch.zeros(num_looks, shape.dimension, num_sliders))
        self.register_buffer("grams_LSS", torch.zeros(num_looks, num_sliders, num_sliders))
        self.register_buffer("inverses_LSS", torch.zeros(num_looks, num_sliders, num_sliders))
        inputs = shape.dimension + shape.num_sliders + self.features.size
        self.stack = ResidualStack(
            inputs, shape.num_sliders, width=config.width, num_blocks=config.num_blocks, dropout=config.dropout
        )

    def forward(self, embeddings_ND: Tensor, choices_N3: Tensor) -> Tensor:
        return self.unbounded(embeddings_ND, choices_N3).clamp(-1.0, 1.0)

    def unbounded(self, embeddings_ND: Tensor, choices_N3: Tensor) -> Tensor:
        """As `forward`, not yet brought into the box."""
        goals_ND = (embeddings_ND - self.get_buffer("mean_D")) / self.get_buffer("scale")
        lengths_N1 = goals_ND.square().sum(dim=1, keepdim=True).sqrt().clamp_min(1e-6)
        goals_ND = goals_ND * (self.get_buffer("longest") / lengths_N1).clamp_max(1.0)
        begin_NS = self._linear_answer(goals_ND, choices_N3)
        inputs_NX = torch.cat([goals_ND, begin_NS, self.features(choices_N3)], dim=1)
        sliders_NS: Tensor = begin_NS + self.stack(inputs_NX)
        return sliders_NS

    def _linear_answer(self, goals_ND: Tensor, choices_N3: Tensor) -> Tensor:
        """A few projected gradient steps on the stand-in's quadratic problem, as in `trainer.surrogate`."""
        gender_N, face_N, skin_N = choices_N3.unbind(dim=1)
        _, num_faces, num_skins = self.shape.choice_counts
        look_N = gender_N * num_faces + face_N
        own_NS = self.get_buffer("wanted_ZS")[look_N * num_skins + skin_N]
        wanted_NS = own_NS + _each(goals_ND, self.get_buffer("jacobians_LDS")[look_N])
        grams_NSS = self.get_buffer("grams_LSS")[look_N]
        now_NS = ahead_NS = _each(wanted_NS, self.get_buffer("inverses_LSS")[look_N]).clamp(-1.0, 1.0)
        for momentum in SOLVER_MOMENTA:
            next_NS = (ahead_NS + wanted_NS - _each(ahead_NS, grams_NSS)).clamp(-1.0, 1.0)
            now_NS, ahead_NS = next_NS, next_NS + momentum * (next_NS - now_NS)
        return now_NS

    @torch.no_grad()
    def begin_at(self, surrogate: Surrogate, combinations_C3: NDArray[np.int64], prior_weight: float) -> None:
        """Takes over the stand-in's problem of each look, scaled so that a step of size 1 is the longest safe one."""
        mean_S, deviation_S = surrogate.prior_2S
        pull_S = prior_weight * surrogate.typical_norm**2 / len(mean_S) / deviation_S.square()
        cells_C = torch.from_numpy(cells(combinations_C3, self.shape.choice_counts))
        self.get_buffer("longest").fill_(NORM_HEADROOM * surrogate.typical_norm)
        for look, jacobian_SD in enumerate(surrogate.jacobians_LSD):
            own_K = torch.nonzero(surrogate.looks_C == look).squeeze(1)
            gram_SS = jacobian_SD @ jacobian_SD.T + torch.diag(pull_S)
            rate = 1.0 / float(torch.linalg.eigvalsh(gram_SS)[-1])
            place = int(cells_C[own_K[0]]) // self.shape.choice_counts[2]
            self.get_buffer("jacobians_LDS")[place] = rate * jacobian_SD.T
            self.get_buffer("grams_LSS")[place] = rate * gram_SS
            self.get_buffer("inverses_LSS")[place] = torch.linalg.inv(rate * gram_SS)
            self.get_buffer("wanted_ZS")[cells_C[own_K]] = rate * (
                pull_S * mean_S - surrogate.offsets_CD[own_K] @ jacobian_SD.T
            )


def _each(values_NX: Tensor, matrices_NXY: Tensor) -> Tensor:
    """Each row times its own matrix."""
    return torch.bmm(values_NX.unsqueeze(1), matrices_NXY).squeeze(1)


@dataclass(frozen=True, slots=True)
class SliderMetrics:
    """On held-out faces and inversion's best combinations for them: what one pass reaches of inversion's similarity.

    Both similarities are the imitator's expected ones, the network's after rounding to the creator's steps.
    `share_of_inversion` is their ratio.
    """

    num_targets: int
    similarity: float
    inversion_similarity: float
    share_of_inversion: float
    mean_slider_distance: float

    def to_json(self) -> dict[str, float | int]:
        return asdict(self)


@dataclass(frozen=True, eq=False)
class TrainedSliders:
    network: SliderNetwork
    metrics: SliderMetrics | None
    curve: tuple[CurvePoint, ...]


def save_sliders(trained: TrainedSliders, config: SliderConfig, path: str | Path) -> None:
    """Weights, metrics and curve; `load_sliders` reads them."""
    state = {
        "network": trained.network.state_dict(),
        "config": {key: value for key, value in asdict(config).items() if key != "fit"},
        "metrics": None if trained.metrics is None else trained.metrics.to_json(),
        "curve": [point.to_json() for point in trained.curve],
    }
    save_state(path, state)


def load_sliders(path: str | Path, shape: NetworkShape, space: EmbeddingSpace) -> TrainedSliders:
    """Raises CheckpointError where there is no such file, or one of other sizes."""
    state = load_state(path)
    if state is None:
        raise CheckpointError(f"{path}: no slider network there; train one first")
    network = SliderNetwork(shape, space, SliderConfig(**state["config"]))
    try:
        network.load_state_dict(state["network"])
    except RuntimeError as error:
        raise CheckpointError(f"{path} is a slider network of other sizes: {error}; train it again") from error
    network.eval()
    metrics = None if state["metrics"] is None else SliderMetrics(**state["metrics"])
    return TrainedSliders(network, metrics, tuple(CurvePoint(**point) for point in state["curve"]))
