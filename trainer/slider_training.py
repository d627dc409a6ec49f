"""Trains the slider network: on targets through the frozen imitator, and on faces whose sliders are known.

Shape letters: T targets, N captured faces, F favourites of a target, I inverted targets, C combinations, S sliders, D dimension,
M members, H hidden width, B rows of a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from creator.encoding import Encoding
from trainer.curves import CurvePoint
from trainer.fit import Fitting, fit
from trainer.inversion import Inversion, PreparedImitator
from trainer.precision import fast_products
from trainer.slider_network import SliderConfig, SliderMetrics, SliderNetwork, TrainedSliders
from trainer.space import Floats
from trainer.targets import KnownFaces

OUTSIDE_WEIGHT = 0.1
"""Of the penalty on sliders beyond the box: a clamped slider passes no gradient on, this brings it back."""


@dataclass(frozen=True, eq=False)
class SliderExamples:
    """Targets (T, D), raw, with their favourite combinations (T, F). The first ones were inverted, as `inverted` tells.

    `faces` are captured ones, of which combination and sliders are known.
    """

    targets_TD: Floats
    favourites_TF: NDArray[np.int64]
    inverted: Inversion
    faces: KnownFaces


def slider_examples(
    targets_TD: Floats, similarities_TC: Floats, inverted: Inversion, faces: KnownFaces, config: SliderConfig
) -> SliderExamples:
    """From the same targets and similarities that the affinity network learns."""
    num_favourites = min(config.num_favourites, similarities_TC.shape[1])
    favourites_TF = np.argsort(-similarities_TC, axis=1, kind="stable")[:, :num_favourites]
    return SliderExamples(targets_TD, favourites_TF, inverted, faces)


def train_sliders(
    examples: SliderExamples,
    prepared: PreparedImitator,
    config: SliderConfig,
    *,
    identity: str,
    judges: tuple[Floats, Inversion] | None = None,
    on_epoch: Callable[[CurvePoint], None] | None = None,
    checkpoint: str | Path | None = None,
) -> TrainedSliders:
    """`judges`: held-out embeddings with their inversion. `identity` names what the examples were made from."""
    network = _new_network(prepared, config)
    for parameter in prepared.imitator.network.parameters():
        parameter.requires_grad_(False)

    def held_out_figures() -> dict[str, float]:
        if judges is None or not len(judges[0]):
            return {}
        return {"share_of_inversion": slider_metrics(network, prepared, *judges).share_of_inversion}

    fitting = Fitting(
        network=network,
        num_rows=len(examples.targets_TD),
        loss_of_batch=_Loss(prepared, examples, config),
        config=config.fit,
        identity=f"sliders|{config}|{identity}",
        held_out=held_out_figures,
    )
    curve = fit(fitting, on_epoch=on_epoch, checkpoint=checkpoint)
    metrics = slider_metrics(network, prepared, *judges) if judges is not None and len(judges[0]) else None
    return TrainedSliders(network, metrics, curve)


def _new_network(prepared: PreparedImitator, config: SliderConfig) -> SliderNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.fit.seed)
        network = SliderNetwork(prepared.imitator.network.shape, prepared.imitator.space, config)
    network.begin_at(prepared.surrogate, Encoding(prepared.profile).combinations_C3(), config.prior_weight)
    return network


class _Loss:
    """One minus expected similarity, plus pulls towards training's sliders, inversion's sliders and the box.

    A target that inversion refined comes with a combination of that refinement, another one with a favourite or any other
    combination, a captured face with its own. Known sliders count beside what the imitator says.
    """

    def __init__(self, prepared: PreparedImitator, examples: SliderExamples, config: SliderConfig) -> None:
        self.imitator, self.config = prepared.imitator, config
        self.part_MCH = prepared.choice_part_MCH
        self.prior_2S = prepared.surrogate.prior_2S
        self.targets_TD = torch.from_numpy(examples.targets_TD)
        self.faces_ND = torch.from_numpy(examples.faces.embeddings_ND)
        self.face_sliders_NS = torch.from_numpy(examples.faces.sliders_NS)
        self.made_of_N = torch.from_numpy(examples.faces.combinations_N)
        self.favourites_TF = torch.from_numpy(examples.favourites_TF)
        self.choices_C3 = torch.from_numpy(Encoding(prepared.profile).combinations_C3())
        self.found_IF = torch.from_numpy(examples.inverted.top_TF)
        self.found_IFS = torch.from_numpy(examples.inverted.top_sliders_TFS)

    def __call__(self, network: SliderNetwork, rows_MB: Tensor) -> Tensor:
        rows_B = rows_MB[0]
        place_B = torch.randint(self.found_IF.shape[1], rows_B.shape)
        is_inverted_B = rows_B < len(self.found_IF)
        known_B = rows_B.clamp_max(len(self.found_IF) - 1)
        combinations_B = torch.where(is_inverted_B, self.found_IF[known_B, place_B], self._draw(rows_B))
        drawn_B = torch.randint(len(self.made_of_N), (self.config.num_faces,))
        return self._loss(
            network,
            torch.cat([self.targets_TD[rows_B], self.faces_ND[drawn_B]]),
            torch.cat([combinations_B, self.made_of_N[drawn_B]]),
            torch.cat([self.found_IFS[known_B, place_B], self.face_sliders_NS[drawn_B]]),
            torch.cat([is_inverted_B, torch.ones_like(drawn_B, dtype=torch.bool)]),
        )

    def _loss(
        self,
        network: SliderNetwork,
        targets_BD: Tensor,
        combinations_B: Tensor,
        known_BS: Tensor,
        is_known_B: Tensor,
    ) -> Tensor:
        sliders_BS = network.unbounded(targets_BD, self.choices_C3[combinations_B])
        bounded_BS = sliders_BS.clamp(-1, 1)
        units_BD = functional.normalize(targets_BD - network.get_buffer("mean_D"), dim=1)
        with fast_products(bounded_BS.device):
            loss_B = 1 - self._expected_cosine(combinations_B, bounded_BS, units_BD)
        mean_S, deviation_S = self.prior_2S
        loss_B = loss_B + self.config.prior_weight * ((bounded_BS - mean_S) / deviation_S).square().mean(dim=1)
        loss_B = loss_B + OUTSIDE_WEIGHT * (sliders_BS - bounded_BS).square().mean(dim=1)
        copied_B = (bounded_BS - known_BS).square().mean(dim=1)
        loss: Tensor = (loss_B + self.config.copy_weight * is_known_B * copied_B).mean()
        return loss

    def _draw(self, rows_B: Tensor) -> Tensor:
        places_B = torch.randint(self.favourites_TF.shape[1], rows_B.shape)
        any_B = torch.randint(len(self.choices_C3), rows_B.shape)
        is_any_B = torch.rand(rows_B.shape) < 1 / 8
        return torch.where(is_any_B, any_B, self.favourites_TF[rows_B, places_B])

    def _expected_cosine(self, combinations_B: Tensor, sliders_BS: Tensor, units_BD: Tensor) -> Tensor:
        part_MBH = self.part_MCH[:, combinations_B]
        sliders_MBS = sliders_BS.unsqueeze(0).expand(part_MBH.shape[0], -1, -1)
        return self.imitator.expected_cosine(self.imitator.network.from_choice_part(part_MBH, sliders_MBS), units_BD)


@torch.no_grad()
def slider_metrics(
    network: SliderNetwork, prepared: PreparedImitator, targets_TD: Floats, inverted: Inversion
) -> SliderMetrics:
    encoding, imitator = Encoding(prepared.profile), prepared.imitator
    best_T = inverted.top_TF[:, 0]
    choices_T3 = encoding.combinations_C3()[best_T]
    predicted_TS = network(torch.from_numpy(targets_TD), torch.from_numpy(choices_T3)).numpy()
    rounded_TS = encoding.on_steps(predicted_TS)
    units_TD = functional.normalize(torch.from_numpy(imitator.space.standardised(targets_TD)), dim=1)
    similarities_T = imitator.expected_cosine(imitator.members(choices_T3, rounded_TS), units_TD)
    similarity = float(similarities_T.mean())
    inversion_similarity = float(inverted.top_similarities_TF[:, 0].mean())
    return SliderMetrics(
        num_targets=len(targets_TD),
        similarity=similarity,
        inversion_similarity=inversion_similarity,
        share_of_inversion=similarity / max(inversion_similarity, 1e-6),
        mean_slider_distance=float(np.abs(rounded_TS - inverted.top_sliders_TFS[:, 0]).mean()),
    )
