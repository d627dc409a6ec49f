"""A process's exporter: a registry of its own, its endpoint, and the thread that keeps announcing where it is."""

from __future__ import annotations

import importlib.metadata
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from telemetry.endpoint import ScrapeEndpoint
from telemetry.errors import EndpointError
from telemetry.family import family
from telemetry.targets import ANNOUNCE_EVERY_SECONDS, Target

_LOG = logging.getLogger(__name__)
Announce = Callable[[Target], object]


class Part(Protocol):
    """Something with figures: a collector, a `Count`, a `Histogram`."""

    def collect(self) -> Iterable[Metric]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterConfig:
    """`host` is the address to listen at: loopback, a private one, or "node" for the private one of this machine.

    `targets_path` is the service-discovery file, where the process that writes it finds it.
    """

    token_sha256: str
    targets_path: str = ""
    host: str = "127.0.0.1"
    port: int = 0


class _Parts(Collector):
    """Asks every part at scrape time, and never before."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._parts = tuple(parts)

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        yield family("lookalike_build_info", {(importlib.metadata.version("lookalike"),): 1.0})
        for part in self._parts:
            try:
                yield from part.collect()
            except Exception as error:  # noqa: BLE001 - one part that fails must not hide the others
                _LOG.warning("figures missing part=%s error=%s", type(part).__name__, error)


def render(parts: Iterable[Part]) -> Callable[[], bytes]:
    """Prometheus's text of these parts and of the process itself: memory, descriptors, garbage collection."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(_Parts(parts))
    return lambda: generate_latest(registry)


class Exporter:
    """Close it, or use it in `with`."""

    def __init__(self, process: str, parts: Iterable[Part], config: ExporterConfig, announce: Announce) -> None:
        """Raises EndpointError."""
        host = private_host(config.host)
        self._endpoint = ScrapeEndpoint(render(parts), config.token_sha256, host=host, port=config.port)
        self.target = Target(process, self._endpoint.address)
        self._announce = announce
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_announcing, name="announce", daemon=True)
        self._thread.start()

    def _keep_announcing(self) -> None:
        while True:
            try:
                self._announce(self.target)
            except Exception as error:  # noqa: BLE001 - whoever keeps the list is being restarted, or its disk is full; ask again
                _LOG.warning("not announced target=%s error=%s", self.target.address, error)
            if self._ended.wait(ANNOUNCE_EVERY_SECONDS):
                return

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._endpoint.close()

    def __enter__(self) -> Exporter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def private_host(host: str) -> str:
    """The address to listen at. Raises EndpointError for one that the world could reach."""
    if host == "node":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("10.255.255.255", 1))  # sends nothing: it asks which of our addresses would
            host = str(probe.getsockname()[0])
    try:
        is_private = ipaddress.ip_address(host).is_private and host not in ("0.0.0.0", "::")  # noqa: S104 - refused
    except ValueError:  # a name may lead anywhere
        is_private = False
    if not is_private:
        raise EndpointError(f"Figures are served at loopback or a private address, not at {host}; name another host")
    return host
