"""Whether a profile contradicts itself."""

from __future__ import annotations

from dataclasses import asdict

from creator.errors import ProfileError
from creator.profile import ROLES, Profile, Row


def check_profile(profile: Profile) -> None:
    """Raises ProfileError naming the profile, the row and the remedy when the description contradicts itself."""
    _check_names(profile)
    for row in profile.rows.values():
        if row.kind == "slider":
            _check_slider(profile, row)
        if row.kind == "choice":
            _check_choice(profile, row)
    _check_roles(profile)
    _check_inserts(profile)
    _check_couplings(profile)
    _check_keys(profile)
    _check_timing(profile)
    _check_screen(profile)


def _fail(profile: Profile, where: str, what: str) -> ProfileError:
    return ProfileError(f"Profile {profile.name!r}, {where}: {what}")


def _check_names(profile: Profile) -> None:
    if not profile.genders or not profile.pages:
        raise _fail(profile, "genders and pages", "at least one of each is needed")
    for page in profile.pages:
        if not page.sections:
            raise _fail(profile, f"page {page.name!r}", "it has no section; add one or remove the page")
        for section in page.sections:
            if not section.rows:
                raise _fail(
                    profile, f"section '{page.name}.{section.name}'", "it has no row; add one or remove the section"
                )
    for kind, names in {
        "gender": list(profile.genders),
        "page": [page.name for page in profile.pages],
        "section": [f"{page.name}.{section.name}" for page in profile.pages for section in page.sections],
        "row": [row.name for page in profile.pages for section in page.sections for row in section.rows],
    }.items():
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise _fail(profile, f"{kind} {twice[0]!r}", f"the name stands twice; each {kind} needs its own")


def _check_slider(profile: Profile, row: Row) -> None:
    where = f"slider {row.name!r}"
    if not row.minimum < row.maximum or row.step <= 0:
        raise _fail(profile, where, f"range {row.minimum:g} to {row.maximum:g} in steps of {row.step:g} is impossible")
    steps = (row.maximum - row.minimum) / row.step
    if abs(steps - round(steps)) > 1e-9:
        raise _fail(profile, where, f"steps of {row.step:g} do not lead from {row.minimum:g} to {row.maximum:g}")
    if row.is_captured and any(value != int(value) for value in (row.minimum, row.step)):
        raise _fail(profile, where, "a captured slider has whole values; mark it `captured = false` or scale it")
    for gender in profile.genders:
        default = row.defaults.get(gender)
        if default is None or not row.minimum <= default <= row.maximum:
            raise _fail(
                profile,
                where,
                f"default {default} for {gender} is not within {row.minimum:g} to {row.maximum:g}",
            )
        if abs((steps := (default - row.minimum) / row.step) - round(steps)) > 1e-9:
            raise _fail(profile, where, f"default {default} for {gender} is not on a step of {row.step:g}")


def _check_choice(profile: Profile, row: Row) -> None:
    for gender in profile.genders:
        ids = row.ids.get(gender, ())
        if not ids or len(set(ids)) != len(ids):
            raise _fail(profile, f"choice {row.name!r}", f"needs ids for {gender}, each once; got {list(ids)!r:.100}")
        if row.defaults.get(gender) not in ids:
            raise _fail(
                profile,
                f"choice {row.name!r}",
                f"default {row.defaults.get(gender)} for {gender} is not among its ids",
            )
        if row.role == "gender" and ids != tuple(range(len(profile.genders))):
            raise _fail(
                profile,
                f"choice {row.name!r}",
                f"the gender row's ids count its genders: 0 to {len(profile.genders) - 1}",
            )


def _check_roles(profile: Profile) -> None:
    roles = [row.role for row in profile.rows.values() if row.role]
    if sorted(roles) != sorted(ROLES):
        raise _fail(
            profile,
            "roles",
            f"exactly one choice each for {', '.join(ROLES)} is needed; got {', '.join(roles) or 'none'}",
        )
    if not profile.sliders:
        raise _fail(profile, "sliders", "none is captured; at least one is needed")


