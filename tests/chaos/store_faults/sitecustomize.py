"""Imported by every Python process that finds this folder on its path: stores, tables' logs and reads fail and stall there."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any


class FaultyStores(MetaPathFinder):
    """Takes part in two imports only; no other is touched or made slower."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _CHANGES:
            return None
        spec = PathFinder.find_spec(fullname, path)
        assert spec is not None
        assert spec.loader is not None
        execute = spec.loader.exec_module

        def execute_and_replace(module: ModuleType) -> None:
            execute(module)
            _CHANGES[fullname](module)

        spec.loader.exec_module = execute_and_replace  # type: ignore[method-assign]
        return spec


def _change_dataset(module: Any) -> None:
    open_store = module.open_store

    def open_faulty_store(url: Any) -> Any:
        from faulty_store import FaultyStore

        return FaultyStore(open_store(url), _share(), stalled=_stalled())

    module.open_store = open_faulty_store


def _change_table(module: Any) -> None:
    from faults import Faults
    from faulty_delta import faulty_delta

    module.DeltaTable = faulty_delta(Faults(_share(), stalled=_stalled()))


def _share() -> float:
    return float(os.environ["CHAOS_FAILING_SHARE"])


def _stalled() -> Path:
    return Path(os.environ["CHAOS_STALLED"])


_CHANGES = {"dataset.dataset": _change_dataset, "dataset.table": _change_table}
sys.meta_path.insert(0, FaultyStores())
