"""report.html: one self-contained page for a run, failures first, with every value beside its source."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2

from ..contracts import Alternative, FieldAnswer, Result, RunFacts, field_of
from ..files import fresh_file
from ..gold.values import as_text
from ..locks import Lock
from ..runs import RunFolder
from ..runs.doubts import doubts_of
from ..tasks import task_from
from .document_views import DocumentTexts, DocumentView, view_document
from .label_and_summary_views import (
    ScoreView,
    SectionsView,
    SentenceView,
    scores_of,
    sections_of,
    sentences_of,
)

__all__ = ["write_report"]

MOST_DOCUMENTS = 300
MOST_BYTES = 45_000_000
Agreement = Mapping[str, Mapping[str, bool]]
"""By document and field, True if the value agrees with gold."""

LEAST_SHOWN = 0.01  # probability of an alternative on the page


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
    alternatives: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _List:
    name: str
    columns: list[str]
    rows: list[list[_Value]]


@dataclass(frozen=True)
class _Entry:
    """One document on the page."""

    number: int
    result: Result
    values: list[_Value]
    lists: list[_List]
    scores: list[ScoreView]
    sentences: list[SentenceView]
    sections: SectionsView | None
    summary_flags: list[str]
    flags: int
    agrees: Mapping[str, bool]
    view: DocumentView = field(default_factory=DocumentView)


def write_report(run: Path, passwords: tuple[str, ...] = (), gold: Agreement | None = None) -> Path:
    """Write report.html into ``run`` and return its path.

    Failures come first, then documents with flags, then a seeded sample of the rest: at most 300 documents and 45 MB.
    With ``gold``, the page marks the values that agree with gold and those that do not.
    """
    folder = RunFolder.open(run)
    facts = folder.read_facts()
    shown, total = _choose(folder)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ringfence.reports", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.get_template("run_report.html.j2")
    target = run / "report.html"
    with fresh_file(target) as fresh, fresh.open("w", encoding="utf-8", errors="backslashreplace") as stream:
        for piece in template.generate(
            facts=facts,
            engine=Lock(**facts.lock.data).facts.engine,
            totals=folder.totals(),
            checks_broken=doubts_of(folder).checks,
            session=facts.sessions[-1],
            documents=_documents(folder, facts, shown, passwords, gold or {}),
            shown=len(shown),
            total=total,
        ):
            stream.write(piece)
    return target


def _has_flags(result: Result) -> bool:
    return bool(result.left_out) or any(answer.flags for answer in (result.fields or {}).values())


def _choose(folder: RunFolder) -> tuple[list[str], int]:
    """Return the ids of the documents to show, in order, and the number of all documents."""
    failed: list[str] = []
    flagged: list[str] = []
    rest: list[str] = []
    for result in folder.latest():
        (failed if not result.answered else flagged if _has_flags(result) else rest).append(result.document.id)
    total = len(failed) + len(flagged) + len(rest)
    if total > MOST_DOCUMENTS:
        random.Random(0).shuffle(rest)
        failed, flagged = failed[:100], flagged[:150]
        rest = sorted(rest[: MOST_DOCUMENTS - len(failed) - len(flagged)])
    return [*sorted(failed), *sorted(flagged), *sorted(rest)], total


def _documents(
    folder: RunFolder, facts: RunFacts, shown: list[str], passwords: tuple[str, ...], gold: Agreement
) -> Iterator[_Entry]:
    """Yield the entry of each document; images stop when the page has reached its size limit."""
    wanted = set(shown)
    results = {result.document.id: result for result in folder.latest() if result.document.id in wanted}
    texts = DocumentTexts(results, folder.reading_options(passwords), folder.base())
    columns = task_from(facts.task).columns()
    spent = 0
    for number, identity in enumerate(shown):
        result = results[identity]
        values = _values(result) if result.answered else {}
        sentences = sentences_of(result)
        lists = _lists(columns, values) if result.answered else []
        elsewhere = {value.name for table in lists for row in table.rows for value in row}
        elsewhere |= {sentence.name for sentence in sentences} | ({"summary"} if sentences else set())
        view = DocumentView()
        if spent < MOST_BYTES and result.answered:
            view = view_document(result, {path: value.hue for path, value in values.items()}, texts)
            spent += view.size
        yield _Entry(
            number,
            result,
            values=[value for path, value in values.items() if path not in elsewhere],
            lists=lists,
            scores=scores_of(result),
            sentences=sentences,
            sections=sections_of(result),
            summary_flags=values["summary"].flags if sentences else [],
            flags=sum(len(value.flags) for value in values.values()) + len(result.left_out or ()),
            agrees=gold.get(identity, {}),
            view=view,
        )


def _values(result: Result) -> dict[str, _Value]:
    """Return the view of each value, by path. The rows of a list share the hues of its fields."""
    hues: dict[str, int] = {}
    shown = {}
    for path, answer in (result.fields or {}).items():
        hue = hues.setdefault(field_of(path), len(hues) * 47 % 360)
        shown[path] = _value(path, result.value(path), answer, hue)
    for number, sentence in enumerate(sentences_of(result)):
        shown[sentence.name] = _Value(sentence.name, "", "written", None, [], "", number * 47 % 360)
    return shown


def _lists(columns: Mapping[str, Mapping[str, Any]], shown: Mapping[str, _Value]) -> list[_List]:
    """Return each list as a table."""
    tables = []
    for name, spec in columns.items():
        if spec["kind"] == "list":
            rows: dict[str, list[_Value]] = {}
            for path, value in shown.items():
                if path.startswith(f"{name}["):
                    rows.setdefault(path.partition("]")[0], []).append(value)
            tables.append(_List(name, list(spec["fields"]), list(rows.values())))
    return tables


def _value(name: str, value: Any, answer: FieldAnswer, hue: int) -> _Value:
    shown = _shown(value)
    raw = answer.raw if answer.raw != shown else None
    notes = "; ".join(_notes(answer))
    own = [one for one in answer.alternatives if (one.value, one.raw) == (value, answer.raw)][:1]
    rest = [one for one in answer.alternatives if one not in own]
    others = [_alternative(one, one in own) for one in (*own, *rest)]
    return _Value(name, shown, answer.kind, raw, answer.flags, notes, hue, bool(answer.spans), [*filter(None, others)])


def _alternative(one: Alternative, chosen: bool) -> str:
    """An alternative with its probability; empty if that is too small to show."""
    share = f"{100 * (one.probability or 0):.0f} %"
    if chosen:
        return f"probability {share}"
    return f"or {_shown(one.value) or one.raw or 'none'} ({share})" if (one.probability or 0) >= LEAST_SHOWN else ""


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else as_text(value)


def _notes(answer: FieldAnswer) -> Iterator[str]:
    if answer.readings:
        yield "could be " + " or ".join(answer.readings)
    if answer.others:
        yield f"occurs {len(answer.others) + 1} times"
    if answer.address:
        yield f"at {answer.address}"
    if answer.ocr is not None:
        yield f"read by OCR, lowest word confidence {answer.ocr:.2f}"
    if answer.chosen_by:
        yield f"chosen by the {answer.chosen_by}"
    if answer.decision:
        yield answer.decision + (f", confidence {answer.confidence:.3f}" if answer.confidence is not None else "")
