"""Whether a calibration is of the creator on the screen: asked before the first key, so that nothing is pressed by mistake.

Profile, resolution and version of the game are compared; language, theme and typeface show in whether the screen can be read.
"""

from __future__ import annotations

from agents.calibration import Calibration
from agents.errors import CalibrationError
from agents.lines import LineLook, Margins, read_lines
from agents.readout import Readout
from creator.profile import Profile
from protocol.device import Device, Picture

_PATIENCE_SECONDS = 4.0  # for animations, and single black or torn frames
_LOOK_EVERY_SECONDS = 0.1


def check_binding(device: Device, profile: Profile, calibration: Calibration) -> None:
    """Raises CalibrationError naming what differs and what to do. A pop-up over the list is nothing to complain about."""
    window = device.window()
    calibration.check(profile, window.width, window.height)
    if calibration.game_version != profile.game_version:
        raise CalibrationError(
            f"This calibration is for version {calibration.game_version} of the game, the profile describes "
            f"{profile.game_version}: run `lookalike calibrate` again"
        )
    readout = Readout(calibration, profile)
    picture = device.grab(readout.menu)
    end = device.now() + _PATIENCE_SECONDS
    while not _is_readable(readout, picture):
        if device.now() > end:
            raise CalibrationError(
                f"The creator on the screen is not the one that was calibrated: {_difference(readout, picture)}. Open its "
                "menu and set it back, or run `lookalike calibrate` again",
                [device.grab()],
            )
        device.wait(_LOOK_EVERY_SECONDS)
        picture = device.grab(readout.menu)


def _is_readable(readout: Readout, picture: Picture) -> bool:
    """A message over a few lines of a list under a known title is for the driver to confirm."""
    state = readout.read_screen(picture)
    if not state.is_covered:
        return state.is_sure
    return 1 < _looks(readout, picture).count("strange") < len(readout.layout.slots)


def _difference(readout: Readout, picture: Picture) -> str:
    """What an unreadable menu has of the calibrated one: its colours, or not even these."""
    looks = _looks(readout, picture)
    if looks.count("highlighted") == 1 and "strange" not in looks:
        return "its colours are the same, its texts are not (another language, typeface or version)"
    if "highlighted" not in looks:
        return "it has other colours (another theme or brightness), or it shows no menu"
    return "a part of its menu is covered or differs"


def _looks(readout: Readout, picture: Picture) -> tuple[LineLook, ...]:
    calibration = readout.calibration
    margins_LRM3 = Margins(readout.layout).pixels_LRM3(readout.menu_pixels(picture))
    return read_lines(margins_LRM3, calibration.highlight_colours_M3, calibration.plain_colours_KM3).looks
