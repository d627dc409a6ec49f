"""A running coordinator as people ask it: over its gateway, with a token of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from cli.console import out
from cli.secrets import read_token
from coordinator.commands import Command, CommandReply
from coordinator.status import FleetStatus
from protocol.errors import LookalikeError

UrlOption = Annotated[str, typer.Option("--url", help="The coordinator's address.")]
OperatorOption = Annotated[
    Path, typer.Option("--token-file", help="An operator's token, from `lookalike enroll NAME --operator`.")
]
DEFAULT_URL = "http://127.0.0.1:8420"
DEFAULT_OPERATOR = Path("operator.token")
_TIMEOUT_SECONDS = 60.0  # a large sweep takes its time to plan


@dataclass(frozen=True, slots=True)
class Gateway:
    """Raises LookalikeError when nobody answers there, or the coordinator refuses."""

    url: str
    client: httpx.Client

    def status(self) -> FleetStatus:
        return FleetStatus.from_json(self._ask("GET", "/v1/status"))

    def execute(self, command: Command) -> str:
        """What was done, in a sentence."""
        return CommandReply.from_json(self._ask("POST", "/v1/commands", command.to_json())).text

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        try:
            reply = self.client.request(method, f"{self.url}{path}", json=body)
            answer: Any = reply.json()
        except httpx.HTTPError as error:
            raise LookalikeError(
                f"No coordinator answers at {self.url}: {error}. Start one with `lookalike coordinator`"
            ) from error
        except ValueError as error:
            raise LookalikeError(
                f"What answers at {self.url} is no coordinator (status {reply.status_code})"
            ) from error
        if reply.status_code != httpx.codes.OK:
            reason = answer.get("error", answer) if isinstance(answer, dict) else answer
            raise LookalikeError(f"The coordinator at {self.url} refused ({reply.status_code}): {reason}")
        return answer


@contextmanager
def open_gateway(url: str, token_file: Path) -> Iterator[Gateway]:
    """A certificate of your own is trusted when SSL_CERT_FILE names it."""
    headers = {"Authorization": f"Bearer {read_token(token_file)}"}
    with httpx.Client(headers=headers, timeout=_TIMEOUT_SECONDS) as client:
        yield Gateway(url.rstrip("/"), client)


def order(url: str, token_file: Path, *commands: Command) -> None:
    """Have the commands done one after the other, and print what was done."""
    with open_gateway(url, token_file) as gateway:
        for command in commands:
            out.print(gateway.execute(command))
