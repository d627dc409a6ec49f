"""Writes trained networks as a model set, which runs without torch.

Shape letters: N rows, S sliders, D dimension; 3 choices.
"""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from protocol.object_file import Place, delete_object, place_in, write_object
from trainer.affinity import AffinityNetwork
from trainer.errors import ModelSetError
from trainer.imitator import Imitator
from trainer.model_set import CARD_FILE, NETWORK_NAMES, ModelCard, ModelSet
from trainer.slider_network import SliderNetwork

OPSET = 17
"""The first with LayerNormalization as one operation; every onnxruntime since 2022 reads it."""


class RawImitator(nn.Module):
    """(N, 3), (N, S) to raw embeddings (N, D) and expected squared errors in the recogniser's units (N)."""

    def __init__(self, imitator: Imitator) -> None:
        super().__init__()
        self.network, self.imitator = imitator.network, imitator
        self.register_buffer("mean_D", torch.from_numpy(imitator.space.mean_D))

    def forward(self, choices_N3: Tensor, sliders_NS: Tensor) -> tuple[Tensor, Tensor]:
        scale = self.imitator.space.scale
        members_MND = self.network(choices_N3, sliders_NS)
        embeddings_ND = members_MND.mean(dim=0) * scale + self.get_buffer("mean_D")
        return embeddings_ND, self.imitator.squared_errors(members_MND) * scale**2


def export_model_set(
    folder: Place, card: ModelCard, imitator: Imitator, affinity: AffinityNetwork, sliders: SliderNetwork
) -> ModelSet:
    """Writes the four files so that a reader never sees old ones beside new ones without noticing, and opens the result.

    The card is taken away first and written last: without it the folder is no model set. Raises ModelSetError.
    """
    shape = imitator.network.shape
    choices, values = torch.zeros(2, 3, dtype=torch.int64), torch.zeros(2, shape.num_sliders)
    embeddings = torch.from_numpy(imitator.space.mean_D).repeat(2, 1) + torch.linspace(0, 1, shape.dimension)
    contents = {
        "imitator": _onnx(
            RawImitator(imitator), (choices, values), ["choices", "sliders"], ["embeddings", "squared_errors"]
        ),
        "affinity": _onnx(affinity, (embeddings,), ["embeddings"], ["similarities", "likelihoods"]),
        "slider": _onnx(sliders, (embeddings, choices), ["embeddings", "choices"], ["sliders"]),
    }
    checksums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    _write(folder, contents, replace(card, checksums=checksums))
    return ModelSet.open(folder)


def _onnx(network: nn.Module, inputs: tuple[Tensor, ...], names: list[str], outputs: list[str]) -> bytes:
    """Through TorchScript: torch's newer exporter needs another package, and its own warning says no more than that."""
    network.eval()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), torch.no_grad():
        path = Path(folder) / "network.onnx"
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            inputs,
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=names,
            output_names=outputs,
            dynamic_axes={name: {0: "N"} for name in (*names, *outputs)},
        )
        return path.read_bytes()


def _write(folder: Place, contents: dict[str, bytes], card: ModelCard) -> None:
    try:
        delete_object(place_in(folder, CARD_FILE))
        for name in NETWORK_NAMES:
            write_object(place_in(folder, f"{name}.onnx"), contents[name])
    except OSError as error:
        raise ModelSetError(f"The model set cannot be written to {folder}: {error}") from error
    card.write(folder)
