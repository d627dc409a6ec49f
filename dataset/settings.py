"""Columns of the tables as characters and arrays."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from protocol.character import Character


def decode_settings(rows: pa.RecordBatch | pa.Table) -> list[Character]:
    """The characters of rows of `frames` or of an embeddings table."""
    columns = [rows[name].to_pylist() for name in ("gender", "face", "skin", "sliders")]
    return [Character(gender, face, skin, tuple(sliders)) for gender, face, skin, sliders in zip(*columns, strict=True)]


def fixed_size_values(column: Any, length: int) -> NDArray[Any]:
    """A column of lists of `length` numbers as an array of rows x length."""
    lists = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    values: NDArray[Any] = lists.flatten().to_numpy(zero_copy_only=False)
    return values.reshape(-1, length)
