"""The head of a character as a picture. Legend: V = vertex, S = slider, H/W = sub-sampled frame."""

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from standin import raster, shade
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
from standin.morphs import SLIDER_INDEX, SLIDER_NAMES, SparseFields, hidden_fields, slider_fields
from standin.noise import textures
from standin.skins import Skin, skin_type

__all__ = ["HeadRenderer", "Pose"]

GENDERS = ("male", "female")
_AT_REST = Pose()
_CAMERA_Y, _CAMERA_Z = -0.6, 75.0  # centimetres
_VIEW_CM = 28.2  # what the frame's width shows at the head
_CACHED_FACES = 96

# Where the creator's fresh characters stand; Source: defaults of the creator's data sheet, over 100. The sculpted
# head shows halfway between all sliders at 0 and these.
_FRESH: dict[str, dict[str, float]] = {
    "male": {
        "face_height": 0.24, "brow_height": -0.31, "brow_spacing": -0.21, "brow_angle": -0.09, "brow_bend": 0.11,
        "eye_height": -0.17, "eye_width": -0.09, "eye_depth": -0.31, "eye_size": -0.20, "eye_angle": -0.06,
        "nose_length": 0.19, "bridge_width": 0.13, "bridge_height": 0.15, "bridge_bump_upper": 0.19,
        "bridge_bump_lower": 0.19, "nostril_size": -0.30, "nostril_height": -0.03, "nostril_width": 0.19,
        "tip_depth": 0.19, "tip_angle": -0.01, "tip_sharpness": -0.31, "mouth_height": 0.17, "mouth_width": 0.39,
        "mouth_protrusion": -0.19, "mouth_corners": -0.47, "lip_thickness": -0.46, "lower_lip_position": -0.41,
        "jaw_definition": -0.26, "jaw_width": 0.04, "jaw_position": -0.52, "chin_height": 0.08,
        "chin_protrusion": 0.22,
    },
    "female": {
        "head_size": -0.50, "head_width": -0.12, "head_depth": -0.33, "face_height": 0.58, "neck_length": 0.58,
        "brow_height": 0.12, "brow_spacing": 0.08, "brow_depth_overall": -0.13, "brow_depth_inner": -0.28,
        "brow_depth_outer": 0.02, "brow_angle": -0.16, "brow_bend": 0.16, "eye_height": -0.22, "eye_width": -0.10,
        "eye_depth": -0.53, "eye_size": -0.26, "eye_angle": 0.04, "nose_length": 0.20, "bridge_width": 0.42,
        "bridge_height": 0.12, "bridge_bump_upper": -0.82, "bridge_bump_lower": -0.66, "nostril_size": 0.34,
        "nostril_height": 0.14, "nostril_width": -0.63, "tip_depth": -0.52, "tip_angle": 0.26,
        "tip_sharpness": 0.16, "mouth_height": 0.22, "mouth_width": -0.14, "mouth_protrusion": -0.32,
        "mouth_corners": -0.16, "lip_thickness": -0.70, "lower_lip_position": -0.44, "jaw_definition": 0.28,
        "jaw_width": -1.0, "jaw_position": 0.61, "jaw_protrusion": -0.47, "chin_height": -1.0, "chin_width": -0.02,
        "chin_protrusion": -0.02,
    },
}  # fmt: skip
_FRESH_SHARE = 0.7
_FREE_SPREAD = 0.60  # root mean square of all sliders; random characters have about 0.5
_RESTRAINT = 1.1

# Both skulls lean this way from what head.py sculpts: a longer face is easier to find for detectors.
_EVERYONE: dict[str, float] = {
    "head_length": 0.30, "head_depth": 0.30, "jaw_position": -0.15, "bridge_height": 0.25, "brow_angle": -0.20,
    "cheek_bulge": 0.20, "nostril_height": 0.15,
}  # fmt: skip

_MALE: dict[str, float] = {"jaw_width": 0.25, "chin_width": 0.25, "neck_thickness": 0.2}

