"""What the character does by itself: blinking, swaying, breathing. Pure functions of seed and tick."""

from __future__ import annotations

import math

from standin.pose import Pose
from standin.rules import Rules

_BLINK_SPREAD = 0.6  # share of its time slot over which a blink's start may fall, so that two never meet
_YAW_PER_PIXEL = math.radians(0.5)  # who sways turns a little
_MASK = (1 << 64) - 1


def blink_slot_ticks(rules: Rules) -> int:
    """One blink falls into each slot of that many ticks; 0: nobody blinks."""
    slot = round(rules.blink_every_seconds * rules.frames_per_second)
    return slot if slot and rules.blink_frames else 0


def blink_start(seed: int, slot_at: int, rules: Rules) -> int:
    """The first tick of the blink of a slot; never tick 0."""
    slot = blink_slot_ticks(rules)
    room = max(1, min(int(slot * _BLINK_SPREAD), slot - rules.blink_frames - 1))
    return slot_at * slot + 1 + _hash(seed, slot_at) % room


def eyelid_closure(seed: int, tick: int, rules: Rules) -> float:
    """0 open to 1 closed."""
    slot = blink_slot_ticks(rules)
    if not slot:
        return 0.0
    since = tick - blink_start(seed, tick // slot, rules)
    if not 0 <= since < rules.blink_frames:
        return 0.0
    return min(1.0, 1.6 * math.sin(math.pi * (since + 0.5) / rules.blink_frames))


def pose_at(seed: int, tick: int, rules: Rules) -> Pose:
    """The face's pose at a tick; far below two pixels from the rest pose, plus the eyelids."""
    seconds = tick / rules.frames_per_second
    phase = _hash(seed, -1) % 1024 / 1024 * math.tau
    x = rules.sway_pixels * math.sin(math.tau * seconds / rules.sway_seconds + phase)
    y = rules.breath_pixels * math.sin(math.tau * seconds / rules.breath_seconds)
    x, y = (round(value / rules.idle_step_pixels) * rules.idle_step_pixels for value in (x, y))
    return Pose(eyelid_closure(seed, tick, rules), x, y, x * _YAW_PER_PIXEL)


def _hash(seed: int, number: int) -> int:
    """64 well mixed bits (splitmix64, Steele, Lea and Flood 2014)."""
    z = (seed * 0x9E3779B97F4A7C15 + number * 0xD1342543DE82EF95 + 0x632BE59BD9B4E019) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)
