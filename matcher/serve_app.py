"""The service as a Ray Serve application. Requests leave nothing behind, so any replica can take any of them."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from ray import serve

from cluster.serving import QUIET, close_replica_port, serving
from creator.profile import Profile
from matcher.preview import Painter
from matcher.service.app import create_app
from matcher.service.config import ServiceConfig
from matcher.service.engine import Engine
from telemetry.folder import exported
from telemetry.log import log_replica

APPLICATION_NAME = "lookalike-matcher"
_MAX_ONGOING_REQUESTS = 512  # waiting is the line's business, which tells people about it

OpenPainter = Callable[[Profile], Painter]


class MatcherReplica:
    """One process with models, workers, and its own waiting line."""

    def __init__(self, config: ServiceConfig, open_painter: OpenPainter | None) -> None:
        close_replica_port()
        if config.log:
            log_replica(Path(config.log).parent, Path(config.log).stem)
        self._config = config
        self._open_painter = open_painter

    def __serve_build_asgi_app__(self) -> FastAPI:
        engine = Engine.open(self._config, self._open_painter)
        folder = Path(self._config.metrics) if self._config.metrics else None
        self._exported = exported("matcher", engine.figures, folder)  # until the process ends
        self._exported.__enter__()
        return create_app(engine, self._config)


def build_app(
    config: ServiceConfig, open_painter: OpenPainter | None = None, *, num_replicas: int = 1
) -> serve.Application:
    """`config.num_workers` threads are shared out among the replicas; `open_painter` must be importable there."""
    own = replace(config, num_workers=max(1, config.num_workers // num_replicas))
    deployment: Any = serve.deployment(
        serve.ingress()(MatcherReplica),  # without an application: each replica builds its own
        name="Matcher",
        num_replicas=num_replicas,
        ray_actor_options={"num_cpus": own.num_workers},
        max_ongoing_requests=_MAX_ONGOING_REQUESTS,
    )
    application: serve.Application = deployment.bind(own, open_painter)
    return application


def serve_until_interrupted(
    config: ServiceConfig, open_painter: OpenPainter | None, *, http_options: dict[str, Any], num_replicas: int
) -> None:
    """Runs on the Ray that this process is connected to. Returns on Ctrl-C and on SIGTERM, at which Ray would abort."""
    application = build_app(config, open_painter, num_replicas=num_replicas)
    with serving(http_options):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        serve.run(application, name=APPLICATION_NAME, route_prefix="/", logging_config=QUIET, blocking=True)
