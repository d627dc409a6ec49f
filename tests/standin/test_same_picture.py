"""Presses and direct rendering lead to the same picture, with the real head."""

import random

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

SMALL = load_profile("small")


def random_character(profile: Profile, generator: random.Random) -> Character:
    gender, face, skin = generator.choice(profile.combinations)
    ends = [(int(row.minimum), int(row.maximum)) for row in profile.sliders]
    values = tuple(generator.choice([low, high, generator.randint(low, high)]) for low, high in ends)
    return Character(gender, face, skin, values)


def press_until(game: Game, row_name: str, goal: float) -> None:
    go_to(game, row_name)
    while game.state.values[row_name] != goal:
        increase = row_name not in game.profile.slider_index or goal > game.state.values[row_name]
        tap(game, "d" if increase else "a", wait_frames=0 if row_name in game.profile.slider_index else 20)


def set_by_presses(game: Game, character: Character) -> None:
    profile = game.profile
    press_until(game, profile.roles["gender"].name, profile.genders.index(character.gender))
    press_until(game, profile.roles["face"].name, character.face)
    press_until(game, profile.roles["skin"].name, character.skin)
    names = [row.name for row in profile.sliders]
    start = dict(zip(names, game.character.sliders, strict=True))
    for move in plan_moves(profile, start, dict(zip(names, character.sliders, strict=True))):
        press_until(game, move.row, move.value)


def test_a_character_set_by_presses_looks_like_one_rendered_directly() -> None:
    generator = random.Random(5)
    head = HeadRenderer(256)
    screen = Screen(SMALL, head, shown_rows=UNCAPTURED_SLIDERS)
    game = calm_game(SMALL)
    for _ in range(4):
        character = random_character(SMALL, generator)
        set_by_presses(game, character)
        assert game.character == character
        sliders = {
            row.name: (value - row.minimum) / (row.maximum - row.minimum) * 2 - 1
            for row, value in zip(SMALL.sliders, character.sliders, strict=True)
        }
        direct = head.render(
            gender=character.gender,
            face=character.face,
            skin=character.skin,
            sliders=sliders,
            pose=Pose(),
        )
        assert (screen.draw(game.view(), SMALL.screen.face) == direct).all()
