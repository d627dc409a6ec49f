"""Stored frames are embedded again by another network: all of them, once, whatever stops the run."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from generated_networks import write_folder
from numpy.typing import NDArray
from PIL import Image

from creator.character import default_character
from creator.profile import Profile
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.errors import DatasetError, FramesRefusedError
from dataset.export import export_snapshot
from dataset.reembedding import Reembedding
from dataset.rows import FrameEmbeddings
from dataset.vacuum import find_orphans
from dataset.verify import verify
from embedding.actor_config import EmbeddingConfig
from embedding.embedder import Embedder
from embedding.errors import RecogniserMismatchError
from embedding.frames import FrameEmbeddings as Embedded
from embedding.open import open_recogniser
from embedding.recogniser import RecogniserId
from embedding.reembed import reembed_all, reembed_here, reembed_shard, reembedding_of
from embedding.reembed_job import ReembedActor, ReembedConfig, reembed_with_ray
from protocol.chunk import checksum
from protocol.frame import Frame, FrameRecord

SHARDS = {"sweep-00000": 3, "sweep-00001": 2, "sweep-00002": 1}
CAPTURED_WITH = "first_net-0123abcd"


@pytest.fixture
def profile() -> Profile:
    return load_profile("small")


@pytest.fixture
def tables(tmp_path: Path, profile: Profile, astronaut: NDArray[np.uint8]) -> Dataset:
    """Six frames of a portrait that moves; one of them shows nothing."""
    dataset = Dataset.open(tmp_path / "data", profile)
    for shard_id, num_frames in SHARDS.items():
        commit(dataset, shard_id, [np.roll(astronaut, 3 * step, axis=1)[::2, ::2] for step in range(num_frames)])
    return dataset


def commit(dataset: Dataset, shard_id: str, pictures: list[NDArray[np.uint8]]) -> None:
    frames = [frame(dataset.profile, shard_id, step, picture) for step, picture in enumerate(pictures)]
    values_ND = np.ones((len(frames), 4), dtype=np.float32)
    embeddings = FrameEmbeddings(values_ND, values_ND[:, 0] * 2, values_ND[:, 0])
    dataset.commit_shard(shard_id, [dataset.stage(frames, embeddings, CAPTURED_WITH)])


def frame(profile: Profile, shard_id: str, step: int, picture: NDArray[np.uint8]) -> Frame:
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(stream, "PNG")
    record = FrameRecord(
        shard_id=shard_id,
        step=step,
        slider_set=step,
        attempt=1,
        agent="agent-1",
        game_version="1.0",
        calibration_id="calibration",
        profile_hash=profile.hash,
        character=default_character(profile, profile.genders[0]),
        is_verified=True,
        confidence=1.0,
        captured_seconds=1.0,
        captured_unix_seconds=1.7e9,
        image_format="png",
        width=picture.shape[1],
        height=picture.shape[0],
        sha256=checksum(stream.getvalue()),
    )
    return Frame(record, stream.getvalue())


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(open_recogniser("dlib"))


def test_all_frames_get_a_row_in_a_table_of_their_own(tables: Dataset, embedder: Embedder) -> None:
    run = reembedding_of(tables, embedder)
    done: list[int] = []

    reembed_here(run, embedder, run.missing_shards(), done.append)

    assert run.recogniser not in tables.recognisers()  # nothing is seen before it is all there
    assert run.commit() == sum(done) == 6
    rows = tables.embeddings_table(run.recogniser)
    assert rows["has_face"].to_pylist() == [True] * 6
    pictures = run.pictures("sweep-00000")
    expected: Embedded = embedder.embed_encoded(pictures.images)
    found = tables.embeddings(run.recogniser).read(["step", "embedding"], shard_id="sweep-00000").sort_by("step")
    np.testing.assert_allclose(np.array(found["embedding"].to_pylist()), expected.embeddings_ND, atol=1e-5)
    labels = ["shard_id", "step", "gender", "face", "skin", "sliders"]
    order = [("shard_id", "ascending"), ("step", "ascending")]
    assert rows.select(labels).sort_by(order).equals(tables.frame_table(labels).sort_by(order))


def test_tables_with_a_second_network_are_sound_and_can_be_exported(
    tables: Dataset, embedder: Embedder, tmp_path: Path
) -> None:
    run = reembedding_of(tables, embedder)
    reembed_here(run, embedder, run.missing_shards())
    run.commit()

    report = verify(tables)
    snapshot = export_snapshot(tables, tmp_path / "snapshot", recogniser=run.recogniser)

    assert report.problems == ()
    assert find_orphans(tables) == []
    assert snapshot.embeddings_ND.shape == (6, 128)
    assert tables.recognisers() == {CAPTURED_WITH: 4, run.recogniser: 128}


def test_a_stopped_run_goes_on_and_a_finished_one_has_nothing_to_do(tables: Dataset, embedder: Embedder) -> None:
    reembed_shard(reembedding_of(tables, embedder), embedder, "sweep-00001")

    again = reembedding_of(tables, embedder)  # as a new process would
    assert again.missing_shards() == ["sweep-00000", "sweep-00002"]
    reembed_here(again, embedder, again.missing_shards())
    assert again.commit() == 6

    third = reembedding_of(tables, embedder)
    assert third.missing_shards() == []
    assert third.commit() == 0
    assert len(tables.embeddings_table(third.recogniser)) == 6


def test_an_actor_whose_weights_are_others_refuses_to_work(tables: Dataset) -> None:
    wanted = RecogniserId("dlib", "00000000", 128)

    with pytest.raises(RecogniserMismatchError, match="dlib-00000000"):
        ReembedActor(ReembedConfig(data_url=tables.store.url, profile="small", recogniser=wanted))
    assert Reembedding(tables, str(wanted), 128).missing_shards() == list(SHARDS)


def test_a_run_that_breaks_off_keeps_what_it_did(tables: Dataset, embedder: Embedder) -> None:
    run = reembedding_of(tables, embedder)

    def break_off(shard_ids: Sequence[str]) -> None:
        reembed_here(run, embedder, shard_ids[:2])
        raise ConnectionError("the power went")

    with pytest.raises(ConnectionError):
        reembed_all(run, break_off)
    assert run.recogniser not in tables.recognisers()
    again = reembedding_of(tables, embedder)
    passes: list[Sequence[str]] = []

    def go_on(shard_ids: Sequence[str]) -> None:
        passes.append(shard_ids)
        reembed_here(again, embedder, shard_ids)

    assert reembed_all(again, go_on) == (6, [])
    assert passes == [["sweep-00002"]]
    assert len(tables.embeddings_table(run.recogniser)) == 6


def test_shards_that_are_committed_meanwhile_are_embedded_too(
    tables: Dataset, embedder: Embedder, astronaut: NDArray[np.uint8]
) -> None:
    run = reembedding_of(tables, embedder)
    passes: list[Sequence[str]] = []

    def embed_while_others_capture(shard_ids: Sequence[str]) -> None:
        passes.append(shard_ids)
        if len(passes) < 4:
            commit(tables, f"late-{len(passes)}", [astronaut[::2, ::2]])
        reembed_here(run, embedder, shard_ids)

    assert reembed_all(run, embed_while_others_capture, most_passes=2) == (7, ["late-2"])
    assert reembed_all(run, embed_while_others_capture) == (2, [])
    assert passes == [list(SHARDS), ["late-1"], ["late-2"], ["late-3"]]
    assert len(tables.embeddings_table(run.recogniser)) == 9


def test_a_shard_that_two_embed_at_once_counts_once(tables: Dataset, embedder: Embedder) -> None:
    first, second = reembedding_of(tables, embedder), reembedding_of(tables, embedder)
    rows = [reembed_shard(run, embedder, "sweep-00000") for run in (first, second)]

    assert rows == [3, 0]
    assert (first.commit(), second.commit()) == (3, 0)
    assert len(tables.embeddings_table(first.recogniser)) == 3
    assert len(find_orphans(tables)) == 1  # the loser's file, which vacuum collects


def test_shards_that_came_later_are_added_by_the_next_run(
    tables: Dataset, embedder: Embedder, astronaut: NDArray[np.uint8]
) -> None:
    run = reembedding_of(tables, embedder)
    reembed_here(run, embedder, run.missing_shards())
    run.commit()
    commit(tables, "sweep-00003", [astronaut, np.zeros_like(astronaut)])

    run = reembedding_of(tables, embedder)
    assert run.missing_shards() == ["sweep-00003"]
    reembed_here(run, embedder, run.missing_shards())

    assert run.commit() == 2
    rows = tables.embeddings(run.recogniser).read(["step", "has_face"], shard_id="sweep-00003").sort_by("step")
    assert rows["has_face"].to_pylist() == [True, False]


def test_frames_that_were_captured_with_the_network_are_not_embedded_again(tables: Dataset) -> None:
    assert Reembedding(tables, CAPTURED_WITH, 4).missing_shards() == []
    with pytest.raises(DatasetError, match="4"):
        Reembedding(tables, CAPTURED_WITH, 5)


def test_embeddings_that_do_not_fit_the_pictures_are_refused(tables: Dataset, embedder: Embedder) -> None:
    run = reembedding_of(tables, embedder)
    values_ND = np.zeros((2, 128), dtype=np.float32)

    with pytest.raises(FramesRefusedError, match="2 embeddings"):
        run.stage(run.pictures("sweep-00000"), FrameEmbeddings(values_ND, values_ND[:, 0], values_ND[:, 0]))


def test_an_actor_of_the_pool_stages_what_it_is_given(tables: Dataset, embedder: Embedder) -> None:
    identity = embedder.recogniser.identity
    actor = ReembedActor(ReembedConfig(data_url=tables.store.url, profile="small", recogniser=identity))

    answer = actor({"shard_id": np.array(["sweep-00000", "sweep-00001"])})

    assert answer == {"shard_id": ["sweep-00000", "sweep-00001"], "num_rows": [3, 2]}
    assert reembedding_of(tables, embedder).missing_shards() == ["sweep-00002"]


@pytest.mark.slow
def test_a_pool_of_actors_stages_everything(tables: Dataset, tmp_path: Path) -> None:
    networks = tmp_path / "networks"
    networks.mkdir()
    write_folder(networks)
    config = ReembedConfig(
        data_url=tables.store.url,
        profile="small",
        recogniser=open_recogniser("dlib").identity,
        embedding=EmbeddingConfig(recogniser="dlib", num_cpus=0.5, max_replicas=2),
    )
    run = Reembedding(tables, str(open_recogniser("dlib").identity), 128)
    done: list[int] = []

    reembed_with_ray(config, run.missing_shards(), done.append)

    assert run.commit() == sum(done) == 6
