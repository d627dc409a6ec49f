"""The steps from a snapshot to a model set, each leaving its result in a folder: in one process or on n workers alike.

A step whose result is there is not repeated, and a training that was cut off goes on from its last epoch. The folder belongs to
one snapshot and one configuration; its place may be a path or any URL that fsspec knows. On several workers all of them call
the same step; the first one writes. Shape letters: T targets, D dimension, X rows from outside.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from creator.encoding import Encoding
from creator.profile import Profile
from dataset.snapshot import Snapshot
from protocol.object_file import Place, place_in
from trainer.affinity import (
    AffinityConfig,
    TrainedAffinity,
    load_affinity,
    save_affinity,
    train_affinity,
)
from trainer.affinity_examples import AffinityExamples, affinity_examples
from trainer.check import require
from trainer.checkpoint import load_state, save_state, write_whole
from trainer.curve_pictures import curves_svg
from trainer.curves import CurvePoint, curve_json
from trainer.errors import CheckpointError
from trainer.evaluate import ImitationMetrics, impostor_similarities
from trainer.export import export_model_set
from trainer.imitator import (
    IMITATOR_SCHEMA_VERSION,
    ImitatorConfig,
    TrainedImitator,
    load_imitator,
    save_imitator,
    train_imitator,
)
from trainer.inversion import Inversion, InversionConfig, PreparedImitator, invert, join_inversions, prepare
from trainer.inversion_file import load_inversion, save_inversion
from trainer.model_set import ModelCard, ModelSet
from trainer.rows import identity_of, split_rows
from trainer.slider_network import SliderConfig, TrainedSliders, load_sliders, save_sliders
from trainer.slider_training import slider_examples, train_sliders
from trainer.space import Floats
from trainer.targets import KnownFaces, TargetConfig, judging_targets, training_targets
from trainer.workers import num_workers, wait_for_workers, worker_rank

CURVES_FILE = "learning_curves.svg"
LICENCE = "Apache-2.0, as far as the licence of {recogniser}, which they imitate, allows."


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` in a step; `figures` are what is known by now (training loss and held-out figures of an epoch).

    `rows`: how many a network has seen in this step, repeats included; 0 in steps that train none.
    """

    step: str
    done: int
    total: int
    figures: Mapping[str, float] = field(default_factory=dict)
    rows: int = 0


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Everything that decides what the networks become. `num_inverted` of the targets are refined by inversion."""

    imitator: ImitatorConfig = field(default_factory=ImitatorConfig)
    inversion: InversionConfig = field(default_factory=InversionConfig)
    targets: TargetConfig = field(default_factory=TargetConfig)
    num_inverted: int = 240
    affinity: AffinityConfig = field(default_factory=AffinityConfig)
    sliders: SliderConfig = field(default_factory=SliderConfig)

    def __post_init__(self) -> None:
        require(self.num_inverted >= 1, "num_inverted", self.num_inverted, "at least 1")

    @classmethod
    def for_rows(cls, num_rows: int, *, seed: int = 0) -> TrainingConfig:
        """Preset by the number of captured rows."""
        num_targets = min(max(200, num_rows // 4), 4_000)
        num_inverted = min(max(40, num_rows // 20), 400)
        base = cls()
        return cls(
            imitator=ImitatorConfig.for_rows(num_rows, seed=seed),
            targets=TargetConfig(num_targets=num_targets, num_judges=min(48, num_targets // 5), seed=seed),
            num_inverted=min(num_inverted, num_targets),
            affinity=AffinityConfig.for_rows(num_rows, seed=seed),
            sliders=replace(base.sliders, fit=replace(base.sliders.fit, seed=seed)),
        )


@dataclass(frozen=True, eq=False)
class Training:
    """One snapshot's training in one folder. `extra_XD`: embeddings from outside (photos) among the targets.

    `device` of torch trains the imitator; inversion and the two small networks stay on the CPU.
    """

    snapshot: Snapshot
    profile: Profile
    config: TrainingConfig
    folder: str
    extra_XD: Floats | None = None
    noise_variance: float | None = None
    on_progress: OnProgress | None = None
    device: str = "cpu"

    def place(self, name: str) -> str:
        return f"{self.folder.rstrip('/')}/{name}"

    @property
    def identity(self) -> str:
        extra = b"" if self.extra_XD is None else self.extra_XD.tobytes()
        return f"{IMITATOR_SCHEMA_VERSION}|{identity_of(self.snapshot)}|{self.config}|{len(extra)}|{sum(extra[::97])}"

    def tell(self, step: str, done: int, total: int) -> None:
        self._tell(Progress(step, done, total))

    def tell_epoch(self, step: str) -> Callable[[CurvePoint], None]:
        def tell(point: CurvePoint) -> None:
            figures = {"training_loss": point.training_loss, **point.held_out}
            self._tell(Progress(step, point.epoch, point.num_epochs, figures, point.rows))

        return tell

    def _tell(self, progress: Progress) -> None:
        if self.on_progress is not None:
            self.on_progress(progress)


@dataclass(frozen=True, eq=False)
class Lessons:
    """What two networks learn: the targets, the first of them inverted, captured faces, and the judges."""

    prepared: PreparedImitator
    targets_TD: Floats
    inverted: Inversion
    faces: KnownFaces
    judges: tuple[Floats, Inversion] | None


def imitator_step(training: Training) -> TrainedImitator:
    """Trains, or loads, the imitator."""
    found = _load_trained_imitator(training)
    if found is not None:
        return found
    trained = train_imitator(
        training.snapshot,
        training.profile,
        training.config.imitator,
        on_epoch=training.tell_epoch("imitator"),
        checkpoint=training.place("imitator.checkpoint"),
        noise_variance=training.noise_variance,
        device=training.device,
    )
    if worker_rank() == 0:
        save_imitator(trained.imitator, training.place("imitator.pt"))
        metrics = None if trained.metrics is None else trained.metrics.to_json()
        record = {"identity": training.identity, "metrics": metrics, "curve": curve_json(trained.curve)}
        save_state(training.place("imitator.record"), record)
    wait_for_workers()
    return trained


def _load_trained_imitator(training: Training) -> TrainedImitator | None:
    record = load_state(training.place("imitator.record"))
    if record is None:
        return None
    if record["identity"] != training.identity:
        raise CheckpointError(
            f"{training.folder} holds a training with other data or settings; name another folder, or delete it"
        )
    metrics = None if record["metrics"] is None else ImitationMetrics(**record["metrics"])
    curve = tuple(CurvePoint(**point) for point in record["curve"])
    imitator = load_imitator(training.place("imitator.pt"), training.profile)
    return TrainedImitator(imitator, metrics, curve, training.config.imitator)


def inversion_step(training: Training, imitator: TrainedImitator) -> Lessons:
    """Inverts the training's targets, each worker its share, and held-out faces as judges."""
    prepared = prepare(imitator.imitator, training.profile)
    rows, held_out = split_rows(training.snapshot, training.profile)
    config = training.config
    targets_TD = training_targets(rows, prepared.imitator.space, config.targets, training.extra_XD)
    num_inverted = min(config.num_inverted, len(targets_TD))
    judges_TD = judging_targets(held_out, config.targets)
    wanted_TD = np.concatenate([targets_TD[:num_inverted], judges_TD])
    found = _inverted_by_workers(training, prepared, wanted_TD)
    judges = (judges_TD, found.part(num_inverted, len(wanted_TD))) if len(judges_TD) else None
    return Lessons(prepared, targets_TD, found.part(0, num_inverted), KnownFaces.of(rows, training.profile), judges)


