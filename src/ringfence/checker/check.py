"""The independent checker: it reads every document again and confirms every value, without any code of the decoder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..contracts import Result, RunFacts
from ..documents import Document, ReadingOptions, Source, read_documents
from ..errors import RunError
from ..files import read_lines
from ..locks import Lock
from ..plugins import load_plugin, resolve
from .claims import fault_of_mode, faults_of_claims
from .kind import Fault, KindChecker
from .value import fault_of_value

__all__ = ["CheckReport", "Finding", "check_run"]

_NO_RESULT = "it does not have the form of a result"
_Expected = dict[str, tuple[dict[str, Any] | None, Any]]
"""Every value by path, with its specification."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    document: str
    field: str | None
    fault: str


@dataclass
class CheckReport:
    """What the checker looked at, by status and kind of value, and what it found."""

    documents: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


def check_run(
    run: Path, passwords: tuple[str, ...] = (), on_document: Callable[[int], None] = lambda count: None
) -> CheckReport:
    """Check the run in ``run``; ``on_document`` hears the number of documents so far.

    Raises RunError if there is no readable run.
    """
    facts = _read_facts(run)
    results, malformed = _read_results(run)
    report = CheckReport(len(malformed), findings=[*_findings_of_facts(facts), *malformed])
    options = ReadingOptions.of_run(facts.reading, passwords)
    folder, check = Path(facts.reading.folder or "."), _Check(facts, report)
    by_source: dict[tuple[str, str], dict[str, Result]] = {}
    for identity, result in results.items():
        document = result.document
        by_source.setdefault((document.path, document.source or identity), {})[identity] = result
    for (path, source), expected in by_source.items():
        wanted = dict(expected)
        for outcome in read_documents(Source(folder / path, source), options):
            if isinstance(outcome, Document) and outcome.id in wanted:
                check.result(wanted.pop(outcome.id), outcome)
                on_document(report.documents)
        for identity, result in wanted.items():
            report.documents += 1
            report.statuses[result.status] += 1
            if result.status == "done":
                report.findings.append(Finding(identity, None, "the document cannot be read again"))
    counted = len(results) + len(malformed)
    if facts.totals is not None and sum(facts.totals.values()) != counted:
        fault = f"the totals say {sum(facts.totals.values())} documents, the journal {counted}"
        report.findings.append(Finding("run.json", None, fault))
    return report


def _no_run(run: Path, error: Exception) -> RunError:
    return RunError(f"Cannot read a run in {run} ({type(error).__name__}).", "Give the folder that --out named.")


