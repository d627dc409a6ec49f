"""The report: one file, nothing from outside, every figure of the run, and no markup from what a run is called."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from sample_report import drawn_head, impostor_pairs, sample_report

from creator.profile_file import load_profile
from matcher.charts import line_chart, similarity_scale
from matcher.errors import MatcherError
from matcher.pictures import cut_face, data_uri
from matcher.report import DemoReport, LearningCurve, report_html, write_report

VOID = {"meta", "img", "input", "br", "hr", "link"}
URL_ATTRIBUTES = {"src", "href", "action", "srcset", "poster", "data", "xlink:href"}


class Page(HTMLParser):
    """Collects tags, addresses and text, and checks that tags are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.images_without_text = 0
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attributes if name in URL_ATTRIBUTES]
        self.images_without_text += tag == "img" and "alt" not in dict(attributes)
        assert not any(name.startswith("on") for name, _ in attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += " " + data


@pytest.fixture(scope="module")
def report() -> DemoReport:
    generator = np.random.default_rng(0)
    heads = [drawn_head(generator) for _ in range(6)]
    photos = {"portrait.png": drawn_head(generator, 300), "holiday.jpeg": drawn_head(generator, 90)}
    return sample_report(load_profile("small"), photos, heads)


@pytest.fixture(scope="module")
def page(report: DemoReport) -> Page:
    return Page(report_html(report))


def test_the_page_needs_nothing_but_itself(page: Page, report: DemoReport) -> None:
    assert page.addresses
    assert all(address.startswith("data:image/jpeg;base64,") for address in page.addresses)
    assert {"script", "link", "iframe", "object", "form"}.isdisjoint(page.tags)
    assert not re.search(r"url\(|@import|https?://", report_html(report))


def test_every_tag_is_closed_and_every_picture_has_a_text(page: Page) -> None:
    assert page.open == []
    assert page.images_without_text == 0


@pytest.mark.parametrize(
    "shown",
    ["4,173", "4,160", "0.86", "0.91", "portrait.png", "holiday.jpeg", "1 in 200", "agent-2", "2,061", "3 min 34 s", "7 min 04 s",
     "9ff09d3", "2.13.0+cpu", "Jaw and chin"],
)  # fmt: skip
def test_what_the_run_measured_is_on_the_page(shown: str, page: Page) -> None:
    assert shown in page.text


def test_every_picture_of_the_run_is_there_and_can_be_decoded(page: Page) -> None:
    assert len(page.addresses) == 2 * 2 + 20 * 2 + 48
    for address in page.addresses:
        picture = Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/jpeg;base64,"))))
        picture.load()
        assert max(picture.size) <= 640


def test_a_missed_target_is_shown_as_missed(report: DemoReport) -> None:
    bad = replace(report, headline=replace(report.headline, wrong_labels=3, rows_committed=4000))
    text = report_html(bad)
    assert text.count("is-missed") - text.count(".is-missed") == 2
    assert text.count("(missed)") == 2
    assert "(missed)" not in report_html(report)


def test_names_from_the_run_are_text_and_never_markup(report: DemoReport) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    photos = tuple(replace(photo, name=evil, meaning=evil, remarks=(evil,)) for photo in report.photos)
    series = {evil: ((0.0, 0.0), (1.0, 1.0))}
    curves = (LearningCurve(network=evil, measure=evil, x_label=evil, series=series, caption=evil),)
    capture = replace(report.capture, faults={evil: evil}, sweeps={evil: 3})
    page = Page(report_html(replace(
        report, title=evil, lead=evil, photos=photos, curves=curves, capture=capture, provenance={evil: evil},
    )))  # fmt: skip
    assert "script" not in page.tags
    assert page.text.count("alert(1)") > 20


def test_a_run_that_got_nowhere_still_gives_a_page(report: DemoReport) -> None:
    bare = replace(
        report, photos=(), characters=(), curves=(LearningCurve(network="Imitator", measure="x", series={}),), wall=(), stages=(),
        capture=replace(report.capture, agents=(), faults={}, sweeps={}, ideal_frames_per_second=0.0),
    )  # fmt: skip
    assert Page(report_html(bare)).open == []


def test_a_match_that_was_not_measured_says_so(report: DemoReport) -> None:
    photos = tuple(replace(photo, similarity_measured=None) for photo in report.photos)
    assert "not yet" in Page(report_html(replace(report, photos=photos))).text


def test_the_report_is_written_whole_into_a_new_folder(report: DemoReport, tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    write_report(path, report)
    assert path.read_text(encoding="utf-8").endswith("</html>")
    assert [each.name for each in path.parent.iterdir()] == ["report.html"]


def test_a_place_that_cannot_be_written_is_named(report: DemoReport, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MatcherError, match="Name a folder that you can write to"):
        write_report(tmp_path / "file" / "report.html", report)


@pytest.mark.parametrize(
    "series",
    [
        {"training": ((1.0, 0.5),)},
        {"training": ((1.0, 0.5), (2.0, 0.5))},
        {"training": ((1.0, float("nan")), (2.0, 0.1))},
        {"training": (), "held out": ((1.0, 1e-7), (2.0, 2e-7))},
        {"training": ((1.0, -5e6), (2.0, 7e6)), "held out": ((1.0, -5e6), (2.0, 6.9e6))},
        {"training": ((1.0, float("nan")),), "held out": ((1.0, 1.0), (2.0, 2.0))},
        {"training": ((1.0, 1.0), (2.0, float("inf"))), "held out": ((1.0, 1.0), (2.0, 2.0))},
    ],
)
def test_any_curve_is_drawn_inside_its_frame(series: dict[str, tuple[tuple[float, float], ...]]) -> None:
    drawing = ElementTree.fromstring(line_chart(LearningCurve(network="Imitator", measure="loss", series=series)))
    assert "nan" not in ElementTree.tostring(drawing, encoding="unicode")
    _, _, width, height = map(float, drawing.attrib["viewBox"].split())
    for line in drawing.iter("path"):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", line.attrib["d"])]
        assert all(0 <= x <= width for x in numbers[::2])
        assert all(0 <= y <= height for y in numbers[1::2])
    for text in drawing.iter("text"):
        assert 0 <= float(text.attrib["y"]) <= height


def test_labels_of_lines_that_end_together_do_not_cover_each_other() -> None:
    curve = LearningCurve(network="x", measure="y", series=dict.fromkeys("abc", ((0.0, 0.0), (1.0, 0.9))))
    drawing = ElementTree.fromstring(line_chart(curve))
    names = sorted(float(text.attrib["y"]) for text in drawing.iter("text") if text.text in ("a", "b", "c"))
    assert min(np.diff(names)) >= 24


def test_the_scale_of_similarities_holds_all_that_is_shown() -> None:
    scale = similarity_scale([-0.8, 0.7], impostor_pairs(np.random.default_rng(0)))
    assert scale(-0.8) > 0
    assert scale(1.0) == 100


@pytest.mark.parametrize("box", [(100, 80, 180, 160), (-20, -20, 60, 60), (250, 150, 330, 230), (0, 0, 300, 200)])
def test_a_face_is_cut_out_square_and_inside_the_picture(box: tuple[float, float, float, float]) -> None:
    cut_HW3 = cut_face(np.zeros((200, 300, 3), np.uint8), box)
    assert cut_HW3.shape[0] == cut_HW3.shape[1] >= 80


def test_pictures_become_small_whatever_they_were() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (900, 300), (255, 0, 0, 128)).save(buffer, "PNG")
    uri = data_uri(buffer.getvalue(), side_pixels=100)
    assert Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).size == (100, 33)
