"""What the capture benches let an agent capture, and the creators that they open."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.calibrate import calibrate
from agents.calibration import Calibration
from creator.profile import Profile
from protocol.character import Character
from protocol.shard import Shard
from standin.faults import Faults
from standin.game import Game
from standin.looks import Looks
from standin.memory_device import MemoryDevice
from standin.pose import Pose
from standin.rules import Rules
from standin.screen import FACE_PIXELS, Screen

KINDS = ("enumeration", "random", "interleaved")
SHARES = {"dropped_press": 0.02, "doubled_press": 0.01, "long_load": 0.01}
EVENTS = ("popup", "focus_loss", "freeze", "black_frame", "torn_frame")
FRAMES_APART = 300  # on average, each of the events


def faults_every(game_frames: float, profile: Profile) -> str:
    """The issue's shares, and each of its events every so many game frames on average."""
    rate = profile.timing.frames_per_second / game_frames
    return ",".join(f"{name}={value:g}" for name, value in (SHARES | dict.fromkeys(EVENTS, rate)).items())


def fault_frames(profile: Profile, game_frames: float, num_loads: float, events_apart: float) -> float:
    """Game frames that freezes and long loads take by themselves while a driver needs `game_frames`, whatever it does."""
    rules = Rules.of(profile)
    freeze, long, load = (sum(span) / 2 for span in (rules.freeze_frames, rules.fault_load_frames, rules.load_frames))
    return game_frames / events_apart * freeze + num_loads * SHARES["long_load"] * (long - load)


def characters_of(kind: str, profile: Profile, num_frames: int, seed: int) -> list[Character]:
    """enumeration: face and skin types of one slider set; random: a new one each frame; interleaved: two sliders and one
    choice move each frame."""
    generator = random.Random(seed)
    if kind == "random":
        return [drawn(profile, generator) for _ in range(num_frames)]
    if kind == "interleaved":
        return walk(profile, num_frames, generator)
    characters: list[Character] = []
    while len(characters) < num_frames:
        one = drawn(profile, generator)
        characters += [
            Character(one.gender, face, skin, one.sliders)
            for face in profile.ids("face", one.gender)
            for skin in profile.ids("skin", one.gender)
        ]
    return characters[:num_frames]


def walk(profile: Profile, num_frames: int, generator: random.Random) -> list[Character]:
    """Every frame moves two sliders and one choice; a fresh character, gender included, every hundred."""
    character = drawn(profile, generator)
    characters = []
    for at in range(num_frames):
        sliders = list(character.sliders)
        for index in generator.sample(range(len(sliders)), 2):
            row = profile.sliders[index]
            sliders[index] = generator.randint(int(row.minimum), int(row.maximum))
        role, gender = ("face", "skin")[at % 2], character.gender
        ids = profile.ids(role, gender)
        here = ids.index(getattr(character, role))
        choices = {"face": character.face, "skin": character.skin, role: ids[(here + 1) % len(ids)]}
        character = Character(gender, choices["face"], choices["skin"], tuple(sliders))
        if at % 100 == 99:
            character = drawn(profile, generator)
        characters.append(character)
    return characters


def drawn(profile: Profile, generator: random.Random) -> Character:
    gender = generator.choice(profile.genders)
    face, skin = (generator.choice(profile.ids(role, gender)) for role in ("face", "skin"))
    return Character(
        gender, face, skin, tuple(generator.randint(int(row.minimum), int(row.maximum)) for row in profile.sliders)
    )


def shard_of(profile: Profile, name: str, index: int, characters: Sequence[Character]) -> Shard:
    return Shard(name, index, profile.hash, tuple(characters), tuple(range(len(characters))))


def open_creator(
    profile: Profile,
    faults: str = "",
    seed: int = 0,
    *,
    truth_log: Path | None = None,
    looks: Looks | None = None,
    head_pixels: int | None = None,
) -> MemoryDevice:
    """`head_pixels`: the head is drawn at that size and enlarged; a quarter of the pixels take less than half of the time."""
    from standin.look import UNCAPTURED_SLIDERS  # here, since the renderer loads numba, which takes seconds

    game = Game(profile, faults=Faults.parse(faults), seed=seed)
    if head_pixels is None:
        screen = Screen.with_head(profile, looks=looks)
    else:
        pixels = head_pixels
        screen = Screen(profile, lambda: _SmallHead(pixels), looks=looks, shown_rows=UNCAPTURED_SLIDERS)
    return MemoryDevice(game, screen, truth_log=truth_log, logs_only_seen=True)


class _SmallHead:
    """A head that sways as far once it is enlarged as one that is drawn in full: its pose counts pixels of the picture."""

    def __init__(self, size_pixels: int) -> None:
        from standin.render import HeadRenderer

        self._renderer = HeadRenderer(size_pixels)
        self._share = size_pixels / FACE_PIXELS

    def render(
        self, *, gender: str, face: int, skin: int, sliders: Mapping[str, float], pose: Pose
    ) -> NDArray[np.uint8]:
        x, y = pose.shift_x_pixels * self._share, pose.shift_y_pixels * self._share
        pose = replace(pose, shift_x_pixels=x, shift_y_pixels=y)
        return self._renderer.render(gender=gender, face=face, skin=skin, sliders=sliders, pose=pose)


def learn(profile: Profile, looks: Looks | None = None, head_pixels: int | None = None) -> Calibration:
    device = open_creator(profile, looks=looks, head_pixels=head_pixels)
    return calibrate(device, profile, checks_ranges=False).calibration
