"""Records and lists: every record stands on a row or block of its own, rows move on, nothing is listed twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.checker import check_run
from ringfence.documents import expand_inputs
from ringfence.errors import TaskError
from ringfence.runs import RunFolder
from ringfence.tasks import (
    Answer,
    AnswerError,
    ExtractTask,
    merge,
    prepare,
)
from ringfence.tasks.extract.list_grammar import ListRule
from tests.conftest import answering, document_of, fake_lock, task_of
from tests.fake_runs import run

PAPER = """ACME GmbH
Berlin   Invoice 47112

Item   Qty   Amount
Bolt M8 steel   3   7.50
  galvanised
Nut   10   2.50
Nut   10   2.50

Total   12.50
"""
LINES = {
    "kind": "list",
    "fields": {"item": {"kind": "text"}, "qty": {"kind": "number"}, "amount": {"kind": "money"}},
}
SELLER = {"kind": "record", "fields": {"name": {"kind": "text"}, "city": {"kind": "text"}}}


def answer(task: ExtractTask, text: str, written: str) -> Answer:
    return merge(task, [prepare(task, document_of(text)).plan().read(written)])


def test_a_record_groups_its_fields_and_a_list_its_records() -> None:
    task = task_of(seller=SELLER, lines=LINES, total={"kind": "money"})
    got = answer(
        task,
        PAPER,
        " ACME GmbH\nseller.city: Berlin\nlines:\n- Bolt M8 steel | 3 | 7.50\n"
        "- Nut | 10 | 2.50\n- Nut | 10 | 2.50\ntotal: 12.50\n",
    )
    assert got.values["seller"] == {"name": "ACME GmbH", "city": "Berlin"}
    assert [line["item"] for line in got.values["lines"]] == ["Bolt M8 steel", "Nut", "Nut"]
    assert got.values["lines"][0]["amount"] == {"amount": "7.50", "currency": None}
    # The two equal rows are two places of the paper.
    assert got.fields["lines[1].item"].spans != got.fields["lines[2].item"].spans
    assert list(got.fields)[:3] == ["seller.name", "seller.city", "lines[0].item"]


def test_a_description_may_stand_on_the_line_below_its_row() -> None:
    got = answer(task_of(lines=LINES), PAPER, "\n- galvanised | 3 | 7.50\n")
    assert got.values["lines"][0]["item"] == "galvanised"


TWO_LINES = "Code   Item   Price   Qty\n\nA1   Bolt   2.50   3\n4012345   7.50\nB2   Nut   0.25   10\n4012346   2.50\n"


def test_a_row_may_be_printed_on_two_lines() -> None:
    spec = {
        "kind": "list",
        "fields": {
            "item": {"kind": "text"}, "price": {"kind": "number"}, "qty": {"kind": "number"},
            "amount": {"kind": "number"},
        },
    }  # fmt: skip
    got = answer(task_of(lines=spec), TWO_LINES, "\n- Bolt | 2.50 | 3 | 7.50\n- Nut | 0.25 | 10 | 2.50\n")
    assert [line["amount"] for line in got.values["lines"]] == ["7.50", "2.50"]
    with pytest.raises(AnswerError):
        answer(task_of(lines=spec), TWO_LINES, "\n- Bolt | 0.25 | 3 | 7.50\n")


@pytest.mark.parametrize(
    "written",
    [
        "\n- Nut | 10 | 2.50\n- Bolt M8 steel | 3 | 7.50\n",  # backwards
        "\n- Bolt M8 steel | 10 | 7.50\n",  # a value of another row
        "\n- Nut | 10 | 2.50\n- Nut | 10 | 2.50\n- Nut | 10 | 2.50\n",  # more often than it stands there
        "\n- Nut | 10\n",
        "\n- Nut | 10 | 2.50 | 1\n",
        "\n- Nut | 10 | 2.50",
        "\nNut | 10 | 2.50\n",
    ],
)
def test_what_is_no_row_of_the_document_is_never_taken_for_one(written: str) -> None:
    with pytest.raises(AnswerError):
        answer(task_of(lines=LINES), PAPER, written)


def test_a_list_may_be_empty_and_a_record_of_nulls_is_none() -> None:
    assert answer(task_of(lines=LINES), PAPER, " null\n").values == {"lines": []}
    assert answer(task_of(lines=LINES), PAPER, "\n- null | null | null\n").values == {"lines": []}
    assert answer(task_of(lines=LINES), "no rows here", " null\n").values == {"lines": []}


def test_records_may_stand_on_blocks() -> None:
    text = "Order A17\nfor Ann\n\nOrder B22\nfor Bob\n"
    spec = {
        "kind": "list",
        "anchor": "block",
        "fields": {"number": {"kind": "code", "pattern": r"[A-Z]\d\d"}, "who": {"kind": "text"}},
    }
    got = answer(task_of(orders=spec), text, "\n- A17 | Ann\n- B22 | Bob\n")
    assert [order["who"] for order in got.values["orders"]] == ["Ann", "Bob"]
    with pytest.raises(AnswerError):
        answer(task_of(orders=spec), text, "\n- A17 | Bob\n")


CELLS = st.lists(
    st.tuples(st.from_regex(r"[a-z|]{1,6}( [a-z;:]{1,5})?", fullmatch=True), st.integers(0, 99), st.integers(0, 999)),
    min_size=1,
    max_size=8,
)


@given(CELLS, st.data())
def test_every_list_that_the_grammar_allows_is_read_back_in_order(rows: list[Any], data: st.DataObject) -> None:
    text = "\n".join(f"{name}   {qty}   {amount}.00" for name, qty, amount in rows)
    plan = prepare(task_of(lines=LINES), document_of(text)).plan()
    rule = plan.rules["lines"]
    assert isinstance(rule, ListRule)
    chosen = sorted(data.draw(st.sets(st.integers(0, len(rule.units) - 1), min_size=1)))
    written = "".join(
        "\n-" + " |".join(f" {value}" for value in (rows[n][0], rows[n][1], f"{rows[n][2]}.00")) for n in chosen
    )
    records = rule.read(written)
    assert records is not None
    assert len(records) == len(chosen)
    places = [place for place, _ in records]
    assert places == sorted(set(places))


@given(CELLS, st.text(alphabet="abc |-\n0123.", max_size=40))
def test_whatever_is_read_as_a_list_is_printed_in_the_document(rows: list[Any], written: str) -> None:
    text = "\n".join(f"{name}   {qty}   {amount}.00" for name, qty, amount in rows)
    document = document_of(text)
    rule = prepare(task_of(lines=LINES), document).plan().rules["lines"]
    assert isinstance(rule, ListRule)
    for _, record in rule.read(written) or []:
        for value in record.values():
            if value.reading is not None and not isinstance(value.reading, str):
                for start, end in value.reading.spans:
                    assert document.text[start:end].strip()


CHECKS = ["sum(lines.amount) == total", "lines.qty * 1 >= 3", "count(lines) == 2"]


def test_checks_speak_of_sums_counts_and_single_rows_and_flag_what_they_name() -> None:
    task = task_of(CHECKS, lines=LINES, total={"kind": "money"})
    got = answer(task, PAPER, "\n- Bolt M8 steel | 3 | 7.50\n- Nut | 10 | 2.50\ntotal: 12.50\n")
    assert got.checks == {CHECKS[0]: "broken", CHECKS[1]: "holds", CHECKS[2]: "holds"}
    assert got.fields["total"].flags == [f"check: {CHECKS[0]}"]
    got = answer(task_of(["lines.qty < 5"], lines=LINES), PAPER, "\n- Bolt M8 steel | 3 | 7.50\n- Nut | 10 | 2.50\n")
    assert got.checks == {"lines.qty < 5": "broken"}
    assert got.fields["lines[0].qty"].flags == []
    assert got.fields["lines[1].qty"].flags == ["check: lines.qty < 5"]
    got = answer(task, PAPER, "\n- Bolt M8 steel | 3 | null\n- Nut | 10 | 2.50\ntotal: 12.50\n")
    assert got.checks[CHECKS[0]] == "not-applicable"


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("sum(total) == 1", "sum only a number or money field of a list"),
        ("sum(lines.item) == 1", "sum only a number or money field of a list"),
        ("count(total) == 1", "count only a list"),
        ("lines == 1", "a list cannot be compared"),
        ("lines.nothing == 1", "not a field"),
        ("seller == 1", "not a field"),
        ("lines.qty == more.qty", "two lists"),
        ("max(lines.qty) == 1", "may contain only fields"),
    ],
)
def test_a_check_that_cannot_be_worked_out_is_a_fault_of_the_task(check: str, fault: str) -> None:
    with pytest.raises(TaskError) as caught:
        task_of([check], seller=SELLER, lines=LINES, more=LINES, total={"kind": "money"})
    assert fault in str(caught.value)


def test_faults_inside_records_are_named_with_their_path() -> None:
    with pytest.raises(TaskError) as caught:
        task_of(lines={"kind": "list", "fields": {"Bad": {"kind": "text"}}}, seller={"kind": "record"})
    assert "lines.fields" in str(caught.value)
    assert "seller.fields: is missing" in str(caught.value)


def a_run(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(PAPER)
    task = task_of(lines=LINES)
    engine = answering(lines="x")
    engine.script = lambda request, prompt: "\n- Bolt M8 steel | 3 | 7.50\n- Nut | 10 | 2.50\n"
    run(task, expand_inputs([tmp_path / "in"]), engine, fake_lock(task), tmp_path / "run")
    return tmp_path / "run"


def test_the_checker_confirms_lists_and_finds_a_record_that_is_listed_twice(tmp_path: Path) -> None:
    folder = a_run(tmp_path)
    assert check_run(folder).findings == []
    result = next(RunFolder.open(folder).latest()).as_json()
    result["values"]["lines"].append(result["values"]["lines"][1])
    for leaf in ("item", "qty", "amount"):
        result["fields"][f"lines[2].{leaf}"] = result["fields"][f"lines[1].{leaf}"]
    (folder / "results.jsonl").write_text(json.dumps(result) + "\n")
    result["rows"]["lines"].append(result["rows"]["lines"][1])
    (folder / "results.jsonl").write_text(json.dumps(result) + "\n")
    assert [finding.fault for finding in check_run(folder).findings] == [
        "a record is listed twice, out of order, or without a row"
    ]
    result["rows"]["lines"][2] += 1
    (folder / "results.jsonl").write_text(json.dumps(result) + "\n")
    assert [finding.fault for finding in check_run(folder).findings] == [
        "a record begins where no row of the document does"
    ]
    result["values"]["lines"].pop()
    (folder / "results.jsonl").write_text(json.dumps(result) + "\n")
    assert [finding.fault for finding in check_run(folder).findings] == ["its fields are not those of the task"]
