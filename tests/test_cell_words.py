"""A name or a description in a row is a cell with words, not the code or the number beside it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.tasks import prepare
from ringfence.tasks.extract.cell_words import asks_for_words
from ringfence.tasks.fields import TextField
from tests.conftest import document_of, task_of

ROW = "1   TB100A4   Dividers A4   9.90   20 pcs   198.00\n4012345001235   (GTIN)\n"


def stated(text: str, field: str, written: str, **spec: Any) -> tuple[Any, dict[str, Any]]:
    """The value of a text field in the first record, and its features, after the model wrote ``written``."""
    task = task_of(lines={"kind": "list", "fields": {field: {"kind": "text", **spec}, "amount": {"kind": "number"}}})
    document = document_of(text)
    got = prepare(task, document).plan().read(f"\n- {written} | 198.00\n").lists["lines"][0].values[field]
    if got.value is not None:
        ((start, end),) = got.answer.spans
        assert " ".join(text[start:end].split()) == got.value
    return got.value, got.answer.features


@pytest.mark.parametrize("field", ["name", "description", "item_name", "bezeichnung"])
@pytest.mark.parametrize("written", ["TB100A4", "TB", "1", "9.90"])
def test_a_name_taken_from_a_code_is_the_cell_with_words(field: str, written: str) -> None:
    value, features = stated(ROW, field, written)
    assert value == "Dividers A4"
    assert features["cell_moved"] == 1


@pytest.mark.parametrize("written", ["Dividers A4", "Dividers", "20 pcs", "(GTIN)"])
def test_a_name_taken_from_other_cells_stays(written: str) -> None:
    value, features = stated(ROW, "name", written)
    assert value == written
    assert "cell_moved" not in features


@pytest.mark.parametrize("field", ["article_number", "sku", "name_code", "product", "part"])
def test_other_fields_may_be_codes(field: str) -> None:
    assert stated(ROW, field, "TB100A4")[0] == "TB100A4"


def test_the_name_may_stand_in_the_line_below_or_left_of_the_code() -> None:
    below = "4123456000014   ZS997   100.00 pcs   1   198.00\nCitric acid 100ml\nPackaging : bottle\n"
    assert stated(below, "name", "ZS997")[0] == "Citric acid 100ml"
    assert stated(below, "name", "100.00")[0] == "100.00"  # a number tells nothing of other lines
    left = "Citric acid   ZS997   100.00   198.00\n"
    assert stated(left, "name", "ZS997")[0] == "Citric acid"


def test_the_number_of_a_row_may_stand_in_the_cell_of_the_code() -> None:
    text = "1 TB100A4   Dividers A4   20   9.90   198.00\n2 Spare part A4   Dividers A5   20   9.90   198.00\n"
    assert stated(text, "name", "TB100A4")[0] == "Dividers A4"
    assert stated(text, "name", "Spare part A4")[0] == "Spare part A4"


def test_the_task_can_say_what_a_field_holds() -> None:
    assert stated(ROW, "name", "TB100A4", holds="anything")[0] == "TB100A4"
    assert stated(ROW, "product", "TB100A4", holds="words")[0] == "Dividers A4"
    assert "holds" not in TextField(kind="text").model_dump()
    assert asks_for_words("sku", {"sku": TextField(kind="text", holds="words")})
    assert not asks_for_words("name", {"name": TextField(kind="text"), "role": TextField(kind="text")})


def test_a_single_field_that_holds_words_passes_over_a_code() -> None:
    document = document_of("INV-2024-001\nRoof repair, second part\n")
    plan = prepare(task_of(about={"kind": "text", "holds": "words"}), document).plan()
    assert plan.read(" INV-2024-001\n").single["about"].value == "Roof repair, second part"


@pytest.mark.parametrize(
    "row",
    [
        "1   M8x20   20   Stück   198.00",  # a unit is no name, so the code may be one
        "4711   12   pieces   198.00",
        "TB100A4   A4   198.00",
        "3M0815   20 Stk   198.00",
    ],
)
def test_where_no_cell_surely_has_words_the_code_stays(row: str) -> None:
    code = row.split("   ")[0] if not row.startswith("1 ") else "M8x20"
    assert stated(row + "\n", "name", code)[0] == code


@pytest.mark.parametrize("name", ["report2024.pdf", "srv01.example.com", "user123", "iPhone14"])
def test_a_name_in_small_letters_is_no_code(name: str) -> None:
    assert stated(f"{name}   Quarterly figures   198.00\n", "name", name)[0] == name


@pytest.mark.parametrize("mark", ["3M", "O2", "1&1"])
def test_a_short_mark_is_a_name_too(mark: str) -> None:
    assert stated(f"{mark}   Düsseldorf   198.00\n", "name", mark)[0] == mark


cells = st.lists(
    st.sampled_from(["1", "AB12", "AB-12/7", "4711", "Bolt", "Bolt M8", "Stück", "20 pcs", "3M"]), max_size=5
)


@given(cells, st.integers(0, 4))
def test_a_value_is_moved_only_from_a_code_to_a_cell_of_its_row(row: list[str], at: int) -> None:
    text = "   ".join([*row, "198.00"]) + "\n"
    written = [*row, "198.00"][min(at, len(row))]
    value, features = stated(text, "name", written)
    assert value in [*row, "198.00"]
    if "cell_moved" in features:
        assert " " not in written
        assert any(map(str.isdigit, written))
        assert value[:4].isalpha()
    else:
        assert value == written
