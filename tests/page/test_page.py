"""What a player does with the page, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from creator.profile_file import load_profile
from creator.sheet import sheet_character
from embedding.quality import PhotoQuality
from matcher.photos import SEVERAL_PEOPLE

pytestmark = pytest.mark.slow
Add = Callable[..., None]
SMALL = load_profile("small")


def test_a_photo_becomes_a_character_with_its_sheet_in_menu_order(matched: Page) -> None:
    expect(matched.locator("#result-title")).to_have_text("This is the character")
    expect(matched.locator("#result-title")).to_be_focused()
    labels = matched.locator(".sheet .name").all_text_contents()
    assert labels == [row.label for row in SMALL.rows.values() if row.is_captured]
    assert matched.locator(".sheet h4").first.text_content() == "Body Body"
    assert re.search(r"closer to the photo|Not alike", matched.locator(".meaning").text_content() or "")
    expect(matched.locator("#picture img")).to_be_visible()
    expect(matched.locator("#picture figcaption")).to_have_text("Drawn by the stand-in creator")


def test_several_photos_are_of_one_person(page: Page, add: Add) -> None:
    add("portrait.jpg", "darker.png")
    expect(page.locator(".photo")).to_have_count(2)
    page.click("#go")
    expect(page.locator(".pair figcaption").first).to_have_text("Your photos (2)")


def test_photos_can_be_dropped(page: Page, pictures: Path) -> None:
    content = list((pictures / "portrait.jpg").read_bytes())
    page.evaluate(
        """(content) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([Uint8Array.from(content)], "dropped.jpg", { type: "image/jpeg" }));
            document.querySelector("#drop").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
        }""",
        content,
    )
    expect(page.locator(".photo .caption")).to_have_text("Face found")


def test_of_several_faces_the_player_says_which(page: Page, add: Add) -> None:
    add("two.png")
    expect(page.locator("legend")).to_have_text("2 faces. Who is it?")
    expect(page.locator("#go")).to_be_disabled()
    page.get_by_role("radio", name="Face 2 in two.png").check()
    expect(page.locator("#go")).to_be_enabled()
    page.click("#go")
    expect(page.locator("#result-title")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("wall.png", "No face found"),
        ("text.png", "no picture that can be read"),
        ("broken.jpg", "damaged"),
        ("phone.heic", "save HEIC as JPEG"),
        ("big.tif", "too large"),
    ],
)
def test_each_kind_of_bad_picture_is_explained_and_the_page_goes_on(page: Page, add: Add, name: str, said: str) -> None:
    add(name)
    problem = page.locator("#problems .problem")
    expect(problem).to_contain_text(said)
    expect(problem).to_contain_text(name)
    expect(page.locator(".photo")).to_have_count(0)
    add("portrait.jpg")
    expect(page.locator("#go")).to_be_enabled()
    expect(problem).to_have_count(0)


def test_photos_beyond_the_limit_are_left_out_and_said(page: Page, add: Add) -> None:
    add("portrait.jpg", "darker.png", "portrait.jpg", "darker.png")
    expect(page.locator(".photo")).to_have_count(3)
    expect(page.locator("#problems")).to_contain_text("At most 3 photos")


def test_a_photo_can_be_taken_away_again(page: Page, add: Add) -> None:
    add("portrait.jpg")
    page.get_by_role("button", name="Remove portrait.jpg").click()
    expect(page.locator(".photo")).to_have_count(0)
    expect(page.locator("#go")).to_be_hidden()


def test_wishes_are_kept(page: Page, add: Add) -> None:
    add("portrait.jpg")
    page.click("#wishes summary")
    page.select_option("#wish-gender", "male")
    assert "005" not in page.locator("#wish-face option").all_text_contents()  # a face type of women only
    page.select_option("#wish-face", "21")
    expect(page.locator("#wishes-said")).to_have_text("Male, 021")
    page.click("#go")
    expect(page.locator(".menu", has_text="Base head").locator(".value")).to_have_text("021")


def test_the_trade_is_visible_and_milder_is_less_extreme(matched: Page) -> None:
    expect(matched.locator(".trade path.edge")).to_be_attached()
    before = extremeness(matched)
    matched.locator("#milder").fill("60")
    expect(matched.locator("#milder-said")).to_contain_text("30 % kept")
    assert extremeness(matched) < before
    largest = max(abs(value) for value in slider_values(matched))
    assert largest <= 41  # 60 % off a reach of 100, and rounding


def extremeness(page: Page) -> int:
    return int(re.findall(r"(\d+) % from", page.locator("#milder-said").text_content() or "")[0])


def slider_values(page: Page) -> list[int]:
    texts = page.locator(".menu li:has(.bar) .value").all_text_contents()
    names = page.locator(".menu li:has(.bar) .name").all_text_contents()
    return [int(text.replace("−", "-")) for text, name in zip(texts, names, strict=True) if name != "Wrinkles"]


def test_a_runner_up_can_be_chosen_and_changes_the_sheet(matched: Page) -> None:
    first = matched.locator(".sheet").text_content()
    others = matched.locator(".alternative")
    expect(others).to_have_count(6)
    others.nth(2).click()
    expect(others.nth(2)).to_have_attribute("aria-pressed", "true")
    expect(others.nth(0)).to_have_attribute("aria-pressed", "false")
    assert matched.locator(".sheet").text_content() != first


def test_the_walk_goes_row_by_row_and_remembers_what_is_set(matched: Page) -> None:
    captured = [row for row in SMALL.rows.values() if row.is_captured]
    matched.click("#walk-begin")
    walk = matched.locator("#walk")
    expect(walk.locator(".count")).to_have_text(f"Row 1 of {len(captured)}")
    expect(walk.locator("h2")).to_have_text("Gender")
    matched.keyboard.press("ArrowRight")
    expect(walk.locator("h2")).to_have_text("Head width")
    shown = walk.locator(".number").text_content()
    matched.keyboard.press("ArrowLeft")
    expect(walk.locator("h2")).to_have_text("Gender")
    matched.keyboard.press("Enter")  # the button that is in focus
    expect(walk.locator(".number")).to_have_text(shown or "")
    matched.keyboard.press("Escape")
    expect(walk).to_be_hidden()
    expect(matched.locator("#walk-begin")).to_be_focused()
    expect(matched.get_by_role("checkbox", name="Gender is set")).to_be_checked()
    matched.click("#walk-begin")  # goes on where it was left
    expect(walk.locator("h2")).to_have_text("Head width")


def test_the_walk_warns_of_rows_that_move_others_and_ends(matched: Page) -> None:
    matched.click("#walk-begin")
    walk = matched.locator("#walk")
    seen = []
    while walk.is_visible():
        seen.append(walk.locator("h2").text_content())
        if seen[-1] == "Brow depth overall":
            expect(walk.locator(".moves")).to_contain_text("Brow depth inner, Brow depth outer")
        matched.click("#walk-next")
    assert seen == [row.label for row in SMALL.rows.values() if row.is_captured]
    expect(matched.locator(".sheet input:not(:checked)")).to_have_count(0)


@pytest.mark.parametrize("form", ["PNG", "JSON", "INI", "HTML"])
def test_the_sheet_can_be_downloaded(matched: Page, form: str) -> None:
    matched.click(".downloads summary")
    with matched.expect_download() as downloading:
        matched.get_by_role("button", name=f"({form})").click()
    path = downloading.value.path()
    assert downloading.value.suggested_filename == f"lookalike.{form.lower()}"
    if form == "JSON":
        sheet_character(SMALL, json.loads(path.read_text()))
    assert path.stat().st_size > 200


def test_the_sheet_can_be_copied_as_text(matched: Page) -> None:
    matched.get_by_role("button", name="Copy", exact=True).click()
    expect(matched.locator("#toast")).to_contain_text("clipboard")
    text = matched.evaluate("navigator.clipboard.readText()")
    assert "Head > Nose" in text
    assert "Nose length: " in text


def test_a_link_shows_the_same_sheet_without_the_photo(matched: Page, browser: Browser) -> None:
    matched.get_by_role("button", name="Copy link").click()
    expect(matched.locator("#toast")).to_contain_text("not the photo")
    link = matched.evaluate("navigator.clipboard.readText()")
    assert len(link) < 200
    other = browser.new_page()
    other.goto(link)
    expect(other.locator("#result-title")).to_have_text("A character to set")
    assert other.locator(".sheet .value").all_text_contents() == matched.locator(".sheet .value").all_text_contents()
    expect(other.locator(".pair figure")).to_have_count(1)
    other.close()


def test_a_damaged_link_is_said(page: Page, url: str) -> None:
    page.goto(url + "#character=00000000.AAAA")
    expect(page.locator("#problems")).to_contain_text("damaged or of another creator")


def test_another_photo_begins_anew(matched: Page) -> None:
    matched.click("#again")
    expect(matched.locator("#result")).to_be_hidden()
    expect(matched.locator(".photo")).to_have_count(0)
    expect(matched.locator("#files")).to_be_focused()


def test_the_page_speaks_the_browsers_language_and_changes_it_without_losing_the_result(
    browser: Browser, url: str, pictures: Path
) -> None:
    page = browser.new_page(locale="de-DE")
    page.goto(url)
    expect(page.locator("h1").first).to_have_text("Dein Gesicht im Charaktereditor")
    assert page.get_attribute("html", "lang") == "de"
    page.set_input_files("#files", pictures / "portrait.jpg")
    page.get_by_role("button", name="Charakter finden").click()
    expect(page.locator("#result-title")).to_have_text("Das ist der Charakter")
    page.select_option("#language", "en")
    expect(page.locator("#result-title")).to_have_text("This is the character")
    page.close()


def test_photos_are_kept_only_with_the_box_ticked_and_can_be_deleted_later(
    page: Page, add: Add, kept_photos: Path
) -> None:
    add("portrait.jpg")
    expect(page.locator("#keep-photos")).not_to_be_checked()
    page.click("#go")
    expect(page.locator("#result-title")).to_be_visible()
    expect(page.locator("#kept")).to_be_hidden()
    page.click("#again")
    add("portrait.jpg", "darker.png")
    page.get_by_label("Let the operator keep these photos for 30 days").check()
    page.click("#go")
    expect(page.locator("#kept")).to_contain_text("2 of your photos")
    assert len(list(kept_photos.iterdir())) == 2
    page.reload()
    expect(page.locator("#keep-photos")).not_to_be_checked()
    page.get_by_role("button", name="Delete them now").click()
    expect(page.locator("#kept")).to_be_hidden()
    assert list(kept_photos.iterdir()) == []


def test_both_languages_say_everything() -> None:
    folder = Path(__file__).parents[2] / "matcher" / "page"
    names = {
        language: set(re.findall(r"^  (\w+): ", (folder / "languages" / f"{language}.js").read_text(), re.MULTILINE))
        for language in ("en", "de")
    }
    only_from_the_service = {
        "error_bad_wish",
        "error_internal",
        "remarks",
    }  # in English these are the service's own sentences
    assert names["de"] - only_from_the_service == names["en"]
    used = set(re.findall(r'data-text="(\w+)"', (folder / "index.html").read_text()))
    assert used <= names["en"]


def test_what_is_said_of_photos_is_said_in_german_too() -> None:
    german = (Path(__file__).parents[2] / "matcher/page/languages/de.js").read_text()
    bad = [
        PhotoQuality(
            face_width_pixels=20, detector_score=1, sharpness=0.01, brightness=light, contrast=contrast, evenness=0
        )
        for light in (0.05, 0.5, 0.95)
        for contrast in (0.01, 0.9)
    ]
    remarks = {remark for quality in bad for remark in quality.remarks}
    assert len(remarks) == 7
    assert [remark for remark in (*remarks, SEVERAL_PEOPLE) if f'"{remark}":' not in german] == []
