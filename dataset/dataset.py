"""The tables of captured frames: stage, commit, read. On a folder or a bucket alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from creator.profile import Profile
from dataset.commit import Committer
from dataset.compaction_notes import CompactionNote, CompactionNotes
from dataset.errors import DatasetError, MissingFrameError
from dataset.marker import check_marker, create_marker, read_marker
from dataset.patience import ask_patiently
from dataset.probe import probe_store
from dataset.record import CommitRecord, StagedChunk
from dataset.reembedding import read_records, read_reembedded
from dataset.rows import FrameEmbeddings, parse_frame_id
from dataset.schema import FRAMES, IMAGES, embeddings_name
from dataset.stage import stage_frames
from dataset.store import Store, open_store
from dataset.table import Table
from protocol.frame import Frame


class Dataset:
    """Safe to use from several threads; several processes may stage and commit to the same tables. `committer`: its own way
    of committing."""

    def __init__(self, store: Store, profile: Profile, committer: Committer | None = None) -> None:
        self.store = store
        self.profile = profile
        self._committer = committer or Committer(store, profile)

    def __repr__(self) -> str:
        return f"Dataset({self.store.url!r}, {self.profile.name!r})"

    @classmethod
    def open(
        cls, url: str | Path, profile: Profile, *, batch_seconds: float = 0.0, always_probe: bool = False
    ) -> Dataset:
        """The tables at a folder's path or s3://bucket/prefix, created if missing; finishes what a dead process left.

        `batch_seconds`: commits of so many seconds reach the tables together, for who commits all the time; whoever opens them
        meanwhile finds all that is committed. `always_probe`: for who decides commits; tables may have been copied to a store
        that lets two writers win. Raises StoreError, ProfileMismatchError, SchemaVersionError.
        """
        store = open_store(url)
        committer = Committer(store, profile, batch_seconds=batch_seconds)
        return cls.open_in(store, profile, committer, always_probe=always_probe)

    @classmethod
    def open_in(
        cls, store: Store, profile: Profile, committer: Committer | None = None, *, always_probe: bool = False
    ) -> Dataset:
        """A store that does not answer is asked again a few times."""
        is_new = ask_patiently(lambda: read_marker(store)) is None
        if is_new or always_probe:
            probe_store(store)
        if is_new:
            ask_patiently(lambda: create_marker(store, profile))
        ask_patiently(lambda: check_marker(store, profile))
        dataset = cls(store, profile, committer)
        ask_patiently(dataset.recover)
        return dataset

    def stage(self, frames: Sequence[Frame], embeddings: FrameEmbeddings, recogniser: str) -> StagedChunk:
        """Makes frames of one attempt at a shard durable; nobody sees them before `commit_shard`.

        `recogniser` is its identity in text. Raises FramesRefusedError for frames that were not read back from the screen,
        that do not fit the profile, or whose embeddings do not fit them.
        """
        return stage_frames(self.store, self.profile, frames, embeddings, recogniser)

    def commit_shard(self, shard_id: str, chunks: Sequence[StagedChunk]) -> bool:
        """True: committed by this call. False: it was committed before, and nothing changes. Exactly once, whatever dies.

        After an error it is not known which; the same call again tells. Raises CommitError when the chunks are no shard.
        """
        return self._committer.commit_shard(shard_id, chunks)

    def flush(self) -> None:
        """Brings the tables up to what was committed here, where they follow later (`batch_seconds`)."""
        self._committer.flush()

    def recover(self) -> list[str]:
        """Finishes commits that died between decision and tables; returns the shards concerned."""
        return self._committer.recover()

    def committed_shards(self) -> dict[str, int]:
        """Rows by shard."""
        return {shard_id: record.num_rows for shard_id, record in sorted(self.records().items())}

    def records(self) -> dict[str, CommitRecord]:
        """The commit record of every committed shard."""
        return self._committer.records()

    def compactions(self) -> list[CompactionNote]:
        """What compactions wrote, those that died included."""
        return CompactionNotes(self.store).all()

    def num_rows(self) -> int:
        return sum(self.committed_shards().values())

    def recognisers(self) -> dict[str, int]:
        """Dimension of each recogniser that embeddings are there of, by its identity in text."""
        captured = {record.recogniser: record.dimension for record in self.records().values()}
        return read_reembedded(self.store) | captured

    def reembeddings(self) -> dict[str, dict[str, CommitRecord]]:
        """What was staged beside the captures themselves, by table and shard. See `dataset.reembedding`."""
        names = [embeddings_name(recogniser) for recogniser in read_reembedded(self.store)]
        return {name: read_records(self.store, name) for name in names}

    def table(self, name: str, dimension: int = 0) -> Table:
        """A table by its name, there or not; `dimension` is needed for one of embeddings."""
        return self._committer.table(name, dimension)

    def frames(self) -> Table:
        return self._committer.table(FRAMES)

    def images(self) -> Table:
        return self._committer.table(IMAGES)

    def embeddings(self, recogniser: str) -> Table:
        """Raises DatasetError naming the recognisers that there are embeddings of."""
        dimensions = self.recognisers()
        if recogniser not in dimensions:
            known = ", ".join(sorted(dimensions)) or "none yet"
            raise DatasetError(f"{self.store.url} holds no embeddings of {recogniser}; those of: {known}")
        return self._committer.table(embeddings_name(recogniser), dimensions[recogniser])

    def tables(self) -> tuple[Table, ...]:
        return (self.frames(), self.images(), *(self.embeddings(name) for name in sorted(self.recognisers())))

    def frame_table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Labels and where they come from, without pictures; all columns unless some are chosen."""
        return self.frames().read(columns)

    def embeddings_table(self, recogniser: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Settings, embedding and quality; all columns unless some are chosen."""
        return self.embeddings(recogniser).read(columns)

    def frame_image(self, frame_id: str) -> bytes:
        """The encoded picture. Raises MissingFrameError."""
        shard_id, step = parse_frame_id(frame_id)
        found = self.images().read(["image"], shard_id=shard_id, condition=pc.field("step") == step)
        if found.num_rows != 1:
            raise MissingFrameError(f"{self.store.url} holds no committed frame {frame_id}")
        image: bytes = found["image"][0].as_py()
        return image

    def version(self) -> str:
        """Names the present version of every table, as model cards do."""
        return " ".join(f"{table.name}@{table.version()}" for table in self.tables())
