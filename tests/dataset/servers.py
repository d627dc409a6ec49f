"""S3 servers for tests, each in an environment of its own: moto and Swift from PyPI, radosgw from Debian."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]
UV = ROOT / ".venv" / "bin" / "uv"
MOTO = "moto[server]==5.2.5"
SWIFT = "swift==2.38.3"
START_SECONDS = 120.0


def absent(reason: str) -> NoReturn:
    """Skips, or fails where everything has to be there: `make test-all` says so."""
    if os.environ.get("LOOKALIKE_NOTHING_ABSENT"):
        pytest.fail(f"{reason} (LOOKALIKE_NOTHING_ABSENT= skips instead)")
    pytest.skip(reason)


def free_port(num_ports: int = 1) -> int:
    """The first of that many ports in a row that nobody holds; below those that systems give to connections by themselves."""
    while True:
        first = random.randrange(20_000, 30_000)
        try:
            for port in range(first, first + num_ports):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first


@contextmanager
def moto(folder: Path) -> Iterator[dict[str, str]]:
    """Variables that reach a mock of S3 in another process."""
    if not UV.exists():
        absent("uv is not there")
    port = free_port()
    command = [UV, "tool", "run", "--from", MOTO, "moto_server", "-H", "127.0.0.1", "-p", str(port)]
    with (folder / "moto.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        if not answers(port, server):
            absent(f"{MOTO} does not start here: {(folder / 'moto.log').read_text()[-300:]}")
        yield variables(port, "moto", "moto")
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def radosgw(folder: Path) -> Iterator[dict[str, str]]:
    """Variables that reach a real server."""
    if not all(shutil.which(program) for program in ("radosgw", "ceph-mon", "ceph-osd", "curl")):
        absent("radosgw is not installed: apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-base")
    script, port = ROOT / "infra" / "store" / "radosgw.sh", free_port(2)
    try:
        done = subprocess.run(
            [script, "start", folder, str(port)], capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        yield dict(line.split("=", 1) for line in done.stdout.split() if line.startswith("AWS_"))
    finally:
        subprocess.run([script, "stop", folder], check=False)


@contextmanager
def swift(folder: Path) -> Iterator[dict[str, str]]:
    """Variables that reach a server on which several writers win a race. With its next three ports it takes four."""
    if not UV.exists():
        absent("uv is not there")
    port, log = free_port(4), folder / "swift.log"
    command = [UV, "run", "--no-project", "--isolated", "--with", SWIFT, "python"]
    with log.open("wb") as said:
        server = subprocess.Popen(
            [*command, ROOT / "infra" / "store" / "swift_s3.py", folder, str(port)],
            stdout=said,
            stderr=said,
            cwd=folder,
        )
    try:
        if not answers(port, server):
            absent(f"{SWIFT} does not start here: {log.read_text()[-300:]}")
        yield variables(port, "lookalike:lookalike", "lookalike-secret")
    finally:
        server.terminate()
        server.wait(20)


def variables(port: int, key: str, secret: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": "us-east-1",
    }


def answers(port: int, server: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


def make_bucket(name: str) -> None:
    import s3fs

    s3fs.S3FileSystem(endpoint_url=os.environ["AWS_ENDPOINT_URL"], skip_instance_cache=True).mkdir(name)
