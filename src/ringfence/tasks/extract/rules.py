"""The rules that an answer must keep: each check of a task, or in a list that it goes through, one for each row."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .checks import Outcome, Row, evaluate, parse_check, places_of_check, rows_of
from .task import ExtractTask

__all__ = ["Rule", "rules_of"]


_NAMES = (ast.Name, ast.Attribute, ast.Call)


@dataclass(frozen=True)
class Rule:
    """A check, in one row if it goes through the rows of a list.

    ``paths`` are those of the values in it (``net``, ``lines[0].amount``), ``before`` is its outcome before anything
    changes.
    """

    tree: ast.Compare
    row: Row | None
    paths: frozenset[str]
    before: Outcome

    @property
    def is_equation(self) -> bool:
        """True if the check is an equation, False for an order."""
        return any(isinstance(op, ast.Eq | ast.In) for op in self.tree.ops)

    @property
    def decides(self) -> bool:
        """True if the check can say which candidates are right: not one against a constant, and not that two differ.

        ``net + tax > 0`` and ``buyer != seller`` hold of nearly all candidates, so what satisfies them is no better.
        """
        if any(isinstance(op, ast.NotEq) for op in self.tree.ops):
            return False
        sides = [self.tree.left, *self.tree.comparators]
        named = [{ast.dump(node) for node in ast.walk(side) if isinstance(node, _NAMES)} for side in sides]
        if self.is_equation:
            return len(set[str]().union(*named)) > 1
        return all(named)

    @property
    def of_all_rows(self) -> bool:
        """True if the check is about all rows of a list together, as a sum is."""
        return any(isinstance(node, ast.Call) for node in ast.walk(self.tree))

    @property
    def is_sum(self) -> bool:
        """True if the check is that a single value is the sum of a list, without a discount or a charge in it."""
        sides = [self.tree.left, *self.tree.comparators]
        calls = [side for side in sides if isinstance(side, ast.Call) and getattr(side.func, "id", "") == "sum"]
        others = [side for side in sides if isinstance(side, ast.Name | ast.Attribute)]
        return self.is_equation and (len(calls), len(others), len(sides)) == (1, 1, 2)

    def allows(self, values: Mapping[str, Any], kinds: Mapping[str, str]) -> bool:
        """True if the check holds; an order may also become not applicable, an equation only stay so.

        An equation that holds is evidence for all its values, so a null is no way out of it. An order holds for half of
        all pairs: if it is broken, one of the values is most likely not there. (Of 12 example papers that break
        due_date >= date the gold has no due date in 11. With null their 24 dates went from 12 right to 22 and none
        wrong; without it, 7 right dates were exchanged for wrong ones.)
        """
        outcome = evaluate(self.tree, values, kinds, self.row)
        return outcome == "holds" or (outcome == "not-applicable" and (not self.is_equation or self.before == outcome))


def rules_of(task: ExtractTask, values: Mapping[str, Any]) -> list[Rule]:
    """The rules of a task for an answer with these values."""
    trees = [parse_check(check, task.kinds) for check in task.checks]
    return [
        Rule(tree, row, frozenset(places_of_check(tree, values, row)), evaluate(tree, values, task.kinds, row))
        for tree in trees
        for row in rows_of(tree, values, task.kinds)
    ]
