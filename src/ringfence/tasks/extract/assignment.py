"""Checks decide: of the values that the fields could have, take the most probable ones that satisfy the checks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ...contracts import Alternative, FieldAnswer, value_at
from .answer import Answer, Distribution, Weighed, copy_values, put_value
from .checks import broken_rows, paths_of, run_check
from .contradictions import flag_doubts
from .doubts import belief_doubts
from .rules import Rule, rules_of
from .search import LEAD, Search, amount_of, place_of, says_the_same
from .task import ExtractTask

__all__ = ["CHOSEN_BY_CHECK", "OF_THE_FIELD", "conclude", "fields_of_broken_checks"]

CHOSEN_BY_CHECK = "check"
OF_THE_FIELD = frozenset({"v", "candidates", "null_logprob"})  # the other features are those of one value
SHOWN = 5  # alternatives of a field in the result
# Measured on the 1.5B: of 15 example papers with a broken check 12 change, their fields in checks from 18 of 36 right
# to 30, none for the worse; of 8 invoices 5 change, 13 of 24 right to 20, none for the worse. Right values cost up to 7
# nats; with 20, one of 8 invoices changed for the worse. Without a lead, one letter of 4 exchanges net and tax.
MARGIN = 12.0  # nats that the values taken may be less likely than the first choice
# An order is satisfied by half of all candidates. Of 13 example papers whose wrong due date gave way the right one, or
# null, was 1.1 to 5.8 nats less likely; from 8 on, unlikely values took the place of sure ones.
ORDER_MARGIN = 6.0
# Of 45 invoices 3 print a net amount below the sum of their lines that lost 0.2, 0.6 and 2.4 nats.
SUM_MARGIN = 3.0
LEAST_PART = Decimal("0.5")  # of the sum of the lines, that a discount leaves
MOST_ROWS = 20  # of a list that takes part in its sum: more cannot be searched, and cost a reading each


def conclude(task: ExtractTask, answer: Answer) -> Answer:
    """Let the checks of the task decide among the distributions of the fields, then run the checks.

    Values change only where they broke a check: to candidates that satisfy it. Each field that was weighed lists its
    alternatives; a check that is still broken flags the values in it, and a record that contradicts itself its own.
    """
    values, fields = copy_values(answer.values), {path: _own(entry) for path, entry in answer.fields.items()}
    for path, chosen in _decided(task, answer).items():
        known = chosen.answer.features or {
            name: known for name, known in fields[path].features.items() if name in OF_THE_FIELD
        }
        fields[path] = _own(chosen.answer.model_copy(update={"features": known, "chosen_by": CHOSEN_BY_CHECK}))
        put_value(values, path, chosen.value)
    for path, distribution in answer.distributions.items():
        fields[path].alternatives = _listed(distribution, fields[path])
    for path, entry in fields.items():
        entry.flags += belief_doubts(entry, value_at(values, path))
    flag_doubts(task, fields)
    return replace(answer, values=values, fields=fields, checks=_checked(task, values, fields))


def fields_of_broken_checks(task: ExtractTask, values: Mapping[str, Any]) -> set[str]:
    """The paths of the values that may be to blame for the checks that ``values`` break.

    A row whose own equation holds is not to blame for a wrong sum, nor are the rows of a long list.
    """
    rules = rules_of(task, values)
    sound = {path for rule in rules if rule.row and rule.is_equation and rule.before == "holds" for path in rule.paths}
    found: set[str] = set()
    for rule in rules:
        if rule.before == "broken":
            in_rows = {path for path in rule.paths if "[" in path}
            cleared = in_rows if len(in_rows) > MOST_ROWS else in_rows & sound
            found |= rule.paths if rule.row else rule.paths - cleared
    return found


def _own(entry: FieldAnswer) -> FieldAnswer:
    return entry.model_copy(update={"flags": list(entry.flags)})


def _listed(distribution: Distribution, chosen: FieldAnswer) -> list[Alternative]:
    """The most probable values; the chosen one is always among them."""
    ranked = sorted(distribution, key=lambda each: -each.logprob)
    shown = ranked[:SHOWN]
    its_own = [each for each in ranked if place_of(each.answer) == place_of(chosen)]
    if its_own and its_own[0] not in shown:
        shown[-1] = its_own[0]
    return [
        Alternative(
            value=each.value,
            raw=each.answer.raw,
            spans=[*each.answer.spans, *each.answer.others],
            probability=round(math.exp(min(0.0, each.logprob)), 6),
        )
        for each in shown
    ]


def _checked(task: ExtractTask, values: Mapping[str, Any], fields: Mapping[str, FieldAnswer]) -> dict[str, str]:
    """The outcome of every check; a broken check flags the values in it."""
    checks: dict[str, str] = {}
    for check in task.checks:
        checks[check] = run_check(check, values, task.kinds)
        if checks[check] != "broken":
            continue
        listed, rows = broken_rows(check, values, task.kinds)
        for path in paths_of(check):
            name, _, leaf = path.partition(".")
            touched = [f"{name}[{row}].{leaf}" for row in rows] if listed and name == listed else [path]
            for entry in (fields[path] for path in touched if path in fields):
                entry.flags.append(f"check: {check}")
    return checks


def _decided(task: ExtractTask, answer: Answer) -> dict[str, Weighed]:
    """The values that the checks change, by path.

    Checks that share a value are satisfied together. If they cannot be, each row of a list is made to satisfy its own,
    and the single fields theirs: if one row is wrong, no total fits them all.
    """
    rules = rules_of(task, answer.values)
    changes: list[dict[str, Weighed]] = []
    for group in _connected([rule for rule in rules if rule.before == "broken" and rule.decides]):
        if found := _satisfying(group, rules, answer, task.kinds):
            changes.append(found)
        else:
            smaller = _connected([rule for rule in group if not rule.of_all_rows])
            changes += [_satisfying(each, rules, answer, task.kinds) for each in smaller]
    return _that_break_nothing(changes, [rule for rule in rules if rule.before != "broken"], answer, task.kinds)


def _that_break_nothing(
    changes: Sequence[dict[str, Weighed]], held: Sequence[Rule], answer: Answer, kinds: Mapping[str, str]
) -> dict[str, Weighed]:
    """All changes together, less those that each kept a rule which they break together."""
    together = {path: each for change in changes for path, each in change.items()}
    after, alone = _values_after(answer, together), [_values_after(answer, change) for change in changes]
    broken = {
        path
        for rule in held
        if not rule.allows(after, kinds) and all(rule.allows(each, kinds) for each in alone)
        for path in rule.paths
    }
    return {path: each for change in changes if not broken & set(change) for path, each in change.items()}


def _values_after(answer: Answer, change: Mapping[str, Weighed]) -> dict[str, Any]:
    values = copy_values(answer.values)
    for path, each in change.items():
        put_value(values, path, each.value)
    return values


def _satisfying(
    broken: Sequence[Rule], rules: Sequence[Rule], answer: Answer, kinds: Mapping[str, str]
) -> dict[str, Weighed]:
    """The values to change so that some broken rules hold and no other breaks; empty if there are none.

    The sum of a list gives way to an equation of single values if one likely value mends it that is about as large:
    below the sum of the lines a paper may print discounts and charges, and the net amount below them.
    """
    held = [rule for rule in rules if rule.before != "broken"]
    if found := _least_change(broken, held, answer, kinds):
        return found
    sums = [rule for rule in held if rule.is_sum]
    if not sums or any(rule.of_all_rows or rule.row for rule in broken):
        return {}
    found = _least_change(broken, [rule for rule in held if rule not in sums], answer, kinds)
    near = all(_is_about(answer, path, each) for path, each in found.items())
    return found if len(found) == 1 and near and _loss(answer, found) <= SUM_MARGIN else {}


def _least_change(
    broken: Sequence[Rule], held: Sequence[Rule], answer: Answer, kinds: Mapping[str, str]
) -> dict[str, Weighed]:
    names = sorted({path for rule in broken for path in rule.paths if path in answer.distributions})
    domains = {path: _domain(answer.distributions[path], answer.fields[path]) for path in names}
    if not names or not all(domains.values()):
        return {}
    touching = [rule for rule in held if rule.paths & set(names)]
    search = Search(copy_values(answer.values), kinds, domains, [*broken, *touching], answer.fields)
    best = search.best(_first_choice(answer, names) - MARGIN) or {}
    changed = {path: each for path, each in best.items() if place_of(each.answer) != place_of(answer.fields[path])}
    # If two values of an equation, or of a broken order, may change, chance makes one of any few numbers. Of four rows
    # of 10 invoices that were mended so, an invented one was (30, 3, 3 to 3, 10, 30); of seven sums three were right.
    # The likeliest value, if it is much likelier than the written one, is none: the grammar led the model astray.
    lost = {path: _loss(answer, {path: each}) for path, each in changed.items()}
    other = {path for path, each in changed.items() if not says_the_same(value_at(answer.values, path), each.value)}
    # One number in two places is one.
    free = {path for path in other if lost[path] > -LEAD or changed[path].logprob < domains[path][0].logprob}
    if any(len(rule.paths & free) > 1 for rule in (*broken, *touching) if rule.is_equation or rule in broken):
        return {}
    ordered = set(changed) - {path for rule in broken if rule.is_equation for path in rule.paths}
    return {} if any(lost[path] > ORDER_MARGIN for path in ordered) else changed


def _is_about(answer: Answer, path: str, each: Weighed) -> bool:
    """Whether a value is about as large as the written one: a year's sum or that of one rate is none of a discount."""
    amounts = [amount_of(value) for value in (value_at(answer.values, path), each.value)]
    return all(isinstance(amount, Decimal) for amount in amounts) and bool(
        LEAST_PART * abs(amounts[0]) <= abs(amounts[1]) <= (2 - LEAST_PART) * abs(amounts[0])
    )


