"""Schemathesis, in an environment of its own, takes the gateway's description at its word."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from small_fleet import Fleet

from coordinator.backend import local_backend
from coordinator.gateway import GatewayLimits, create_gateway

UV = Path(__file__).parents[2] / ".venv" / "bin" / "uv"
SCHEMATHESIS = "schemathesis==4.32.5"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"


@contextmanager
def listening(fleet: Fleet) -> Iterator[str]:
    """The gateway on a real port."""
    app = create_gateway(
        local_backend(fleet.coordinator, fleet.embedder, fleet.dataset),
        fleet.tokens,
        GatewayLimits(requests_per_second=1e9, refusals_per_second=1e9),
    )
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [port]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_request_that_fits_the_description_or_nearly_breaks_the_gateway(fleet: Fleet, tmp_path: Path) -> None:
    token = fleet.tokens.issue("studio-1", scopes=("capture", "operate", "status"))
    if not UV.exists():
        pytest.skip("uv is not there")
    with listening(fleet) as url:
        command = [UV, "tool", "run", "--from", SCHEMATHESIS, "schemathesis", "run", f"{url}/openapi.json"]
        command += ["--header", f"Authorization: Bearer {token}", "--checks", CHECKS]
        command += ["--max-examples", "200", "--phases", "examples,coverage,fuzzing", "--no-color"]
        done = subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": ""}, capture_output=True, text=True, check=False
        )
    if "No solution found" in done.stderr or "Failed to fetch" in done.stderr:
        pytest.skip(f"{SCHEMATHESIS} cannot be got here")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert fleet.dataset.num_rows() == 0
