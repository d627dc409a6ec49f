"""The main job on the small profile and in-memory twins: presses and pixels in, a matched and measured character out."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import uvicorn

from agents.agent import AgentConfig, AgentSummary, run_agent
from agents.calibrate import calibrate
from agents.calibration import Calibration
from agents.calibration_file import save_calibration
from agents.uplink import Uplink
from cli.demo.plan import DemoPlan
from cli.devices import DeviceKind, StandinOptions, open_device
from cli.integrity import check_labels
from cli.studio import open_studio
from coordinator.backend import local_backend
from coordinator.coordinator import Coordinator
from coordinator.gateway import create_gateway
from coordinator.tokens import TokenStore
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.export import export_snapshot
from dataset.verify import verify
from embedding.embedder import Embedder
from embedding.open import open_recogniser
from embedding.place import place_in_frames
from embedding.similarity import cosine
from matcher.matcher import Matcher
from matcher.verify import measure_similarity
from trainer.pipeline import TrainingConfig, train_all

PROFILE = load_profile("small")
PLACE = place_in_frames(PROFILE)
FAULTS = "dropped_press=0.02,popup=0.02"
FRAMES = 440


def test_the_main_job_runs_from_presses_to_a_measured_match(tmp_path: Path) -> None:
    # given a calibrated agent pair and a coordinator with the demo's sweeps
    calibration = _calibrate(tmp_path / "calibration")
    dataset = Dataset.open(tmp_path / "data", PROFILE)
    coordinator = Coordinator.open(dataset)
    planned = sum(
        coordinator.operations.add_sweep(spec).num_frames
        for spec in DemoPlan(profile="small", frames=FRAMES).sweeps(PROFILE)
    )

    # when both agents capture over HTTP until nothing is left
    logs = {name: tmp_path / f"{name}.jsonl" for name in ("left", "right")}
    with _gateway(coordinator, dataset, TokenStore(tmp_path / "tokens.json")) as url:
        summaries = _capture(url, tmp_path, calibration, logs)

    # then every planned row is committed once, and every label is what the game showed
    assert dataset.num_rows() == planned
    assert sum(summary.num_frames for summary in summaries) >= planned
    assert check_labels(dataset, logs).wrong == ()
    assert verify(dataset).is_clean

    # when the networks are trained and held-out characters are matched and set in the creator again
    snapshot = export_snapshot(dataset, tmp_path / "snapshot", held_out_share=0.15)
    models = train_all(snapshot, PROFILE, TrainingConfig.for_rows(snapshot.info.num_rows), tmp_path / "models")
    matcher = Matcher.load(tmp_path / "models", profile=PROFILE)
    measured, nearest = [], []
    trained_ND = snapshot.embeddings_ND[~snapshot.is_held_out_N]
    with open_studio(PROFILE, tmp_path / "calibration") as studio:
        for row in np.flatnonzero(snapshot.is_held_out_N)[::8][:5]:
            target_D = np.asarray(snapshot.embeddings_ND[row])
            shown = studio.picture(matcher.match(target_D, mildness=0).character)
            box = PLACE.in_frame(shown) if PLACE else None
            measured.append(measure_similarity(shown, target_D, matcher.recogniser, matcher.mean_D, expected_box=box))
            nearest.append(float(cosine(trained_ND, target_D, centre_D=matcher.mean_D).max()))

    # then the imitator has learned and the matches are better than anything that was captured
    metrics = models.card.metrics["imitator"]
    assert metrics["centred_cosine"] > 0.6
    assert matcher.impostor_pairs.percentile(float(np.mean(measured))) > 95
    assert np.mean(measured) > np.mean(nearest)


def _calibrate(path: Path) -> Calibration:
    device = open_device(DeviceKind.STANDIN, PROFILE, StandinOptions(faults=FAULTS, seed=7))
    result = calibrate(device, PROFILE)
    device.close()
    assert result.disagreements == []
    save_calibration(result.calibration, path)
    return result.calibration


@contextlib.contextmanager
def _gateway(coordinator: Coordinator, dataset: Dataset, tokens: TokenStore) -> Iterator[tuple[str, TokenStore]]:
    """The gateway in this process, on a free port of loopback."""
    embedder = Embedder(open_recogniser("dlib"), place=PLACE)
    app = create_gateway(local_backend(coordinator, embedder, dataset), tokens)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < deadline, "the gateway did not start"
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", tokens
    finally:
        server.should_exit = True
        thread.join()
        embedder.close()


def _capture(
    gateway: tuple[str, TokenStore], folder: Path, calibration: Calibration, logs: dict[str, Path]
) -> list[AgentSummary]:
    url, tokens = gateway
    summaries: dict[str, AgentSummary] = {}

    def live(name: str, seed: int) -> None:
        device = open_device(
            DeviceKind.STANDIN, PROFILE, StandinOptions(faults=FAULTS, seed=seed, truth_log=logs[name])
        )
        stop = threading.Event()
        config = AgentConfig(
            name=name,
            url=url,
            spool_folder=folder / f"spool-{name}",
            ends_when_finished=True,
        )
        uplink = Uplink(url, tokens.issue(name), wait=stop.wait)
        try:
            summaries[name] = run_agent(config, device, PROFILE, calibration, uplink, stop=stop)
        finally:
            uplink.close()
            device.close()

    threads = [threading.Thread(target=live, args=(name, seed)) for seed, name in enumerate(logs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=240)
    if set(summaries) != set(logs):
        pytest.fail(f"agents that ended with an error: {set(logs) - set(summaries)}")
    return list(summaries.values())
