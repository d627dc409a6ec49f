"""Faces for a window: rendered beside the loop that shows them, and a little ahead of time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from threading import Condition, Thread

from standin.face_layer import FaceLayer, Pixels, Shot, shot_of
from standin.idle import pose_at
from standin.pose import Pose
from standin.rules import Rules
from standin.state import View

_KEPT_FACES = 48
_AHEAD_TICKS = 24  # a blink is nine pictures; this is the time to draw them in
_Key = tuple[object, ...]


class FaceWorker:
    """One thread that renders what is wished for, the first wish first. `stop` ends it."""

    def __init__(self, layer: FaceLayer) -> None:
        self._layer = layer
        self._faces: OrderedDict[_Key, Pixels] = OrderedDict()
        self._wishes: list[tuple[_Key, Shot]] = []
        self._changed = Condition()
        self._is_stopping = False
        self._error: Exception | None = None
        self._thread = Thread(target=self._work, name="face worker", daemon=True)
        self._thread.start()

    def face(self, shot: Shot) -> Pixels | None:
        """The face, or None while it is not rendered yet. Raises what rendering raised."""
        with self._changed:
            if self._error is not None:
                raise self._error
            return self._faces.get(self._layer.key(shot))

    def wish(self, shots: Sequence[Shot]) -> None:
        """Forgets earlier wishes: what is not needed any more is not rendered."""
        keyed = [(self._layer.key(shot), shot) for shot in shots]
        with self._changed:
            for key, _ in reversed(keyed):
                if key in self._faces:
                    self._faces.move_to_end(key)
            self._wishes = [wish for wish in keyed if wish[0] not in self._faces]
            self._changed.notify_all()

    def wait_for(self, shot: Shot, seconds: float) -> None:
        """Until the face is there, or so long."""
        key = self._layer.key(shot)
        with self._changed:
            self._changed.wait_for(lambda: key in self._faces or self._error is not None, seconds)

    def stop(self) -> None:
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        self._thread.join()

    def _work(self) -> None:
        while (wish := self._next_wish()) is not None:
            key, shot = wish
            try:
                face = self._layer.face(shot)
            except Exception as error:  # noqa: BLE001 - the top of a thread; the loop raises it
                with self._changed:
                    self._error = error
                    self._changed.notify_all()
                return
            with self._changed:
                self._faces[key] = face
                if len(self._faces) > _KEPT_FACES:
                    self._faces.popitem(last=False)
                self._changed.notify_all()

    def _next_wish(self) -> tuple[_Key, Shot] | None:
        with self._changed:
            while not self._is_stopping:
                while self._wishes:
                    wish = self._wishes.pop(0)
                    if wish[0] not in self._faces:
                        return wish
                self._changed.wait()
            return None


def coming_shots(view: View, seed: int, rules: Rules) -> list[Shot]:
    """What this view shows and the next ones will, unless a key changes it; each once, soonest first."""
    kept: dict[tuple[int, Pose, bool], Shot] = {}
    for shot in _coming(view, seed, rules):
        kept.setdefault((id(shot.values), shot.pose, shot.is_half_loaded), shot)
    return list(kept.values())


def _coming(view: View, seed: int, rules: Rules) -> Iterator[Shot]:
    yield shot_of(view)
    load, start = view.state.load, view.tick + 1
    if load is not None:
        yield Shot(view.state.values, Pose(), is_half_loaded=True)
        start = max(start, load.end)
    for tick in range(start, start + _AHEAD_TICKS):
        yield Shot(view.state.values, pose_at(seed, tick, rules))
