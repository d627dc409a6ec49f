"""The imitator's network: an ensemble of small gated networks, computed side by side.

Shape letters: M members, N rows, S sliders, X choice features, H hidden width, D dimension; 3 choices (gender, face, skin).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from trainer.check import require
from trainer.shape import NetworkShape

INTERACTION_WEIGHT = 0.5
"""Of the gender-with-face and gender-with-skin features: below 1, so that what both genders share is learned once."""

ACTIVE_FEATURES = 30.0
"""Mean square of a row's input: 58 sliders at 1/3 each and five choice features. Sets the scale of first weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImitatorNetworkConfig:
    """Size of the ensemble. `dropout` is the share of hidden values left out while training."""

    num_members: int = 4
    width: int = 256
    num_blocks: int = 4
    dropout: float = 0.1

    def __post_init__(self) -> None:
        require(self.num_members >= 1, "num_members", self.num_members, "at least 1")
        require(self.width >= 1, "width", self.width, "at least 1")
        require(self.num_blocks >= 1, "num_blocks", self.num_blocks, "at least 1")
        require(0 <= self.dropout < 1, "dropout", self.dropout, "at least 0 and below 1")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class MemberLinear(nn.Module):
    """One affine map a member: (M, N, inputs) to (M, N, outputs)."""

    def __init__(self, num_members: int, inputs: int, outputs: int, *, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(num_members, inputs, outputs) * scale)
        self.offset = nn.Parameter(torch.zeros(num_members, 1, outputs))

    def forward(self, values: Tensor) -> Tensor:
        return map_members(self.offset, values, self.weight)


def map_members(offsets: Tensor, values: Tensor, weights: Tensor) -> Tensor:
    """`offsets` + `values` @ `weights`, each member with its own: (M, N, inputs) to (M, N, outputs).

    An exported network has a product a member: onnxruntime packs a matrix once, but a stack of them in every run, which takes
    half of the time for a handful of rows.
    """
    if torch.onnx.is_in_onnx_export():
        members = zip(offsets.unbind(), values.unbind(), weights.unbind(), strict=True)
        return torch.stack([torch.addmm(offset, value, weight) for offset, value, weight in members])
    return torch.baddbmm(offsets, values, weights)


class ByteDropout(nn.Module):
    """As `nn.Dropout`, with `share` rounded to a 256th: masks are bytes of whole random words, a fifth of the time to draw."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.bytes_dropped = min(round(256 * share), 255)

    def forward(self, values: Tensor) -> Tensor:
        if not self.training or not self.bytes_dropped:
            return values
        words = torch.empty(-(-values.numel() // 8), dtype=torch.int64, device=values.device)
        is_kept = words.random_(-(2**63), None).view(torch.uint8)[: values.numel()] >= self.bytes_dropped
        return values * is_kept.view(values.shape).to(values.dtype).mul_(256 / (256 - self.bytes_dropped))


class GatedBlock(nn.Module):
    """Adds a product of two views of the input: sliders and types act on a face by scaling each other's effect."""

    def __init__(self, config: ImitatorNetworkConfig) -> None:
        super().__init__()
        width, members = config.width, config.num_members
        self.norm = nn.LayerNorm(width, elementwise_affine=False)  # what follows has weights
        self.inner = MemberLinear(members, width, 2 * width, scale=width**-0.5)
        self.outer = MemberLinear(members, width, width, scale=0.5 * width**-0.5)
        self.dropout = ByteDropout(config.dropout)

    def forward(self, hidden_MNH: Tensor) -> Tensor:
        value_MNH, gate_MNH = self.inner(self.norm(hidden_MNH)).chunk(2, dim=-1)
        updated: Tensor = hidden_MNH + self.outer(self.dropout(value_MNH * torch.sigmoid(gate_MNH) * 2))
        return updated


class ChoiceFeatures(nn.Module):
    """One-hot gender, face, skin, and face and skin by gender: (N, 3) to (N, X)."""

    def __init__(self, choice_counts: tuple[int, int, int]) -> None:
        super().__init__()
        genders, faces, skins = choice_counts
        self.num_faces, self.num_skins = faces, skins
        self.size = genders + faces + skins + genders * (faces + skins)
        for name, count in (("gender", genders), ("face", faces), ("skin", skins)):
            self.register_buffer(name, torch.eye(count), persistent=False)
        for name, count in (("gender_face", genders * faces), ("gender_skin", genders * skins)):
            self.register_buffer(name, torch.eye(count) * INTERACTION_WEIGHT, persistent=False)

    def forward(self, choices_N3: Tensor) -> Tensor:
        gender_N, face_N, skin_N = choices_N3.unbind(dim=1)
        return torch.cat(
            [
                self.get_buffer("gender")[gender_N],
                self.get_buffer("face")[face_N],
                self.get_buffer("skin")[skin_N],
                self.get_buffer("gender_face")[gender_N * self.num_faces + face_N],
                self.get_buffer("gender_skin")[gender_N * self.num_skins + skin_N],
            ],
            dim=1,
        )


class ImitatorNetwork(nn.Module):
    """Choices and sliders to standardised embeddings, one a member: (N, 3), (N, S) to (M, N, D).

    Members share nothing, and every parameter has them first: workers of a training divide them.
    """

    def __init__(self, shape: NetworkShape, config: ImitatorNetworkConfig) -> None:
        super().__init__()
        self.shape, self.config = shape, config
        members, width = config.num_members, config.width
        self.features = ChoiceFeatures(shape.choice_counts)
        scale = 1 / math.sqrt(ACTIVE_FEATURES)
        self.from_choices = MemberLinear(members, self.features.size, width, scale=scale)
        self.slider_weight = nn.Parameter(torch.randn(members, shape.num_sliders, width) * scale)
        self.blocks = nn.ModuleList(GatedBlock(config) for _ in range(config.num_blocks))
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.dropout = ByteDropout(config.dropout)
        self.head = MemberLinear(members, width, shape.dimension, scale=width**-0.5)

    def forward(self, choices_N3: Tensor, sliders_NS: Tensor) -> Tensor:
        return self.from_choice_part(self.choice_part(choices_N3), self._for_members(sliders_NS))

    def member_forward(self, choices_MN3: Tensor, sliders_MNS: Tensor) -> Tensor:
        """Each member its own rows, as in training."""
        members, rows, _ = choices_MN3.shape
        features_MNX = self.features(choices_MN3.reshape(-1, 3)).reshape(members, rows, -1)
        return self.from_choice_part(self.from_choices(features_MNX), sliders_MNS)

    def choice_part(self, choices_N3: Tensor) -> Tensor:
        """What the choices alone contribute (M, N, H): computed once for all combinations, looked up ever after."""
        part: Tensor = self.from_choices(self._for_members(self.features(choices_N3)))
        return part

    def from_choice_part(self, part_MNH: Tensor, sliders_MNS: Tensor) -> Tensor:
        hidden_MNH = map_members(part_MNH, sliders_MNS, self.slider_weight)
        for block in self.blocks:
            hidden_MNH = block(hidden_MNH)
        members_MND: Tensor = self.head(self.dropout(self.norm(hidden_MNH)))
        return members_MND

    def _for_members(self, values: Tensor) -> Tensor:
        return values.unsqueeze(0).expand(self.config.num_members, -1, -1)
