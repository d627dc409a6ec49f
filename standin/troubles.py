"""What faults do to a running game, and how it recovers."""

from __future__ import annotations

from collections.abc import Callable

from standin.agenda import Agenda
from standin.faults import PER_SECOND, FaultDice
from standin.rules import Rules
from standin.state import State
from standin.wording import MESSAGES


class Troubles:
    """Faults that come by themselves. `frozen_frames` are still to pass before the game lives on."""

    def __init__(self, dice: FaultDice, rules: Rules, agenda: Agenda) -> None:
        self.frozen_frames = 0
        self._dice, self._rules, self._agenda = dice, rules, agenda
        self._handlers: dict[str, Callable[[State, int], State]] = {
            "popup": self._popup,
            "focus_loss": lambda state, _: state._replace(is_in_front=False),
            "window_move": self._window_move,
            "freeze": self._freeze,
            "thawed": lambda state, _: state._replace(is_frozen=self.frozen_frames > 0),
            "crash": self._crash,
            "black_frame": self._black_frame,
            "lit": lambda state, _: state._replace(is_black=False),
            "torn_frame": self._torn_frame,
            "mended": lambda state, _: state._replace(tear=None),
        }
        for name in PER_SECOND:
            self._schedule(name, 0)

    def __contains__(self, name: str) -> bool:
        return name in self._handlers

    def happen(self, name: str, state: State, tick: int) -> State:
        struck = self._handlers[name](state, tick)
        if name in PER_SECOND and not struck.is_over:
            self._schedule(name, tick)
        return struck

    def _schedule(self, name: str, tick: int) -> None:
        gap = self._dice.gap_frames(name, self._rules.frames_per_second)
        if gap is not None:
            self._agenda.add(tick + gap, name)

    def _popup(self, state: State, _tick: int) -> State:
        if state.popup is not None:
            return state
        return state._replace(popup=self._dice.between("popup", 0, len(MESSAGES) - 1))

    def _window_move(self, state: State, _tick: int) -> State:
        x, y = (self._dice.between("window_move", *self._rules.move_pixels) for _ in range(2))
        signs = self._dice.between("window_move", 0, 3)
        return state._replace(offset_pixels=(x if signs & 1 else -x, y if signs & 2 else -y))

    def _freeze(self, state: State, tick: int) -> State:
        self.frozen_frames = self._dice.between("freeze", *self._rules.freeze_frames)
        self._agenda.add(tick + 1, "thawed")
        return state._replace(is_frozen=True)

    def _crash(self, state: State, _tick: int) -> State:
        self._agenda.clear()
        return state._replace(is_over=True)

    def _black_frame(self, state: State, tick: int) -> State:
        self._agenda.add(tick + max(1, self._dice.between("black_frame", *self._rules.black_frames)), "lit")
        return state._replace(is_black=True)

    def _torn_frame(self, state: State, tick: int) -> State:
        self._agenda.add(tick + 1, "mended")
        return state._replace(tear=self._dice.share("torn_frame", 0.2, 0.8))
