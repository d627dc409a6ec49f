"""What the demo's report tells. Pictures are RGB pixels (H, W, 3) or encoded; similarities are centred cosines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from creator.profile import Profile
from matcher.meaning import ImpostorPairs
from protocol.character import Character

Image = NDArray[np.uint8] | bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Headline:
    """The figures that say whether the run was a success. Targets: every planned row, no wrong label, `cosine_wanted`."""

    frames_captured: int
    rows_committed: int
    rows_planned: int
    wrong_labels: int
    imitator_centred_cosine: float
    round_trip_mean: float
    nearest_captured_mean: float
    cosine_wanted: float = 0.80


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PhotoMatch:
    """A photo, cut to the face, and its character as the creator showed it; `before` is what the creator starts with."""

    name: str
    photo: Image
    matched: Image
    character: Character
    before: Character | None
    similarity_predicted: float
    similarity_measured: float | None
    ceiling: float
    percentile: float
    meaning: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CharacterMatch:
    """A held-out character of the creator, and what was matched to its picture; the nearest captured frame for comparison."""

    target: Image
    recreated: Image
    similarity: float
    nearest_captured: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LearningCurve:
    """How one network learned: `series` by name ("training", "held out"), each a list of (`x_label`, `measure`)."""

    network: str
    measure: str
    series: Mapping[str, tuple[tuple[float, float], ...]]
    x_label: str = "epoch"
    caption: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentFigures:
    """What one agent did, by the machine's clock. Presses that got lost were noticed on the screen and made good."""

    name: str
    frames: int
    frames_per_second: float
    retakes: int
    lost_presses: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptureFigures:
    """`game_frames_per_second` counts captured frames by the creator's clock, `ideal_frames_per_second` what that clock allows;
    `faults` are the ones switched on, by name, with their rates in words."""

    sweeps: Mapping[str, int]
    game_frames_per_second: float
    ideal_frames_per_second: float
    wall_frames_per_second: float
    faults: Mapping[str, str]
    agents: tuple[AgentFigures, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A part of the run, in the order in which they came."""

    name: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DemoReport:
    """Everything on the page. `provenance` are lines like {"commit": ..., "seed": ..., "hardware": ...} in order."""

    title: str
    lead: str
    profile: Profile
    headline: Headline
    photos: tuple[PhotoMatch, ...]
    characters: tuple[CharacterMatch, ...]
    impostor_pairs: ImpostorPairs
    curves: tuple[LearningCurve, ...]
    capture: CaptureFigures
    wall: tuple[Image, ...]
    stages: tuple[Stage, ...]
    provenance: Mapping[str, str]
    versions: Mapping[str, str] = field(default_factory=dict)
