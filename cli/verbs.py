"""The command's verbs, and what stands in for one whose packages are not installed here.

An agent's machine has the packages of its extra and no others: there the other verbs say what they need.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import typer

from protocol.errors import LookalikeError

_VERBS = (  # name, module, attribute; in the order in which a newcomer meets them
    ("demo", "cli.demo.command", "demo"),
    ("match", "cli.match", "match"),
    ("apply", "cli.apply", "apply"),
    ("serve", "cli.serve", "serve"),
    ("standin", "cli.standin", "standin"),
    ("calibrate", "cli.calibrate", "calibrate"),
    ("capture", "cli.capture", "capture"),
    ("train", "cli.train", "train"),
    ("evaluate", "cli.evaluate.command", "evaluate"),
    ("improve", "cli.improve", "improve"),
    ("reembed", "cli.reembed", "reembed"),
    ("coordinator", "cli.coordinator", "coordinator"),
    ("cluster", "cli.cluster.command", "cluster_app"),
    ("enroll", "cli.enroll", "enroll"),
    ("agent", "cli.agent", "agent"),
    ("status", "cli.status", "status"),
    ("doctor", "cli.doctor.command", "doctor"),
    ("sweep", "cli.sweep", "sweep_app"),
    ("fleet", "cli.fleet", "fleet_app"),
    ("data", "cli.data", "data_app"),
    ("models", "cli.models", "models_app"),
    ("profile", "cli.profile", "profile_app"),
)
_OURS = {
    "creator",
    "protocol",
    "agents",
    "dataset",
    "cluster",
    "embedding",
    "coordinator",
    "trainer",
    "matcher",
    "cli",
    "telemetry",
}


def add_verbs(app: typer.Typer) -> None:
    """Imports are made here, so that --help is quick to fail and easy to follow."""
    for name, module, attribute in _VERBS:
        try:
            verb = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            missing = missing_package(error)
            app.command(
                name, context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False
            )(_stand_in(name, missing))
        else:
            app.add_typer(verb, name=name) if isinstance(verb, typer.Typer) else app.command(name)(verb)


def missing_package(error: ModuleNotFoundError) -> str:
    """The package that is not installed. Raises the error again when a module of our own is missing."""
    package = (error.name or str(error)).partition(".")[0]
    if package in _OURS:
        raise error
    return package


def not_installed(package: str) -> LookalikeError:
    return LookalikeError(f"This needs {package}, which is not installed here: run pip install 'lookalike[all]'")


def _stand_in(name: str, missing: str) -> Callable[[], None]:
    def not_here() -> None:
        raise not_installed(missing)

    not_here.__doc__ = f"Not installed here: needs {missing}."
    return not_here
