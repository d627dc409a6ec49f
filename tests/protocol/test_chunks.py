"""Chunks: what is written comes back; what was tampered with is refused, whatever the trick."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_frames import PICTURE, STARTS, make_frame

from protocol.chunk import ChunkLimits, checksum, read_chunk, write_chunk
from protocol.errors import ChunkError
from protocol.frame import Frame

Member = tuple[tarfile.TarInfo, bytes]


def tar_of(*members: Member, mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def member(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info, data


def members_of(frame: Frame) -> list[Member]:
    name = f"{frame.record.step:05d}"
    record = json.dumps(frame.record.to_json()).encode()
    return [member(f"{name}.json", record), member(f"{name}.{frame.record.image_format}", frame.image)]


@given(images=st.lists(st.binary(min_size=1, max_size=2000), min_size=1, max_size=6), start=st.integers(0, 99_999 - 6))
@settings(max_examples=50, deadline=None)
def test_frames_come_back_as_they_were_sent(images: list[bytes], start: int) -> None:
    frames = [make_frame(step=start + number, image=PICTURE + image) for number, image in enumerate(images)]
    assert read_chunk(write_chunk(frames)) == frames


def test_the_same_frames_give_the_same_bytes() -> None:
    frames = [make_frame(step=step) for step in range(3)]
    assert checksum(write_chunk(frames)) == checksum(write_chunk(list(frames)))


def test_a_chunk_can_be_read_by_any_tar_tool() -> None:
    frame = make_frame(step=7)
    with tarfile.open(fileobj=io.BytesIO(write_chunk([frame]))) as tar:
        assert tar.getnames() == ["00007.json", "00007.jpeg"]


@pytest.mark.parametrize("image_format", ["jpeg", "webp", "png"])
def test_every_picture_format_has_its_own_ending(image_format: str) -> None:
    frame = make_frame(image_format=image_format, image=STARTS[image_format] + b"...")
    assert read_chunk(write_chunk([frame])) == [frame]


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_one_damaged_byte_never_changes_a_picture_or_crashes_the_reader(data: st.DataObject) -> None:
    """A flipped byte in tar's padding may go unnoticed; a picture that differs from its record may not."""
    frames = [make_frame(step=step, image=PICTURE + bytes([step]) * 300) for step in range(2)]
    chunk = bytearray(write_chunk(frames))
    at = data.draw(st.integers(0, len(chunk) - 1))
    chunk[at] ^= data.draw(st.integers(1, 255))
    try:
        read = read_chunk(bytes(chunk))
    except ChunkError:
        return
    assert all(checksum(frame.image) == frame.record.sha256 for frame in read)


@given(share=st.floats(0, 0.999))
@settings(max_examples=60, deadline=None)
def test_a_truncated_chunk_is_refused_or_misses_only_whole_frames(share: float) -> None:
    frames = [make_frame(step=step, image=PICTURE + b"x" * 700) for step in range(3)]
    chunk = write_chunk(frames)
    try:
        read = read_chunk(chunk[: int(share * len(chunk))])
    except ChunkError:
        return
    assert read == frames[: len(read)]


@given(garbage=st.binary(max_size=3000))
@settings(max_examples=60, deadline=None)
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(ChunkError):
        read_chunk(garbage)


def test_an_empty_archive_is_refused() -> None:
    with pytest.raises(ChunkError, match="pairs"):
        read_chunk(tar_of())


def test_a_compressed_archive_is_refused_rather_than_unpacked() -> None:
    with pytest.raises(ChunkError):
        read_chunk(tar_of(*members_of(make_frame()), mode="w:gz"))


TRICKS: dict[str, list[Member]] = {
    "a symbolic link": [member("00000.json", kind=tarfile.SYMTYPE, link="/etc/passwd"), member("00000.jpeg")],
    "a hard link": [*members_of(make_frame()), member("00001.json", kind=tarfile.LNKTYPE, link="00000.json")],
    "a folder": [member("folder", kind=tarfile.DIRTYPE), member("00000.jpeg")],
    "a device": [member("00000.json", kind=tarfile.CHRTYPE), member("00000.jpeg")],
    "a pipe": [member("00000.json", kind=tarfile.FIFOTYPE), member("00000.jpeg")],
    "a climbing path": [member("../00000.json", b"{}"), member("00000.jpeg")],
    "an absolute path": [member("/tmp/00000.json", b"{}"), member("00000.jpeg")],
    "a path with backslashes": [member("..\\00000.json", b"{}"), member("00000.jpeg")],
    "a foreign name": [member("readme.json", members_of(make_frame())[0][1]), members_of(make_frame())[1]],
    "a record alone": members_of(make_frame())[:1],
    "a picture alone": members_of(make_frame())[1:],
    "pictures before records": members_of(make_frame())[::-1],
    "a step twice": members_of(make_frame()) * 2,
    "a record that is no JSON": [member("00000.json", b"{"), member("00000.jpeg", b"x")],
    "a record that is no object": [member("00000.json", b"[]"), member("00000.jpeg", b"x")],
    "a record that is no text": [member("00000.json", b"\xff\xfe\x00"), member("00000.jpeg", b"x")],
    "a record nested too deep": [member("00000.json", b"[" * 60_000), member("00000.jpeg", b"x")],
    "a record with a number too long": [member("00000.json", b"1" * 60_000), member("00000.jpeg", b"x")],
    "a record without fields": [member("00000.json", b"{}"), member("00000.jpeg", b"x")],
    "another picture": [members_of(make_frame())[0], member("00000.jpeg", b"another picture")],
    "a PNG called jpeg": members_of(make_frame(image=STARTS["png"] + b"...")),
    "no picture at all": members_of(make_frame(image=b"no picture")),
    "another picture format": [members_of(make_frame())[0], member("00000.png", make_frame().image)],
    "two shards": [*members_of(make_frame()), *members_of(make_frame(step=1, shard_id="other-00000"))],
    "two attempts": [*members_of(make_frame()), *members_of(make_frame(step=1, attempt=9))],
    "two agents": [*members_of(make_frame()), *members_of(make_frame(step=1, agent="somebody"))],
}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_tampered_chunk_is_refused(trick: str) -> None:
    with pytest.raises(ChunkError) as caught:
        read_chunk(tar_of(*TRICKS[trick]))
    assert len(str(caught.value)) < 1000


