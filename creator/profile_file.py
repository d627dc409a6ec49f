"""Reads profiles from TOML. A profile may extend another: tables are merged, lists are replaced."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from creator.errors import ProfileError
from creator.profile import Coupling, Keys, Page, Profile, Row, Screen, Section, Timing
from creator.row_line import USUAL_RANGE
from protocol.device import Region

_ROW_FIELDS = {
    "slider": {"label", "range", "step", "default", "captured"},
    "choice": {"label", "ids", "role", "default"},
    "toggle": {"label", "inserts"},
    "preset": {"label"},
}
_FIELDS = {"name", "title", "game_version", "genders", "pages", "couplings", "keys", "timing", "screen", "open_points"}


def profile_names() -> list[str]:
    """The profiles that ship."""
    return sorted(item.name.removesuffix(".toml") for item in _shipped().iterdir() if item.name.endswith(".toml"))


def load_profile(name_or_path: str | Path) -> Profile:
    """A shipped profile by name, or a file by its path. Raises ProfileError that names the file and the place."""
    table = _load_table(name_or_path, seen=())
    _check_kinds(str(name_or_path), table)
    try:
        return _profile(table)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"field {error} is missing" if isinstance(error, KeyError) else str(error)
        raise ProfileError(f"Profile {str(name_or_path)!r} cannot be read: {what}") from error


_FIELD_KINDS: Mapping[str, type] = {
    "name": str,
    "title": str,
    "game_version": str,
    "genders": list,
    "pages": list,
    "couplings": list,
    "open_points": list,
    "keys": dict,
    "timing": dict,
    "screen": dict,
}
_WORDS: Mapping[type, str] = {str: "a text", list: "a list", dict: "a table"}


def _check_kinds(name: str, table: Mapping[str, Any]) -> None:
    """Raises ProfileError for a field at the top of the file that is of the wrong kind."""
    for field, kind in _FIELD_KINDS.items():
        if field in table and not isinstance(table[field], kind):
            raise ProfileError(f"Profile {name!r}, {field}: expected {_WORDS[kind]}, got {table[field]!r:.60}")
    for page in table.get("pages", []):
        if not isinstance(page, dict):
            raise ProfileError(f"Profile {name!r}, pages: each is a table with name and sections, got {page!r:.60}")


def _shipped() -> Any:
    return resources.files("creator") / "profiles"


def _load_table(name_or_path: str | Path, seen: tuple[str, ...]) -> dict[str, Any]:
    name = str(name_or_path)
    if name in seen:
        raise ProfileError(f"Profile {name!r} extends itself: {' -> '.join((*seen, name))}")
    try:
        table = tomllib.loads(_read(name_or_path))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"Profile {name!r} is not valid TOML: {error}") from error
    parent = table.pop("extends", None)
    return table if parent is None else _merge(_load_table(str(parent), (*seen, name)), table)


def _read(name_or_path: str | Path) -> str:
    name = str(name_or_path)
    if name in profile_names():
        return str((_shipped() / f"{name}.toml").read_text(encoding="utf-8"))
    path = Path(name_or_path)
    if not path.is_file():
        raise ProfileError(
            f"No profile {name!r}: neither shipped ({', '.join(profile_names())}) nor a file. "
            "A profile of your own goes by its file's path, as --profile mygame.toml"
        )
    return path.read_text(encoding="utf-8")


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both_tables else value
    return merged


def _profile(table: Mapping[str, Any]) -> Profile:
    _check_fields("profile", table, _FIELDS)
    genders = _texts("genders", table["genders"])
    return Profile(
        name=table["name"],
        title=table["title"],
        game_version=table["game_version"],
        genders=genders,
        pages=tuple(_page(page, genders) for page in table["pages"]),
        couplings=tuple(
            Coupling(item["parent"], _texts("children of a coupling", item["children"]))
            for item in table.get("couplings", [])
        ),
        keys=Keys(**table["keys"]),
        timing=_timing(table.get("timing", {})),
        screen=_screen(table["screen"]),
        open_points=tuple(table.get("open_points", [])),
    )


def _page(table: Mapping[str, Any], genders: tuple[str, ...]) -> Page:
    _check_fields(f"page {table.get('name')!r}", table, {"name", "label", "sections"})
    for section in table["sections"]:
        _check_fields(f"section {section.get('name')!r}", section, {"name", "label", "rows"})
    sections = tuple(
        Section(section["name"], _label(section), tuple(_row(row, genders) for row in section["rows"]))
        for section in table["sections"]
    )
    return Page(table["name"], _label(table), sections)


def _row(table: Mapping[str, Any], genders: tuple[str, ...]) -> Row:
    kinds = [kind for kind in _ROW_FIELDS if kind in table]
    if len(kinds) != 1:
        raise ValueError(f"a row names exactly one of {', '.join(_ROW_FIELDS)}; got {dict(table)!r:.120}")
    kind = kinds[0]
    _check_fields(f"{kind} {table[kind]!r}", table, {kind, *_ROW_FIELDS[kind]})
    named = {**table, "name": table[kind]}
    row: dict[str, Any] = {"name": table[kind], "kind": kind, "label": _label(named)}
    if kind == "slider":
        row |= _slider(table, genders)
    elif kind == "choice":
        row |= _choice(table, genders)
    elif kind == "toggle":
        row["inserts"] = tuple(table.get("inserts", []))
    return Row(**row)


def _slider(table: Mapping[str, Any], genders: tuple[str, ...]) -> dict[str, Any]:
    where = f"slider {table['slider']!r}"
    limits = table.get("range", list(USUAL_RANGE))
    if not isinstance(limits, list) or len(limits) != 2:
        raise ValueError(f"{where}: range {limits!r}: expected lowest and highest value")
    low, high = limits
    defaults = _by_gender(table.get("default", 0), genders)
    for value in (low, high, table.get("step", 1), *defaults.values()):
        if type(value) not in (int, float):
            raise ValueError(f"{where}: expected numbers, got {value!r}")
    return {
        "minimum": low,
        "maximum": high,
        "step": table.get("step", 1),
        "is_captured": table.get("captured", True),
        "defaults": defaults,
    }


def _choice(table: Mapping[str, Any], genders: tuple[str, ...]) -> dict[str, Any]:
    where, given = f"choice {table['choice']!r}", table["ids"]
    per_gender = given if isinstance(given, dict) else dict.fromkeys(genders, given)
    if missing := [gender for gender in genders if gender not in per_gender]:
        raise ValueError(f"{where}: no ids for {missing[0]}")
    ids = {gender: _ids(where, per_gender[gender]) for gender in genders}
    defaults = table.get("default", {gender: ids[gender][0] for gender in genders})
    return {
        "ids": ids,
        "role": table.get("role", ""),
        "is_captured": bool(table.get("role")),
        "defaults": _by_gender(defaults, genders),
    }


def _ids(where: str, given: Any) -> tuple[int, ...]:
    """A count stands for the ids from 0."""
    ids = list(range(given)) if type(given) is int else given
    if not isinstance(ids, list) or not ids or any(type(each) is not int for each in ids):
        raise ValueError(f"{where}: expected a list of whole ids or their number, got {given!r:.100}")
    return tuple(ids)


def _by_gender(value: Any, genders: tuple[str, ...]) -> dict[str, Any]:
    return {gender: value[gender] if isinstance(value, dict) else value for gender in genders}


def _timing(table: Mapping[str, Any]) -> Timing:
    fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in table.items()}
    return Timing(**fields)


def _screen(table: Mapping[str, Any]) -> Screen:
    regions = {name: _region(name, value) for name, value in table.items() if isinstance(value, list)}
    fields: dict[str, Any] = {**table, **regions}
    return Screen(**fields)


def _region(name: str, edges: list[Any]) -> Region:
    if len(edges) != 4 or any(type(edge) is not int for edge in edges):
        raise ValueError(f"screen.{name}: expected left, top, width and height in pixels, got {edges!r:.80}")
    return Region(*edges)


def _check_fields(where: str, table: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(table) - known):
        raise ValueError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(sorted(known))}")


def _texts(where: str, given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or any(not isinstance(text, str) for text in given):
        raise ValueError(f"{where}: expected a list of names, got {given!r:.100}")
    return tuple(given)


def _label(table: Mapping[str, Any]) -> str:
    return str(table.get("label") or table["name"].replace("_", " ").capitalize())