def _loss(answer: Answer, changed: Mapping[str, Weighed]) -> float:
    """How much less likely values are than those that were written, in nats."""
    return _first_choice(answer, list(changed)) - math.fsum(each.logprob for each in changed.values())


def _first_choice(answer: Answer, names: Sequence[str]) -> float:
    """The joint log-probability of the values as they are; that of the likeliest ones if a value was not weighed."""
    total = 0.0
    for path in names:
        distribution, place = answer.distributions[path], place_of(answer.fields[path])
        own = [each.logprob for each in distribution if place_of(each.answer) == place]
        total += own[0] if own else max(each.logprob for each in distribution)
    return total


def _domain(distribution: Distribution, now: FieldAnswer) -> list[Weighed]:
    """What a check may choose: every value and null, but none that reads two ways, and no zero in place of a value.

    With a zero an equation holds of anything: x + 0 == x.
    """
    clear = (each for each in distribution if each.value is not None or each.answer.raw is None)
    kept = (each for each in clear if place_of(each.answer) == place_of(now) or not _is_zero(each.value))
    return sorted(kept, key=lambda each: -each.logprob)


def _is_zero(value: Any) -> bool:
    amount = value.get("amount") if isinstance(value, dict) else value
    return isinstance(amount, str) and re.fullmatch(r"-?0+(\.0+)?", amount) is not None


def _connected(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    """The rules in groups that share no field."""
    left = list(rules)
    while left:
        group, paths = [left.pop(0)], set()
        while True:
            paths = set().union(*(rule.paths for rule in group))
            near = [rule for rule in left if rule.paths & paths]
            if not near:
                break
            group += near
            left = [rule for rule in left if rule not in near]
        yield group