def _inverted_by_workers(training: Training, prepared: PreparedImitator, wanted_TD: Floats) -> Inversion:
    bounds = [len(wanted_TD) * rank // num_workers() for rank in range(num_workers() + 1)]
    shares = list(itertools.pairwise(bounds))
    start, end = shares[worker_rank()]
    place = training.place(f"inversion-{start}-{end}.npz")
    if end > start and load_inversion(place) is None:
        own = invert(
            prepared,
            wanted_TD[start:end],
            training.profile,
            training.config.inversion,
            on_progress=lambda done, total: training.tell("inversion", done, total),
        )
        save_inversion(own, place)
    wait_for_workers()
    parts = [load_inversion(training.place(f"inversion-{a}-{b}.npz")) for a, b in shares if b > a]
    return join_inversions([part for part in parts if part is not None])


def affinity_step(training: Training, lessons: Lessons) -> tuple[TrainedAffinity, AffinityExamples]:
    """Trains the affinity network on inverted and on estimated targets."""
    config = training.config
    examples = affinity_examples(
        lessons.prepared,
        lessons.targets_TD,
        lessons.inverted,
        config.inversion,
        lessons.faces,
        inverted_weight=config.affinity.inverted_weight,
        on_progress=lambda done, total: training.tell("estimates", done, total),
    )
    trained = train_affinity(
        examples,
        lessons.prepared.imitator.space,
        Encoding(training.profile).combinations_C3(),
        config.affinity,
        identity=training.identity,
        judges=lessons.judges,
        on_epoch=training.tell_epoch("affinity"),
        checkpoint=training.place("affinity.checkpoint"),
    )
    if worker_rank() == 0:
        save_affinity(trained, config.affinity, training.place("affinity.pt"))
    wait_for_workers()
    return trained, examples


def slider_step(training: Training, lessons: Lessons, examples: AffinityExamples) -> TrainedSliders:
    """Trains the slider network on the affinity network's targets."""
    config = training.config
    trained = train_sliders(
        slider_examples(lessons.targets_TD, examples.similarities_TC, lessons.inverted, lessons.faces, config.sliders),
        lessons.prepared,
        config.sliders,
        identity=training.identity,
        judges=lessons.judges,
        on_epoch=training.tell_epoch("sliders"),
        checkpoint=training.place("slider.checkpoint"),
    )
    if worker_rank() == 0:
        save_sliders(trained, config.sliders, training.place("slider.pt"))
    wait_for_workers()
    return trained


def export_step(training: Training, imitator: TrainedImitator, to: Place) -> ModelSet:
    """Exports the three networks of the folder to another place. Raises CheckpointError when one is missing."""
    space = imitator.imitator.space
    affinity = load_affinity(training.place("affinity.pt"), space, Encoding(training.profile).combinations_C3())
    sliders = load_sliders(training.place("slider.pt"), imitator.imitator.network.shape, space)
    rows, _ = split_rows(training.snapshot, training.profile)
    card = ModelCard(
        profile_name=training.profile.name,
        profile_hash=training.profile.hash,
        recogniser=training.snapshot.info.recogniser,
        dataset_version=training.snapshot.info.dataset_version,
        embedding_mean=tuple(float(value) for value in space.mean_D),
        num_rows=len(rows),
        metrics={
            "imitator": {} if imitator.metrics is None else imitator.metrics.to_json(),
            "affinity": {} if affinity.metrics is None else dict(affinity.metrics.to_json()),
            "slider": {} if sliders.metrics is None else dict(sliders.metrics.to_json()),
        },
        learning_curves={
            "imitator": curve_json(imitator.curve),
            "affinity": curve_json(affinity.curve),
            "slider": curve_json(sliders.curve),
        },
        impostor_similarities=impostor_similarities(rows.embeddings_ND, rows.sliders_NS, space),
        licence=LICENCE.format(recogniser=training.snapshot.info.recogniser),
    )
    models = export_model_set(to, card, imitator.imitator, affinity.network, sliders.network)
    write_whole(place_in(to, CURVES_FILE), curves_svg(card.learning_curves).encode())
    training.tell("export", 1, 1)
    return models