def test_a_picture_of_another_format_than_its_record_is_named() -> None:
    with pytest.raises(ChunkError, match="step 3 is png, its record says jpeg"):
        read_chunk(write_chunk([make_frame(step=3, image=STARTS["png"] + b"...")]))


def test_more_frames_than_allowed_are_refused() -> None:
    chunk = write_chunk([make_frame(step=step) for step in range(4)])
    assert len(read_chunk(chunk, ChunkLimits(max_frames=4))) == 4
    with pytest.raises(ChunkError, match="at most 3 frames"):
        read_chunk(chunk, ChunkLimits(max_frames=3))


def test_a_flood_of_members_is_refused_after_the_first_few(monkeypatch: pytest.MonkeyPatch) -> None:
    headers_read = 0
    read_header = tarfile.TarInfo.frombuf

    def counting(*arguments: Any) -> tarfile.TarInfo:
        nonlocal headers_read
        headers_read += 1
        return read_header(*arguments)

    header = member("x.json")[0].tobuf(tarfile.USTAR_FORMAT)
    flood = header * 50_000 + bytes(1024)
    monkeypatch.setattr(tarfile.TarInfo, "frombuf", counting)
    with pytest.raises(ChunkError, match="at most 512 frames"):
        read_chunk(flood)
    assert 0 < headers_read < 2000


def test_too_large_a_member_is_refused_before_it_is_read() -> None:
    """The header may claim any size, whether the bytes are there or not."""
    info, _ = member("00000.jpeg")
    info.size = 1 << 33
    with pytest.raises(ChunkError, match="at most"):
        read_chunk(info.tobuf(tarfile.GNU_FORMAT) + b"x" * 2000)
    small = ChunkLimits(max_image_bytes=10, max_record_bytes=65_536)
    with pytest.raises(ChunkError, match="at most 10 bytes"):
        read_chunk(write_chunk([make_frame(image=b"x" * 11)]), small)


def sparse_header(name: str, claimed_bytes: int) -> bytes:
    """GNU's sparse file: it claims so many bytes in a header of half a kilobyte, and brings none."""
    header = bytearray(member(name, kind=tarfile.GNUTYPE_SPARSE)[0].tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0%011o\0" % (claimed_bytes, 0)  # its one piece: at the end, without bytes
    header[482:495] = b"\0%011o\0" % claimed_bytes
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(header)


@pytest.mark.parametrize("claimed_bytes", [5_000_000, 1 << 32])
def test_a_sparse_member_cannot_blow_up_memory(claimed_bytes: int) -> None:
    frame = make_frame(image=bytes(claimed_bytes if claimed_bytes < 1 << 30 else 1))
    record, content = members_of(frame)[0]
    record.size = len(content)
    block = content.ljust(-(-len(content) // 512) * 512, b"\0")
    bomb = record.tobuf(tarfile.USTAR_FORMAT) + block + sparse_header("00000.jpeg", claimed_bytes) + bytes(1024)
    with pytest.raises(ChunkError, match="not a plain file"):
        read_chunk(bomb)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_chain_of_extended_headers_is_refused_at_the_first(kind: bytes) -> None:
    header = member("x", kind=kind)[0].tobuf(tarfile.USTAR_FORMAT)
    with pytest.raises(ChunkError, match="not a plain file"):
        read_chunk(header * 2000 + bytes(1024))


def test_what_stands_behind_the_end_of_a_chunk_is_refused() -> None:
    with pytest.raises(ChunkError, match="zeros alone"):
        read_chunk(write_chunk([make_frame()]) + b"x")


def test_a_pax_header_cannot_smuggle_a_name_or_a_size() -> None:
    info, data = members_of(make_frame())[0]
    info.pax_headers = {"path": "../../evil.json"}
    with pytest.raises(ChunkError):
        read_chunk(tar_of((info, data), members_of(make_frame())[1]))


def test_a_frame_whose_step_does_not_fit_its_name_is_refused() -> None:
    frame = make_frame(step=3)
    lied = Frame(replace(frame.record, step=4), frame.image)
    with pytest.raises(ChunkError, match="Expected 00004"):
        read_chunk(
            tar_of(member("00003.json", json.dumps(lied.record.to_json()).encode()), member("00003.jpeg", frame.image))
        )
