"""Frames become durable Parquet files that no reader sees yet: one in each table's folder, under a name of its own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from creator.character import check_character
from creator.errors import CharacterError
from creator.profile import Profile
from dataset.errors import FramesRefusedError
from dataset.parquet import encode_table
from dataset.record import StagedChunk, StagedFile, check_shard_id
from dataset.rows import FrameEmbeddings
from dataset.schema import FRAMES, IMAGES, embeddings_name, embeddings_schema, frames_schema, images_schema
from dataset.store import Store
from protocol.frame import Frame, FrameRecord


def stage_frames(
    store: Store, profile: Profile, frames: Sequence[Frame], embeddings: FrameEmbeddings, recogniser: str
) -> StagedChunk:
    """Raises FramesRefusedError before anything is written when a frame must not become a row."""
    check_frames(profile, frames, embeddings)
    first = frames[0].record
    tables = {
        IMAGES: images_table(frames),
        embeddings_name(recogniser): embeddings_table(profile, frames, embeddings),
        FRAMES: frames_table(profile, frames),
    }
    name = f"{first.shard_id}.{first.attempt}.{uuid.uuid4().hex}.parquet"
    files = tuple(_write(store, table, name, rows) for table, rows in tables.items())
    steps = tuple(frame.record.step for frame in frames)
    return StagedChunk(first.shard_id, first.attempt, recogniser, embeddings.dimension, steps, files)


def shard_id_of(path: str) -> str:
    """The shard that a staged file belongs to, by the name that `stage_frames` gave it."""
    return path.rsplit("/", 1)[-1].rsplit(".", 3)[0]


def _write(store: Store, table: str, name: str, rows: pa.Table) -> StagedFile:
    content = encode_table(rows)
    store.write(f"{table}/{name}", content)
    return StagedFile(table, name, rows.num_rows, len(content))


def check_frames(profile: Profile, frames: Sequence[Frame], embeddings: FrameEmbeddings) -> None:
    """Raises FramesRefusedError naming the first frame that must not become a row."""
    if not frames:
        raise FramesRefusedError("No frames to stage")
    if len(embeddings) != len(frames):
        raise FramesRefusedError(f"{len(frames)} frames and {len(embeddings)} embeddings; each frame needs one")
    records = [frame.record for frame in frames]
    check_shard_id(records[0].shard_id)
    if len({(record.shard_id, record.attempt) for record in records}) != 1:
        raise FramesRefusedError(
            f"Frames of several shards or attempts, {records[0].shard_id} among them; stage each alone"
        )
    if len({record.step for record in records}) != len(records):
        raise FramesRefusedError(f"Shard {records[0].shard_id}: a step stands twice among the frames")
    for record in records:
        _check_label(profile, record)


def _check_label(profile: Profile, record: FrameRecord) -> None:
    where = f"Step {record.step} of shard {record.shard_id}"
    if not record.is_verified:
        raise FramesRefusedError(f"{where} was not read back from the screen; capture it again")
    if record.profile_hash != profile.hash:
        raise FramesRefusedError(
            f"{where} was captured with profile {record.profile_hash}, these tables hold {profile.name} {profile.hash}"
        )
    try:
        check_character(profile, record.character)
    except CharacterError as error:
        raise FramesRefusedError(f"{where}: {error}") from error


def frames_table(profile: Profile, frames: Sequence[Frame]) -> pa.Table:
    schema = frames_schema(profile)
    columns = _row_names(frames) | _settings(profile, frames)
    for name in schema.names:
        if name not in columns:
            columns[name] = pa.array([getattr(frame.record, name) for frame in frames], schema.field(name).type)
    return _table(columns, schema)


def images_table(frames: Sequence[Frame]) -> pa.Table:
    columns = _row_names(frames) | {
        "image_format": pa.array([frame.record.image_format for frame in frames]),
        "sha256": pa.array([frame.record.sha256 for frame in frames]),
        "image": pa.array([frame.image for frame in frames], pa.binary()),
    }
    return _table(columns, images_schema())


def embeddings_table(profile: Profile, frames: Sequence[Frame], embeddings: FrameEmbeddings) -> pa.Table:
    flat = np.ascontiguousarray(embeddings.embeddings_ND, np.float32).reshape(-1)
    columns = (
        _row_names(frames)
        | _settings(profile, frames)
        | {
            "has_face": pa.array(embeddings.has_face_N),
            "embedding": pa.FixedSizeListArray.from_arrays(pa.array(flat), embeddings.dimension),
            "norm": pa.array(embeddings.norms_N.astype(np.float32)),
            "score": pa.array(embeddings.scores_N.astype(np.float32)),
        }
    )
    return _table(columns, embeddings_schema(profile, embeddings.dimension))


def _row_names(frames: Sequence[Frame]) -> dict[str, pa.Array]:
    return {
        "shard_id": pa.array([frame.record.shard_id for frame in frames]),
        "step": pa.array([frame.record.step for frame in frames], pa.int32()),
    }


def _settings(profile: Profile, frames: Sequence[Frame]) -> dict[str, pa.Array]:
    characters = [frame.record.character for frame in frames]
    sliders = np.array([character.sliders for character in characters], np.int16).reshape(-1)
    return {
        "slider_set": pa.array([frame.record.slider_set for frame in frames], pa.int64()),
        "gender": pa.array([character.gender for character in characters]),
        "face": pa.array([character.face for character in characters], pa.int32()),
        "skin": pa.array([character.skin for character in characters], pa.int32()),
        "sliders": pa.FixedSizeListArray.from_arrays(pa.array(sliders), len(profile.sliders)),
    }


def _table(columns: dict[str, pa.Array], schema: pa.Schema) -> pa.Table:
    return pa.table([columns[name] for name in schema.names], schema=schema)
