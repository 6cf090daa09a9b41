"""The independent checker: it re-reads every document and confirms every value, without any code of the decoder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..documents import Document, ReadingOptions, Source, read_documents
from ..errors import RunError
from ..locks import Lock
from .derived import fault_of_derived

__all__ = ["CheckReport", "Finding", "check_run"]


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be."""

    document: str
    field: str | None
    fault: str


@dataclass
class CheckReport:
    """What was looked at, by kind of value, and what was found."""

    documents: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


def check_run(
    run: Path, passwords: tuple[str, ...] = (), on_document: Callable[[int], None] = lambda count: None
) -> CheckReport:
    """Check the run in ``run``. Raises RunError when it cannot be read at all."""
    facts, results = _load(run)
    report = CheckReport()
    reading = facts["reading"]
    options = ReadingOptions(passwords, reading["csv_rows"], reading["text_field"], reading["id_field"])
    lock = Lock(**{key: value for key, value in facts["lock"]["data"].items() if key != "schema"})
    if lock.digest != facts["lock"]["digest"]:
        report.findings.append(Finding("run.json", None, "the lock's digest is not that of its content"))
    by_path: dict[str, dict[str, dict[str, Any]]] = {}
    for identity, result in results.items():
        by_path.setdefault(result["document"]["path"], {})[identity] = result
    for path, expected in by_path.items():
        wanted = dict(expected)
        for document in _documents(Path(path), expected, options):
            if document.id in wanted:
                _check_result(wanted.pop(document.id), document, facts, report)
                on_document(report.documents)
        for identity, result in wanted.items():
            report.documents += 1
            report.statuses[result["status"]] += 1
            if result["status"] == "done":
                report.findings.append(Finding(identity, None, "the document cannot be read again"))
    if facts["totals"] is not None and sum(facts["totals"].values()) != len(results):
        report.findings.append(
            Finding(
                "run.json",
                None,
                f"the totals say {sum(facts['totals'].values())} documents, the journal {len(results)}",
            )
        )
    return report


def _load(run: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    try:
        facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
        results: dict[str, dict[str, Any]] = {}
        if (run / "results.jsonl").exists():
            with (run / "results.jsonl").open(encoding="utf-8") as stream:
                for line in stream:
                    if line.endswith("\n"):
                        result = json.loads(line)
                        results[result["document"]["id"]] = result
    except (OSError, ValueError, KeyError) as error:
        raise RunError(
            f"{run} does not hold a run that can be read ({type(error).__name__}).", "Give the folder that --out named."
        ) from None
    return facts, results


def _documents(path: Path, expected: dict[str, Any], options: ReadingOptions) -> Iterator[Document]:
    # A file of one document keeps the id that the run gave it; records of a file carry their own.
    first = next(iter(expected))
    whole = first if len(expected) == 1 and "#" not in first else path.name
    for outcome in read_documents(Source(path, whole), options):
        if isinstance(outcome, Document):
            yield outcome


def _check_result(result: dict[str, Any], document: Document, facts: dict[str, Any], report: CheckReport) -> None:
    report.documents += 1
    report.statuses[result["status"]] += 1
    identity = result["document"]["id"]

    def found(name: str | None, fault: str) -> None:
        report.findings.append(Finding(identity, name, fault))

    if result["lock"] != facts["lock"]["digest"]:
        found(None, "it was answered under another lock than that of the run")
    if result["status"] != "done":
        if result["values"] is not None or not result["reason"]:
            found(None, f"it is {result['status']} but carries values, or no reason")
        return
    if result["document"]["sha256"] != document.sha256:
        found(None, "the document changed since the run")
        return
    specs = facts["task"]["fields"]
    if result["values"].keys() != specs.keys() or result["fields"].keys() != specs.keys():
        found(None, "its fields are not those of the task")
        return
    for name, spec in specs.items():
        entry = result["fields"][name]
        fault = _fault(result["values"][name], entry, spec, document, facts["task"]["locale"])
        report.values[entry["kind"]] += 1
        if fault:
            found(name, fault)


def _fault(
    value: Any, entry: dict[str, Any], spec: dict[str, Any], document: Document, locale: dict[str, Any]
) -> str | None:
    """Why a value is not what its kind promises; None when it is."""
    kind, spans = entry["kind"], entry["spans"]
    if spec["kind"] in ("choice", "boolean"):
        allowed: list[Any] = spec["options"] if spec["kind"] == "choice" else [True, False]
        if kind == "null" and value is None:
            return None
        return None if kind == "judged" and value in allowed else f"{value!r} is not one of the task's options"
    if kind == "null":
        return None if value is None and not spans else "a null carries a value or a span"
    if kind not in ("span", "derived"):
        return f"it claims to be {kind}, and a {spec['kind']} is read off the document"
    for start, end in [*spans, *entry["others"]]:
        if not 0 <= start < end <= len(document.text):
            return f"the span {start}-{end} lies outside the document"
    if len(spans) != 1:
        return f"it has {len(spans)} primary spans"
    raw = document.text[spans[0][0] : spans[0][1]]
    if raw != entry["raw"]:
        return f"the document says {raw!r} there, the result {entry['raw']!r}"
    if [box.as_json() for box in document.boxes(*spans[0])] != entry["boxes"]:
        return "its boxes are not where the span is on the page"
    if value is None:
        return None if entry["flags"] else "it has a span and no value, and no flag says why"
    if kind == "span":
        return None if value == raw else f"it claims to be the span, but {value!r} is not {raw!r}"
    return fault_of_derived(spec["kind"], value, raw, locale)
