"""Text values: runs of words of one document, as the model may write them, and the shared rules of a grammar."""

from __future__ import annotations

import bisect
import unicodedata
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property

from ...contracts import Span
from ...documents import Document, Segment, cut_segments
from ..fields import TextField
from ..gbnf import literal, one_of
from ..recognisers import Candidate

__all__ = ["Continuation", "Match", "RunRule", "SharedRules"]


@dataclass(frozen=True)
class Match:
    """The meaning of a written value: every place in the document that it may refer to, the primary one first.

    ``below`` are the further lines of the cell of a table that the primary place is the first line of; ``more_below``
    says that further ones may be, ``from_above`` that it begins in a line above the one that was written.
    """

    spans: tuple[tuple[int, int], ...]
    candidate: Candidate | None = None
    below: tuple[tuple[int, int], ...] = ()
    more_below: bool = False
    from_above: bool = False


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
        self._names: dict[tuple[tuple[str, ...], str], str] = {}
        self.written: list[str] = []

    def name(self, forms: tuple[str, ...], continuation: str) -> str:
        """The name of the rule that writes a word in one of its ``forms``, then optionally ``continuation``."""
        if (forms, continuation) not in self._names:
            self._names[forms, continuation] = f"t{len(self._names)}"
            self.written.append(
                f"{self._names[forms, continuation]} ::= {one_of((form, '') for form in forms)}"
                + (f" ({continuation})?" if continuation else "")
            )
        return self._names[forms, continuation]


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
    value begins with the word ``not_first``, nor with the letters ``not_begun_with``, nor is it one of ``not_cells``.
    ``words`` says that a value is read as words where a code stands beside them.

    A word in capitals may also be written as a name is, unless most of the document is in capitals: a model writes
    ``Muster`` for ``MUSTER Autovermietung``, and would otherwise be led to another word that begins like it.
    """

    document: Document
    spec: TextField
    ranges: Sequence[tuple[int, int]]
    next_name: str | None = None
    one_line: bool = False
    not_first: str | None = None
    words: bool = False
    not_begun_with: str | None = None
    not_cells: Set[Span] = frozenset()
    chains: list[list[_Link]] = field(init=False)

    def __post_init__(self) -> None:
        chains = self._chains()
        self.chains = [c for c in chains if (c[0].segment.start, c[-1].segment.end) not in self.not_cells]

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
        starts: dict[tuple[str, str], None] = {}
        every: dict[tuple[str, str], None] = {}
        for chain in self.chains:
            for forms, continuation in self._backwards(chain, tails):
                if self.not_first not in forms:
                    begun = [form for form in forms if not self._is_begun(form)]
                    every.update(dict.fromkeys((form, continuation) for form in begun))
                    if forms[0][0].isalnum():
                        starts.update(dict.fromkeys((form, continuation) for form in begun))
        yield f'{name} ::= " " ' + one_of(starts or every)

    def _backwards(self, chain: Sequence[_Link], tails: SharedRules) -> Iterator[tuple[tuple[str, ...], str]]:
        """The forms of each word of a chain and the rule of what may follow it, from the last word to the first."""
        follows = ""
        for link in reversed(chain):
            forms = self._forms(self.document.text[link.segment.start : link.segment.end])
            yield forms, follows
            gap = " | ".join(literal(gap) for gap in link.gaps if gap)
            word = tails.name(forms, follows)
            follows = f"({gap}) {word}" if gap else word

    def continued(self, written: str) -> Continuation | None:
        """The rule of what may follow ``written``, which ends at the end of a line; None if nothing may.

        What is written and what follows have at most ``max_segments``.
        """
        rests = [
            chain[last : first + self.spec.max_segments]
            for chain in self.chains
            for first in range(len(chain))
            if (last := self._reach(chain, first, written)) is not None
        ]
        over_lines = [rest for rest in rests if len(rest) > 1 and "\n" in rest[1].gaps]
        return Continuation(self, over_lines) if over_lines else None

    def without(self, written: str) -> RunRule | None:
        """The rule without the runs that begin with the first word of ``written``; None if no other is left."""
        first = cut_segments(written)[0]
        word = written[first.start : first.end]
        text = self.document.text
        words = (text[link.segment.start : link.segment.end] for chain in self.chains for link in chain)
        return replace(self, not_first=word) if any(word not in self._forms(each) for each in words) else None

    def not_begun(self, letters: str) -> RunRule | None:
        """The rule without the runs that begin with ``letters``; None if no other is left."""
        rule = replace(self, not_begun_with=letters)
        text = self.document.text
        words = (text[link.segment.start : link.segment.end] for chain in self.chains for link in chain)
        return rule if any(not rule._is_begun(form) for word in words for form in rule._forms(word)) else None

    def _is_begun(self, form: str) -> bool:
        return self.not_begun_with is not None and form.startswith(self.not_begun_with)

    def read(self, written: str) -> Match | None:
        """All runs of segments whose text is ``written``, earliest first; None if there is none.

        A run that is printed otherwise counts only if none is printed so.
        """
        spans = self._spans(written, as_printed=True) or self._spans(written)
        # With a comma for a line break, one written form can match several printed forms; keep those printed alike.
        return Match(tuple(span for span in spans if self._printed(span) == self._printed(spans[0]))) if spans else None

    def _spans(self, written: str, as_printed: bool = False) -> list[tuple[int, int]]:
        return [
            (chain[first].segment.start, chain[last].segment.end)
            for chain in self.chains
            for first in range(len(chain))
            if (last := self._reach(chain, first, written, as_printed)) is not None
        ]

    def _printed(self, span: tuple[int, int]) -> str:
        return " ".join(self.document.text[slice(*span)].split())

    def _reach(self, chain: list[_Link], first: int, written: str, as_printed: bool = False) -> int | None:
        """The link where the run from ``first`` has produced all of ``written``; None if it produces another text."""
        text = self.document.text
        position = 0
        for index in range(first, len(chain)):
            segment = chain[index].segment
            word = text[segment.start : segment.end]
            gaps = chain[index].gaps if index > first else ("",)
            forms = (word,) if as_printed else self._forms(word)
            step = next(
                (gap + form for gap in gaps for form in forms if written.startswith(gap + form, position)), None
            )
            if step is None:
                return None
            position += len(step)
            if position == len(written):
                return index
        return None

    def _forms(self, word: str) -> tuple[str, ...]:
        """The ways to write a word, the printed one first."""
        name = word.capitalize()
        other = self._has_names and len(word) > 1 and word.isalpha() and word.isupper() and name.upper() == word
        return (word, name) if other else (word,)

    @cached_property
    def _has_names(self) -> bool:
        """Whether most letters of the document are small."""
        text = self.document.text
        return sum(map(str.islower, text)) > sum(map(str.isupper, text))

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

    @cached_property
    def cells(self) -> list[tuple[int, int]]:
        """The spans of the chains: with ``within: line``, those of the cells of each line."""
        return [(chain[0].segment.start, chain[-1].segment.end) for chain in self.chains]

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


@dataclass(frozen=True)
class Continuation:
    """What may follow a run that is written: the links of ``rests`` behind the first one, which ends the run."""

    run: RunRule
    rests: Sequence[Sequence[_Link]]

    def rules(self, name: str, tails: SharedRules) -> Iterable[str]:
        """The rule of the rest of the field, at least one word long.

        It does not begin with a line break, with which the model ended the field.
        """
        starts: dict[tuple[str, str], None] = {}
        for rest in self.rests:
            forms, follows = list(self.run._backwards(rest[1:], tails))[-1]
            gaps = [gap for gap in rest[1].gaps if gap != "\n"]
            starts.update(dict.fromkeys((gap + form, follows) for gap in gaps for form in forms))
        yield f"{name} ::= " + one_of(starts)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", text).casefold()))
