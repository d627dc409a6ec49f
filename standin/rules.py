"""How the stand-in game keeps time. Counts are game frames; `Faults` says what goes wrong besides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from creator.profile import Profile
from standin.errors import RulesError

Span = tuple[int, int]  # lowest and highest count of frames, both included
_MOST = 36_000  # frames: ten minutes; beyond that a player would think that the game has ended
_BOUNDS: dict[str, tuple[float, float]] = {
    "frames_per_second": (1, 1000),
    "repeat_every_frames": (1, _MOST),
    "long_load_share": (0, 1),
    "blink_every_seconds": (0, 3600),
    "sway_pixels": (0, 64),
    "sway_seconds": (0.1, 3600),
    "breath_pixels": (0, 64),
    "breath_seconds": (0.1, 3600),
    "idle_step_pixels": (0.01, 64),
    "move_pixels": (0, 1000),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The defaults are those of `Timing`; `Rules.of(profile)` takes the profile's.

    A load or an animation of n frames begins on the frame after the press that caused it; keys count again on frame n + 1.
    Raises RulesError for a rate, share or count out of bounds.
    """

    frames_per_second: float = 60.0
    repeat_delay_frames: int = 30
    repeat_every_frames: int = 3
    load_frames: Span = (3, 8)
    long_load_frames: Span = (30, 90)
    long_load_share: float = 0.01
    gender_frames: Span = (45, 90)
    section_frames: int = 6
    page_frames: int = 12
    blink_every_seconds: float = 4.0  # 0: never
    blink_frames: int = 9
    lists_wrap: bool = True  # sections, rows and choices; pages always do
    sway_pixels: float = 0.75  # the face moves that far to either side, at scale 1
    sway_seconds: float = 11.0
    breath_pixels: float = 0.5
    breath_seconds: float = 5.0
    idle_step_pixels: float = 0.25  # sway and breath go in such steps, so that neighbouring frames often look the same
    fault_load_frames: Span = (120, 300)  # the fault `long_load`
    freeze_frames: Span = (60, 300)
    black_frames: Span = (1, 3)
    move_pixels: Span = (12, 48)  # how far the fault `window_move` moves the window, each way, at scale 1

    @classmethod
    def of(cls, profile: Profile, **changed: Any) -> Self:
        """The profile's timing, with some rules changed by name."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(changed) - known):
            raise RulesError(f"No rule {unknown[0]!r}: there are {', '.join(sorted(known))}")
        timing = {name: value for name, value in asdict(profile.timing).items() if name in known}
        return cls(**{**timing, **changed})

    @classmethod
    def parse(cls, profile: Profile, texts: Iterable[str]) -> Self:
        """The profile's timing, changed by texts as 'load_frames=3..8', 'lists_wrap=no' or 'section_frames=4'."""
        defaults = asdict(cls())
        changed: dict[str, Any] = {}
        for text in texts:
            name, equals, value = (part.strip() for part in text.partition("="))
            if name in defaults and not equals:
                raise RulesError(f"Rule {name!r} has no value: write it as {name}={_written(defaults[name])}")
            if name in changed:
                raise RulesError(f"Rule {name!r} stands twice; write it once")
            changed[name] = _read(name, value, defaults.get(name))
        return cls.of(profile, **changed)

    def __post_init__(self) -> None:
        for field in fields(self):
            self._check(field.name, getattr(self, field.name))

    def _check(self, name: str, value: Any) -> None:
        low, high = value if isinstance(value, tuple) else (value, value)
        least, most = _BOUNDS.get(name, (0, _MOST))
        if not (least <= low <= most and least <= high <= most):
            raise RulesError(f"Rule {name} is {_written(value)}: it takes {least:g} to {most:g}")
        if low > high:
            raise RulesError(f"Rule {name} is {_written(value)}: the lower before the higher")


def _read(name: str, value: str, default: Any) -> Any:
    """A value of the default's kind; any text for a rule that does not exist."""
    try:
        if isinstance(default, bool):
            return {"yes": True, "no": False}[value]
        if isinstance(default, tuple):
            low, _, high = value.partition("..")
            return int(low), int(high or low)
        return type(default)(value)
    except (KeyError, ValueError) as error:
        raise RulesError(f"Rule {name}={value!r} is not of its kind: write it as {name}={_written(default)}") from error
    except TypeError:
        return value


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "..".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"
