"""What the camera sees of a head before it is coloured: shape, shadows, and the triangle behind every sample.

Who only changes skin or blinks keeps the scene, so the last few are kept. Legend: V = vertex, T = triangle, H/W = sub-sampled
frame, M = shadow map edge.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from standin import raster
from standin.curves import Floats
from standin.pose import Pose
from standin.shade.frame import OVERSAMPLING

_CAMERA_Y, _CAMERA_Z = 0.45, 75.0  # centimetres
_VIEW_CM = 30.2  # what the frame's width shows at the head
_NOTHING_LIT = -1e9  # centimetres
_PICTURE_SLACK, _SHADOW_SLACK = 1e-6, 1e-5
_KEPT_SCENES = (
    4  # of 5 MB at 256 pixels: the rest pose of a half-loaded face, the swaying one, and theirs of a moment ago
)


@dataclass(frozen=True, slots=True)
class Shape:
    """A head's vertices, and the slider values that brought them there, around the sculpted head."""

    moved: Mapping[str, float]
    positions_V3: NDArray[np.float32]
    triangles_T3: NDArray[np.int32]


@dataclass(slots=True)
class Scene:
    """A shape in a pose. Where `depth_HW` (inverse depth) is 0 there is nothing, and triangle and weights mean nothing."""

    shape: Shape
    turn_33: NDArray[np.float64]
    to_light_33: NDArray[np.float64]
    normals_V3: NDArray[np.float32]
    shadow_MM: NDArray[np.float32]
    depth_HW: NDArray[np.float32]
    triangle_HW: NDArray[np.int32]
    weights_HW2: NDArray[np.float32]


class Stage:
    """Sets up scenes for pictures of one size. A scene lasts until a few others were asked for."""

    def __init__(self, size_pixels: int, lights: Floats, is_two_sided_V: NDArray[np.bool_]) -> None:
        self._edge = size_pixels * OVERSAMPLING
        self._key_light_33 = _to_key_light(lights)
        self._is_two_sided_V = is_two_sided_V
        self._screen_V3 = np.zeros((len(is_two_sided_V), 3), np.float32)
        self._no_notes = np.empty((0, 0), np.int32), np.empty((0, 0, 2), np.float32)
        self._kept: OrderedDict[Hashable, Scene] = OrderedDict()

    def scene(self, head: Hashable, pose: Pose, shaped: Callable[[], Shape]) -> Scene:
        """`head` names the shape that `shaped` makes."""
        key = (head, pose.shift_x_pixels, pose.shift_y_pixels, pose.yaw_radians)
        if key not in self._kept:
            self._kept[key] = self._set_up(shaped(), pose)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _set_up(self, shape: Shape, pose: Pose) -> Scene:
        turn_33 = _yaw(pose.yaw_radians)
        scene = self._blank(shape, turn_33, self._key_light_33 @ turn_33)
        raster.vertex_normals(shape.positions_V3, shape.triangles_T3, scene.normals_V3)
        self._light(scene)
        self._photograph(scene, pose)
        return scene

    def _blank(self, shape: Shape, turn_33: NDArray[np.float64], to_light_33: NDArray[np.float64]) -> Scene:
        """In the memory of the scene that was not asked for longest, once there are enough."""
        if len(self._kept) >= _KEPT_SCENES:
            scene = self._kept.popitem(last=False)[1]
            scene.shape, scene.turn_33, scene.to_light_33 = shape, turn_33, to_light_33
            return scene
        edge = self._edge
        return Scene(
            shape,
            turn_33,
            to_light_33,
            np.zeros((len(self._screen_V3), 3), np.float32),
            np.zeros((raster.SHADOW_EDGE, raster.SHADOW_EDGE), np.float32),
            np.zeros((edge, edge), np.float32),
            np.zeros((edge, edge), np.int32),
            np.zeros((edge, edge, 2), np.float32),
        )

    def _light(self, scene: Scene) -> None:
        shape = scene.shape
        raster.turn_to_light(shape.positions_V3, scene.to_light_33, raster.SHADOW_EDGE, self._screen_V3)
        scene.shadow_MM.fill(_NOTHING_LIT)
        raster.rasterise(
            self._screen_V3, shape.triangles_T3, self._is_two_sided_V, _SHADOW_SLACK, scene.shadow_MM, *self._no_notes
        )

    def _photograph(self, scene: Scene, pose: Pose) -> None:
        shape, edge = scene.shape, self._edge
        raster.project(
            shape.positions_V3,
            scene.turn_33,
            _CAMERA_Y,
            _CAMERA_Z,
            edge * _CAMERA_Z / _VIEW_CM,
            edge / 2 + pose.shift_x_pixels * OVERSAMPLING,
            edge / 2 + pose.shift_y_pixels * OVERSAMPLING,
            self._screen_V3,
        )
        scene.depth_HW.fill(0)
        raster.rasterise(
            self._screen_V3, shape.triangles_T3, self._is_two_sided_V, _PICTURE_SLACK, scene.depth_HW,
            scene.triangle_HW, scene.weights_HW2,
        )  # fmt: skip


def _yaw(angle: float) -> NDArray[np.float64]:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _to_key_light(lights: Floats) -> NDArray[np.float64]:
    towards = lights[0, :3]
    right = np.cross([0.0, 1.0, 0.0], towards)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(towards, right), towards])
