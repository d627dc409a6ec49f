"""`lookalike match`: from photos of a person to a character sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from PIL import Image

from cli.console import out as console
from cli.console import show
from cli.devices import DeviceKind
from protocol.errors import LookalikeError

if TYPE_CHECKING:
    from matcher.matcher import Match, Matcher


def match(
    photos: Annotated[list[Path], typer.Argument(help="One photo of a person, or several.")],
    models: Annotated[str, typer.Option(help="A trained model set: a folder or a URL.")] = "lookalike-demo/models",
    gender: Annotated[str | None, typer.Option(help="Only characters of this gender.")] = None,
    fix: Annotated[
        list[str] | None, typer.Option(help="Hold a setting, as face=12; may be given several times.")
    ] = None,
    mildness: Annotated[float, typer.Option(min=0, max=1, help="How far sliders stay away from their ends.")] = 0.0,
    alternatives: Annotated[int, typer.Option(min=0, help="How many runners-up.")] = 5,
    face: Annotated[
        int | None, typer.Option(help="Which face, counted from the left, where there are several.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Write the sheet to this JSON file.")] = None,
    verify: Annotated[
        Path | None, typer.Option(help="Set the match in the stand-in, take its picture to this file.")
    ] = None,
    calibration: Annotated[Path, typer.Option(help="For --verify: the creator's calibration.")] = Path(
        "lookalike-demo/calibration"
    ),
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find the character whose face is most like the photo's, and print its sheet in menu order."""
    if verify and verify.suffix.lower() not in Image.registered_extensions():
        raise LookalikeError(f"--verify {verify}: name a picture, such as matched.png")
    from matcher.matcher import Matcher  # here, so that an agent's machine needs none of it
    from matcher.sheet_files import sheet_table, write_sheet

    matcher = Matcher.load(models)
    found = matcher.match(
        list(photos), gender=gender, fix=_settings(fix or []), mildness=mildness, alternatives=alternatives, face=face
    )
    measured = _measure(matcher, found, calibration, verify) if verify else None
    if sheet:
        write_sheet(sheet, matcher.profile, found.character)
    report = {**found.to_json(), "similarity_measured": measured}
    show(sheet_table(matcher.profile, found.character), as_json=report, is_json=json)
    if not json:
        _explain(found, measured)


def _settings(texts: list[str]) -> dict[str, int]:
    settings = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            settings[name.strip()] = int(value)
        except ValueError as error:
            raise LookalikeError(f"--fix {text}: write it as face=12, with a whole number") from error
    return settings


def _measure(matcher: Matcher, found: Match, calibration: Path, picture: Path) -> float:
    """Similarity of the match as the stand-in shows it; its picture goes to a file."""
    from cli.studio import open_studio
    from matcher.verify import measure_similarity

    with open_studio(matcher.profile, calibration, device=DeviceKind.STANDIN) as studio:
        shown = studio.picture(found.character)
    Image.fromarray(shown).save(picture)
    return measure_similarity(shown, found.target.embedding_D, matcher.recogniser, matcher.mean_D)


def _explain(found: Match, measured: float | None) -> None:
    console.print(f"\nSimilarity [bold]{found.similarity_predicted:.2f}[/] predicted", end="")
    console.print(f", [bold]{measured:.2f}[/] measured in the stand-in." if measured is not None else ".")
    console.print(found.meaning)
    for remark in found.target.remarks:
        console.print(f"[yellow]{remark}[/]")
    for runner_up in found.alternatives:
        character = runner_up.character
        console.print(
            f"  {runner_up.similarity_predicted:.2f}  {character.gender}, face {character.face}, skin {character.skin}"
        )
