"""What the stand-in shows is embedded where its profile says that faces stand, and what shows no face there is sent back."""

from __future__ import annotations

import httpx
import numpy as np
from capturing import frame
from numpy.typing import NDArray
from small_fleet import Fleet, report, run, send

from agents.encoding import encode
from creator.profile import Profile
from embedding.embedder import Embedder
from embedding.open import open_recogniser
from embedding.place import FacePlace, place_in_frames
from embedding.recogniser import Recogniser
from protocol.device import Region
from protocol.frame import Frame
from protocol.lease import LeaseGrant
from standin.game import Game
from standin.memory_device import MemoryDevice
from standin.screen import Screen

MOMENTS = 4  # as many frames as a shard has


def test_a_shard_of_the_standin_is_embedded_at_the_profiles_place(fleet: Fleet, profile: Profile) -> None:
    # given a gateway whose embedder knows the place, and pictures of one character at four moments
    recogniser, place = open_recogniser("dlib"), place_in_frames(profile)
    assert place is not None
    pictures_HW3 = look(profile)

    async def talk(client: httpx.AsyncClient) -> None:
        grant = await fleet.lease(client)
        frames = [captured(grant, step, pixels) for step, pixels in enumerate(pictures_HW3)]

        # when they are sent, one of them at first with the face where none belongs
        beside = captured(grant, 3, np.roll(pictures_HW3[3], 110, axis=1))
        assert (await send(client, grant, *frames[:3], beside)).rejected_steps == (3,)
        assert (await send(client, grant, frames[3])).is_durable
        assert (await report(client, grant)).is_committed

    with Embedder(recogniser, place=place) as fleet.embedder:
        run(fleet, talk)

    # then the rows hold what the known place gives, not what a search of the whole frame gives
    rows = fleet.dataset.embeddings_table(str(recogniser.identity), ["step", "embedding"]).sort_by("step")
    stored_ND = np.array(rows["embedding"].to_pylist(), dtype=np.float32)
    sent = [encode(pixels_HW3, "jpeg", 92) for pixels_HW3 in pictures_HW3]
    known_ND, searched_ND = (embedded(recogniser, where, sent) for where in (place, None))
    np.testing.assert_allclose(stored_ND, known_ND, atol=1e-5)
    assert np.abs(stored_ND - searched_ND).max(axis=1).min() > 1e-3


def embedded(recogniser: Recogniser, place: FacePlace | None, frames: list[bytes]) -> NDArray[np.float32]:
    with Embedder(recogniser, place=place) as embedder:
        return embedder.embed_encoded(frames).embeddings_ND


def look(profile: Profile) -> list[NDArray[np.uint8]]:
    device = MemoryDevice(Game(profile), Screen.with_head(profile))
    face = profile.screen.face
    pictures = []
    for _ in range(MOMENTS):
        device.wait(1.1)
        grabbed = device.grab(Region(face.left, face.top, face.width, face.height))
        pixels_HW3 = np.frombuffer(grabbed.rgb, dtype=np.uint8).reshape(grabbed.height, grabbed.width, 3)
        pictures.append(pixels_HW3)
    return pictures


def captured(grant: LeaseGrant, step: int, pixels_HW3: NDArray[np.uint8]) -> Frame:
    height, width = pixels_HW3.shape[:2]
    image = encode(pixels_HW3, "jpeg", 92)
    return frame(grant, step, image=image, image_format="jpeg", width=width, height=height)
