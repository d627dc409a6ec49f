from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standin_player import calm_game, go_home, go_to, tap

from creator.character import default_character
from creator.menu import Cursor
from creator.profile import Profile
from creator.profile_file import load_profile
from standin.errors import RulesError
from standin.game import Game
from standin.rules import Rules

SMALL = load_profile("small")
STANDIN = load_profile("standin")


def test_a_fresh_game_is_the_first_genders_default_character() -> None:
    for profile in (SMALL, STANDIN):
        assert Game(profile).character == default_character(profile, profile.genders[0])


def test_a_press_counts_on_the_frame_that_sees_it_and_is_on_the_screen_one_frame_later() -> None:
    game = calm_game(SMALL)
    go_to(game, "face_height")
    game.key_down("d")
    assert game.state.values["face_height"] == 24
    game.advance(1)
    assert game.state.values["face_height"] == 25
    assert game.view().state.values["face_height"] == 24
    game.advance(1)
    assert game.view().state.values["face_height"] == 25


def test_a_key_that_comes_and_goes_between_two_frames_is_never_seen() -> None:
    game = calm_game(SMALL)
    go_to(game, "face_height")
    game.key_down("d")
    game.key_up("d")
    game.advance(5)
    assert game.state.values["face_height"] == 24


def test_a_key_released_and_pressed_between_two_frames_is_one_long_press() -> None:
    game = calm_game(SMALL)
    go_to(game, "face_height")
    game.key_down("d")
    game.advance(1)
    game.key_up("d")
    game.key_down("d")
    game.advance(2)
    assert game.state.values["face_height"] == 25


def test_holding_repeats_after_the_delay_and_then_steadily() -> None:
    game = calm_game(SMALL)
    go_to(game, "face_height")
    game.key_down("d")
    seen = []
    for _ in range(40):
        game.advance(1)
        seen.append(game.state.values["face_height"])
    changes = [at for at in range(1, 40) if seen[at] != seen[at - 1]]
    assert changes == [30, 33, 36, 39]
    game.key_up("d")
    game.advance(100)
    assert game.state.values["face_height"] == seen[-1]


def test_keys_that_enter_leave_or_turn_pages_do_not_repeat() -> None:
    game = calm_game(SMALL)
    game.key_down("e")
    game.advance(200)
    assert game.state.cursor.page == 1


def test_sliders_stop_at_their_ends() -> None:
    game = calm_game(SMALL)
    go_to(game, "wrinkles")
    for _ in range(60):
        tap(game, "d")
    assert game.state.values["wrinkles"] == 100
    for _ in range(120):
        tap(game, "a")
    assert game.state.values["wrinkles"] == 0


def test_sliders_with_half_steps_go_in_half_steps() -> None:
    game = calm_game(STANDIN)
    go_to(game, "chest_shape")
    tap(game, "d")
    assert game.state.values["chest_shape"] == 0.5


def test_a_parent_moves_its_children_and_what_a_bound_cuts_off_does_not_come_back() -> None:
    game = calm_game(SMALL)
    go_to(game, "brow_depth_inner")
    for _ in range(95):
        tap(game, "d")
    go_to(game, "brow_depth_overall")
    for _ in range(10):
        tap(game, "d")
    values = game.state.values
    assert (values["brow_depth_overall"], values["brow_depth_inner"], values["brow_depth_outer"]) == (10, 100, 10)
    for _ in range(10):
        tap(game, "a")
    values = game.state.values
    assert (values["brow_depth_overall"], values["brow_depth_inner"], values["brow_depth_outer"]) == (0, 90, 0)


def test_a_parent_at_its_end_moves_no_child() -> None:
    game = calm_game(SMALL)
    go_to(game, "brow_depth_overall")
    for _ in range(100):
        tap(game, "d")
    go_to(game, "brow_depth_inner")
    for _ in range(5):
        tap(game, "a")
    go_to(game, "brow_depth_overall")
    tap(game, "d")
    assert game.state.values["brow_depth_inner"] == 95


def test_choices_go_through_ids_in_list_order_and_wrap_around() -> None:
    game = calm_game(SMALL)
    go_to(game, "base_head")
    seen = []
    for _ in range(5):
        seen.append(game.state.values["base_head"])
        tap(game, "d", wait_frames=10)
    assert seen == [20, 21, 35, 3, 20]


def test_lists_stop_at_their_ends_where_the_rules_say_so() -> None:
    game = Game(SMALL, rules=Rules.of(SMALL, lists_wrap=False, load_frames=(5, 5), long_load_share=0.0))
    tap(game, "e", wait_frames=20)
    tap(game, "space", wait_frames=20)
    for _ in range(5):
        tap(game, "d", wait_frames=10)
    assert game.state.values["base_head"] == 35


