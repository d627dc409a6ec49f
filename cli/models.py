"""`lookalike models`: the recognition networks of this machine."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from cli.console import err, out, progress_bars, show

if TYPE_CHECKING:
    from embedding.model_pack import ModelPack
    from embedding.model_store import ModelStore

models_app = typer.Typer(help="Install recognition networks, list them, check them.", no_args_is_help=True)

DEFAULT_NETWORK = "dlib"
_EMPTY_PIXELS = 256


@dataclass(frozen=True, slots=True)
class Finding:
    """One network as it is on this machine; `problem` is empty for a sound one."""

    name: str
    identity: str = ""
    dimension: int = 0
    licence: str = ""
    similarity_threshold: float = 0.0
    problem: str = ""


@models_app.command("add")
def add(
    source: Annotated[str, typer.Argument(help="A folder with a detector and a recogniser (.onnx), or a pack's name.")],
    name: Annotated[str, typer.Option(help="What to call it; its own name or the folder's unless given.")] = "",
    licence: Annotated[str, typer.Option(help="Its terms, where its manifest does not say them.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Its licence is accepted; do not ask.")] = False,
) -> None:
    """Install networks from a folder, or download a pack after showing its licence.

    The files are pinned: from then on a changed one is refused.
    """
    from embedding.errors import UnknownRecogniserError, WeightsError
    from embedding.model_pack import PACKS
    from embedding.model_store import ModelStore

    store = ModelStore.of_this_machine()
    if Path(source).is_dir():
        folder = store.add_folder(Path(source), name=name, licence=licence)
    elif source in PACKS:
        folder = _download(store, PACKS[source], is_accepted=yes)
    else:
        raise UnknownRecogniserError(source, [*PACKS, "the path of a folder with ONNX networks"])
    found = _look_at(folder.name)
    if found.problem:
        shutil.rmtree(folder)
        raise WeightsError(f"{folder.name} cannot be used and was not kept: {found.problem}")
    out.print(
        Text(f"{found.name} is installed as {found.identity}, {found.dimension} dimensions. Licence: {found.licence}")
    )


@models_app.command("list")
def list_models(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Say which networks are there, with identity, size and licence."""
    _show([_look_at(name) for name in _installed()], is_json=json)


@models_app.command("verify")
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all of them unless named.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read every file again, compare it with its pin, open the networks, try the recogniser on a batch and the
    detector on an empty picture.

    Ends with exit code 1 when something is wrong.
    """
    found = [_look_at(name) for name in names or _installed()]
    _show(found, is_json=json)
    if any(finding.problem for finding in found):
        raise typer.Exit(1)


def _installed() -> list[str]:
    from embedding.model_store import ModelStore

    return [DEFAULT_NETWORK, *ModelStore.of_this_machine().names()]


def _look_at(name: str) -> Finding:
    """Opening compares the files' sums, and a batch with single faces; then the detector looks at a picture without a face."""
    import numpy as np

    from embedding.errors import EmbeddingError
    from embedding.open import open_recogniser

    try:
        recogniser = open_recogniser(name)
        num_seen = len(recogniser.detect(np.full((_EMPTY_PIXELS, _EMPTY_PIXELS, 3), 127, dtype=np.uint8)))
    except EmbeddingError as error:
        return Finding(name, problem=str(error))
    except Exception as error:  # noqa: BLE001 - other people's networks fail in ways of their own; the rest is shown all the same
        return Finding(name, problem=f"it cannot be tried: {error}. Expected networks as insightface exports them.")
    if num_seen:
        return Finding(name, problem=f"its detector sees {num_seen} faces in an empty picture. Get the file again.")
    return Finding(
        name,
        str(recogniser.identity),
        recogniser.identity.dimension,
        recogniser.licence,
        recogniser.similarity_threshold,
    )


def _download(store: ModelStore, pack: ModelPack, *, is_accepted: bool) -> Path:
    err.print(f"{pack.name}: about {pack.archive_bytes / 1e6:,.0f} MB from {pack.url}", soft_wrap=True)
    err.print(f"Licence: {pack.licence}", soft_wrap=True)
    if not is_accepted and not typer.confirm("Do you accept these terms?", err=True):
        raise typer.Exit(1)
    with progress_bars() as bars:
        task = bars.add_task("Downloading", total=pack.archive_bytes, unit="bytes")
        return store.add_pack(pack, on_bytes=lambda num_bytes: bars.advance(task, num_bytes))


def _show(found: list[Finding], *, is_json: bool) -> None:
    headings = ("name", "identity", "dimensions", "same person from", "licence or problem")
    table = Table(*(Column(heading, overflow="fold") for heading in headings), box=None)
    for finding in found:
        told = Text(finding.problem or finding.licence, style="red" if finding.problem else "")
        threshold = f"{finding.similarity_threshold:.3f}" if finding.identity else ""
        table.add_row(finding.name, finding.identity, str(finding.dimension or ""), threshold, told)
    show(table, as_json=[asdict(finding) for finding in found], is_json=is_json)
