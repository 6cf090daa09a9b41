"""What the model's log-probabilities say against its answer: flags, and a second look."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.contracts import FieldAnswer
from ringfence.documents import cut_segments
from ringfence.tasks import ExtractionPlan, prepare
from ringfence.tasks.extract.text_runs import RunRule
from tests.conftest import document_of, task_of

PAPER = "Order 44938 of Ann Lee\nOrder 48812 of Sam Hill\n"


def read(written: str, logprobs: tuple[float, ...], text: str = PAPER, **spec: Any) -> FieldAnswer:
    """The answer ``written``, whose first tokens are single characters with ``logprobs``, for one field."""
    plan = prepare(task_of(value=spec), document_of(text)).plan()
    full = f" {written}\n"
    ends = (*range(1, len(logprobs) + 1), len(full) - 1, len(full))
    return plan.read(full, ends, (*logprobs, 0.0, 0.0)).single["value"].answer


CODE = {"kind": "code", "pattern": r"\d{5}"}


def test_a_value_that_the_model_was_led_to_carries_a_flag() -> None:
    assert read("44938", (0.0, -0.3, -6.6), **CODE).flags == ["unlikely-token"]
    assert read("44938", (0.0, -0.3, -3.9), **CODE).flags == []
    assert read("Ann Lee", (0.0, -0.3, -6.6), kind="text").flags == ["unlikely-token"]


def test_an_only_candidate_carries_none_since_its_text_had_to_be_written() -> None:
    assert read("44938", (0.0, -18.0), "Order 44938, again 44938\n", **CODE).flags == []


@pytest.mark.parametrize(("logprobs", "flags"), [((-0.4, -9.5), []), ((-0.4, -9.7), ["nothing-recognised"])])
def test_a_null_against_the_model_where_nothing_was_recognised_carries_a_flag(
    logprobs: tuple[float, ...], flags: list[str]
) -> None:
    assert read("null", logprobs, kind="date").flags == flags


@pytest.mark.parametrize(("belief", "flags"), [(-0.28, []), (-0.3, ["doubtful-null"])])
def test_a_null_that_is_only_rather_likely_carries_a_flag_where_there_are_candidates(
    belief: float, flags: list[str]
) -> None:
    assert read("null", (0.0, belief), "Paid on 2024-03-01 or 2024-04-01\n", kind="date").flags == flags
    assert read("null", (0.0, belief), "No day at all\n", kind="date").flags == []


def plan_of(text: str = PAPER, **fields: Any) -> ExtractionPlan:
    return prepare(task_of(**fields), document_of(text)).plan()


def tokens(*parts: tuple[str, float]) -> tuple[str, tuple[int, ...], tuple[float, ...]]:
    """A text with the ends and log-probabilities of its tokens."""
    text, ends = "", []
    for part, _ in parts:
        text += part
        ends.append(len(text))
    return text, tuple(ends), tuple(logprob for _, logprob in parts)


ROWS = "1   Night,   70.00\n    two of them\nNote 3\n2   Lunch   12.00\nNorth 5\n"
LINES = {"kind": "list", "fields": {"name": {"kind": "text"}, "amount": {"kind": "number"}}}


def test_a_record_that_was_begun_astray_is_asked_again_without_its_first_token() -> None:
    written = tokens(
        (" -", 0.0), (" Night,", 0.0), (" | 70.00\n-", 0.0), (" No", -18.0), ("rth | 5", -9.0), ("\n", 0.0)
    )
    plan = plan_of(ROWS, lines=LINES)
    look = plan.second_look(*written)
    assert look is not None
    assert look.written.text == " - Night, | 70.00"
    assert '"No' not in look.grammar.partition("\nt0")[0]
    assert "Lunch" in look.grammar
    again = tokens(("\n-", 0.0), (" Lunch | 12.00", 0.0), ("\n", 0.0))
    records = look.read(*again).lists["lines"]
    assert [record.values["name"].value for record in records] == ["Night,", "Lunch"]
    assert look.second_look(*again) is None


def test_a_list_may_end_where_a_record_was_begun_astray() -> None:
    written = tokens(
        (" -", 0.0), (" Night,", 0.0), (" | 70.00\n-", 0.0), (" No", -18.0), ("rth | 5", -9.0), ("\n", 0.0)
    )
    look = plan_of(ROWS, lines=LINES).second_look(*written)
    assert look is not None
    assert len(look.read(*tokens(("\n", 0.0))).lists["lines"]) == 1


def test_a_list_whose_first_record_was_begun_astray_may_be_null() -> None:
    written = tokens((" -", 0.0), (" No", -18.0), ("rth | 5", 0.0), ("\n", 0.0))
    look = plan_of(ROWS, lines=LINES).second_look(*written)
    assert look is not None
    assert look.read(*tokens((" null", 0.0), ("\n", 0.0))).lists["lines"] == []


THREE = {name: {"kind": "number"} for name in ("quantity", "price", "amount")}
TOURS = {"kind": "list", "fields": {"name": {"kind": "text"}, **THREE}}


def one_number(name: float) -> ExtractionPlan | None:
    """The second look at a record with one number everywhere, whose name goes on with a token of this probability."""
    plan = plan_of("Fair 2022 of No 5\n1   Walk   3   20.00   60.00\n", lines=TOURS)
    return plan.second_look(*tokens((" -", 0.0), (" Fair", 0.0), (" 2022", name), (" | 5 | 5 | 5", 0.0), ("\n", 0.0)))


def test_a_record_with_one_number_everywhere_that_was_led_astray_is_asked_again_without_its_line() -> None:
    look = one_number(-9.0)
    assert look is not None
    assert "2022" not in look.grammar
    again = " - Walk | 3 | 20.00 | 60.00\n"
    (record,) = look.read(again, (len(again) - 1, len(again)), (-0.1, 0.0)).lists["lines"]
    assert record.values["name"].value == "Walk"


def test_a_record_with_one_number_everywhere_that_the_model_wanted_stands() -> None:
    assert one_number(-0.3) is None  # Delivery 25.00: one price, net and gross


@pytest.mark.parametrize("row", ["Walk   5   5   5", "Walk   1   1   1"])
def test_a_number_that_is_printed_as_often_may_be_every_number_of_a_record(row: str) -> None:
    number = row.split()[-1]
    text = f" - Walk | {number} | {number} | {number}\n"
    assert plan_of(f"{row}\n", lines=TOURS).second_look(text, (len(text) - 1, len(text)), (-0.1, 0.0)) is None


def test_two_numbers_of_a_record_may_be_one_for_one_of_a_thing_costs_its_price() -> None:
    text = " - Walk | 1 | 20.00 | 20.00\n"
    plan = plan_of("1   Walk   20.00\n", lines=TOURS)
    assert plan.second_look(text, (len(text) - 1, len(text)), (-0.1, 0.0)) is None


def test_a_record_that_was_led_astray_behind_its_first_token_stands() -> None:
    written = tokens((" -", 0.0), (" Ni", -4.0), ("ght,", -12.0), (" | 70.00", 0.0), ("\n", 0.0))
    assert plan_of(ROWS, lines=LINES).second_look(*written) is None


DOUBTED = tokens((" null", -1.5), ("\nwho:", 0.0), (" null", -0.1), ("\n", 0.0))
DATES = {"day": {"kind": "date"}, "who": {"kind": "text"}}
DATED = "Signed 2024-03-01 by Ann\nPaid 2024-05-05\n"


def doubted(value: float, null: float = -1.5) -> tuple[ExtractionPlan, Any]:
    """The second look at a null of the probability ``null``, and what it found with the probability ``value``."""
    plan = plan_of(DATED, **DATES)
    look = plan.second_look(DOUBTED[0], DOUBTED[1], (null, *DOUBTED[2][1:]))
    assert look is not None
    return look, tokens((" 2024-03-01", value), ("\nwho:", 0.0), (" Ann", -0.1), ("\n", 0.0))


@pytest.mark.parametrize(
    ("value", "null", "found"),
    [
        (-1.4, -1.5, "2024-03-01"),  # likelier than null
        (-2.2, -1.5, "2024-03-01"),  # less likely, but one of several dates that share the belief
        (-2.4, -1.5, None),
        (-15.0, -12.0, None),  # the model expects something that the document does not have
        (-11.0, -12.0, "2024-03-01"),
    ],
)
def test_an_unlikely_null_gives_way_only_to_a_value_that_is_likelier_or_notable(
    value: float, null: float, found: str | None
) -> None:
    look, second = doubted(value, null)
    got = look.read(*second).single
    assert got["day"].value == found
    assert got["who"].value == ("Ann" if found else None)  # the rest belongs to the answer that counts
    assert got["day"].answer.features["null_logprob"] == null
    assert look.second_look(*second) is None


def test_a_null_that_stands_against_the_model_says_that_its_value_was_not_recognised() -> None:
    look, second = doubted(-15.0, -12.0)
    assert look.read(*second).single["day"].answer.flags == ["nothing-recognised"]


LED = tokens((" 4", -0.2), ("4", -6.6), ("938", 0.0), ("\n", 0.0))


@pytest.mark.parametrize(("logprob", "value"), [(-1.0, "48812"), (-7.0, "44938")])
def test_a_value_that_was_led_astray_is_asked_again_without_it_and_the_likelier_one_counts(
    logprob: float, value: str
) -> None:
    look = plan_of(value=CODE).second_look(*LED)
    assert look is not None
    assert look.written.text == ""
    assert "44938" not in look.grammar
    assert "null" not in look.grammar
    assert look.read(*tokens((" 48812", logprob), ("\n", 0.0))).single["value"].value == value


def test_a_text_that_was_led_astray_is_asked_again_without_its_first_word() -> None:
    plan = plan_of("Lieferantenstra\u00dfe 20\nLieferant GmbH\n", seller={"kind": "text"})
    look = plan.second_look(*tokens((" Lieferanten", -0.1), ("stra\u00dfe", -15.5), (" 20", 0.0), ("\n", 0.0)))
    assert look is not None
    assert look.read(*tokens((" Lieferant", -0.3), (" GmbH", -0.1), ("\n", 0.0))).single["seller"].value == (
        "Lieferant GmbH"
    )
    assert look.rules == plan.rules  # what stands is read as before


@pytest.mark.parametrize(
    "spec", [{"kind": "code", "pattern": "44938"}, {"kind": "text", "max_segments": 200}, {"kind": "boolean"}]
)
def test_a_value_without_a_choice_or_a_whole_sentence_or_a_judgement_is_not_asked_again(spec: dict[str, Any]) -> None:
    text = "true" if spec["kind"] == "boolean" else "44938"
    assert plan_of(value=spec).second_look(*tokens((f" {text}", -9.0), ("\n", 0.0))) is None


ADDRESS = {"kind": "text", "within": "block"}
PRINTED = "Acme\nNO 28, JALAN 1C, 41050\nKLANG SELANGOR\nTEL 03-3362\n"
ENDED = ((" NO 28, JALAN 1C, 41050", -0.2), ("\n", -0.8), ("total:", 0.0), (" null", -0.1), ("\n", 0.0))


def address_plan(text: str = PRINTED, **spec: Any) -> ExtractionPlan:
    return plan_of(text, address=ADDRESS | spec, total={"kind": "money"})


@pytest.mark.parametrize(
    ("went_on", "address"),
    [
        (-1.2, "NO 28, JALAN 1C, 41050 KLANG SELANGOR"),  # a third as likely as the end, or more
        (-2.0, "NO 28, JALAN 1C, 41050"),
    ],
)
def test_a_doubtful_end_at_a_line_s_end_is_asked_again_and_gives_way_to_what_is_likely_behind_it(
    went_on: float, address: str
) -> None:
    look = address_plan().second_look(*tokens(*ENDED))
    assert look is not None
    assert look.written.text == " NO 28, JALAN 1C, 41050"
    again = tokens((" K", went_on), ("LANG", 0.0), (" SELANGOR", 0.0), ("\n", 0.0), ("total: null\n", 0.0))
    got = look.read(*again).single["address"]
    assert got.value == address
    assert PRINTED[slice(*got.answer.spans[0])].replace("\n", " ") == address
    assert look.second_look(*again) is None


def test_what_goes_on_is_the_next_line_and_may_not_begin_with_the_break_that_ended_the_value() -> None:
    look = address_plan().second_look(*tokens(*ENDED))
    assert look is not None
    rule = next(line for line in look.grammar.split("\n") if line.startswith("f0 ::="))
    assert ('" KLANG"' in rule, '", KLANG"' in rule, '"\\n' in rule, "JALAN" in rule) == (True, True, False, False)


@pytest.mark.parametrize(
    ("text", "end", "spec"),
    [
        (PRINTED, -0.3, {}),  # the model is sure enough
        (PRINTED, -0.8, {"within": "line"}),  # a value of one line
        (PRINTED, -0.8, {"max_segments": 200}),  # a sentence
        ("NO 28, JALAN 1C, 41050\n", -0.8, {}),  # nothing is behind it
        ("NO 28, JALAN 1C, 41050 KLANG\n", -0.8, {}),  # what is behind it stands on the same line
    ],
)
def test_an_end_is_not_asked_again_where_it_is_sure_or_nothing_can_follow(
    text: str, end: float, spec: dict[str, Any]
) -> None:
    first, _, *rest = ENDED
    assert address_plan(text, **spec).second_look(*tokens(first, ("\n", end), *rest)) is None


def test_what_goes_on_stays_within_the_segments_of_the_field() -> None:
    written = len(cut_segments("NO 28, JALAN 1C, 41050"))
    assert address_plan(max_segments=written).second_look(*tokens(*ENDED)) is None
    look = address_plan(max_segments=written + 1).second_look(*tokens(*ENDED))
    assert look is not None
    assert 'f0 ::= (" KLANG" | ", KLANG")' in look.grammar


def test_an_end_in_one_token_with_the_last_sign_is_not_asked_again() -> None:
    printed = "NO 28, SELANGOR.\nTEL 03-3362\n"
    written = tokens((" NO 28, SELANGOR", -0.2), (".\n", -0.8), ("total: null\n", 0.0))
    assert address_plan(printed).second_look(*written) is None


def test_an_end_that_moved_on_may_move_on_again_but_not_for_ever() -> None:
    lines = ["Block A", "Street 1", "Town 2", "Region 3", "State 4", "Country 5"]
    plan: ExtractionPlan | None = address_plan("\n".join(lines))
    text, looks = f" {lines[0]}", 0
    rest = ("\n", -0.9), ("total: null\n", 0.0)
    said = tokens((text, -0.1), *rest)
    while plan is not None and (plan := plan.second_look(*said)) is not None:
        looks += 1
        assert plan.written.text == " " + " ".join(lines[:looks])
        said = tokens((f" {lines[looks]}", -0.9), *rest)
        assert plan.read(*said).single["address"].value == " ".join(lines[: looks + 1])
    assert looks == 3


def test_the_last_field_s_end_tells_nothing_since_a_model_would_rather_stop() -> None:
    plan = plan_of(PRINTED, address=ADDRESS)
    written = tokens((" NO 28, JALAN 1C, 41050", -0.2), ("\n", -7.0))
    assert plan.second_look(*written) is None
    assert plan.read(*written).single["address"].answer.flags == []


@pytest.mark.parametrize(("end", "flags"), [(-3.9, []), (-4.1, ["unlikely-token"])])
def test_a_value_that_was_ended_where_the_model_went_on_carries_a_flag(end: float, flags: list[str]) -> None:
    plan = plan_of("Mike Bloomberg 2020\nInc\n44938\n", buyer={"kind": "text"}, total={"kind": "money"})
    written = tokens((" Mike Bloomberg 2020", -0.1), ("\n", end), ("total: null\n", 0.0))
    assert plan.read(*written).single["buyer"].answer.flags == flags


WORDS = st.sampled_from(["Block", "A", "12", "c/o", "Ann-Lee", "(x)", "St.", "No:"])


@given(st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=2, max_size=5), st.data())
def test_whatever_may_follow_an_end_is_read_back_as_one_run_that_begins_where_the_value_began(
    lines: list[list[str]], data: st.DataObject
) -> None:
    text = "\n".join(" ".join(line) for line in lines) + "\n"
    plan = address_plan(text)
    rule = plan.rules["address"]
    assert isinstance(rule, RunRule)
    count = data.draw(st.integers(1, len(lines) - 1))
    written = " ".join(" ".join(line) for line in lines[:count])
    following = rule.continued(written)
    assert following is not None
    for rest in following.rests:
        word = text[rest[1].segment.start : rest[1].segment.end]
        for gap in set(rest[1].gaps) - {"\n"}:
            whole, began = rule.read(f"{written}{gap}{word}"), rule.read(written)
            assert whole is not None
            assert began is not None
            assert {start for start, _ in whole.spans} <= {start for start, _ in began.spans}
            assert (rest[0].segment.end, rest[1].segment.end) in {
                (end_of_written, end) for _, end in whole.spans for _, end_of_written in began.spans
            }
