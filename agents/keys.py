"""Key names of `protocol.device.Device` and what X11 calls them."""

from __future__ import annotations

from protocol.errors import DeviceError

X11_KEYSYMS = {
    "space": "space",
    "esc": "Escape",
    "enter": "Return",
    "tab": "Tab",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


def check_key(key: str) -> str:
    """Raises DeviceError for a key that no device knows; a silent miss would look like a lost press for ever."""
    if key not in _PLAIN and key not in X11_KEYSYMS:
        raise DeviceError(
            f"No key {key!r}: there are a to z, 0 to 9, {', '.join(X11_KEYSYMS)}; correct the profile's keys"
        )
    return key


def x11_keysym(key: str) -> str:
    return X11_KEYSYMS.get(check_key(key), key)
