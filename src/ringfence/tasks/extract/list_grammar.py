"""Lists of records: each record takes its values from one row or block of the document.

Records are written one per line, ``- value | value``, in document order. The grammar lets records only move forward
through the rows, so decoding ends and no row is listed twice. The first one may stand behind the name of the list: a
small model begins it there, and where it could not, it wrote the null that also begins with a space.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from ...contracts import Span
from ...documents import CellLines, Document, cells_of
from ..fields import (
    BooleanField,
    ChoiceField,
    ListField,
    TextField,
)
from ..gbnf import literal
from ..recognisers import Candidate
from .cell_words import asks_for_words
from .grammar import (
    NULL,
    CandidateRule,
    Choice,
    Rule,
)
from .running_heads import running_heads
from .summary_rows import is_bare_of_amounts, is_summary_row
from .text_runs import Match, RunRule, SharedRules

__all__ = ["ASTRAY", "ListRule", "Tokens", "WrittenValue", "list_rule"]

Tokens = Sequence[tuple[str, float]]
"""The tokens of a written text, each with its log-probability (nats)."""

START, BETWEEN = "\n-", " |"
FIRST = " -"  # as long as START
BEGINNING = f"({literal(FIRST)} | {literal(START)})"
ASTRAY = -5.0  # nats: a value with a token below it was begun under the grammar and led somewhere else
LEAST_NUMBERS = 3  # of a record, that cannot be one
VALUES_IN_A_LINE = 4  # of a list of one text field
LINES_ABOVE, LINES_BELOW = 2, 4  # lines without their own amounts that may belong to a row


@dataclass(frozen=True)
class WrittenValue:
    """One value of a record: its meaning (None for null) and its place in the written list."""

    reading: Match | str | None
    rule: Rule | None
    start: int
    end: int


@dataclass(frozen=True)
class Unit:
    """A row or block that may be a record: its start, and the rule of each field in it (None: only null)."""

    start: int
    rules: dict[str, Rule | None]

    def not_begun(self, first: str) -> Unit:
        """The unit without the texts that begin with ``first``."""
        rules = {
            name: rule.not_begun(first) if isinstance(rule, RunRule) else rule for name, rule in self.rules.items()
        }
        return replace(self, rules=rules)


@dataclass(frozen=True)
class ListRule:
    """A list field: the records that the units of a document, or of a window, may yield."""

    spec: ListField
    units: Sequence[Unit]

    def rules(self, name: str, tails: SharedRules) -> Iterable[str]:
        """One rule for the list, and those of its units."""
        yield f"{name} ::= {BEGINNING} {name}-a0"
        yield from self.rules_of_units(name, tails)

    def rules_of_units(self, name: str, tails: SharedRules) -> Iterable[str]:
        """One rule for each unit and the units after it, the first of them NAME-a0, and those of its fields."""
        last = len(self.units) - 1
        for number, unit in enumerate(self.units):
            parts = []
            for position, (leaf, rule) in enumerate(unit.rules.items()):
                if position:
                    parts.append(literal(BETWEEN))
                nullable = not self.spec.fields[leaf].required
                if rule is None:
                    parts.append(literal(f" {NULL}"))
                    continue
                leaf_name = f"{name}-u{number}-{position}"
                yield from rule.rules(leaf_name, tails)
                parts.append(f"({literal(' ' + NULL)} | {leaf_name})" if nullable else leaf_name)
            following = f" ({literal(START)} {name}-a{number + 1})?" if number < last else ""
            skip = f" | {name}-a{number + 1}" if number < last else ""
            yield f"{name}-u{number} ::= {' '.join(parts)}"
            yield f"{name}-a{number} ::= {name}-u{number}{following}{skip}"

    def longest(self) -> int:
        """The maximum length of all records together, in bytes."""
        return sum(
            sum((rule.longest() if rule else len(NULL)) + 3 for rule in unit.rules.values()) for unit in self.units
        )

    def read(self, written: str) -> list[tuple[int, dict[str, WrittenValue]]] | None:
        """Parse the written records; returns each with the start of its unit, or None if no unit can have a record.

        A record belongs to the first unit after the previous record's that matches.
        """
        records = self._records(written)
        return None if records is None else [(self.units[number].start, record) for number, _, record in records]

    def rest_from(self, written: str, tokens: Callable[[int, int], Tokens]) -> tuple[int, RestOfList] | None:
        """The place of the first record that is none, and the rule of what may stand there instead; None without one.

        ``tokens`` returns those of a text at a place of ``written``. If the first of the first text of a record is one
        that led the model astray, nothing may begin so. If another is, and one number is all of three of the record,
        its line has none. (With no token astray it may have: *Delivery 25.00* has one price, net and gross.)
        """
        before = 0
        for number, place, record in self._records(written) or []:
            texts = [value for leaf, value in record.items() if isinstance(self.spec.fields[leaf], TextField)]
            said = tokens(texts[0].start, texts[0].end) if texts else []
            first = said[0][0] if said and said[0][1] < ASTRAY else None
            hollow = any(logprob < ASTRAY for _, logprob in said) and _has_one_number(record)
            if first is not None or hollow:
                left = [unit for at, unit in enumerate(self.units) if at >= before and not (hollow and at == number)]
                others = left if first is None else [unit.not_begun(first) for unit in left]
                units = [unit for unit in others if not _lacks_required(self.spec, unit)]
                return place, RestOfList(replace(self, units=units), begun=place > 0)
            before = number + 1
        return None

    def _records(self, written: str) -> list[tuple[int, int, dict[str, WrittenValue]]] | None:
        """The written records, each with the number of its unit and its place in ``written``."""
        written = START + written.removeprefix(FIRST) if written.startswith(FIRST) else written
        records: list[tuple[int, int, dict[str, WrittenValue]]] = []
        position, next_unit = 0, 0
        while position < len(written):
            if not written.startswith(START, position):
                return None
            end = written.find(START, position + 1)
            end = len(written) if end < 0 else end
            for number in range(next_unit, len(self.units)):
                record = self._record(self.units[number], written, position + len(START), end)
                if record is not None:
                    records.append((number, position, record))
                    next_unit = number + 1
                    break
            else:
                return None
            position = end
        return records

    def _record(self, unit: Unit, written: str, start: int, end: int) -> dict[str, WrittenValue] | None:
        """The values of one line, found by trying every place where a value may end."""
        names = list(unit.rules)

        def values_from(index: int, position: int) -> list[WrittenValue] | None:
            if not written.startswith(" ", position):
                return None
            last = index == len(names) - 1
            stop = end if last else written.find(BETWEEN, position + 1, end)
            while stop >= 0:
                value = self._value(unit, names[index], written, position + 1, stop)
                if value is not None:
                    rest = [] if last else values_from(index + 1, stop + len(BETWEEN))
                    if rest is not None:
                        return [value, *rest]
                stop = -1 if last else written.find(BETWEEN, stop + 1, end)
            return None

        values = values_from(0, start)
        return dict(zip(names, values, strict=True)) if values is not None else None

    def _value(self, unit: Unit, name: str, written: str, start: int, end: int) -> WrittenValue | None:
        rule, text = unit.rules[name], written[start:end]
        if text == NULL and not (self.spec.fields[name].required and rule is not None):
            return WrittenValue(None, rule, start - 1, end)
        reading = rule.read(text) if rule is not None else None
        return WrittenValue(reading, rule, start - 1, end) if reading is not None else None


@dataclass(frozen=True)
class RestOfList:
    """What may stand in place of a record and all behind it: others or the end; ``begun`` if some stand before it."""

    records: ListRule
    begun: bool

    def rules(self, name: str, tails: SharedRules) -> Iterable[str]:
        """The rule of the rest, and those of its records."""
        end = literal("" if self.begun else f" {NULL}")
        starts = literal(START) if self.begun else BEGINNING
        others = f"{starts} {name}-a0 | " if self.records.units else ""
        yield f"{name} ::= {others}{end}"
        yield from self.records.rules_of_units(name, tails)


def list_rule(
    spec: ListField,
    document: Document,
    window: tuple[int, int],
    candidates: Mapping[str, Sequence[Candidate]],
    cell_lines: CellLines,
) -> ListRule | None:
    """The rule of a list over the units of ``window`` that may be records; None if there are none.

    ``candidates`` holds the candidates in the whole document, in order, for each field with a recogniser. A further
    line of a row's cell is no name of its own: the model that wrote the first one would write it as the next record.
    """
    within = [
        (max(part.start, window[0]), min(part.end, window[1]))
        for part in (document.blocks if spec.anchor == "block" else document.lines)
        if part.start < window[1] and part.end > window[0]
    ]
    if spec.anchor == "row" and candidates:
        heads = running_heads(document)
        within = [span for span in within if not (span in heads or is_bare_of_amounts(document.text[slice(*span)]))]
        if not spec.summary_rows:
            within = _without_summaries(within, document)
    if len(spec.fields) == 1:
        units = _units_of_one_field(spec, document, within, candidates)
        return ListRule(spec, units) if units else None
    counts = [_distinct(span, candidates) for span in within]
    recognised = len(candidates)
    # A line is a row if it holds values for half of the recognised fields, without counting one value twice.
    min_count = 0 if not recognised else max(1, (recognised + 1) // 2)
    anchors = [number for number, count in enumerate(counts) if count >= min_count]
    has_names = any(
        isinstance(leaf, TextField) and asks_for_words(name, spec.fields) for name, leaf in spec.fields.items()
    )
    further = frozenset(
        line
        for number in (anchors if has_names else ())
        for cell in cells_of(document.text, *within[number])
        for line in cell_lines.below(*cell).lines
    )
    units = []
    for number in anchors:
        ranges = [within[number]]
        if spec.anchor == "row":
            ranges = _with_neighbours(within, number, counts, min_count, document)
        unit = _unit(spec, document, ranges, candidates, further)
        if any(rule is not None for rule in unit.rules.values()) and not _lacks_required(spec, unit):
            units.append(unit)
    return ListRule(spec, units) if units else None


def _without_summaries(within: list[tuple[int, int]], document: Document) -> list[tuple[int, int]]:
    """The lines that are no summary rows. A line under a heading such as Total keeps its own words."""
    return [span for span in within if not is_summary_row(document.text[slice(*span)])]


def _has_one_number(record: Mapping[str, WrittenValue]) -> bool:
    """Whether one number is every value of a record that is one, though it is not printed as often, and they are three.

    Two may be one: where there is one of a thing, it costs its price.
    """
    readings = [value.reading for value in record.values()]
    found = [each.spans for each in readings if isinstance(each, Match) and each.candidate is not None]
    return len(found) >= LEAST_NUMBERS and len(set(found)) == 1 and len(found[0]) < len(found)


def _units_of_one_field(
    spec: ListField, document: Document, within: list[tuple[int, int]], candidates: Mapping[str, Sequence[Candidate]]
) -> list[Unit]:
    """The units of a list of one field, whose values need no row of their own: two parties in one sentence.

    Each candidate is a unit. A text field can take several runs from each line or block.
    """
    ((name, leaf),) = spec.fields.items()
    if name in candidates:
        found = [candidate for span in within for candidate in _inside(candidates[name], span)]
        return [Unit(candidate.start, {name: CandidateRule([candidate])}) for candidate in found]
    units = [_unit(spec, document, [span], candidates) for span in within]
    filled = [unit for unit in units if unit.rules[name] is not None]
    return [unit for unit in filled for _ in range(VALUES_IN_A_LINE if isinstance(leaf, TextField) else 1)]


def _lacks_required(spec: ListField, unit: Unit) -> bool:
    return any(leaf.required and unit.rules[name] is None for name, leaf in spec.fields.items())


def _distinct(span: tuple[int, int], candidates: Mapping[str, Sequence[Candidate]]) -> int:
    """How many fields can have different places in the span (a simple bound, enough to tell rows from prose)."""
    places: set[int] = set()
    filled = 0
    for found in candidates.values():
        inside = _inside(found, span)
        places.update(candidate.end for candidate in inside)
        filled += bool(inside)
    return min(filled, len(places))


def _inside(found: Sequence[Candidate], span: tuple[int, int]) -> list[Candidate]:
    first = bisect.bisect_left(found, span[0], key=lambda candidate: candidate.start)
    inside = []
    for candidate in found[first:]:
        if candidate.start >= span[1]:
            break
        if candidate.end <= span[1]:
            inside.append(candidate)
    return inside


def _cells(document: Document, span: tuple[int, int]) -> int:
    return len(re.split(" {3,}", document.text[slice(*span)].strip()))


def _with_neighbours(
    within: Sequence[tuple[int, int]], number: int, counts: Sequence[int], min_count: int, document: Document
) -> list[tuple[int, int]]:
    """A row and the neighbouring lines that are less than a row: a description above, or a continuation below.

    A row may be printed on two lines, the second with fewer cells (an article number, and the amount under its
    column). Such a line of the same block belongs to the row above it, and can also be a row itself.
    """
    ranges = [within[number]]
    for step, limit in ((1, LINES_BELOW), (-1, LINES_ABOVE)):
        at = number + step
        while 0 <= at < len(within) and abs(at - number) <= limit:
            low, high = sorted((within[at], within[at - step]))
            breaks = document.text[low[1] : high[0]].count("\n")
            continues = step > 0 and breaks == 1 and _cells(document, within[at]) < _cells(document, within[number])
            if breaks > 2 or (counts[at] >= min_count and not continues):  # beyond the next block, or a row
                break
            ranges.append(within[at])
            at += step
    return ranges


def _unit(
    spec: ListField,
    document: Document,
    ranges: list[tuple[int, int]],
    candidates: Mapping[str, Sequence[Candidate]],
    further: Set[Span] = frozenset(),
) -> Unit:
    rules: dict[str, Rule | None] = {}
    for name, leaf in spec.fields.items():
        rule: Any = None
        if isinstance(leaf, TextField):
            words = asks_for_words(name, spec.fields)
            not_cells = further if words else frozenset[Span]()
            run = RunRule(document, leaf, ranges, one_line=True, words=words, not_cells=not_cells)
            rule = run if run.chains else None
        elif isinstance(leaf, ChoiceField):
            rule = Choice(leaf.options)
        elif isinstance(leaf, BooleanField):
            rule = Choice(("true", "false"))
        else:
            found = [candidate for span in ranges for candidate in _inside(candidates[name], span)]
            rule = CandidateRule(found) if found else None
        rules[name] = rule
    return Unit(ranges[0][0], rules)
