"""Neck and shoulders. Legend: V = vertex."""

import numpy as np

from standin.curves import Floats, bell, ellipse_bell, ramp, spline

BODY_ROWS, BODY_COLUMNS = 40, 61


def body_surface() -> Floats:
    """(V, 3) at rest; rows run down, columns around."""
    heights = np.concatenate([np.linspace(-4.5, -15, 20), np.linspace(-15.4, -19, 12), np.linspace(-19.6, -30, 8)])
    y, angle = np.meshgrid(heights, np.linspace(-np.pi, np.pi, BODY_COLUMNS), indexing="ij")
    half_width = spline(
        y,
        ((-30, 21.0), (-26, 20.5), (-22, 19.3), (-20, 17.4), (-18.5, 14.4), (-17, 10.2), (-15.5, 7.1), (-14, 5.8),
         (-12, 5.3), (-9, 4.9), (-6, 3.6), (-4, 2.5)),
    )  # fmt: skip
    front = spline(y, ((-30, 8.5), (-22, 7.0), (-18, 5.0), (-16, 4.2), (-14, 3.4), (-12, 3.0), (-4, 3.0)))
    back = spline(y, ((-30, -9.0), (-22, -9.5), (-18, -9.0), (-14, -8.0), (-8, -7.2), (-4, -7.0)))
    x = half_width * np.sin(angle)
    z = (front + back) / 2 + (front - back) / 2 * np.cos(angle)
    cords = 0.30 * bell(np.abs(x) - 1.0 - (y + 16.2) * 0.36, 0, 0.75)  # the two muscles that meet at the collar
    throat = 0.25 * ellipse_bell(x, y, (0, -13), (0.9, 1.8))
    z = z + np.where((y > -17) & (np.cos(angle) > 0), cords + throat, 0.0)
    return np.stack([x.ravel(), y.ravel(), z.ravel()], 1)


def neck_fields() -> dict[str, Floats]:
    """(V, 3) by slider: what a move from 0 to 1 adds."""
    rest_V3 = body_surface()
    x, y, z = rest_V3.T
    nothing = np.zeros_like(x)
    neck = ramp(-19.0, -13.5, y) * ramp(-6.5, -11.0, y)
    pouch = ramp(-17.0, -12.5, y) * ramp(-2.5, 2.5, z)
    fields = {
        "neck_thickness": (0.31 * x * neck, nothing, 0.20 * (z + 2) * neck),
        "neck_length": (nothing, -2.0 * ramp(-11.0, -16.5, y), nothing),
        "neck_fat": (0.12 * x * ramp(-17.5, -12.5, y), nothing, 2.6 * pouch),
        "head_size": (0.05 * x * neck, nothing, nothing),
    }
    return {name: np.stack(field, 1) for name, field in fields.items()}
