"""A player for tests: presses keys frame by frame and knows its way through the menu."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from creator.menu import Cursor, Menu
from creator.profile import Profile
from standin.game import Game
from standin.pose import Pose
from standin.rules import Rules

CALM = {"blink_every_seconds": 0.0, "sway_pixels": 0.0, "breath_pixels": 0.0}


def calm_game(profile: Profile, **rules: object) -> Game:
    """Nobody blinks or sways; loads take 5 frames unless told otherwise."""
    fixed: dict[str, object] = {**CALM, "load_frames": (5, 5), "long_load_share": 0.0, "gender_frames": (10, 10)}
    return Game(profile, rules=Rules.of(profile, **{**fixed, **rules}))


def tap(game: Game, key: str, *, wait_frames: int = 0) -> None:
    game.key_down(key)
    game.advance(1)
    game.key_up(key)
    game.advance(1 + wait_frames)


def go_to(game: Game, row_name: str) -> None:
    """To a row, by the menu's own way, waiting out animations."""
    toggles_on = game.state.toggles_on
    menu = Menu(game.profile)
    for action in menu.path(game.state.cursor, menu.find(row_name, toggles_on), toggles_on):
        tap(game, getattr(game.profile.keys, action), wait_frames=20)
    assert game.row is not None
    assert game.row.name == row_name


def go_home(game: Game) -> None:
    if game.state.cursor.row is not None:
        tap(game, game.profile.keys.leave, wait_frames=20)
    assert game.state.cursor == Cursor(game.state.cursor.page, game.state.cursor.section)


class FlatPainter:
    """Every character is one flat colour of its own; counts how often it was asked."""

    def __init__(self) -> None:
        self.num_renders = 0

    def render(
        self, *, gender: str, face: int, skin: int, sliders: Mapping[str, float], pose: Pose
    ) -> NDArray[np.uint8]:
        self.num_renders += 1
        picture = np.zeros((256, 256, 3), np.uint8)
        picture[:] = (60 + 3 * face % 190, 60 + 5 * skin % 190, round(120 + 50 * sum(sliders.values()) / len(sliders)))
        if gender == "female":
            picture[:16] = 255
        if pose.eyelid_closure > 0.5:
            picture[100:120] = 10
        return picture
