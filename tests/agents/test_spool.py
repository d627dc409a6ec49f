from __future__ import annotations

import threading
from pathlib import Path

import pytest

from agents.errors import SpoolError
from agents.spool import Spool


def test_what_was_put_is_there_after_a_restart_and_gone_after_its_acknowledgement(tmp_path: Path) -> None:
    Spool(tmp_path / "spool").open()
    Spool(tmp_path / "spool").put("lease/1.x", 0, b"frames")

    (chunk,) = (spool := Spool(tmp_path / "spool")).open()
    assert (chunk.lease_id, chunk.number, chunk.read()) == ("lease/1.x", 0, b"frames")
    spool.acknowledge(chunk)

    assert spool.pending() == []


def test_half_a_chunk_left_by_a_kill_is_removed(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.open()
    whole, damaged = spool.put("a", 0, b"whole"), spool.put("a", 1, b"damaged")
    damaged.path.write_bytes(b"dam")
    (tmp_path / "a.00002.0123456789abcdef.tmp").write_bytes(b"half")

    assert Spool(tmp_path).open() == [whole]
    assert [path.name for path in tmp_path.iterdir()] == [whole.path.name]


def test_a_full_spool_waits_until_there_is_room(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=10)
    spool.open()
    first = spool.put("a", 0, b"12345678")
    threading.Timer(0.1, spool.acknowledge, [first]).start()

    spool.put("a", 1, b"12345678")

    assert [chunk.number for chunk in spool.pending()] == [1]


def test_a_full_spool_does_not_keep_an_agent_from_stopping(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=10)
    spool.open()
    spool.put("a", 0, b"12345678")
    stop = threading.Event()
    stop.set()

    with pytest.raises(SpoolError, match="full"):
        spool.put("a", 1, b"12345678", stop)


def test_a_chunk_larger_than_the_spool_is_an_error_at_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=10)
    spool.open()

    with pytest.raises(SpoolError, match="raise its limit"):
        spool.put("a", 0, bytes(11))


def test_a_folder_that_is_a_file_is_named_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SpoolError, match="file"):
        Spool(tmp_path / "file").open()
