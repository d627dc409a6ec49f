"""Folders of networks that are made on the spot: small, with random weights, spoilt on request."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from benchmarks.residual_network import ResidualShape, write_residual_network
from embedding.scrfd import ANCHORS_PER_CELL, NUM_OUTPUTS, STRIDES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIDE = 112


def write_network(
    path: Path,
    nodes: list[onnx.NodeProto],
    outputs: list[str],
    batch: str | int,
    *,
    side: int | str = SIDE,
    weights: list[onnx.TensorProto] | None = None,
) -> None:
    """A network on (batch, 3, side, side) with a random projection of 16 block means to 8 numbers among its weights."""
    projection = np.random.default_rng(1).normal(size=(3 * 16, 8)).astype(np.float32)
    graph = helper.make_graph(
        nodes,
        "generated",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [batch, 3, side, side])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [
            numpy_helper.from_array(projection, "projection"),
            numpy_helper.from_array(np.array([-1, 3 * 16], dtype=np.int64), "by_face"),
            numpy_helper.from_array(np.array([1, -1], dtype=np.int64), "into_one_row"),
            *(weights or []),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())


def write_detector(folder: Path, *, score: float = 0.0) -> None:
    """A detector that gives this score to every place, and no size to its box."""
    nodes, weights, outputs = [], [], []
    for number in range(NUM_OUTPUTS):
        stride, width = STRIDES[number % 3], (1, 4, 10)[number // 3]
        channels = ANCHORS_PER_CELL * width
        filters = np.zeros((channels, 3, 1, 1), dtype=np.float32)
        biases = np.full(channels, score if width == 1 else 0.0, dtype=np.float32)
        names = [f"{part}_{number}" for part in ("filters", "biases", "rows", "pooled", "planes", "places", "output")]
        arrays = (filters, biases, np.array([-1, width], dtype=np.int64))
        weights += [numpy_helper.from_array(array, name) for array, name in zip(arrays, names, strict=False)]
        _, _, rows, pooled, planes, places, output = names
        nodes += [
            helper.make_node("AveragePool", ["input"], [pooled], kernel_shape=[stride] * 2, strides=[stride] * 2),
            helper.make_node("Conv", [pooled, *names[:2]], [planes]),
            helper.make_node("Transpose", [planes], [places], perm=[0, 2, 3, 1]),
            helper.make_node("Reshape", [places, rows], [output]),
        ]
        outputs.append(output)
    write_network(folder / "detector.onnx", nodes, outputs, "N", side="side", weights=weights)


def write_residual_folder(folder: Path, shape: ResidualShape) -> Path:
    """A detector that sees nothing, and a recogniser of ArcFace's shape."""
    write_detector(folder)
    write_residual_network(folder / "recogniser.onnx", shape)
    return folder


def write_folder(
    folder: Path, *, spoil: str = "", batch: str | int = "N", last: str = "Identity", first: str = ""
) -> Path:
    """A detector that sees nothing, and a recogniser that may be spoilt as careless exports are.

    `flattens`: a batch comes out as one row. `averages`: rows have the right shape and share their values. `lasts`: only the
    last row of a batch takes from the first. `nans`: it answers with what is no number. `first`: `nodes` or `weights` scale
    the input as insightface does, with constants among the nodes or among the weights; `late` does after the first layer.
    """
    start, value = (_scaling(first), "scaled") if first else ([], "input")
    nodes = [
        *start,
        helper.make_node("AveragePool", [value], ["blocks"], kernel_shape=[28, 28], strides=[28, 28]),
        helper.make_node("Reshape", ["blocks", "by_face"], ["rows"]),
        helper.make_node("MatMul", ["rows", "projection"], ["apart"]),
        helper.make_node(last, ["apart"], ["answer"]),
    ]
    if spoil == "flattens":
        nodes.append(helper.make_node("Reshape", ["answer", "into_one_row"], ["embeddings"]))
    elif spoil == "averages":
        nodes.append(helper.make_node("ReduceMean", ["answer"], ["mean"], axes=[0], keepdims=1))
        nodes.append(helper.make_node("Add", ["answer", "mean"], ["embeddings"]))
    elif spoil == "lasts":
        nodes.append(helper.make_node("Slice", ["answer", "zero", "one", "zero"], ["head"]))
        nodes.append(helper.make_node("Slice", ["answer", "one", "far", "zero"], ["tail"]))
        nodes.append(helper.make_node("Slice", ["tail", "fifth", "far", "zero"], ["after_fifth"]))
        nodes.append(helper.make_node("Slice", ["tail", "zero", "fifth", "zero"], ["before"]))
        nodes.append(helper.make_node("Add", ["after_fifth", "head"], ["mixed"]))
        nodes.append(helper.make_node("Concat", ["head", "before", "mixed"], ["embeddings"], axis=0))
    elif spoil == "nans":
        nodes.append(helper.make_node("Log", ["answer"], ["embeddings"]))
    else:
        nodes.append(helper.make_node("Identity", ["answer"], ["embeddings"]))
    numbers = {"zero": [0], "one": [1], "fifth": [5], "far": [10_000]}
    weights = [numpy_helper.from_array(np.array(value, np.int64), name) for name, value in numbers.items()]
    weights += _scaling_weights(first) if first else []
    write_network(folder / "recogniser.onnx", nodes, ["embeddings"], batch, weights=weights)
    write_detector(folder)
    return folder


def _scaling(kind: str) -> list[onnx.NodeProto]:
    """(value - 127.5) / 128 in two nodes."""
    steps = [
        helper.make_node("Sub", ["layer", "usual"], ["centred"]),
        helper.make_node("Mul", ["centred", "factor"], ["scaled"]),
    ]
    before = helper.make_node("Relu" if kind == "late" else "Identity", ["input"], ["layer"])
    if kind != "nodes":
        return [before, *steps]
    return [helper.make_node("Constant", [], [weight.name], value=weight) for weight in _scaling_weights("")] + [
        before,
        *steps,
    ]


def _scaling_weights(kind: str) -> list[onnx.TensorProto]:
    numbers = {"usual": np.float32(127.5), "factor": np.full((1, 3, 1, 1), 1 / 128, dtype=np.float32)}
    return (
        [] if kind == "nodes" else [numpy_helper.from_array(np.asarray(value), name) for name, value in numbers.items()]
    )


def write_manifest(folder: Path, **changes: object) -> None:
    tasks: dict[str, dict[str, object]] = {
        task: {"file": name, "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}
        for task, name in (("detection", "detector.onnx"), ("recognition", "recogniser.onnx"))
    }
    tasks["recognition"].update(changes)
    manifest = {"manifest_version": 2, "model_id": "Test Pack-1", "license": "CC0-1.0", "tasks": tasks}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def chips_of_side(side_pixels: int, count: int) -> list[NDArray[np.uint8]]:
    shape = (count, side_pixels, side_pixels, 3)
    return list(np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8))
