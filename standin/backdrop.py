"""What never changes on the screen: ground, panels, frames, hints. Legend: H height, W width, 3 red green blue."""

from __future__ import annotations

import numpy as np

from creator.profile import Profile
from protocol.device import Region
from standin.letters import Letters
from standin.looks import Looks
from standin.pen import Pixels, blend, rounded, tint
from standin.theme import THEMES, Theme
from standin.wording import SIGNATURE, Wording

_MARGIN = 5.0  # pixels at scale 1 by which a panel stands out around its list


def draw_backdrop(profile: Profile, looks: Looks, wording: Wording) -> Pixels:
    """The whole client area without tabs' labels, title, lines and face."""
    screen, scale, theme = profile.screen, looks.scale, THEMES[looks.theme]
    whole = Region(0, 0, screen.width, screen.height).scaled(scale)
    face = screen.face.scaled(scale)
    pixels = _ground(whole.width, whole.height, face, theme)
    _frame(pixels, screen.tabs.scaled(scale), theme, scale, margin=2.0, fill=blend(theme.panel, theme.top, 0.4))
    _frame(pixels, screen.list.scaled(scale), theme, scale, margin=_MARGIN, fill=theme.panel)
    _frame(pixels, face, theme, scale, margin=3.0, fill=theme.panel)
    _signature(pixels, face, theme, looks, wording)
    _hints(pixels, profile, wording, theme, looks)
    return pixels


def _ground(width: int, height: int, face: Region, theme: Theme) -> Pixels:
    """A fall from top to bottom, with a glow behind the character and dark corners."""
    y_H1 = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    top, bottom, glow = (np.array(colour, np.float32) for colour in (theme.top, theme.bottom, theme.glow))
    ground_HW3 = np.repeat(top + (bottom - top) * y_H1, width, axis=1)
    x_W, y_H = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    across = (x_W[None] - (face.left + face.width / 2)) / (0.45 * width)
    down = (y_H[:, None] - (face.top + face.height / 2)) / (0.75 * height)
    share_HW1 = (0.75 * np.exp(-2.5 * (across**2 + down**2)))[..., None]
    ground_HW3 += (glow - ground_HW3) * share_HW1
    grain_HW1 = np.random.default_rng(7).normal(0, 0.7, (height, width, 1)).astype(np.float32)  # hides the bands
    return np.asarray(np.clip(ground_HW3 + grain_HW1 + 0.5, 0, 255), np.uint8)


def _frame(
    pixels: Pixels, place: Region, theme: Theme, scale: float, *, margin: float, fill: tuple[int, int, int]
) -> None:
    height, width = pixels.shape[:2]
    grow = margin * scale
    box = (place.left - grow, place.top - grow, place.right + grow, place.bottom + grow)
    tint(pixels, rounded(width, height, box, 4 * scale), fill)
    tint(pixels, 0.7 * rounded(width, height, box, 4 * scale, line_pixels=scale), theme.edge)


def _signature(pixels: Pixels, face: Region, theme: Theme, looks: Looks, wording: Wording) -> None:
    """What the screen is, above the face."""
    scale, text = looks.scale, wording.label(SIGNATURE)
    top, bottom = round(34 * scale), face.top - round(4 * scale)
    band, spacing = pixels[top:bottom, face.left : face.right], round(2 * scale)
    looks.letters.write(band, text, 10.5 * scale, theme.edge, face.width, align="right", spacing_pixels=spacing)


def _hints(pixels: Pixels, profile: Profile, wording: Wording, theme: Theme, looks: Looks) -> None:
    """Keys and what they do, in two rows below the face."""
    scale = looks.scale
    face = profile.screen.face.scaled(scale)
    top = face.bottom + round(4 * scale)
    band = pixels[top:, face.left : face.right]
    rows = wording.hints()
    for at, pairs in enumerate(rows):
        middle = band.shape[0] * (at + 0.5) / len(rows)
        for column, (keys, what) in enumerate(pairs):
            x = band.shape[1] * column / max(len(row) for row in rows) + scale
            _hint(band, keys, what, x, middle, theme, scale, looks.letters)


def _hint(
    band: Pixels, keys: str, what: str, x: float, middle: float, theme: Theme, scale: float, letters: Letters
) -> None:
    """A key cap and the word for it."""
    size, height, width = 9.5 * scale, *band.shape[:2]
    right = x + letters.width(keys, size) + 8 * scale
    cap = rounded(width, height, (x, middle - 6 * scale, right, middle + 6 * scale), 3 * scale)
    tint(band, cap, blend(theme.panel, theme.edge, 0.35))
    letters.write(band, keys, size, theme.text, (x + right) / 2, align="middle", middle=middle)
    letters.write(band, what, size, theme.faint_text, right + 4 * scale, middle=middle)
