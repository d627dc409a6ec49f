"""What a service is told: models, workers, limits, who may use it."""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from matcher.errors import ServiceConfigError

Players = Callable[[str], str | None]
MAX_WORKERS = 256
_LONGEST_KEEP_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLimits:
    """What bounds memory and keeps one client from the others' turns.

    At most `max_waiting` requests and `max_waiting_bytes` of photos wait or are in work at once, `max_waiting_per_client` of
    them one client's. `requests_per_minute` refill a client's allowance of `burst` requests. No more than `max_kept_photos` are
    kept of those whose owners allow it.
    """

    max_photo_bytes: int = 16_000_000
    max_message_bytes: int = 1_000_000
    max_photos: int = 20
    max_faces: int = 8
    max_waiting: int = 200
    max_waiting_bytes: int = 256_000_000
    max_waiting_per_client: int = 12
    max_body_seconds: float = 30.0
    requests_per_minute: float = 120.0
    burst: int = 60
    max_kept_photos: int = 10_000

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise ServiceConfigError(f"limits.{entry.name} {value!r}: expected a number above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """`profile` None takes the models' own. `players` tells whose a token is, None for nobody's; without it, and without
    `token_hashes` (name to sha256 of a token), everybody may use the service.

    `trusted_proxies` are the addresses or networks whose X-Forwarded-For names the client. `metrics` is the folder for figures,
    none when empty. `log` is the log's file, standard error when empty; replicas have one each in its folder.
    `keep_folder` is where photos go whose owners allow it, for `keep_days`; none are kept when it is empty.
    """

    models: str
    profile: str | None = None
    num_workers: int = 2
    limits: ServiceLimits = field(default_factory=ServiceLimits)
    token_hashes: Mapping[str, str] = field(default_factory=dict)
    players: Players | None = None
    trusted_proxies: tuple[str, ...] = ()
    metrics: str = ""
    log: str = ""
    keep_folder: str = ""
    keep_days: float = 30.0

    def __post_init__(self) -> None:
        if not 1 <= self.num_workers <= MAX_WORKERS:
            raise ServiceConfigError(f"num_workers {self.num_workers}: expected 1 to {MAX_WORKERS}")
        if not 0 < self.keep_days <= _LONGEST_KEEP_DAYS:
            raise ServiceConfigError(
                f"keep_days {self.keep_days:g}: expected more than 0, at most {_LONGEST_KEEP_DAYS}"
            )
        for place in self.trusted_proxies:
            try:
                ipaddress.ip_network(place)
            except ValueError as error:
                raise ServiceConfigError(
                    f"trusted_proxies {place!r}: expected an address or network, such as 127.0.0.1 or 10.0.0.0/8"
                ) from error


def read_limits(path: Path) -> tuple[ServiceLimits, tuple[str, ...]]:
    """Limits and trusted proxies of a TOML file: a table [limits], and trusted_proxies. Raises ServiceConfigError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ServiceConfigError(f"{path} cannot be read: {error}") from error
    _check_names(path, table, {"limits", "trusted_proxies"})
    limits, proxies = table.get("limits", {}), table.get("trusted_proxies", [])
    if not isinstance(limits, dict) or not isinstance(proxies, list):
        raise ServiceConfigError(f"{path}: limits is a table, trusted_proxies a list of addresses")
    _check_names(path, limits, {entry.name for entry in fields(ServiceLimits)})
    return ServiceLimits(**limits), tuple(str(place) for place in proxies)


def _check_names(path: Path, table: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(table) - known):
        raise ServiceConfigError(f"{path}: unknown field {unknown[0]!r}; known are {', '.join(sorted(known))}")
