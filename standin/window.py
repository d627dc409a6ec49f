"""The stand-in game in a window: real time, real keys, polled once a frame as the game does.

Faces are rendered beside the loop, which goes on at its rate; until a face is there the one before stays on the screen, and
the truth log says so (`late`), unless only the sway is a step behind. Settings that nobody changes any more are never shown
with an older face for long: the game rather stands still, as on a slow computer. Keys come as events, so that none is lost by a
late frame: `KeyEvents`.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pygame

from creator.profile import Profile
from protocol.device import Region
from standin.display import open_display
from standin.face_layer import Pixels, Shot, shot_of
from standin.face_worker import FaceWorker, coming_shots
from standin.faults import Faults
from standin.game import Game
from standin.key_events import KeyEvents
from standin.looks import Looks
from standin.painter_process import PainterProcess
from standin.pen import filled
from standin.rules import Rules
from standin.screen import FACE_PIXELS, Screen
from standin.state import View
from standin.truth_log import TruthLog
from standin.wording import TAKER_LINE, TAKER_TITLE, Wording

_KEY_CODES = {"esc": pygame.K_ESCAPE, "enter": pygame.K_RETURN, "space": pygame.K_SPACE, "tab": pygame.K_TAB}
_MAX_LATE_FRAMES = 3  # further behind, the loop gives the time up instead of hurrying
_WAIT_SECONDS = 0.05
_SWITCH_SECONDS = 0.0005  # so long the thread that renders may keep the loop waiting for Python itself
_LATE_FACE_FRAMES = 6  # so long a face may be late; shorter than any agent takes to believe that a face is at rest
_LATE_FACE_SECONDS = 0.5  # and so long the game waits for it at a time, while the window still answers
_REPORTED_FRAMES = 36_000  # the last ten minutes
_TAKER_SIZE = (280, 90)  # of the window that takes the focus away


@dataclass(frozen=True, slots=True)
class WindowReport:
    """How a window's time went. `p99_frame_seconds` is from handing one frame to the display to handing it the next, of
    the last ten minutes."""

    num_frames: int
    seconds: float
    p99_frame_seconds: float
    is_crashed: bool


def run_window(
    profile: Profile,
    *,
    looks: Looks | None = None,
    rules: Rules | None = None,
    faults: Faults | None = None,
    seed: int = 0,
    truth_log: str | Path | None = None,
    max_seconds: float | None = None,
    screen: Screen | None = None,
    pressed: Callable[[], Collection[str]] | None = None,
) -> WindowReport:
    """Until it is closed, the game crashes (a fault) or `max_seconds` are over. The truth log's clock is `time.perf_counter`.
    Raises DisplayError and TruthLogError before anything else is made.

    `screen` takes the place of the one with the head, `pressed` that of the keyboard: it names the keys that are down.
    """
    looks = looks or Looks()
    before = sys.getswitchinterval()
    painter: PainterProcess | None = None
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        if truth_log is not None:
            TruthLog.check(truth_log)
        size = Region(0, 0, profile.screen.width, profile.screen.height)
        open_display(size, looks.scale if screen is None else screen.scale)
        if screen is None:
            rendering = painter = PainterProcess(FACE_PIXELS)
            screen = Screen.with_head(profile, looks=looks, painter=lambda: rendering)
        game = Game(profile, rules=rules, faults=faults, seed=seed)
        return _Window(game, screen, Wording(profile, looks.language), truth_log, pressed).run(max_seconds)
    finally:
        sys.setswitchinterval(before)
        if painter is not None:
            painter.close()
        pygame.display.quit()


class _Window:
    def __init__(
        self,
        game: Game,
        screen: Screen,
        wording: Wording,
        truth_log: str | Path | None,
        pressed: Callable[[], Collection[str]] | None,
    ) -> None:
        self._game, self._screen, self._wording = game, screen, wording
        self._surface = pygame.display.set_mode((screen.width, screen.height))
        pygame.display.set_caption(game.profile.title)
        self._keys = {_key_code(key): key for key in asdict(game.profile.keys).values()}
        self._frame_seconds = 1 / game.rules.frames_per_second
        self._events = KeyEvents(self._frame_seconds)
        self._pressed = pressed
        self._is_closed = False
        self._down: frozenset[str] = frozenset()
        self._worker = FaceWorker(screen.face)
        self._face: Pixels | None = None
        self._face_shot: Shot | None = None  # what it was drawn of
        self._num_late = 0  # frames for which the face of the same settings has been awaited
        self._awaited: object = None
        self._is_face_late = False
        self._drawn: object = None
        self._is_new_picture = False
        self._taker: pygame.Window | None = None
        self._flips = deque([time.perf_counter()], maxlen=_REPORTED_FRAMES)
        self._num_flips = 0
        self._shown_seconds = time.perf_counter()  # when the display had the last picture
        self._truth_log = truth_log
        self._log: TruthLog | None = None

    def run(self, max_seconds: float | None) -> WindowReport:
        self._wait_for_first_face()
        self._events = KeyEvents(self._frame_seconds)  # what was pressed too early does not count
        self._flips.clear()
        self._flips.append(time.perf_counter())
        self._num_flips = 0
        if self._truth_log is not None:
            self._log = TruthLog.record(self._game, self._truth_log, self._seconds_of, only_seen=True)
        self._started = due = time.perf_counter()
        try:
            while not self._is_closed and not self._game.state.is_over:
                if max_seconds is not None and time.perf_counter() - self._started >= max_seconds:
                    break
                self._listen()
                self._play_frame()
                latest = time.perf_counter() - _MAX_LATE_FRAMES * self._frame_seconds
                due = max(due + self._frame_seconds, latest)
                time.sleep(max(0.0, due - time.perf_counter()))
                self._flip()  # at its time, however long drawing took
        finally:
            self._worker.stop()
            if self._log is not None:
                self._log.seen(self._game.frame + 1)  # how it ended
                self._log.close()
        return self._report()

    def _wait_for_first_face(self) -> None:
        """Building the head takes seconds, and more where it compiles for the first time; the game begins afterwards."""
        view = self._game.view()
        self._worker.wish([shot_of(view)])
        while self._worker.face(shot_of(view)) is None and not self._is_closed:
            self._draw(view)
            self._flip()
            self._listen()
            time.sleep(_WAIT_SECONDS)

    def _play_frame(self) -> None:
        self._pass_keys()
        self._game.advance(1)
        self._play_window_faults()
        view = self._game.view()
        coming = coming_shots(self._game.coming_view(), self._game.seed, self._game.rules)
        self._worker.wish([shot_of(view), *coming])
        self._await_face(view)
        self._draw(view)

    def _await_face(self, view: View) -> None:
        shot = shot_of(view)
        is_late = self._worker.face(shot) is None
        self._num_late = self._num_late + 1 if is_late and shot.values is self._awaited else 0
        self._awaited = shot.values
        if self._num_late > _LATE_FACE_FRAMES:
            self._worker.wait_for(shot, _LATE_FACE_SECONDS)

    def _pass_keys(self) -> None:
        down = self._events.poll() if self._pressed is None else frozenset(self._pressed())
        for key in down - self._down:
            self._game.key_down(key)
        for key in self._down - down:
            self._game.key_up(key)
        self._down = down

    def _draw(self, view: View) -> None:
        shot = shot_of(view)
        if (face := self._worker.face(shot)) is not None:
            self._face, self._face_shot = face, shot
        self._is_face_late = self._face_shot is None or not _is_same_but_for_sway(self._face_shot, shot)
        moving_tick = view.tick if view.state.animation is not None else None
        drawn = (id(view.state), moving_tick, id(self._face), view.before is None)
        if drawn == self._drawn:
            return
        self._drawn, self._kept_alive = drawn, (view.state, self._face)
        pixels = self._screen.draw(view, face=self._waiting_face() if self._face is None else self._face)
        picture = pygame.image.frombuffer(pixels.tobytes(), (self._screen.width, self._screen.height), "RGB")
        self._surface.blit(picture, (0, 0))
        self._is_new_picture = True

    def _flip(self) -> None:
        self._flips.append(time.perf_counter())
        if self._is_new_picture:
            pygame.display.flip()
            self._is_new_picture = False
        self._shown_seconds = time.perf_counter()
        self._num_flips += 1
        if self._log is not None:
            self._log.seen(self._num_flips, is_late=self._is_face_late)

    def _waiting_face(self) -> Pixels:
        """An empty frame, before the first face is there."""
        place = self._game.profile.screen.face.scaled(self._screen.scale)
        return np.full((place.height, place.width, 3), 40, np.uint8)

    def _listen(self) -> None:
        """Reads the events: keys, and whether the window was closed, clicked or brought to the front."""
        events = pygame.event.get()
        keys = [event for event in events if event.type in (pygame.KEYDOWN, pygame.KEYUP) and event.key in self._keys]
        moves = [(self._keys[event.key], event.type == pygame.KEYDOWN) for event in keys]
        self._events.heard(moves, time.perf_counter())
        for event in events:
            self._handle(event)

    def _handle(self, event: pygame.event.Event) -> None:
        own = getattr(event, "window", None) is None or event.window != self._taker
        if event.type in (pygame.QUIT, pygame.WINDOWCLOSE):
            self._is_closed |= own
        elif event.type == pygame.WINDOWEXPOSED:
            self._drawn = None
        elif event.type in (pygame.WINDOWFOCUSGAINED, pygame.MOUSEBUTTONDOWN) and own:
            self._regain_focus()

    def _regain_focus(self) -> None:
        if self._taker is not None:
            self._taker.destroy()
            self._taker = None
        if not self._game.state.is_over:
            self._game.focus()

    def _play_window_faults(self) -> None:
        """What the game calls lost or moved is done to the real window."""
        x, y = self._game.state.offset_pixels
        if (x, y) != (0, 0):
            left, top = pygame.display.get_window_position()
            pygame.display.set_window_position((max(0, left + x), max(0, top + y)))
            self._game.find()
        if not self._game.state.is_in_front and self._taker is None:
            self._taker = _focus_taker(self._wording)

    def _seconds_of(self, frame: int) -> float:
        """When a frame's picture was shown: the last one's is known, earlier ones' as if the loop had kept its rate."""
        return self._shown_seconds + (frame - self._num_flips) / self._game.rules.frames_per_second

    def _report(self) -> WindowReport:
        gaps = np.diff(self._flips)
        p99 = float(np.percentile(gaps, 99)) if len(gaps) else 0.0
        return WindowReport(self._num_flips, time.perf_counter() - self._started, p99, self._game.state.is_over)


def _is_same_but_for_sway(shown: Shot, wanted: Shot) -> bool:
    """A face a step of swaying behind is still that of the settings, with its eyes as they should be."""
    return (
        shown.values == wanted.values
        and shown.is_half_loaded == wanted.is_half_loaded
        and shown.pose.eyelid_closure == wanted.pose.eyelid_closure
    )


def _focus_taker(wording: Wording) -> pygame.Window:
    """Another program's message, as far as the player can tell."""
    width, height = _TAKER_SIZE
    taker = pygame.Window(wording.label(TAKER_TITLE), _TAKER_SIZE, always_on_top=True)
    pixels = filled(width, height, (236, 236, 232))
    letters, line = Looks(language=wording.language).letters, wording.label(TAKER_LINE)
    letters.write(pixels, line, letters.fitting_size(line, 14, width - 16), (40, 40, 44), width / 2, align="middle")
    taker.get_surface().blit(pygame.image.frombuffer(pixels.tobytes(), _TAKER_SIZE, "RGB"), (0, 0))
    taker.flip()
    taker.focus()
    return taker


def _key_code(key: str) -> int:
    return _KEY_CODES[key] if key in _KEY_CODES else pygame.key.key_code(key)
