"""What was really on the screen, and when: written beside a game, read by checkers, never shown to an agent.

A file of JSON lines that its owner alone may read; docs/truth_log.md tells the format. The first line holds the whole state, each
further one what changed, with `frame` and `seconds` of the first picture that shows it.

A line is on disk before the next one is made. The last line may be cut off by a kill; it is left out.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TextIO

from creator.profile import Profile, Row
from creator.profile_file import load_profile
from protocol.character import Character
from standin.errors import TruthLogError
from standin.game import Game
from standin.private_file import can_write, open_private
from standin.settings import Settings, Values
from standin.state import State

_MOST_PENDING = 4096  # changes that no picture has shown yet; far more than can become visible at once
_EVERY = 64  # lines between two whole states that a reader keeps


class TruthLog:
    """Writes; `TruthLog.read` reads. `seconds_of` turns the frame of a picture into the agent's clock.

    `only_seen`: changes are written when a picture of them is taken or shown, told by `seen`. Between two pictures of a game in
    memory nobody can look, and most changes are slider steps that no picture ever shows; a window knows only then when it was.
    """

    def __init__(
        self, game: Game, file: TextIO, seconds_of: Callable[[int], float], *, only_seen: bool = False
    ) -> None:
        self._game = game
        self._file = file
        self._seconds_of = seconds_of
        self._values: Values = {}
        self._told: dict[str, Any] = {}
        self._last_frame = 0
        self._is_late = False
        head = {"profile": game.profile.name, "profile_hash": game.profile.hash, "seed": game.seed}
        self._write({**head, **self._line(game.frame, game.tick, game.state, game.row)})
        self._pending: list[tuple[int, int, State, Row | None]] = []
        game.observer = self._remember if only_seen else self._observe_now

    @classmethod
    def record(
        cls,
        game: Game,
        path: str | Path,
        seconds_of: Callable[[int], float] | None = None,
        *,
        only_seen: bool = False,
    ) -> Self:
        """Follows a game from now on; the clock is the game's own unless `seconds_of` tells another. Raises TruthLogError."""
        rate = game.rules.frames_per_second
        try:
            file = open_private(path)
        except OSError as error:
            raise TruthLogError(f"Truth log {path} cannot be written: {error.strerror}") from error
        return cls(game, file, seconds_of or (lambda frame: frame / rate), only_seen=only_seen)

    @staticmethod
    def check(path: str | Path) -> None:
        """For whoever begins later: raises TruthLogError where no log can be written. Makes no file."""
        if not can_write(path):
            raise TruthLogError(f"Truth log {path} cannot be written: name a file in a folder that exists and is yours")

    @staticmethod
    def read(path: str | Path, profile: Profile | None = None) -> TruthReader:
        """Raises TruthLogError when the file is no truth log of that profile (default: the shipped one of its name)."""
        return TruthReader(path, profile)

    def close(self) -> None:
        if self._game.observer in (self._observe_now, self._remember):
            self._game.observer = None
        self._file.close()

    def seen(self, frame: int, *, is_late: bool = False) -> None:
        """A picture was taken at this frame, or a window has shown it: writes down what it shows, and what the one before it
        showed. `is_late`: its face is an older one than that of its settings."""
        self._is_late = is_late
        shown = [change for change in self._pending if change[0] <= frame]
        self._pending = self._pending[len(shown) :]
        for change in shown[-2:]:  # a torn picture is made of two
            self._observe(*change)
        if self._told["late"] != is_late:
            self._told["late"] = is_late
            self._write({**self._stamp(frame), "late": is_late})

    def _remember(self, frame: int, tick: int, state: State) -> None:
        self._pending.append((frame, tick, state, self._game.row))
        if len(self._pending) > _MOST_PENDING:
            del self._pending[: _MOST_PENDING // 2]

    def _observe_now(self, frame: int, tick: int, state: State) -> None:
        self._observe(frame, tick, state, self._game.row)

    def _observe(self, frame: int, tick: int, state: State, row: Row | None) -> None:
        if line := self._line(frame, tick, state, row):
            self._write(line)

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")

    def _line(self, frame: int, tick: int, state: State, row: Row | None) -> dict[str, Any]:
        changed = {
            key: value for key, value in self._facts(tick, state, row).items() if self._told.get(key, ...) != value
        }
        self._told |= changed
        if state.values is not self._values:
            old = self._values
            changed["values"] = {name: value for name, value in state.values.items() if old.get(name) != value}
            self._values = state.values
        if not changed:
            return {}
        return {**self._stamp(frame), **changed}

    def _stamp(self, frame: int) -> dict[str, Any]:
        """Never before the last line's: what is undone before it was seen was never there."""
        self._last_frame = max(frame, self._last_frame)
        return {"frame": self._last_frame, "seconds": self._seconds_of(self._last_frame)}

    def _facts(self, tick: int, state: State, row: Row | None) -> dict[str, Any]:
        load = state.load
        return {
            "menu": self._menu(state, row),
            "load": None if load is None else "old" if tick < load.half else "half",
            "animating": state.animation is not None,
            "blink": state.is_blinking,
            "popup": state.popup,
            "black": state.is_black,
            "torn": state.tear,
            "frozen": state.is_frozen,
            "in_front": state.is_in_front,
            "over": state.is_over,
            "moved": list(state.offset_pixels),
            "late": self._is_late,
        }

    def _menu(self, state: State, row: Row | None) -> list[str | None]:
        page = self._game.profile.pages[state.cursor.page]
        return [page.name, page.sections[state.cursor.section].name, row.name if row else None]


@dataclass(frozen=True, slots=True)
class Truth:
    """What a picture shows. `character` holds the captured settings, `values` those of every row.

    A torn picture `is_torn_apart` where its two parts show different things; else nobody can tell that it is torn.
    """

    frame: int
    character: Character
    values: Values
    page: str
    section: str
    row: str | None
    load: str | None
    is_animating: bool
    is_blinking: bool
    popup: int | None
    is_black: bool
    is_torn: bool
    is_torn_apart: bool
    is_frozen: bool
    is_in_front: bool
    is_over: bool
    moved_pixels: tuple[int, int]
    is_late: bool

    @property
    def is_loading(self) -> bool:
        return self.load is not None

    @property
    def is_settled(self) -> bool:
        """Whether the face is that of `character`, at rest, whole and at its place."""
        troubles = (
            self.is_blinking,
            self.is_black,
            self.is_torn_apart,
            self.is_over,
            self.is_late,
            any(self.moved_pixels),
        )
        return not self.is_loading and self.popup is None and not any(troubles)


class TruthReader:
    """A truth log in memory."""

    def __init__(self, path: str | Path, profile: Profile | None = None) -> None:
        self._lines = _read_lines(Path(path))
        first = self._lines[0]
        self.profile = profile or load_profile(first["profile"])
        self.seed = int(first["seed"])
        if first["profile_hash"] != self.profile.hash:
            raise TruthLogError(
                f"{path} is the log of another {first['profile']!r} than this profile; pass its profile"
            )
        self._settings = Settings(self.profile, lists_wrap=True)
        self._seconds = [line["seconds"] for line in self._lines]
        self._wholes = _whole_states(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def at(self, seconds: float) -> Truth:
        """What a picture grabbed then shows. Raises TruthLogError for a time before the log."""
        at = bisect_right(self._seconds, seconds + 1e-9) - 1
        if at < 0:
            raise TruthLogError(f"The log begins at {self._seconds[0]} s; {seconds} s is before")
        return self._truth(at)

    def between(self, start_seconds: float, end_seconds: float) -> Iterator[Truth]:
        """Everything that was shown from one time to another; for clocks that do not agree to the frame."""
        first = max(0, bisect_right(self._seconds, start_seconds + 1e-9) - 1)
        for at in range(first, max(first + 1, bisect_right(self._seconds, end_seconds + 1e-9))):
            yield self._truth(at)

    def _state(self, at: int) -> dict[str, Any]:
        state = self._wholes[at // _EVERY]
        for line in self._lines[at // _EVERY * _EVERY + 1 : at + 1]:
            state = _merged(state, line)
        return state

    def _is_torn_apart(self, at: int, state: dict[str, Any]) -> bool:
        """Whether the frame before the torn one showed something else."""
        if state["torn"] is None:
            return False
        while at > 0 and self._lines[at]["frame"] == state["frame"]:
            at -= 1
        before = self._state(at)
        return any(before[key] != state[key] for key in ("values", "load", "blink", "popup", "black"))

    def _truth(self, at: int) -> Truth:
        state = self._state(at)
        page, section, row = state["menu"]
        return Truth(
            state["frame"],
            self._settings.character(state["values"]),
            state["values"],
            page,
            section,
            row,
            state["load"],
            state["animating"],
            state["blink"],
            state["popup"],
            state["black"],
            state["torn"] is not None,
            self._is_torn_apart(at, state),
            state["frozen"],
            state["in_front"],
            state["over"],
            (state["moved"][0], state["moved"][1]),
            state["late"],
        )


def _merged(state: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
    return {**state, **line, "values": {**state["values"], **line.get("values", {})}}


def _whole_states(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The state at every `_EVERY`th line."""
    wholes: list[dict[str, Any]] = []
    state: dict[str, Any] = {"values": {}}
    for at, line in enumerate(lines):
        state = _merged(state, line)
        if at % _EVERY == 0:
            wholes.append(state)
    return wholes


def _read_lines(path: Path) -> list[dict[str, Any]]:
    try:
        raw = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as error:
        raise TruthLogError(f"Truth log {path} cannot be read: {error}") from error
    if raw and not raw[-1].endswith("\n"):
        raw.pop()  # cut off by a kill
    try:
        lines = [json.loads(line) for line in raw]
    except ValueError as error:
        raise TruthLogError(f"Truth log {path} is damaged: {error}") from error
    if not lines or "profile_hash" not in lines[0]:
        raise TruthLogError(f"{path} is no truth log: its first line does not name a profile")
    return lines
