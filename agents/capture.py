"""Captures a shard: sets its characters, takes settled pictures, labels them with what was read back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from agents.camera import Camera, SettledPicture
from agents.driver import Driver
from agents.encoding import Encoder, ImageFormat, open_encoder
from agents.errors import CaptureError, DriverError
from agents.evidence import save_pictures
from agents.readout import Value
from agents.turntable import Turntable
from creator.profile import Profile, Row
from protocol.character import Character
from protocol.chunk import checksum
from protocol.frame import Frame, FrameRecord
from protocol.shard import Shard

__all__ = ["Camera", "CaptureConfig", "capture_shard", "one_turn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureConfig:
    """`max_passes`: how often a shard is captured anew after its labels and the re-read settings differed.

    `evidence_folder`: where the last pictures go when the creator could not be brought to what was wanted.
    """

    image_format: ImageFormat = "jpeg"
    quality: int = 92  # of 100, for jpeg and webp
    max_tries: int = 80
    max_passes: int = 4
    evidence_folder: Path | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise CaptureError(f"Capture quality is {self.quality}; it goes from 1 to 100")


@dataclass(frozen=True, slots=True)
class _Shot:
    """A labelled picture on its way through the encoder."""

    step: int
    character: Character
    picture: SettledPicture
    unix_seconds: float
    image: Future[bytes]


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
    config = config or CaptureConfig()
    if shard.profile_hash != driver.profile.hash:
        raise CaptureError(
            f"Shard {shard.shard_id} is for profile {shard.profile_hash}, this agent drives {driver.profile.name!r} "
            f"({driver.profile.hash}): give it the shard's profile"
        )
    wanted = list(range(len(shard.characters)) if steps is None else steps)
    try:
        with open_encoder(config.image_format, config.quality) as encoder:
            session = _Session(driver, shard, config, encoder, on_step, unix_seconds)
            shots = session.verified_shots(wanted)
            return [_frame(driver, shard, shot, agent, attempt, config.image_format) for shot in shots]
    except DriverError as error:
        if config.evidence_folder is not None:
            error.add_note(f"Saved: {save_pictures(error.pictures, config.evidence_folder, shard.shard_id)}")
        raise


class _Session:
    """One shard's way through the creator."""

    def __init__(
        self,
        driver: Driver,
        shard: Shard,
        config: CaptureConfig,
        encoder: Encoder,
        on_step: Callable[[int], None],
        unix_seconds: Callable[[], float],
    ) -> None:
        self._driver, self._shard, self._config, self._encoder = driver, shard, config, encoder
        self._on_step, self._unix_seconds = on_step, unix_seconds
        self._camera = Camera(driver, max_tries=config.max_tries)
        self._turntable = Turntable(driver)

    def verified_shots(self, wanted: Sequence[int]) -> list[_Shot]:
        """Raises CaptureError when settings keep changing unseen."""
        driver = self._driver
        for _ in range(self._config.max_passes):
            if driver.surprises:
                driver.forget()
            shots = self._shots(wanted)
            driver.read_all()
            if not driver.surprises:
                driver.counters.frames += len(shots)
                return shots
            driver.counters.voided_frames += len(shots)
        raise CaptureError(
            f"Shard {self._shard.shard_id}: settings change unseen again and again; last: {driver.surprises[-1]}"
        )

    def _shots(self, wanted: Sequence[int]) -> list[_Shot]:
        """Ends early when something changed unseen."""
        shots: list[_Shot] = []
        while len(shots) < len(wanted) and not self._driver.surprises:
            left = wanted[len(shots) :]
            self._on_step(left[0])
            pictures = self._take([self._shard.characters[step] for step in left])
            shots += [self._shot(step, picture) for step, picture in zip(left, pictures, strict=False)]
        return shots

    def _take(self, characters: Sequence[Character]) -> list[SettledPicture]:
        """At least one picture, more where the next characters are one press apart."""
        driver = self._driver
        read = driver.set_character(characters[0])
        turn = one_turn(driver.profile, characters)
        pictures = self._turntable.shoot(*turn) if turn is not None else []
        if pictures:
            return pictures
        driver.set_character(characters[0])
        pictures = [self._camera.take()]
        if driver.character != read:
            driver.surprises.append(f"{read} was set, but {driver.character} was seen")
        return pictures

    def _shot(self, step: int, picture: SettledPicture) -> _Shot:
        image = self._encoder.submit(picture.face_HW3)
        return _Shot(step, self._shard.characters[step], picture, self._unix_seconds(), image)


def one_turn(profile: Profile, characters: Sequence[Character]) -> tuple[Row, list[Value]] | None:
    """The choice in which the first characters differ by one press each, and its values; None when the first two do not.

    Where the character after them needs that press too, whatever else it needs, its value is the last.
    """
    for role in ("face", "skin"):
        values: list[Value] = [getattr(characters[0], role)]
        ids = profile.ids(role, characters[0].gender)
        for before, after in pairwise(characters):
            is_last = _without(before, role) != _without(after, role)
            is_near = before.gender == after.gender and _is_next(profile, ids, before, after, role)
            if not is_near or (is_last and len(values) == 1):
                break
            values.append(getattr(after, role))
            if is_last:
                break
        if len(values) > 1:
            return profile.roles[role], values
    return None


def _without(character: Character, role: str) -> tuple[object, ...]:
    other = character.skin if role == "face" else character.face
    return character.gender, other, character.sliders


def _is_next(profile: Profile, ids: Sequence[int], before: Character, after: Character, role: str) -> bool:
    apart = abs(ids.index(getattr(after, role)) - ids.index(getattr(before, role)))
    return apart == 1 or (profile.timing.lists_wrap and apart == len(ids) - 1)


def _frame(driver: Driver, shard: Shard, shot: _Shot, agent: str, attempt: int, image_format: ImageFormat) -> Frame:
    """A frame of a shard whose settings were all read anew since."""
    image = shot.image.result()
    height, width = shot.picture.face_HW3.shape[:2]
    record = FrameRecord(
        shard_id=shard.shard_id,
        step=shot.step,
        slider_set=shard.slider_sets[shot.step],
        attempt=attempt,
        agent=agent,
        game_version=driver.calibration.game_version,
        calibration_id=driver.calibration.id,
        profile_hash=driver.profile.hash,
        character=shot.character,
        is_verified=True,
        confidence=shot.picture.confidence,
        captured_seconds=shot.picture.seconds,
        captured_unix_seconds=shot.unix_seconds,
        image_format=image_format,
        width=width,
        height=height,
        sha256=checksum(image),
    )
    return Frame(record, image)
