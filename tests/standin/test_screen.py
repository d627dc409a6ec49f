from itertools import pairwise

import numpy as np
import pytest
from standin_player import FlatPainter, calm_game, go_to, tap

from creator.profile import Profile
from creator.profile_file import load_profile
from protocol.device import Region
from standin.errors import RulesError
from standin.game import Game
from standin.looks import Looks
from standin.screen import Screen

SMALL = load_profile("small")
STANDIN = load_profile("standin")


def slot(profile: Profile, at: int) -> Region:
    """A line of the list."""
    whole, height = profile.screen.list, profile.screen.row_height
    return Region(whole.left, whole.top + at * height, whole.width, height)


def value_cell(profile: Profile, at: int) -> Region:
    line, screen = slot(profile, at), profile.screen
    return Region(line.left + screen.value_left, line.top, screen.value_right - screen.value_left, line.height)


@pytest.mark.parametrize("profile", [SMALL, STANDIN], ids=lambda profile: profile.name)
@pytest.mark.parametrize("scale", [0.75, 1.0, 1.5])
def test_any_region_shows_what_the_whole_screen_shows_there(profile: Profile, scale: float) -> None:
    game = Game(profile, seed=1)
    screen = Screen(profile, FlatPainter(), looks=Looks(scale=scale))
    generator = np.random.default_rng(0)
    for key in ("e", "s", "space", "s", "d", "w", "d", "esc", "space"):
        tap(game, key, wait_frames=2)
        whole = screen.draw(game.view())
        assert whole.shape == (screen.height, screen.width, 3)
        for _ in range(10):
            left, top = int(generator.integers(screen.width - 1)), int(generator.integers(screen.height - 1))
            width = int(generator.integers(1, screen.width - left))
            height = int(generator.integers(1, screen.height - top))
            part = screen.draw(game.view(), Region(left, top, width, height))
            assert (part == whole[top : top + height, left : left + width]).all()


def test_the_face_is_rendered_only_when_somebody_looks_at_it() -> None:
    painter = FlatPainter()
    game, screen = calm_game(SMALL), Screen(SMALL, painter)
    go_to(game, "wrinkles")
    tap(game, "d")
    screen.draw(game.view(), SMALL.screen.list)
    assert painter.num_renders == 0
    screen.draw(game.view())
    screen.draw(game.view(), SMALL.screen.face)
    assert painter.num_renders == 1


def test_the_highlighted_line_is_the_one_with_the_accent_over_its_whole_width() -> None:
    game, screen = calm_game(SMALL), Screen(SMALL, FlatPainter())
    go_to(game, "brow_depth_overall")
    lines = [screen.draw(game.view(), slot(SMALL, at)) for at in range(4)]
    edges = [[tuple(line[0, x]) for x in (0, line.shape[1] - 1)] for line in lines]
    assert edges[0] == edges[2] == edges[3]
    assert all(there != elsewhere for there, elsewhere in zip(edges[1], edges[0], strict=True))


def test_a_changed_number_changes_its_own_cells_and_nothing_else_but_the_face() -> None:
    game, screen = calm_game(SMALL), Screen(SMALL, FlatPainter())
    go_to(game, "wrinkles")
    before = screen.draw(game.view())
    tap(game, "d")
    changed = (screen.draw(game.view()) != before).any(axis=2)
    face, line = SMALL.screen.face, slot(SMALL, 2)
    changed[face.top : face.bottom, face.left : face.right] = False
    assert changed.any()
    changed[line.top : line.bottom, line.left + SMALL.screen.name_right : line.left + SMALL.screen.value_right] = False
    assert not changed.any()


def test_only_sliders_have_a_bar() -> None:
    screen = Screen(SMALL, FlatPainter())
    for name, has_bar in (("wrinkles", True), ("base_skin", False), ("gender", False)):
        game = calm_game(SMALL)
        go_to(game, name)
        at = game.state.cursor.row
        assert at is not None
        line = slot(SMALL, at)
        left, width = SMALL.screen.name_right, SMALL.screen.value_left - SMALL.screen.name_right
        bar = screen.draw(game.view(), Region(line.left + left, line.top, width, line.height))
        assert (bar != bar[:1]).any() == has_bar


