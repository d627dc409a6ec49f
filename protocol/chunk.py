"""A chunk: several frames of one shard in one tar stream, `00007.json` beside `00007.jpeg`, readable by any tool."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass

from protocol.errors import ChunkError, ProtocolError
from protocol.frame import Frame, FrameRecord, image_format_of

_RECORD_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class ChunkLimits:
    """What a reader takes at most. A record is well under 4 KiB with 58 sliders; 512 pictures are an hour of somebody's luck."""

    max_frames: int = 512
    max_image_bytes: int = 8_000_000
    max_record_bytes: int = 65_536


def checksum(data: bytes) -> str:
    """sha256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def write_chunk(frames: Sequence[Frame]) -> bytes:
    """The same frames give the same bytes, so that a chunk sent twice can be recognised by its checksum."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for frame in frames:
            name = f"{frame.record.step:05d}"
            record = json.dumps(frame.record.to_json(), sort_keys=True).encode()
            for suffix, data in ((_RECORD_SUFFIX, record), (f".{frame.record.image_format}", frame.image)):
                member = tarfile.TarInfo(name + suffix)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def read_chunk(data: bytes, limits: ChunkLimits | None = None) -> list[Frame]:
    """Frames in the order of the chunk; every picture is checked against its record's sha256.

    Raises ChunkError on anything that `write_chunk` would not have written: links, folders, sparse or extended members,
    foreign names, steps twice, a record without picture, wrong checksums or formats, too many or too large members,
    trailing damage.
    """
    members = _read_members(data, limits or ChunkLimits())
    if len(members) % 2 or not members:
        raise ChunkError(f"A chunk holds pairs of record and picture; this one has {len(members)} members")
    frames = [_read_frame(members[at], members[at + 1]) for at in range(0, len(members), 2)]
    steps = [frame.record.step for frame in frames]
    if len(set(steps)) != len(steps):
        raise ChunkError("A chunk holds each step once; this one repeats a step")
    if len({(frame.record.shard_id, frame.record.attempt, frame.record.agent) for frame in frames}) != 1:
        raise ChunkError("A chunk belongs to one attempt of one agent at one shard; this one mixes several")
    return frames


def _read_members(data: bytes, limits: ChunkLimits) -> list[tuple[str, bytes]]:
    """Block by block, plain files alone: tarfile follows extended headers without end, and fills sparse files with zeros."""
    members: list[tuple[str, bytes]] = []
    at = 0
    while any(block := data[at : at + tarfile.BLOCKSIZE]):
        if len(members) >= 2 * limits.max_frames:
            raise ChunkError(f"A chunk holds at most {limits.max_frames} frames; send smaller ones")
        header = _read_header(block, limits)
        start = at + tarfile.BLOCKSIZE
        content = data[start : start + header.size]
        if len(content) != header.size:
            raise ChunkError(f"Member {header.name!r:.80} is cut off after {len(content)} of {header.size} bytes")
        members.append((header.name, content))
        at = start + -(-header.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    if at >= len(data) or data[at:].strip(b"\0"):
        raise ChunkError(f"A chunk ends with blocks of zeros alone; this one of {len(data)} bytes does not")
    return members


def _read_header(block: bytes, limits: ChunkLimits) -> tarfile.TarInfo:
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError) as error:
        raise ChunkError(f"Not a readable chunk: {error}") from error
    allowed = limits.max_record_bytes if header.name.endswith(_RECORD_SUFFIX) else limits.max_image_bytes
    is_plain = header.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and "/" not in header.name
    if not is_plain or not 0 <= header.size <= allowed:
        raise ChunkError(f"Member {header.name!r:.80} is not a plain file of at most {allowed} bytes")
    return header


def _read_frame(record_member: tuple[str, bytes], image_member: tuple[str, bytes]) -> Frame:
    (record_name, record_json), (image_name, image) = record_member, image_member
    try:
        record = FrameRecord.from_json(json.loads(record_json))
    except (ValueError, RecursionError, ProtocolError) as error:
        raise ChunkError(f"Record {record_name!r:.80} cannot be read: {error}") from error
    name = f"{record.step:05d}"
    if (record_name, image_name) != (name + _RECORD_SUFFIX, f"{name}.{record.image_format}"):
        raise ChunkError(
            f"Expected {name}.json and {name}.{record.image_format}, got {record_name!r:.80}, {image_name!r:.80}"
        )
    if checksum(image) != record.sha256:
        raise ChunkError(f"The picture of step {record.step} does not match its sha256; it was damaged on its way")
    if (found := image_format_of(image)) != record.image_format:
        raise ChunkError(
            f"The picture of step {record.step} is {found or 'no picture'}, its record says {record.image_format}"
        )
    return Frame(record, image)
