"""What keys do: moves through the menu, steps of rows, loads and animations that follow."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from creator.menu import Cursor, Menu
from creator.profile import SHORTEST_LOAD_SHARE, Profile, Row
from standin.agenda import Agenda
from standin.faults import FaultDice
from standin.rules import Rules, Span
from standin.settings import Settings, Values
from standin.state import Animation, Load, State

_HALF_LOADED_SHARE = 3  # the last third of a load shows the half-loaded face


class Controls:
    """Turns a state and an action into the next state; what ends later is put on the agenda. `row` is the highlighted one."""

    def __init__(self, profile: Profile, rules: Rules, agenda: Agenda, dice: FaultDice, seed: int) -> None:
        self.settings = Settings(profile, lists_wrap=rules.lists_wrap)
        self.row: Row | None = None
        self._rules, self._agenda, self._dice, self._seed = rules, agenda, dice, seed
        self._menu = Menu(replace(profile, timing=replace(profile.timing, lists_wrap=rules.lists_wrap)))
        self._loads = Random(f"{seed} load")
        self._moves: dict[tuple[Cursor, str, frozenset[str]], Cursor] = {}
        self._num_presets = 0

    def fresh(self, gender: str) -> State:
        values = self.settings.defaults(gender)
        return State(Cursor(), values, self.settings.toggles_on(values))

    def act(self, state: State, action: str, tick: int) -> State:
        """The same object where the action means nothing."""
        row = self.row
        if row is None or action not in ("increase", "decrease", "enter"):
            return self._navigate(state, action, tick)
        if row.kind == "preset":
            return self._touch_preset(state, row)
        if action == "enter":
            return self._with_values(state, self.settings.flipped(state.values, row)) if row.kind == "toggle" else state
        return self._step(state, row, 1 if action == "increase" else -1, tick)

    # The menu.

    def _navigate(self, state: State, action: str, tick: int) -> State:
        before = state.cursor
        move = (before, action, state.toggles_on)
        cursor = self._moves.get(move)
        if cursor is None:
            cursor = self._moves[move] = self._menu.apply(*move)
        if cursor == before:
            return state
        self.row = self._menu.row(cursor, state.toggles_on)
        moved = state._replace(cursor=cursor)
        if cursor.page != before.page:
            return self._animated(moved, "page", before, self._rules.page_frames, tick)
        if (cursor.row is None) != (before.row is None):
            return self._animated(moved, "section", before, self._rules.section_frames, tick)
        return moved

    def _animated(self, state: State, kind: str, before: Cursor, num_frames: int, tick: int) -> State:
        if not num_frames:
            return state
        end = tick + num_frames + 1
        self._agenda.add(end, "animated")
        return state._replace(animation=Animation(tick, end, before, kind))

    # Rows.

    def _touch_preset(self, state: State, row: Row) -> State:
        self._num_presets += 1
        generator = Random(f"{self._seed} {row.name} {self._num_presets}")
        return self._with_values(state, self.settings.preset(state.values, row, generator))

    def _step(self, state: State, row: Row, direction: int, tick: int) -> State:
        old = state.values
        values = self.settings.stepped(old, row, direction)
        if values is old:
            return state
        if row.kind == "slider":
            return state._replace(values=values)
        stepped = self._with_values(state, values)
        return self._loading(stepped, old, self._load_frames(row), tick) if row.role else stepped

    def _with_values(self, state: State, values: Values) -> State:
        """Also where toggles may have changed, and with them which row stands where."""
        toggles_on, cursor = self.settings.toggles_on(values), state.cursor
        if self.row is not None:
            rows = self._menu.visible_rows(self._menu.section(cursor), toggles_on)
            cursor = Cursor(cursor.page, cursor.section, rows.index(self.row))
        return state._replace(values=values, toggles_on=toggles_on, cursor=cursor)

    # Loads.

    def _loading(self, state: State, old: Values, num_frames: int, tick: int) -> State:
        if not num_frames:
            return state
        end = tick + num_frames + 1
        half = end - -(-num_frames // _HALF_LOADED_SHARE)
        self._agenda.add(half, "half_loaded")
        self._agenda.add(end, "loaded")
        return state._replace(load=Load(tick, half, end, old))

    def _load_frames(self, row: Row) -> int:
        return self._loads.randint(*self._load_span(row))

    def _load_span(self, row: Row) -> Span:
        if self._dice.strikes("long_load"):
            return self._rules.fault_load_frames
        if row.role == "gender":
            return self._rules.gender_frames
        if self._loads.random() < self._rules.long_load_share:
            return self._rules.long_load_frames
        low, high = self._rules.load_frames
        return (low, low) if self._loads.random() < SHORTEST_LOAD_SHARE else (low, high)
