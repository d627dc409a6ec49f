"""`lookalike serve`: the matcher as a web page and an API."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import out
from protocol.errors import LookalikeError

if TYPE_CHECKING:
    from coordinator.listening import Listening
    from coordinator.tokens import TokenStore
    from creator.profile import Profile
    from matcher.preview import Painter
    from matcher.service.config import ServiceConfig


def serve(
    models: Annotated[str, typer.Option(help="A trained model set: a folder or a URL.")] = "lookalike-demo/models",
    profile: Annotated[str | None, typer.Option(help="The creator's profile, where it is not the models' own.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8421,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, max=256, help="How many photos are in work at once; one more than processors if not given."
        ),
    ] = None,
    replicas: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the workers.")] = 1,
    tokens: Annotated[
        Path | None,
        typer.Option(
            help="Only holders of a token may use it: the file of lookalike enroll --player, or lines NAME TOKEN."
        ),
    ] = None,
    limits: Annotated[Path | None, typer.Option(help="A TOML file with a table limits and trusted_proxies.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="A campaign's folder: pictures show its nearest captured frame.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="TLS: a PEM file; needs --key.")] = None,
    key: Annotated[Path | None, typer.Option(help="TLS: the certificate's key, readable by its owner alone.")] = None,
    clear_text: Annotated[
        bool, typer.Option("--clear-text", help="Listen beyond this machine without TLS: a proxy encrypts.")
    ] = False,
    keep_photos: Annotated[
        Path | None, typer.Option(help="A folder for photos whose owners allow it on the page; none are kept without.")
    ] = None,
    keep_days: Annotated[float, typer.Option(help="When kept photos are deleted.")] = 30,
    metrics: Annotated[Path | None, typer.Option(help="The folder for Prometheus, as the coordinator's.")] = None,
    log: Annotated[
        Path | None, typer.Option(help="Its log, one JSON object a line; standard error unless told.")
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="One process without Ray.")] = False,
) -> None:
    """Serve the page and the API until interrupted.

    Photos stay in memory and are dropped with the answer; with --keep-photos the page offers to let the operator keep them,
    and each of them is deleted after --keep-days or when its owner says so. The API is described at /openapi.json. Behind a
    proxy, name the proxy in trusted_proxies, so that limits count its clients and not itself.
    """
    from coordinator.listening import Listening
    from matcher.service.config import MAX_WORKERS, ServiceConfig, ServiceLimits, read_limits

    allowed, proxies = read_limits(limits) if limits else (ServiceLimits(), ())
    config = ServiceConfig(
        models=_absolute(models),
        profile=profile,
        num_workers=workers or min(1 + (os.cpu_count() or 1), MAX_WORKERS),  # one waits for Python, the others work
        limits=allowed,
        players=_players(tokens) if tokens else None,
        token_hashes=_read_tokens(tokens) if tokens and not _is_enrolled(tokens) else {},
        trusted_proxies=proxies,
        metrics=str(metrics.absolute()) if metrics else "",
        log=str(log.absolute()) if log else "",
        keep_folder=str(keep_photos.absolute()) if keep_photos else "",
        keep_days=keep_days,
    )
    listening = Listening(host=host, port=port, certificate=certificate, key=key, allows_clear_text=clear_text)
    _check(config, listening)
    paint = partial(open_painter, data=data.absolute() if data else None)
    if plain:
        _serve_plain(config, paint, listening)
    else:
        _serve_on_ray(config, paint, listening, replicas)


def _announce(listening: Listening) -> None:
    out.print(f"Serving on {listening.url(listening.port)}. Stop with Ctrl-C.")


def open_painter(profile: Profile, data: Path | None) -> Painter:
    """What shows characters; at module level, so that a replica finds it."""
    from cli.preview import captured_painter, standin_painter

    if data is None:
        return standin_painter(profile)
    return captured_painter(profile, str(data / "data"), data / "snapshot")


def _absolute(models: str) -> str:
    """Replicas run elsewhere on this machine."""
    return models if "://" in models else str(Path(models).absolute())


def _check(config: ServiceConfig, listening: Listening) -> None:
    """What is wrong with models, port or certificate is said before anything starts."""
    from matcher.matcher import Matcher

    listening.check()
    listening.free_port()
    Matcher.load(config.models, profile=_profile(config))


def _profile(config: ServiceConfig) -> Profile | None:
    from creator.profile_file import load_profile

    return load_profile(config.profile) if config.profile else None


class EnrolledPlayers:
    """Whose a token is, asked anew for each request: who is enrolled, revoked or expired meanwhile counts at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store: TokenStore | None = None

    def __call__(self, token: str) -> str | None:
        """Raises TokenError."""
        if self._store is None:
            from coordinator.tokens import TokenStore

            self._store = TokenStore(self._path)
        known = self._store.authenticate(token)
        return known.agent if known is not None and known.allows("match") else None

    def __reduce__(self) -> tuple[type[EnrolledPlayers], tuple[Path]]:
        """A replica opens the file itself."""
        return (EnrolledPlayers, (self._path,))


def _players(path: Path) -> EnrolledPlayers | None:
    """None for a file of lines. Raises TokenError when it cannot be used."""
    if not _is_enrolled(path):
        return None
    players = EnrolledPlayers(path.absolute())
    players("")
    return players


def _is_enrolled(path: Path) -> bool:
    """Whether `lookalike enroll` wrote it. Raises LookalikeError when it is missing, empty or open to others."""
    from cli.secrets import read_token

    return read_token(path).startswith("{")


def _read_tokens(path: Path) -> dict[str, str]:
    """Names to hashes. Raises LookalikeError when the file is open to others or has a line that is no name and token."""
    from cli.secrets import read_token
    from matcher.service.access import token_hash

    hashes = {}
    for number, line in enumerate(read_token(path).splitlines(), start=1):
        name, _, token = line.strip().partition(" ")
        if not name or len(token.strip()) < 16:
            raise LookalikeError(f"{path}, line {number}: expected NAME TOKEN, the token of at least 16 characters")
        hashes[name] = token_hash(token.strip())
    return hashes


def _serve_plain(config: ServiceConfig, paint: partial[Painter], listening: Listening) -> None:
    import uvicorn

    from matcher.service.app import create_app
    from matcher.service.engine import Engine
    from matcher.service.prompt_http import PromptProtocol
    from telemetry.folder import exported
    from telemetry.log import log_to

    log_to(Path(config.log) if config.log else None, process="matcher")
    engine = Engine.open(config, paint)
    with exported("matcher", engine.figures, Path(config.metrics) if config.metrics else None):
        _announce(listening)
        uvicorn.run(
            create_app(engine, config),
            host=listening.host,
            port=listening.port,
            ssl_certfile=listening.certificate,
            ssl_keyfile=listening.key,
            http=PromptProtocol,
            log_level="warning",
            access_log=False,
            proxy_headers=False,  # whom to believe is the service's own business
        )


def _serve_on_ray(config: ServiceConfig, paint: partial[Painter], listening: Listening, replicas: int) -> None:
    from cluster.ray_session import private_ray  # Ray takes seconds to import
    from matcher.serve_app import serve_until_interrupted

    with private_ray(num_cpus=config.num_workers + 2):
        _announce(listening)
        serve_until_interrupted(
            config, paint, http_options=listening.http_options(listening.port), num_replicas=replicas
        )
