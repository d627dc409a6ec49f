"""A profile describes one character creator; every part reads it and nothing else knows the creator's rows by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Literal

from protocol.device import Region

SHORTEST_LOAD_SHARE = 0.2  # of loads; all others are evenly spread, so that of 3 to 8 frames the mean is 5
RowKind = Literal["slider", "choice", "toggle", "preset"]
ROLES = ("gender", "face", "skin")  # the choices that make a combination, outermost first


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a section. What it holds beside its name depends on its kind.

    slider: `minimum` to `maximum` in steps of `step`, with a default for each gender. choice: `ids` in list order for each
    gender (an id is not a list position); defaults are ids; the gender row's ids are 0, 1 ... in the order of
    `Profile.genders`. toggle: the rows named in `inserts` stand below it while it is on. preset: overwrites other rows when
    touched, so it never is. `role` marks the three choices that make a combination.
    """

    name: str
    kind: RowKind
    label: str
    role: str = ""
    is_captured: bool = False
    minimum: float = 0.0
    maximum: float = 0.0
    step: float = 1.0
    defaults: Mapping[str, float] = field(default_factory=dict)
    ids: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    inserts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Rows in menu order, inserted ones included (they follow their toggle)."""

    name: str
    label: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A tab of the creator."""

    name: str
    label: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Coupling:
    """Moving `parent` by d moves each child by d, and each child stops at its own bound. Children move alone otherwise."""

    parent: str
    children: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """The key of each action, named as in `protocol.device.Device`."""

    increase: str
    decrease: str
    next_row: str
    previous_row: str
    enter: str
    leave: str
    next_page: str
    previous_page: str
    confirm: str


@dataclass(frozen=True, slots=True)
class Timing:
    """How the creator keeps time. Loads and animations are in frames of the game; (lowest, highest) where they vary."""

    frames_per_second: float = 60.0
    hold_frames: int = 1
    gap_frames: int = 1
    repeat_delay_frames: int = 30
    repeat_every_frames: int = 3
    load_frames: tuple[int, int] = (3, 8)
    long_load_frames: tuple[int, int] = (30, 90)
    long_load_share: float = 0.01
    gender_frames: tuple[int, int] = (45, 90)
    section_frames: int = 6
    page_frames: int = 12
    blink_every_seconds: float = 4.0
    blink_frames: int = 9
    lists_wrap: bool = True

    @property
    def mean_load_frames(self) -> float:
        """Of face and skin loads, the long ones among them."""
        low, high = self.load_frames
        usual = SHORTEST_LOAD_SHARE * low + (1 - SHORTEST_LOAD_SHARE) * (low + high) / 2
        return (1 - self.long_load_share) * usual + self.long_load_share * sum(self.long_load_frames) / 2


@dataclass(frozen=True, slots=True)
class Screen:
    """Where things stand in the creator's client area, in pixels at `width` x `height`; other sizes scale all alike.

    `list` is the panel of sections or rows, `row_height` each, from its top; within a row the name stands in
    [`name_left`, `name_right`) and the number or choice in [`value_left`, `value_right`), both from the panel's left edge.
    `head` is where, inside `face`, a character at rest has brows, ears and chin; None while nobody has looked.
    """

    width: int
    height: int
    face: Region
    tabs: Region
    title: Region
    list: Region
    row_height: int
    name_left: int
    name_right: int
    value_left: int
    value_right: int
    head: Region | None = None


@dataclass(frozen=True)
class Profile:
    """A creator. `open_points` says what nobody has verified yet; a calibration settles it."""

    name: str
    title: str
    game_version: str
    genders: tuple[str, ...]
    pages: tuple[Page, ...]
    couplings: tuple[Coupling, ...]
    keys: Keys
    timing: Timing
    screen: Screen
    open_points: tuple[str, ...] = ()

    @cached_property
    def rows(self) -> dict[str, Row]:
        """Every row by name, in menu order."""
        return {row.name: row for page in self.pages for section in page.sections for row in section.rows}

    @cached_property
    def sliders(self) -> tuple[Row, ...]:
        """The captured sliders in menu order: the order of `Character.sliders` everywhere."""
        return tuple(row for row in self.rows.values() if row.kind == "slider" and row.is_captured)

    @cached_property
    def slider_index(self) -> dict[str, int]:
        return {row.name: at for at, row in enumerate(self.sliders)}

    @cached_property
    def roles(self) -> dict[str, Row]:
        """The rows of the combination's choices by role: gender, face, skin."""
        return {row.role: row for row in self.rows.values() if row.role}

    def ids(self, role: str, gender: str) -> tuple[int, ...]:
        """The ids of face or skin types in list order."""
        return self.roles[role].ids[gender]

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """Coupled children by parent."""
        return {coupling.parent: coupling.children for coupling in self.couplings}

    @cached_property
    def combinations(self) -> tuple[tuple[str, int, int], ...]:
        """Every (gender, face id, skin id), in a fixed order: gender outermost, skin innermost."""
        return tuple(
            (gender, face, skin)
            for gender in self.genders
            for face in self.ids("face", gender)
            for skin in self.ids("skin", gender)
        )

    @cached_property
    def hash(self) -> str:
        """Changes when what a character means changes: rows, ranges, ids, couplings. Looks and timing do not count."""
        meaning = {
            "name": self.name,
            "genders": self.genders,
            "rows": [_meaning(row) for row in self.rows.values()],
            "couplings": [asdict(coupling) for coupling in self.couplings],
        }
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()[:16]

    def __post_init__(self) -> None:
        from creator.profile_check import check_profile  # here, since it needs what stands above

        check_profile(self)


def _meaning(row: Row) -> list[object]:
    return [
        row.name,
        row.kind,
        row.role,
        row.is_captured,
        row.minimum,
        row.maximum,
        row.step,
        dict(row.ids),
        row.inserts,
    ]
