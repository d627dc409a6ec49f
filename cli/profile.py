"""`lookalike profile check`: is a profile file sound, and what does it describe?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import show
from creator.profile_file import load_profile, profile_names

if TYPE_CHECKING:
    from creator.profile import Profile

profile_app = typer.Typer(help="Look at profiles, the descriptions of creators.", no_args_is_help=True)


@profile_app.command("check")
def check(
    profile: Annotated[str, typer.Argument(help=f"A name ({', '.join(profile_names())}) or a TOML file.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a profile and summarise it.

    Ends with an error that names the row and the remedy when rows overlap, ranges are impossible or a reference leads nowhere.
    """
    described = load_profile(profile)
    show(_table(described), as_json=_summary(described), is_json=json)


def _summary(profile: Profile) -> dict[str, object]:
    return {
        "name": profile.name,
        "hash": profile.hash,
        "genders": list(profile.genders),
        "sliders": len(profile.sliders),
        "combinations": len(profile.combinations),
        "rows": len(profile.rows),
        "couplings": {parent: list(children) for parent, children in profile.children.items()},
        "open_points": list(profile.open_points),
    }


def _table(profile: Profile) -> Table:
    table = Table(
        title=f"{profile.title}: the profile {profile.name} is sound", show_header=False, title_justify="left"
    )
    for name, value in _summary(profile).items():
        if isinstance(value, dict):
            value = "\n".join(f"{parent} moves {', '.join(children)}" for parent, children in value.items())
        if isinstance(value, list):
            value = "\n".join(value) if name == "open_points" else ", ".join(value)
        if value not in ("", []):
            table.add_row(name.replace("_", " "), str(value))
    return table
