"""The agent's side of the gateway: asks, sends, and tries again with growing random pauses until it works or is refused."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from agents.errors import LeaseLostError, RefusedError, UplinkError
from protocol.chunk import checksum
from protocol.errors import MessageError
from protocol.lease import ChunkReply, Heartbeat, HeartbeatReply, LeaseReply, LeaseRequest, Report, ReportReply
from protocol.message import Message

Reply = TypeVar("Reply", bound=Message)

_REMEDIES = {
    401: "the token is unknown or revoked; get a new one with `lookalike enroll`",
    403: "the token does not allow this; get one with the right scope",
    426: "install the same release of lookalike as the coordinator's",
}
_LEASE_GONE = (404, 409, 410)
_WAIT = (408, 425, 429, 500, 502, 503, 504)
_TOLD_AFTER_ATTEMPTS = 3  # a restart of a gateway passes unnoticed, one of the coordinator does not
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkConfig:
    """Pauses double from `first_pause_seconds` to `longest_pause_seconds`; each is drawn between half of that and all."""

    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 30.0
    give_up_seconds: float = 1800.0
    timeout_seconds: float = 60.0


class Uplink:
    """One agent's connection. `wait` sleeps and returns whether to stop; `threading.Event.wait` fits.

    Every call raises RefusedError when asking again cannot help, LeaseLostError when the lease is gone, UplinkError when the
    coordinator was out of reach for `give_up_seconds` or the agent was told to stop meanwhile.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        wait: Callable[[float], bool],
        transport: httpx.BaseTransport | None = None,
        config: UplinkConfig | None = None,
        seed: int | None = None,
    ) -> None:
        self._config = config or UplinkConfig()
        self._wait = wait
        self._random = random.Random(seed)
        self._client = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}"},
            timeout=self._config.timeout_seconds,
            transport=transport,
        )

    def lease(self, request: LeaseRequest) -> LeaseReply:
        return self._post("/v1/lease", request, LeaseReply)

    def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatReply:
        return self._post("/v1/heartbeat", heartbeat, HeartbeatReply)

    def report(self, report: Report) -> ReportReply:
        return self._post("/v1/report", report, ReportReply)

    def send_chunk(self, lease_id: str, data: bytes) -> ChunkReply:
        """Sends the same chunk until it is durable."""
        path = f"/v1/leases/{quote(lease_id, safe='')}/chunks"
        waited, attempt = 0.0, 0
        while True:
            reply = self._ask("PUT", path, ChunkReply, params={"checksum": checksum(data)}, content=data)
            if reply.is_durable:
                return reply
            pause = max(reply.retry_after_seconds, self._pause(attempt))
            if waited > self._config.give_up_seconds:
                raise UplinkError(
                    f"The coordinator did not take a chunk for {waited:.0f} s: {reply.reason or 'no reason'}"
                )
            self._sleep(pause, reply.reason)
            waited, attempt = waited + pause, attempt + 1

    def close(self) -> None:
        self._client.close()

    def _post(self, path: str, message: Message, kind: type[Reply]) -> Reply:
        return self._ask("POST", path, kind, json=message.to_json())

    def _ask(self, method: str, path: str, kind: type[Reply], **request: Any) -> Reply:
        waited, attempt = 0.0, 0
        while True:
            answer, problem = self._try(method, path, request)
            if answer is not None and answer.is_success:
                if attempt >= _TOLD_AFTER_ATTEMPTS:
                    _LOG.warning("coordinator answers again seconds=%.0f", waited)
                return _parsed(answer, kind)
            if answer is not None:
                problem = _raise_if_final(answer, path)
            if attempt == _TOLD_AFTER_ATTEMPTS:
                _LOG.warning("coordinator out of reach seconds=%.0f reason=%s", waited, problem)
            if waited >= self._config.give_up_seconds:
                raise UplinkError(
                    f"The coordinator is out of reach for {waited:.0f} s: {problem}; check network and address"
                )
            pause = max(_retry_after(answer), self._pause(attempt))
            self._sleep(pause, problem)
            waited, attempt = waited + pause, attempt + 1

    def _try(self, method: str, path: str, request: dict[str, Any]) -> tuple[httpx.Response | None, str]:
        content = {**request, "headers": {"content-type": "application/x-tar"}} if "content" in request else request
        try:
            return self._client.request(method, path, **content), ""
        except httpx.TransportError as error:
            return None, f"{type(error).__name__}: {error}"

    def _pause(self, attempt: int) -> float:
        longest = min(self._config.first_pause_seconds * 2 ** min(attempt, 30), self._config.longest_pause_seconds)
        return self._random.uniform(longest / 2, longest)

    def _sleep(self, seconds: float, problem: str) -> None:
        if self._wait(seconds):
            raise UplinkError(f"Told to stop while waiting for the coordinator: {problem}")


def _parsed(answer: httpx.Response, kind: type[Reply]) -> Reply:
    try:
        return kind.from_json(answer.json())
    except (ValueError, MessageError) as error:
        raise UplinkError(
            f"The coordinator's answer makes no sense ({error}): is the address that of a gateway?"
        ) from error


def _raise_if_final(answer: httpx.Response, path: str) -> str:
    """The reason to try again; raises when that cannot help."""
    said = _error_text(answer)
    if answer.status_code in _REMEDIES:
        raise RefusedError(
            f"The coordinator refuses {path} ({answer.status_code}, {said}): {_REMEDIES[answer.status_code]}"
        )
    if answer.status_code in _LEASE_GONE:
        raise LeaseLostError(f"The coordinator does not know this lease any more ({answer.status_code}, {said})")
    if answer.status_code not in _WAIT:
        raise UplinkError(f"The coordinator answers {path} with {answer.status_code}: {said}")
    return f"{answer.status_code}, {said}"


def _error_text(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])[:200]
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase or "no reason given"


def _retry_after(answer: httpx.Response | None) -> float:
    try:
        return max(float(answer.headers.get("Retry-After", 0)), 0.0) if answer is not None else 0.0
    except ValueError:
        return 0.0