# The female skull as a mix of the sliders' own fields.
_FEMALE: dict[str, float] = {
    "head_width": -0.45, "face_height": -0.40, "neck_thickness": -0.75, "brow_depth_overall": -0.9,
    "brow_depth_inner": -0.35, "brow_depth_outer": -0.35, "brow_height": 0.25, "eye_size": 0.45,
    "bridge_width": -0.5, "bridge_height": -0.2, "nostril_width": -0.45, "tip_depth": -0.3, "tip_angle": 0.3,
    "tip_sharpness": 0.1, "cheek_thickness": 0.2, "cheek_bulge": 0.1, "cheek_depth": 0.15, "lip_thickness": 0.35,
    "mouth_width": -0.2, "jaw_definition": -0.25, "jaw_width": -0.45, "chin_height": -0.30, "chin_width": -0.5,
    "chin_protrusion": -0.2,
}  # fmt: skip


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
        self._textures = textures(seed)
        self._atlas = build_atlas(seed)
        all_sliders_SV3 = slider_fields(self._head)
        self._sliders = SparseFields.of(all_sliders_SV3)
        self._hidden = SparseFields.of(hidden_fields(self._head, np.random.default_rng([seed, 3])))
        self._rest_V3 = {gender: _rest(self._head, all_sliders_SV3, gender) for gender in GENDERS}
        self._material_V = _joined([np.full(len(p.positions_V3), p.material) for p in self._head.parts]).astype(
            np.int32
        )
        self._canonical_V2 = _joined([p.canonical_V2 for p in self._head.parts]).astype(np.float32)
        self._is_two_sided_V = self._material_V >= EAR
        self._faces: OrderedDict[tuple[str, int], _FaceModel] = OrderedDict()
        self._allocate()

    def _allocate(self) -> None:
        num_vertices, edge = len(self._material_V), self.size_pixels * shade.OVERSAMPLING
        self._wall_HW3 = shade.wall(self.size_pixels)
        self._normals_V3 = np.zeros((num_vertices, 3), np.float32)
        self._screen_V3 = np.zeros((num_vertices, 3), np.float32)
        self._depth_HW = np.zeros((edge, edge), np.float32)
        self._triangle_HW = np.zeros((edge, edge), np.int32)
        self._weights_HW2 = np.zeros((edge, edge, 2), np.float32)
        self._shadow_MM = np.zeros((raster.SHADOW_EDGE, raster.SHADOW_EDGE), np.float32)

    def render(
        self, *, gender: str, face: int, skin: int, sliders: Mapping[str, float], pose: Pose = _AT_REST
    ) -> NDArray[np.uint8]:
        """RGB (size, size, 3), a fresh array; a slider that is missing stands at 0.

        Raises LookError for a gender or slider that the head does not have, or an id below 0.
        """
        values = _checked_values(gender, face, skin, sliders)
        model = self._face_model(gender, face)
        moved = _around_rest(gender, values)
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
        edge = self.size_pixels * shade.OVERSAMPLING
        to_light_33 = _to_key_light() @ turn_33
        raster.vertex_normals(positions_V3, triangles_T3, self._normals_V3)
        raster.shadow_map(
            positions_V3, to_light_33, triangles_T3, self._is_two_sided_V, self._shadow_MM, self._screen_V3
        )
        raster.project(
            positions_V3,
            turn_33,
            _CAMERA_Y,
            _CAMERA_Z,
            edge * _CAMERA_Z / _VIEW_CM,
            edge / 2 + pose.shift_x_pixels * shade.OVERSAMPLING,
            edge / 2 + pose.shift_y_pixels * shade.OVERSAMPLING,
            self._screen_V3,
        )
        raster.rasterise(
            self._screen_V3, triangles_T3, self._is_two_sided_V, self._depth_HW, self._triangle_HW, self._weights_HW2
        )
        image = np.empty((self.size_pixels, self.size_pixels, 3), np.uint8)
        shade.shade_frame(
            self._depth_HW, self._triangle_HW, self._weights_HW2, triangles_T3, positions_V3, self._normals_V3,
            self._canonical_V2, model.hair_V, self._material_V, turn_33, to_light_33, self._shadow_MM, look,
            self._textures, self._atlas, shade.LIGHTS, shade.TONE_CURVE, self._wall_HW3, image,
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


def _around_rest(gender: str, values: Mapping[str, float]) -> dict[str, float]:
    """Shifts each slider so that the sculpted head stands near the fresh character's value; no end moves outwards.

    When nearly all sliders stand at their ends together, all are drawn in a little, so that a head remains.
    """
    shifts = {name: _FRESH_SHARE * value for name, value in _FRESH[gender].items()}
    moved = {name: (value - shifts.get(name, 0.0)) / (1 + abs(shifts.get(name, 0.0))) for name, value in values.items()}
    spread = math.sqrt(sum(moved[name] ** 2 for name in SLIDER_NAMES) / len(SLIDER_NAMES))
    share = 1 / (1 + _RESTRAINT * max(0.0, spread - _FREE_SPREAD))
    return {name: value * share if name in SLIDER_INDEX else value for name, value in moved.items()}


def _rest(head: Head, all_sliders_SV3: Floats, gender: str) -> NDArray[np.float32]:
    positions = _joined([part.positions_V3 for part in head.parts])
    for mix in (_EVERYONE, _FEMALE if gender == "female" else _MALE):
        for name, weight in mix.items():
            positions = positions + weight * all_sliders_SV3[SLIDER_INDEX[name]]
    if gender == "female":
        start, part = head.offsets[BODY_PART], head.parts[BODY_PART].positions_V3
        shoulders = np.clip((-13.5 - part[:, 1]) / 5.5, 0, 1)
        positions[start : start + len(part), 0] -= 0.14 * part[:, 0] * shoulders
    return positions.astype(np.float32)


def _with_hair(
    head: Head, face: FaceType, positions_V3: NDArray[np.float32]
) -> tuple[NDArray[np.float32], tuple[int, ...]]:
    """Moves the scalp out and places the sheets; returns hair rows (V, NUM_HAIR) and the parts to draw."""
    cut, shell = face.haircut, head.shell
    rows = np.zeros((len(positions_V3), shade.NUM_HAIR))
    rows[:, shade.HAIR_DISTANCE] = OUTSIDE
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


def _to_key_light() -> NDArray[np.float64]:
    towards = shade.LIGHTS[0, :3]
    right = np.cross([0.0, 1.0, 0.0], towards)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(towards, right), towards])
