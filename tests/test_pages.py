"""Every page that Ringfence writes works on a phone, in the dark and with a screen reader, and loads nothing."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import lxml.html
import pytest

SOURCE = Path(__file__).parent.parent / "src" / "ringfence"
COLOURS = SOURCE / "reports" / "colours.css.j2"
PAGES = [path for path in sorted(SOURCE.rglob("*.html.j2")) if "<html" in path.read_text()]


def test_the_pages_are_found() -> None:
    assert {path.name for path in PAGES} >= {"run_report.html.j2", "pilot.html.j2", "form.html.j2"}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_page_can_be_read_on_any_device(page: Path) -> None:
    text = page.read_text()
    assert '<html lang="en">' in text
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in text
    assert "<title>" in text
    assert text.count("<main") == 1
    assert text.count("<h1") == 1
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", text)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), levels
    assert all("alt=" in image for image in re.findall(r"<img [^>]*>", text))
    assert not re.search(r"(?:src|href)=\"https?://|url\(https?://", text)


@pytest.mark.parametrize("page", [path for path in PAGES if path.parent.name == "reports"], ids=lambda path: path.name)
def test_a_page_has_colours_for_the_dark(page: Path) -> None:
    text = page.read_text()
    assert 'include "house.css.j2"' in text or 'include "colours.css.j2"' in text
    assert "prefers-color-scheme: dark" in COLOURS.read_text()


# Text colours beside the grounds that they stand on; a border of a control needs 3.
TEXT = ("ink", "soft", "blue", "good", "warn")
READABLE = {
    COLOURS: [
        *itertools.product((*TEXT, "bad", "faint"), ("paper", "ground")),
        *(("ink", ground) for ground in ("view", "select", "hover", "bad-ground")),
        *(("soft", "view"), ("blue", "select"), ("warn", "warn-ground")),
        *(("ink", "warn-ground"), ("warn-ink", "warn-ground"), ("bad-ink", "bad-ground")),
    ],
    SOURCE / "gold" / "form.html.j2": [
        *itertools.product(TEXT, ("paper", "ground")),
        *(("ink", "on"), ("ink", "hint"), ("soft", "desk"), ("blue", "desk"), ("paper", "blue"), ("warn", "on")),
    ],
}


def luminance(colour: str) -> float:
    """The relative luminance of #rgb or #rrggbb, by WCAG."""
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("sheet", READABLE, ids=lambda path: path.name)
def test_text_stands_out_from_its_ground(sheet: Path, scheme: str) -> None:
    light, dark = [dict(re.findall(r"--([\w-]+): (#\w+)", rule)) for rule in sheet.read_text().split(":root {")[1:3]]
    shown = light | (dark if scheme == "dark" else {})
    assert [pair for pair in READABLE[sheet] if contrast(shown[pair[0]], shown[pair[1]]) < 4.5] == []


def styles_of(page: Path) -> str:
    """The style sheet of a page with what it includes, without the variables."""
    text = page.read_text()
    for _ in range(2):
        text = re.sub(r'{% include "(.*?)" %}', lambda found: (page.parent / found.group(1)).read_text(), text)
    return re.sub(r":root {[^}]*}", "", "".join(re.findall(r"<style>(.*?)</style>", text, re.S)))


def elements_of(page: Path) -> lxml.html.HtmlElement:
    text = re.sub(r"<script.*?</script>", "", page.read_text(), flags=re.S)
    return lxml.html.fromstring(re.sub(r"{{.*?}}", "x", re.sub(r"{[%#].*?[%#]}", "", text, flags=re.S)))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_colour_is_a_variable_so_that_the_dark_has_one_too(page: Path) -> None:
    # White is the paper of a picture; shadows; the boxes that are drawn over pictures of pages.
    rules = [rule for rule in styles_of(page).split("}") if not re.match(r"\s*\.[bs] {", rule)]
    found = {colour for rule in rules for colour in re.findall(r"#[0-9a-f]{3,8}\b", rule.partition("{")[2])}
    assert found <= {"#fff", "#0002", "#0003"}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_keys_reach_what_scrolls_and_what_a_click_does(page: Path) -> None:
    body = elements_of(page)
    scrolling = re.findall(r"([^{}]+){[^{}]*overflow(?:-x)?: auto", styles_of(page))
    names = {name for chosen in scrolling for name in re.findall(r"\.([\w-]+)\s*(?:,|$)", chosen.strip())}
    for element in [*body.find_class("jump"), *(one for name in names for one in body.find_class(name))]:
        if element.xpath(".//input | .//select | .//textarea"):
            continue  # the keys are in it already
        assert element.get("tabindex") == "0", element.attrib
        assert "jump" in element.get("class", "") or element.get("aria-label"), element.attrib


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_control_has_a_name(page: Path) -> None:
    for control in elements_of(page).iter("input", "select", "textarea"):
        assert control.get("aria-label") or control.xpath("ancestor::label"), control.attrib


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_paper_shows_tables_whole_and_has_a_margin(page: Path) -> None:
    styles = styles_of(page)
    assert "@page { margin" in styles
    assert "@media print" in styles
    assert "overflow: visible" in styles.partition("@media print")[2]


def test_the_button_that_closes_a_panel_opens_none() -> None:
    assert 'closest("button.n:not(.close)")' in (SOURCE / "reports" / "behind.html.j2").read_text()
