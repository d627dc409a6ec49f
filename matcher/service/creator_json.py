"""The creator as the page needs it: rows in menu order, so that a sheet can be drawn from a character alone."""

from __future__ import annotations

import numpy as np

from creator.profile import Page, Profile, Row, Section
from matcher.meaning import ImpostorPairs
from protocol.character import JsonObject

_LOWEST, _NUM_STEPS = -0.5, 60


def creator_json(profile: Profile) -> JsonObject:
    """Captured rows with what a page needs to draw and to count them."""
    return {
        "name": profile.name,
        "title": profile.title,
        "hash": profile.hash,
        "genders": list(profile.genders),
        "num_combinations": len(profile.combinations),
        "rows": [
            _row(profile, page, section, row)
            for page in profile.pages
            for section in page.sections
            for row in section.rows
            if row.is_captured
        ],
    }


def _row(profile: Profile, page: Page, section: Section, row: Row) -> JsonObject:
    return {
        "page": page.label,
        "section": section.label,
        "row": row.name,
        "label": row.label,
        "kind": row.kind,
        "role": row.role,
        "minimum": row.minimum,
        "maximum": row.maximum,
        "step": row.step,
        "defaults": dict(row.defaults),
        "ids": {gender: list(ids) for gender, ids in row.ids.items()},
        "moves": [profile.rows[child].label for child in profile.children.get(row.name, ())],
    }


def impostors_json(pairs: ImpostorPairs) -> JsonObject:
    """How similarities of different faces spread, as a curve from `low` to `high`."""
    similarities = np.linspace(_LOWEST, 1.0, _NUM_STEPS).tolist()
    density = [round(max(share, 0.0), 3) for share in pairs.density(similarities)]
    return {"low": _LOWEST, "high": 1.0, "density": density}
