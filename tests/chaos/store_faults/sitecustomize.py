"""Imported by every Python process that finds this folder on its path: `dataset` opens stores that fail and stall there."""

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
    """Takes part in one import only; no other is touched or made slower."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "dataset.dataset":
            return None
        spec = PathFinder.find_spec(fullname, path)
        assert spec is not None
        assert spec.loader is not None
        execute = spec.loader.exec_module

        def execute_and_replace(module: ModuleType) -> None:
            execute(module)
            module.open_store = _faulty(module.open_store)  # type: ignore[attr-defined]

        spec.loader.exec_module = execute_and_replace  # type: ignore[method-assign]
        return spec


def _faulty(open_store: Any) -> Any:
    def open_faulty_store(url: Any) -> Any:
        from faulty_store import FaultyStore

        share, stalled = float(os.environ["CHAOS_FAILING_SHARE"]), Path(os.environ["CHAOS_STALLED"])
        return FaultyStore(open_store(url), share, stalled=stalled)

    return open_faulty_store


sys.meta_path.insert(0, FaultyStores())
