"""What is decided on Windows, without Windows."""

from __future__ import annotations

import pytest

from agents.keys import windows_code
from agents.windows_facts import DesktopFacts, defects
from agents.windows_watch import PAUSE_CODE, InputFacts, InputWatch
from protocol.errors import DeviceError

D = windows_code("d")


def facts(tick: int, pointer: tuple[int, int] = (5, 5), *down: int) -> InputFacts:
    return InputFacts(tick, pointer, frozenset(down))


def test_our_own_keys_are_no_touch() -> None:
    watch = InputWatch(facts(1000))
    watch.sent(D, 1100, is_press=True)

    assert watch.touches(facts(1090, (5, 5), D), 1105) == []
    watch.sent(D, 1133, is_press=False)
    assert watch.touches(facts(1140), 1150) == []
    assert watch.touches(facts(1140), 9000) == []


def test_a_key_that_we_did_not_send_is_a_touch_even_between_our_own() -> None:
    watch = InputWatch(facts(1000))
    watch.sent(D, 1100, is_press=True)

    assert [touch.what for touch in watch.touches(facts(1100, (5, 5), D, windows_code("s")), 1105)] == [
        "a key was pressed"
    ]


def test_our_key_pressed_by_somebody_else_later_is_a_touch() -> None:
    watch = InputWatch(facts(1000))
    watch.sent(D, 1100, is_press=True)
    watch.sent(D, 1133, is_press=False)

    assert watch.touches(facts(5000, (5, 5), D), 5001) != []


def test_the_mouse_is_seen_by_where_it_points() -> None:
    watch = InputWatch(facts(1000))

    assert [touch.what for touch in watch.touches(facts(1001, (5, 6)), 1001)] == ["the mouse was moved"]


def test_input_that_came_and_went_is_seen_by_its_time() -> None:
    watch = InputWatch(facts(1000))
    watch.sent(D, 1100, is_press=True)

    assert watch.touches(facts(1900), 2000) != []
    assert watch.touches(facts(1900), 2100) == []


def test_the_pause_key_is_told_apart_and_letting_go_of_it_is_nothing() -> None:
    watch = InputWatch(facts(1000))

    (touch,) = watch.touches(facts(2000, (5, 5), PAUSE_CODE), 2000)
    assert touch.is_pause_key
    assert watch.touches(facts(2000, (5, 5), PAUSE_CODE), 2050) == []
    assert watch.touches(facts(2150), 2160) == []


def test_the_count_of_milliseconds_may_begin_anew() -> None:
    watch = InputWatch(facts(2**32 - 40))
    watch.sent(D, 2**32 - 20, is_press=True)
    watch.sent(D, 5, is_press=False)

    assert watch.touches(facts(8), 20) == []


def test_hdr_and_a_creator_with_more_rights_are_refused_with_what_to_do() -> None:
    assert defects(DesktopFacts(is_hdr=False, is_creator_elevated=False, is_agent_elevated=False)) == []
    assert defects(DesktopFacts(is_hdr=None, is_creator_elevated=None, is_agent_elevated=None)) == []
    assert defects(DesktopFacts(is_hdr=False, is_creator_elevated=True, is_agent_elevated=True)) == []
    hdr, rights = defects(DesktopFacts(is_hdr=True, is_creator_elevated=True, is_agent_elevated=False))
    assert "turn HDR off" in hdr
    assert "as administrator too" in rights


def test_a_key_that_nobody_knows_is_an_error() -> None:
    assert (windows_code("a"), windows_code("7"), windows_code("esc")) == (0x41, 0x37, 0x1B)
    with pytest.raises(DeviceError, match="f13"):
        windows_code("f13")