def test_loads_take_as_long_on_average_as_the_profile_says() -> None:
    assert replace(SMALL.timing, long_load_share=0.0).mean_load_frames == pytest.approx(5.0)
    game = Game(SMALL, rules=Rules.of(SMALL, long_load_share=0.0))
    go_to(game, "base_head")
    lengths = []
    for _ in range(2000):
        tap(game, "d")
        load = game.state.load
        assert load is not None
        lengths.append(load.end - load.start - 1)
        game.advance(12)
    assert set(lengths) == {3, 4, 5, 6, 7, 8}
    assert sum(lengths) / len(lengths) == pytest.approx(5.0, abs=0.15)


def test_sections_and_rows_stop_too_and_pages_go_round_all_the_same() -> None:
    game = calm_game(SMALL, lists_wrap=False)
    tap(game, "w")
    assert game.state.cursor == Cursor(0, 0)
    tap(game, "q", wait_frames=20)
    assert game.state.cursor == Cursor(1, 0)
    tap(game, "space", wait_frames=20)
    tap(game, "w")
    assert game.state.cursor == Cursor(1, 0, 0)
    for _ in range(30):
        tap(game, "s")
    last = game.state.cursor
    assert last.row is not None
    assert last.row > 0


def test_sections_rows_and_pages_wrap_around() -> None:
    game = calm_game(SMALL)
    tap(game, "w")
    assert game.state.cursor == Cursor(0, 1)
    tap(game, "q", wait_frames=20)
    assert game.state.cursor == Cursor(1, 0)
    tap(game, "space", wait_frames=20)
    tap(game, "w")
    assert game.row is not None
    assert game.row.name == "face_preset"


@pytest.mark.parametrize(("key", "frames"), [("space", 6), ("e", 12)])
def test_keys_are_ignored_while_the_menu_moves_and_taken_on_the_frame_after(key: str, frames: int) -> None:
    for early in (True, False):
        game = calm_game(SMALL)
        game.key_down(key)
        game.advance(1)
        game.key_up(key)
        game.advance(frames - 1 if early else frames)
        before = game.state.cursor
        tap(game, "s")
        assert (game.state.cursor == before) == early


def test_a_face_change_shows_its_number_at_once_and_the_face_when_it_is_loaded() -> None:
    game = calm_game(SMALL, load_frames=(6, 6))
    go_to(game, "base_head")
    game.key_down("d")
    game.advance(1)
    game.key_up("d")
    assert game.state.values["base_head"] == 21
    shown = []
    for _ in range(8):
        game.advance(1)
        view = game.view()
        load = view.state.load
        shown.append("new" if load is None else "old" if view.tick < load.half else "half")
    assert shown == ["old"] * 5 + ["half"] * 2 + ["new"]


def test_keys_pressed_during_a_load_are_lost_even_when_held_beyond_it() -> None:
    game = calm_game(SMALL)
    go_to(game, "base_head")
    game.key_down("d")
    game.advance(1)
    game.key_up("d")
    game.advance(2)
    game.key_down("a")
    game.advance(20)
    assert game.state.load is None
    assert game.state.values["base_head"] == 21


def test_the_first_frame_after_a_load_takes_keys() -> None:
    game = calm_game(SMALL)
    go_to(game, "base_head")
    game.key_down("d")
    game.advance(1)
    game.key_up("d")
    game.advance(5)
    assert game.state.load is not None
    game.key_down("d")
    game.advance(1)
    assert game.state.values["base_head"] == 35


def test_loads_vary_within_the_rules_and_now_and_then_stall() -> None:
    game = Game(SMALL, rules=Rules.of(SMALL, long_load_share=0.05), seed=4)
    go_to(game, "base_skin")
    lengths = []
    for _ in range(400):
        tap(game, "d")
        load = game.state.load
        assert load is not None
        lengths.append(load.end - load.start - 1)
        game.advance(100)
    assert set(filter(lambda n: n < 30, lengths)) == {3, 4, 5, 6, 7, 8}
    assert all(3 <= n <= 8 or 30 <= n <= 90 for n in lengths)
    assert 5 < sum(n >= 30 for n in lengths) < 45


def test_another_gender_resets_every_row_to_its_defaults() -> None:
    game = calm_game(SMALL)
    go_to(game, "left_closed")
    tap(game, "space")
    go_to(game, "nose_length")
    tap(game, "d")
    go_home(game)
    go_to(game, "gender")
    tap(game, "d")
    assert game.state.load is not None
    game.advance(20)
    assert game.character == default_character(SMALL, "female")
    assert game.state.toggles_on == frozenset()


