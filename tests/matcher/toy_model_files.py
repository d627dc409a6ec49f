"""The toy networks as the files of a model set.

Shapes: N rows, C combinations, G genders, F face types, K skin types, S sliders, D embedding, 3 choices.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from toy_models import ToyModels

Graph = tuple[list[onnx.NodeProto], list[onnx.TensorProto]]


def write_networks(models: ToyModels, folder: Path) -> None:
    """imitator.onnx, affinity.onnx and slider.onnx, computing what `ToyModels` does."""
    folder.mkdir(parents=True, exist_ok=True)
    num_sliders, dimension = models.encoding.num_sliders, models.dimension
    choices, sliders = _value("choices", TensorProto.INT64, 3), _value("sliders", TensorProto.FLOAT, num_sliders)
    embeddings = _value("embeddings", TensorProto.FLOAT, dimension)
    errors = helper.make_tensor_value_info("squared_errors", TensorProto.FLOAT, ["N"])
    similarities, likelihoods = (
        _value(name, TensorProto.FLOAT, len(models.profile.combinations)) for name in ("similarities", "likelihoods")
    )
    for name, graph, inputs, outputs in (
        ("imitator", _imitator(models), [choices, sliders], [embeddings, errors]),
        ("affinity", _affinity(models), [embeddings], [similarities, likelihoods]),
        ("slider", _slider(models), [embeddings, choices], [sliders]),
    ):
        nodes, weights = graph
        made = helper.make_graph(nodes, name, inputs, outputs, weights)
        model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, folder / f"{name}.onnx")


def write_card(models: ToyModels, folder: Path, **changes: Any) -> None:
    card = models.card
    value = {
        "schema_version": 2,
        "profile_name": card.profile_name,
        "profile_hash": card.profile_hash,
        "recogniser": card.recogniser,
        "dataset_version": card.dataset_version,
        "embedding_mean": card.embedding_mean.tolist(),
        "metrics": {"imitator": {}, "affinity": {}, "slider": {}},
        "learning_curves": {},
        "impostor_similarities": dict(card.impostor_similarities),
    }
    (folder / "model_card.json").write_text(json.dumps({**value, **changes}))


def _imitator(models: ToyModels) -> Graph:
    looks_nodes, looks_weights = _looks(models)
    nodes = [
        *looks_nodes,
        helper.make_node("Mul", ["sliders", "bend"], ["scaled"]),
        helper.make_node("Tanh", ["scaled"], ["bent"]),
        helper.make_node("MatMul", ["bent", "directions"], ["moved"]),
        helper.make_node("Add", ["looks", "moved"], ["centred"]),
        helper.make_node("Add", ["centred", "mean"], ["embeddings"]),
        helper.make_node("Mul", ["sliders", "sliders"], ["squared"]),
        helper.make_node("ReduceMean", ["squared"], ["squared_errors"], axes=[1], keepdims=0),
    ]
    weights = [_weight("bend", 0.8), _weight("directions", models.directions_SD), _weight("mean", models.mean_D)]
    return nodes, [*looks_weights, *weights]


def _affinity(models: ToyModels) -> Graph:
    combinations_C3 = models.encoding.combinations_C3()
    looks_CD = models.looks_GFKD[combinations_C3[:, 0], combinations_C3[:, 1], combinations_C3[:, 2]]
    units_CD = looks_CD / np.linalg.norm(looks_CD, axis=1, keepdims=True)
    nodes = [
        helper.make_node("Sub", ["embeddings", "mean"], ["centred"]),
        helper.make_node("LpNormalization", ["centred"], ["unit"], axis=-1, p=2),
        helper.make_node("MatMul", ["unit", "combinations"], ["cosines"]),
        helper.make_node("Mul", ["cosines", "half"], ["halved"]),
        helper.make_node("Add", ["halved", "half"], ["similarities"]),
        helper.make_node("Sub", ["cosines", "cosines"], ["likelihoods"]),
    ]
    return nodes, [_weight("mean", models.mean_D), _weight("combinations", units_CD.T), _weight("half", 0.5)]


def _slider(models: ToyModels) -> Graph:
    looks_nodes, looks_weights = _looks(models)
    nodes = [
        *looks_nodes,
        helper.make_node("Sub", ["embeddings", "mean"], ["centred"]),
        helper.make_node("Sub", ["centred", "looks"], ["wanted"]),
        helper.make_node("MatMul", ["wanted", "inverse"], ["free"]),
        helper.make_node("Clip", ["free", "low", "high"], ["sliders"]),
    ]
    inverse_DS = np.linalg.pinv(models.directions_SD)
    weights = [
        _weight("mean", models.mean_D),
        _weight("inverse", inverse_DS),
        _weight("low", -1.0),
        _weight("high", 1.0),
    ]
    return nodes, [*looks_weights, *weights]


def _looks(models: ToyModels) -> Graph:
    nodes = [helper.make_node("GatherND", ["looks_table", "choices"], ["looks"])]
    return nodes, [_weight("looks_table", models.looks_GFKD)]


def _weight(name: str, values: Any) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, dtype=np.float32, order="C"), name)


def _value(name: str, kind: int, width: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, ["N", width])
