"""A character: the settings of a creator, as plain data. What they mean is in `creator.profile`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protocol.errors import MessageError
from protocol.message import is_text, is_whole

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Character:
    """Gender, the ids of face and skin type, and the captured sliders in the profile's menu order."""

    gender: str
    face: int
    skin: int
    sliders: tuple[int, ...]

    def to_json(self) -> JsonObject:
        return {"gender": self.gender, "face": self.face, "skin": self.skin, "sliders": list(self.sliders)}

    @classmethod
    def from_json(cls, value: JsonObject) -> Character:
        try:
            gender, face, skin, sliders = value["gender"], value["face"], value["skin"], value["sliders"]
        except (KeyError, TypeError) as error:
            raise MessageError(f"A character needs gender, face, skin and sliders; got {value!r:.200}") from error
        numbers = [face, skin, *sliders] if isinstance(sliders, list | tuple) else [None]
        if not is_text(gender) or not all(map(is_whole, numbers)):
            raise MessageError(
                f"A character needs a gender in words, whole ids and whole slider values; got {value!r:.200}"
            )
        return cls(gender, face, skin, tuple(sliders))
