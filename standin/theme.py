"""Colours of the stand-in's screen."""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Theme:
    """`top` to `bottom` is the background, `accent` the highlighted row from left to right."""

    name: str
    top: Rgb
    bottom: Rgb
    glow: Rgb
    panel: Rgb
    edge: Rgb
    text: Rgb
    faint_text: Rgb
    bright_text: Rgb
    accent: tuple[Rgb, Rgb]
    on_accent: Rgb  # bars on the highlighted row
    track: Rgb
    bar: Rgb


THEMES = {
    theme.name: theme
    for theme in (
        Theme(
            name="ember",
            top=(31, 26, 28),
            bottom=(13, 12, 15),
            glow=(74, 46, 32),
            panel=(27, 24, 27),
            edge=(126, 100, 66),
            text=(197, 190, 180),
            faint_text=(134, 124, 112),
            bright_text=(255, 248, 234),
            accent=((150, 88, 38), (104, 54, 28)),
            on_accent=(255, 214, 150),
            track=(62, 55, 54),
            bar=(201, 152, 88),
        ),
        Theme(
            name="frost",
            top=(26, 36, 52),
            bottom=(12, 17, 28),
            glow=(44, 84, 108),
            panel=(21, 30, 44),
            edge=(92, 130, 158),
            text=(186, 202, 216),
            faint_text=(112, 134, 154),
            bright_text=(246, 252, 255),
            accent=((36, 112, 146), (26, 74, 112)),
            on_accent=(182, 238, 255),
            track=(46, 60, 80),
            bar=(104, 182, 214),
        ),
    )
}
