"""Write the grammar (GBNF) of one document's answer: a line for each field, every value a span of this document.

The object that writes a field's rules also reads the field's answer, so a value keeps its segments and never needs a
search in the text.
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol

from ...documents import Document, Segment, cut_segments
from ..fields import TextField
from ..gbnf import literal, one_of
from ..recognisers import Candidate

__all__ = [
    "NULL",
    "CandidateRule",
    "Choice",
    "FieldRule",
    "Match",
    "Rule",
    "RunRule",
    "SharedRules",
    "answer_grammar",
]

NULL = "null"


@dataclass(frozen=True)
class Match:
    """The meaning of a written value: every place in the document that it may refer to, the primary one first."""

    spans: tuple[tuple[int, int], ...]
    candidate: Candidate | None = None


@dataclass(frozen=True)
class Choice:
    """A closed list; the model judges which option applies."""

    options: tuple[str, ...]

    def rules(self, name: str, tails: SharedRules) -> Iterable[str]:
        """The alternatives, without null."""
        yield f"{name} ::= " + one_of((" " + option, "") for option in self.options)

    def read(self, written: str) -> str | None:
        """The option, or None if ``written`` is not an option."""
        return written if written in self.options else None

    def longest(self) -> int:
        """The maximum length of a value in bytes."""
        return max(len(option.encode()) for option in self.options)


@dataclass(frozen=True)
class CandidateRule:
    """A value that must be one of the candidates."""

    candidates: Sequence[Candidate]

    @cached_property
    def by_surface(self) -> dict[str, list[Candidate]]:
        """Candidates by the text that the model may write for them, in order of first occurrence.

        Another way to write a value is allowed only if it is unambiguous: 1.250 does not mean 1,250.00 in a document
        that prints something else as 1.250.
        """
        grouped: dict[str, list[Candidate]] = {}
        for candidate in self.candidates:
            grouped.setdefault(candidate.surface, []).append(candidate)
        others: dict[str, list[Candidate]] = {}
        for candidate in self.candidates:
            for surface in candidate.other_surfaces:
                if surface not in grouped:
                    others.setdefault(surface, []).append(candidate)
        for surface, found in others.items():
            if len({_quantity(candidate.value) for candidate in found}) == 1:
                grouped[surface] = found
        return grouped

    def rules(self, name: str, tails: SharedRules) -> Iterable[str]:
        """One alternative for each distinct surface."""
        yield f"{name} ::= " + one_of((" " + surface, "") for surface in self.by_surface)

    def without(self, written: str) -> CandidateRule | None:
        """The rule without the candidates that ``written`` means; None if no other is left."""
        meant = self.by_surface.get(written, [])
        left = [candidate for candidate in self.candidates if candidate not in meant]
        return CandidateRule(left) if left else None

    def read(self, written: str) -> Match | None:
        """All occurrences; the primary one is the earliest of the most complete ones (an amount with its currency)."""
        found = self.by_surface.get(written)
        if not found:
            return None
        primary = max(found, key=lambda candidate: (_completeness(candidate.value), -candidate.start))
        # One written form can match several printed forms; only those printed like the primary are its occurrences.
        others = [candidate for candidate in found if candidate is not primary and candidate.surface == primary.surface]
        currencies = {c.value.get("currency") for c in found if isinstance(c.value, dict)} - {None}
        if len(currencies) > 1:
            primary = replace(
                primary,
                value=None,
                flags=(*primary.flags, "ambiguous-currency"),
                readings=tuple(sorted(map(str, currencies))),
            )
        meanings = {reading for c in [primary, *others] for reading in _meanings(c)}
        if len(meanings) > 1 and primary.value is not None:  # 1,250.00 here and (1,250.00) there
            primary = replace(
                primary, value=None, flags=(*primary.flags, "several-values"), readings=tuple(sorted(meanings))
            )
        return Match(tuple((c.start, c.end) for c in [primary, *others]), primary)

    def longest(self) -> int:
        """The maximum length of a value in bytes."""
        return max(len(surface.encode()) for surface in self.by_surface)


def _quantity(value: Any) -> str:
    if isinstance(value, dict):
        return str(value["amount"]) if "amount" in value else f"{value['from']}/{value['to']}"
    return str(value)


def _meanings(candidate: Candidate) -> tuple[str, ...]:
    """What a candidate can mean; two printed forms of one number mean the same."""
    if candidate.value is None:
        return candidate.readings
    quantity = _quantity(candidate.value)
    return (str(Decimal(quantity)) if re.fullmatch(r"-?\d+(\.\d+)?", quantity) else quantity,)


def _completeness(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(part is not None for part in value.values())
    return int(value is not None)


@dataclass(frozen=True)
class _Link:
    """A segment of a chain, and what the model may write between it and the previous segment."""

    segment: Segment
    gaps: tuple[str, ...]


class SharedRules:
    """Rules for "from this word to the end, or stop earlier", shared by all fields of a grammar.

    Equal line ends share rules, so repeated page headers cost nothing, and six text fields cost as much as one.
    """

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self.written: list[str] = []

    def name(self, word: str, continuation: str) -> str:
        """The name of the rule that writes ``word``, then optionally ``continuation``."""
        if (word, continuation) not in self._names:
            self._names[word, continuation] = f"t{len(self._names)}"
            self.written.append(
                f"{self._names[word, continuation]} ::= {literal(word)}"
                + (f" ({continuation})?" if continuation else "")
            )
        return self._names[word, continuation]


@dataclass
class RunRule:
    """A text field: a run of segments within one of ``ranges`` (lines or blocks) of the document.

    A rule means "from this segment to the end of its line, or stop earlier", so the grammar grows with the length of
    the document, not with its square. (Runs written out as N x 12 rules took 10 s to compile; this form takes well
    under 1 s.)

    If a run may continue over a line end, the model may write a line break, a space or a comma there. A small model
    copies the break, and ended the field at it when only the space was allowed (11 of 60 addresses right); or it joins
    the lines of an address by commas, and stopped if it could not. ``next_name`` is the following field: only a space
    may join a line that begins with that name. Inside a list (``one_line``) a value is always written on one line. No
    value begins with the word ``not_first``.
    """

    document: Document
    spec: TextField
    ranges: Sequence[tuple[int, int]]
    next_name: str | None = None
    one_line: bool = False
    not_first: str | None = None
    chains: list[list[_Link]] = field(init=False)

    def __post_init__(self) -> None:
        self.chains = list(self._chains())

    def _chains(self) -> Iterable[list[_Link]]:
        """The segments of each range; with ``within: line``, each cell of a row begins a new chain."""
        text, segments = self.document.text, self.document.segments
        for start, end in self.ranges:
            chain: list[_Link] = []
            position = bisect.bisect_left(segments, start, key=lambda segment: segment.start)
            while position < len(segments) and segments[position].end <= end:
                segment = segments[position]
                between = text[chain[-1].segment.end : segment.start] if chain else ""
                if between.count(" ") >= 3 and self.spec.within == "line":
                    yield chain
                    chain, between = [], ""
                after_comma = bool(chain) and text[chain[-1].segment.end - 1] in ",;:"
                chain.append(_Link(segment, self._gaps(between, segment.start, after_comma)))
                position += 1
            if chain:
                yield chain

    def _gaps(self, between: str, start: int, after_comma: bool) -> tuple[str, ...]:
        if "\n" not in between:
            return (" ",) if between else ("",)
        like_a_name = self.next_name is not None and self.document.text.startswith(f"{self.next_name}:", start)
        if like_a_name or self.one_line:
            return (" ",)
        return (" ", "\n") if after_comma else (" ", ", ", "\n")

    def rules(self, name: str, tails: SharedRules) -> Iterable[str]:
        """The rule of the field; the rules of its runs go to ``tails``."""
        text = self.document.text
        starts: dict[tuple[str, str], None] = {}
        every: dict[tuple[str, str], None] = {}
        for chain in self.chains:
            rest = gap = ""
            for link in reversed(chain):
                word = text[link.segment.start : link.segment.end]
                continuation = f"({gap}) {rest}" if rest and gap else rest
                if word != self.not_first:
                    every.setdefault((word, continuation))
                if word[0].isalnum() and word != self.not_first:
                    starts.setdefault((word, continuation))
                rest = tails.name(word, continuation)
                gap = " | ".join(literal(gap) for gap in link.gaps if gap)
        yield f'{name} ::= " " ' + one_of(starts or every)

    def without(self, written: str) -> RunRule | None:
        """The rule without the runs that begin with the first word of ``written``; None if no other is left."""
        first = cut_segments(written)[0]
        word = written[first.start : first.end]
        text = self.document.text
        other = any(text[link.segment.start : link.segment.end] != word for chain in self.chains for link in chain)
        return replace(self, not_first=word) if other else None

    def read(self, written: str) -> Match | None:
        """All runs of segments whose text is ``written``, earliest first."""
        spans = []
        for chain in self.chains:
            for first in range(len(chain)):
                last = self._reach(chain, first, written)
                if last is not None:
                    spans.append((chain[first].segment.start, chain[last].segment.end))
        # With a comma for a line break, one written form can match several printed forms; keep those printed alike.
        return Match(tuple(span for span in spans if self._printed(span) == self._printed(spans[0]))) if spans else None

    def _printed(self, span: tuple[int, int]) -> str:
        return " ".join(self.document.text[slice(*span)].split())

    def _reach(self, chain: list[_Link], first: int, written: str) -> int | None:
        """The link where the run from ``first`` has produced all of ``written``; None if it produces another text."""
        text = self.document.text
        position = 0
        for index in range(first, len(chain)):
            segment = chain[index].segment
            word = text[segment.start : segment.end]
            gaps = chain[index].gaps if index > first else ("",)
            gap = next((gap for gap in gaps if written.startswith(gap + word, position)), None)
            if gap is None:
                return None
            position += len(gap) + len(word)
            if position == len(written):
                return index
        return None

    def runs_like(self, wanted: str) -> list[str]:
        """The runs with the letters and digits of ``wanted``, as the model could write them, in reading order.

        Signs that touch the end of a run can be part of it, so it is there with and without them.
        """
        text, goal = self.document.text, _letters(wanted)
        found: dict[str, None] = {}
        for chain in self.chains:
            letters = [_letters(text[link.segment.start : link.segment.end]) for link in chain]
            for first, beginning in enumerate(letters):
                if not goal or not beginning or not goal.startswith(beginning):
                    continue
                so_far = ""
                for last in range(first, min(len(chain), first + self.spec.max_segments)):
                    so_far += letters[last]
                    if not goal.startswith(so_far):
                        break
                    if so_far == goal:
                        found.setdefault(self._text(chain[first : last + 1]))
        return list(found)

    def wholes(self, written: str) -> list[str]:
        """Texts that a run may be a part of, as the model could write them: the lines or cells around ``written``.

        For each place of the run these are its range, and the run continued to either end of the range.
        """
        found: dict[str, None] = {}
        for chain in self.chains:
            for first in range(len(chain)):
                last = self._reach(chain, first, written)
                if last is not None:
                    for part in (chain, chain[: last + 1], chain[first:]):
                        if len(part) <= self.spec.max_segments:
                            found.setdefault(self._text(part))
        return list(found)

    def _text(self, part: Sequence[_Link]) -> str:
        """The text of some links of a chain, with the model's first choice of what to write between them."""
        text = self.document.text
        words = [text[link.segment.start : link.segment.end] for link in part]
        return words[0] + "".join(link.gaps[0] + word for link, word in zip(part[1:], words[1:], strict=True))

    def segment_count(self, start: int, end: int) -> int:
        """The number of segments in a span."""
        segments = self.document.segments
        first = bisect.bisect_left(segments, start, key=lambda segment: segment.start)
        return bisect.bisect_left(segments, end, key=lambda segment: segment.start) - first

    def longest(self) -> int:
        """The maximum length of a value in bytes."""
        text = self.document.text
        return max(
            (len(text[chain[0].segment.start : chain[-1].segment.end].encode()) for chain in self.chains), default=0
        )


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", text).casefold()))


Rule = RunRule | CandidateRule | Choice


class FieldRule(Protocol):
    """The interface of a field's rule in the grammar: a ``Rule`` or a list of records."""

    def rules(self, name: str, tails: SharedRules) -> Iterable[str]:
        """The rules of the field without null; the first one is called ``name``."""
        ...


def answer_grammar(fields: Sequence[tuple[str, FieldRule | None, bool]]) -> str:
    """The grammar of a whole answer.

    Each field is its name, its rule (None: no possible value, so null), and whether null is allowed beside the rule.
    The first name is part of the prompt, not of the answer.
    """
    root: list[str] = []
    rules: list[str] = []
    tails = SharedRules()
    for position, (name, rule, nullable) in enumerate(fields):
        prefix = "" if position == 0 else f"{name}:"
        if rule is None:
            root.append(literal(f"{prefix} {NULL}\n"))
            continue
        rule_name = f"f{position}"
        rules += rule.rules(rule_name, tails)
        body = f"({literal(' ' + NULL)} | {rule_name})" if nullable else rule_name
        root += [literal(prefix)] * bool(prefix) + [body, literal("\n")]
    return "\n".join([f"root ::= {' '.join(root)}", *rules, *tails.written]) + "\n"
