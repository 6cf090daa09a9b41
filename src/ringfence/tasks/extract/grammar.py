"""Write the grammar (GBNF) of one document's answer: a line for each field, every value a span of this document.

The object that writes a field's rules also reads the field's answer, so a value keeps its segments and never needs a
search in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol

from ..gbnf import literal, one_of
from ..recognisers import Candidate
from .text_runs import Match, RunRule, SharedRules

__all__ = [
    "NULL",
    "CandidateRule",
    "Choice",
    "FieldRule",
    "Rule",
    "answer_grammar",
]

NULL = "null"


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


Rule = RunRule | CandidateRule | Choice


class FieldRule(Protocol):
    """The interface of a field's rule in the grammar: a ``Rule`` or a list of records."""

    def rules(self, name: str, tails: SharedRules) -> Iterable[str]:
        """The rules of the field without null; the first one is called ``name``."""
        ...


def answer_grammar(fields: Sequence[tuple[str, FieldRule | None, bool]], stop: str = "") -> str:
    """The grammar of a whole answer.

    Each field is its name, its rule (None: no possible value, so null), and whether null is allowed beside the rule.
    The first name is part of the prompt, not of the answer. ``stop`` is written at the end.
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
    root += [literal(stop)] * bool(stop)
    return "\n".join([f"root ::= {' '.join(root)}", *rules, *tails.written]) + "\n"
