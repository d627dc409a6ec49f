"""Users of the matching service, as the page makes them: a photo, its faces, the match; then pictures and what mildness costs.

Every user has a connection of its own and speaks plain HTTP over it, so that a hundred of them take little from the processors
that the service needs too.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from benchmarks.match_service import memory_mb

_JSON, _JPEG = "application/json", "image/jpeg"
_NUM_PREVIEWS = 3
"""The chosen character's and the first runners-up that a phone shows."""


@dataclass(slots=True)
class Asked:
    """What happened to the users: seconds until each had its answer, errors, and the service's memory meanwhile."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    memory_mb: list[float] = field(default_factory=list)


class ServiceRefusedError(Exception):
    """The service did not answer with 200."""


class User:
    """One client of the service, told apart by its address."""

    def __init__(self, url: str, number: int) -> None:
        place = urlsplit(url)
        self._host, self._port = str(place.hostname), int(place.port or 80)
        self._address = f"10.0.{number // 250}.{number % 250 + 1}"

    async def ask(self, photo: bytes, asked: Asked, *, with_extras: bool) -> None:
        """From sending the photo to having the sheet; extras come after and do not count."""
        began = time.perf_counter()
        try:
            reader, writer = await asyncio.open_connection(self._host, self._port)
            try:
                connection = (reader, writer)
                found = await self._post(connection, "v1/faces", photo, _JPEG)
                faces = {"faces": [found["faces"][0]["key"]]}
                match = await self._post(connection, "v1/matches", json.dumps(faces).encode(), _JSON)
                asked.seconds.append(time.perf_counter() - began)
                if with_extras:
                    await self._look(connection, faces, match)
            finally:
                writer.close()
        except (OSError, ServiceRefusedError, KeyError, IndexError, asyncio.IncompleteReadError):
            asked.errors += 1

    async def _look(self, connection: tuple[Any, Any], faces: Any, match: Any) -> None:
        """As the page does it: refused extras are asked for again."""
        characters = [match["sheet"]["character"], *(each["character"] for each in match["alternatives"])]
        bodies = [("v1/previews", {"character": character}) for character in characters[:_NUM_PREVIEWS]]
        for path, body in [*bodies, ("v1/trades", faces)]:
            for _ in range(20):
                try:
                    await self._post(connection, path, json.dumps(body).encode(), _JSON)
                    break
                except ServiceRefusedError:
                    await asyncio.sleep(2.0)

    async def _post(self, connection: tuple[Any, Any], path: str, body: bytes, kind: str) -> Any:
        reader, writer = connection
        head = (
            f"POST /{path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            f"X-Forwarded-For: {self._address}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(answer.partition("content-length:")[2].partition("\r\n")[0])
        content = await reader.readexactly(length)
        if not answer.startswith("http/1.1 200"):
            raise ServiceRefusedError(content[:200].decode(errors="replace"))
        return json.loads(content)


async def burst(url: str, photo: bytes, num_users: int, *, within_seconds: float, with_extras: bool) -> Asked:
    """Each user comes once, at a random instant of the given time, and waits for the answer."""
    asked, starts = Asked(), np.random.default_rng(num_users).uniform(0, within_seconds, num_users)

    async def come(number: int, start: float) -> None:
        await asyncio.sleep(start)
        await User(url, number).ask(photo, asked, with_extras=with_extras)

    await asyncio.gather(*(come(number, float(start)) for number, start in enumerate(starts)))
    return asked


async def live(url: str, photo: bytes, num_users: int, pid: int, *, seconds: float, looking_seconds: float) -> Asked:
    """Users come, ask, look for a while, and ask again; the service's memory is watched."""
    asked, until = Asked(), time.perf_counter() + seconds

    async def live_one(number: int) -> None:
        pauses = np.random.default_rng(number)
        await asyncio.sleep(pauses.uniform(0, looking_seconds))
        while time.perf_counter() < until:
            await User(url, number).ask(photo, asked, with_extras=True)
            await asyncio.sleep(pauses.exponential(looking_seconds))

    async def watch() -> None:
        while time.perf_counter() < until:
            asked.memory_mb.append(memory_mb(pid))
            await asyncio.sleep(0.5)

    await asyncio.gather(watch(), *(live_one(number) for number in range(num_users)))
    return asked


def growth_mb(memory_mb: Sequence[float]) -> float:
    """From the first third of the time to the last."""
    third = max(1, len(memory_mb) // 3)
    return float(np.median(memory_mb[-third:]) - np.median(memory_mb[:third]))
