"""Errors as answers: a status for the protocol, a code for the page to translate, a sentence for people."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from creator.errors import CharacterError
from embedding.errors import (
    DamagedPhotoError,
    NoFaceError,
    NotAPhotoError,
    PhotoTooLargeError,
    SeveralFacesError,
)
from matcher.errors import (
    AbandonedError,
    AccessError,
    BusyError,
    ConstraintError,
    ForeignSiteError,
    NotKeptError,
    RequestError,
    TargetError,
    TooLargeError,
)
from protocol.character import JsonObject
from protocol.errors import MessageError

log = logging.getLogger(__name__)

_ANSWERS: tuple[tuple[type[Exception], int, str], ...] = (
    (NoFaceError, 422, "no_face"),
    (SeveralFacesError, 422, "several_faces"),
    (DamagedPhotoError, 422, "damaged_photo"),
    (NotAPhotoError, 415, "not_a_photo"),
    (PhotoTooLargeError, 413, "photo_too_large"),
    (TooLargeError, 413, "too_large"),
    (TargetError, 400, "bad_face"),
    (ConstraintError, 400, "bad_wish"),
    (CharacterError, 400, "bad_character"),
    (MessageError, 400, "bad_request"),
    (RequestError, 400, "bad_request"),
    (AccessError, 401, "token_wanted"),
    (ForeignSiteError, 403, "foreign_site"),
    (AbandonedError, 499, "abandoned"),
    (NotKeptError, 404, "not_kept"),
    (BusyError, 429, "busy"),
)


def failure(error: Exception) -> tuple[int, JsonObject]:
    """Status and body of the answer; what nobody foresaw is logged and told without its details."""
    for kind, status, code in _ANSWERS:
        if isinstance(error, kind):
            body: JsonObject = {"error": str(error), "code": code}
            if isinstance(error, SeveralFacesError):
                body["num_faces"] = len(error.boxes)
            if isinstance(error, BusyError):
                body["retry_after_seconds"] = error.retry_after_seconds
            return status, body
    log.error("request failed: %s", type(error).__name__, exc_info=error)
    return 500, {
        "error": "Something went wrong here. Try again; if it stays so, tell the operator.",
        "code": "internal",
    }


class AnswersEverything:
    """Answers what nobody foresaw, too. Starlette's own way to do so raises it again, and the server writes it into the log
    as it comes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_answered = False

        async def send_and_note(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            if scope["type"] != "http" or is_answered:
                raise
            answer = await answer_failure(Request(scope), error)
            await answer(scope, receive, send)


async def answer_failure(request: Request, error: Exception) -> Response:
    status, body = failure(error)
    log.info("request refused status=%d code=%s", status, body["code"])
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if isinstance(error, BusyError):
        headers["Retry-After"] = str(max(1, round(error.retry_after_seconds)))
    return JSONResponse(body, status, headers)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """No such address, no such method: in the form of all other errors."""
    assert isinstance(error, HTTPException)  # noqa: S101 - the only kind this is registered for
    return JSONResponse({"error": str(error.detail), "code": "http"}, error.status_code, dict(error.headers or {}))
