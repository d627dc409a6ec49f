"""Where the gateway listens, with which certificate, and whether that is safe."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coordinator.errors import ListeningError, PortInUseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """`port` 0 takes a free one. `certificate` and `key` are PEM files; without them tokens and frames travel in clear."""

    host: str = "127.0.0.1"
    port: int = 8420
    certificate: Path | None = None
    key: Path | None = None
    allows_clear_text: bool = False

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise ListeningError("A certificate needs its key and a key its certificate: name both files")
        if self.certificate is None and not self.allows_clear_text and not is_loopback(self.host):
            raise ListeningError(
                f"Listening on {self.host} without TLS would send tokens in clear: name a certificate and its key, "
                "listen on 127.0.0.1, or allow clear text where something else encrypts"
            )

    @property
    def is_encrypted(self) -> bool:
        return self.certificate is not None

    def url(self, port: int) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.is_encrypted else 'http'}://{host}:{port}"

    def http_options(self, port: int) -> dict[str, Any]:
        """As Ray Serve's proxy wants them."""
        encrypted = {"ssl_certfile": str(self.certificate), "ssl_keyfile": str(self.key)} if self.is_encrypted else {}
        return {"host": self.host, "port": port, **encrypted}

    def check(self) -> None:
        """Raises ListeningError when certificate and key cannot be used together or the key is open to others."""
        if self.certificate is None or self.key is None:
            return
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)
            mode = self.key.stat().st_mode
        except (OSError, ssl.SSLError) as error:
            raise ListeningError(
                f"Certificate {self.certificate} with key {self.key} cannot be used: {error}"
            ) from error
        if mode & 0o077:
            raise ListeningError(f"Key {self.key} can be read by others; run: chmod 600 {self.key}")

    def free_port(self) -> int:
        """The port to listen on, free at this moment. Raises PortInUseError naming it."""
        with socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
                probe.listen(1)
            except OSError as error:
                raise PortInUseError(
                    f"Port {self.port} on {self.host} cannot be used ({error.strerror}); choose another port"
                ) from error
            return int(probe.getsockname()[1])


def is_loopback(host: str) -> bool:
    """A name other than localhost may lead anywhere."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
