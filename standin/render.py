"""The head of a character as a picture. Legend: V = vertex, S = slider, H/W = sub-sampled frame."""

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creator.profile_file import load_profile
from standin import raster
from standin.atlas import build_atlas
from standin.curves import Floats
from standin.errors import LookError
from standin.faces import FaceType, face_type
from standin.hair import OUTSIDE, bun_shape, cap_thickness, curtain_shape, outward, scalp_rows
from standin.head import (
    BODY_PART,
    BUN_PART,
    CURTAIN_PART,
    EAR,
    SHELL_PART,
    Head,
    build_head,
)
from standin.look import UNCAPTURED_SLIDERS, Drawing, Pose, look_vector
from standin.morphs import SLIDER_NAMES, hidden_fields, slider_fields
from standin.noise import textures
from standin.rest import around_rest, fresh_values, rest_positions
from standin.shade import slots
from standin.shade.brush import TONE_CURVE
from standin.shade.frame import OVERSAMPLING, frame_kernel, wall
from standin.shade.light import normalised_lights
from standin.skins import Skin, skin_type
from standin.sparse import SparseFields

__all__ = ["HeadRenderer", "Pose"]

GENDERS = ("male", "female")
_AT_REST = Pose()
_CAMERA_Y, _CAMERA_Z = 0.45, 75.0  # centimetres
_VIEW_CM = 30.2  # what the frame's width shows at the head
_NOTHING_LIT = -1e9  # centimetres
_PICTURE_SLACK, _SHADOW_SLACK = 1e-6, 1e-5
_CACHED_FACES = 96
_PROFILE = "standin"  # whose fresh characters the sculpted heads are


@dataclass(frozen=True, slots=True)
class _FaceModel:
    """Everything of a face type that no slider changes."""

    face: FaceType
    positions_V3: NDArray[np.float32]
    hair_V: NDArray[np.float32]
    triangles_T3: NDArray[np.int32]


class HeadRenderer:
    """Renders characters; the same arguments give the same bytes. Not for two threads at once."""

    def __init__(self, size_pixels: int = 256, *, seed: int = 11) -> None:
        self.size_pixels = size_pixels
        self._seed = seed
        self._head = build_head()
        self._fresh = fresh_values(load_profile(_PROFILE))
        self._lights, self._shade_frame = normalised_lights(), frame_kernel()
        self._textures = textures(seed)
        self._atlas = build_atlas(seed)
        all_sliders_SV3 = slider_fields(self._head)
        self._sliders = SparseFields.of(all_sliders_SV3)
        self._hidden = SparseFields.of(hidden_fields(self._head, np.random.default_rng([seed, 3])))
        self._rest_V3 = {gender: rest_positions(self._head, all_sliders_SV3, gender) for gender in GENDERS}
        self._material_V = _joined([np.full(len(p.positions_V3), p.material) for p in self._head.parts]).astype(
            np.int32
        )
        self._canonical_V2 = _joined([p.canonical_V2 for p in self._head.parts]).astype(np.float32)
        self._is_two_sided_V = self._material_V >= EAR
        self._faces: OrderedDict[tuple[str, int], _FaceModel] = OrderedDict()
        self._allocate()

    def _allocate(self) -> None:
        num_vertices, edge = len(self._material_V), self.size_pixels * OVERSAMPLING
        self._wall_HW3 = wall(self.size_pixels)
        self._normals_V3 = np.zeros((num_vertices, 3), np.float32)
        self._screen_V3 = np.zeros((num_vertices, 3), np.float32)
        self._depth_HW = np.zeros((edge, edge), np.float32)
        self._triangle_HW = np.zeros((edge, edge), np.int32)
        self._weights_HW2 = np.zeros((edge, edge, 2), np.float32)
        self._shadow_MM = np.zeros((raster.SHADOW_EDGE, raster.SHADOW_EDGE), np.float32)
        self._no_notes = np.empty((0, 0), np.int32), np.empty((0, 0, 2), np.float32)

    def render(
        self, *, gender: str, face: int, skin: int, sliders: Mapping[str, float], pose: Pose = _AT_REST
    ) -> NDArray[np.uint8]:
        """RGB (size, size, 3), a fresh array; a slider that is missing stands at 0.

        Raises LookError for a gender or slider that the head does not have, or an id below 0.
        """
        values = _checked_values(gender, face, skin, sliders)
        model = self._face_model(gender, face)
        moved = around_rest(self._fresh[gender], values)
        positions_V3 = self._shaped(model, moved)
        drawing = Drawing(gender == "female", model.face, self._skin(gender, skin), moved, pose)
        return self._photographed(model, positions_V3, look_vector(drawing), pose)

    def _skin(self, gender: str, skin: int) -> Skin:
        return skin_type(self._seed, gender, skin)

    def _face_model(self, gender: str, face: int) -> _FaceModel:
        key = (gender, face)
        model = self._faces.get(key)
        if model is None:
            model = self._built_face(gender, face)
            self._faces[key] = model
            if len(self._faces) > _CACHED_FACES:
                self._faces.popitem(last=False)
        self._faces.move_to_end(key)
        return model

    def _built_face(self, gender: str, face: int) -> _FaceModel:
        look = face_type(self._seed, gender, face)
        positions_V3 = self._rest_V3[gender].copy()
        hair_V, parts = _with_hair(self._head, look, positions_V3)
        _add(positions_V3, look.sliders_S, self._sliders)
        _add(positions_V3, look.hidden_H, self._hidden)
        return _FaceModel(look, positions_V3, hair_V, self._head.joint_triangles(parts))

    def _shaped(self, model: _FaceModel, moved: Mapping[str, float]) -> NDArray[np.float32]:
        positions_V3 = model.positions_V3.copy()
        _add(positions_V3, np.array([moved[name] for name in SLIDER_NAMES]), self._sliders)
        return positions_V3

    def _photographed(
        self, model: _FaceModel, positions_V3: NDArray[np.float32], look: NDArray[np.float64], pose: Pose
    ) -> NDArray[np.uint8]:
        triangles_T3, turn_33 = model.triangles_T3, _yaw(pose.yaw_radians)
        edge = self.size_pixels * OVERSAMPLING
        to_light_33 = _to_key_light(self._lights) @ turn_33
        raster.vertex_normals(positions_V3, triangles_T3, self._normals_V3)
        raster.turn_to_light(positions_V3, to_light_33, raster.SHADOW_EDGE, self._screen_V3)
        self._shadow_MM.fill(_NOTHING_LIT)
        raster.rasterise(
            self._screen_V3, triangles_T3, self._is_two_sided_V, _SHADOW_SLACK, self._shadow_MM, *self._no_notes
        )
        raster.project(
            positions_V3,
            turn_33,
            _CAMERA_Y,
            _CAMERA_Z,
            edge * _CAMERA_Z / _VIEW_CM,
            edge / 2 + pose.shift_x_pixels * OVERSAMPLING,
            edge / 2 + pose.shift_y_pixels * OVERSAMPLING,
            self._screen_V3,
        )
        self._depth_HW.fill(0)  # inverse depth of what is not there
        raster.rasterise(
            self._screen_V3, triangles_T3, self._is_two_sided_V, _PICTURE_SLACK, self._depth_HW, self._triangle_HW,
            self._weights_HW2,
        )  # fmt: skip
        image = np.empty((self.size_pixels, self.size_pixels, 3), np.uint8)
        self._shade_frame(
            self._depth_HW, self._triangle_HW, self._weights_HW2, triangles_T3, positions_V3, self._normals_V3,
            self._canonical_V2, model.hair_V, self._material_V, turn_33, to_light_33, self._shadow_MM, look,
            self._textures, self._atlas, self._lights, TONE_CURVE, self._wall_HW3, image,
        )  # fmt: skip
        return image


