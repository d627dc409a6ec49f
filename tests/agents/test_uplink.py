from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from agents.errors import LeaseLostError, RefusedError, UplinkError
from agents.uplink import Uplink, UplinkConfig
from protocol.chunk import checksum
from protocol.lease import Heartbeat, LeaseRequest

REQUEST = LeaseRequest("a", "p", "c", "1")
NO_WORK = {"grant": None, "no_work": {"reason": "all leased", "retry_after_seconds": 5.0, "is_finished": False}}


class Waits(list[float]):
    """Records pauses instead of sleeping; stops after `stop_after` of them."""

    def __init__(self, stop_after: int = 1000) -> None:
        self.stop_after = stop_after

    def __call__(self, seconds: float) -> bool:
        self.append(seconds)
        return len(self) >= self.stop_after


def uplink(answer: Callable[[httpx.Request], httpx.Response], waits: Waits, **config: float) -> Uplink:
    transport = httpx.MockTransport(answer)
    return Uplink("http://gateway", "secret", wait=waits, transport=transport, config=UplinkConfig(**config), seed=1)


def in_turn(*answers: httpx.Response | Exception) -> Callable[[httpx.Request], httpx.Response]:
    left = list(answers)

    def answer(_request: httpx.Request) -> httpx.Response:
        item = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(item, Exception):
            raise item
        return item

    return answer


def test_the_token_goes_with_every_request() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json=NO_WORK)

    reply = uplink(answer, Waits()).lease(REQUEST)

    assert seen == ["Bearer secret"]
    assert reply.no_work is not None
    assert reply.no_work.retry_after_seconds == 5.0


def test_it_waits_as_long_as_it_is_told_and_then_tries_again() -> None:
    waits = Waits()
    busy = httpx.Response(503, headers={"Retry-After": "7"}, json={"error": "embedding is behind"})

    uplink(in_turn(busy, busy, httpx.Response(200, json=NO_WORK)), waits).lease(REQUEST)

    assert waits == [7.0, 7.0]


def test_pauses_grow_while_the_network_is_gone_and_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    waits = Waits()
    gone = httpx.ConnectError("no route")

    uplink(in_turn(gone, gone, gone, gone, httpx.Response(200, json=NO_WORK)), waits).lease(REQUEST)

    assert len(waits) == 4
    assert waits[3] > waits[0]
    assert all(0.25 * 2**at <= pause <= 0.5 * 2**at for at, pause in enumerate(waits))
    told = [record.getMessage() for record in caplog.records]
    assert [line.split(" seconds=")[0] for line in told] == ["coordinator out of reach", "coordinator answers again"]
    assert "no route" in told[0]
    assert "secret" not in caplog.text


def test_it_gives_up_after_the_time_it_was_given() -> None:
    with pytest.raises(UplinkError, match="out of reach"):
        uplink(in_turn(httpx.ConnectError("no route")), Waits(), give_up_seconds=20).lease(REQUEST)


@pytest.mark.parametrize(("status", "remedy"), [(401, "enroll"), (403, "scope"), (426, "same release")])
def test_a_refusal_is_final_and_says_what_to_do(status: int, remedy: str) -> None:
    waits = Waits()

    with pytest.raises(RefusedError, match=remedy):
        uplink(in_turn(httpx.Response(status, json={"error": "no"})), waits).lease(REQUEST)

    assert waits == []


@pytest.mark.parametrize("status", [404, 409])
def test_a_lease_that_is_gone_has_its_own_error(status: int) -> None:
    with pytest.raises(LeaseLostError):
        uplink(in_turn(httpx.Response(status, json={"error": "gone"})), Waits()).heartbeat(Heartbeat("l", "a", 0))


def test_a_chunk_is_sent_again_until_it_is_durable() -> None:
    bodies: list[tuple[str, bytes]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append((request.url.params["checksum"], request.read()))
        is_durable = len(bodies) == 3
        return httpx.Response(200, json={"is_durable": is_durable, "retry_after_seconds": 0.0 if is_durable else 4.0})

    waits = Waits()
    reply = uplink(answer, waits).send_chunk("lease/1", b"tar")

    assert reply.is_durable
    assert bodies == [(checksum(b"tar"), b"tar")] * 3
    assert waits == [4.0, 4.0]


def test_being_told_to_stop_ends_the_waiting() -> None:
    with pytest.raises(UplinkError, match="stop"):
        uplink(in_turn(httpx.ConnectError("no route")), Waits(stop_after=2)).lease(REQUEST)


def test_an_answer_that_is_no_answer_of_a_gateway_is_told_as_such() -> None:
    with pytest.raises(UplinkError, match="makes no sense"):
        uplink(in_turn(httpx.Response(200, text="<html>")), Waits()).lease(REQUEST)
