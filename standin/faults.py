"""What goes wrong in the stand-in game, by name and rate, on purpose and reproducibly.

| fault         | rate is per      | what happens                                                                        |
|---------------|------------------|-------------------------------------------------------------------------------------|
| dropped_press | press            | a press that would have counted does nothing                                        |
| doubled_press | press            | a press counts twice                                                                |
| long_load     | load             | the load takes `Rules.fault_load_frames`                                            |
| popup         | second           | a message covers list and face until the confirm key; other keys do nothing         |
| focus_loss    | second           | keys go nowhere until the window is brought to the front                            |
| window_move   | second           | grabs come shifted until the window is looked for again, by bringing it to the front|
| freeze        | second           | for `Rules.freeze_frames` nothing changes, and keys are lost                        |
| crash         | second           | the game has ended                                                                  |
| black_frame   | second           | the screen is black for `Rules.black_frames`                                        |
| torn_frame    | second           | one frame shows the new picture above, the one before below                         |

Seconds are seconds of game time. A repeat of a held key is no press.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random
from typing import Self

from standin.errors import FaultError

PER_PRESS = ("dropped_press", "doubled_press")
PER_LOAD = ("long_load",)
PER_SECOND = ("popup", "focus_loss", "window_move", "freeze", "crash", "black_frame", "torn_frame")
MOST_PER_SECOND = 10.0  # beyond that a game is nothing but faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Rates; 0 is off. Shares (0 to 1) for what happens to presses and loads, else events per second of game time."""

    dropped_press: float = 0.0
    doubled_press: float = 0.0
    long_load: float = 0.0
    popup: float = 0.0
    focus_loss: float = 0.0
    window_move: float = 0.0
    freeze: float = 0.0
    crash: float = 0.0
    black_frame: float = 0.0
    torn_frame: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            rate, highest = getattr(self, field.name), MOST_PER_SECOND if field.name in PER_SECOND else 1.0
            if not 0 <= rate <= highest:
                raise FaultError(f"Fault {field.name}={rate:g}: the rate is {unit(field.name)}, 0 to {highest:g}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads 'dropped_press=0.02,popup=0.003'; nothing at all means no faults. Raises FaultError naming the part."""
        rates: dict[str, float] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, value = (word.strip() for word in part.partition("="))
            if name not in ALL_FAULTS:
                raise FaultError(f"No fault {name!r}: there are {', '.join(ALL_FAULTS)}")
            if not equals or name in rates:
                problem = "stands twice" if name in rates else "has no rate"
                raise FaultError(f"Fault {name!r} {problem}; write each once, as {name}=0.01 ({unit(name)})")
            rates[name] = _rate(name, value)
        return cls(**rates)

    def __str__(self) -> str:
        """What `parse` reads."""
        rates = ((field.name, getattr(self, field.name)) for field in fields(self))
        return ",".join(f"{name}={rate:g}" for name, rate in rates if rate)


ALL_FAULTS = (*PER_PRESS, *PER_LOAD, *PER_SECOND)


def unit(name: str) -> str:
    """What a fault's rate counts."""
    if name in PER_SECOND:
        return "events per second of game time"
    return "a share of presses" if name in PER_PRESS else "a share of loads"


def _rate(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise FaultError(f"Fault {name}={value!r}: the rate is a number, {unit(name)}") from error


class FaultDice:
    """Draws faults: one generator for each, so that switching one on does not shift the others."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self.faults = faults
        self._generators = {name: Random(f"{seed} {name}") for name in ALL_FAULTS}

    def strikes(self, name: str) -> bool:
        """Whether a fault per press or per load happens this time."""
        rate: float = getattr(self.faults, name)
        return rate > 0 and self._generators[name].random() < rate

    def gap_frames(self, name: str, frames_per_second: float) -> int | None:
        """Frames until a fault per second happens next, None for never."""
        rate: float = getattr(self.faults, name)
        if rate <= 0:
            return None
        return 1 + int(self._generators[name].expovariate(rate) * frames_per_second)

    def between(self, name: str, low: int, high: int) -> int:
        """How long or how far, from the fault's own generator."""
        return self._generators[name].randint(low, high)

    def share(self, name: str, low: float, high: float) -> float:
        return self._generators[name].uniform(low, high)
