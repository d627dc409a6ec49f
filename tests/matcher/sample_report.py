"""A made-up run, as the demo would report it. Pictures are handed in, or drawn as plain heads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creator.character import default_character
from creator.profile import Profile
from matcher.meaning import ImpostorPairs, explain
from matcher.report import (
    AgentFigures,
    CaptureFigures,
    CharacterMatch,
    DemoReport,
    Headline,
    LearningCurve,
    PhotoMatch,
    Stage,
)
from protocol.character import Character

Picture = NDArray[np.uint8]


def random_character(profile: Profile, generator: np.random.Generator) -> Character:
    gender, face, skin = profile.combinations[int(generator.integers(len(profile.combinations)))]
    return Character(
        gender,
        face,
        skin,
        tuple(int(generator.integers(int(row.minimum), int(row.maximum) + 1)) for row in profile.sliders),
    )


def drawn_head(generator: np.random.Generator, side: int = 64) -> Picture:
    """An oval with two eyes on a grey ground."""
    row_HW, column_HW = np.mgrid[0:side, 0:side] / side
    picture_HW3 = np.full((side, side, 3), 80, np.uint8)
    tall, wide = generator.uniform(0.3, 0.42), generator.uniform(0.2, 0.32)
    is_head_HW = ((row_HW - 0.52) / tall) ** 2 + ((column_HW - 0.5) / wide) ** 2 < 1
    picture_HW3[is_head_HW] = generator.integers((120, 80, 60), (240, 200, 180))
    for eye in (0.42, 0.58):
        picture_HW3[(row_HW - 0.46) ** 2 + (column_HW - eye) ** 2 < 0.0012] = 30
    return picture_HW3


def impostor_pairs(generator: np.random.Generator) -> ImpostorPairs:
    """Of the size and with the percentiles that a model card keeps."""
    similarities = generator.normal(0.0, 0.24, 4000).clip(-1, 1)
    percents = (1.0, 5.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9)
    return ImpostorPairs(percents, tuple(map(float, np.percentile(similarities, percents))))


def sample_report(profile: Profile, photos: dict[str, Picture], faces: list[Picture], seed: int = 0) -> DemoReport:
    generator = np.random.default_rng(seed)
    pairs = impostor_pairs(generator)
    return DemoReport(
        title="From a photo to a character you can type in",
        lead=(
            "Two agents pressed keys in the stand-in creator until 4,160 frames were captured. Three networks learned from them "
            "how settings become faces. Then two photos and twenty unseen characters were matched, set and measured."
        ),
        profile=profile,
        headline=Headline(
            frames_captured=4173,
            rows_committed=4160,
            rows_planned=4160,
            wrong_labels=0,
            imitator_centred_cosine=0.8642,
            round_trip_mean=0.913,
            nearest_captured_mean=0.312,
        ),
        photos=tuple(
            _photo(profile, name, photo, faces[-1 - number], pairs, generator)
            for number, (name, photo) in enumerate(photos.items())
        ),
        characters=tuple(
            CharacterMatch(
                target=faces[number % len(faces)],
                recreated=faces[(number + number % 2) % len(faces)],
                similarity=float(generator.beta(18, 2)),
                nearest_captured=float(generator.normal(0.31, 0.12)),
            )
            for number in range(20)
        ),
        impostor_pairs=pairs,
        curves=_curves(generator),
        capture=CaptureFigures(
            sweeps={"extremes": 1856, "interleaved": 2304},
            game_frames_per_second=7.12,
            ideal_frames_per_second=8.21,
            wall_frames_per_second=41.3,
            faults={"dropped presses": "1 in 200", "pop-up that takes the focus": "1 in 2,000"},
            agents=(
                AgentFigures(name="agent-1", frames=2112, frames_per_second=7.15, retakes=9, lost_presses=131),
                AgentFigures(name="agent-2", frames=2061, frames_per_second=7.09, retakes=4, lost_presses=118),
            ),
        ),
        wall=tuple(faces[int(generator.integers(len(faces)))] for _ in range(48)),
        stages=tuple(
            Stage(name=name, seconds=seconds)
            for name, seconds in {
                "Start the cluster": 9.4, "Capture and embed": 214.0, "Export a snapshot": 1.3, "Train the imitator": 96.2,
                "Invert targets": 41.0, "Train affinity and slider": 38.5, "Match and measure": 22.7, "Write the report": 1.1,
            }.items()
        ),
        provenance={
            "Date": "22 November 2026, 15:40 UTC", "Hardware": "2 cores, 24 GiB, no GPU", "Commit": "9ff09d3", "Seed": "0",
            "Profile": profile.name, "Recogniser": "dlib-9c6f1d2e", "Dataset version": "frames@7, embeddings_dlib_9c6f1d2e@7",
            "Command": "lookalike demo --frames 4000 --seed 0",
        },
        versions={"lookalike": "0.1.0", "python": "3.11.7", "ray": "2.60.0", "torch": "2.13.0+cpu", "onnxruntime": "1.32.0"},
    )  # fmt: skip


def _photo(
    profile: Profile,
    name: str,
    photo: Picture,
    matched: Picture,
    pairs: ImpostorPairs,
    generator: np.random.Generator,
) -> PhotoMatch:
    character = random_character(profile, generator)
    predicted = float(generator.uniform(0.6, 0.75))
    percentile = pairs.percentile(predicted)
    return PhotoMatch(
        name=name,
        photo=photo,
        matched=matched,
        character=character,
        before=default_character(profile, character.gender),
        similarity_predicted=predicted,
        similarity_measured=predicted - 0.11,
        ceiling=predicted + 0.04,
        percentile=percentile,
        meaning=explain(predicted, percentile, predicted + 0.04),
    )


def _curves(generator: np.random.Generator) -> tuple[LearningCurve, ...]:
    def fall(start: float, end: float, speed: float) -> tuple[tuple[float, float], ...]:
        return tuple(
            (float(x), float(end + (start - end) * np.exp(-x / speed) + generator.normal(0, 0.004)))
            for x in range(0, 61, 2)
        )

    return (
        LearningCurve(
            network="Imitator",
            measure="centred cosine, higher is better",
            series={"training": fall(0.1, 0.91, 8), "held out": fall(0.1, 0.864, 7)},
            caption="Noise floor of a second capture: 0.985.",
        ),
        LearningCurve(
            network="Affinity",
            measure="error of the predicted similarity, lower is better",
            series={"training": fall(0.4, 0.03, 9), "held out": fall(0.42, 0.041, 9)},
        ),
        LearningCurve(
            network="Slider",
            measure="centred cosine through the imitator, higher is better",
            series={"training, smoothed": fall(0.05, 0.88, 11), "held out": fall(0.05, 0.871, 12)},
        ),
    )
