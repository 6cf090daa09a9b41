"""report.html: one self-contained page over a run, failures first, every value beside the place it came from."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from ..documents import Document, PagePicture, ReadingOptions, Source, page_pictures, read_documents
from ..runs import RunFolder
from ..tasks import columns_of, value_at
from .pictures import SCALE, address_of
from .written import scores_of, sections_of, sentences_of

__all__ = ["write_report"]

MOST_DOCUMENTS = 300
MOST_BYTES = 45_000_000
MOST_PAGES = 6
MOST_TEXT = 60_000
PAPER = ("pdf/", "image/")  # readers whose documents have pages to show
AROUND = 1_500  # characters shown on either side of a span in a longer text


@dataclass(frozen=True)
class _Value:
    name: str
    shown: str
    kind: str
    raw: str | None
    flags: list[str]
    notes: str
    hue: int
    evidence: bool = False


def write_report(run: Path, passwords: tuple[str, ...] = (), gold: dict[str, dict[str, bool]] | None = None) -> Path:
    """Write report.html into ``run`` and return its path.

    Failures come first, then documents with flags, then a seeded sample of the rest; at most 300 documents and 45 MB.
    ``gold`` may say of each document's fields whether they agree with what a person confirmed.
    """
    folder = RunFolder.open(run)
    facts = folder.read_facts()
    shown, total = _choose(folder)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ringfence.reports", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.get_template("run_report.html.j2")
    target = run / "report.html"
    temporary = run / ".report.html"
    with temporary.open("w", encoding="utf-8", errors="backslashreplace") as stream:
        temporary.chmod(0o600)
        for piece in template.generate(
            facts=facts,
            totals=folder.totals(),
            checks_broken=_broken_checks(folder),
            session=facts["sessions"][-1],
            documents=_documents(folder, facts, shown, passwords, gold or {}),
            shown=len(shown),
            total=total,
        ):
            stream.write(piece)
    temporary.replace(target)
    return target


def _needs_a_look(result: dict[str, Any]) -> bool:
    return any(entry["flags"] for entry in (result["fields"] or {}).values())


def _choose(folder: RunFolder) -> tuple[list[str], int]:
    """The ids of the documents to show, in order, and how many there are in all."""
    failed: list[str] = []
    flagged: list[str] = []
    rest: list[str] = []
    for result in folder.latest():
        (failed if result["status"] != "done" else flagged if _needs_a_look(result) else rest).append(
            result["document"]["id"]
        )
    total = len(failed) + len(flagged) + len(rest)
    if total > MOST_DOCUMENTS:
        random.Random(0).shuffle(rest)
        failed, flagged = failed[:100], flagged[:150]
        rest = sorted(rest[: MOST_DOCUMENTS - len(failed) - len(flagged)])
    return [*sorted(failed), *sorted(flagged), *sorted(rest)], total


def _broken_checks(folder: RunFolder) -> dict[str, int]:
    broken: dict[str, int] = {}
    for result in folder.latest():
        for check, outcome in (result["checks"] or {}).items():
            if outcome == "broken":
                broken[check] = broken.get(check, 0) + 1
    return broken


def _documents(
    folder: RunFolder,
    facts: dict[str, Any],
    shown: list[str],
    passwords: tuple[str, ...],
    gold: dict[str, dict[str, bool]],
) -> Iterator[dict[str, Any]]:
    """What the template needs of each document; pictures stop when the page has grown to its bound."""
    wanted = set(shown)
    results = {result["document"]["id"]: result for result in folder.latest() if result["document"]["id"] in wanted}
    reading = facts["reading"]
    options = ReadingOptions.of_run(reading, passwords)
    texts = _Texts(results, options, Path(reading.get("folder", ".")))
    spent = 0
    for number, identity in enumerate(shown):
        result = results[identity]
        shown_values = _values(result) if result["status"] == "done" else {}
        sentences = sentences_of(result)
        lists = _lists(columns_of(facts["task"]), shown_values)
        inside = {value.name for table in lists for row in table["rows"] for value in row}
        inside |= {sentence["name"] for sentence in sentences} | ({"summary"} if sentences else set())
        values = [value for path, value in shown_values.items() if path not in inside]
        entry: dict[str, Any] = {
            "number": number,
            "id": identity,
            "status": result["status"],
            "reason": result["reason"],
            "decision": result["decision"],
            "path": result["document"]["path"],
            "unread_pages": result["document"].get("pages_without_text", []),
            "values": values,
            "lists": lists,
            "scores": scores_of(result),
            "sentences": sentences,
            "sections": sections_of(result),
            "summary_flags": shown_values["summary"].flags if sentences else [],
            "by_ocr": result["document"].get("pages_by_ocr", {}),
            "flags": sum(len(value.flags) for value in shown_values.values()),
            "agrees": gold.get(identity, {}),
            "pages": [],
            "pieces": [],
            "seconds": (result["usage"] or {}).get("seconds"),
        }
        if spent < MOST_BYTES and result["status"] == "done":
            entry.update(_view(result, shown_values, texts))
            spent += sum(len(page["picture"]) for page in entry["pages"]) + sum(
                len(piece["text"]) for piece in entry["pieces"]
            )
        yield entry


def _values(result: dict[str, Any]) -> dict[str, _Value]:
    """What is shown of every value, by path. All rows of a list have the colours of its fields."""
    hues: dict[str, int] = {}
    shown = {}
    for path, entry in result["fields"].items():
        kind = re.sub(r"\[\d+\]", "", path)
        hue = hues.setdefault(kind, len(hues) * 47 % 360)
        shown[path] = _value(path, value_at(result["values"], path), entry, hue)
    for number, sentence in enumerate(sentences_of(result)):
        shown[sentence["name"]] = _Value(sentence["name"], "", "written", None, [], "", number * 47 % 360)
    return shown


def _lists(fields: dict[str, Any], shown: dict[str, _Value]) -> list[dict[str, Any]]:
    """Each list as a table."""
    tables = []
    for name, spec in fields.items():
        if spec["kind"] == "list":
            rows: dict[str, list[_Value]] = {}
            for path, value in shown.items():
                if path.startswith(f"{name}["):
                    rows.setdefault(path.partition("]")[0], []).append(value)
            tables.append({"name": name, "columns": list(spec["fields"]), "rows": list(rows.values())})
    return tables


def _value(name: str, value: Any, entry: dict[str, Any], hue: int) -> _Value:
    if isinstance(value, dict):
        shown = f"{value['amount']} {value['currency'] or ''}".strip()
    elif isinstance(value, list):
        shown = ", ".join(value)
    elif isinstance(value, bool):
        shown = "true" if value else "false"
    else:
        shown = "" if value is None else str(value)
    notes = []
    if entry.get("readings"):
        notes.append("could be " + " or ".join(entry["readings"]))
    if entry["others"]:
        notes.append(f"stands {len(entry['others']) + 1} times")
    if entry["address"]:
        notes.append(f"at {entry['address']}")
    if entry["ocr"] is not None:
        notes.append(f"read by OCR, least sure word {entry['ocr']:.2f}")
    if entry.get("decision"):
        notes.append(f"{entry['decision']}, confidence {entry['confidence']:.3f}")
    raw = entry["raw"] if entry["raw"] != shown else None
    return _Value(name, shown, entry["kind"], raw, entry["flags"], "; ".join(notes), hue, bool(entry["spans"]))


def _view(result: dict[str, Any], shown: dict[str, _Value], texts: _Texts) -> dict[str, Any]:
    """Page pictures with boxes where the document has pages, else its text with the spans marked."""
    sentences = {f"s{n}": sentence for n, sentence in enumerate(result.get("sentences") or [], 1)}
    marks = [(path, box) for path, entry in {**result["fields"], **sentences}.items() for box in entry["boxes"]]
    if marks or result["document"]["read_by"].startswith(PAPER):
        numbers = sorted({1, *(box["page"] for _, box in marks)})[:MOST_PAGES]
        return {"pages": [_page(picture, marks, shown) for picture in texts.pictures(result, numbers)]}
    document = texts.get(result)
    if document is None:
        return {}
    places: dict[tuple[int, int], list[str]] = {}
    for path, entry in {**result["fields"], **sentences}.items():
        if path != "summary":
            for start, end in entry["spans"]:
                places.setdefault((start, end), []).append(path)
    spans = sorted((start, end, " ".join(names)) for (start, end), names in places.items())
    return {"pieces": list(_pieces(document.text, spans, shown))}


class _Texts:
    """Reads documents again for the page; a file of many records is read once, and only the wanted records are kept."""

    def __init__(self, results: dict[str, dict[str, Any]], options: ReadingOptions, folder: Path) -> None:
        self._options, self._folder = options, folder
        self._wanted: dict[tuple[str, str], set[str]] = {}
        for identity, result in results.items():
            document = result["document"]
            self._wanted.setdefault((document["path"], document.get("source", identity)), set()).add(identity)
        self._read: dict[tuple[str, str], dict[str, Document]] = {}

    def _source(self, result: dict[str, Any]) -> Source:
        document = result["document"]
        return Source(self._folder / str(document["path"]), document.get("source", document["id"]))

    def pictures(self, result: dict[str, Any], pages: list[int]) -> list[PagePicture]:
        """Pictures of pages of the document; none when it is gone or has changed."""
        document = result["document"]
        return page_pictures(self._source(result), document["id"], document["sha256"], pages, SCALE, self._options)

    def get(self, result: dict[str, Any]) -> Document | None:
        """The document of a result, or None when it is gone or has changed."""
        identity = result["document"]["id"]
        key = (result["document"]["path"], result["document"].get("source", identity))
        if key not in self._read:
            wanted = self._wanted[key]
            outcomes = read_documents(self._source(result), self._options)
            self._read[key] = {o.id: o for o in outcomes if isinstance(o, Document) and o.id in wanted}
        found = self._read[key].pop(identity, None)
        return found if found and found.sha256 == result["document"]["sha256"] else None


def _page(picture: PagePicture, marks: list[tuple[str, dict[str, Any]]], shown: dict[str, _Value]) -> dict[str, Any]:
    """A page and the boxes on it, in per cent of its size. The file is not read again for this: boxes are in the result."""
    width, height = picture.width, picture.height
    boxes = [
        {
            "name": path, "hue": shown[path].hue,
            "left": 100 * box["x0"] / width, "top": 100 * box["y0"] / height,
            "width": 100 * (box["x1"] - box["x0"]) / width, "height": 100 * (box["y1"] - box["y0"]) / height,
        }
        for path, box in marks if box["page"] == picture.number
    ]  # fmt: skip
    return {"number": picture.number, "picture": address_of(picture), "boxes": boxes, "ratio": height / width}


def _pieces(text: str, spans: list[tuple[int, int, str]], shown: dict[str, _Value]) -> Iterator[dict[str, Any]]:
    """The text with its spans marked; of a long one the surroundings of the spans."""
    position, room = 0, MOST_TEXT
    for start, end, path in spans:
        if start < position or end > len(text) or room <= 0:
            continue
        yield from _between(text, position, start, room)
        yield {"text": text[start:end], "name": path, "hue": shown[path.partition(" ")[0]].hue}
        room -= min(start - position, 2 * AROUND) + end - start
        position = end
    yield from _between(text, position, len(text), room)


def _between(text: str, start: int, end: int, room: int) -> Iterator[dict[str, Any]]:
    """Text between two spans, whole where there is room for it."""
    if len(text) <= MOST_TEXT or end - start <= 2 * AROUND:
        yield {"text": text[start:end] if room > 0 else "", "name": None}
    else:
        yield {"text": text[start : start + AROUND] if start else "", "name": None}
        yield {"text": f"\n[... {end - start - 2 * AROUND:,} characters ...]\n", "name": None}
        yield {"text": text[end - AROUND : end] if end < len(text) else "", "name": None}
