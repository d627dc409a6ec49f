"""The face on the screen: which character, in which state of loading; drawn only when somebody looks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from creator.profile import Profile, Row
from standin.pose import Pose
from standin.settings import Settings, Values
from standin.state import View

Pixels = NDArray[np.uint8]
_KEPT_FACES = 24
_BLOCKS = 16  # a half-loaded face has so many blocks each way
_GREY_RGB = (104, 104, 108)


class FacePainter(Protocol):
    """What renders characters: `standin.render.HeadRenderer`, or anything that tests put in its place."""

    def render(
        self, *, gender: str, face: int, skin: int, sliders: Mapping[str, float], pose: Pose
    ) -> NDArray[np.uint8]:
        """RGB, square; the same arguments give the same pixels. Sliders are scaled to [-1, 1]."""


class Shot(NamedTuple):
    """A face to be shown: settings, pose, and whether it is still loading."""

    values: Values
    pose: Pose
    is_half_loaded: bool = False


def shot_of(view: View) -> Shot:
    """The face that a view shows: settled, the old one of a load, or the half-loaded new one, which stands still."""
    load = view.state.load
    if load is None:
        return Shot(view.state.values, view.pose)
    if view.tick < load.half:
        return Shot(load.old_values, view.pose)
    return Shot(view.state.values, Pose(), is_half_loaded=True)


class FaceLayer:
    """Renders faces and keeps the last ones. For one thread at a time; `key` alone may be asked by any.

    `shown_rows` names rows that are not captured and still change the head; others of that kind leave it alone.
    """

    def __init__(
        self, profile: Profile, painter: Callable[[], FacePainter], edge_pixels: int, shown_rows: Collection[str] = ()
    ) -> None:
        self._make_painter = painter
        self._painter: FacePainter | None = None
        self._edge = edge_pixels
        self._settings = Settings(profile, lists_wrap=True)
        self._rows = [row for row in profile.rows.values() if _is_shown(row, shown_rows)]
        self._kept: OrderedDict[tuple[object, ...], Pixels] = OrderedDict()

    def key(self, shot: Shot) -> tuple[object, ...]:
        """Two shots with one key look the same."""
        character = self._settings.character(shot.values)
        sliders = (shot.values[row.name] for row in self._rows)
        return shot.is_half_loaded, shot.pose, character.gender, character.face, character.skin, *sliders

    def face(self, shot: Shot) -> Pixels:
        key = self.key(shot)
        if key not in self._kept:
            self._kept[key] = self._made(shot)
            if len(self._kept) > _KEPT_FACES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _made(self, shot: Shot) -> Pixels:
        if shot.is_half_loaded:
            return _half_loaded(self.face(shot._replace(is_half_loaded=False)))
        return self._render(shot.values, shot.pose)

    def _render(self, values: Values, pose: Pose) -> Pixels:
        if self._painter is None:
            self._painter = self._make_painter()
        character = self._settings.character(values)
        sliders = {row.name: _scaled(row, values[row.name], character.gender) for row in self._rows}
        face = self._painter.render(
            gender=character.gender, face=character.face, skin=character.skin, sliders=sliders, pose=pose
        )
        if face.shape[0] == self._edge:
            return face
        return np.asarray(Image.fromarray(face).resize((self._edge, self._edge), Image.Resampling.BICUBIC))


def _is_shown(row: Row, shown_rows: Collection[str]) -> bool:
    if row.is_captured:
        return row.kind == "slider"
    return row.kind in ("slider", "choice") and row.name in shown_rows


def _scaled(row: Row, value: float, gender: str) -> float:
    """-1 to 1. A captured slider's place in its range; the others' distance from their default, so that a fresh session's
    face depends on what is captured alone."""
    if row.is_captured:
        return (value - row.minimum) / (row.maximum - row.minimum) * 2 - 1
    default = row.defaults[gender]
    if row.kind == "slider":
        share = (value - default) / (row.maximum - row.minimum)
    else:
        ids = row.ids[gender]
        share = (ids.index(int(value)) - ids.index(int(default))) / max(1, len(ids) - 1)
    return min(max(2 * share, -1.0), 1.0)


def _half_loaded(face_HW3: Pixels) -> Pixels:
    """Coarse blocks without their colour."""
    edge = face_HW3.shape[0]
    blocks = Image.fromarray(face_HW3).resize((_BLOCKS, _BLOCKS), Image.Resampling.BOX)
    coarse_HW3 = np.asarray(blocks.resize((edge, edge), Image.Resampling.NEAREST), np.float32)
    grey_HW1 = coarse_HW3.mean(axis=2, keepdims=True)
    faded_HW3 = 0.25 * coarse_HW3 + 0.45 * grey_HW1 + 0.3 * np.array(_GREY_RGB, np.float32)
    return np.asarray(faded_HW3, np.uint8)
