from collections.abc import Sequence

import pytest

from standin.key_events import KeyEvents

FRAME = 1 / 60
TAP = [("d", True), ("d", False)]


def polled(events: KeyEvents, num_polls: int) -> list[str]:
    return ["".join(sorted(events.poll())) for _ in range(num_polls)]


def heard_after(
    frames: float, moves: Sequence[tuple[str, bool]], *, before: Sequence[tuple[str, bool]] = ()
) -> KeyEvents:
    """Events that all came in an interval so long, after what was polled before."""
    events = KeyEvents(FRAME)
    events.heard(before, 100.0)
    events.poll()
    events.heard(moves, 100.0 + frames * FRAME)
    return events


@pytest.mark.parametrize("frames", [0.2, 1.0, 1.29])
def test_a_tap_between_two_polls_that_are_on_time_is_missed_as_the_game_misses_it(frames: float) -> None:
    assert polled(heard_after(frames, TAP), 3) == ["", "", ""]


def test_a_held_key_that_is_let_go_and_taken_again_between_two_polls_has_been_held() -> None:
    events = heard_after(1.0, [("d", False), ("d", True)], before=[("d", True)])
    assert polled(events, 2) == ["d", "d"]


def test_what_lasts_over_a_poll_is_seen_whatever_came_and_went_besides() -> None:
    events = heard_after(1.0, [("s", True), *TAP, ("d", True), ("a", True), ("a", False)])
    assert polled(events, 2) == ["ds", "ds"]


def test_a_tap_that_spans_a_poll_is_seen() -> None:
    events = heard_after(1.0, [("d", True)])
    assert polled(events, 1) == ["d"]
    events.heard([("d", False)], 100.0 + 2 * FRAME)
    assert polled(events, 1) == [""]


def test_a_tap_that_came_and_went_while_the_poll_was_late_is_seen_by_one() -> None:
    assert polled(heard_after(1.5, TAP), 3) == ["d", "", ""]


def test_presses_that_a_late_poll_finds_all_at_once_are_seen_one_after_another() -> None:
    assert polled(heard_after(10.0, TAP * 3), 7) == ["d", "", "d", "", "d", "", ""]


def test_what_waits_is_still_seen_when_later_polls_are_on_time() -> None:
    events = heard_after(10.0, TAP * 2)
    seen = []
    for at in range(5):
        seen += polled(events, 1)
        events.heard([], 100.0 + (11 + at) * FRAME)
    assert seen == ["d", "", "d", "", ""]


def test_the_order_of_different_keys_is_kept() -> None:
    events = heard_after(10.0, [("s", True), ("s", False), *TAP])
    assert polled(events, 4) == ["s", "d", "", ""]


def test_a_held_key_stays_down_and_repeated_events_of_it_change_nothing() -> None:
    events = heard_after(10.0, [("d", True), ("d", True), ("d", True)])
    assert polled(events, 3) == ["d", "d", "d"]
    events.heard([("d", False)], 200.0)
    assert polled(events, 1) == [""]


def test_whoever_presses_faster_than_the_game_looks_is_not_kept_waiting_for_ever() -> None:
    events = heard_after(600.0, TAP * 10_000)
    seen = polled(events, 200)
    assert seen[150:] == [""] * 50
    assert 50 <= seen.count("d") <= 61
