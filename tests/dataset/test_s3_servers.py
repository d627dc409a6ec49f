"""The tables on S3 servers: what holds on a folder holds there, whoever races."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faulty_proxy import faulty_proxy
from making import RECOGNISER, stage_steps
from servers import make_bucket, moto, radosgw, swift

from creator.profile import Profile
from dataset.compact import compact
from dataset.dataset import Dataset
from dataset.errors import StoreUnsafeError
from dataset.vacuum import find_orphans, vacuum
from dataset.verify import verify

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SERVERS = {"moto": moto, "radosgw": radosgw}


@pytest.fixture(params=list(SERVERS), scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its environment is ours while the tests run."""
    with (
        SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as environment,
        pytest.MonkeyPatch.context() as patched,
    ):
        for name, value in environment.items():
            patched.setenv(name, value)
        make_bucket("lookalike")
        yield str(request.param)


@pytest.fixture
def url(server: str, request: pytest.FixtureRequest) -> str:
    return f"s3://lookalike/{request.node.originalname}"


def test_shards_are_committed_read_and_verified(url: str, profile: Profile) -> None:
    dataset = Dataset.open(url, profile)
    shards = {f"sweep-{number:05d}": 3 for number in range(4)}
    for shard_id, num_rows in shards.items():
        assert dataset.commit_shard(shard_id, [stage_steps(dataset, shard_id, range(num_rows))])

    again = Dataset.open(url, profile)

    assert verify(again, shards).is_clean
    assert again.embeddings_table(RECOGNISER, ["step"]).num_rows == 12
    assert again.frame_image("sweep-00002:1")


def test_of_racing_committers_one_wins_each_shard(url: str, profile: Profile) -> None:
    datasets = [Dataset.open(url, profile) for _ in range(4)]
    shards = [f"race-{number:05d}" for number in range(4)]

    def commit(at: int) -> list[str]:
        dataset = datasets[at]
        return [
            name
            for name in shards
            if dataset.commit_shard(name, [stage_steps(dataset, name, range(2), attempt=at + 1)])
        ]

    with ThreadPoolExecutor(4) as threads:
        winners = [name for won in threads.map(commit, range(4)) for name in won]

    assert sorted(winners) == shards
    report = verify(Dataset.open(url, profile), dict.fromkeys(shards, 2))
    assert report.is_clean, report.problems[:5]
    assert len(report.orphans) == 3 * 3 * len(shards)


def test_compaction_and_vacuum_keep_every_row_once(url: str, profile: Profile) -> None:
    dataset = Dataset.open(url, profile)
    shards = {f"sweep-{number:05d}": 2 for number in range(5)}
    for shard_id in shards:
        dataset.commit_shard(shard_id, [stage_steps(dataset, shard_id, range(2))])

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(compact, [dataset, Dataset.open(url, profile)]))
    vacuum(dataset, min_age_seconds=0, clock=lambda: 1e12)

    assert verify(Dataset.open(url, profile), shards).is_clean
    assert find_orphans(dataset) == []


def test_nothing_of_the_credentials_is_shown(url: str, profile: Profile) -> None:
    dataset = Dataset.open(url, profile)
    assert "secret" not in repr(dataset) + dataset.store.url + repr(dataset.store)
    assert Path(dataset.store.url).name == "test_nothing_of_the_credentials_is_shown"


def test_shards_are_committed_once_behind_a_network_that_loses_requests_and_answers(
    url: str, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    shards = {f"sweep-{number:05d}": 2 for number in range(6)}
    server_url = os.environ["AWS_ENDPOINT_URL"]
    with faulty_proxy(server_url, 0.05, seed=2) as proxy, monkeypatch.context() as struck:
        struck.setenv("AWS_ENDPOINT_URL", proxy.url)
        dataset = Dataset.open(url, profile)
        for shard_id in shards:
            dataset.commit_shard(shard_id, [stage_steps(dataset, shard_id, range(2))])
        assert verify(dataset, shards).is_clean

        assert proxy.num_failed > 5

    assert verify(Dataset.open(url, profile), shards).is_clean


def test_a_server_on_which_several_writers_win_is_refused(
    tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Swift answers every sequential check as S3 does."""
    with swift(tmp_path) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        make_bucket("lookalike")

        with pytest.raises(StoreUnsafeError, match=r"\d of 8 racing conditional writes won.*use a store that honours"):
            Dataset.open("s3://lookalike/data", profile)
