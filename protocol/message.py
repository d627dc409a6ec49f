"""Messages as dataclasses that travel as JSON objects, checked field by field where they arrive."""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Iterable
from typing import Any, Self, TypeVar

from protocol.errors import MessageError, VersionError

PROTOCOL_VERSION = 1
MAX_DEPTH = 32
T = TypeVar("T")


class Message:
    """A dataclass that can be sent. Fields hold JSON values, tuples of them, or other messages."""

    def to_json(self) -> dict[str, Any]:
        return {field.name: _to_json(getattr(self, field.name)) for field in dataclasses.fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Raises MessageError naming the first field that is missing, unknown or of the wrong kind."""
        if not isinstance(value, dict):
            raise MessageError(f"{cls.__name__}: expected an object, got {type(value).__name__}")
        kinds = _kinds_of(cls)  # type: ignore[arg-type]  # a class is hashable, mypy does not see it
        fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
        if unknown := sorted(set(value) - set(fields)):
            raise MessageError(f"{cls.__name__}: unknown field {unknown[0]!r}; it has {', '.join(fields)}")
        got = {name: _from_json(kinds[name], value[name], f"{cls.__name__}.{name}") for name in value}
        required = [
            name
            for name, field in fields.items()
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        ]
        if missing := [name for name in required if name not in got]:
            raise MessageError(f"{cls.__name__}: field {missing[0]!r} is missing")
        return cls(**got)


@functools.cache
def _kinds_of(message: type[Message]) -> dict[str, Any]:
    """Reading the hints anew takes half of the time of reading a chunk's records."""
    return typing.get_type_hints(message)


def check_version(version: Any) -> None:
    """Raises VersionError unless `version` is the one spoken here; None: the other side did not say."""
    if type(version) is not int or version != PROTOCOL_VERSION:
        got = (
            "does not say which protocol version it speaks"
            if version is None
            else f"speaks protocol version {version!r:.80}"
        )
        raise VersionError(
            f"The other side {got}, this side speaks {PROTOCOL_VERSION}: install the same release of lookalike on both"
        )


def _to_json(value: Any) -> Any:
    if hasattr(value, "to_json"):
        return value.to_json()
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: _to_json(item) for key, item in value.items()}
    return value


def _from_json(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return _anything(value, where)
    if origin in (types.UnionType, typing.Union):
        return _first_of(arguments, value, where)
    if origin is typing.Literal:
        if value not in arguments:
            raise MessageError(f"{where}: expected one of {', '.join(map(str, arguments))}, got {value!r:.80}")
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise MessageError(f"{where}: expected a list, got {value!r:.80}")
        return tuple(_from_json(arguments[0], item, where) for item in value)
    if origin is dict:
        if not isinstance(value, dict):
            raise MessageError(f"{where}: expected an object, got {value!r:.80}")
        return {key: _from_json(arguments[1], item, f"{where}.{key}") for key, item in _named(value, where)}
    if hasattr(kind, "from_json"):
        return kind.from_json(value)
    return _plain(kind, value, where)


def _first_of(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    return _from_json(next(kind for kind in kinds if kind is not type(None)), value, where)


def _anything(value: Any, where: str, depth: int = 0) -> Any:
    """Whatever JSON holds, as deep as a table of a specification may be."""
    if depth > MAX_DEPTH:
        raise MessageError(f"{where}: nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, list | tuple):
        return [_anything(item, where, depth + 1) for item in value]
    if isinstance(value, dict):
        return {key: _anything(item, f"{where}.{key}", depth + 1) for key, item in _named(value, where)}
    return value if value is None else _plain(type(value), value, where)


def _named(values: dict[Any, Any], where: str) -> Iterable[tuple[str, Any]]:
    for key, item in values.items():
        yield _plain(str, key, f"{where}, a name in it"), item


def _plain(kind: Any, value: Any, where: str) -> Any:
    if kind is float and type(value) in (int, float):
        return _finite(value, where)
    if type(value) is not kind:
        raise MessageError(f"{where}: expected {kind.__name__}, got {value!r:.80}")
    if kind is str and not is_text(value):
        raise MessageError(f"{where}: expected text that UTF-8 can hold, got {value!r:.80}")
    if kind is int and not is_whole(value):
        raise MessageError(f"{where}: expected a whole number of at most 64 bits, got {value!r:.80}")
    return value


def is_text(value: Any) -> bool:
    """JSON may hold halves of characters, which no file, table or answer can."""
    try:
        return type(value) is str and value.encode() is not None
    except UnicodeEncodeError:
        return False


def is_whole(value: Any) -> bool:
    """As a table's widest column can hold it."""
    return type(value) is int and -(2**63) <= value < 2**63


def _finite(value: float, where: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise MessageError(f"{where}: expected a finite number, got {value!r:.80}")
    return number
