"""Photos are kept only where the operator names a folder and their owner says so; and not a day longer."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from service_client import encoded, toy_client

from embedding.errors import NotAPhotoError
from embedding.recogniser import Recogniser
from matcher.errors import BusyError, NotKeptError, ServiceConfigError
from matcher.service.config import ServiceConfig, ServiceLimits
from matcher.service.kept import KeptPhotos

Picture = NDArray[np.uint8]
IMAGE = {"Content-Type": "image/jpeg"}
DAY_SECONDS = 86_400


class Clock:
    now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(tmp_path: Path, clock: Clock) -> KeptPhotos:
    kept = KeptPhotos(tmp_path / "kept", days=30, max_photos=2, clock=clock)
    kept.check_folder()
    return kept


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "kept").iterdir())


def located_photo() -> bytes:
    """A photo with the place where it was taken."""
    picture = Image.new("RGB", (64, 48), (200, 150, 120))
    exif = Image.Exif()
    exif[0x010E] = "at home"
    exif.get_ifd(0x8825)[1] = "N"
    content = io.BytesIO()
    picture.save(content, "JPEG", exif=exif)
    return content.getvalue()


def test_a_kept_photo_is_its_owners_alone_and_holds_no_place(kept: KeptPhotos, tmp_path: Path) -> None:
    kept.keep(located_photo())
    (path,) = files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert b"at home" not in path.read_bytes()
    with Image.open(path) as picture:
        assert picture.size == (64, 48)
        assert len(picture.getexif()) == 0


def test_it_is_gone_when_its_time_is_over(kept: KeptPhotos, clock: Clock, tmp_path: Path) -> None:
    photo = kept.keep(located_photo())
    assert photo.expires == clock.now + 30 * DAY_SECONDS
    clock.now += 30 * DAY_SECONDS - 1
    assert kept.sweep() == 0
    clock.now += 1
    assert kept.sweep() == 1
    assert files(tmp_path) == []


def test_it_is_gone_when_its_owner_says_so_and_others_stay(kept: KeptPhotos, tmp_path: Path) -> None:
    first, second = kept.keep(located_photo()), kept.keep(located_photo())
    kept.delete(first.id)
    assert [path.name.partition(".")[0] for path in files(tmp_path)] == [second.id]
    with pytest.raises(NotKeptError, match="deleted"):
        kept.delete(first.id)


@pytest.mark.parametrize("photo_id", ["*", "", "../kept/x", "a" * 31, "A" * 32])
def test_nobody_deletes_what_they_cannot_name(kept: KeptPhotos, tmp_path: Path, photo_id: str) -> None:
    kept.keep(located_photo())
    with pytest.raises(NotKeptError):
        kept.delete(photo_id)
    assert len(files(tmp_path)) == 1


def test_the_folder_does_not_grow_without_end_and_takes_pictures_only(kept: KeptPhotos) -> None:
    with pytest.raises(NotAPhotoError):
        kept.keep(b"no picture")
    for _ in range(2):
        kept.keep(located_photo())
    with pytest.raises(BusyError, match="No more photos"):
        kept.keep(located_photo())


def test_what_a_crash_left_half_written_goes_too(kept: KeptPhotos, clock: Clock, tmp_path: Path) -> None:
    left = tmp_path / "kept" / f"{'0' * 32}.99.unfinished"
    left.write_bytes(b"half")
    os.utime(left, (clock.now, clock.now))
    assert kept.sweep() == 0
    clock.now += 2 * 3600
    assert kept.sweep() == 1


def test_a_folder_that_others_can_read_is_refused(tmp_path: Path, recogniser: Recogniser) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(ServiceConfigError, match="chmod 700"):
        toy_client(recogniser, keep_folder=str(tmp_path))
    with pytest.raises(ServiceConfigError, match="keep_days 0"):
        ServiceConfig(models="toy", keep_days=0)
    with pytest.raises(ServiceConfigError, match="max_kept_photos"):
        ServiceLimits(max_kept_photos=0)


def test_a_service_without_a_folder_keeps_nothing_whatever_is_asked(recogniser: Recogniser, photo_HW3: Picture) -> None:
    client = toy_client(recogniser)
    assert client.get("/v1/creator").json()["keep_days"] is None
    for path in ("/v1/photos", "/v1/matches?keep=true"):
        refused = client.post(path, content=encoded(photo_HW3), headers=IMAGE)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_kept")


def test_nothing_is_kept_of_who_did_not_ask_for_it(recogniser: Recogniser, photo_HW3: Picture, tmp_path: Path) -> None:
    client = toy_client(recogniser, keep_folder=str(tmp_path / "kept"))
    photo = encoded(photo_HW3)
    face = client.post("/v1/faces", content=photo, headers=IMAGE).json()["faces"][0]["key"]
    assert client.post("/v1/matches", json={"faces": [face]}).status_code == 200
    assert client.post("/v1/matches", content=photo, headers=IMAGE).json().get("kept") is None
    assert files(tmp_path) == []


def test_who_lets_a_photo_be_kept_is_told_its_id_and_can_take_it_back(
    recogniser: Recogniser, photo_HW3: Picture, tmp_path: Path
) -> None:
    client = toy_client(recogniser, keep_folder=str(tmp_path / "kept"), keep_days=7)
    assert client.get("/v1/creator").json()["keep_days"] == 7
    photo = encoded(photo_HW3)
    in_one_go = client.post("/v1/matches?keep=true", content=photo, headers=IMAGE).json()["kept"]
    alone = client.post("/v1/photos", content=photo, headers=IMAGE).json()
    assert len(files(tmp_path)) == 2
    for photo_id in (in_one_go["id"], alone["id"]):
        assert client.delete(f"/v1/photos/{photo_id}").status_code == 204
    assert files(tmp_path) == []
    gone = client.delete(f"/v1/photos/{alone['id']}")
    assert (gone.status_code, gone.json()["code"]) == (404, "not_kept")


def test_photos_over_their_time_are_deleted_when_the_service_starts(recogniser: Recogniser, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o700)
    (folder / f"{'0' * 32}.1000.jpg").write_bytes(b"old")
    with toy_client(recogniser, keep_folder=str(folder)) as client:
        assert client.get("/v1/health").status_code == 200
        for _ in range(100):
            if not files(tmp_path):
                break
            client.get("/v1/health")
    assert files(tmp_path) == []