def _check_inserts(profile: Profile) -> None:
    for page in profile.pages:
        for section in page.sections:
            names = [row.name for row in section.rows]
            for at, row in enumerate(section.rows):
                if row.inserts and row.kind != "toggle":
                    raise _fail(profile, f"row {row.name!r}", "only a toggle inserts rows")
                if list(row.inserts) != names[at + 1 : at + 1 + len(row.inserts)]:
                    raise _fail(profile, f"toggle {row.name!r}", "the rows it inserts must follow it in the section")
                for name in row.inserts:
                    if profile.rows[name].is_captured:
                        raise _fail(
                            profile, f"row {name!r}", "it shows only while its toggle is on; mark it `captured = false`"
                        )


def _check_couplings(profile: Profile) -> None:
    children: set[str] = set()
    parents: set[str] = set()
    for coupling in profile.couplings:
        if coupling.parent in parents:
            raise _fail(
                profile, "couplings", f"{coupling.parent!r} stands as parent twice; name all its children in one"
            )
        parents.add(coupling.parent)
    for coupling in profile.couplings:
        for name in (coupling.parent, *coupling.children):
            if name not in profile.slider_index:
                raise _fail(profile, f"coupling of {coupling.parent!r}", f"{name!r} is no captured slider")
        for child in coupling.children:
            if child in children or child in parents:
                raise _fail(
                    profile,
                    f"coupling of {coupling.parent!r}",
                    f"{child!r} already takes part in another coupling",
                )
            children.add(child)


def _check_keys(profile: Profile) -> None:
    keys = [key for action, key in asdict(profile.keys).items() if action != "confirm"]
    if len(set(keys)) != len(keys):
        raise _fail(profile, "keys", f"two actions share a key: {', '.join(keys)}")


def _check_timing(profile: Profile) -> None:
    for name, value in asdict(profile.timing).items():
        if isinstance(value, tuple) and (len(value) != 2 or not 0 <= value[0] <= value[1]):
            raise _fail(profile, f"timing.{name}", f"{list(value)}: expected lowest and highest number of frames")
        if not isinstance(value, tuple) and value < 0:
            raise _fail(profile, f"timing.{name}", f"{value}: expected at least 0")
    if profile.timing.frames_per_second <= 0:
        raise _fail(profile, "timing.frames_per_second", f"{profile.timing.frames_per_second}: expected more than 0")
    if profile.timing.long_load_share > 1:
        raise _fail(
            profile, "timing.long_load_share", f"{profile.timing.long_load_share}: expected a share from 0 to 1"
        )


def _check_screen(profile: Profile) -> None:
    screen = profile.screen
    if screen.row_height <= 0:
        raise _fail(profile, "screen.row_height", f"{screen.row_height} pixels: expected at least 1")
    for name, region in {
        "face": screen.face,
        "tabs": screen.tabs,
        "title": screen.title,
        "list": screen.list,
    }.items():
        if region.width <= 0 or region.height <= 0:
            raise _fail(profile, f"screen.{name}", f"{region} has no area")
        if region.left < 0 or region.top < 0 or region.right > screen.width or region.bottom > screen.height:
            raise _fail(profile, f"screen.{name}", f"{region} reaches out of {screen.width} x {screen.height}")
    _check_head(profile)
    lines = {"name": (screen.name_left, screen.name_right), "value": (screen.value_left, screen.value_right)}
    for name, (left, right) in lines.items():
        if not 0 <= left < right <= screen.list.width:
            raise _fail(
                profile,
                f"screen.{name}",
                f"{left} to {right} does not fit into a list {screen.list.width} wide",
            )
    if lines["name"][1] > lines["value"][0]:
        raise _fail(profile, "screen", "names and values overlap")
    _check_rows_fit(profile)


def _check_head(profile: Profile) -> None:
    head, face = profile.screen.head, profile.screen.face
    if head is None:
        return
    is_inside = face.left <= head.left < head.right <= face.right and face.top <= head.top < head.bottom <= face.bottom
    if not is_inside:
        raise _fail(profile, "screen.head", f"{head} reaches out of screen.face, {face}")


def _check_rows_fit(profile: Profile) -> None:
    slots = profile.screen.list.height // profile.screen.row_height
    for page in profile.pages:
        for section in page.sections:
            needed = max(len(section.rows), len(page.sections))
            if needed > slots:
                raise _fail(
                    profile,
                    f"section {section.name!r}",
                    f"{needed} rows overlap: the list shows only {slots}",
                )
