"""Fills this folder's templates; everything that is not marked as HTML is escaped."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render(template: str, **values: Any) -> Markup:
    """HTML of a template of `matcher/templates`; a value that the template misses is an error."""
    environment = Environment(
        loader=PackageLoader("matcher"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return Markup(environment.get_template(template).render(**values))  # noqa: S704 - escaped by the template itself
