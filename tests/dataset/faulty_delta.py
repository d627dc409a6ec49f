"""Delta's own reading and writing of a table's log, and Arrow's of its files, with faults: as each tells of a network's."""

from __future__ import annotations

from typing import Any

import pyarrow.fs
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from faults import Faults


def faulty_delta(faults: Faults) -> type[DeltaTable]:
    """In place of `dataset.table.DeltaTable`."""

    class FaultyDeltaTable(DeltaTable):
        def __init__(self, *told: Any, **named: Any) -> None:
            faults.strike(DeltaError, "open", super().__init__, *told, **named)

        @classmethod
        def create(cls, *told: Any, **named: Any) -> DeltaTable:
            found: DeltaTable = faults.strike(DeltaError, "create", super().create, *told, **named)
            return found

        def update_incremental(self) -> None:
            faults.strike(DeltaError, "refresh", super().update_incremental)

        def create_write_transaction(self, *told: Any, **named: Any) -> None:
            faults.strike(DeltaError, "append", super().create_write_transaction, *told, **named)

        @property
        def alter(self) -> Any:
            return FaultyAlterer(super().alter)

    class FaultyAlterer:
        def __init__(self, alterer: Any) -> None:
            self._alterer = alterer

        def set_table_properties(self, *told: Any, **named: Any) -> None:
            faults.strike(DeltaError, "describe", self._alterer.set_table_properties, *told, **named)

    return FaultyDeltaTable


class FaultyFiles(pyarrow.fs.FSSpecHandler):
    """Opening a file for reading fails."""

    def __init__(self, filesystem: Any, faults: Faults) -> None:
        from fsspec.implementations.arrow import ArrowFSWrapper

        super().__init__(ArrowFSWrapper(filesystem))
        self._files = filesystem
        self._faults = faults

    def open_input_file(self, path: str) -> Any:
        return self._faults.strike(OSError, f"reading {path}", self._files.open_input_file, path)


def faulty_files(filesystem: Any, faults: Faults) -> Any:
    """In place of a store's `arrow_filesystem`."""
    return pyarrow.fs.PyFileSystem(FaultyFiles(filesystem, faults))
