"""A recogniser that costs nothing: it sees a face in the middle of every picture, and random projections are its embedding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from generated_networks import write_folder
from onnx import TensorProto, helper, numpy_helper

from embedding.scrfd import ANCHORS_PER_CELL, STRIDES

_SIDE = 64
_LANDMARKS = (
    (-0.4, -0.3),
    (0.4, -0.3),
    (0.0, 0.0),
    (-0.3, 0.4),
    (0.3, 0.4),
)  # from the centre, in strides of 32 pixels


def write_plain_networks(folder: Path) -> None:
    folder.mkdir()
    write_folder(folder)
    outputs = [*_scores(), *_everywhere((0.8, 0.8, 0.8, 0.8)), *_everywhere(np.ravel(_LANDMARKS))]
    names = [f"output_{number}" for number in range(len(outputs))]
    nodes = [
        helper.make_node("Constant", [], [name], value=numpy_helper.from_array(output.astype(np.float32)))
        for name, output in zip(names, outputs, strict=True)
    ]
    shape = [1, 3, _SIDE, _SIDE]
    graph = helper.make_graph(
        nodes,
        "sees_a_face",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / "detector.onnx").write_bytes(model.SerializeToString())


def _num_anchors(stride: int) -> int:
    return ANCHORS_PER_CELL * (_SIDE // stride) ** 2


def _scores() -> list[np.ndarray]:
    """Of all anchors, one in the middle of the coarsest level is sure."""
    scores = [np.zeros((_num_anchors(stride), 1)) for stride in STRIDES]
    scores[-1][-1] = 0.99
    return scores


def _everywhere(row: object) -> list[np.ndarray]:
    return [np.tile(np.asarray(row, np.float32), (_num_anchors(stride), 1)) for stride in STRIDES]
