"""The checks between fields, worked out a second time by the checker: it agrees with the decoder and finds each lie."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ringfence.checker import check_run
from ringfence.checker.field_checks import faults_of_checks
from ringfence.contracts import FieldAnswer, Result
from ringfence.documents import expand_inputs
from ringfence.engines import FakeEngine
from ringfence.tasks.extract.assignment import _checked
from ringfence.tasks.extract.checks import CheckSyntaxError, parse_check
from tests.conftest import fake_lock, task_of
from tests.fake_runs import run

FIELDS: dict[str, Any] = {
    "net": {"kind": "money"},
    "total": {"kind": "money"},
    "count_of": {"kind": "number"},
    "day": {"kind": "date"},
    "due_day": {"kind": "date"},
    "who": {"kind": "text"},
    "paid": {"kind": "boolean"},
    "seller": {"kind": "record", "fields": {"name": {"kind": "text"}, "due": {"kind": "money"}}},
    "lines": {"kind": "list", "fields": {"amount": {"kind": "money"}, "price": {"kind": "number"}}},
    "taxes": {"kind": "list", "fields": {"amount": {"kind": "money"}}},
}

number = st.sampled_from(["0", "1.00", "2.004", "2", "3.5", "-1", "1000.00", "0.005", "0.0035", "0.33"])
money = st.builds(
    lambda amount, currency: {"amount": amount, "currency": currency}, number, st.sampled_from([None, "EUR", "USD"])
)
OF_KIND: dict[str, st.SearchStrategy[Any]] = {
    "money": money,
    "number": number,
    "date": st.sampled_from(["2024-01-01", "2024-01-31", "2024-02-01"]),
    "text": st.sampled_from(["x", "y"]),
    "boolean": st.booleans(),
}


def stated(spec: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a field, null too."""
    inner = spec.get("fields")
    if inner is None:
        return st.none() | OF_KIND[spec["kind"]]
    record = st.fixed_dictionaries({name: stated(leaf) for name, leaf in inner.items()})
    return record if spec["kind"] == "record" else st.lists(record, max_size=3)


values = st.fixed_dictionaries({name: stated(spec) for name, spec in FIELDS.items()})
fields = ["net", "total", "count_of", "day", "who", "paid", "seller.name", "seller.due", "lines.amount", "lines.price"]
others = ["sum(lines.amount)", "sum(taxes.amount)", "count(lines)", "2", "0.5", "1e2", "'x'", '"2024-01-01"', "-1"]
leaf = st.sampled_from([*fields, *others])
side = st.recursive(
    leaf,
    lambda part: (
        st.builds("({} {} {})".format, part, st.sampled_from(["+", "-", "*", "/"]), part)
        | st.builds("{} {} {}".format, part, st.sampled_from(["+", "-", "*", "/"]), part)
        | part.map("-{}".format)
    ),
    max_leaves=4,
)
choices = st.lists(side, min_size=1, max_size=3).map(lambda parts: f"({', '.join(parts)},)")
step = st.builds("{} {}".format, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), side) | choices.map(
    "in {}".format
)
check = st.builds("{} {}".format, side, st.lists(step, min_size=1, max_size=2).map(" ".join))
days = st.sampled_from(
    ["day", "due_day", "due_day - day", "day + 30", "30 + day", "due_day - 30", "day + count_of", "'2024-01-31'", "30",
     "31", "count_of", "due_day - '2024-01-01'", "'2024-02-01' - day"]
)  # fmt: skip
check_of_days = st.builds("{} {} {}".format, days, st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in"]), days)


def decoded(text: str, found: dict[str, Any]) -> Result:
    """What the decoder makes of a check: its outcome, and the flags of the values in it."""
    task = task_of([text], **FIELDS)
    paths = [name for name, spec in FIELDS.items() if "fields" not in spec] + ["seller.name", "seller.due"]
    paths += [
        f"{name}[{row}].{leaf}"
        for name in ("lines", "taxes")
        for row in range(len(found[name]))
        for leaf in FIELDS[name]["fields"]
    ]
    fields = {path: FieldAnswer(kind="judged") for path in paths}
    document = {"id": "a", "path": "a", "sha256": "0"}
    checks = _checked(task, found, fields)
    return Result.model_validate(
        {"document": document, "status": "done", "values": found, "fields": fields, "checks": checks}
    )


@given(check | check_of_days, values)
@example("(net + total) * 2 == 4", {"net": {"amount": "1", "currency": None}})
@example("net in (total)", {})
def test_the_checker_works_out_what_the_decoder_worked_out(text: str, found: dict[str, Any]) -> None:
    whole = {
        **{name: [] if spec["kind"] == "list" else {} if "fields" in spec else None for name, spec in FIELDS.items()},
        **found,
    }
    whole["seller"] = {"name": None, "due": None, **whole["seller"]}
    try:
        parse_check(text, task_of(**FIELDS).kinds)
    except CheckSyntaxError:
        assume(False)
    assert list(faults_of_checks(decoded(text, whole), {"fields": FIELDS, "checks": [text]})) == []


TASK = task_of(
    ["net <= total", "lines.amount > 0"],
    net={"kind": "number"},
    total={"kind": "number"},
    lines={"kind": "list", "fields": {"what": {"kind": "text"}, "amount": {"kind": "number"}}},
)


@pytest.fixture
def broken_run(tmp_path: Path) -> Path:
    """A run with one document whose net is above its total."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("net 12\ntotal 7\n\nsold 5\nsold -3\n")
    engine = FakeEngine(lambda request, prompt: " 12\ntotal: 7\nlines:\n- sold | 5\n- sold | -3\n")
    run(TASK, expand_inputs([tmp_path / "in"]), engine, fake_lock(TASK), tmp_path / "run")
    return tmp_path / "run"


def flags(path: str, *kept: str) -> Callable[[dict[str, Any]], None]:
    return lambda result: result["fields"][path].update(flags=list(kept))


@pytest.mark.parametrize(
    ("lie", "found"),
    [
        (flags("net"), "net: it breaks the check net <= total, and no flag says so"),
        (flags("lines[1].amount"), "lines[1].amount: it breaks the check lines.amount > 0, and no flag says so"),
        (
            flags("lines[0].amount", "check: lines.amount > 0"),
            "lines[0].amount: its flag says that it breaks lines.amount > 0",
        ),
        (flags("total", "check: other"), "total: its flag says that it breaks other"),
        (
            lambda result: result["checks"].update({"net <= total": "holds"}),
            "None: the check net <= total is broken, but the result says holds",
        ),
        (
            lambda result: result["checks"].update({"net <= total": "not-applicable"}),
            "None: the check net <= total is broken, but the result says not-applicable",
        ),
    ],
)
def test_a_broken_check_cannot_be_taken_out_of_a_result(broken_run: Path, lie: Any, found: str) -> None:
    assert check_run(broken_run).findings == []
    path = broken_run / "results.jsonl"
    result = json.loads(path.read_text())
    assert result["checks"] == {"net <= total": "broken", "lines.amount > 0": "broken"}
    lie(result)
    path.write_text(json.dumps(result) + "\n")
    assert found in [f"{finding.field}: {finding.fault}" for finding in check_run(broken_run).findings]
