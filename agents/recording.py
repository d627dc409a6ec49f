"""A device that writes down all that passes through it, and one that plays it back: a bug report that anybody can run.

One file: a line of JSON for each call, a grab's followed by its pixels (compressed, or the number of the grab that looked the
same). What a kill leaves unfinished at the end is not played. Playing back is strict: the same calls in the same order with
the same arguments give the same answers, errors included; anything else is an error that names the place.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, TypeVar

from agents.errors import RecordingError, TouchedError
from protocol.chunk import checksum
from protocol.device import Device, Picture, Region, WindowInfo
from protocol.errors import DeviceError, GameOverError, WindowError

T = TypeVar("T")
_FORMAT = "lookalike recording 1"
_ERRORS: dict[str, type[DeviceError]] = {kind.__name__: kind for kind in (DeviceError, WindowError, GameOverError)} | {
    "TouchedError": TouchedError
}
_COMPRESSION = 1  # of 9: the menu is plain, the face is noise


class RecordingDevice:
    """Passes everything on to another device. `note` is kept in the file for whoever plays it back."""

    def __init__(self, device: Device, path: str | Path, *, note: str = "") -> None:
        self._device = device
        self._path = Path(path)
        self._grabs: dict[str, int] = {}
        try:
            self._file: BinaryIO = self._path.open("wb")
        except OSError as error:
            raise RecordingError(f"No recording can be written to {path}: {error.strerror}") from error
        self._write({"format": _FORMAT, "note": note})

    def key_down(self, key: str) -> None:
        self._record("key_down", [key], lambda: self._device.key_down(key))

    def key_up(self, key: str) -> None:
        self._record("key_up", [key], lambda: self._device.key_up(key))

    def grab(self, region: Region | None = None) -> Picture:
        arguments = None if region is None else [region.left, region.top, region.width, region.height]
        picture = self._answered("grab", arguments, lambda: self._device.grab(region))
        digest = checksum(picture.rgb)
        line = {"call": "grab", "arguments": arguments, "answer": [picture.width, picture.height, picture.seconds]}
        if digest in self._grabs:
            self._write({**line, "same_as": self._grabs[digest]})
        else:
            self._grabs[digest] = len(self._grabs)
            pixels = zlib.compress(picture.rgb, _COMPRESSION)
            self._write({**line, "bytes": len(pixels)}, pixels)
        return picture

    def now(self) -> float:
        return self._record("now", [], self._device.now)

    def wait(self, seconds: float) -> None:
        self._record("wait", [seconds], lambda: self._device.wait(seconds))

    def window(self) -> WindowInfo:
        info = self._answered("window", [], self._device.window)
        answer = [info.title, info.width, info.height, info.is_in_front]
        self._write({"call": "window", "arguments": [], "answer": answer})
        return info

    def focus(self) -> None:
        self._record("focus", [], self._device.focus)

    def close(self) -> None:
        try:
            self._device.close()
        finally:
            self._file.close()

    def _record(self, call: str, arguments: object, ask: Callable[[], T]) -> T:
        answer = self._answered(call, arguments, ask)
        self._write({"call": call, "arguments": arguments, "answer": answer})
        return answer

    def _answered(self, call: str, arguments: object, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except DeviceError as error:
            self._write({"call": call, "arguments": arguments, "error": [type(error).__name__, str(error)]})
            raise

    def _write(self, line: dict[str, Any], pixels: bytes = b"") -> None:
        try:
            self._file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n" + pixels)
        except OSError as error:
            raise RecordingError(f"The recording {self._path} cannot go on: {error.strerror}") from error


class PlaybackDevice:
    """Answers as the recorded device did. Raises RecordingError for a call that was not made then, and at the end."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        try:
            self._file: BinaryIO = self._path.open("rb")
        except OSError as error:
            raise RecordingError(f"No recording can be read from {path}: {error.strerror}") from error
        self._grabs: list[bytes] = []
        self._num_calls = 0
        self._seconds = 0.0
        first = self._line()
        if first is None or first.get("format") != _FORMAT:
            raise RecordingError(f"{path} is no recording of this release")
        self.note = str(first["note"])

    def key_down(self, key: str) -> None:
        self._answer("key_down", [key])

    def key_up(self, key: str) -> None:
        self._answer("key_up", [key])

    def grab(self, region: Region | None = None) -> Picture:
        arguments = None if region is None else [region.left, region.top, region.width, region.height]
        line = self._answer("grab", arguments)
        if "same_as" in line:
            pixels = self._grabs[line["same_as"]]
        else:
            pixels = self._file.read(line["bytes"])
            self._grabs.append(pixels)
        try:
            rgb = zlib.decompress(pixels)
        except zlib.error as error:
            raise RecordingError(f"{self._path} ends within a picture, at call {self._num_calls}") from error
        width, height, self._seconds = line["answer"]
        return Picture(width, height, rgb, self._seconds)

    def now(self) -> float:
        self._seconds = float(self._answer("now", [])["answer"])
        return self._seconds

    def wait(self, seconds: float) -> None:
        self._answer("wait", [seconds])

    def window(self) -> WindowInfo:
        return WindowInfo(*self._answer("window", [])["answer"])

    def focus(self) -> None:
        self._answer("focus", [])

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> PlaybackDevice:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, call: str, arguments: object) -> dict[str, Any]:
        line = self._line()
        self._num_calls += 1
        asked = f"{call}({arguments})"
        if line is None:
            raise RecordingError(f"{self._path} ends after {self._num_calls - 1} calls; now {asked} is asked")
        if (line["call"], line["arguments"]) != (call, arguments):
            raise RecordingError(
                f"{self._path}, call {self._num_calls}, {self._seconds:.3f} s: recorded was {line['call']}({line['arguments']}), "
                f"now {asked} is asked; play it back with what it was recorded with"
            )
        if "error" in line:
            kind, message = line["error"]
            raise _error(kind, message)
        return line

    def _line(self) -> dict[str, Any] | None:
        """None at the end, also where a kill cut the line off."""
        raw = self._file.readline()
        if not raw.endswith(b"\n"):
            return None
        try:
            line = json.loads(raw)
        except ValueError as error:
            raise RecordingError(f"{self._path} is damaged at call {self._num_calls + 1}") from error
        return line if isinstance(line, dict) else None


def _error(kind: str, message: str) -> DeviceError:
    if kind == TouchedError.__name__:
        return TouchedError(message, None)
    return _ERRORS.get(kind, DeviceError)(message)
