"""What a recognition network takes in: in which order colours come, and how their values are scaled, and by whom.

Letters: 3 colours (red, green, blue).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import numpy_helper

from embedding.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

_FIRST_NODES = 8
"""As many as insightface looks at. Source: insightface, model_zoo/arcface_onnx.py."""

_PASSING = ("Cast", "Identity", "Transpose")
_SCALING = {"Sub": (1.0, -1.0), "Add": (1.0, 1.0), "Mul": (1.0, 0.0), "Div": (-1.0, 0.0)}


class ColourOrder(StrEnum):
    """Of the planes that the network sees; pictures and chips are RGB everywhere."""

    RGB = "RGB"
    BGR = "BGR"


@dataclass(frozen=True, slots=True)
class Normalisation:
    """A value from 0 to 255 becomes (value - mean) / divisor, colour by colour.

    `is_in_network`: the network's first nodes do it, and it is fed values as they are.
    """

    means_3: tuple[float, float, float]
    divisors_3: tuple[float, float, float]
    is_in_network: bool = False

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (*self.means_3, *self.divisors_3))) or 0.0 in self.divisors_3:
            raise ValueError(f"{self}: expected finite numbers, and no divisor of zero")

    @classmethod
    def alike(cls, mean: float, divisor: float) -> Normalisation:
        """The same for all three colours."""
        return cls((mean, mean, mean), (divisor, divisor, divisor))


INSIGHTFACES = Normalisation.alike(127.5, 127.5)
"""What insightface does before a network that does nothing of the kind itself."""


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """Turns chips into what a network is fed."""

    normalisation: Normalisation = INSIGHTFACES
    colour_order: ColourOrder = ColourOrder.RGB

    def feed(self, chips_NSS3: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, 3, S, S) from RGB chips (N, S, S, 3)."""
        values_NSS3 = chips_NSS3.astype(np.float32)
        if not self.normalisation.is_in_network:
            values_NSS3 -= np.array(self.normalisation.means_3, dtype=np.float32)
            values_NSS3 /= np.array(self.normalisation.divisors_3, dtype=np.float32)
        if self.colour_order is ColourOrder.BGR:
            values_NSS3 = values_NSS3[..., ::-1]
        return np.ascontiguousarray(values_NSS3.transpose(0, 3, 1, 2))


def input_of(model: onnx.ModelProto, facts: Mapping[str, Any]) -> NetworkInput:
    """What the manifest says (`input_mean`, `input_std`, `colour_order`), then what the network does itself, then insightface's
    way. Raises WeightsError.
    """
    try:
        order = ColourOrder(str(facts.get("colour_order", ColourOrder.RGB)).upper())
        if "input_mean" in facts or "input_std" in facts:
            said = Normalisation.alike(float(facts.get("input_mean", 0.0)), float(facts.get("input_std", 1.0)))
            return NetworkInput(said, order)
    except (TypeError, ValueError) as error:
        raise WeightsError(
            f"The manifest's input_mean, input_std or colour_order cannot be used ({error}). "
            "Expected two finite numbers, and RGB or BGR."
        ) from error
    return NetworkInput(_found_in(model.graph, order) or INSIGHTFACES, order)


def _found_in(graph: onnx.GraphProto, order: ColourOrder) -> Normalisation | None:
    """What the nodes before the first layer do to a value; None unless they both shift and scale, as for insightface."""
    factor_3, shift_3 = np.ones(3), np.zeros(3)
    has_shift = has_scale = False
    for kind, constant_3 in _first_steps(graph):
        power, sign = _SCALING[kind]
        if sign:
            shift_3 = shift_3 + sign * constant_3
            has_shift = True
        else:
            factor_3, shift_3 = factor_3 * constant_3**power, shift_3 * constant_3**power
            has_scale = True
    if not (has_shift and has_scale) or not factor_3.all():
        return None
    in_rgb = slice(None, None, -1 if order is ColourOrder.BGR else 1)
    means, divisors = (-shift_3 / factor_3)[in_rgb].tolist(), (1.0 / factor_3)[in_rgb].tolist()
    return Normalisation(tuple(means), tuple(divisors), is_in_network=True)


def _first_steps(graph: onnx.GraphProto) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Kind and constant of the arithmetic on the input, up to the first node of another kind."""
    constants = _constants(graph)
    value = next((each.name for each in graph.input if each.name not in constants), None)
    for node in [node for node in graph.node if node.op_type != "Constant"][:_FIRST_NODES]:
        if value not in node.input:
            continue
        if node.op_type in _SCALING:
            constant_3 = _constant_of(node, constants) if node.input[0] == value else None
            if constant_3 is None:
                return
            yield node.op_type, constant_3
        elif node.op_type not in _PASSING:
            return
        value = node.output[0]


def _constants(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    """Weights, and those constants that stand among the nodes."""
    nodes = [node for node in graph.node if node.op_type == "Constant"]
    among_nodes = {node.output[0]: each.t for node in nodes for each in node.attribute if each.name == "value"}
    return among_nodes | {weight.name: weight for weight in graph.initializer}


def _constant_of(node: onnx.NodeProto, constants: Mapping[str, onnx.TensorProto]) -> NDArray[np.float64] | None:
    """The second operand, colour by colour; None when it is not a constant of that kind."""
    if len(node.input) != 2 or node.input[1] not in constants:
        return None
    values = np.asarray(numpy_helper.to_array(constants[node.input[1]]), dtype=np.float64).ravel()
    return np.broadcast_to(values, 3) if values.size in (1, 3) and np.isfinite(values).all() else None
