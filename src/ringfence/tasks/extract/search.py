"""Search for the most probable values that keep the rules of an answer."""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from ...contracts import FieldAnswer, Span
from .answer import Weighed, put_value
from .rules import Rule

__all__ = ["LEAD", "Search", "amount_of", "place_of", "says_the_same"]

LEAD = math.log(3)  # nats that they must be more likely than every other assignment that satisfies the checks
MOST_STEPS = 20_000  # of a search, about a second; if it needs more, nothing changes


@dataclass
class Search:
    """An exact search, best first, for the most probable assignment that all ``rules`` allow.

    ``domains`` holds the values of each path, the most probable first; ``now`` what was answered. Values are assigned
    in the order of the paths; a rule is tried as soon as all its values are assigned, so a row that cannot keep its own
    costs little.
    """

    values: dict[str, Any]
    kinds: Mapping[str, str]
    domains: Mapping[str, Sequence[Weighed]]
    rules: Sequence[Rule]
    now: Mapping[str, FieldAnswer]

    def best(self, least: float) -> dict[str, Weighed] | None:
        """The assignment, if it is as likely as ``least`` and leads every other by LEAD; None if the search is cut off.

        Assignments come in the order of their joint log-probability, so the first that is allowed is the best.
        """
        names = list(self.domains)
        queue: list[tuple[float, tuple[int, ...]]] = [
            (-math.fsum(domain[0].logprob for domain in self.domains.values()), (0,))
        ]
        steps = 0
        best: tuple[float, dict[str, Weighed]] | None = None
        while queue:
            cost, places = heapq.heappop(queue)
            if -cost < (least if best is None else best[0] - LEAD):
                break
            steps += 1
            if steps > MOST_STEPS:
                return None
            before, last = places[:-1], places[-1]
            domain = self.domains[names[len(before)]]
            if last + 1 < len(domain):
                heapq.heappush(queue, (cost + domain[last].logprob - domain[last + 1].logprob, (*before, last + 1)))
            chosen = {name: self.domains[name][place] for name, place in zip(names, places, strict=False)}
            if not self._allowed(chosen):
                continue
            if len(places) < len(names):
                heapq.heappush(queue, (cost, (*places, 0)))
            elif best is None:
                best = -cost, chosen
            elif not self._same(best[1], chosen):
                return None  # two readings of the document satisfy the checks
        return best[1] if best else None

    def _same(self, first: Mapping[str, Weighed], other: Mapping[str, Weighed]) -> bool:
        """True if two assignments say the same: 5.50 and 5.5000 are one number."""
        return all(says_the_same(each.value, other[path].value) for path, each in first.items())

    @cached_property
    def _due(self) -> list[list[Rule]]:
        """The rules to try once a path is assigned, by its number: those that name no later path."""
        names = list(self.domains)
        lasts = [max((names.index(path) for path in rule.paths if path in names), default=0) for rule in self.rules]
        return [[rule for rule, last in zip(self.rules, lasts, strict=True) if last == at] for at in range(len(names))]

    def _allowed(self, chosen: Mapping[str, Weighed]) -> bool:
        """True if the rules that fall due with the last value of ``chosen`` allow it."""
        for name, each in chosen.items():
            put_value(self.values, name, each.value)
        return all(
            rule.allows(self.values, self.kinds) and self._has_own_places(rule, chosen)
            for rule in self._due[len(chosen) - 1]
        )

    def _has_own_places(self, rule: Rule, chosen: Mapping[str, Weighed]) -> bool:
        """True unless a value of an equation changes to what stands where another of its values stands.

        With it an equation says that x is x: with 1 as a quantity, p is the product of 1 and p. Values that stay may
        share a place.
        """
        if not rule.is_equation:
            return True
        answers = {path: chosen[path].answer if path in chosen else self.now.get(path) for path in rule.paths}
        held = {path: _spans(answer) for path, answer in answers.items() if answer is not None and answer.spans}
        changed = [
            path for path in held if path in chosen and place_of(chosen[path].answer) != place_of(self.now[path])
        ]
        return all(
            any(
                all(
                    any(one[1] <= start or end <= one[0] for start, end in held[other])
                    for other in held
                    if other != path
                )
                for one in held[path]
            )
            for path in changed
        )


def says_the_same(first: Any, other: Any) -> bool:
    """Whether two values are one number or amount: 5.50 and 5.5000."""
    currencies = {value.get("currency") for value in (first, other) if isinstance(value, dict)} - {None}
    return bool(amount_of(first) == amount_of(other)) and len(currencies) <= 1


def amount_of(value: Any) -> Any:
    """The number of a value that is one or an amount of money; the value itself if it is neither."""
    amount = value.get("amount") if isinstance(value, dict) else value
    return Decimal(amount) if isinstance(amount, str) and re.fullmatch(r"-?\d+(\.\d+)?", amount) else value


def place_of(answer: FieldAnswer) -> Any:
    """What tells two answers of a field apart."""
    return answer.kind, answer.raw, answer.spans


def _spans(answer: FieldAnswer) -> list[Span]:
    return [*answer.spans, *answer.others]
