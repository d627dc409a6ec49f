"""`lookalike match`: from photos of a person to a character sheet."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image
from rich.markup import escape

from cli.console import out as console
from cli.console import show, tell_left_out
from cli.devices import DeviceKind
from protocol.character import Character
from protocol.errors import LookalikeError

if TYPE_CHECKING:
    from embedding.photo_embedding import PhotoEmbedding
    from matcher.match import Match
    from matcher.matcher import Matcher
    from matcher.preview import Painter
    from matcher.trade import Trade

_DEFAULT_MILDNESS = 0.2  # matcher.constraints.DEFAULT_MILDNESS, which an agent's machine does not have


def match(
    photos: Annotated[list[Path], typer.Argument(help="Photos of one person: pictures, or folders of them.")],
    models: Annotated[str, typer.Option(help="A trained model set: a folder or a URL.")] = "lookalike-demo/models",
    profile: Annotated[str | None, typer.Option(help="The creator's profile, where it is not the models' own.")] = None,
    gender: Annotated[str | None, typer.Option(help="Only characters of this gender.")] = None,
    fix: Annotated[
        list[str] | None, typer.Option(help="Hold a setting, as face=12; may be given several times.")
    ] = None,
    mildness: Annotated[
        float, typer.Option(min=0, max=0.95, help="How far sliders stay away from their ends; 0 is most alike.")
    ] = _DEFAULT_MILDNESS,
    trade: Annotated[bool, typer.Option("--trade", help="Also show what other mildnesses cost.")] = False,
    alternatives: Annotated[int, typer.Option(min=0, help="How many runners-up.")] = 5,
    face: Annotated[
        list[int] | None,
        typer.Option(
            help="Which face, counted from the left, where there are several; once for all photos, or for each."
        ),
    ] = None,
    sheet: Annotated[
        list[str] | None,
        typer.Option(help="Write the sheet to this file: .json, .ini, .png or .html; may be given several times."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="A campaign's folder: pictures show its nearest captured frame.")
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option(
            help="Set the match and its runners-up in a running creator, measure, and take the best; its picture to this file."
        ),
    ] = None,
    device: Annotated[DeviceKind, typer.Option(help="For --verify: where the creator runs.")] = DeviceKind.STANDIN,
    calibration: Annotated[Path, typer.Option(help="For --verify: the creator's calibration.")] = Path(
        "lookalike-demo/calibration"
    ),
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find the character whose face is most like the photo's, and print its sheet in menu order.

    Sheets: .json for `lookalike apply`, .ini for the public key-press tool, .png a card, .html a page to print. Changes are
    counted from a fresh character of the same gender.
    """
    from cli.sheet_output import SheetWriter, check_form  # here, so that an agent's machine needs none of it
    from matcher.trade import trade_off

    for place in sheet or []:
        check_form(place)
    if verify:
        _check_picture(verify)
    matcher, settings = _load(models, profile), _settings(fix or [])
    faces = _read(matcher, photos, face or [])
    found = matcher.match(faces, gender=gender, fix=settings, mildness=mildness, alternatives=alternatives)
    trades = trade_off(matcher, faces, gender=gender, fix=settings) if trade else []
    found = _verify(matcher, found, device, calibration, verify) if verify else found
    _show(matcher, found, trades, is_json=json)  # first: a file that cannot be written must not cost the answer
    for place in sheet or []:
        SheetWriter(matcher.profile, found, lambda: _painter(matcher, data, verify)).write(place)


def _load(models: str, profile: str | None) -> Matcher:
    from creator.profile_file import load_profile
    from matcher.matcher import Matcher

    return Matcher.load(models, profile=load_profile(profile) if profile else None)


def _check_picture(place: Path) -> None:
    """Before a creator is driven for minutes. Raises LookalikeError."""
    if place.suffix.lower() not in Image.registered_extensions():
        raise LookalikeError(f"--verify {place}: name a picture, such as matched.png")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LookalikeError(f"--verify {place}: its folder cannot be made ({error})") from error
    if not os.access(place.parent, os.W_OK):
        raise LookalikeError(f"--verify {place}: nothing can be written into its folder")


