from itertools import pairwise

import numpy as np
import pytest
from standin_player import FlatPainter, calm_game, go_to

from agents.calibrate import calibrate
from creator.profile import Profile
from creator.profile_file import load_profile
from standin import letters
from standin.game import Game
from standin.letters import WIDE_TYPEFACES, Letters
from standin.looks import Looks
from standin.memory_device import MemoryDevice
from standin.names import names_of
from standin.screen import Screen
from standin.wording import ENGLISH, LANGUAGES, MESSAGES, SIGNATURE, TAKER_LINE, TAKER_TITLE, Wording, texts_of

SMALL, STANDIN = load_profile("small"), load_profile("standin")
OTHERS = [language for language in LANGUAGES if language != ENGLISH]


def english_texts(profile: Profile) -> set[str]:
    """Everything that the screen can say, numbers aside."""
    sections = [section for page in profile.pages for section in page.sections]
    labels = {page.label for page in profile.pages} | {section.label for section in sections}
    labels |= {row.label for section in sections for row in section.rows}
    hints = {what for row in Wording(profile).hints() for _, what in row}
    words = {gender.capitalize() for gender in profile.genders} | {"On", "Off", SIGNATURE, TAKER_TITLE, TAKER_LINE}
    return labels | hints | words | {text for message in MESSAGES for text in message} | names(profile)


def names(profile: Profile) -> set[str]:
    """Of all that uncaptured choices offer."""
    offers = [
        (names_of(row.name), ids) for row in profile.rows.values() if not row.is_captured for ids in row.ids.values()
    ]
    return {known.of(at_id)[0] for known, ids in offers for at_id in ids}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_says_everything_that_the_screen_says(language: str) -> None:
    for profile in (SMALL, STANDIN):
        assert english_texts(profile) <= texts_of(language).keys()


@pytest.mark.parametrize("language", OTHERS)
def test_rows_of_one_section_are_called_differently(language: str) -> None:
    wording = Wording(STANDIN, language)
    for page in STANDIN.pages:
        sections = [wording.label(section.label) for section in page.sections]
        assert len(set(sections)) == len(sections)
        for section in page.sections:
            names = [wording.label(row.label) for row in section.rows]
            assert len(set(names)) == len(names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_an_uncaptured_choice_offers_is_called_by_names_of_its_own(language: str) -> None:
    wording = Wording(STANDIN, language)
    for row in STANDIN.rows.values():
        if row.kind == "choice" and not row.is_captured:
            told = [wording.value(row, {row.name: at_id}) for at_id in row.ids["male"]]
            assert len(set(told)) == len(told)
            assert not any(text.isdecimal() for text in told)


def test_faces_and_skins_are_numbered_in_every_language() -> None:
    for language in LANGUAGES:
        assert Wording(STANDIN, language).value(STANDIN.roles["face"], {"base_head": 7}) == "007"


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("typeface", WIDE_TYPEFACES)
def test_every_letter_of_a_language_is_in_every_typeface_that_writes_it(language: str, typeface: str) -> None:
    def drawn(letter: str) -> bytes:
        pixels = np.zeros((40, 40, 3), np.uint8)
        Letters(typeface).write(pixels, letter, 28, (255, 255, 255), 4)
        return pixels.tobytes()

    unknown = drawn("\U0010fffd")
    for letter in {letter for text in texts_of(language).values() for letter in text} - set("　 "):
        assert drawn(letter) != unknown, letter


def test_the_fonts_are_small_and_their_licence_lies_beside_them() -> None:
    fonts = letters._FOLDER
    assert sum(path.stat().st_size for path in fonts.glob("*.otf")) < 300_000
    assert "SIL OPEN FONT LICENSE" in (fonts / "OFL.txt").read_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_seeds_change_typefaces_and_layout(language: str) -> None:
    game = calm_game(STANDIN)
    go_to(game, "nose_length")
    looks = [Looks(language=language, seed=seed) for seed in range(6)]
    pictures = [Screen(STANDIN, FlatPainter(), looks=look).draw(game.view(), STANDIN.screen.list) for look in looks]
    assert all((first != second).mean() > 0.01 for first, second in pairwise(pictures))
    assert len({look.letters for look in looks}) >= 3
    assert len({look.jitter for look in looks}) == 6


@pytest.mark.parametrize(
    "looks",
    [
        Looks(language="japanese"),
        Looks(language="japanese", theme="frost", scale=1.25, seed=6),
        Looks(theme="frost", scale=1.75, seed=3),
        pytest.param(Looks(scale=1.5, seed=11), marks=pytest.mark.slow),
        pytest.param(Looks(language="japanese", theme="frost", scale=2.0, seed=29), marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_an_agent_learns_the_creator_whatever_it_looks_like(looks: Looks) -> None:
    device = MemoryDevice(Game(SMALL, seed=looks.seed), Screen(SMALL, FlatPainter(), looks=looks))
    assert calibrate(device, SMALL, checks_ranges=False).disagreements == []
