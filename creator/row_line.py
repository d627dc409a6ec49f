"""A menu row as a person types it in one line, and as it stands in a profile file.

slider nose_length                  from -100 to 100, 0 at first
slider wrinkles 0..100 = 50         another range; `= 50/20` gives each gender its own default
slider shine 0..10 open             walked past, not captured
choice base_head face 12            the combination's face choice, ids 0 to 11
choice skin skin 3,9,20 = 9         ids as the creator shows them
choice beard - 8                    a list that is walked past
toggle left_closed : squint         the rows after the colon stand below it while it is on
preset body_preset                  never touched: it overwrites other rows
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from creator.errors import ProfileError

KINDS = ("slider", "choice", "toggle", "preset")
USUAL_RANGE = (-100, 100)
"""Of a slider that says nothing else."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)")


def row_toml(line: str, genders: Sequence[str]) -> str:
    """The row's inline table. Raises ProfileError saying what was expected."""
    left, _, default = (part.strip() for part in line.partition("="))
    left, _, inserts = (part.strip() for part in left.partition(":"))
    words = left.split()
    if len(words) < 2 or words[0] not in KINDS:
        raise ProfileError(f"{line!r}: expected one of {', '.join(KINDS)} and a name, as in: slider nose_length")
    kind, name, rest = words[0], words[1], words[2:]
    if not _NAME.fullmatch(name):
        raise ProfileError(f"{name!r}: a name has small letters, digits and _, and begins with a letter")
    fields = [f'{kind} = "{name}"', *_FIELDS[kind](line, rest, inserts.split())]
    if default:
        fields.append(f"default = {_default(line, default, genders)}")
        if kind == "slider":
            _check_default(line, default, _RANGE.search(left))
    return f"{{ {', '.join(fields)} }}"


def _slider(line: str, words: Sequence[str], _: Sequence[str]) -> list[str]:
    fields = []
    for word in words:
        found = _RANGE.fullmatch(word)
        if found:
            if float(found[1]) >= float(found[2]):
                raise ProfileError(f"{line!r}: a range goes from its lower end to its upper one; got {word!r}")
            fields.append(f"range = [{found[1]}, {found[2]}]")
        elif word == "open":
            fields.append("captured = false")
        else:
            raise ProfileError(
                f"{line!r}: after a slider's name stand its range, as -50..50, and perhaps `open`; got {word!r}"
            )
    return fields


def _check_default(line: str, default: str, found: re.Match[str] | None) -> None:
    low, high = (float(found[1]), float(found[2])) if found else USUAL_RANGE
    if outside := [value for value in default.split("/") if not low <= float(value) <= high]:
        raise ProfileError(f"{line!r}: a default lies within the slider's range, {low:g} to {high:g}; got {outside[0]}")


def _choice(line: str, words: Sequence[str], _: Sequence[str]) -> list[str]:
    if len(words) != 2 or words[0] not in ("gender", "face", "skin", "-"):
        raise ProfileError(
            f"{line!r}: after a choice's name stand gender, face, skin or -, and its ids or their number"
        )
    role, ids = words
    if not re.fullmatch(r"\d+(,\d+)*", ids):
        raise ProfileError(f"{line!r}: ids are a number, or a list without blanks as 3,9,20; got {ids!r}")
    numbers = ids if "," not in ids else json.dumps([int(each) for each in ids.split(",")])
    return [*([f'role = "{role}"'] if role != "-" else []), f"ids = {numbers}"]


def _toggle(line: str, words: Sequence[str], inserts: Sequence[str]) -> list[str]:
    if words:
        raise ProfileError(
            f"{line!r}: after a toggle's name stand a colon and the rows that it shows; got {words[0]!r}"
        )
    return [f"inserts = {json.dumps(list(inserts))}"]


def _preset(line: str, words: Sequence[str], _: Sequence[str]) -> list[str]:
    if words:
        raise ProfileError(f"{line!r}: a preset has a name only; got {words[0]!r}")
    return []


_FIELDS = {"slider": _slider, "choice": _choice, "toggle": _toggle, "preset": _preset}


def _default(line: str, text: str, genders: Sequence[str]) -> str:
    values = text.split("/")
    if not all(re.fullmatch(r"-?\d+(\.\d+)?", value) for value in values) or len(values) not in (1, len(genders)):
        raise ProfileError(f"{line!r}: after = stands one number, or one for each of {', '.join(genders)}, as 50/20")
    if len(values) == 1 and len(genders) > 1:
        values *= len(genders)
    return "{ " + ", ".join(f"{gender} = {value}" for gender, value in zip(genders, values, strict=True)) + " }"