def _checked_values(gender: str, face: int, skin: int, sliders: Mapping[str, float]) -> dict[str, float]:
    if gender not in GENDERS:
        raise LookError(f"gender is {gender!r}; it must be one of {', '.join(GENDERS)}")
    if face < 0 or skin < 0:
        raise LookError(f"face type is {face}, skin type is {skin}; ids start at 0")
    values = dict.fromkeys((*SLIDER_NAMES, *UNCAPTURED_SLIDERS), 0.0)
    for name, value in sliders.items():
        if name not in values:
            raise LookError(f"the head has no slider {name!r}; the names are {', '.join(values)}")
        if not -1 <= value <= 1:
            raise LookError(f"slider {name} is {value}; it must be scaled to between -1 and 1")
        values[name] = float(value)
    return values


def _with_hair(
    head: Head, face: FaceType, positions_V3: NDArray[np.float32]
) -> tuple[NDArray[np.float32], tuple[int, ...]]:
    """Moves the scalp out and places the sheets; returns hair rows (V, NUM_HAIR) and the parts to draw."""
    cut, shell = face.haircut, head.shell
    rows = np.zeros((len(positions_V3), slots.NUM_HAIR))
    rows[:, slots.HAIR_DISTANCE] = OUTSIDE
    on_scalp = scalp_rows(shell, cut)
    rows[: len(on_scalp)] = on_scalp
    positions_V3[: len(on_scalp)] += outward(shell) * cap_thickness(shell, cut, on_scalp)[:, None]
    parts = [*range(SHELL_PART, BODY_PART + 1)]
    shapes = []
    if cut.curtain is not None:
        shapes.append((CURTAIN_PART, curtain_shape(head, cut.curtain)))
    if cut.bun is not None:
        shapes.append((BUN_PART, bun_shape(head, cut.bun)))
    for part, (positions, sheet_rows) in shapes:
        span = slice(head.offsets[part], head.offsets[part] + len(positions))
        positions_V3[span] += positions
        rows[span] = sheet_rows
        parts.append(part)
    return rows.astype(np.float32), tuple(parts)


def _add(positions_V3: NDArray[np.float32], weights: Floats, fields: SparseFields) -> None:
    raster.add_fields(positions_V3, weights.astype(np.float32), fields.starts, fields.vertices_K, fields.vectors_K3)


def _joined(arrays: list[Floats]) -> Floats:
    return np.concatenate(arrays)


def _yaw(angle: float) -> NDArray[np.float64]:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _to_key_light(lights: Floats) -> NDArray[np.float64]:
    towards = lights[0, :3]
    right = np.cross([0.0, 1.0, 0.0], towards)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(towards, right), towards])
