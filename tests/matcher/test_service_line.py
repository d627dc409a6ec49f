"""Who waits is served in turn, and nobody takes all the places."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import HTTPConnection

from matcher.errors import AccessError, BusyError
from matcher.service.access import Access, token_hash
from matcher.service.config import ServiceConfig, ServiceLimits
from matcher.service.line import Line, Rank


def test_places_move_up_when_somebody_leaves_wherever_they_stand() -> None:
    async def story() -> None:
        line = Line(1, ServiceLimits())
        with line.place("a", 1, Rank.FACES) as first:
            assert await first.comes_within(0)
            with line.place("b", 1, Rank.FACES) as second:
                assert not await second.comes_within(0)
                with line.place("c", 1, Rank.FACES) as third:
                    assert (line.ahead_of(second), line.ahead_of(third), line.num_waiting) == (0, 1, 2)
                    gone = third
                assert not gone.turn.is_set()
            assert line.num_waiting == 0
        with line.place("d", 1, Rank.FACES) as last:
            assert await last.comes_within(0)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("limits", "places", "named"),
    [
        (ServiceLimits(max_waiting=2), [("a", 1), ("b", 1)], "2|1 requests wait"),
        (ServiceLimits(max_waiting_bytes=10), [("a", 9)], "large photos"),
        (ServiceLimits(max_waiting_per_client=1), [("c", 1)], "your requests"),
    ],
)
def test_what_would_take_too_much_is_sent_away(
    limits: ServiceLimits, places: list[tuple[str, int]], named: str
) -> None:
    line = Line(1, limits)
    held = [line.place(*place, Rank.FACES) for place in places]
    for place in held:
        place.__enter__()
    with pytest.raises(BusyError, match=named):
        line.check("c", 5, Rank.FACES)


def test_who_has_a_face_goes_before_who_brings_a_photo_and_extras_wait_for_both() -> None:
    async def story() -> None:
        line = Line(1, ServiceLimits())
        with line.place("worked for", 1, Rank.FACES), line.place("a", 0, Rank.EXTRA) as extra:
            assert not line.is_crowded
            with line.place("b", 1, Rank.FACES) as photo, line.place("c", 0, Rank.MATCH) as match:
                assert [line.ahead_of(place) for place in (match, photo, extra)] == [0, 1, 2]
                assert line.is_crowded

    asyncio.run(story())


def test_extras_leave_places_to_those_who_bring_photos() -> None:
    line = Line(1, ServiceLimits(max_waiting=4))
    held = [line.place(client, 0, Rank.EXTRA) for client in "ab"]
    for place in held:
        place.__enter__()
    with pytest.raises(BusyError):
        line.check("c", 0, Rank.EXTRA)
    line.check("c", 0, Rank.FACES)


def connection(peer: str, **headers: str) -> HTTPConnection:
    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": "http", "client": (peer, 1), "headers": encoded})


def test_only_a_trusted_proxy_may_say_who_asks() -> None:
    access = Access(ServiceConfig(models="m", trusted_proxies=("10.0.0.0/8",)))
    assert access.client(connection("10.1.1.1", x_forwarded_for="6.6.6.6, 7.7.7.7")) == "7.7.7.7"
    assert access.client(connection("10.1.1.1", x_forwarded_for="7.7.7.7, 10.2.2.2")) == "7.7.7.7"
    assert access.client(connection("8.8.8.8", x_forwarded_for="7.7.7.7")) == "8.8.8.8"


def test_a_household_of_ipv6_addresses_is_one_client() -> None:
    access = Access(ServiceConfig(models="m"))
    assert access.client(connection("2001:db8::1")) == access.client(connection("2001:db8::ffff"))
    assert access.client(connection("2001:db8::1")) != access.client(connection("2001:db8:0:1::1"))


def test_clients_with_tokens_are_told_apart_by_their_names() -> None:
    access = Access(ServiceConfig(models="m", token_hashes={"anna": token_hash("a"), "bert": token_hash("b")}))
    assert access.client(connection("1.1.1.1", authorization="Bearer b")) == "token bert"
    with pytest.raises(AccessError, match="operator"):
        access.client(connection("1.1.1.1", authorization="Bearer c"))
