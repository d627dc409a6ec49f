"""`lookalike profile`: writes a creator down, and tells whether that is sound and what it means."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from cli.console import out, show
from creator.explain import explain
from creator.interview import interview
from creator.profile_file import load_profile, profile_names
from protocol.errors import LookalikeError
from protocol.object_file import write_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator.profile import Profile

profile_app = typer.Typer(help="Describe a creator, and look at descriptions.", no_args_is_help=True)


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


@profile_app.command("explain")
def explain_profile(
    profile: Annotated[str, typer.Argument(help="A name or a TOML file.")],
) -> None:
    """Say in sentences what a profile means: what is captured, what is walked past, what is open."""
    out.print(Group(*(Text(sentence) for sentence in explain(load_profile(profile)))))


@profile_app.command("new")
def new(
    to: Annotated[Path, typer.Argument(help="The file to be written.")],
    answers: Annotated[
        Path | None, typer.Option(help="A file with one answer a line; at a terminal, what it lacks is asked for.")
    ] = None,
) -> None:
    """Ask what a creator's menu holds and write its profile.

    Wrong answers are asked for again. Who breaks off finds the answers so far in a file beside it, with which to go on. The
    file is written even where rows contradict each other: correct it, and run `lookalike profile check` until it is sound.
    """
    if to.exists():
        raise LookalikeError(f"{to} exists; name another file, or move it away")
    desk = _Desk([] if answers is None else answers.read_text(encoding="utf-8").splitlines())
    try:
        text = interview(desk.ask, lambda remark: out.print(Text(remark)), load_profile("standin").screen)
    except typer.Abort:
        kept = to.with_suffix(".answers")
        write_object(kept, "".join(f"{answer}\n" for answer in desk.given).encode())
        raise LookalikeError(f"Broken off. Go on with: lookalike profile new {to} --answers {kept}") from None
    write_object(to, text.encode())
    out.print(f"Written: {to}")
    check(str(to))


class _Desk:
    """Gives the answers of a file, then those of the keyboard, and remembers both."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.given: list[str] = []
        self._is_from_file = bool(lines)
        self._lines = iter([line.strip() for line in lines if not line.startswith("#")])

    def ask(self, question: str, default: str) -> str:
        answer = next(self._lines, None)
        if answer is None and self._is_from_file and not sys.stdin.isatty():
            raise LookalikeError(f"The answers end before the question {question!r}; add a line (it may be empty)")
        if answer is None:
            answer = str(typer.prompt(question, default=default, show_default=bool(default)))
        self.given.append(answer)
        return answer or default


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
