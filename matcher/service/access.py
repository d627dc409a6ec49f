"""Who asks: the holder of a token, or an address. Nothing of either reaches a log."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping

from starlette.requests import HTTPConnection

from matcher.errors import AccessError
from matcher.service.config import ServiceConfig

_IPV6_CLIENT_BITS = 64
"""One household or server has so many bits to choose from; limits count it as one client."""


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Access:
    """Tells clients apart by their token where tokens are wanted, by their address otherwise."""

    def __init__(self, config: ServiceConfig) -> None:
        self._hashes: Mapping[str, str] = config.token_hashes
        self._players = config.players
        self._proxies = [ipaddress.ip_network(place) for place in config.trusted_proxies]

    @property
    def needs_token(self) -> bool:
        return bool(self._hashes) or self._players is not None

    def client(self, connection: HTTPConnection) -> str:
        """A name for limits to count by. Raises AccessError when a token is wanted and this is none."""
        if not self.needs_token:
            return self.address(connection)
        kind, _, token = connection.headers.get("authorization", "").partition(" ")
        holder = self._holder(token.strip()) if kind.lower() == "bearer" else None
        if holder is None:
            raise AccessError("This service needs a token, and this is none of its own. Ask its operator for one.")
        return f"token {holder}"

    def _holder(self, token: str) -> str | None:
        if self._players is not None:
            return self._players(token)
        given = token_hash(token)
        return next((name for name, expected in self._hashes.items() if hmac.compare_digest(given, expected)), None)

    def address(self, connection: HTTPConnection) -> str:
        """Where a request comes from, as limits count it."""
        peer = connection.client.host if connection.client else "unknown"
        hops = [hop.strip() for hop in connection.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
        while hops and self._is_trusted(peer):
            peer = hops.pop()
        return _household(peer)

    def _is_trusted(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)


def _household(peer: str) -> str:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network(f"{address}/{_IPV6_CLIENT_BITS}", strict=False))
    return str(address)
