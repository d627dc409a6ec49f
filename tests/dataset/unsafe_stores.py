"""Stores that do not keep a race, as some servers are."""

from __future__ import annotations

import threading

from dataset.local_store import LocalStore


class LoosingStore(LocalStore):
    """A store as some servers are: it looks whether a key is there, and then writes."""

    def put_if_absent(self, path: str, data: bytes) -> bool:
        if self.read(path) is not None:
            return False
        threading.Event().wait(0.005)
        self.write(path, data)
        return True


class CarelessStore(LocalStore):
    """Ignores the condition."""

    def put_if_absent(self, path: str, data: bytes) -> bool:
        self.write(path, data)
        return True


class LyingStore(LocalStore):
    """Tells one writer that it won and keeps another's bytes."""

    def put_if_absent(self, path: str, data: bytes) -> bool:
        return super().put_if_absent(path, b"something else")
