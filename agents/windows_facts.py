"""What makes a Windows desktop unfit for an agent: HDR, and a creator that runs elevated while the agent does not.

Asked of Windows by plain structures; where Windows gives no answer, nothing is held against it.
"""

from __future__ import annotations

import ctypes
import importlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_ONLY_ACTIVE_PATHS = 2  # QDC_ONLY_ACTIVE_PATHS
_PATH_BYTES, _MODE_BYTES = 72, 64  # DISPLAYCONFIG_PATH_INFO and _MODE_INFO, wingdi.h
_TARGET_AT = 20  # of the target's adapter and number in a path
_COLOR_INFO = struct.Struct("<II8sIIII")  # kind, size, adapter, target, flags, encoding, bits
_GET_ADVANCED_COLOR_INFO = 9
_HDR_ENABLED = 2  # advancedColorEnabled, the second flag
_QUERY_LIMITED_INFORMATION, _TOKEN_QUERY, _TOKEN_ELEVATION = 0x1000, 0x8, 20
_ACCESS_DENIED = 5


@dataclass(frozen=True, slots=True)
class DesktopFacts:
    """None where Windows does not tell."""

    is_hdr: bool | None
    is_creator_elevated: bool | None
    is_agent_elevated: bool | None


def defects(facts: DesktopFacts) -> list[str]:
    """What is wrong, and what to do about it."""
    found = []
    if facts.is_hdr:
        found.append(
            "A screen is in HDR mode, in which pictures come out too bright: turn HDR off in Windows' display settings"
        )
    if facts.is_creator_elevated and not facts.is_agent_elevated:
        found.append(
            "The creator runs as administrator and the agent does not, so Windows drops its keys: start the agent as "
            "administrator too, or the creator without"
        )
    return found


def desktop_facts(window: int) -> DesktopFacts:
    """Of the desktop now, and of the program that owns a window."""
    kernel32 = _library("kernel32")
    process_id = ctypes.c_uint32()
    _library("user32").GetWindowThreadProcessId(ctypes.c_void_p(window), ctypes.byref(process_id))
    return DesktopFacts(_is_hdr(), _is_elevated(process_id.value), _is_elevated(kernel32.GetCurrentProcessId()))


def _is_hdr() -> bool | None:
    user32 = _library("user32")
    try:
        return any(_flags(user32, path) & _HDR_ENABLED for path in _paths(user32))
    except (AttributeError, OSError):  # before Windows 10, and under Wine
        return None


def _paths(user32: Any) -> Iterator[bytes]:
    num_paths, num_modes = ctypes.c_uint32(), ctypes.c_uint32()
    if user32.GetDisplayConfigBufferSizes(_ONLY_ACTIVE_PATHS, ctypes.byref(num_paths), ctypes.byref(num_modes)):
        return
    paths = ctypes.create_string_buffer(num_paths.value * _PATH_BYTES)
    modes = ctypes.create_string_buffer(num_modes.value * _MODE_BYTES)
    if user32.QueryDisplayConfig(
        _ONLY_ACTIVE_PATHS, ctypes.byref(num_paths), paths, ctypes.byref(num_modes), modes, None
    ):
        return
    for at in range(num_paths.value):
        yield paths.raw[at * _PATH_BYTES : (at + 1) * _PATH_BYTES]


def _flags(user32: Any, path: bytes) -> int:
    """Of a screen's advanced colour; 0 where it has none."""
    adapter, target = struct.unpack_from("<8sI", path, _TARGET_AT)
    asked = _COLOR_INFO.pack(_GET_ADVANCED_COLOR_INFO, _COLOR_INFO.size, adapter, target, 0, 0, 0)
    buffer = ctypes.create_string_buffer(asked, _COLOR_INFO.size)
    if user32.DisplayConfigGetDeviceInfo(buffer):
        return 0
    return int(_COLOR_INFO.unpack(buffer.raw)[4])


def _is_elevated(process_id: int) -> bool | None:
    """A program whose token we may not even look at has more rights than we have."""
    kernel32, advapi32 = _library("kernel32"), _library("advapi32")
    kernel32.OpenProcess.restype = ctypes.c_void_p
    process = kernel32.OpenProcess(_QUERY_LIMITED_INFORMATION, False, process_id)
    if not process:
        return True if kernel32.GetLastError() == _ACCESS_DENIED else None
    token = ctypes.c_void_p()
    try:
        if not advapi32.OpenProcessToken(ctypes.c_void_p(process), _TOKEN_QUERY, ctypes.byref(token)):
            return True if kernel32.GetLastError() == _ACCESS_DENIED else None
        value, size = ctypes.c_uint32(), ctypes.c_uint32()
        known = advapi32.GetTokenInformation(token, _TOKEN_ELEVATION, ctypes.byref(value), 4, ctypes.byref(size))
        kernel32.CloseHandle(token)
        return bool(value.value) if known else None
    finally:
        kernel32.CloseHandle(ctypes.c_void_p(process))


def _library(name: str) -> Any:
    """Loaded anew for each use, so that types that others declare on its functions do not reach us."""
    return importlib.import_module("ctypes").WinDLL(name)
