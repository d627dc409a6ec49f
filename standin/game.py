"""The stand-in creator as a state machine on game frames; no clock, no pixels, no files.

A frame polls the keys: a press is a key that is down and was up at the frame before. What a press changes is changed at the
end of that frame and on the screen one frame later. Frames in which nothing can happen are skipped, not walked through.

Time is counted twice: `frame` is what the player's clock counts, `tick` is what the game lived through. They differ by the
frames that freezes took; loads, animations, blinks and faults are counted in ticks.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from random import Random

from creator.menu import Cursor, Menu
from creator.profile import Profile, Row
from protocol.character import Character
from protocol.errors import GameOverError
from standin.faults import PER_SECOND, FaultDice, Faults
from standin.idle import blink_slot_ticks, blink_start, pose_at
from standin.rules import Rules, Span
from standin.settings import Settings, Values
from standin.state import Animation, Load, State, View

NUM_MESSAGES = 3  # a pop-up shows one of so many
Observer = Callable[[int, int, State], None]
_REPEATED = ("increase", "decrease", "next_row", "previous_row")
_NEVER = 1 << 62
_HALF_LOADED_SHARE = 3  # the last third of a load shows the half-loaded face


class Game:
    """Keys in, state out. The same seed and the same keys at the same frames give the same game.

    `observer`, where set, is told of every change: (the first frame whose screen shows it, tick, state).
    """

    def __init__(
        self, profile: Profile, *, rules: Rules | None = None, faults: Faults | None = None, seed: int = 0
    ) -> None:
        self.profile = profile
        self.rules = rules or Rules.of(profile)
        self.seed = seed
        self.frame = 0
        self.tick = 0
        self.observer: Observer | None = None
        self.settings = Settings(profile, lists_wrap=self.rules.lists_wrap)
        self._menu = Menu(profile)
        self._dice = FaultDice(faults or Faults(), seed)
        self._loads = Random(f"{seed} load")
        self._prepare_keys()
        values = self.settings.defaults(profile.genders[0])
        self.state = State(Cursor(), values, self.settings.toggles_on(values))
        self._row: Row | None = None
        self._moves: dict[tuple[Cursor, str, frozenset[str]], Cursor] = {}
        self._history: deque[tuple[int, State]] = deque([(0, self.state)], maxlen=4)
        self._num_presets = 0
        self._frozen_frames = 0
        self._events: list[tuple[int, str]] = []
        self._schedule_first_events()

    # What a player does.

    def key_down(self, key: str) -> None:
        """Keys that the profile does not name do nothing. Raises GameOverError after a crash."""
        self.check_running()
        if self.state.is_in_front:
            self._down |= {key}

    def key_up(self, key: str) -> None:
        self.check_running()
        self._down -= {key}

    def focus(self) -> None:
        """Brings the window to the front and finds it where it is."""
        self.check_running()
        self._mend_window(is_in_front=True)

    def find(self) -> None:
        """Finds the window where it is."""
        self._mend_window(is_in_front=self.state.is_in_front)

    def _mend_window(self, *, is_in_front: bool) -> None:
        """Counts at once, also for what is on the screen now."""
        mended = self.state._replace(is_in_front=is_in_front, offset_pixels=(0, 0))
        if mended == self.state:
            return
        self.state = mended
        past = [(tick, state._replace(is_in_front=is_in_front, offset_pixels=(0, 0))) for tick, state in self._history]
        self._history.clear()
        self._history.extend(past)
        self._record()
        self._tell(self.frame)

    def advance(self, num_frames: int) -> None:
        """Lets frames pass; a crashed game's frames pass too."""
        while num_frames > 0:
            num_frames -= self._sleep_frozen(num_frames) if self._frozen_frames else self._run(num_frames)

    def check_running(self) -> None:
        if self.state.is_over:
            raise GameOverError("The creator has ended: it crashed to the desktop; start it again")

    # What can be seen of it.

    @property
    def seconds(self) -> float:
        return self.frame / self.rules.frames_per_second

    @property
    def character(self) -> Character:
        return self.settings.character(self.state.values)

    @property
    def row(self) -> Row | None:
        """The highlighted row, None on the page level."""
        return self._row

    def view(self) -> View:
        """What the screen shows now: the tick before this one."""
        shown = max(0, self.tick - 1)
        view = self._view_of(shown)
        return view if view.state.tear is None else view._replace(before=self._view_of(max(0, shown - 1)))

    def _view_of(self, tick: int) -> View:
        state = next((state for at, state in reversed(self._history) if at <= tick), self._history[0][1])
        return View(tick, state, pose_at(self.seed, tick, self.rules))

    # Time.

    def _sleep_frozen(self, num_frames: int) -> int:
        slept = min(num_frames, self._frozen_frames)
        self._frozen_frames -= slept
        self.frame += slept
        self._forget_keys()
        return slept

    def _run(self, num_frames: int) -> int:
        """Goes to the next tick at which something can happen, or to the end; returns the frames that it took."""
        if self._down is self._seen or self._down == self._seen:
            quiet = min(self._next_event, self._next_repeat) - self.tick - 1
            if quiet >= num_frames:
                self.tick += num_frames
                self.frame += num_frames
                return num_frames
        else:
            quiet = 0
        self.tick += quiet + 1
        self.frame += quiet + 1
        self._play_tick()
        return quiet + 1

    def _play_tick(self) -> None:
        before = self.state
        while self._next_event <= self.tick:
            self._handle_event()
        if self._frozen_frames:
            self._forget_keys()
        else:
            self._poll_keys()
        if self.state is not before:
            self._record()
            self._tell(self.frame + 1 + self._frozen_frames)

    def _record(self) -> None:
        if self._history[-1][0] == self.tick:
            self._history[-1] = (self.tick, self.state)
        else:
            self._history.append((self.tick, self.state))

    def _tell(self, visible_frame: int) -> None:
        if self.observer is not None:
            self.observer(visible_frame, self.tick, self.state)

    # Keys.

    def _prepare_keys(self) -> None:
        actions = {key: action for action, key in asdict(self.profile.keys).items() if action != "confirm"}
        self._action_of: dict[str, str] = {self.profile.keys.confirm: "confirm", **actions}
        self._order = {key: at for at, key in enumerate(self._action_of)}
        self._down: frozenset[str] = frozenset()
        self._seen = self._down
        self._held: dict[str, int] = {}  # when each held key repeats next
        self._next_repeat = _NEVER

    def _poll_keys(self) -> None:
        seen, self._seen = self._seen, self._down
        if self._held:
            self._repeat_held()
        pressed = self._down - seen
        for key in sorted(pressed & self._order.keys(), key=self._order.__getitem__) if pressed else ():
            self._press(key)

    def _press(self, key: str) -> None:
        if not self._takes(key) or self._dice.strikes("dropped_press"):
            return
        action = self._action_of[key]
        self._act(key, action)
        if self._dice.strikes("doubled_press") and self._takes(key):
            self._act(key, action)
        if action in _REPEATED:
            self._held[key] = self.tick + max(1, self.rules.repeat_delay_frames)
            self._next_repeat = min(self._held.values())

    def _repeat_held(self) -> None:
        for key, due in list(self._held.items()):
            if key not in self._down:
                del self._held[key]
            elif due <= self.tick:
                self._held[key] = self.tick + self.rules.repeat_every_frames
                if self._takes(key):
                    self._act(key, self._action_of[key])
        self._next_repeat = min(self._held.values(), default=_NEVER)

    def _takes(self, key: str) -> bool:
        """Whether the game listens to a key now."""
        state = self.state
        if state.popup is not None:
            return key == self.profile.keys.confirm
        return state.load is None and state.animation is None and not state.is_over

    def _forget_keys(self) -> None:
        """What went down until now does not count later."""
        self._seen = self._down
        self._held.clear()
        self._next_repeat = _NEVER

    # What keys do.

    def _act(self, key: str, action: str) -> None:
        if self.state.popup is not None:
            self.state = self.state._replace(popup=None)
        elif self._row is None or action not in ("increase", "decrease", "enter"):
            self._navigate(action)
        elif action == "enter":
            self._enter_row(self._row)
        elif self._row.kind == "preset":
            self._touch_preset(self._row)
        else:
            self._step_row(self._row, 1 if action == "increase" else -1)

    def _navigate(self, action: str) -> None:
        before = self.state.cursor
        move = (before, action, self.state.toggles_on)
        cursor = self._moves.get(move)
        if cursor is None:
            cursor = self._moves[move] = self._menu.apply(*move)
        if cursor == before:
            return
        self.state = self.state._replace(cursor=cursor)
        self._row = self._menu.row(cursor, self.state.toggles_on)
        if cursor.page != before.page:
            self._animate("page", before, self.rules.page_frames)
        elif (cursor.row is None) != (before.row is None):
            self._animate("section", before, self.rules.section_frames)

    def _animate(self, kind: str, before: Cursor, num_frames: int) -> None:
        if num_frames:
            end = self.tick + num_frames + 1
            self.state = self.state._replace(animation=Animation(self.tick, end, before, kind))
            self._schedule(end, "animated")

    def _enter_row(self, row: Row) -> None:
        if row.kind == "preset":
            self._touch_preset(row)
        elif row.kind == "toggle":
            self._set_values(self.settings.flipped(self.state.values, row))

    def _touch_preset(self, row: Row) -> None:
        self._num_presets += 1
        generator = Random(f"{self.seed} {row.name} {self._num_presets}")
        self._set_values(self.settings.preset(self.state.values, row, generator))

    def _step_row(self, row: Row, direction: int) -> None:
        old = self.state.values
        values = self.settings.stepped(old, row, direction)
        if values is old:
            return
        if row.kind == "slider":
            self.state = self.state._replace(values=values)
            return
        self._set_values(values)
        if row.role:
            self._begin_load(old, self._load_frames(row))

    def _set_values(self, values: Values) -> None:
        """Also where toggles may have changed, and with them which row stands where."""
        row, toggles_on = self._row, self.settings.toggles_on(values)
        self.state = self.state._replace(values=values, toggles_on=toggles_on)
        if row is not None:
            rows = self._menu.visible_rows(self._menu.section(self.state.cursor), toggles_on)
            cursor = self.state.cursor
            self.state = self.state._replace(cursor=Cursor(cursor.page, cursor.section, rows.index(row)))

    # Loads.

    def _load_frames(self, row: Row) -> int:
        return self._loads.randint(*self._load_span(row))

    def _load_span(self, row: Row) -> Span:
        if self._dice.strikes("long_load"):
            return self.rules.fault_load_frames
        if row.role == "gender":
            return self.rules.gender_frames
        is_long = self._loads.random() < self.rules.long_load_share
        return self.rules.long_load_frames if is_long else self.rules.load_frames

    def _begin_load(self, old: Values, num_frames: int) -> None:
        if num_frames:
            end = self.tick + num_frames + 1
            half = end - -(-num_frames // _HALF_LOADED_SHARE)
            self.state = self.state._replace(load=Load(self.tick, half, end, old))
            self._schedule(half, "half_loaded")
            self._schedule(end, "loaded")

    # Events.

    def _schedule_first_events(self) -> None:
        self._next_event = _NEVER
        for name in PER_SECOND:
            self._schedule_fault(name)
        if blink_slot_ticks(self.rules):
            self._schedule(blink_start(self.seed, 0, self.rules), "blink")

    def _schedule(self, tick: int, name: str) -> None:
        heapq.heappush(self._events, (tick, name))
        self._next_event = self._events[0][0]

    def _schedule_fault(self, name: str) -> None:
        gap = self._dice.gap_frames(name, self.rules.frames_per_second)
        if gap is not None:
            self._schedule(self.tick + gap, name)

    def _handle_event(self) -> None:
        _, name = heapq.heappop(self._events)
        self._next_event = self._events[0][0] if self._events else _NEVER
        getattr(self, f"_on_{name}")()
        if name in PER_SECOND and not self.state.is_over:
            self._schedule_fault(name)

    def _on_half_loaded(self) -> None:
        """Only the picture changes; told, so that a log can say when."""
        self.state = self.state._replace()

    def _on_loaded(self) -> None:
        self.state = self.state._replace(load=None)

    def _on_animated(self) -> None:
        self.state = self.state._replace(animation=None)

    def _on_blink(self) -> None:
        slot = self.tick // blink_slot_ticks(self.rules)
        self.state = self.state._replace(is_blinking=True)
        self._schedule(self.tick + self.rules.blink_frames, "blinked")
        self._schedule(blink_start(self.seed, slot + 1, self.rules), "blink")

    def _on_blinked(self) -> None:
        self.state = self.state._replace(is_blinking=False)

    def _on_popup(self) -> None:
        if self.state.popup is None:
            self.state = self.state._replace(popup=self._dice.between("popup", 0, NUM_MESSAGES - 1))
            self._held.clear()
            self._next_repeat = _NEVER

    def _on_focus_loss(self) -> None:
        self.state = self.state._replace(is_in_front=False)
        self._down = frozenset()
        self._forget_keys()

    def _on_window_move(self) -> None:
        x, y = (self._dice.between("window_move", *self.rules.move_pixels) for _ in range(2))
        signs = self._dice.between("window_move", 0, 3)
        self.state = self.state._replace(offset_pixels=(x if signs & 1 else -x, y if signs & 2 else -y))

    def _on_freeze(self) -> None:
        self._frozen_frames = self._dice.between("freeze", *self.rules.freeze_frames)
        self.state = self.state._replace(is_frozen=True)
        self._schedule(self.tick + 1, "thawed")

    def _on_thawed(self) -> None:
        self.state = self.state._replace(is_frozen=self._frozen_frames > 0)

    def _on_crash(self) -> None:
        self.state = self.state._replace(is_over=True)
        self._events.clear()
        self._next_event = _NEVER

    def _on_black_frame(self) -> None:
        self.state = self.state._replace(is_black=True)
        self._schedule(self.tick + max(1, self._dice.between("black_frame", *self.rules.black_frames)), "lit")

    def _on_lit(self) -> None:
        self.state = self.state._replace(is_black=False)

    def _on_torn_frame(self) -> None:
        self.state = self.state._replace(tear=self._dice.share("torn_frame", 0.2, 0.8))
        self._schedule(self.tick + 1, "mended")

    def _on_mended(self) -> None:
        self.state = self.state._replace(tear=None)
