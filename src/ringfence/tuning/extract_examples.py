"""Training examples of an extract task: the lines that the model should write for the values of the gold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..contracts import GoldLine, value_at
from ..documents import Document
from ..engines import Engine
from ..gold.agreement import values_match
from ..inference import Windowing
from ..inference.prompts import windows_for
from ..tasks import Example, ExtractionPlan, ExtractTask, prepare
from ..tasks.extract.grammar import NULL, CandidateRule, Choice, Rule
from ..tasks.extract.list_grammar import BETWEEN, START, ListRule
from ..tasks.extract.text_runs import RunRule
from ..tasks.fields import ListField
from .examples import Piece, TrainingExample

__all__ = ["training_examples"]


@dataclass(frozen=True)
class _Written:
    """What the model should write for a field in one window; ``parts`` are the rows of a list, or 0, that it prints.

    ``wanted`` are all parts that the gold states. A field of which a window prints no part is null there.
    """

    text: str
    parts: frozenset[int]
    wanted: frozenset[int]


def training_examples(
    task: ExtractTask, document: Document, gold: GoldLine, engine: Engine, windowing: Windowing
) -> list[TrainingExample]:
    """One example for each window of the document, with the values that the window prints.

    A value of the gold that no window prints, or only in part, is missing: its line is there, but not learned.
    """
    prepared = prepare(_written_part(task), document)
    windows = windows_for(prepared, engine, windowing)
    plans = [prepared.plan(each, engine.control_tokens) for each in windows]
    written = [dict(_written(plan, gold)) for plan in plans]
    stated = written[0]
    missing = tuple(
        path for path, each in stated.items() if each.wanted - frozenset().union(*(one[path].parts for one in written))
    )
    paths = list(prepared.task.flat)
    examples = [
        TrainingExample(document.id, number, plan.prompt, _pieces(paths, answers, missing), missing, len(stated))
        for number, (plan, answers) in enumerate(zip(plans, written, strict=True))
    ]
    if len(examples) > 1 or missing or len(stated) < len(paths):
        return examples
    (whole,) = examples
    return [replace(whole, shown=Example(document.text, answer=whole.prompt.answer_start + whole.answer))]


def _written_part(task: ExtractTask) -> ExtractTask:
    assert task.written is not None  # see tunable
    return task.written


def _pieces(paths: Sequence[str], answers: dict[str, _Written], missing: Sequence[str]) -> tuple[Piece, ...]:
    """The names of fields and their values.

    A name is learned with the value before it: a value may go on behind a line break, so only the name ends it. Tuned
    without names, weights that gave right values and their ends a probability near one still ran on into the next line.
    """
    pieces: list[Piece] = []
    for position, path in enumerate(paths):
        if position:
            pieces.append(Piece(f"{path}:", pieces[-1].learned))
        text = answers[path].text if path in answers else NULL
        lead = "" if text.startswith(START) else " "
        pieces.append(Piece(f"{lead}{text}\n", path in answers and path not in missing))
    return tuple(pieces)


def _written(plan: ExtractionPlan, gold: GoldLine) -> Iterator[tuple[str, _Written]]:
    """What to write for each field that the gold states."""
    one, none = frozenset({0}), frozenset[int]()
    for path, spec in plan.task.flat.items():
        try:
            stated = value_at(gold.values, path)
        except (KeyError, TypeError, IndexError):
            continue  # the gold says nothing about this field
        rule = plan.rules[path]
        if isinstance(spec, ListField):
            assert rule is None or isinstance(rule, ListRule)
            yield path, _rows(rule, stated or [])
        elif stated is None:
            allowed = path not in plan.required or rule is None
            yield path, _Written(NULL, none, none if allowed else one)
        else:
            assert not isinstance(rule, ListRule)
            text = _value(spec.kind, rule, stated)
            yield path, _Written(NULL, none, one) if text is None else _Written(text, one, one)


def _value(kind: str, rule: Rule | None, stated: Any) -> str | None:
    """The text that means the value; None if there is none."""
    if isinstance(rule, Choice):
        text = str(stated).lower() if isinstance(stated, bool) else str(stated)
        return text if text in rule.options else None
    if isinstance(rule, CandidateRule):
        for surface in rule.by_surface:
            match = rule.read(surface)
            if match and match.candidate and values_match(kind, match.candidate.value, stated):
                return surface
        return None
    if isinstance(rule, RunRule):
        runs = rule.runs_like(str(stated))
        return next((run for run in runs if values_match(kind, run, stated)), (*runs, None)[0])
    return None


def _rows(rule: ListRule | None, rows: list[dict[str, Any]]) -> _Written:
    """The rows that the window prints, each written from the first unit after the last one's that has its values."""
    lines, found, unit = [], set(), 0
    for place, row in enumerate(rows):
        for number in range(unit, len(rule.units) if rule else 0):
            assert rule is not None
            values = [
                NULL if row.get(leaf) is None else _value(rule.spec.fields[leaf].kind, leaf_rule, row[leaf])
                for leaf, leaf_rule in rule.units[number].rules.items()
            ]
            if None not in values:
                lines.append(START + BETWEEN.join(f" {value}" for value in values))
                found.add(place)
                unit = number + 1
                break
    return _Written("".join(lines) or NULL, frozenset(found), frozenset(range(len(rows))))
