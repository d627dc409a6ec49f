"""What stands in Ray Serve's proxy: bodies are bounded before and while they are read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from coordinator.body_limit import BodyLimit, BodyLimits, proxy_middlewares

LIMITS = BodyLimits(max_body_bytes=1000, max_bodies_bytes=2500)


class Greedy:
    """Reads whatever comes, as Ray Serve's proxy does, and remembers the most that it held."""

    def __init__(self) -> None:
        self.num_bytes = 0
        self.gate: asyncio.Event | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.gate:
            await self.gate.wait()
        while (event := await receive())["type"] == "http.request":
            self.num_bytes += len(event.get("body", b""))
            if not event.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


async def endless(parts: list[int]) -> AsyncIterator[bytes]:
    for _ in range(100_000):
        parts[0] += 1
        yield b"x" * 100


def talk(app: Any, *requests: dict[str, Any]) -> list[httpx.Response]:
    async def talking() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://proxy") as client:
            return [await client.request("PUT", "/", **request) for request in requests]

    return asyncio.run(talking())


def test_a_body_within_the_limit_passes() -> None:
    greedy = Greedy()
    (answer,) = talk(BodyLimit(greedy, LIMITS), {"content": b"x" * 1000})
    assert (answer.status_code, greedy.num_bytes) == (200, 1000)


def test_a_body_that_announces_too_much_is_refused_unread() -> None:
    greedy = Greedy()
    (answer,) = talk(BodyLimit(greedy, LIMITS), {"content": b"x" * 1001})
    assert (answer.status_code, greedy.num_bytes) == (413, 0)
    assert "1000 bytes" in answer.json()["error"]


def test_a_body_without_announced_size_is_cut_off() -> None:
    greedy, parts = Greedy(), [0]
    (answer,) = talk(BodyLimit(greedy, LIMITS), {"content": endless(parts)})
    assert answer.status_code == 413
    assert greedy.num_bytes <= 1000
    assert parts[0] <= 12


@pytest.mark.parametrize("announced", ["-5", "1e9", "x", ""])
def test_nonsense_about_the_size_is_refused(announced: str) -> None:
    (answer,) = talk(BodyLimit(Greedy(), LIMITS), {"content": b"x", "headers": {"content-length": announced}})
    assert answer.status_code == 413


def test_more_bodies_than_there_is_room_for_wait_outside() -> None:
    async def talking() -> None:
        greedy = Greedy()
        greedy.gate = asyncio.Event()
        transport = httpx.ASGITransport(BodyLimit(greedy, LIMITS))
        async with httpx.AsyncClient(transport=transport, base_url="http://proxy") as client:
            first = [asyncio.create_task(client.put("/", content=b"x" * 1000)) for _ in range(2)]
            await asyncio.sleep(0.01)
            refused = await client.put("/", content=b"x" * 1000)
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            small = asyncio.create_task(client.put("/", content=b"x" * 500))
            await asyncio.sleep(0.01)
            greedy.gate.set()
            assert [answer.status_code for answer in await asyncio.gather(*first, small)] == [200] * 3
            assert (await client.put("/", content=b"x" * 1000)).status_code == 200

    asyncio.run(talking())


def test_the_proxy_hears_of_its_limits_by_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LIMITS.to_environment().items():
        monkeypatch.setenv(name, value)
    middleware = proxy_middlewares()[0]
    assert middleware.kwargs == {"limits": LIMITS}
