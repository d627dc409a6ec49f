"""`lookalike apply`: sets a character sheet in the running creator."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from PIL import Image
from rich.box import SIMPLE
from rich.table import Table

from agents.errors import DriverError
from cli.calibrate import ensure_calibration
from cli.console import err, out, show
from cli.devices import HERE, DeviceKind
from cli.studio import Studio, open_studio
from creator.errors import CharacterError
from creator.profile import Profile
from creator.profile_file import load_profile
from creator.sheet import sheet_character, sheet_rows
from protocol.character import Character
from protocol.device import Picture
from protocol.errors import LookalikeError

_MOST_PASSES = 3  # a press that arrives late may still move a row after it was read


@dataclass(frozen=True, slots=True)
class RowResult:
    """A row of the sheet: where it stood, what was wanted, what it reads after the last key."""

    page: str
    section: str
    row: str
    label: str
    before: int | str
    wanted: int | str
    read: int | str

    @property
    def is_right(self) -> bool:
        return self.read == self.wanted


def apply(
    sheet: Annotated[Path, typer.Argument(help="A character sheet, from `lookalike match --sheet`.")],
    device: Annotated[DeviceKind, typer.Option(help="Where the creator runs.")] = HERE,
    profile: Annotated[
        str | None, typer.Option(help="The creator's profile: a name or a file; the sheet's unless told.")
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option(help="From `lookalike calibrate`; PROFILE.calibration unless told.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="The face goes to this file; SHEET.applied.png unless told.")
    ] = None,
    recording: Annotated[Path | None, typer.Option(help="Write all keys and pictures to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Set a character sheet in the running creator, and take its picture.

    Open the creator on any page of its menu, and keep your hands off until it is done: touching keyboard or mouse stops
    it at once. Every row is read back from the screen; exit code 1 says that one stands at another value.
    """
    described, character = read_sheet(sheet, profile)
    path = picture or sheet.with_suffix(".applied.png")  # `match --sheet` may have put its card beside the sheet
    check_picture_name(path)
    learned = calibration or Path(f"{described.name}.calibration")
    if device is DeviceKind.STANDIN:
        ensure_calibration(described, learned)
    err.print(f"Setting {sheet.name} in {described.title}. Hands off keyboard and mouse, please.")
    with open_studio(described, learned, device=device, recording=recording) as studio:
        rows = set_and_read(studio, character, path)
    wrong = [row for row in rows if not row.is_right]
    report = {"picture": str(path), "is_right": not wrong, "rows": [asdict(row) for row in rows]}
    show(_table(rows), as_json=report, is_json=as_json)
    if wrong:
        raise LookalikeError(f"{_named(wrong)}. The picture is in {path}; run the same command again")
    if not as_json:
        moved = sum(row.before != row.wanted for row in rows)
        out.print(f"All {len(rows)} rows read as the sheet says, {moved} were changed. The face is in [bold]{path}[/].")


def read_sheet(path: Path, profile: str | None) -> tuple[Profile, Character]:
    """The sheet's profile, or the one named, and its character. Raises CharacterError, ProfileError."""
    try:
        sheet: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CharacterError(f"No sheet at {path}: write one with `lookalike match --sheet {path}`") from error
    except (OSError, ValueError) as error:
        raise CharacterError(
            f"{path} is no readable sheet ({error}). Name the .json that `lookalike match --sheet` wrote"
        ) from error
    if not isinstance(sheet, dict) or not isinstance(sheet.get("profile"), str):
        raise CharacterError(f"{path} is no sheet: it names no profile. Write one with `lookalike match --sheet`")
    described = load_profile(profile or sheet["profile"])
    character = sheet_character(described, sheet)
    _check_rows(path, described, character, sheet.get("rows", []))
    return described, character


def _check_rows(path: Path, profile: Profile, character: Character, rows: object) -> None:
    """A sheet says everything twice; whoever edits one place only would be surprised."""
    wanted = {row.row: row.value for row in sheet_rows(profile, character)}
    for row in rows if isinstance(rows, list) else []:
        name = row.get("row") if isinstance(row, dict) else None
        if name in wanted and row.get("value") != wanted[name]:
            raise CharacterError(
                f"{path} contradicts itself: its row {name} says {row.get('value')}, its character {wanted[name]}. "
                "Change both"
            )


def check_picture_name(path: Path) -> None:
    """Before a key is pressed: a picture that cannot be written would come too late to be told."""
    if path.suffix.lower() not in Image.registered_extensions():
        raise LookalikeError(f"--picture {path}: name a picture, such as face.png")
    if not path.absolute().parent.is_dir():
        raise LookalikeError(f"--picture {path}: there is no folder {path.parent}; make it first")


def set_and_read(studio: Studio, character: Character, path: Path) -> list[RowResult]:
    """Sets, takes the face, and reads every row anew. Raises DriverError after saving what the screen showed last."""
    driver, before = studio.driver, studio.driver.character
    try:
        for _ in range(_MOST_PASSES):
            face = studio.picture(character)
            driver.forget()
            if (after := driver.read_all()) == character:
                break
    except DriverError as error:
        if error.pictures:
            _save_screen(error.pictures[-1], path)
            err.print(f"What the screen showed last is in {path}.")
        raise
    Image.fromarray(face).save(path)
    return compared(driver.profile, before, character, after)


def compared(profile: Profile, before: Character, wanted: Character, after: Character) -> list[RowResult]:
    """Row by row, in menu order."""
    stood, shown = ({row.row: row.value for row in sheet_rows(profile, character)} for character in (before, after))
    return [
        RowResult(row.page, row.section, row.row, row.label, stood[row.row], row.value, shown[row.row])
        for row in sheet_rows(profile, wanted)
    ]


def _save_screen(picture: Picture, path: Path) -> None:
    Image.frombytes("RGB", (picture.width, picture.height), picture.rgb).save(path)


def _table(rows: Sequence[RowResult]) -> Table:
    table = Table(header_style="bold", box=SIMPLE)
    table.add_column("Page > Section", style="dim", no_wrap=True)
    table.add_column("Row", no_wrap=True)
    for name in ("Was", "Wanted", "Reads"):
        table.add_column(name, justify="right", no_wrap=True)
    place = ""
    for row in rows:
        is_new, place = place != f"{row.page} > {row.section}", f"{row.page} > {row.section}"
        colour = "green" if row.is_right else "bold red"
        read = f"[{colour}]{row.read}[/]"
        table.add_row(place if is_new else "", row.label, f"[dim]{row.before}[/]", str(row.wanted), read)
    return table


def _named(wrong: Sequence[RowResult]) -> str:
    return "; ".join(f"{row.section} > {row.label} reads {row.read} instead of {row.wanted}" for row in wrong)
