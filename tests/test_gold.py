"""Gold: typed like answers, appended and never overwritten, drafted, imported, checked and split."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.contracts import DocumentFacts, FieldAnswer, GoldLine, Result
from ringfence.errors import InputError
from ringfence.evaluation import values_match
from ringfence.gold.faults import form_faults, twin_faults, unsupported_values
from ringfence.gold.file import GoldFile
from ringfence.gold.importer import import_rows, read_table
from ringfence.gold.label_studio import label_config, read_label_studio, tasks_of
from ringfence.gold.near_duplicates import families_of, near_duplicates
from ringfence.gold.split import (
    PARTS,
    SplitFile,
    draw_split,
    key_of,
)
from ringfence.gold.values import (
    GoldValueError,
    as_cell,
    parse_gold_value,
)
from ringfence.gold.workbook import draft_rows, write_workbook
from ringfence.tasks import AnswerField
from ringfence.tasks.locale import Locale
from tests.conftest import document_of, task_of

TASK = task_of(
    total={"kind": "money"},
    paid={"kind": "boolean"},
    currency={"kind": "choice", "options": ["EUR", "USD"]},
    lines={"kind": "list", "fields": {"name": {"kind": "text"}, "amount": {"kind": "number"}}},
)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("money", "1,249.50 EUR", {"amount": "1249.50", "currency": "EUR"}),
        ("money", "1249.50 EUR", {"amount": "1249.50", "currency": "EUR"}),
        ("money", 12.5, {"amount": "12.5", "currency": None}),
        ("number", 4711.0, "4711"),
        ("number", "-3", "-3"),
        ("date", "2024-03-12", "2024-03-12"),
        ("date", "12 March 2024", "2024-03-12"),
        ("boolean", "Yes", True),
        ("boolean", 0, False),
        ("text", 4711.0, "4711"),
        ("text", "  ", None),
    ],
)
def test_what_a_person_writes_is_typed_like_an_answer(kind: str, raw: Any, value: Any) -> None:
    assert parse_gold_value(AnswerField("f", kind), raw, Locale(decimal=".")) == value


@pytest.mark.parametrize(
    ("kind", "raw", "what"),
    [
        ("date", "03/04/2024", "could be"),
        ("number", "many", "is not a valid number"),
        ("boolean", "perhaps", "neither"),
        ("choice", "GBP", "not one of"),
    ],
)
def test_what_is_no_value_is_refused_with_the_reason(kind: str, raw: str, what: str) -> None:
    with pytest.raises(GoldValueError, match=what):
        parse_gold_value(AnswerField("f", kind, ("EUR", "USD")), raw, Locale())


@given(
    st.sampled_from(["money", "number", "boolean", "choice"]),
    st.integers(0, 4).flatmap(lambda places: st.decimals(-(10**9), 10**9, places=places)),
    st.booleans(),
    st.sampled_from([Locale(), Locale(decimal=","), Locale(decimal=".")]),
)
def test_what_is_shown_to_a_person_comes_back_the_same(kind: str, number: Any, flag: bool, locale: Locale) -> None:
    value: Any = {
        "money": {"amount": str(number), "currency": "EUR" if flag else None},
        "number": str(number),
        "boolean": flag,
        "choice": "EUR" if flag else "USD",
    }[kind]
    field = AnswerField("f", kind, ("EUR", "USD"))
    back = parse_gold_value(field, as_cell(field, value), locale)
    assert values_match(kind, back, value)
    assert parse_gold_value(field, value, locale, contract=True) == value


def test_gold_grows_and_keeps_who_changed_what(tmp_path: Path) -> None:
    gold = GoldFile(tmp_path / "gold.jsonl")
    assert gold.add({"a": GoldLine(document="a", values={"x": "1"}, by="ann")}) == (1, 0)
    assert gold.add({"a": GoldLine(document="a", values={"x": "1"}, by="bob")}) == (0, 0)
    assert gold.add({"a": GoldLine(document="a", values={"x": "2"}, by="bob", note="typo")}) == (0, 1)
    first, second = gold.entries()
    assert (first.values, second.values, second.old) == ({"x": "1"}, {"x": "2"}, {"x": "1"})
    assert (second.by, second.note) == ("bob", "typo")
    assert gold.latest()["a"].values == {"x": "2"}


def test_a_gold_file_that_ends_without_a_line_break_is_not_damaged(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"document": "a", "values": {"x": "1"}}')
    GoldFile(path).add({"b": GoldLine(document="b", values={"x": "2"})})
    assert list(GoldFile(path).latest()) == ["a", "b"]


def test_a_line_that_is_no_gold_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"document": "a", "values": {}}\n{"values": 3}\n')
    with pytest.raises(InputError, match="Line 2"):
        GoldFile(path).latest()


def test_lists_of_a_workbook_come_back(tmp_path: Path) -> None:
    values = {
        "total": {"amount": "3.00", "currency": "EUR"}, "paid": True, "currency": None,
        "lines": [{"name": "nut", "amount": "1"}, {"name": "bolt", "amount": "2"}],
    }  # fmt: skip
    rows = draft_rows([Result(document=DocumentFacts(id="a", path="a"), status="done", values=values)], TASK, False)
    write_workbook(rows, TASK, {"origin": "blind"}, tmp_path / "g.xlsx")
    (row,), _ = read_table(tmp_path / "g.xlsx", {})
    confirmed = [type(row)(row.document, row.cells, row.records, True)]
    assert import_rows(confirmed, TASK, "", "blind", None).entries["a"].values == values


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_with_other_names_is_mapped(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "legacy.csv"
    rows = [["File", "Amount", "Remark"], ["a.pdf", "12.50", "late"], ["b.pdf", "", ""]]
    path.write_text("\n".join(delimiter.join(row) for row in rows) + "\n")
    found, _ = read_table(path, {"File": "document", "Amount": "total", "Remark": "note"})
    entries = import_rows(found, TASK, "", "blind", None).entries
    assert entries["a.pdf"].values == {"total": {"amount": "12.50", "currency": None}}
    assert entries["a.pdf"].note == "late"
    assert entries["b.pdf"].values == {"total": None}


def test_label_studio_there_and_back(tmp_path: Path) -> None:
    task = task_of(total={"kind": "money"}, paid={"kind": "boolean"})
    document = document_of("🧾 The total is EUR 5.00 today.")
    result = Result(
        document=DocumentFacts(id="a.txt"),
        status="done",
        values={"total": {"amount": "5.00", "currency": "EUR"}, "paid": True},
        fields={"total": FieldAnswer(kind="derived", spans=[(15, 23)]), "paid": FieldAnswer(kind="judged")},
    )
    (made,) = tasks_of({"a.txt": result}, [document], task, False)
    assert '<Label value="total"/>' in label_config(task)
    assert made["predictions"][0]["result"][0]["value"]["start"] == 16  # the picture is two units of UTF-16
    made["annotations"] = [{"was_cancelled": False, "result": made.pop("predictions")[0]["result"]}]
    (tmp_path / "export.json").write_text(
        json.dumps([made, {"data": {"document": "b.txt", "text": ""}, "annotations": []}])
    )
    found = import_rows(read_label_studio(tmp_path / "export.json", task), task, "", None, None)
    assert found.entries["a.txt"].values == result.values
    assert found.entries["a.txt"].spans == {"total": [[15, 23]]}
    assert found.unconfirmed == ["b.txt"]


def test_what_is_wrong_with_gold_is_named() -> None:
    task = task_of(total={"kind": "money"}, due={"kind": "date"})
    entries = {
        "a": GoldLine(document="a", values={"total": "12.00", "due": "2024-13-01", "tax": None}),
        "b": GoldLine(document="b", values={"total": {"amount": "12.00", "currency": "EUR"}, "due": None}),
        "c": GoldLine(document="c", values={"total": {"amount": "13.00", "currency": "EUR"}, "due": None}),
    }
    assert {(fault.document, fault.field) for fault in form_faults(entries, task)} == {
        ("a", "total"),
        ("a", "due"),
        ("a", "tax"),
    }
    text = "Invoice of the Nordwind company, total EUR 12.00, thank you for your order"
    pairs = near_duplicates({"b": text, "c": text, "a": "something else altogether, about the weather"})
    assert [(fault.document, fault.grave) for fault in twin_faults(entries, pairs)] == [("b", True)]
    assert unsupported_values(entries["b"], task, document_of(text)) == []
    assert [fault.field for fault in unsupported_values(entries["c"], task, document_of(text))] == ["total"]


@pytest.mark.parametrize(
    ("values", "spans", "where"),
    [
        ({"lines": [{"nam": "x"}]}, {}, "lines[0].nam"),
        ({"lines": "x"}, {}, "lines"),
        ({"lines": ["x"]}, {}, "lines"),
        ({"seller": {"nam": "x"}}, {}, "seller.nam"),
        ({"seller": "x"}, {}, "seller"),
        ({"paid": True}, {"paid": [[5, 3]]}, "paid"),
        ({"paid": True}, {"paid": [3, 5]}, "paid"),
        ({"due": "20240312"}, {}, "due"),
        ({"account": "DE89 3704 0044 0532 0130 00"}, {}, "account"),
        ({"lines": [{"amount": "1,5"}]}, {}, "lines[0].amount"),
    ],
)
def test_the_form_is_checked_inside_records_lists_and_places(values: Any, spans: Any, where: str) -> None:
    task = task_of(
        seller={"kind": "record", "fields": {"name": {"kind": "text"}}},
        paid={"kind": "boolean"},
        due={"kind": "date"},
        account={"kind": "iban"},
        lines={"kind": "list", "fields": {"name": {"kind": "text"}, "amount": {"kind": "number"}}},
    )
    line = GoldLine.model_construct(document="a", values=values, spans=spans)  # unchecked, as a program may make it
    assert [fault.field for fault in form_faults({"a": line}, task)] == [where]


def test_what_an_entry_does_not_state_stays_and_null_is_a_statement(tmp_path: Path) -> None:
    gold = GoldFile(tmp_path / "gold.jsonl")
    first = GoldLine(
        document="a", values={"x": "1", "seller": {"name": "N"}}, origin="pre-filled", spans={"x": [[0, 1]]}
    )
    gold.add({"a": first})
    more = GoldLine(document="a", values={"y": None, "seller": {"city": "B"}}, origin="pre-filled")
    assert gold.add({"a": more}, records={"seller"}) == (0, 1)
    known = gold.latest()["a"]
    assert known.values == {"x": "1", "y": None, "seller": {"name": "N", "city": "B"}}
    assert known.spans == {"x": [[0, 1]]}
    assert gold.add({"a": GoldLine(document="a", values={"x": "1"}, origin="blind")}) == (
        0,
        1,
    )  # confirmed blind: worth more
    assert gold.latest()["a"].origin == "blind"
    gold.add({"a": GoldLine(document="a", values={"x": "2"})})
    assert gold.latest()["a"].spans == {}  # the place was that of the old value
    gold.add({"a": GoldLine(document="a", values={"x": "2"})}, replace=True)
    assert gold.latest()["a"].values == {"x": "2"}


def test_two_imports_at_once_lose_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "gold.jsonl")
    program = (
        "import sys; from pathlib import Path\n"
        "from ringfence.contracts import GoldLine; from ringfence.gold.file import GoldFile\n"
        "for name in [f'{sys.argv[2]}{n}' for n in range(20)]:\n"
        "    GoldFile(Path(sys.argv[1])).add({name: GoldLine(document=name, values={'x': '1'})})"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, path, name]) for name in ("a", "b", "c")]
    assert [one.wait(120) for one in running] == [0, 0, 0]
    assert len(GoldFile(Path(path)).latest()) == 60


@given(
    st.dictionaries(
        st.text("abcdef", min_size=1, max_size=4),
        st.tuples(st.integers(0, 5), st.integers(0, 2)),
        min_size=1,
        max_size=60,
    ),
    st.integers(0, 3),
)
def test_a_split_is_whole_keeps_families_and_is_repeatable(documents: dict[str, tuple[int, int]], seed: int) -> None:
    first: dict[int, str] = {}
    families = {name: first.setdefault(family, name) for name, (family, _) in documents.items()}
    strata = {name: str(stratum) for name, (_, stratum) in documents.items()}
    split = draw_split(families, strata, {"calibration": 0.3, "dev": 0.2, "test": 0.5}, seed)
    assert sorted(one for part in split.parts.values() for one in part) == sorted(documents)
    assert split.leaks(families) == []
    assert split.digest == draw_split(families, strata, split.shares, seed).digest


def test_a_split_has_its_shares_and_spreads_the_labels() -> None:
    names = [f"d{n}" for n in range(200)]
    strata = {name: "rare" if n % 10 == 0 else "common" for n, name in enumerate(names)}
    split = draw_split({name: name for name in names}, strata, dict(zip(PARTS, (0.3, 0.2, 0.5), strict=True)), 0)
    assert [len(split.parts[part]) for part in PARTS] == [60, 40, 100]
    assert [sum(strata[one] == "rare" for one in split.parts[part]) for part in PARTS] == [6, 4, 10]


def test_a_key_keeps_documents_together() -> None:
    families = families_of(["a", "b", "c"], [], {"a": "acme", "b": None, "c": "acme"})
    assert families["a"] == families["c"] != families["b"]


def test_a_key_is_a_single_field_of_the_task() -> None:
    entry = GoldLine(document="a", values={"currency": "EUR"})
    assert key_of(entry, TASK, "currency") == "eur"
    for key in ("supplier", "lines.name", "lines"):
        with pytest.raises(InputError, match="is not a single field"):
            key_of(entry, TASK, key)


def test_families_and_shares_belong_to_the_digest_of_a_split() -> None:
    shares = {"dev": 0.5, "test": 0.5}
    split = draw_split({"a": "a", "b": "b"}, {"a": "", "b": ""}, shares, 0)
    assert dataclasses.replace(split, families={"a": "a", "b": "a"}).digest != split.digest
    assert dataclasses.replace(split, key="x").digest != split.digest
    assert dataclasses.replace(split, made_at="later").digest == split.digest


def test_an_opening_that_a_kill_cut_short_spoils_no_later_one(tmp_path: Path) -> None:
    file = SplitFile(tmp_path / "gold.jsonl")
    file.opened("evaluate a", "sha256:1")
    with file.openings_path.open("a") as stream:
        stream.write('{"at": "2026')
    assert len(file.openings()) == 1
    file.opened("evaluate b", "sha256:2")
    assert [one["command"] for one in file.openings()] == ["evaluate a", "evaluate b"]


def test_a_split_that_was_edited_is_refused_and_openings_are_kept(tmp_path: Path) -> None:
    file = SplitFile(tmp_path / "gold.jsonl")
    split = draw_split({"a": "a", "b": "b"}, {"a": "", "b": ""}, {"dev": 0.5, "test": 0.5}, 0)
    file.write(split)
    assert file.read() == split
    with pytest.raises(InputError, match="already exists"):
        file.write(split)
    file.opened("evaluate runs/a", "sha256:1")
    assert [one["command"] for one in file.openings()] == ["evaluate runs/a"]
    file.path.write_text(file.path.read_text().replace('"seed": 0', '"seed": 1'))
    with pytest.raises(InputError, match="changed after"):
        file.read()
