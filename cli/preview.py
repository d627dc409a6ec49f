"""Shows characters that nobody has set: the nearest captured frame, or a drawing by the stand-in."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from creator.encoding import Encoding
from creator.profile import Profile
from matcher.preview import Painter, Preview, PreviewKind, nearest_frame
from protocol.character import Character

_PIXELS = 384
_JPEG_QUALITY = 88
_FOUND = "Drawn by the stand-in creator, not by {title}."
_OWN = "Drawn by the stand-in creator; nobody has set it there yet."


def verified_painter(picture: Path) -> Painter:
    """Shows the picture that the creator itself gave of the character."""
    return lambda _: Preview(picture.read_bytes(), PreviewKind.CAPTURED, "As the creator shows it.")


def standin_painter(profile: Profile) -> Painter:
    """Draws with the stand-in's head; what it does not know of another creator's rows it leaves alone."""
    from standin.render import HeadRenderer  # here, since it loads numba

    renderer, encoding = HeadRenderer(_PIXELS), Encoding(profile)
    label = _OWN if profile.title.startswith("lookalike") else _FOUND.format(title=profile.title)

    def paint(character: Character) -> Preview:
        sliders = zip(profile.sliders, encoding.sliders_NS([character])[0].tolist(), strict=True)
        image_HW3 = renderer.render(
            gender=character.gender,
            face=character.face,
            skin=character.skin,
            sliders={row.name: value for row, value in sliders},
        )
        buffer = io.BytesIO()
        Image.fromarray(image_HW3).save(buffer, "JPEG", quality=_JPEG_QUALITY)
        return Preview(buffer.getvalue(), PreviewKind.STANDIN_RENDER, label)

    return paint


def captured_painter(profile: Profile, data: str, snapshot: Path) -> Painter:
    """The captured frame with the nearest settings. Raises DatasetError for tables or a snapshot that cannot be read."""
    from dataset.dataset import Dataset
    from dataset.snapshot import Snapshot

    dataset, captured, encoding = Dataset.open(data, profile), Snapshot.open(snapshot), Encoding(profile)

    def paint(character: Character) -> Preview:
        return nearest_frame(captured, dataset.frame_image, encoding, character)

    return paint
