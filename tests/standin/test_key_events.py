from standin.key_events import KeyEvents


def polled(events: KeyEvents, num_polls: int) -> list[str]:
    return ["".join(sorted(events.poll())) for _ in range(num_polls)]


def test_a_key_that_came_and_went_between_two_polls_is_seen_by_one() -> None:
    events = KeyEvents()
    events.heard([("d", True), ("d", False)])
    assert polled(events, 3) == ["d", "", ""]


def test_presses_that_arrive_all_at_once_are_seen_one_after_another() -> None:
    events = KeyEvents()
    events.heard([("d", True), ("d", False)] * 3)
    assert polled(events, 7) == ["d", "", "d", "", "d", "", ""]


def test_the_order_of_different_keys_is_kept() -> None:
    events = KeyEvents()
    events.heard([("s", True), ("s", False), ("d", True), ("d", False)])
    assert polled(events, 4) == ["s", "d", "", ""]


def test_a_held_key_stays_down_and_repeated_events_of_it_change_nothing() -> None:
    events = KeyEvents()
    events.heard([("d", True), ("d", True), ("d", True)])
    assert polled(events, 3) == ["d", "d", "d"]
    events.heard([("d", False)])
    assert polled(events, 1) == [""]


def test_whoever_presses_faster_than_the_game_looks_is_not_kept_waiting_for_ever() -> None:
    events = KeyEvents()
    events.heard([("d", True), ("d", False)] * 10_000)
    seen = polled(events, 200)
    assert seen[150:] == [""] * 50
    assert 50 <= seen.count("d") <= 61
