"""How rich the stand-in's characters are in a recogniser's space. Legend: N = faces, D = embedding size."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.standin_cast import Cast, Character, Pixels
from embedding.recogniser import Recogniser
from standin.render import Pose

Embedding = NDArray[np.float32]
_SWAY_PIXELS = 0.5  # either way, between two captures of one character


class Space:
    """Distances are L2; with `is_unit` between embeddings of length 1, as networks that compare by cosine want it."""

    def __init__(self, cast: Cast, recogniser: Recogniser, *, is_unit: bool) -> None:
        self._cast, self._recogniser, self._is_unit = cast, recogniser, is_unit
        self._known: dict[Character, Embedding | None] = {}

    def figures(self, num_characters: int, num_changed: int, num_per_slider: int) -> dict[str, object]:
        some = [self._cast.random(i) for i in range(num_characters)]
        changed = some[:num_changed]
        noise, per_slider = self._noise_l2(changed), self._slider_l2(some[:num_per_slider])
        weakest = sorted(per_slider.items(), key=lambda item: item[1])
        return {
            "pairs_l2": round(self._pairs_l2(some), 3),
            "face_l2": round(self._changed_l2("face", changed), 3),
            "skin_l2": round(self._changed_l2("skin", changed), 3),
            "sliders_l2": round(self._changed_l2("sliders", changed), 3),
            "noise_l2": round(noise, 4),
            "num_sliders_above_noise": sum(value > 2 * noise for value in per_slider.values()),
            "num_sliders": len(per_slider),
            "slider_l2": {name: round(value, 3) for name, value in weakest},
        }

    def _embed(self, character: Character) -> Embedding | None:
        if character not in self._known:
            self._known[character] = self._seen(self._cast.draw(character))
        return self._known[character]

    def _recaptured(self, character: Character) -> Embedding | None:
        x, y = self._cast.rng.uniform(-_SWAY_PIXELS, _SWAY_PIXELS, 2)
        return self._seen(self._cast.draw(character, Pose(shift_x_pixels=x, shift_y_pixels=y)))

    def _seen(self, image: Pixels) -> Embedding | None:
        faces = self._recogniser.detect(image)
        if not faces:
            return None
        embedding: Embedding = self._recogniser.embed([self._recogniser.align(image, faces[0])])[0]
        return np.asarray(embedding / np.linalg.norm(embedding), np.float32) if self._is_unit else embedding

    def _distance(self, first: Character, second: Character) -> float:
        return _distance(self._embed(first), self._embed(second))

    def _pairs_l2(self, some: list[Character]) -> float:
        found_ND = np.array([face for face in map(self._embed, some) if face is not None])
        distances_NN = np.linalg.norm(found_ND[:, None] - found_ND[None], axis=2)
        return float(distances_NN[np.triu_indices(len(found_ND), 1)].mean())

    def _changed_l2(self, role: str, characters: list[Character]) -> float:
        return float(np.nanmean([self._distance(c, self._cast.with_other(role, c)) for c in characters]))

    def _noise_l2(self, characters: list[Character]) -> float:
        return float(np.nanmean([_distance(self._embed(c), self._recaptured(c)) for c in characters]))

    def _slider_l2(self, characters: list[Character]) -> dict[str, float]:
        """Mean distance between a slider's two ends, everything else random."""
        return {
            name: float(np.nanmean([self._distance(c.moved(i, -1.0), c.moved(i, 1.0)) for c in characters]))
            for i, name in enumerate(self._cast.names)
        }


def _distance(first: Embedding | None, second: Embedding | None) -> float:
    return float("nan") if first is None or second is None else float(np.linalg.norm(first - second))
