"""What an agent learned of one creator on one machine: how its texts look, how it keeps time.

Templates are ink (see `agents.cell`), colours those of the M columns of a line's margins (see `agents.lines`). Keys: page
'head', section or title 'head/brow', row 'brow_height', words 'gender/male'.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property

from agents.cell import Ink, Pixels
from agents.errors import CalibrationError
from creator.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedTiming:
    """How the creator keeps time, in frames of the game. `show_frames`: from a press to its effect on the screen.

    `slack_frames` is what hold, gap and show have beyond what did in trials, because the creator's clock is not ours.
    `longest_load_frames` and `longest_gender_frames` are the longest that were met. `rest_difference`: how much two pictures
    of a face at rest differ at most (see `agents.rest`). `eyes`: left, top, width and height in the face of what a blink moves,
    with a margin; width 0 where no blink was seen. `repeat_delay_frames`, `repeat_every_frames`: from a held key's first step
    to its second, and from there to each further one; 0 where holding does not repeat.
    """

    frames_per_second: float
    hold_frames: int
    gap_frames: int
    show_frames: int
    section_frames: int
    page_frames: int
    blink_frames: int
    longest_load_frames: int
    longest_gender_frames: int
    rest_difference: float
    eyes: Sequence[int] = (0, 0, 0, 0)
    repeat_delay_frames: int = 0
    repeat_every_frames: int = 0
    slack_frames: int = 0


@dataclass(frozen=True)
class Calibration:
    """Bound to a profile, a screen size and a version of the game."""

    profile_name: str
    profile_hash: str
    game_version: str
    width: int
    height: int
    timing: LearnedTiming
    plain_colours_KM3: Pixels
    highlight_colours_M3: Pixels
    titles: Mapping[str, Ink]
    sections: Mapping[str, Ink]
    rows: Mapping[str, Ink]
    words: Mapping[str, Ink]
    glyphs: Mapping[str, tuple[Ink, ...]]

    @cached_property
    def id(self) -> str:
        """Changes with anything that was learned."""
        digest = hashlib.sha256(json.dumps(self.facts(), sort_keys=True).encode())
        for name, array in sorted(self.arrays().items()):
            digest.update(f"{name}{array.shape}".encode() + array.tobytes())
        return digest.hexdigest()[:12]

    def timed(self, **measured: float | Sequence[int]) -> Calibration:
        """The same with some measured figures of its timing."""
        return replace(self, timing=replace(self.timing, **measured))  # type: ignore[arg-type]

    def facts(self) -> dict[str, object]:
        """All but the pictures."""
        return {
            "profile_name": self.profile_name,
            "profile_hash": self.profile_hash,
            "game_version": self.game_version,
            "width": self.width,
            "height": self.height,
            "timing": asdict(self.timing),
        }

    def arrays(self) -> dict[str, Pixels]:
        """Every picture by a name that tells its kind."""
        named: dict[str, Pixels] = {
            "plain_colours": self.plain_colours_KM3,
            "highlight_colours": self.highlight_colours_M3,
        }
        for kind in ("titles", "sections", "rows", "words"):
            named |= {f"{kind}:{key}": ink for key, ink in getattr(self, kind).items()}
        for character, variants in self.glyphs.items():
            named |= {f"glyphs:{ord(character)}:{at}": ink for at, ink in enumerate(variants)}
        return named

    def check(self, profile: Profile, width: int, height: int) -> None:
        """Raises CalibrationError unless it was made for that profile and screen size."""
        if self.profile_hash != profile.hash:
            raise CalibrationError(
                f"This calibration is for profile {self.profile_name!r} ({self.profile_hash}), not for {profile.name!r} "
                f"({profile.hash}): run `lookalike calibrate` with this profile"
            )
        if (self.width, self.height) != (width, height):
            raise CalibrationError(
                f"This calibration is for a window of {self.width} x {self.height}, the creator's has {width} x {height}: "
                "set the old resolution or run `lookalike calibrate` again"
            )
