"""Task files: read whole, and refused whole with every fault and its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import TaskError
from ringfence.tasks import load_task, run_check, task_schema
from ringfence.tasks.extract.checks import CheckSyntaxError, parse_check
from tests.conftest import REPOSITORY, task_of

KINDS = {
    "net": "money",
    "tax": "money",
    "total": "money",
    "n": "number",
    "start": "date",
    "end": "date",
    "name": "text",
    "term": "duration",
}


def money(amount: str, currency: str | None = "EUR") -> dict[str, str | None]:
    return {"amount": amount, "currency": currency}


def test_the_example_task_is_read() -> None:
    task = load_task(REPOSITORY / "examples" / "invoices" / "task.yaml")
    assert len(task.columns()) == 10
    assert task.locale.date_order == "dmy"


def test_every_fault_is_named_at_once_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        """schema: 2
name: my task
locale: {date_order: dym}
fields:
  Total: {kind: money}
  code: {kind: code, pattern: '['}
  what: {kind: picture}
  pick: {kind: choice, options: [a]}
  pick: {kind: text, most: 4}
colour: red
"""
    )
    with pytest.raises(TaskError) as caught:
        load_task(path)
    faults = caught.value.faults
    for line, word in (
        (1, "schema"),
        (2, "name"),
        (3, "date_order"),
        (6, "not a regular expression"),
        (7, "unknown kind"),
        (9, "is a duplicate name"),
        (9, "most"),
        (10, "colour"),
    ):
        assert any(fault.startswith(f"line {line}:") and word in fault for fault in faults), (line, word, faults)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    ["", "- a", "a: [", "fields: {}", "name: x\nfields: {a: {kind: text}}\nchecks: [a + 1]", "kind: dance\nname: x"],
)
def test_what_is_no_task_is_refused_with_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(text)
    with pytest.raises(TaskError):
        load_task(path)


def test_a_missing_task_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="cannot be read"):
        load_task(tmp_path / "none.yaml")


def test_python_and_yaml_make_the_same_task(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("name: test\nfields:\n  total: {kind: money, required: true}\n")
    assert load_task(path) == task_of(total={"kind": "money", "required": True})


def test_the_published_schema_is_current() -> None:
    published = json.loads((REPOSITORY / "docs" / "schemas" / "task.schema.json").read_text())
    assert published == task_schema(), "run `make docs`"


@pytest.mark.parametrize(
    ("check", "values", "outcome"),
    [
        ("net + tax == total", {"net": money("10.00"), "tax": money("1.90"), "total": money("11.90")}, "holds"),
        ("net + tax == total", {"net": money("10.00"), "tax": money("1.90"), "total": money("11.91")}, "broken"),
        ("net + tax == total", {"net": money("10.00"), "tax": None, "total": money("11.90")}, "not-applicable"),
        ("net <= total", {"net": money("10.00", "USD"), "total": money("11.00", "EUR")}, "broken"),
        ("net * 2 == total", {"net": money("10.00", None), "total": money("20.00", "EUR")}, "holds"),
        ("start <= end", {"start": "2024-01-01", "end": "2024-02-01"}, "holds"),
        ("start < end", {"start": "2024-03-01", "end": "2024-02-01"}, "broken"),
        ("name != 'x'", {"name": "y"}, "holds"),
        ("n / 0 == 1", {"n": "1"}, "broken"),
        ("start == n", {"start": "2024-01-01", "n": "1"}, "broken"),
    ],
)
def test_checks_are_worked_out_in_decimal_arithmetic(check: str, values: dict[str, object], outcome: str) -> None:
    assert run_check(check, values, KINDS) == outcome


@pytest.mark.parametrize(
    "check",
    [
        "net +",
        "net",
        "nothing == 1",
        "__import__('os') == 1",
        "net ** 2 == 1",
        "(lambda: 1)() == 1",
        "[1] == 1",
        "net.real == 1",
        "term == 1",
        "net == True",
    ],
)
def test_a_check_can_hold_nothing_but_arithmetic(check: str) -> None:
    with pytest.raises(CheckSyntaxError):
        parse_check(check, KINDS)


@given(st.text(max_size=40))
def test_any_text_is_a_check_or_is_refused(text: str) -> None:
    try:
        parse_check(text, KINDS)
    except CheckSyntaxError:
        return
    assert run_check(text, dict.fromkeys(KINDS), KINDS) in ("not-applicable", "holds", "broken")
