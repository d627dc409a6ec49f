"""The service's HTTP face: the page, and the API that it uses and anybody may use.

Whoever sends `Accept: application/x-ndjson` hears the progress: lines {"event": "waiting", "ahead": 3}, {"event": "working"},
and at last {"event": "done", "result": ...} or {"event": "error", ...}. Others get the result alone. Nothing is kept between
requests: a closed connection gives up its place, and a photo is gone with its answer, unless its owner says that it may stay
and the operator has a place for it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anyio
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from creator.sheet import sheet_schema
from matcher.card import CardText
from matcher.constraints import DEFAULT_MILDNESS
from matcher.errors import AbandonedError, AccessError, BusyError, NotKeptError, RequestError
from matcher.service import messages
from matcher.service.access import Access
from matcher.service.body import read_body
from matcher.service.config import ServiceConfig
from matcher.service.creator_json import creator_json, impostors_json
from matcher.service.engine import Engine
from matcher.service.failures import AnswersEverything, answer_failure, answer_http_error, failure
from matcher.service.kept import KeptPhotos
from matcher.service.line import Line, Place, Rank
from matcher.service.page_files import SecurityHeaders, load_page
from protocol.character import JsonObject
from protocol.errors import LookalikeError
from protocol.rate_limit import RateLimit

log = logging.getLogger(__name__)

API_VERSION = "1"
_STREAM = "application/x-ndjson"
_JSON_TYPES = ("application/json", "")
_NEWS_SECONDS = 0.5
_SWEEP_SECONDS = 3_600.0
_MEDIA_TYPES = {"json": "application/json", "ini": "text/plain", "png": "image/png", "html": "text/html"}

Work = Callable[[], JsonObject]


def create_app(engine: Engine, config: ServiceConfig) -> FastAPI:
    """The application; it starts nothing but its workers' threads, when there is work.

    Raises ServiceConfigError when the folder for photos that may be kept is open to others.
    """
    return _Service(engine, config, _open_kept(config)).app()


def _open_kept(config: ServiceConfig) -> KeptPhotos | None:
    if not config.keep_folder:
        return None
    kept = KeptPhotos(Path(config.keep_folder), days=config.keep_days, max_photos=config.limits.max_kept_photos)
    kept.check_folder()
    return kept


class _Service:
    def __init__(self, engine: Engine, config: ServiceConfig, kept: KeptPhotos | None) -> None:
        self._engine = engine
        self._config = config
        self._limits = config.limits
        self._access = Access(config)
        self._allowed = RateLimit(config.limits.requests_per_minute / 60, config.limits.burst, time.monotonic)
        self._line = Line(engine.num_workers, config.limits)
        self._threads = ThreadPoolExecutor(engine.num_workers, thread_name_prefix="match")
        self._page = load_page()
        self._kept = kept

    def app(self) -> FastAPI:
        app = FastAPI(
            title="lookalike matcher", version=API_VERSION, docs_url=None, redoc_url=None, lifespan=self._lifespan
        )
        app.add_middleware(AnswersEverything)
        app.add_middleware(SecurityHeaders)
        app.add_exception_handler(LookalikeError, answer_failure)
        app.add_exception_handler(HTTPException, answer_http_error)
        app.get("/v1/health")(self.health)
        app.get("/v1/ready", responses=_errors(503))(self.ready)
        app.get("/v1/creator")(self.creator)
        app.get("/v1/schemas/sheet")(self.schema)
        _post(app, "/v1/faces", self.faces, messages.FacesReply, body="image/*")
        _post(app, "/v1/matches", self.matches, messages.MatchReply, body=messages.MatchRequest)
        _post(app, "/v1/trades", self.trades, messages.TradesReply, body=messages.MatchRequest)
        _post(app, "/v1/previews", self.previews, messages.PreviewReply, body=messages.PreviewRequest)
        _post(app, "/v1/sheets/{form}", self.sheets, None, body=messages.SheetRequest)
        _post(app, "/v1/photos", self.keep_photo, messages.KeptReply, body="image/*")
        app.delete("/v1/photos/{photo_id}", status_code=204, responses=_errors(401, 404, 429))(self.delete_photo)
        app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)(self.page)
        app.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)(self.page_file)
        return app

    async def health(self) -> JsonObject:
        """That the service answers."""
        return {"status": "ok", "version": API_VERSION}

    async def ready(self) -> JSONResponse:
        """That it takes more work; the models are loaded before it answers at all."""
        state = {"status": "full" if self._line.is_full else "ready", "num_waiting": self._line.num_waiting}
        return JSONResponse(state, 503 if self._line.is_full else 200)

    async def creator(self) -> JsonObject:
        """What can be set in this creator, and what this service offers."""
        return {
            "creator": creator_json(self._engine.profile),
            "recogniser": self._engine.recogniser,
            "impostors": impostors_json(self._engine.impostor_pairs),
            "default_mildness": DEFAULT_MILDNESS,
            "needs_token": self._access.needs_token,
            "has_previews": self._engine.has_previews,
            "max_photos": self._limits.max_photos,
            "max_photo_bytes": self._limits.max_photo_bytes,
            "keep_days": self._config.keep_days if self._kept else None,
        }

    async def schema(self) -> JsonObject:
        """The JSON schema of a sheet."""
        return sheet_schema()

    async def faces(self, request: Request) -> Response:
        """The faces in a photo. The body is the picture; nothing of it is kept."""
        client = self._admit(request)
        photo = await self._read(request, self._limits.max_photo_bytes)
        return await self._serve(request, client, Rank.FACES, lambda: self._engine.find_faces(photo), len(photo))

    async def matches(self, request: Request) -> Response:
        """The character most like a face. The body is JSON with keys of /v1/faces, or simply a photo."""
        client = self._admit(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind.startswith("image/"):
            return await self._match_photo(request, client)
        if kind not in _JSON_TYPES:
            raise RequestError(
                f"A body of the type {kind[:80]!r}. Send a picture as it is, with Content-Type: image/jpeg, or JSON with "
                "Content-Type: application/json."
            )
        wanted = await self._match_request(request)

        def match_faces() -> JsonObject:
            return self._engine.match_faces(wanted.faces, wanted.wishes(), is_hurried=self._line.is_crowded)

        return await self._serve(request, client, Rank.MATCH, match_faces)

    async def _match_photo(self, request: Request, client: str) -> Response:
        asked = messages.parse_query(messages.PhotoWishes, request.query_params.multi_items())
        photo = await self._read(request, self._limits.max_photo_bytes)
        keeping = self._keeping() if asked.keep else None

        def match_photo() -> JsonObject:
            is_hurried = self._line.is_crowded
            match = self._engine.match_photo(photo, asked.wishes(), asked.face, is_hurried=is_hurried)
            return match if keeping is None else _kept_too(match, keeping, photo)

        return await self._serve(request, client, Rank.FACES, match_photo, len(photo))

    async def trades(self, request: Request) -> Response:
        """What mildness costs for these faces."""
        client = self._admit(request)
        wanted = await self._match_request(request)

        def work() -> JsonObject:
            return {"trades": [each.to_json() for each in self._engine.trade_off(wanted.faces, wanted.wishes())]}

        return await self._serve(request, client, Rank.EXTRA, work)

    async def previews(self, request: Request) -> Response:
        """A picture of a character."""
        client = self._admit(request)
        asked = messages.parse(messages.PreviewRequest, await self._read(request, self._limits.max_message_bytes))
        character = asked.character.character()
        return await self._serve(request, client, Rank.EXTRA, lambda: self._engine.preview_json(character))

    async def sheets(self, request: Request, form: str) -> Response:
        """The sheet as a file: json, ini (for the public key-press tool), png (a card) or html (to print)."""
        client = self._admit(request)
        asked = messages.parse(messages.SheetRequest, await self._read(request, self._limits.max_message_bytes))
        text = CardText(asked.title or "Character sheet", asked.sentence, (asked.figures,) if asked.figures else ())
        with self._line.place(client, 0, Rank.MATCH) as place:
            await self._comes(request, place)
            content = await self._run(lambda: self._engine.sheet(form, asked.character.character(), text))
        headers = {"Content-Disposition": f'attachment; filename="lookalike.{form}"'}
        return Response(content, media_type=_MEDIA_TYPES[form], headers=headers)

    async def keep_photo(self, request: Request) -> Response:
        """Lets the operator keep a photo, by its owner's wish alone. The body is the picture."""
        client = self._admit(request)
        keeping = self._keeping()
        photo = await self._read(request, self._limits.max_photo_bytes)
        return await self._serve(request, client, Rank.EXTRA, lambda: asdict(keeping.keep(photo)), len(photo))

    async def delete_photo(self, request: Request, photo_id: str) -> Response:
        """Deletes a kept photo at once."""
        self._admit(request)
        keeping = self._keeping()
        await asyncio.to_thread(keeping.delete, photo_id)
        return Response(status_code=204)

    def _keeping(self) -> KeptPhotos:
        if self._kept is None:
            raise NotKeptError("This service keeps no photos.")
        return self._kept

    @asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(self._sweep(self._kept)) if self._kept else None
        yield
        if sweeping:
            sweeping.cancel()

    async def _sweep(self, kept: KeptPhotos) -> None:
        while True:
            try:
                await asyncio.to_thread(kept.sweep)
            except OSError as error:  # the folder may be back in an hour
                log.error("photos that are over their time could not be deleted: %s", error)
            await asyncio.sleep(_SWEEP_SECONDS)

    async def page(self, request: Request) -> Response:
        return await self.page_file(request, "index.html")

    async def page_file(self, request: Request, path: str) -> Response:
        if path not in self._page:
            raise HTTPException(404, "There is nothing at this address.")
        return self._page[path].answer(request)

    def _admit(self, request: Request) -> str:
        """Who asks. Raises AccessError, BusyError: who tries tokens is slowed down by address, and nobody else; and
        ForeignSiteError."""
        self._access.check_site(request)
        try:
            client = self._access.client(request)
        except AccessError:
            self._engine.figures.turn_away("token")
            self._bound(f"without a token {self._access.address(request)}")
            raise
        self._bound(client)
        return client

    def _bound(self, client: str) -> None:
        if (seconds := self._allowed.wait_seconds(client)) > 0:
            self._engine.figures.turn_away("too_often")
            raise BusyError("You asked very often", seconds)

    async def _read(self, request: Request, max_bytes: int) -> bytes:
        return await read_body(request, max_bytes=max_bytes, max_seconds=self._limits.max_body_seconds)

    async def _match_request(self, request: Request) -> messages.MatchRequest:
        wanted = messages.parse(messages.MatchRequest, await self._read(request, self._limits.max_message_bytes))
        if len(wanted.faces) > self._limits.max_photos:
            raise RequestError(f"{len(wanted.faces)} photos: at most {self._limits.max_photos} are taken at once.")
        return wanted

    async def _serve(self, request: Request, client: str, rank: Rank, work: Work, num_bytes: int = 0) -> Response:
        """Waits for its turn, with or without telling how it goes."""
        if _STREAM in request.headers.get("accept", ""):
            self._line.check(client, num_bytes, rank)
            news = self._tell(self._line.place(client, num_bytes, rank), work)
            return StreamingResponse(news, media_type=_STREAM, headers={"X-Accel-Buffering": "no"})
        with self._line.place(client, num_bytes, rank) as place:
            await self._comes(request, place)
            return JSONResponse(await self._run(work))

    async def _tell(self, waiting: AbstractContextManager[Place], work: Work) -> AsyncIterator[str]:
        try:
            with waiting as place:
                async for line in self._tell_waiting(place):
                    yield line
                yield _line(event="working")
                yield _line(event="done", result=await self._run(work))
        except Exception as error:  # noqa: BLE001 - the status is sent already: the error has to be told in the stream
            _, body = failure(error)
            yield _line(event="error", **body)

    async def _tell_waiting(self, place: Place) -> AsyncIterator[str]:
        while not await place.comes_within(_NEWS_SECONDS):
            yield _line(event="waiting", ahead=self._line.ahead_of(place))

    async def _comes(self, request: Request, place: Place) -> None:
        """Waits for its turn. Raises AbandonedError when whoever asked has gone by then."""
        while not await place.comes_within(_NEWS_SECONDS):
            if await request.is_disconnected():
                break
        if await request.is_disconnected():
            raise AbandonedError("Whoever asked closed the connection.")

    async def _run(self, work: Callable[[], Any]) -> Any:
        """A thread goes on whoever leaves: until its work is done the place is not another's."""
        with anyio.CancelScope(shield=True):
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _kept_too(match: JsonObject, keeping: KeptPhotos, photo: bytes) -> JsonObject:
    """A folder that is full does not cost the answer."""
    try:
        return {**match, "kept": asdict(keeping.keep(photo))}
    except BusyError as error:
        return {**match, "remarks": [*match["remarks"], f"The photo was not kept: {error}"]}


def _line(**values: Any) -> str:
    return json.dumps(values) + "\n"


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": messages.ErrorReply} for status in statuses}


def _post(app: FastAPI, path: str, answer: Any, reply: Any, *, body: Any) -> None:
    """A route that reads its own body, described all the same."""
    content = {body: {}} if isinstance(body, str) else {"application/json": {"schema": body.model_json_schema()}}
    responses: dict[int | str, dict[str, Any]] = _errors(400, 401, 413, 415, 422, 429, 500)
    responses[200] = {"model": reply} if reply else {"content": {kind: {} for kind in _MEDIA_TYPES.values()}}
    app.post(path, responses=responses, openapi_extra={"requestBody": {"content": content, "required": True}})(answer)
