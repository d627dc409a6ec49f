"""Key names of `protocol.device.Device`, and what X11 and Windows call them."""

from __future__ import annotations

from protocol.errors import DeviceError

_X11_KEYSYMS = {
    "space": "space",
    "esc": "Escape",
    "enter": "Return",
    "tab": "Tab",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
}
_WINDOWS_CODES = {
    "space": 0x20,
    "esc": 0x1B,
    "enter": 0x0D,
    "tab": 0x09,
    "up": 0x26,
    "down": 0x28,
    "left": 0x25,
    "right": 0x27,
}  # virtual keys; those of letters and digits are their capital letters
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


def check_key(key: str) -> str:
    """Raises DeviceError for a key that no device knows; a silent miss would look like a lost press for ever."""
    if key not in _PLAIN and key not in _X11_KEYSYMS:
        raise DeviceError(
            f"No key {key!r}: there are a to z, 0 to 9, {', '.join(_X11_KEYSYMS)}; correct the profile's keys"
        )
    return key


def x11_keysym(key: str) -> str:
    return _X11_KEYSYMS.get(check_key(key), key)


def windows_code(key: str) -> int:
    """The virtual key on a US keyboard."""
    return _WINDOWS_CODES.get(check_key(key)) or ord(key.upper())
