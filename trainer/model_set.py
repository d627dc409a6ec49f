"""A model set: imitator, affinity and slider networks as ONNX files, with a card that says what they are for.

Needs onnxruntime and numpy, no torch: whoever matches opens one. Shape letters: N rows, C combinations in the profile's order,
S sliders scaled to [-1, 1], D dimension of the recogniser; 3 choices (gender, face, skin).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from protocol.object_file import Place, place_in, read_object, write_object
from trainer.errors import ModelMismatchError, ModelSetError

if TYPE_CHECKING:
    from telemetry.silent_onnxruntime import onnxruntime

CARD_SCHEMA_VERSION = 2
CARD_FILE = "model_card.json"
NETWORK_NAMES = ("imitator", "affinity", "slider")

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What the networks were trained on and how good they are.

    `embedding_mean` (D) is the mean of the training rows: similarity is the cosine of embeddings minus it. `metrics` and
    `learning_curves` are by network; a curve has one object an epoch. `impostor_similarities`: percentiles ("p50") of the
    similarity of different faces drawn at random. `checksums` are the networks' SHA-256 by name; a file that has another one is
    refused.
    """

    profile_name: str
    profile_hash: str
    recogniser: str
    dataset_version: str
    embedding_mean: tuple[float, ...]
    num_rows: int = 0
    metrics: Mapping[str, Mapping[str, float | int | None]] = field(default_factory=dict)
    learning_curves: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    impostor_similarities: Mapping[str, float] = field(default_factory=dict)
    licence: str = ""
    checksums: Mapping[str, str] = field(default_factory=dict)
    schema_version: int = CARD_SCHEMA_VERSION

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def write(self, folder: Place) -> None:
        """Raises ModelSetError."""
        path = place_in(folder, CARD_FILE)
        try:
            write_object(path, (json.dumps(self.to_json(), indent=1) + "\n").encode())
        except OSError as error:
            raise ModelSetError(f"{path} cannot be written: {error}") from error

    @classmethod
    def read(cls, folder: Place) -> ModelCard:
        """Raises ModelSetError for a missing or damaged card, ModelMismatchError for one of another release."""
        path = place_in(folder, CARD_FILE)
        try:
            value = json.loads(read_object(path))
        except FileNotFoundError as error:
            raise ModelSetError(
                f"{folder} is no model set: it has no {CARD_FILE}. Make one with `lookalike train`"
            ) from error
        except (OSError, ValueError) as error:
            raise ModelSetError(f"{path} cannot be read: {error}. Train the models again") from error
        return cls._from_json(path, value)

    @classmethod
    def _from_json(cls, path: Place, value: Any) -> ModelCard:
        if not isinstance(value, dict):
            raise ModelSetError(f"{path} holds a {type(value).__name__}, not a card. Train the models again")
        if value.get("schema_version") != CARD_SCHEMA_VERSION:
            raise ModelMismatchError("schema version", value.get("schema_version"), CARD_SCHEMA_VERSION)
        needed = ("profile_name", "profile_hash", "recogniser", "dataset_version", "embedding_mean")
        if missing := [name for name in needed if name not in value]:
            raise ModelSetError(f"{path}: {missing[0]!r} is missing. Train the models again")
        known = {entry.name: value[entry.name] for entry in fields(cls) if entry.name in value}
        return cls(**{**known, "embedding_mean": tuple(float(number) for number in value["embedding_mean"])})


