"""What the tables hold: `frames` (labels and where they come from), `images` (the pictures), and for each recogniser an
`embeddings_...` table (settings, embedding, quality).

A row is one captured frame, named by shard and step. Face and skin are ids as the creator shows them, sliders are in the
profile's menu order. `slider_set` is the number that the sweep gave it.
"""

from __future__ import annotations

import re

import pyarrow as pa

from creator.profile import Profile
from dataset.errors import FramesRefusedError

SCHEMA_VERSION = 2
"""1: as it began. 2: every table tells schema, profile and names of sliders in its properties (dataset/migrate.py)."""

FRAMES = "frames"
IMAGES = "images"
_EMBEDDINGS_PREFIX = "embeddings_"
_RECOGNISER = re.compile(r"[a-z0-9_]+(-[a-z0-9_]+)*")

_ROW_NAME = [pa.field("shard_id", pa.string(), nullable=False), pa.field("step", pa.int32(), nullable=False)]


def embeddings_name(recogniser: str) -> str:
    """The table of a recogniser's embeddings, by the recogniser's identity in text."""
    if not _RECOGNISER.fullmatch(recogniser):
        raise FramesRefusedError(f"Recogniser {recogniser!r:.80}: expected a name as in 'dlib-1a2b3c4d'")
    return _EMBEDDINGS_PREFIX + recogniser.replace("-", "_")


def _settings(profile: Profile) -> list[pa.Field]:
    return [
        pa.field("slider_set", pa.int64(), nullable=False),
        pa.field("gender", pa.string(), nullable=False),
        pa.field("face", pa.int32(), nullable=False),
        pa.field("skin", pa.int32(), nullable=False),
        pa.field("sliders", pa.list_(pa.int16(), len(profile.sliders)), nullable=False),
    ]


def table_properties(profile: Profile) -> dict[str, str]:
    """What a reader of a single table wants to know who has neither marker nor profile at hand."""
    return {
        "lookalike.schemaVersion": str(SCHEMA_VERSION),
        "lookalike.profile": f"{profile.name} {profile.hash}",
        "lookalike.sliders": ",".join(row.name for row in profile.sliders),
    }


def frames_schema(profile: Profile) -> pa.Schema:
    provenance = [
        ("attempt", pa.int32()),
        ("agent", pa.string()),
        ("game_version", pa.string()),
        ("calibration_id", pa.string()),
        ("profile_hash", pa.string()),
        ("confidence", pa.float64()),
        ("captured_seconds", pa.float64()),
        ("captured_unix_seconds", pa.float64()),
        ("image_format", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("sha256", pa.string()),
    ]
    return pa.schema(_ROW_NAME + _settings(profile) + [pa.field(*field, nullable=False) for field in provenance])


def images_schema() -> pa.Schema:
    return pa.schema(
        [
            *_ROW_NAME,
            pa.field("image_format", pa.string(), nullable=False),
            pa.field("sha256", pa.string(), nullable=False),
            pa.field("image", pa.binary(), nullable=False),
        ]
    )


def embeddings_schema(profile: Profile, dimension: int) -> pa.Schema:
    """`has_face` is false where the recogniser found none; embedding and norm are NaN there."""
    return pa.schema(
        [
            *_ROW_NAME,
            *_settings(profile),
            pa.field("has_face", pa.bool_(), nullable=False),
            pa.field("embedding", pa.list_(pa.float32(), dimension), nullable=False),
            pa.field("norm", pa.float32(), nullable=False),
            pa.field("score", pa.float32(), nullable=False),
        ]
    )
