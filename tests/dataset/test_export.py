from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import DIMENSION, RECOGNISER, make_embeddings, make_frames

from creator.encoding import Encoding
from dataset.dataset import Dataset
from dataset.errors import DatasetError
from dataset.export import choose_held_out, export_snapshot
from dataset.rows import FrameEmbeddings
from dataset.snapshot import Snapshot
from protocol.frame import Frame


def commit(dataset: Dataset, shard_id: str, num_rows: int, recogniser: str = RECOGNISER) -> list[Frame]:
    frames = make_frames(dataset.profile, shard_id, range(num_rows))
    dataset.commit_shard(shard_id, [dataset.stage(frames, make_embeddings(num_rows), recogniser)])
    return frames


def test_a_snapshot_holds_every_committed_row_as_it_was_captured(dataset: Dataset, tmp_path: Path) -> None:
    frames = {
        f"{frame.record.shard_id}:{frame.record.step}": frame
        for name in ("a-00001", "b-00001")
        for frame in commit(dataset, name, 9)
    }
    snapshot = export_snapshot(dataset, tmp_path / "snapshot", seed=3)

    assert sorted(snapshot.frame_ids_N) == sorted(frames)
    characters = [frames[str(name)].record.character for name in snapshot.frame_ids_N]
    encoding = Encoding(dataset.profile)
    np.testing.assert_array_equal(snapshot.choices_N3, encoding.choices_N3(characters))
    np.testing.assert_array_equal(snapshot.sliders_NS, encoding.sliders_NS(characters))
    steps = [int(name.rpartition(":")[2]) for name in snapshot.frame_ids_N]
    np.testing.assert_array_equal(snapshot.embeddings_ND, make_embeddings(9).embeddings_ND[steps])
    assert snapshot.info.recogniser == RECOGNISER
    assert snapshot.info.dataset_version == "embeddings_test_net_0123abcd@2"
    assert (snapshot.info.profile_hash, snapshot.info.num_rows, snapshot.info.seed) == (dataset.profile.hash, 18, 3)
    assert len(Snapshot.open(tmp_path / "snapshot")) == 18


def test_the_same_number_in_two_sweeps_is_two_slider_sets_and_in_two_shards_one(
    dataset: Dataset, tmp_path: Path
) -> None:
    for shard_id in ("a-00001", "a-00002", "b-00001"):
        commit(dataset, shard_id, 6)
    snapshot = export_snapshot(dataset, tmp_path / "snapshot")
    sets = {str(name): number for name, number in zip(snapshot.frame_ids_N, snapshot.slider_sets_N, strict=True)}
    assert len(set(sets.values())) == 4
    assert sets["a-00001:0"] == sets["a-00002:2"] != sets["a-00001:3"]
    assert sets["a-00001:0"] != sets["b-00001:0"]


def test_rows_without_a_face_are_left_out(dataset: Dataset, tmp_path: Path) -> None:
    frames, embeddings = make_frames(dataset.profile, "a-00001", range(4)), make_embeddings(4)
    values_ND = embeddings.embeddings_ND.copy()
    values_ND[2] = np.nan
    nothing_N = np.where(np.arange(4) == 2, np.nan, embeddings.norms_N).astype(np.float32)
    chunk = dataset.stage(frames, FrameEmbeddings(values_ND, nothing_N, nothing_N), RECOGNISER)
    dataset.commit_shard("a-00001", [chunk])
    snapshot = export_snapshot(dataset, tmp_path / "snapshot")
    assert list(snapshot.frame_ids_N) == ["a-00001:0", "a-00001:1", "a-00001:3"]
    assert np.isfinite(snapshot.embeddings_ND).all()


def test_an_export_of_nothing_or_of_several_recognisers_says_what_to_do(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no rows yet"):
        export_snapshot(dataset, tmp_path / "snapshot")
    commit(dataset, "a-00001", 3)
    commit(dataset, "a-00002", 3, recogniser="other-1")
    with pytest.raises(DatasetError, match="name the one"):
        export_snapshot(dataset, tmp_path / "snapshot")
    snapshot = export_snapshot(dataset, tmp_path / "snapshot", recogniser="other-1")
    assert (len(snapshot), snapshot.embeddings_ND.shape[1]) == (3, DIMENSION)
    with pytest.raises(DatasetError, match="held_out_share"):
        export_snapshot(dataset, tmp_path / "snapshot", held_out_share=1.0)


slider_sets = st.lists(st.integers(0, 40), min_size=1, max_size=400).map(np.array)


@given(slider_sets, st.floats(0.01, 0.6), st.integers(0, 9))
def test_a_slider_set_is_held_out_whole_or_not_at_all(sets_N: np.ndarray, share: float, seed: int) -> None:
    is_held_out_N = choose_held_out(sets_N, share, seed)
    assert not set(sets_N[is_held_out_N]) & set(sets_N[~is_held_out_N])
    if len(set(sets_N)) > 1:
        assert is_held_out_N.any()
        assert not is_held_out_N.all()


@given(st.permutations(list(range(60))), st.integers(0, 9))
def test_the_choice_does_not_hang_on_the_order_of_rows(order: list[int], seed: int) -> None:
    sets_N = np.arange(60) // 3
    expected = set(sets_N[choose_held_out(sets_N, 0.2, seed)])
    shuffled_N = sets_N[order]
    assert set(shuffled_N[choose_held_out(shuffled_N, 0.2, seed)]) == expected


def test_the_share_is_met_and_the_seed_chooses(dataset: Dataset) -> None:
    sets_N = np.repeat(np.arange(200), 20)
    chosen = [choose_held_out(sets_N, 0.1, seed) for seed in range(5)]
    assert all(abs(is_held_out_N.mean() - 0.1) < 0.01 for is_held_out_N in chosen)
    assert len({is_held_out_N.tobytes() for is_held_out_N in chosen}) == 5


def test_most_held_out_sets_stay_so_when_rows_are_added() -> None:
    before = set(np.flatnonzero(choose_held_out(np.arange(500), 0.1, 0)))
    sets_N = np.arange(1000)
    after = set(sets_N[choose_held_out(sets_N, 0.1, 0)])
    assert len(before & after) >= 0.8 * len(before)
