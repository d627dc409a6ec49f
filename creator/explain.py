"""What a profile means for a campaign, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from creator.profile import Profile, Row


def explain(profile: Profile) -> Iterator[str]:
    """What will be captured, what is walked past, what cannot be set, and what nobody has confirmed yet."""
    yield (
        f"A character is one of {len(profile.combinations):,} combinations ({_product(profile)}) "
        f"and {len(profile.sliders)} slider values."
    )
    past = [row for row in profile.rows.values() if not row.is_captured]
    if past:
        are = "row is" if len(past) == 1 else "rows are"
        yield f"{len(past)} {are} walked past and left as found: {_names(past)}."
    if presets := [row for row in past if row.kind == "preset"]:
        yield f"Never touched, because they overwrite other rows: {_names(presets)}."
    for parent, children in profile.children.items():
        yield f"Moving {parent} moves {', '.join(children)} along, so agents set {parent} before them."
    for row in profile.rows.values():
        if row.inserts:
            yield f"While {row.name} is on, {', '.join(row.inserts)} stand below it; agents keep it off."
    for gender in profile.genders:
        yield f"A fresh {gender} character stands at {_defaults(profile, gender)}."
    timing = profile.timing
    yield (
        f"At {timing.frames_per_second:g} frames a second a tap takes {timing.hold_frames} down and {timing.gap_frames} up; "
        "a calibration finds the shortest that is reliable."
    )
    for point in profile.open_points:
        yield f"Not confirmed yet: {point}."


def _product(profile: Profile) -> str:
    counts = [
        f"{gender}: {len(profile.ids('face', gender))} faces x {len(profile.ids('skin', gender))} skins"
        for gender in profile.genders
    ]
    return "; ".join(counts)


def _names(rows: list[Row]) -> str:
    return ", ".join(row.name for row in rows)


def _defaults(profile: Profile, gender: str) -> str:
    away = [
        f"{row.name} {row.defaults[gender]:g}"
        for row in profile.sliders
        if row.defaults[gender] not in (0, (row.minimum + row.maximum) / 2)
    ]
    if not away:
        return "the middle of every slider"
    return ", ".join(away[:6]) + (f" and {len(away) - 6} more away from the middle" if len(away) > 6 else "")
