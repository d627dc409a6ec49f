"""The head of a character as a picture. Legend: V = vertex, S = slider, H/W = sub-sampled frame."""

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
from standin.scene import Scene, Shape, Stage
from standin.shade import slots
from standin.shade.brush import TONE_CURVE
from standin.shade.frame import frame_kernel, wall
from standin.shade.light import normalised_lights
from standin.skins import Skin, skin_type
from standin.sparse import SparseFields

__all__ = ["HeadRenderer", "Pose"]

GENDERS = ("male", "female")
_AT_REST = Pose()
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
        self._faces: OrderedDict[tuple[str, int], _FaceModel] = OrderedDict()
        self._wall_HW3 = wall(size_pixels)
        self._stage = Stage(size_pixels, self._lights, self._material_V >= EAR)

    def render(
        self, *, gender: str, face: int, skin: int, sliders: Mapping[str, float], pose: Pose = _AT_REST
    ) -> NDArray[np.uint8]:
        """RGB (size, size, 3), a fresh array; a slider that is missing stands at 0.

        Raises LookError for a gender or slider that the head does not have, or an id below 0.
        """
        values = _checked_values(gender, face, skin, sliders)
        model = self._face_model(gender, face)
        scene = self._stage.scene(
            (gender, face, tuple(values.values())), pose, lambda: self._shape(gender, model, values)
        )
        drawing = Drawing(gender == "female", model.face, self._skin(gender, skin), scene.shape.moved, pose)
        return self._coloured(scene, model, look_vector(drawing))

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

    def _shape(self, gender: str, model: _FaceModel, values: Mapping[str, float]) -> Shape:
        moved = around_rest(self._fresh[gender], values)
        positions_V3 = model.positions_V3.copy()
        _add(positions_V3, np.array([moved[name] for name in SLIDER_NAMES]), self._sliders)
        return Shape(moved, positions_V3, model.triangles_T3)

    def _coloured(self, scene: Scene, model: _FaceModel, look: NDArray[np.float64]) -> NDArray[np.uint8]:
        image = np.empty((self.size_pixels, self.size_pixels, 3), np.uint8)
        self._shade_frame(
            scene.depth_HW, scene.triangle_HW, scene.weights_HW2, model.triangles_T3, scene.shape.positions_V3,
            scene.normals_V3, self._canonical_V2, model.hair_V, self._material_V, scene.turn_33, scene.to_light_33,
            scene.shadow_MM, look, self._textures, self._atlas, self._lights, TONE_CURVE, self._wall_HW3, image,
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
