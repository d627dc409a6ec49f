"""axe finds nothing serious in any state of the page, in either theme, on a phone or a desktop; and no mouse is needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.slow
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(params=[(size, theme) for size in SIZES for theme in ("light", "dark")], ids="-".join)
def looked_at(browser: Browser, url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    size, theme = request.param
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce", locale="en-US"
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    yield page
    context.close()


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def test_axe_finds_nothing_serious_from_start_to_walk(looked_at: Page, pictures: Path) -> None:
    page = looked_at
    assert serious(page) == []
    page.click("#wishes summary")
    page.set_input_files("#files", [pictures / "two.png", pictures / "wall.png"])
    page.wait_for_selector(".photo.is-reading", state="detached")
    assert serious(page) == []
    page.get_by_role("radio", name="Face 1 in two.png").check()
    page.click("#go")
    page.wait_for_selector("#picture img")
    page.click(".downloads summary")
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.click("#walk-begin")
    assert serious(page) == []


def test_nothing_is_wider_than_the_screen(looked_at: Page, pictures: Path) -> None:
    page = looked_at
    is_wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(is_wider)
    page.set_input_files("#files", pictures / "portrait.jpg")
    page.wait_for_selector(".photo.is-reading", state="detached")
    page.click("#go")
    page.wait_for_selector("#picture img")
    assert not page.evaluate(is_wider)


def test_the_keyboard_is_enough(page: Page, pictures: Path) -> None:
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    reached = [page.evaluate("document.activeElement.id") for _ in range(8) if page.keyboard.press("Tab") is None]
    assert {"language", "theme", "files"} <= set(reached)
    page.set_input_files("#files", pictures / "portrait.jpg")
    expect(page.locator("#go")).to_be_enabled()
    page.locator("#go").press("Enter")
    expect(page.locator("#result-title")).to_be_focused()
    visited = []
    while "walk-begin" not in visited and len(visited) < 12:
        page.keyboard.press("Tab")
        visited.append(page.evaluate("document.activeElement.id"))
    assert "milder" in visited
    page.keyboard.press("Enter")
    expect(page.locator("#walk")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#walk-begin")).to_be_focused()
