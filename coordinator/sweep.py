"""Sweeps: what is to be captured, as a short specification, and the shards that it stands for.

A plan is a function of specification and profile alone, so a coordinator that was restarted plans the same again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coordinator.errors import SweepSpecError
from coordinator.sharding import cut_shards
from coordinator.sweeps.around import Around
from coordinator.sweeps.block import PlanRequest, SweepSettings
from coordinator.sweeps.bounds import check_optional_count
from coordinator.sweeps.characters import Characters
from coordinator.sweeps.extremes import Extremes
from coordinator.sweeps.interleaved import Interleaved
from coordinator.sweeps.random import Random
from creator.profile import Profile
from protocol.object_file import Place, read_object
from protocol.shard import Shard

_KINDS: Mapping[str, type[Any]] = {
    "extremes": Extremes,
    "random": Random,
    "interleaved": Interleaved,
    "around": Around,
    "characters": Characters,
}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")  # part of paths, of shard ids and of addresses
_MAX_FRAMES_PER_SHARD = 100_000  # the step of a frame is written with five digits


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSpec:
    """`settings` holds the fields of its kind. A shard takes `frames_per_shard`, or about `shard_seconds` of game time."""

    name: str
    kind: str
    settings: SweepSettings
    seed: int = 0
    frames_per_shard: int | None = None
    shard_seconds: float = 240.0

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise SweepSpecError(
                f"name: expected up to 64 of a-z, 0-9, _ and -, beginning with a letter or digit; got {self.name!r:.80}"
            )
        if type(self.seed) is not int or self.seed < 0:
            raise SweepSpecError(f"seed: expected a whole number from 0 on, got {self.seed!r:.80}")
        check_optional_count("frames_per_shard", self.frames_per_shard)
        if (self.frames_per_shard or 0) > _MAX_FRAMES_PER_SHARD:
            raise SweepSpecError(f"frames_per_shard: at most {_MAX_FRAMES_PER_SHARD}, got {self.frames_per_shard}")
        if isinstance(self.shard_seconds, bool) or not isinstance(self.shard_seconds, int | float):
            raise SweepSpecError(f"shard_seconds: expected a number of seconds, got {self.shard_seconds!r:.80}")
        if not 1 <= self.shard_seconds <= 86_400:
            raise SweepSpecError(f"shard_seconds: expected 1 to 86400, got {self.shard_seconds:g}")

    def to_json(self) -> dict[str, Any]:
        """A table as `from_table` takes it."""
        common = {
            field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.name != "settings"
        }
        own = {field.name: getattr(self.settings, field.name) for field in dataclasses.fields(self._settings_class())}
        table = {name: _plain(value) for name, value in {**common, **own}.items()}
        return {name: value for name, value in table.items() if value is not None}

    def _settings_class(self) -> type[Any]:
        return _KINDS[self.kind]

    @classmethod
    def from_table(cls, table: Any) -> SweepSpec:
        """Raises SweepSpecError naming the field that is missing, unknown or out of its bounds."""
        if not isinstance(table, Mapping):
            raise SweepSpecError(f"A sweep is a table of fields, got {type(table).__name__}")
        kind = table.get("kind")
        if not isinstance(kind, str) or kind not in _KINDS:
            raise SweepSpecError(f"kind: expected one of {', '.join(_KINDS)}; got {kind!r:.80}")
        common = {field.name for field in dataclasses.fields(cls)} - {"settings"}
        own = {field.name: field for field in dataclasses.fields(_KINDS[kind])}
        if unknown := sorted(set(table) - common - set(own)):
            raise SweepSpecError(
                f"{unknown[0]}: no field of a sweep of kind {kind}; it has {', '.join(sorted(common | set(own)))}"
            )
        required = ["name", *(name for name, field in own.items() if field.default is dataclasses.MISSING)]
        if missing := [name for name in required if name not in table]:
            raise SweepSpecError(f"{missing[0]}: missing; a sweep of kind {kind} needs {', '.join(required)}")
        settings = _KINDS[kind](**{name: table[name] for name in own if name in table})
        return cls(settings=settings, **{name: table[name] for name in common if name in table})


def load_sweeps(path: Place) -> list[SweepSpec]:
    """The sweeps of a TOML or JSON file: one at its top level, or several as `[[sweeps]]`. Raises SweepSpecError."""
    try:
        text = read_object(path).decode()
        table = json.loads(text) if str(path).endswith(".json") else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise SweepSpecError(f"Sweep file {path} cannot be read: {error}") from error
    tables = table.get("sweeps", [table]) if isinstance(table, dict) else [table]
    if not isinstance(tables, list) or not tables:
        raise SweepSpecError(f"Sweep file {path}: `sweeps` holds a list of at least one sweep")
    try:
        specs = [SweepSpec.from_table(item) for item in tables]
    except SweepSpecError as error:
        raise SweepSpecError(f"Sweep file {path}: {error}") from error
    names = [spec.name for spec in specs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SweepSpecError(f"Sweep file {path}: {twice[0]!r} stands there twice; each sweep needs a name of its own")
    return specs


def plan_sweep(spec: SweepSpec, profile: Profile) -> list[Shard]:
    """The shards of a sweep, always the same for the same specification and profile. Raises SweepSpecError."""
    request = PlanRequest(profile, spec.name, spec.seed, spec.frames_per_shard, spec.shard_seconds)
    return cut_shards(spec.settings.blocks(request), request)


def plan_checksum(shards: Sequence[Shard]) -> str:
    """Tells whether two plans are the same, as when another release plans a sweep that was begun."""
    digest = hashlib.sha256()
    for shard in shards:
        digest.update(repr((shard.sweep, shard.index, shard.profile_hash, shard.slider_sets)).encode())
        for character in shard.characters:
            digest.update(repr((character.gender, character.face, character.skin, character.sliders)).encode())
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.to_json() if hasattr(value, "to_json") else value
