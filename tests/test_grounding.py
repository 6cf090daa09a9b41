"""Grounded: whatever a model writes, a value is a span of the document, derived from one, judged, or null."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.documents import Document
from ringfence.tasks import (
    Answer,
    AnswerError,
    ExtractionPlan,
    merge,
    prepare,
)
from ringfence.tasks.extract.grammar import CandidateRule
from ringfence.tasks.extract.text_runs import RunRule, SharedRules
from ringfence.tasks.fields import TextField
from ringfence.tasks.gbnf import literal, one_of
from ringfence.tasks.prompt import break_control_tokens
from tests.conftest import document_of, task_of

PAPER = (
    "Nordwind GmbH\nInvoice 4711 of 12.03.2024, delivered 01.03.2024\n\n"
    "Net   EUR 1,050.00\nTotal   EUR 1,249.50\nTotal again   1,249.50\n"
)


def answer(task: Any, document: Document, written: str) -> Answer:
    return merge(task, [plan(task, document).read(written)])


def plan(task: Any, document: Document) -> ExtractionPlan:
    return prepare(task, document).plan()


def whole(document: Document) -> list[tuple[int, int]]:
    return [(line.start, line.end) for line in document.lines]


def test_each_kind_of_value_keeps_the_place_that_it_came_from() -> None:
    task = task_of(
        supplier={"kind": "text"}, number={"kind": "code", "pattern": r"\d{4}"}, day={"kind": "date"},
        total={"kind": "money"},
        paid={"kind": "boolean"}, currency={"kind": "choice", "options": ["EUR", "USD"]}, note={"kind": "text"},
    )  # fmt: skip
    document = document_of(PAPER)
    got = answer(
        task,
        document,
        " Nordwind GmbH\nnumber: 4711\nday: 12.03.2024\ntotal: 1,249.50\npaid: false\ncurrency: EUR\nnote: null\n",
    )
    assert got.values == {
        "supplier": "Nordwind GmbH", "number": "4711", "day": "2024-03-12",
        "total": {"amount": "1249.50", "currency": "EUR"},
        "paid": False, "currency": "EUR", "note": None,
    }  # fmt: skip
    assert {name: entry.kind for name, entry in got.fields.items()} == {
        "supplier": "span", "number": "span", "day": "derived", "total": "derived", "paid": "judged",
        "currency": "judged",
        "note": "null",
    }  # fmt: skip
    for entry in got.fields.values():
        for start, end in entry.spans:
            assert document.text[start:end] == entry.raw


def test_of_several_occurrences_the_primary_one_tells_most_and_all_are_kept() -> None:
    text = "Sum   1,249.50\nTotal   EUR 1,249.50\n"
    got = answer(task_of(total={"kind": "money"}), document_of(text), " 1,249.50\n")
    assert got.fields["total"].raw == "EUR 1,249.50"
    assert got.fields["total"].others == [(6, 14)]


@pytest.mark.parametrize(
    "written",
    [" EUR 7,250,000\n", " 1,249.5\n", " Total\n", " 1,249.50", "1,249.50\n", "", " null\nmore: 1\n"[:0] + " 9\n"],
)
def test_an_amount_that_is_not_in_the_document_is_never_taken(written: str) -> None:
    with pytest.raises(AnswerError):
        answer(task_of(total={"kind": "money"}), document_of(PAPER), written)


def test_a_required_field_cannot_be_null_unless_there_is_nothing_to_choose_from() -> None:
    with pytest.raises(AnswerError):
        answer(task_of(total={"kind": "money", "required": True}), document_of(PAPER), " null\n")
    got = answer(task_of(mail={"kind": "email", "required": True}), document_of(PAPER), " null\n")
    assert got.values["mail"] is None
    assert got.fields["mail"].flags == ["required-but-absent"]


def test_an_ambiguous_date_is_null_with_a_flag_and_both_readings() -> None:
    got = answer(task_of(day={"kind": "date"}), document_of("on 03/04/2023"), " 03/04/2023\n")
    assert got.values["day"] is None
    assert got.fields["day"].flags == ["ambiguous-date"]
    assert got.fields["day"].readings == ["2023-03-04", "2023-04-03"]


def test_a_text_longer_than_the_task_allows_is_null_with_a_flag() -> None:
    got = answer(task_of(name={"kind": "text", "max_segments": 2}), document_of("one two three"), " one two three\n")
    assert (got.values["name"], got.fields["name"].flags) == (None, ["over-max-segments"])


def test_a_text_stays_within_its_line_or_goes_on_within_its_block() -> None:
    document = document_of("first line\nsecond line\n\nother block")
    with pytest.raises(AnswerError):
        answer(task_of(a={"kind": "text"}), document, " line second\n")
    got = answer(task_of(a={"kind": "text", "within": "block"}), document, " line second\n")
    assert got.values["a"] == "line second"
    assert got.fields["a"].raw == "line\nsecond"
    assert (
        answer(task_of(a={"kind": "text", "within": "block"}), document, " line\nsecond\n").values["a"] == "line second"
    )
    with pytest.raises(AnswerError):
        answer(task_of(a={"kind": "text", "within": "block"}), document, " second line other\n")


def test_a_line_that_begins_like_the_next_field_does_not_end_the_value() -> None:
    document = document_of("one\nb: two\n")
    task = task_of(a={"kind": "text", "within": "block"}, b={"kind": "text"})
    rule = plan(task, document).rules["a"]
    assert isinstance(rule, RunRule)
    assert [link.gaps for chain in rule.chains for link in chain] == [("",), (" ",), ("",), (" ",)]
    got = answer(task, document, " one b: two\nb: two\n")
    assert got.values == {"a": "one b: two", "b": "two"}


def test_an_amount_without_its_grouping_and_a_date_in_iso_form_mean_the_printed_ones() -> None:
    task = task_of(total={"kind": "money"}, day={"kind": "date"})
    got = answer(task, document_of(PAPER), " 1249.50\nday: 2024-03-12\n")
    assert got.fields["total"].raw == "EUR 1,249.50"
    assert got.fields["day"].raw == "12.03.2024"


def test_occurrences_of_a_value_are_printed_alike() -> None:
    task = task_of(locale={"date_order": "mdy"}, day={"kind": "date"})
    document = document_of("on 2/25/2020, 02/25/20 and 2/25/2020")
    got = answer(task, document, " 2020-02-25\n")
    assert got.fields["day"].raw == "2/25/2020"
    assert [document.text[start:end] for start, end in got.fields["day"].others] == ["2/25/2020"]


def test_another_way_to_write_a_value_is_not_offered_where_it_could_mean_something_else() -> None:
    document = document_of("A 1.250 and B 1,250.00 and C 7,00 or 7.00")
    rule = plan(task_of(total={"kind": "money"}), document).rules["total"]
    assert isinstance(rule, CandidateRule)
    for surface, found in rule.by_surface.items():
        assert len({str(candidate.value) for candidate in found}) == 1, surface
    assert [document.text[c.start : c.end] for c in rule.by_surface["1.250"]] == ["1.250"]


def test_one_number_in_two_currencies_is_flagged_and_not_guessed() -> None:
    got = answer(task_of(total={"kind": "money"}), document_of("EUR 100.00 or USD 100.00"), " 100.00\n")
    assert got.values["total"] is None
    assert got.fields["total"].flags == ["ambiguous-currency"]
    assert got.fields["total"].readings == ["EUR", "USD"]


def test_a_broken_check_flags_every_field_that_it_names() -> None:
    task = task_of(["net == total"], net={"kind": "money"}, total={"kind": "money"})
    got = answer(task, document_of(PAPER), " 1,050.00\ntotal: 1,249.50\n")
    assert got.checks == {"net == total": "broken"}
    assert got.fields["net"].flags == got.fields["total"].flags == ["check: net == total"]


CAPITALS = "MUSTER-Autovermietung GmbH\nVertrag der MUSTER-Autovermietung mit Muster-Kunden\n"


def test_capitals_may_be_written_as_a_name_is_and_mean_what_is_printed() -> None:
    document, task = document_of(CAPITALS), task_of(name={"kind": "text"})
    got = answer(task, document, " Muster-Autovermietung GmbH\n")
    assert got.values["name"] == got.fields["name"].raw == "MUSTER-Autovermietung GmbH"
    printed_so = answer(task, document, " Muster-Kunden\n")
    assert printed_so.fields["name"].raw == "Muster-Kunden"


def test_what_is_printed_as_written_comes_before_what_is_printed_in_capitals() -> None:
    got = answer(task_of(name={"kind": "text"}), document_of("NORD and the rest\nNord and the rest\n"), " Nord\n")
    assert got.fields["name"].raw == "Nord"
    assert got.fields["name"].others == []


def test_a_document_in_capitals_is_written_as_it_is() -> None:
    with pytest.raises(AnswerError):
        answer(task_of(name={"kind": "text"}), document_of("KEDAI PAPAN YEW CHUAN\nTAX INVOICE\n"), " Kedai Papan\n")


def test_asked_again_without_a_word_no_value_begins_with_it_in_any_form() -> None:
    document = document_of(CAPITALS)
    rule = RunRule(document, TextField(kind="text"), whole(document))
    for written, left in (("MUSTER-Autovermietung", {"Muster"}), ("Muster-Autovermietung", set())):
        again = rule.without(written)
        assert again is not None
        beginnings = next(iter(again.rules("f", SharedRules())))
        assert {word for word in ("MUSTER", "Muster") if f'"{word}"' in beginnings} == left


WORDS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60
)


@given(WORDS, st.data())
def test_every_run_that_the_grammar_allows_is_read_back_to_its_own_place(text: str, data: st.DataObject) -> None:
    document = document_of("x " + text)
    within = data.draw(st.sampled_from(["line", "block"]))
    parts = document.lines if within == "line" else document.blocks
    rule = RunRule(document, TextField(kind="text", within=within), [(part.start, part.end) for part in parts])
    chain = data.draw(st.sampled_from(rule.chains))
    first = data.draw(st.integers(0, len(chain) - 1))
    last = data.draw(st.integers(first, len(chain) - 1))
    links = chain[first : last + 1]
    gaps = ["", *(data.draw(st.sampled_from(link.gaps)) for link in links[1:])]
    words = [document.text[link.segment.start : link.segment.end] for link in links]
    written = "".join(gap + word for gap, word in zip(gaps, words, strict=True))
    reading = rule.read(written)
    assert reading is not None
    assert (chain[first].segment.start, chain[last].segment.end) in reading.spans
    for start, end in reading.spans:
        assert "".join(document.text[start:end].split()) == "".join(written.split())


@given(
    st.lists(st.sampled_from(["NORD", "Nord", "nord", "ÖL", "AG", "und", "A4", "-"]), min_size=1, max_size=9), st.data()
)
def test_capitals_written_as_names_are_read_as_a_run_of_the_same_letters(words: list[str], data: st.DataObject) -> None:
    document = document_of("viel kleiner Text, damit Namen klein sind: " + " ".join(words))
    rule = RunRule(document, TextField(kind="text"), whole(document))
    (chain,) = rule.chains
    first = data.draw(st.integers(0, len(chain) - 1))
    last = data.draw(st.integers(first, len(chain) - 1))
    printed = document.text[chain[first].segment.start : chain[last].segment.end]
    written = " ".join(
        data.draw(st.sampled_from([word, word.capitalize()]))
        if word.isupper() and word.isalpha() and len(word) > 1
        else word
        for word in printed.split(" ")
    )
    reading = rule.read(written)
    assert reading is not None
    found = {document.text[start:end] for start, end in reading.spans}
    assert len(found) == 1
    assert found.pop().casefold() == written.casefold()


@given(WORDS, st.text(max_size=30))
def test_what_is_not_in_the_document_is_never_read_back(text: str, written: str) -> None:
    document = document_of("x " + text)
    rule = RunRule(document, TextField(kind="text"), whole(document))
    reading = rule.read(written)
    if reading is not None:
        for start, end in reading.spans:
            assert "".join(document.text[start:end].split()).casefold() == "".join(written.split()).casefold()


@given(st.text())
def test_a_literal_has_no_character_beyond_ascii_inside_its_quotes(text: str) -> None:
    written = literal(text)
    quoted, inside, escaped = [], False, False
    for character in written:
        if inside and not escaped and character == "\\":
            escaped = True
            continue
        if character == '"' and not escaped:
            inside = not inside
        elif inside:
            quoted.append(character)
        escaped = False
    assert not inside
    assert all(ord(character) < 128 for character in quoted)


@settings(max_examples=200)
@given(st.text(alphabet="<|im_end>xs/", max_size=40))
def test_no_control_token_survives_in_the_prompt(text: str) -> None:
    tokens = ("<|im_end|>", "<|im_start|>", "</s>", "<s>")
    broken = break_control_tokens(text, tokens)
    assert not any(token in broken for token in tokens)
    assert broken.replace(" ", "") == text.replace(" ", "")


NULLS = " null\nwho: null\n"
TWO = {"total": {"kind": "money"}, "who": {"kind": "text"}}


def looked(belief: dict[str, float]) -> Any:
    """The second look at an answer of two nulls, each one token, with the log-probabilities in ``belief``."""
    task_plan = plan(task_of(None, None, **TWO), document_of("Ann pays 5.00"))
    ends, logprobs = [5, 6, 10, 15, 16], [belief["total"], 0.0, 0.0, belief["who"], 0.0]
    return task_plan.second_look(NULLS, ends, logprobs)


def test_a_null_that_the_model_holds_to_be_more_likely_than_any_value_stands() -> None:
    assert looked({"total": -0.5, "who": -0.1}) is None


def test_a_null_less_likely_than_a_value_is_asked_again_without_null_and_what_stands_before_it_is_kept() -> None:
    look = looked({"total": -0.1, "who": -0.9})
    assert look.written.text == " null\nwho:"
    assert look.written.logprobs == (-0.1, 0.0, 0.0)
    assert '"null"' not in look.grammar
    assert " null" not in look.grammar
    got = merge(look.task, [look.read(" Ann\n", (4, 5), (-0.5, 0.0))])
    assert got.values == {"total": None, "who": "Ann"}
    assert got.fields["who"].features["null_logprob"] == -0.9
    assert got.fields["who"].features["logprob_min"] == -0.5
    assert got.fields["total"].features["logprob_min"] == -0.1


def test_the_first_doubtful_null_comes_first_and_each_field_is_looked_at_once() -> None:
    look = looked({"total": -0.9, "who": -0.9})
    assert look.written.text == ""
    assert " null" in look.grammar  # who, behind it, may still be null
    again = look.second_look(" 5.00\nwho: null\n", (5, 6, 10, 15, 16), (-0.2, 0.0, 0.0, -0.9, 0.0))
    assert again.written.text == " 5.00\nwho:"
    assert again.second_look(" Ann\n", (4, 5), (-0.9, 0.0)) is None
    assert merge(again.task, [again.read(" Ann\n", (4, 5), (-0.9, 0.0))]).values == {
        "total": {"amount": "5.00", "currency": None},
        "who": "Ann",
    }


@pytest.mark.parametrize("joint", ["\n", " ", ", "])
def test_the_lines_of_a_text_may_be_written_with_a_break_a_space_or_a_comma_and_the_value_is_the_paper(
    joint: str,
) -> None:
    document = document_of("Shop\n12 High Street\nLeeds\n\nHead office: 12 High Street, Leeds\n")
    got = answer(task_of(address={"kind": "text", "within": "block"}), document, f" 12 High Street{joint}Leeds\n")
    assert got.values == {"address": "12 High Street Leeds"}
    assert got.fields["address"].raw == "12 High Street\nLeeds"
    assert got.fields["address"].others == []


def as_regex(expression: str) -> str:
    """An expression of GBNF without rule names as a regular expression of Python."""
    out, position = [], 0
    for match in re.finditer(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|[()|?]|\s+', expression):
        assert match.start() == position, expression
        position = match.end()
        if match.group(1) is not None:
            plain = re.sub(r"\\x([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), match.group(1))
            plain = (
                plain.replace("\\n", "\n")
                .replace("\\r", "\r")
                .replace("\\t", "\t")
                .replace('\\"', '"')
                .replace("\\\\", "\\")
            )
            out.append(f"(?:{re.escape(plain)})")
        elif match.group(2) is not None:
            out.append(f"(?:{re.escape(match.group(2))})")
        elif match.group() in ("(", ")", "|", "?"):
            out.append("(?:" if match.group() == "(" else match.group())
    assert position == len(expression)
    return "".join(out)


@given(
    st.sets(st.text(alphabet='01.,aé"', min_size=1, max_size=6), min_size=1, max_size=12),
    st.text(alphabet="01.,a", max_size=7),
)
def test_alternatives_written_as_a_tree_are_those_and_no_others(texts: set[str], other: str) -> None:
    pattern = re.compile(as_regex(one_of((text, "") for text in sorted(texts))))
    for text in (*texts, other, *(text + "0" for text in texts), *(text[:-1] for text in texts)):
        assert bool(pattern.fullmatch(text)) == (text in texts), text
