"""The page in a real browser (Debian's chromium), over a service with toy networks and the real recogniser."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from skimage import data

from embedding.open import open_recogniser
from matcher.service.app import create_app
from matcher.service.config import ServiceConfig, ServiceLimits

sys.path.insert(0, str(Path(__file__).parents[1] / "matcher"))  # the toy networks
from service_client import toy_engine

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def find_chromium() -> str:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("no chromium here: infra/browser.sh installs it")
    return str(path)


@pytest.fixture(scope="session")
def kept_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the service keeps the photos that it may keep."""
    folder = tmp_path_factory.mktemp("kept")
    folder.chmod(0o700)
    return folder


@pytest.fixture(scope="session")
def url(kept_photos: Path) -> Iterator[str]:
    """The service on a free port of loopback."""
    limits = ServiceLimits(max_photo_bytes=2_000_000, burst=10_000, max_photos=3)
    config = ServiceConfig(models="toy", limits=limits, keep_folder=str(kept_photos))
    app = create_app(toy_engine(open_recogniser("dlib")), config)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline, "the service did not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="package")  # no longer: its event loop is in the way of other tests that run one
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-US", permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, url: str) -> Iterator[Page]:
    """The page, open; whatever it asks of anybody else, or writes to its console as an error, fails the test."""
    page = context.new_page()
    faults: list[str] = []
    page.on(
        "request",
        lambda request: None if request.url.startswith((url, "data:", "blob:")) else faults.append(request.url),
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    yield page
    assert faults == []


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """portrait, the same darker, two people, a wall; and files that are no pictures."""
    folder = tmp_path_factory.mktemp("pictures")
    portrait_HW3 = np.asarray(data.astronaut()[:300, 80:380], np.uint8)
    _save(folder / "portrait.jpg", portrait_HW3)
    _save(folder / "darker.png", (portrait_HW3 * 0.7).astype(np.uint8))
    _save(folder / "two.png", np.concatenate([portrait_HW3, portrait_HW3[:, ::-1]], axis=1))
    _save(folder / "wall.png", np.full((240, 240, 3), 180, np.uint8))
    (folder / "text.png").write_text("no picture")
    (folder / "broken.jpg").write_bytes((folder / "portrait.jpg").read_bytes()[:200])
    (folder / "phone.heic").write_bytes(b"\x00\x00\x00\x18ftypheic" + b"\x00" * 100)
    (folder / "big.tif").write_bytes(b"II*\x00" + b"\x00" * 2_500_000)
    return folder


def _save(path: Path, image_HW3: NDArray[np.uint8]) -> None:
    Image.fromarray(image_HW3).save(path)


@pytest.fixture
def add(page: Page, pictures: Path) -> Callable[..., None]:
    """Hands pictures to the page and waits until it has looked at them."""

    def add_pictures(*names: str) -> None:
        page.set_input_files("#files", [pictures / name for name in names])
        page.wait_for_selector(".photo.is-reading", state="detached")

    return add_pictures


@pytest.fixture
def matched(page: Page, add: Callable[..., None]) -> Page:
    """The page with the portrait's result."""
    add("portrait.jpg")
    page.click("#go")
    page.wait_for_selector("#result-title")
    return page
