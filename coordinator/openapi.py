"""The gateway's description for OpenAPI, made from the messages themselves."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any

from coordinator.commands import Command
from protocol.lease import Heartbeat, LeaseRequest, Report
from protocol.message import Message

Schema = dict[str, Any]
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}
_ERROR: Schema = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
    "example": {"error": "Lease 'demo-00003.1.x' is not held: it ended, or expired without a heartbeat"},
}
_MEANINGS = {
    400: "The message, chunk or sweep is not what it should be; the same again is refused again.",
    401: "No valid bearer token.",
    403: "The token does not allow this, or speaks for another agent.",
    408: "The body came too slowly.",
    409: "The lease is over: drop the shard.",
    413: "The body is too large.",
    425: "The body does not match its checksum: send it again.",
    426: "Another version of the protocol: install the coordinator's release.",
    429: "Too many requests: come again after Retry-After seconds.",
    503: "Busy, or a part is being restarted: come again after Retry-After seconds.",
}
_ALWAYS = (401, 403, 429, 503)
_EXAMPLES: dict[type[Message], Schema] = {
    LeaseRequest: LeaseRequest("studio-1", "0123456789abcdef", "c0ffee00", "1.0").to_json(),
    Heartbeat: Heartbeat("demo-00003.1.5f0c", "studio-1", 17, {"presses": 1204.0}).to_json(),
    Report: Report("demo-00003.1.5f0c", "studio-1", "done", 100).to_json(),
    Command: Command("pause_sweep", "demo").to_json(),
}


def schema_of(kind: Any) -> Schema:
    """The JSON schema of a message's class, or of the type of one of its fields."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Message):
        return _object(kind)
    if origin in (types.UnionType, typing.Union):
        some = [schema_of(argument) for argument in arguments if argument is not type(None)]
        return {"anyOf": [*some, {"type": "null"}]}
    if origin is typing.Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    return {"type": _PLAIN[kind]} if kind in _PLAIN else {}


def _object(kind: type[Message]) -> Schema:
    kinds, fields = typing.get_type_hints(kind), dataclasses.fields(kind)  # type: ignore[arg-type]
    required = [
        field.name
        for field in fields
        if field.name == "version"  # the gateway insists on it
        or (field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING)
    ]
    return {
        "title": kind.__name__,
        "description": " ".join((kind.__doc__ or "").split()),
        "type": "object",
        "properties": {field.name: schema_of(kinds[field.name]) for field in fields},
        "required": required,
        "additionalProperties": False,
    }


def exchange(asked: type[Message], answered: type[Message]) -> Schema:
    """Of an address that takes one message and answers with another."""
    content = {"application/json": {"schema": schema_of(asked), "example": _EXAMPLES[asked]}}
    return {
        "requestBody": {"required": True, "content": content},
        "responses": _responses(schema_of(answered), (400, 408, 409, 413, 426)),
        "security": [{"token": []}],
    }


def upload(answered: type[Message]) -> Schema:
    """Of the address that takes chunks."""
    archive = {"schema": {"type": "string", "format": "binary"}}
    kinds = {"application/x-tar": archive, "application/octet-stream": archive}
    return {
        "parameters": [
            {
                "name": "checksum",
                "in": "query",
                "required": True,
                "description": "The body's sha256 in hexadecimal.",
                "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            }
        ],
        "requestBody": {"required": True, "content": kinds},
        "responses": _responses(schema_of(answered), (400, 408, 409, 413, 425)),
        "security": [{"token": []}],
    }


def reading(answered: type[Message]) -> Schema:
    """Of an address that is only read."""
    return {"responses": _responses(schema_of(answered), ()), "security": [{"token": []}]}


def _responses(answer: Schema, codes: tuple[int, ...]) -> Schema:
    errors = {
        str(code): {"description": _MEANINGS[code], "content": {"application/json": {"schema": _ERROR}}}
        for code in sorted({*codes, *_ALWAYS})
    }
    return {"200": {"description": "Done.", "content": {"application/json": {"schema": answer}}}, **errors}


def with_security(description: Schema) -> Schema:
    """Adds how requests are authenticated."""
    scheme = {"type": "http", "scheme": "bearer", "description": "A token from `lookalike enroll`."}
    description.setdefault("components", {})["securitySchemes"] = {"token": scheme}
    return description
