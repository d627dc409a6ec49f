"""Whose machine it is: the agent's, until the person at it touches keyboard or mouse, and again when they have left it alone.

The pause key holds the agent until it is pressed again; anything else holds it for a while.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agents.errors import TouchedError

PAUSE_KEY = "Pause"
QUIET_SECONDS = 60.0  # without a touch, after which the agent may go on


@dataclass(frozen=True, slots=True)
class Touch:
    """Something that the person did and the agent did not, such as 'a key was pressed'."""

    what: str
    is_pause_key: bool = False


class TouchGuard:
    """Is told of touches and asked before every key. Times are seconds of the device's clock."""

    def __init__(self, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._quiet_seconds = quiet_seconds
        self._is_paused = False
        self._last: Touch | None = None
        self._last_seconds = 0.0

    def note(self, touches: Iterable[Touch], seconds: float) -> None:
        for touch in touches:
            if touch.is_pause_key:
                self._is_paused = not self._is_paused
                self._last = None
            else:
                self._last, self._last_seconds = touch, seconds

    def check(self, seconds: float) -> None:
        """Raises TouchedError while the machine is the person's."""
        if self._is_paused:
            raise TouchedError(f"The {PAUSE_KEY} key was pressed: press it again to let the agent go on", None)
        if self._last is None:
            return
        left_seconds = self._last_seconds + self._quiet_seconds - seconds
        if left_seconds <= 0:
            self._last = None
            return
        raise TouchedError(
            f"Somebody uses this machine ({self._last.what}): keep off keyboard and mouse for {left_seconds:.0f} s, "
            f"or press {PAUSE_KEY} twice",
            left_seconds,
        )
