"""What can go wrong with the tables.

LookalikeError
└── DatasetError
    ├── StoreError
    │   ├── StoreUnreachableError   nobody answers at the address, or not in time
    │   ├── StoreNotWritableError   the store answers and refuses
    │   └── StoreUnsafeError        two writers can both win the same key
    ├── SchemaVersionError          written by another release
    ├── ProfileMismatchError        the rows are of another profile
    ├── FramesRefusedError          frames that must not become rows
    ├── CommitError                 chunks that do not make up one shard
    ├── TableReadError              a file of a table is missing or damaged
    ├── MissingFrameError           no committed frame has this id
    └── SnapshotError               a snapshot's folder is missing, damaged or in the way
"""

from __future__ import annotations

from protocol.errors import LookalikeError
from telemetry.log import without_secrets


class DatasetError(LookalikeError):
    """Raised when the tables cannot be read or written. What a library said about an address goes into the text without its
    password."""

    def __init__(self, explanation: str) -> None:
        super().__init__(without_secrets(explanation))


class StoreError(DatasetError):
    """Raised when the place that holds the tables fails; `url` never holds credentials."""

    def __init__(self, url: str, explanation: str) -> None:
        self.url = url
        self.explanation = without_secrets(explanation)
        super().__init__(f"{url}: {explanation}")


class StoreUnreachableError(StoreError):
    """Raised when nobody answers at the store's address, or not in time. What was asked may have happened or not."""


class StoreNotWritableError(StoreError):
    """Raised when the store answers and refuses: rights, a full disk, a bucket that does not exist."""


class StoreUnsafeError(StoreError):
    """Raised when the store let two writers win the same key: rows would be committed twice or lost."""


class SchemaVersionError(DatasetError):
    """Raised when tables or a snapshot were written by a release with another schema."""

    def __init__(self, where: str, got: object, expected: int, remedy: str = "") -> None:
        self.got = got
        self.expected = expected
        is_older = isinstance(got, int) and got < expected
        told = remedy or ("run `lookalike data migrate`, when nobody captures" if is_older else "install that release")
        whose = "an earlier" if is_older else "another"
        super().__init__(f"{where} has schema version {got!r} of {whose} release, this one reads {expected}: {told}")


class ProfileMismatchError(DatasetError):
    """Raised when tables hold characters of another profile: their sliders and ids would mean something else."""

    def __init__(self, where: str, got: str, expected: str) -> None:
        self.got = got
        self.expected = expected
        super().__init__(
            f"{where} belongs to profile {got}, not to {expected}; use another folder or the other profile"
        )


class FramesRefusedError(DatasetError):
    """Raised when frames must not become rows: not verified, of several shards, or their embeddings do not fit."""


class CommitError(DatasetError):
    """Raised when chunks do not make up one shard: foreign ones among them, a step twice, a file that is gone."""


class TableReadError(DatasetError):
    """Raised when a file of a table is missing, fails its checksum, or the store does not answer."""


class MissingFrameError(DatasetError):
    """Raised when no committed frame has this id."""


class SnapshotError(DatasetError):
    """Raised when a snapshot's folder is missing, damaged, or holds something else."""
