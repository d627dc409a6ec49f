"""Reads what a client sends, given up as soon as it grows too large or comes too slowly. Kept in memory, never on disk."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from matcher.errors import RequestError, TooLargeError


async def read_body(request: Request, *, max_bytes: int, max_seconds: float) -> bytes:
    """Raises TooLargeError, RequestError."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > max_bytes:
        raise _too_large(max_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(max_seconds):
            async for part in request.stream():
                body += part
                if len(body) > max_bytes:
                    raise _too_large(max_bytes)
    except TimeoutError as error:
        raise RequestError(f"The request did not arrive within {max_seconds:g} s. Send it again.") from error
    return bytes(body)


def _too_large(max_bytes: int) -> TooLargeError:
    return TooLargeError(f"At most {max_bytes / 1e6:g} MB are taken at once. Save the photo smaller.")
