from __future__ import annotations

import numpy as np

from agents.eyes import EyeMemory
from agents.rest import FaceLook


def test_where_calibration_saw_no_blink_eyes_are_never_called_open() -> None:
    memory = EyeMemory((0, 0, 0, 0))
    rng = np.random.default_rng(0)
    looks = [FaceLook(rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)) for _ in range(6)]

    for look in looks:
        memory.keep(look)

    assert not memory.is_ready
    assert not memory.is_open(looks[-1])
