"""Takes settled pictures of characters and labels them with what was read back.

A picture is kept when two of them, more than a blink apart, show the same resting face and the same settings, and a key that
the creator took in between proves that its time went on: a frozen game can look at rest with its eyes half closed.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from PIL import Image

from agents import cell
from agents.cell import Pixels
from agents.driver import Driver
from agents.errors import CaptureError
from agents.readout import SURE
from agents.rest import FaceLook, difference
from protocol.chunk import checksum
from protocol.device import Picture
from protocol.frame import Frame, FrameRecord
from protocol.shard import Shard

_SLACK_FRAMES = 8  # by which two pictures may stand further apart than needed: a freeze is far longer


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureConfig:
    """`max_passes`: how often a shard is captured anew after its labels and the re-read settings differed."""

    image_format: Literal["jpeg", "webp", "png"] = "jpeg"
    quality: int = 92  # of 100, for jpeg and webp
    max_tries: int = 80
    max_passes: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise CaptureError(f"Capture quality is {self.quality}; it goes from 1 to 100")


@dataclass(frozen=True, slots=True)
class SettledPicture:
    """The face alone, and when it was seen on the device's clock."""

    face_HW3: Pixels
    seconds: float


@dataclass(frozen=True, slots=True)
class _Shot:
    """A picture of the whole window whose menu says what it should."""

    picture: Picture
    look: FaceLook
    where: tuple[str | None, ...]


class Camera:
    """Takes settled pictures of what a driver has set."""

    def __init__(self, driver: Driver, config: CaptureConfig | None = None) -> None:
        self.driver = driver
        self.config = config or CaptureConfig()

    def take(self) -> SettledPicture:
        """Raises CaptureError when the face does not come to rest."""
        driver, timing = self.driver, self.driver.calibration.timing
        apart_frames = timing.blink_frames + 1
        first: _Shot | None = None
        for _ in range(self.config.max_tries):
            driver.prove_loaded()
            if first is None:
                first = self._shoot()
                continue
            second = self._shoot_later(first, apart_frames)
            if second is not None and difference(first.look, second.look) <= timing.rest_difference:
                return SettledPicture(second.look.pixels_HW3, second.picture.seconds)
            driver.counters.retakes += 1
            first = second
        raise CaptureError(
            f"No settled picture of {driver.character} in {self.config.max_tries} tries: is the face covered or moving?"
        )

    def _shoot(self) -> _Shot | None:
        """None when the menu in the same picture cannot be read, or says something else than what is known."""
        driver = self.driver
        picture = driver.console.grab()
        state = driver.readout.read_screen(picture)
        look = FaceLook(cell.cut(cell.pixels_HW3(picture), driver.readout.layout.face))
        if not state.is_sure or look.is_black or not self._agrees(picture):
            driver.see()
            driver.note_rows()  # what really stands there is a surprise, and voids the shard
            return None
        return _Shot(picture, look, state.where[:3])

    def _agrees(self, picture: Picture) -> bool:
        """Every captured row that the picture shows stands at its known value."""
        rows = self.driver.profile.rows
        return all(
            reading.confidence >= SURE and reading.value == self.driver.known[reading.row]
            for reading in self.driver.readout.read_rows(picture)
            if rows[reading.row].is_captured
        )

    def _shoot_later(self, first: _Shot, apart_frames: int) -> _Shot | None:
        """A second picture, in which the highlight has moved since the first; None when that took so long that the creator
        may have stood still meanwhile."""
        driver = self.driver
        due_seconds = first.picture.seconds + apart_frames / driver.console.frames_per_second
        latest_seconds = due_seconds + _SLACK_FRAMES / driver.console.frames_per_second
        driver.step_aside(due_seconds)
        second = self._shoot()
        if second is None or second.where == first.where or second.picture.seconds > latest_seconds:
            return None
        return second


def capture_shard(
    driver: Driver,
    shard: Shard,
    *,
    agent: str,
    attempt: int,
    steps: Iterable[int] | None = None,
    config: CaptureConfig | None = None,
    on_step: Callable[[int], None] = lambda step: None,
    unix_seconds: Callable[[], float] = time.time,
) -> list[Frame]:
    """Verified frames of a shard, or of some of its steps.

    After the last one every setting is read anew. If any differs from its label, or changed unseen on the way, all frames are
    dropped and taken again. `on_step` may raise to stop. Raises CaptureError, DriverError, DeviceError.
    """
    if shard.profile_hash != driver.profile.hash:
        raise CaptureError(
            f"Shard {shard.shard_id} is for profile {shard.profile_hash}, this agent drives {driver.profile.name!r} "
            f"({driver.profile.hash}): give it the shard's profile"
        )
    camera = Camera(driver, config)
    wanted = list(range(len(shard.characters)) if steps is None else steps)
    for _ in range(camera.config.max_passes):
        driver.forget()
        driver.read_all()
        frames = []
        for step in wanted:
            on_step(step)
            frames.append(_capture_step(camera, shard, step, agent, attempt, unix_seconds))
            if driver.surprises:
                break
        driver.read_all()
        if not driver.surprises:
            driver.counters.frames += len(frames)
            return [replace(frame, record=replace(frame.record, is_verified=True)) for frame in frames]
        driver.counters.voided_frames += len(frames)
    raise CaptureError(f"Shard {shard.shard_id}: settings change unseen again and again; last: {driver.surprises[-1]}")


def _capture_step(
    camera: Camera, shard: Shard, step: int, agent: str, attempt: int, unix_seconds: Callable[[], float]
) -> Frame:
    """One frame, not yet verified: only the re-read at the end of the shard can do that."""
    driver, config = camera.driver, camera.config
    character = driver.set_character(shard.characters[step])
    settled = camera.take()
    if driver.character != character:
        driver.surprises.append(f"step {step} was set to {character}, but shows {driver.character}")
    image = encode(settled.face_HW3, config)
    height, width = settled.face_HW3.shape[:2]
    record = FrameRecord(
        shard_id=shard.shard_id,
        step=step,
        slider_set=shard.slider_sets[step],
        attempt=attempt,
        agent=agent,
        game_version=driver.calibration.game_version,
        calibration_id=driver.calibration.id,
        profile_hash=driver.profile.hash,
        character=character,
        is_verified=False,
        confidence=driver.confidence,
        captured_seconds=settled.seconds,
        captured_unix_seconds=unix_seconds(),
        image_format=config.image_format,
        width=width,
        height=height,
        sha256=checksum(image),
    )
    return Frame(record, image)


def encode(pixels_HW3: Pixels, config: CaptureConfig) -> bytes:
    """JPEG with full colour resolution, WebP or PNG."""
    buffer = io.BytesIO()
    options = {"subsampling": 0} if config.image_format == "jpeg" else {}
    Image.fromarray(pixels_HW3).save(buffer, config.image_format, quality=config.quality, **options)
    return buffer.getvalue()
