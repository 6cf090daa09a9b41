"""What the drawings of Office files say: diagrams, alternative texts and pictures large enough to hold words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .cell_format import shown
from .flow_text import LayerBuilder
from .package import Package, child, children, descendants, local, value
from .raised import Run, join_runs
from .symbol_fonts import signs_of_private_codes, with_symbols
from .word_formulas import formula_runs

__all__ = ["alt_text", "diagram_lines", "drawn_runs", "drawn_words", "is_large_picture", "write_chart"]

_LARGE = 100 * 360_000**2  # 100 square centimetres, in the unit of drawings (1/360,000 cm)


def diagram_lines(package: Package, part: str | None) -> list[str]:
    """Return the words of a diagram (SmartArt), one line per shape."""
    root = package.root(part)
    lines = ["\n".join(map(drawn_words, descendants(point, "p"))) for point in descendants(root, "pt")]
    return [line for line in lines if line.strip()]


def drawn_words(paragraph: Any) -> str:
    """Return the words of a paragraph of a drawing without those that are struck through."""
    return join_runs([run for run, struck in drawn_runs(paragraph) if not struck])


def drawn_runs(paragraph: Any) -> Iterator[tuple[Run, bool]]:
    """Yield the runs of a paragraph of a drawing, raised or lowered, and whether each is struck through."""
    for one in paragraph:
        name = local(one)
        if name in ("r", "fld"):
            properties = child(one, "rPr")
            raised = value(properties, "baseline") or ""
            height = int(raised) if re.fullmatch(r"-?\d+", raised) else 0
            words = "".join(t.text or "" for t in children(one, "t")).replace("\v", "\n")
            words = with_symbols(words, value(child(properties, "latin"), "typeface") or "")
            words = signs_of_private_codes(words, value(child(properties, "sym"), "typeface") or "")
            struck = value(properties, "strike") in ("sngStrike", "dblStrike")
            yield Run(words, (height > 0) - (height < 0)), struck
        elif name == "br":
            yield Run("\n"), False
        elif name in ("AlternateContent", "m"):
            choice = child(one, "Choice") if name == "AlternateContent" else one
            yield from ((run, False) for run in _formula(choice))


def _formula(element: Any) -> Iterator[Run]:
    """The runs of a formula on a slide."""
    for one in () if element is None else element:
        if local(one) == "t":
            yield Run(one.text or "")
        elif (parts := formula_runs(one, _formula)) is not None:
            yield from parts
        elif not local(one).endswith("Pr"):
            yield from _formula(one)


def write_chart(layer: LayerBuilder, package: Package, part: str, address: str | None) -> bool:
    """Write a chart: its titles, then a table of its categories and series, from the values stored with it.

    Returns False if it has no series that can be read, such as one of a newer kind.
    """
    root = package.root(part)
    for title in descendants(root, "title"):
        lines = [drawn_words(paragraph) for paragraph in descendants(title, "p")]
        stored = "".join(v.text or "" for v in descendants(title, "v"))
        layer.paragraph(" ".join(line for line in lines if line.strip()) or stored, address)
    series = list(descendants(root, "ser"))
    columns = [_points(one, "cat", "xVal") for one in series[:1]] + [_points(one, "val", "yVal") for one in series]
    if columns:
        heads = ["", *("".join(v.text or "" for v in descendants(child(one, "tx"), "v")) for one in series)]
        places = sorted({place for column in columns for place in column})
        rows = [heads, *([column.get(place, "") for column in columns] for place in places)]
        layer.end_block()
        layer.table([[(text, address) for text in row] for row in rows])
        layer.end_block()
    return bool(columns)


def _points(series: Any, *names: str) -> dict[int, str]:
    """Return the stored values of a series by their place."""
    found: dict[int, str] = {}
    for holder in series:
        if isinstance(holder.tag, str) and holder.tag.rpartition("}")[2] in names:
            whole = next((one.text for one in descendants(holder, "formatCode") if one.text), "General")
            for point in descendants(holder, "pt"):
                place = value(point, "idx") or ""
                words = "".join(v.text or "" for v in descendants(point, "v"))
                if next(descendants(holder, "numCache", "numLit"), None) is not None:
                    words = _as_shown(words, value(point, "formatCode") or whole)
                if place.isdigit():
                    # Categories of several levels have several words at one place.
                    found[int(place)] = f"{found[int(place)]}, {words}" if int(place) in found else words
    return found


def _as_shown(number: str, code: str) -> str:
    """A stored number as its format shows it: a day, a share in percent."""
    try:
        return shown(float(number), code).strip() or number
    except ValueError:
        return number


def alt_text(element: Any) -> str:
    """Return the text that stands for a picture."""
    pictures = next(descendants(element, "blip", "imagedata"), None)
    if pictures is None:
        return ""
    return next((text for one in descendants(element, "docPr", "cNvPr") if (text := value(one, "descr"))), "") or ""


def is_large_picture(element: Any) -> bool:
    """Return whether a drawing is a picture that may hold words, such as a scan, and not just a logo."""
    if next(descendants(element, "blip"), None) is None:
        return False
    sizes = [(value(one, "cx") or "", value(one, "cy") or "") for one in descendants(element, "extent", "ext")]
    return any(x.isdigit() and y.isdigit() and int(x) * int(y) >= _LARGE for x, y in sizes)
