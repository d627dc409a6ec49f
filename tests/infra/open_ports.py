"""Which ports of this machine a tree of processes listens on, and what they say to a stranger (Linux)."""

from __future__ import annotations

import contextlib
import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx

OPEN_TO_ALL = {"/v1/health", "/openapi.json", "/-/routes", "/-/healthz", "/api/healthz"}
"""What docs/threat_model.md says of a cluster without a matcher."""

PATHS = ("/", "/metrics", "/v1/status", "/v1/creator", "/docs", "/redoc", "/api/jobs/", *sorted(OPEN_TO_ALL))
METHODS = (
    "/ray.rpc.NodeInfoGcsService/GetAllNodeInfo",
    "/ray.rpc.NodeManagerService/GetNodeStats",
    "/ray.rpc.ObjectManagerService/Pull",
    "/ray.rpc.CoreWorkerService/GetCoreWorkerStats",
    "/ray.rpc.ReporterService/GetTraceback",
    "/ray.rpc.LogService/ListLogs",
    "/ray.rpc.RayletDriver/ClusterInfo",
    "/ray.serve.generated.ASGIService/HandleRequest",
)
"""One of each service that Ray's processes offer."""

_LISTENING = "0A"
_IS_NO_GRPC = ("UNAVAILABLE", "INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED")


@dataclass(frozen=True, slots=True)
class OpenPort:
    """`answers` are status codes by path; none where HTTP is not spoken. `calls` are gRPC's codes by method; none likewise."""

    address: str
    port: int
    command: str
    answers: dict[str, int]
    calls: dict[str, str]

    @property
    def is_on_loopback(self) -> bool:
        return ipaddress.ip_address(self.address).is_loopback


def open_ports(root: int) -> list[OpenPort]:
    """Of a process and everything that descends from it."""
    sockets = dict(_sockets(_descendants(root)))
    found = []
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == _LISTENING and words[9] in sockets:
                address, port = words[1].split(":")
                answers = _ask(int(port, 16))
                calls = {} if answers else _call(int(port, 16))
                found.append(OpenPort(_address(address), int(port, 16), sockets[words[9]], answers, calls))
    return found


def _descendants(root: int) -> set[int]:
    parents = {int(path.name): _parent(path) for path in Path("/proc").iterdir() if path.name.isdecimal()}
    family, size = {root}, 0
    while len(family) != size:
        size = len(family)
        family |= {pid for pid, parent in parents.items() if parent in family}
    return family


def _parent(path: Path) -> int:
    try:
        return int((path / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # ended meanwhile
        return 0


def _sockets(pids: set[int]) -> Iterator[tuple[str, str]]:
    """Inodes of sockets with their process's command."""
    for pid in pids:
        for path in _files(Path(f"/proc/{pid}/fd")):
            with contextlib.suppress(OSError):  # closed meanwhile
                link = str(path.readlink())
                if link.startswith("socket:["):
                    yield link[8:-1], Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # ended meanwhile
        return []


def _address(text: str) -> str:
    """Words of four bytes in the machine's order."""
    words = b"".join(struct.pack("<I", int(text[at : at + 8], 16)) for at in range(0, len(text), 8))
    address = ipaddress.ip_address(words)
    return str(getattr(address, "ipv4_mapped", None) or address)


def _ask(port: int) -> dict[str, int]:
    answers = {}
    for path in PATHS:
        try:
            answers[path] = httpx.get(f"http://127.0.0.1:{port}{path}", timeout=3, trust_env=False).status_code
        except (httpx.HTTPError, ValueError):  # gRPC, or nothing that answers
            return answers
    return answers


def _call(port: int) -> dict[str, str]:
    codes = {}
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        for method in METHODS:
            call = channel.unary_unary(method, request_serializer=bytes, response_deserializer=bytes)
            try:
                call(b"", timeout=3)
                codes[method] = "OK"
            except grpc.RpcError as error:
                codes[method] = error.code().name
                if codes[method] in _IS_NO_GRPC:
                    return {}
    return codes