@dataclass(frozen=True, eq=False)
class ModelSet:
    """The three networks, ready to run."""

    card: ModelCard
    _imitator: onnxruntime.InferenceSession
    _affinity: onnxruntime.InferenceSession
    _slider: onnxruntime.InferenceSession

    @classmethod
    def open(
        cls,
        folder: Place,
        *,
        profile_hash: str | None = None,
        recogniser: str | None = None,
        num_threads: int = 1,
    ) -> ModelSet:
        """Opens a folder; with `profile_hash` or `recogniser` (its identity) only one that was made for it.

        Raises ModelSetError for what is no model set, ModelMismatchError for another profile, recogniser or schema.
        """
        card = ModelCard.read(folder)
        for what, got, expected in (
            ("profile", card.profile_hash, profile_hash),
            ("recogniser", card.recogniser, recogniser),
        ):
            if expected is not None and got != expected:
                raise ModelMismatchError(what, got, expected)
        sessions = [
            _open_network(place_in(folder, f"{name}.onnx"), num_threads, card.checksums.get(name, ""))
            for name in NETWORK_NAMES
        ]
        models = cls(card, *sessions)
        models._check_dimension(folder)
        return models

    def imitate(self, choices_N3: Ints, sliders_NS: Floats) -> Floats:
        """Embeddings (N, D) as the recogniser would give them."""
        return self._run(self._imitator, "embeddings", choices=_ints(choices_N3), sliders=_floats(sliders_NS))

    def imitate_with_errors(self, choices_N3: Ints, sliders_NS: Floats) -> tuple[Floats, Floats]:
        """Embeddings (N, D) and the squared distance (N) that captures may be expected to have from them.

        Raises ModelSetError for an imitator without that output.
        """
        if len(self._imitator.get_outputs()) < 2:
            raise ModelSetError("This imitator does not say how sure it is. Train the models again with this release")
        inputs = {"choices": _ints(choices_N3), "sliders": _floats(sliders_NS)}
        embeddings_ND, errors_N = self._imitator.run(["embeddings", "squared_errors"], inputs)
        return embeddings_ND, errors_N

    def expected_similarity(self, choices_N3: Ints, sliders_NS: Floats, targets_ND: Floats) -> Floats:
        """Centred cosine that a capture may be expected to have with a target (N): less than the imitated embedding's own.

        It counts how unsure the imitator is of each character. Raises ModelSetError for an imitator without that output.
        """
        embeddings_ND, errors_N = self.imitate_with_errors(choices_N3, sliders_NS)
        mean_D = np.array(self.card.embedding_mean, np.float32)
        centred_ND, wanted_ND = embeddings_ND - mean_D, targets_ND - mean_D
        lengths_N = np.sqrt(np.sum(centred_ND**2, axis=1) + errors_N) * np.linalg.norm(wanted_ND, axis=1)
        similarities_N: Floats = (np.sum(centred_ND * wanted_ND, axis=1) / np.maximum(lengths_N, 1e-9)).astype(
            np.float32
        )
        return similarities_N

    def affinity(self, embeddings_ND: Floats) -> tuple[Floats, Floats]:
        """The expected similarity that each combination can reach (N, C), and how likely a face was made of each (N, C).

        The latter as a logarithm, up to a number for each face.
        """
        inputs = {"embeddings": _floats(embeddings_ND)}
        similarities_NC, likelihoods_NC = self._affinity.run(["similarities", "likelihoods"], inputs)
        return similarities_NC, likelihoods_NC

    def slider(self, embeddings_ND: Floats, choices_N3: Ints) -> Floats:
        """Sliders within [-1, 1] (N, S), not yet on the creator's steps."""
        return self._run(self._slider, "sliders", embeddings=_floats(embeddings_ND), choices=_ints(choices_N3))

    def _run(self, session: onnxruntime.InferenceSession, output: str, **inputs: NDArray[Any]) -> Floats:
        values: Floats = session.run([output], inputs)[0]
        return values

    def _check_dimension(self, folder: Place) -> None:
        dimension = self._affinity.get_inputs()[0].shape[1]
        if len(self.card.embedding_mean) != dimension:
            raise ModelSetError(
                f"{folder}: the card is for embeddings of {len(self.card.embedding_mean)} numbers, the networks take "
                f"{dimension}: the files are of different model sets. Train the models again"
            )


def _open_network(path: Place, num_threads: int, checksum: str) -> onnxruntime.InferenceSession:
    from telemetry.silent_onnxruntime import onnxruntime  # here, so that a card can be read without it

    try:
        network = read_object(path)
    except FileNotFoundError as error:
        raise ModelSetError(f"{path} is missing: the model set is not complete. Train the models again") from error
    except OSError as error:
        raise ModelSetError(f"{path} cannot be read: {error}") from error
    if checksum and hashlib.sha256(network).hexdigest() != checksum:
        raise ModelSetError(
            f"{path} is not the network that {CARD_FILE} describes: it is damaged, or of another training. "
            "Copy the model set anew, or train again"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a family of its own for every damage
        raise ModelSetError(f"{path} is no network that can be read ({error}). Train the models again") from error


def _ints(values: NDArray[Any]) -> Ints:
    return np.ascontiguousarray(values, dtype=np.int64)


def _floats(values: NDArray[Any]) -> Floats:
    return np.ascontiguousarray(values, dtype=np.float32)