def test_a_name_may_take_the_place_of_the_bar() -> None:
    game, screen = calm_game(STANDIN), Screen(STANDIN, FlatPainter(), looks=Looks(language="japanese"))
    go_to(game, "hair_color")
    place = slot(STANDIN, game.state.cursor.row or 0)
    values = {**game.state.values, "hair_color": 2}
    view = game.view()
    longest = screen.draw(view._replace(state=view.state._replace(values=values)), place)
    assert (longest[:, STANDIN.screen.name_right : STANDIN.screen.value_left].std(axis=0) > 0).any()
    edge = longest[:, : STANDIN.screen.name_left]
    assert (edge == edge[:1]).all()


def test_every_value_of_a_slider_looks_different() -> None:
    game, screen = calm_game(SMALL), Screen(SMALL, FlatPainter())
    go_to(game, "face_height")
    for _ in range(130):
        tap(game, "a")
    seen = set()
    for _ in range(201):
        seen.add(screen.draw(game.view(), value_cell(SMALL, 1)).tobytes())
        tap(game, "d")
    assert len(seen) == 201


def test_the_same_number_looks_the_same_in_every_row() -> None:
    game, screen = calm_game(STANDIN), Screen(STANDIN, FlatPainter())
    go_to(game, "jaw_definition")
    view = game.view()
    rows = STANDIN.pages[1].sections[8].rows
    values = {**view.state.values, **{row.name: -57 for row in rows}}
    view = view._replace(state=view.state._replace(values=values))
    cells = {screen.draw(view, value_cell(STANDIN, at)).tobytes() for at in range(1, len(rows))}
    assert len(cells) == 1


def test_a_load_shows_the_old_face_then_blocks_then_the_new_face() -> None:
    game, screen = calm_game(SMALL, load_frames=(6, 6)), Screen(SMALL, FlatPainter())
    go_to(game, "base_skin")
    old = screen.draw(game.view(), SMALL.screen.face)
    game.key_down("d")
    shown = []
    for _ in range(9):
        game.advance(1)
        shown.append(screen.draw(game.view(), SMALL.screen.face))
    new = shown[-1]
    kinds = ["old" if (f == old).all() else "new" if (f == new).all() else "half" for f in shown]
    assert kinds == ["old"] * 6 + ["half"] * 2 + ["new"]


def test_a_blink_hides_the_eyes() -> None:
    game, screen = Game(SMALL, seed=1), Screen(SMALL, FlatPainter())
    eyes = Region(SMALL.screen.face.left, SMALL.screen.face.top + 100, 256, 20)
    open_eyes = screen.draw(game.view(), eyes)
    while game.view().pose.eyelid_closure < 0.9:
        game.advance(1)
    assert (screen.draw(game.view(), eyes) != open_eyes).all()


def test_a_popup_covers_list_and_face_and_leaves_the_tabs() -> None:
    game, screen = calm_game(SMALL), Screen(SMALL, FlatPainter())
    view = game.view()
    covered = view._replace(state=view.state._replace(popup=0))
    for region, is_covered in ((SMALL.screen.list, True), (SMALL.screen.face, True), (SMALL.screen.tabs, False)):
        assert (screen.draw(view, region) != screen.draw(covered, region)).any() == is_covered


def test_while_the_menu_moves_tabs_title_and_list_go_from_one_to_the_other() -> None:
    game, screen = calm_game(SMALL), Screen(SMALL, FlatPainter())
    pictures = [screen.draw(game.view())]
    game.key_down("e")
    for _ in range(16):
        game.advance(1)
        pictures.append(screen.draw(game.view()))
    assert (pictures[1] == pictures[0]).all()
    assert (pictures[16] == pictures[15]).all()
    assert all((first != second).any() for first, second in pairwise(pictures[2:15]))


def test_themes_and_seeds_look_different() -> None:
    game = calm_game(SMALL)
    go_to(game, "wrinkles")
    looks = [Looks(), Looks(theme="frost"), Looks(seed=5)]
    pictures = [Screen(SMALL, FlatPainter(), looks=look).draw(game.view(), SMALL.screen.list) for look in looks]
    assert all((pictures[0] != other).any() for other in pictures[1:])


@pytest.mark.parametrize(("field", "value"), [("theme", "pink"), ("language", "klingon"), ("scale", 9.0)])
def test_looks_that_are_not_there_are_refused(field: str, value: object) -> None:
    with pytest.raises(RulesError, match=str(value).rstrip(".0")):
        Looks(**{field: value})  # type: ignore[arg-type]
