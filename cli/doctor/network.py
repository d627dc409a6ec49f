"""What stands between this machine and the coordinator: port, gateway, clock, certificate, token."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from cli.doctor.check import Check, failure, ok, skipped, warning
from cli.secrets import read_token
from protocol.errors import LookalikeError
from protocol.message import PROTOCOL_VERSION

_MOST_SKEW_SECONDS = 5.0
_DAY_SECONDS = 86_400.0
_SOON_DAYS = 14


def check_gateway(url: str, token_file: Path, client: httpx.Client | None = None) -> Iterator[Check]:
    """A coordinator that answers is asked further; one that does not leaves its port to be looked at."""
    with client or httpx.Client(base_url=url, timeout=5.0) as asked:
        try:
            health = asked.get("/v1/health")
        except httpx.HTTPError as error:
            yield _nobody(url, error)
            return
        yield _version(url, health)
        yield _clock(health)
        yield _token(asked, token_file)
    if urlsplit(url).scheme == "https":
        yield check_certificate(url)


def _nobody(url: str, error: httpx.HTTPError) -> Check:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or (443 if parts.scheme == "https" else 80)
    if isinstance(error, httpx.ConnectError) and host in ("127.0.0.1", "localhost", "::1"):
        return port_check(host, port)
    return failure("coordinator", f"{url} does not answer: {error}", "Check address, network and firewall")


def port_check(host: str, port: int) -> Check:
    """No coordinator runs on this machine: could one?"""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1" if host == "localhost" else host, port))
        except OSError as error:
            return failure(
                "port",
                f"{port} cannot be used: {error.strerror}",
                f"End what holds it, or choose another --port than {port}",
            )
    return skipped("coordinator", f"none runs here; port {port} is free for one", "Start it: lookalike coordinator")


def _version(url: str, health: httpx.Response) -> Check:
    try:
        version = health.json()["version"]
    except (ValueError, KeyError, TypeError):
        return failure(
            "coordinator", f"What answers at {url} is no coordinator", "Check the address and the proxy's paths"
        )
    if version != PROTOCOL_VERSION:
        return failure(
            "coordinator",
            f"It speaks protocol {version}, this machine {PROTOCOL_VERSION}",
            "Install the same release of lookalike on both",
        )
    return ok("coordinator", f"{url} answers and speaks protocol {version}")


def _clock(health: httpx.Response) -> Check:
    """By the answer's date, to a second."""
    said = health.headers.get("date")
    if not said:
        return skipped("clock", "the coordinator does not tell its time")
    skew = time.time() - parsedate_to_datetime(said).timestamp()
    finding = f"{skew:+.0f} s against the coordinator's"
    if abs(skew) > _MOST_SKEW_SECONDS:
        return warning(
            "clock", finding, "Let both follow a time server: timedatectl set-ntp true; w32tm /resync on Windows"
        )
    return ok("clock", finding)


def _token(client: httpx.Client, token_file: Path) -> Check:
    if not token_file.exists():
        return skipped("token", f"{token_file} is not there", "Name one with --token-file, from lookalike enroll")
    try:
        token = read_token(token_file)
    except LookalikeError as error:
        return failure("token", str(error), "See there")
    answer = client.get("/v1/status", headers={"Authorization": f"Bearer {token}"})
    if answer.status_code == httpx.codes.OK:
        return ok("token", f"{token_file} is accepted")
    return failure("token", f"{token_file} is refused ({answer.status_code})", "Get a new one: lookalike enroll")


def check_certificate(url: str, now: float | None = None) -> Check:
    """Of an https address, verified as any client does."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    try:
        with (
            socket.create_connection((host, port), timeout=5.0) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured,
        ):
            ends = ssl.cert_time_to_seconds(str((secured.getpeercert() or {})["notAfter"]))
    except (OSError, KeyError) as error:
        return failure(
            "certificate",
            f"{host}: {error}",
            "Renew it, or give this machine the authority's certificate (SSL_CERT_FILE)",
        )
    days = (ends - (time.time() if now is None else now)) / _DAY_SECONDS
    if days < _SOON_DAYS:
        return warning("certificate", f"ends in {days:.0f} days", "Renew it: infra/tls/README.md")
    return ok("certificate", f"is valid for {days:.0f} days")
