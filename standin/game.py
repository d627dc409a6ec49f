"""The stand-in creator as a state machine on game frames; no clock, no pixels, no files.

A frame polls the keys: a press is a key that is down and was up at the frame before. What a press changes is changed at the
end of that frame and on the screen one frame later. Frames in which nothing can happen are skipped, not walked through.

Time is counted twice: `frame` is what the player's clock counts, `tick` is what the game lived through. They differ by the
frames that freezes took; loads, animations, blinks and faults are counted in ticks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from creator.profile import Profile, Row
from protocol.character import Character
from protocol.errors import GameOverError
from standin.agenda import Agenda
from standin.controls import Controls
from standin.faults import FaultDice, Faults
from standin.idle import blink_slot_ticks, blink_start, pose_at
from standin.keyboard import Keyboard
from standin.rules import Rules
from standin.settings import Settings
from standin.state import State, View
from standin.troubles import Troubles

Observer = Callable[[int, int, State], None]


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
        self._dice = FaultDice(faults or Faults(), seed)
        self._agenda = Agenda()
        self._troubles = Troubles(self._dice, self.rules, self._agenda)
        self._controls = Controls(profile, self.rules, self._agenda, self._dice, seed)
        self._keyboard = Keyboard(profile.keys, self.rules)
        self.state = self._controls.fresh(profile.genders[0])
        self._history: deque[tuple[int, State]] = deque([(0, self.state)], maxlen=4)
        if blink_slot_ticks(self.rules):
            self._agenda.add(blink_start(seed, 0, self.rules), "blink")

    # What a player does.

    def key_down(self, key: str) -> None:
        """Keys that the profile does not name do nothing. Raises GameOverError after a crash."""
        self.check_running()
        if self.state.is_in_front:
            self._keyboard.down(key)

    def key_up(self, key: str) -> None:
        self.check_running()
        self._keyboard.up(key)

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
            num_frames -= self._sleep_frozen(num_frames) if self._troubles.frozen_frames else self._run(num_frames)

    def check_running(self) -> None:
        if self.state.is_over:
            raise GameOverError("The creator has ended: it crashed to the desktop; start it again")

    # What can be seen of it.

    @property
    def seconds(self) -> float:
        return self.frame / self.rules.frames_per_second

    @property
    def settings(self) -> Settings:
        return self._controls.settings

    @property
    def character(self) -> Character:
        return self.settings.character(self.state.values)

    @property
    def row(self) -> Row | None:
        """The highlighted row, None on the page level."""
        return self._controls.row

    def view(self) -> View:
        """What the screen shows now: the tick before this one."""
        shown = max(0, self.tick - 1)
        view = self._view_of(shown)
        return view if view.state.tear is None else view._replace(before=self._view_of(max(0, shown - 1)))

    def coming_view(self) -> View:
        """What the screen shows at the next frame, for whoever draws ahead."""
        return self._view_of(self.tick)

    def _view_of(self, tick: int) -> View:
        state = next((state for at, state in reversed(self._history) if at <= tick), self._history[0][1])
        return View(tick, state, pose_at(self.seed, tick, self.rules))

    # Time.

    def _sleep_frozen(self, num_frames: int) -> int:
        slept = min(num_frames, self._troubles.frozen_frames)
        self._troubles.frozen_frames -= slept
        self.frame += slept
        self._keyboard.forget()
        return slept

    def _run(self, num_frames: int) -> int:
        """Goes to the next tick at which something can happen, or to the end; returns the frames that it took."""
        quiet = 0
        if self._keyboard.is_quiet:
            quiet = min(self._agenda.next_tick, self._keyboard.next_repeat) - self.tick - 1
            if quiet >= num_frames:
                self.tick += num_frames
                self.frame += num_frames
                return num_frames
        self.tick += quiet + 1
        self.frame += quiet + 1
        self._play_tick()
        return quiet + 1

    def _play_tick(self) -> None:
        before = self.state
        while self._agenda.next_tick <= self.tick:
            self._handle_event()
        if self._troubles.frozen_frames:
            self._keyboard.forget()
        else:
            self._poll_keys()
        if self.state is not before:
            self._record()
            self._tell(self.frame + 1 + self._troubles.frozen_frames)

    def _record(self) -> None:
        if self._history[-1][0] == self.tick:
            self._history[-1] = (self.tick, self.state)
        else:
            self._history.append((self.tick, self.state))

    def _tell(self, visible_frame: int) -> None:
        if self.observer is not None:
            self.observer(visible_frame, self.tick, self.state)

    # Keys.

    def _poll_keys(self) -> None:
        for key in self._keyboard.repeats(self.tick):
            if self._takes(key):
                self._act(key)
        for key in self._keyboard.presses():
            self._press(key)

    def _press(self, key: str) -> None:
        if not self._takes(key) or self._dice.strikes("dropped_press"):
            return
        self._act(key)
        if self._dice.strikes("doubled_press") and self._takes(key):
            self._act(key)
        self._keyboard.hold(key, self.tick)

    def _takes(self, key: str) -> bool:
        """Whether the game listens to a key now."""
        state = self.state
        if state.popup is not None:
            return key == self.profile.keys.confirm
        return state.load is None and state.animation is None and not state.is_over

    def _act(self, key: str) -> None:
        if self.state.popup is not None:
            self.state = self.state._replace(popup=None)
        else:
            self.state = self._controls.act(self.state, self._keyboard.action_of[key], self.tick)

    # Events.

    def _handle_event(self) -> None:
        name = self._agenda.take()
        if name in self._troubles:
            self.state = self._troubles.happen(name, self.state, self.tick)
            if name == "popup":
                self._keyboard.stop_repeating()
            elif name == "focus_loss":
                self._keyboard.release_all()
        else:
            getattr(self, f"_on_{name}")()

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
        self._agenda.add(self.tick + self.rules.blink_frames, "blinked")
        self._agenda.add(blink_start(self.seed, slot + 1, self.rules), "blink")

    def _on_blinked(self) -> None:
        self.state = self.state._replace(is_blinking=False)
