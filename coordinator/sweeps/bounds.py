"""Checks of the fields of a specification, each naming the field, the value and the bound."""

from __future__ import annotations

from coordinator.errors import SweepSpecError


def check_count(field: str, value: object, *, most: int = 10_000_000) -> None:
    """A whole number from 1 on."""
    if type(value) is not int or not 1 <= value <= most:
        raise SweepSpecError(f"{field}: expected a whole number from 1 to {most}, got {value!r:.80}")


def check_optional_count(field: str, value: object) -> None:
    if value is not None:
        check_count(field, value)


def check_share(field: str, value: object) -> None:
    """A part of something: above 0, at most 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise SweepSpecError(f"{field}: expected a share above 0 and up to 1, got {value!r:.80}")
