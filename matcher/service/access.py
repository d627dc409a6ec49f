"""Who asks: the holder of a token, or an address. Nothing of either reaches a log."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from matcher.errors import AccessError, ForeignSiteError
from matcher.service.config import ServiceConfig

_IPV6_CLIENT_BITS = 64
"""One household or server has so many bits to choose from; limits count it as one client."""

_OWN_SITE = ("same-origin", "none")


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

    def check_site(self, connection: HTTPConnection) -> None:
        """Browsers let any page ask any address: what another site's page asks is refused, and so is a foreign name for an
        address of this machine, which a site may give it to pass for the service (DNS rebinding). Raises ForeignSiteError.
        """
        headers = connection.headers
        host = _host_name(f"//{headers.get('host', '')}")
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        is_own = site in _OWN_SITE if site else origin is None or _host_name(origin) == host
        if not is_own:
            raise ForeignSiteError(
                "A page of another site asked. Open this service's own page, or ask without a browser."
            )
        peer = connection.client.host if connection.client else ""
        if not self.needs_token and _is_loopback(peer) and not self._is_trusted(peer) and not _names_this_machine(host):
            raise ForeignSiteError(
                f"This machine was asked by the name {host[:80]!r}. Use 127.0.0.1 or localhost; a reverse proxy on this machine "
                "belongs into trusted_proxies."
            )

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
        address = _number(peer)
        return address is not None and any(address in network for network in self._proxies)


def _host_name(address: str) -> str:
    """In small letters, without port; empty where there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _number(place: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """None for a name."""
    try:
        return ipaddress.ip_address(place)
    except ValueError:
        return None


def _is_loopback(place: str) -> bool:
    address = _number(place)
    return address is not None and address.is_loopback


def _names_this_machine(host: str) -> bool:
    """A number cannot be pointed elsewhere, and localhost is nobody else's; without a name no browser asked."""
    return _number(host) is not None or host in ("", "localhost") or host.endswith(".localhost")


def _household(peer: str) -> str:
    address = _number(peer)
    if address is None:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network(f"{address}/{_IPV6_CLIENT_BITS}", strict=False))
    return str(address)