def test_a_toggle_inserts_its_rows_below_itself() -> None:
    game = calm_game(SMALL)
    go_to(game, "left_closed")
    tap(game, "s")
    assert game.row is not None
    assert game.row.name == "eye_size"
    tap(game, "w")
    tap(game, "space")
    tap(game, "s")
    assert game.row.name == "squint_left_eye"
    tap(game, "d")
    assert game.state.values["squint_left_eye"] == 1
    tap(game, "w")
    tap(game, "space")
    assert "left_closed" not in game.state.toggles_on


@pytest.mark.parametrize("key", ["d", "a", "space"])
def test_touching_a_preset_overwrites_the_sliders_of_its_page_only(key: str) -> None:
    game = calm_game(SMALL)
    go_to(game, "face_preset")
    before = game.state.values
    tap(game, key)
    after = game.state.values
    page = next(page for page in SMALL.pages if page.name == "head")
    sliders = {row.name for section in page.sections for row in section.rows if row.kind == "slider"}
    changed = {name for name in before if before[name] != after[name]}
    assert len(changed) >= len(sliders) - 2
    assert changed <= sliders


def test_the_same_seed_gives_the_same_presets_and_another_seed_others() -> None:
    def touched(seed: int) -> object:
        game = Game(SMALL, seed=seed)
        go_to(game, "face_preset")
        tap(game, "d")
        return game.character

    assert touched(1) == touched(1)
    assert touched(1) != touched(2)


def test_skipping_frames_and_walking_through_them_is_the_same_game() -> None:
    def view_at_the_end(strides: list[int]) -> object:
        game = Game(SMALL, seed=5)
        go_to(game, "base_head")
        game.key_down("d")
        for stride in strides:
            game.advance(stride)
        return game.view(), game.frame

    assert view_at_the_end([1] * 3000) == view_at_the_end([3000]) == view_at_the_end([7, 993, 2000])


def test_blinks_come_about_every_four_seconds_and_pass() -> None:
    game = Game(SMALL, seed=2)
    blinking = 0
    starts = 0
    was = False
    for _ in range(60 * 200):
        game.advance(1)
        view = game.view()
        blinking += view.state.is_blinking
        starts += view.state.is_blinking and not was
        was = view.state.is_blinking
        assert (view.pose.eyelid_closure > 0) == view.state.is_blinking
    assert 48 <= starts <= 51
    assert 9 * (starts - 1) <= blinking <= 9 * starts


def test_sway_and_breath_stay_below_two_pixels_but_do_move() -> None:
    game = Game(SMALL, seed=2)
    poses = set()
    for _ in range(300):
        game.advance(20)
        poses.add((game.view().pose.shift_x_pixels, game.view().pose.shift_y_pixels))
    assert all(abs(x) < 2 and abs(y) < 2 for x, y in poses)
    assert len(poses) > 10


def test_rules_that_make_no_sense_are_refused_by_name() -> None:
    with pytest.raises(RulesError, match="load_frames"):
        Rules.of(SMALL, load_frames=(8, 3))
    with pytest.raises(RulesError, match="long_load_share"):
        Rules.of(SMALL, long_load_share=2.0)
    with pytest.raises(RulesError, match="no_such_rule"):
        Rules.of(SMALL, no_such_rule=1)


KEYS = ["w", "a", "s", "d", "q", "e", "space", "esc", "enter", "x"]
MOVES = st.lists(st.tuples(st.sampled_from(KEYS), st.integers(1, 40), st.integers(0, 15)), max_size=60)


@settings(max_examples=60, deadline=None)
@given(profile=st.sampled_from([SMALL, STANDIN]), seed=st.integers(0, 99), moves=MOVES)
def test_no_keys_lead_out_of_the_ranges_or_out_of_the_menu(
    profile: Profile, seed: int, moves: list[tuple[str, int, int]]
) -> None:
    game = Game(profile, seed=seed)
    for key, hold_frames, gap_frames in moves:
        game.key_down(key)
        game.advance(hold_frames)
        game.key_up(key)
        game.advance(gap_frames)
        gender = game.character.gender
        for row in profile.rows.values():
            if row.kind == "slider":
                value = game.state.values[row.name]
                assert row.minimum <= value <= row.maximum
                assert (value - row.minimum) % row.step == 0
            elif row.kind == "choice":
                assert game.state.values[row.name] in row.ids[gender]
        assert (game.row is None) == (game.state.cursor.row is None)
        assert 0 <= game.state.cursor.section < len(profile.pages[game.state.cursor.page].sections)
