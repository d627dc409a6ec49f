"""Folders of networks that are made on the spot: small, with random weights, spoilt on request."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from benchmarks.residual_network import ResidualShape, write_residual_network
from embedding.scrfd import NUM_OUTPUTS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIDE = 112


def write_network(path: Path, nodes: list[onnx.NodeProto], outputs: list[str], batch: str | int) -> None:
    """A network on (batch, 3, 112, 112) whose weights are a random projection of 16 block means to 8 numbers."""
    projection = np.random.default_rng(1).normal(size=(3 * 16, 8)).astype(np.float32)
    graph = helper.make_graph(
        nodes,
        "generated",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [batch, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [
            numpy_helper.from_array(projection, "projection"),
            numpy_helper.from_array(np.array([-1, 3 * 16], dtype=np.int64), "by_face"),
            numpy_helper.from_array(np.array([1, -1], dtype=np.int64), "into_one_row"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())


def write_detector(folder: Path) -> None:
    """A detector that is never asked."""
    outputs = [f"output_{number}" for number in range(NUM_OUTPUTS)]
    copies = [helper.make_node("Identity", ["input"], [output]) for output in outputs]
    write_network(folder / "detector.onnx", copies, outputs, "N")


def write_residual_folder(folder: Path, shape: ResidualShape) -> Path:
    """A detector that is never asked, and a recogniser of ArcFace's shape."""
    write_detector(folder)
    write_residual_network(folder / "recogniser.onnx", shape)
    return folder


def write_folder(folder: Path, *, spoil: str = "", batch: str | int = "N", last: str = "Identity") -> Path:
    """A detector that is never asked, and a recogniser that may be spoilt as careless exports are.

    `flattens`: a batch comes out as one row. `averages`: rows have the right shape and share their values.
    """
    nodes = [
        helper.make_node("AveragePool", ["input"], ["blocks"], kernel_shape=[28, 28], strides=[28, 28]),
        helper.make_node("Reshape", ["blocks", "by_face"], ["rows"]),
        helper.make_node("MatMul", ["rows", "projection"], ["apart"]),
        helper.make_node(last, ["apart"], ["answer"]),
    ]
    if spoil == "flattens":
        nodes.append(helper.make_node("Reshape", ["answer", "into_one_row"], ["embeddings"]))
    elif spoil == "averages":
        nodes.append(helper.make_node("ReduceMean", ["answer"], ["mean"], axes=[0], keepdims=1))
        nodes.append(helper.make_node("Add", ["answer", "mean"], ["embeddings"]))
    else:
        nodes.append(helper.make_node("Identity", ["answer"], ["embeddings"]))
    write_network(folder / "recogniser.onnx", nodes, ["embeddings"], batch)
    write_detector(folder)
    return folder


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
