"""Pictures of the stand-in: its screen, and sheets of random characters, extremes, every skin type, every face type.

    python -m benchmarks.picture_sheets [--to FOLDER] [--seed N] [--only NAME]

The README shows them. The same command writes the same pictures.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.standin_cast import Cast, Pixels
from creator.menu import Menu
from standin.game import Game
from standin.looks import Looks
from standin.rules import Rules
from standin.screen import Screen

_SEED = 24
_GAP_PIXELS = 2
_WEBP_QUALITY = 86


def random_sheet(cast: Cast) -> Pixels:
    return sheet([cast.draw(cast.random(i)) for i in range(24)], columns=6)


def extreme_sheet(cast: Cast) -> Pixels:
    return sheet([cast.draw(cast.at_ends(i)) for i in range(12)], columns=6)


def skin_sheet(cast: Cast) -> Pixels:
    return _type_sheet(cast, "skin", columns=13)


def face_sheet(cast: Cast) -> Pixels:
    return _type_sheet(cast, "face", columns=10)


def _type_sheet(cast: Cast, role: str, columns: int) -> Pixels:
    """Every type of both genders on the fresh character, at half the size; each gender begins a row."""
    faces: list[Pixels] = []
    for gender in cast.profile.genders:
        faces += [_halved(cast.draw(cast.fresh(gender, **{role: i}))) for i in cast.profile.ids(role, gender)]
        faces += [np.zeros_like(faces[0])] * (-len(faces) % columns)
    return sheet(faces, columns)


def _halved(face: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(face).resize((face.shape[1] // 2, face.shape[0] // 2), Image.Resampling.LANCZOS))


def creator_screen(cast: Cast) -> Pixels:
    """The creator with a fresh character, a nose row chosen and moved."""
    rules = Rules.of(cast.profile, blink_every_seconds=0.0, sway_pixels=0.0, breath_pixels=0.0)
    game, keys = Game(cast.profile, rules=rules), cast.profile.keys
    menu = Menu(cast.profile)
    path = menu.path(game.state.cursor, menu.find("bridge_width", game.state.toggles_on), game.state.toggles_on)
    for key in [getattr(keys, action) for action in path] + [keys.increase] * 31:
        game.key_down(key)
        game.advance(1)
        game.key_up(key)
        game.advance(20)
    return Screen.with_head(cast.profile, looks=Looks(scale=2.0)).draw(game.view())


def sheet(faces: Sequence[Pixels], columns: int) -> Pixels:
    """Faces in rows, with thin gaps."""
    height, width = faces[0].shape[:2]
    rows = -(-len(faces) // columns)
    page = np.zeros(
        (rows * (height + _GAP_PIXELS) - _GAP_PIXELS, columns * (width + _GAP_PIXELS) - _GAP_PIXELS, 3), np.uint8
    )
    for i, face in enumerate(faces):
        top, left = i // columns * (height + _GAP_PIXELS), i % columns * (width + _GAP_PIXELS)
        page[top : top + height, left : left + width] = face
    return page


SHEETS: Mapping[str, Callable[[Cast], Pixels]] = {
    "screen": creator_screen,
    "random": random_sheet,
    "extremes": extreme_sheet,
    "skins": skin_sheet,
    "faces": face_sheet,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--to", type=Path, default=Path("docs/pictures"), help="folder for the sheets")
    parser.add_argument("--seed", type=int, default=_SEED)
    parser.add_argument("--only", choices=SHEETS, help="one sheet instead of all")
    options = parser.parse_args(arguments)
    for name in [options.only] if options.only else SHEETS:
        path = options.to / f"standin_{name}.webp"
        Image.fromarray(SHEETS[name](Cast(options.seed))).save(path, quality=_WEBP_QUALITY, method=6)
        print(f"{path}: {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
