"""What the gateway answers when something is wrong: a status code and one sentence as JSON."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from coordinator.errors import (
    ForeignLeaseError,
    LeaseError,
    OrderError,
    SweepError,
    TokenError,
    UnavailableError,
    UnknownLeaseError,
)
from dataset.errors import FramesRefusedError, StoreError
from protocol.errors import LookalikeError, ProtocolError, VersionError
from telemetry.log import working_on

_LOG = logging.getLogger(__name__)
_WAITS = (408, 425, 429, 503)
"""Said to agents many times while others are served; the figures count them."""

RETRY_AFTER_SECONDS = 2.0

_STATUS_CODES: tuple[tuple[type[LookalikeError], int], ...] = (
    (VersionError, 426),
    (ProtocolError, 400),
    (ForeignLeaseError, 403),
    (UnknownLeaseError, 409),
    (LeaseError, 400),  # a chunk that belongs elsewhere, an agent of another creator
    (FramesRefusedError, 400),
    (OrderError, 400),
    (SweepError, 400),
    (StoreError, 503),
    (TokenError, 503),
    (UnavailableError, 503),
)


def too_large(announced: str, max_bytes: int) -> HTTPException:
    what = f"{announced[:20]} bytes announced" if announced.isdecimal() else "The body"
    return HTTPException(413, f"{what}: at most {max_bytes} bytes are taken", {"Connection": "close"})


def come_again(code: int, what: str, seconds: float) -> HTTPException:
    return HTTPException(code, what, {"Retry-After": f"{seconds:.3g}"})


def no_token() -> HTTPException:
    return HTTPException(
        401,
        "The bearer token is missing, unknown, revoked or expired; get one with `lookalike enroll`",
        {"WWW-Authenticate": "Bearer"},
    )


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    """A LookalikeError by its kind."""
    code = next((code for kind, code in _STATUS_CODES if isinstance(error, kind)), 500)
    headers = {"Retry-After": f"{RETRY_AFTER_SECONDS:g}"} if code == 503 else None
    _log(request, code, _text(error), error if code == 500 else None)
    return _error(code, _text(error), headers)


async def answer_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 - the only kind this is registered for
    _log(request, error.status_code, str(error.detail))
    return _error(error.status_code, str(error.detail), dict(error.headers or {}))


def _log(request: Request, code: int, why: str, error: Exception | None = None) -> None:
    """Route and sender, never the path: strangers write what they like there."""
    route = getattr(request.scope.get("route"), "path", "other")
    sender = request.client.host if request.client else "unknown"
    names: dict[str, Any] = getattr(request.state, "names", {})
    with working_on(**names):
        level = logging.INFO if code in _WAITS else logging.WARNING
        _LOG.log(
            level, "request refused code=%d route=%s sender=%s reason=%s", code, route, sender, why, exc_info=error
        )


def _text(error: Exception) -> str:
    """A cluster wraps errors in its own, with the whole trace as text."""
    cause = getattr(error, "cause", None)
    return str(cause if isinstance(cause, LookalikeError) else error)


def _error(code: int, text: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": text}, code, headers)
