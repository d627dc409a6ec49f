"""The page's files, held in memory with the headers that keep it to itself: nothing is fetched from anybody else."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), microphone=(), payment=()",
}


class SecurityHeaders:
    """Puts the headers on every answer; those that are there already stay. Streams pass through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message.get("headers", [])}
                extra = [(k.encode(), v.encode()) for k, v in SECURITY_HEADERS.items() if k.encode() not in given]
                message["headers"] = [*message.get("headers", []), *extra]
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file and the tag by which a browser knows whether its copy is still good."""

    content: bytes
    media_type: str
    tag: str

    def answer(self, request: Request) -> Response:
        headers = {"ETag": self.tag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == self.tag:
            return Response(status_code=304, headers=headers)
        return Response(self.content, media_type=self.media_type, headers=headers)


def load_page() -> dict[str, PageFile]:
    """Every file of `matcher/page` by its path there, and the sheet's look, which printed pages and reports share."""
    found = {path: _page_file(file) for path, file in _walk(files("matcher").joinpath("page"), "")}
    return {**found, "sheet.css": _page_file(files("matcher").joinpath("templates/sheet.css"))}


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        path = f"{prefix}{entry.name}"
        found += _walk(entry, f"{path}/") if entry.is_dir() else [(path, entry)]
    return found


def _page_file(file: Traversable) -> PageFile:
    content = file.read_bytes()
    media_type = {".js": "text/javascript", ".webmanifest": "application/manifest+json"}.get(
        "." + file.name.rpartition(".")[2], mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    )
    return PageFile(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:20]}"')