def _settings(texts: list[str]) -> dict[str, int]:
    settings: dict[str, int] = {}
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if name == "gender":
            raise LookalikeError(f"--fix {text}: genders are chosen by --gender, as --gender female")
        if name in settings:
            raise LookalikeError(f"--fix {text}: {name} is held at {settings[name]} already")
        try:
            settings[name] = int(value)
        except ValueError as error:
            raise LookalikeError(f"--fix {text}: write it as face=12, with a whole number") from error
    return settings


def _read(matcher: Matcher, places: Sequence[Path], which: Sequence[int]) -> list[PhotoEmbedding]:
    """The face in each photo. Of a folder, pictures that cannot be used are left out, and said so; a named one must do.

    `which`: numbers of the faces, for each photo, or one for all that show several.
    """
    from cli.faces import read_face
    from embedding.errors import PhotoError
    from matcher.photo_files import list_photos

    photos = list_photos(places)
    if len(which) not in (0, 1, len(photos)):
        raise LookalikeError(f"--face was given {len(which)} times for {len(photos)} photos: once, or once for each")
    numbers = list(which) if len(which) == len(photos) else [*which, None][:1] * len(photos)
    faces, left_out = [], []
    for photo, number in zip(photos, numbers, strict=True):
        try:
            faces.append(read_face(matcher.recogniser, photo, number, is_for_all=len(which) < len(photos)))
        except PhotoError as error:
            if photo in places:
                raise
            left_out.append(str(error))
    if not faces:
        raise LookalikeError(f"None of {len(left_out)} pictures can be used. {left_out[0]}")
    tell_left_out(left_out)
    return faces


def _painter(matcher: Matcher, data: Path | None, verified: Path | None) -> Painter:
    from cli.preview import captured_painter, standin_painter, verified_painter

    if verified is not None:
        return verified_painter(verified)
    if data is None:
        return standin_painter(matcher.profile)
    return captured_painter(matcher.profile, str(data / "data"), data / "snapshot")


def _verify(matcher: Matcher, found: Match, device: DeviceKind, calibration: Path, picture: Path) -> Match:
    """The most alike of the match and its runners-up as the creator shows them; its picture goes to a file."""
    from cli.studio import open_studio
    from matcher.verify import verify_match

    shown: dict[Character, NDArray[np.uint8]] = {}
    with open_studio(matcher.profile, calibration, device=device) as studio:

        def set_and_capture(character: Character) -> NDArray[np.uint8]:
            shown[character] = studio.picture(character)
            return shown[character]

        verified = verify_match(matcher, found, set_and_capture)
    Image.fromarray(shown[verified.character]).save(picture)
    return verified


def _show(matcher: Matcher, found: Match, trades: list[Trade], *, is_json: bool) -> None:
    from creator.character import default_character
    from matcher.sheet_files import sheet_table

    report = {**found.to_json(), "trade": [trade.to_json() for trade in trades]}
    before = default_character(matcher.profile, found.character.gender)
    show(sheet_table(matcher.profile, found.character, before), as_json=report, is_json=is_json)
    if not is_json:
        _explain(found, trades)


def _explain(found: Match, trades: list[Trade]) -> None:
    measured = found.similarity_measured
    seen = "" if measured is None else f", [bold]{measured:.2f}[/] measured in the creator"
    console.print(
        f"\nSimilarity [bold]{found.similarity_predicted:.2f}[/] predicted{seen}; "
        f"the best within this creator's reach is about {found.ceiling:.2f}."
    )
    console.print(found.meaning)
    for remark in found.target.remarks:
        console.print(f"[yellow]{escape(remark)}[/]")
    if found.alternatives:
        console.print("\nRunners-up")
    for runner_up in found.alternatives:
        character, value = runner_up.character, runner_up.similarity_measured
        shown = f"{runner_up.similarity_predicted:.2f}" if value is None else f"{value:.2f} measured"
        console.print(f"  {shown}  {character.gender}, face {character.face}, skin {character.skin}")
    if trades:
        console.print("\nMildness  similarity  sliders from their middle, on average")
    for trade in trades:
        console.print(f"    {trade.mildness:.2f}        {trade.similarity_predicted:.2f}  {trade.extremeness:.0%}")
