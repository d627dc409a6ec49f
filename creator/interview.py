"""Asks what a creator is like and writes its profile. Who talks to the person is an argument: a file can answer too."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from creator.errors import ProfileError
from creator.profile import Screen
from creator.row_line import row_toml
from protocol.device import Region

Ask = Callable[[str, str], str]
"""A question and what an empty answer means, to an answer."""
Say = Callable[[str], None]
T = TypeVar("T")

KEYS = {
    "increase": "d",
    "decrease": "a",
    "next_row": "s",
    "previous_row": "w",
    "enter": "space",
    "leave": "esc",
    "next_page": "e",
    "previous_page": "q",
    "confirm": "enter",
}
REGIONS = {
    "face": "the face",
    "tabs": "the strip of page tabs",
    "title": "the heading above the list",
    "list": "the list of sections or rows",
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_OPEN_POINTS = ("everything: written down by hand, not yet confirmed by a calibration",)


@dataclass(slots=True)
class _Draft:
    name: str
    title: str
    version: str
    genders: tuple[str, ...]
    sections: list[tuple[str, str, list[str]]] = field(default_factory=list)  # page, section, rows
    couplings: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)  # of all rows
    keys: dict[str, str] = field(default_factory=dict)
    screen: dict[str, object] = field(default_factory=dict)


def interview(ask: Ask, say: Say, standard: Screen) -> str:
    """A profile's text. A wrong answer is asked for again. `standard` gives the places of things that are offered."""
    say(
        "A profile says what is in a creator's menu. Open the creator beside this; an empty answer takes what stands in [ ]."
    )
    draft = _Draft(
        name=_until_right(ask, say, "Short name of the creator", "", _name),
        title=_until_right(ask, say, "Title of its window", "", _text),
        version=ask("Version of the game", "unknown"),
        genders=_until_right(ask, say, "Genders, in the order of the menu", "male, female", _genders),
    )
    say(
        "Menu: pages (tabs), their sections, the rows of each in order. Type rows as `slider nose_length -100..100 = 0`,"
    )
    say(
        "`choice base_head face 12`, `toggle name : rows it shows`, `preset name`. Empty ends a section, a page, the menu."
    )
    _ask_menu(ask, say, draft)
    _ask_couplings(ask, say, draft)
    say("Keys, by the names a, space, enter, esc, up, f1 ...")
    draft.keys = {action: ask(f"Key for {action.replace('_', ' ')}", key) for action, key in KEYS.items()}
    _ask_screen(ask, say, draft, standard)
    return _text_of(draft)


def _until_right(ask: Ask, say: Say, question: str, default: str, parse: Callable[[str], T]) -> T:
    while True:
        try:
            return parse(ask(question, default).strip())
        except ProfileError as error:
            say(str(error))


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ProfileError(f"{text!r}: expected small letters, digits and _, beginning with a letter")
    return text


def _name_or_end(text: str) -> str:
    return _name(text) if text else ""


def _text(text: str) -> str:
    if not text:
        raise ProfileError("An answer is needed here")
    return text


def _genders(text: str) -> tuple[str, ...]:
    return tuple(_name(part.strip()) for part in text.split(","))


def _ask_menu(ask: Ask, say: Say, draft: _Draft) -> None:
    while page := _until_right(ask, say, "Page", "", _name_or_end):
        while section := _until_right(ask, say, f"Section of {page}", "", _name_or_end):
            rows: list[str] = []
            draft.sections.append((page, section, rows))
            rows.extend(_rows(ask, say, draft, f"{page} / {section}"))


def _rows(ask: Ask, say: Say, draft: _Draft, where: str) -> Iterator[str]:
    while row := _until_right(ask, say, f"Row of {where}", "", lambda line: _row(line, draft) if line else ""):
        yield row


def _row(line: str, draft: _Draft) -> str:
    row, name = row_toml(line, draft.genders), line.split()[1]
    if name in draft.names:
        raise ProfileError(f"{line!r}: there is a row {name!r} already; each row needs a name of its own")
    draft.names.add(name)
    return row


def _ask_couplings(ask: Ask, say: Say, draft: _Draft) -> None:
    say("Couplings: does moving one slider move others along? Type `parent : child child`. Empty ends.")
    while pair := _until_right(ask, say, "Coupling", "", _coupling):
        draft.couplings.append(pair)


def _coupling(line: str) -> tuple[str, tuple[str, ...]] | None:
    if not line:
        return None
    parent, _, children = line.partition(":")
    if not children.split():
        raise ProfileError(f"{line!r}: expected the parent, a colon and its children, as: brow : brow_inner brow_outer")
    return _name(parent.strip()), tuple(_name(child) for child in children.split())


def _ask_screen(ask: Ask, say: Say, draft: _Draft, standard: Screen) -> None:
    width, height = _until_right(ask, say, "Size of the game's window", "1920 x 1080", _size)
    say("Where things stand in it: left, top, width, height in pixels, as a screenshot shows them.")
    across, down = width / standard.width, height / standard.height
    draft.screen = {"width": width, "height": height}
    for name, what in REGIONS.items():
        place: Region = getattr(standard, name)
        offered = (place.left * across, place.top * down, place.width * across, place.height * down)
        draft.screen[name] = _until_right(ask, say, f"Place of {what}", _words(offered), _four)
    say("In the list: a row's height; from its left edge, where names and values begin and end.")
    draft.screen["row_height"] = _until_right(ask, say, "Height of a row", f"{standard.row_height * down:.0f}", _whole)
    for name in ("name_left", "name_right", "value_left", "value_right"):
        offered_edge = f"{getattr(standard, name) * across:.0f}"
        draft.screen[name] = _until_right(ask, say, name.replace("_", " ").capitalize(), offered_edge, _whole)


def _words(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:.0f}" for number in numbers)


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)\s*[x,\s]\s*(\d+)", text)
    if found is None:
        raise ProfileError(f"{text!r}: expected width and height, as 1920 x 1080")
    return int(found[1]), int(found[2])


def _four(text: str) -> list[int]:
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if len(numbers) != 4:
        raise ProfileError(f"{text!r}: expected left, top, width and height")
    return numbers


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise ProfileError(f"{text!r}: expected a whole number of pixels")
    return int(text)


def _text_of(draft: _Draft) -> str:
    lines = [f"{name} = {json.dumps(value)}" for name, value in _head(draft).items()]
    lines += ["", "[keys]", *(f"{action} = {json.dumps(key)}" for action, key in draft.keys.items())]
    lines += ["", "[screen]", *(f"{name} = {json.dumps(value)}" for name, value in draft.screen.items())]
    last_page = None
    for page, section, rows in draft.sections:
        if page != last_page:
            lines += ["", "[[pages]]", f'name = "{page}"']
        last_page = page
        lines += [
            "",
            "  [[pages.sections]]",
            f'  name = "{section}"',
            "  rows = [",
            *(f"    {row}," for row in rows),
            "  ]",
        ]
    for parent, children in draft.couplings:
        lines += ["", "[[couplings]]", f'parent = "{parent}"', f"children = {json.dumps(list(children))}"]
    return "\n".join(lines) + "\n"


def _head(draft: _Draft) -> dict[str, object]:
    return {
        "name": draft.name,
        "title": draft.title,
        "game_version": draft.version,
        "genders": list(draft.genders),
        "open_points": list(_OPEN_POINTS),
    }
