"""Presses and direct rendering lead to the same picture, with the real head, at rest."""

import random

import pytest
from standin_player import calm_game, go_to, tap

from creator.couplings import plan_moves
from creator.profile import Profile
from creator.profile_file import load_profile
from protocol.character import Character
from standin.game import Game
from standin.look import UNCAPTURED_SLIDERS
from standin.pose import Pose
from standin.render import HeadRenderer
from standin.screen import Screen

STANDIN = load_profile("standin")


def random_character(profile: Profile, generator: random.Random) -> Character:
    """A third of the sliders at either end, so that couplings are clamped on the way."""
    gender, face, skin = generator.choice(profile.combinations)
    ends = [(int(row.minimum), int(row.maximum)) for row in profile.sliders]
    values = tuple(generator.choice([low, high, generator.randint(low, high)]) for low, high in ends)
    return Character(gender, face, skin, values)


def press_until(game: Game, row_name: str, goal: float) -> None:
    go_to(game, row_name)
    is_slider = row_name in game.profile.slider_index
    while game.state.values[row_name] != goal:
        increase = not is_slider or goal > game.state.values[row_name]
        tap(game, "d" if increase else "a", wait_frames=0 if is_slider else 20)


def set_by_presses(game: Game, character: Character) -> int:
    """How many children of couplings were stopped at a bound on the way."""
    profile = game.profile
    press_until(game, profile.roles["gender"].name, profile.genders.index(character.gender))
    press_until(game, profile.roles["face"].name, character.face)
    press_until(game, profile.roles["skin"].name, character.skin)
    names, num_clamped = [row.name for row in profile.sliders], 0
    start = dict(zip(names, game.character.sliders, strict=True))
    for move in plan_moves(profile, start, dict(zip(names, character.sliders, strict=True))):
        before = game.state.values
        press_until(game, move.row, move.value)
        moved = move.value - before[move.row]
        children = profile.children.get(move.row, ())
        num_clamped += sum(game.state.values[child] != before[child] + moved for child in children)
    return num_clamped


def expect_same_pictures(num_characters: int, seed: int) -> None:
    generator = random.Random(seed)
    head = HeadRenderer(256)
    screen = Screen(STANDIN, head, shown_rows=UNCAPTURED_SLIDERS)
    game, num_clamped = calm_game(STANDIN), 0
    for _ in range(num_characters):
        character = random_character(STANDIN, generator)
        num_clamped += set_by_presses(game, character)
        assert game.character == character
        assert (screen.draw(game.view(), STANDIN.screen.face) == rendered(head, character)).all()
    assert num_clamped > num_characters / 2


def rendered(head: HeadRenderer, character: Character) -> object:
    sliders = {
        row.name: (value - row.minimum) / (row.maximum - row.minimum) * 2 - 1
        for row, value in zip(STANDIN.sliders, character.sliders, strict=True)
    }
    return head.render(gender=character.gender, face=character.face, skin=character.skin, sliders=sliders, pose=Pose())


def test_thirty_characters_set_by_presses_look_like_those_rendered_directly() -> None:
    expect_same_pictures(30, seed=5)


@pytest.mark.slow
def test_two_hundred_characters_set_by_presses_look_like_those_rendered_directly() -> None:
    expect_same_pictures(200, seed=6)