def _read_facts(run: Path) -> RunFacts:
    try:
        facts = RunFacts.model_validate(json.loads((run / "run.json").read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise _no_run(run, error) from None
    if facts.purged_at:
        raise RunError(f"The content of the run in {run} was purged.", "There is nothing left to check.")
    return facts


def _read_results(run: Path) -> tuple[dict[str, Result], list[Finding]]:
    """The result that counts for each document, and the documents whose result is malformed."""
    results: dict[str, Result] = {}
    malformed: dict[str, Finding] = {}
    try:
        for entry in read_lines(run / "results.jsonl"):
            identity = str(entry["document"]["id"])
            results.pop(identity, None)
            malformed.pop(identity, None)
            try:
                result = Result.model_validate(entry)
            except ValidationError as error:
                malformed[identity] = _finding_of(identity, error)
                continue
            if result.status != "superseded":
                results[identity] = result
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _no_run(run, error) from None
    return results, list(malformed.values())


def _finding_of(identity: str, error: ValidationError) -> Finding:
    """Which field of a result is malformed, if it is a single one."""
    place = error.errors(include_input=False)[0]["loc"]
    if len(place) > 1 and place[0] == "fields":
        return Finding(identity, str(place[1]), "it does not have the form of a value")
    return Finding(identity, None, _NO_RESULT)


def _findings_of_facts(facts: RunFacts) -> Iterator[Finding]:
    lock = Lock(**facts.lock.data)
    if lock.digest != facts.lock.digest:
        yield Finding("run.json", None, "the lock's digest is not that of its content")
    if Lock(task=facts.task).data["task"] != facts.lock.data.get("task"):
        yield Finding("run.json", None, "its task is not the task of the lock")


def _kind_checker(kind: object) -> KindChecker | None:
    """The checker of a kind of task; None if the kind is not installed or has none."""
    registered = load_plugin("task_kinds", kind) if isinstance(kind, str) else None
    reference = registered.checker if registered is not None else None
    checker = resolve(reference) if reference else None
    return checker if isinstance(checker, KindChecker) else None


class _Check:
    """Checks the results of one run into a report."""

    def __init__(self, facts: RunFacts, report: CheckReport) -> None:
        self.task: Mapping[str, Any] = facts.task
        self.lock, self.report = facts.lock, report
        self.checker = _kind_checker(self.task.get("kind"))

    def result(self, result: Result, document: Document) -> None:
        """Check one result against its document."""
        self.report.documents += 1
        self.report.statuses[result.status] += 1
        try:
            for name, fault in self._faults(result, document):
                self.report.findings.append(Finding(document.id, name, fault))
        except (KeyError, TypeError, AttributeError, IndexError):
            self.report.findings.append(Finding(document.id, None, _NO_RESULT))

    def _faults(self, result: Result, document: Document) -> Iterator[Fault]:
        if result.lock != self.lock.digest:
            yield None, "it was answered under another lock than that of the run"
        if fault := fault_of_mode(result, self.lock.data):
            yield None, fault
        if result.status == "abstained" and self.checker:
            yield from self.checker.faults(result, self.task, document)
        if result.status != "done":
            if result.values is not None or not result.reason:
                yield None, f"it is {result.status} but carries values, or no reason"
            return
        if result.document.sha256 != document.sha256:
            yield None, "the document changed since the run"
            return
        yield from faults_of_claims(result, document, self.lock.data, self.checker)
        expected = self._expected(result)
        answers = result.fields or {}
        if expected is None or answers.keys() != expected.keys():
            yield None, "its fields are not those of the task"
            return
        if self.checker:
            yield from self.checker.faults(result, self.task, document)
        whole = [(0, len(document.text))]  # a ranker looks at all of a document, whatever the language model reads
        for name, (spec, value) in expected.items():
            answer = answers[name]
            ranked = answer.chosen_by and self.lock.data.get("ranker")
            seen = whole if ranked or (spec or {}).get("within") == "sentence" else result.windows
            try:
                fault = fault_of_value(value, answer, spec, document, self.task["locale"], seen, path=name)
            except (KeyError, TypeError, AttributeError, ValueError):
                fault = "it does not have the form of a value"
            self.report.values[answer.kind] += 1
            if fault:
                yield name, fault

    def _expected(self, result: Result) -> _Expected | None:
        """Every value that the task asks for; None if the values have another form."""
        if result.values is None:
            return None
        if self.checker is None:
            return {path: (None, result.value(path)) for path in result.fields or {}}
        return _values_by_path(self.checker.columns(self.task), result.values)


def _values_by_path(specs: Mapping[str, dict[str, Any]], values: Mapping[str, Any]) -> _Expected | None:
    if values.keys() != specs.keys():
        return None
    expected: _Expected = {}
    for name, spec in specs.items():
        if spec["kind"] not in ("record", "list"):
            expected[name] = (spec, values[name])
            continue
        records = (
            {name: values[name]}
            if spec["kind"] == "record"
            else {f"{name}[{number}]": record for number, record in enumerate(values[name])}
        )
        for path, record in records.items():
            if record.keys() != spec["fields"].keys():
                return None
            expected.update({f"{path}.{leaf}": (spec["fields"][leaf], record[leaf]) for leaf in record})
    return expected
