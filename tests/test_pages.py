"""Every page that Ringfence writes works on a phone, in the dark and with a screen reader, and loads nothing."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "ringfence"
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
    assert "prefers-color-scheme: dark" in (SOURCE / "reports" / "colours.css.j2").read_text()
