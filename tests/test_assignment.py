"""Checks decide: a value that breaks a check gives way to the most probable candidates that satisfy all checks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ringfence.contracts import FieldAnswer
from ringfence.tasks import ExtractTask
from ringfence.tasks.extract import search
from ringfence.tasks.extract.answer import Answer, Distribution, Weighed
from ringfence.tasks.extract.assignment import MARGIN, ORDER_MARGIN, conclude
from ringfence.tasks.extract.checks import run_check
from ringfence.tasks.extract.search import LEAD
from tests.conftest import task_of

NUMBER = {"kind": "number"}


def summed(*checks: str) -> ExtractTask:
    task = task_of(net=NUMBER, tax=NUMBER, total=NUMBER)
    return task.model_copy(update={"checks": checks or ("net + tax == total",)})


def weighed(value: str | None, logprob: float) -> Weighed:
    if value is None:
        return Weighed(None, FieldAnswer(kind="null"), logprob)
    place = 10 * int(float(value))
    return Weighed(value, FieldAnswer(raw=value, spans=[(place, place + len(value))], kind="span"), logprob)


def answer(**distributions: Sequence[tuple[str | None, float]]) -> Answer:
    """An answer whose values are the first of each distribution."""
    found: dict[str, Distribution] = {
        path: tuple(weighed(*each) for each in values) for path, values in distributions.items()
    }
    first = {path: values[0] for path, values in found.items()}
    return Answer(
        {path: each.value for path, each in first.items()},
        {path: each.answer for path, each in first.items()},
        {},
        {},
        found,
    )


def test_the_one_candidate_that_satisfies_the_check_is_taken_and_the_first_choice_stays_among_the_alternatives() -> (
    None
):
    before = answer(net=[("100", -0.1)], tax=[("119", -0.2), ("19", -2.0), (None, -4.0)], total=[("119", -0.1)])
    after = conclude(summed(), before)
    assert after.values == {"net": "100", "tax": "19", "total": "119"}
    assert after.checks == {"net + tax == total": "holds"}
    tax = after.fields["tax"]
    assert (tax.chosen_by, tax.raw, tax.flags) == ("check", "19", [])
    assert [each.value for each in tax.alternatives] == ["119", "19", None]
    assert after.fields["net"].chosen_by is None
    assert before.fields["tax"].alternatives == []
    assert before.values["tax"] == "119"


def test_values_that_satisfy_the_checks_stay_though_others_are_likelier() -> None:
    task = summed()
    after = conclude(task, answer(net=[("100", -3.0), ("50", -0.1)], tax=[("19", -0.1)], total=[("119", -0.1)]))
    assert after.values == {"net": "100", "tax": "19", "total": "119"}
    assert not any(each.chosen_by for each in after.fields.values())


def test_where_no_candidates_satisfy_the_check_the_flags_stay() -> None:
    after = conclude(summed(), answer(net=[("100", -0.1)], tax=[("7", -0.1), ("8", -1.0)], total=[("119", -0.1)]))
    assert after.values == {"net": "100", "tax": "7", "total": "119"}
    assert after.fields["tax"].flags == ["check: net + tax == total"]


def test_a_null_satisfies_an_order_for_one_of_the_values_may_not_be_there() -> None:
    task = task_of(["due >= issued"], due={"kind": "number"}, issued={"kind": "number"})
    after = conclude(task, answer(due=[("5", -0.1), (None, -3.0)], issued=[("7", -0.1), ("5", -6.0)]))
    assert (after.values, after.checks) == ({"due": None, "issued": "7"}, {"due >= issued": "not-applicable"})
    assert after.fields["due"].chosen_by == "check"
    assert [each.value for each in after.fields["due"].alternatives] == ["5", None]


def test_a_null_satisfies_no_equation() -> None:
    after = conclude(summed(), answer(net=[("100", -0.1)], tax=[("7", -0.1), (None, -0.2)], total=[("119", -0.1)]))
    assert after.values["tax"] == "7"


def test_a_value_far_less_likely_than_the_first_choice_is_not_taken() -> None:
    far = -0.1 - MARGIN - 1
    after = conclude(summed(), answer(net=[("100", -0.1)], tax=[("7", -0.1), ("19", far)], total=[("119", -0.1)]))
    assert after.values["tax"] == "7"


def test_of_two_ways_to_satisfy_a_check_neither_is_taken_unless_it_is_clearly_likelier() -> None:
    near = answer(net=[("100", -0.1)], tax=[("7", -0.1), ("19", -2.0)], total=[("119", -0.2), ("107", -2.2)])
    assert conclude(summed(), near).values == {"net": "100", "tax": "7", "total": "119"}
    clear = answer(net=[("100", -0.1)], tax=[("7", -0.1), ("19", -1.0)], total=[("119", -0.2), ("107", -1.2 - LEAD)])
    assert conclude(summed(), clear).values == {"net": "100", "tax": "19", "total": "119"}


def test_no_check_is_broken_to_mend_another() -> None:
    task = summed("net + tax == total", "tax <= net")
    before = answer(net=[("100", -0.1)], tax=[("7", -0.1), ("119", -1.0)], total=[("219", -0.1)])
    assert conclude(task, before).values["tax"] == "7"


def test_a_zero_mends_nothing_for_with_it_an_equation_holds_of_anything() -> None:
    after = conclude(summed(), answer(net=[("5", -0.1)], tax=[("1", -0.1), ("0.00", -2.0)], total=[("5", -0.1)]))
    assert after.values["tax"] == "1"
    kept = answer(net=[("5", -0.1), ("7", -1.0)], tax=[("0.00", -0.1)], total=[("7", -0.1)])
    assert conclude(summed(), kept).values == {"net": "5", "tax": "0.00", "total": "7"}, "the total says nothing of net"


def test_where_the_rows_of_a_list_fit_no_total_the_single_fields_are_made_to_fit_each_other() -> None:
    lines = {"kind": "list", "fields": {"amount": {"kind": "number"}}}
    checks = ["net + tax == total", "sum(lines.amount) == net"]
    task = task_of(checks, net=NUMBER, tax=NUMBER, total=NUMBER, lines=lines)
    before = answer(net=[("119", -0.1), ("100", -1.0)], tax=[("19", -0.1)], total=[("119", -0.1)])
    for amount, outcomes in [("100", ["holds", "holds"]), ("99", ["holds", "broken"])]:
        with_lines = replace(before, values={**before.values, "lines": [{"amount": amount}]})
        after = conclude(task, with_lines)
        assert after.values["net"] == "100"
        assert list(after.checks.values()) == outcomes
        assert after.fields["net"].flags == ["check: sum(lines.amount) == net"] * outcomes.count("broken")


LINES = {"kind": "list", "fields": {"amount": {"kind": "number"}}}


@pytest.mark.parametrize(("logprob", "net"), [(-2.0, "170"), (-6.0, "180")])
def test_a_sum_of_lines_gives_way_to_a_likely_net_amount_below_their_discount(logprob: float, net: str) -> None:
    checks = ["net + tax == total", "sum(lines.amount) == net"]
    task = task_of(checks, net=NUMBER, tax=NUMBER, total=NUMBER, lines=LINES)
    before = answer(net=[("180", -0.2), ("170", logprob)], tax=[("20", -0.1)], total=[("190", -0.1)])
    after = conclude(task, replace(before, values={**before.values, "lines": [{"amount": "80"}, {"amount": "100"}]}))
    assert after.values["net"] == net
    broken = {"170": "sum(lines.amount) == net", "180": "net + tax == total"}[net]
    assert after.fields["net"].flags == [f"check: {broken}"]


@pytest.mark.parametrize(
    ("check", "rival", "total"),
    [
        ("sum(lines.amount) == net", "40", "60"),  # of one rate, or of one month
        ("sum(lines.amount) - rebate == net", "170", "190"),
        ("count(lines) == net", "170", "190"),
    ],
)
def test_only_a_plain_sum_gives_way_and_to_an_amount_about_as_large(check: str, rival: str, total: str) -> None:
    task = task_of(["net + tax == total", check], net=NUMBER, tax=NUMBER, total=NUMBER, rebate=NUMBER, lines=LINES)
    before = answer(net=[("180", -0.2), (rival, -0.7)], tax=[("20", -0.1)], total=[(total, -0.1)], rebate=[("0", -0.1)])
    lines = [{"amount": "1"}] * 180 if check.startswith("count") else [{"amount": "80"}, {"amount": "100"}]
    after = conclude(task, replace(before, values={**before.values, "lines": lines}))
    assert after.values["net"] == "180"


def test_no_sum_gives_way_to_two_changes_and_no_other_check_at_all() -> None:
    checks = ["net + tax == total", "sum(lines.amount) == net"]
    task = task_of(checks, net=NUMBER, tax=NUMBER, total=NUMBER, lines=LINES)
    before = answer(net=[("180", -0.5), ("170", -0.6)], tax=[("30", -0.5), ("20", -0.6)], total=[("190", -0.1)])
    after = conclude(task, replace(before, values={**before.values, "lines": [{"amount": "80"}, {"amount": "100"}]}))
    assert (after.values["net"], after.values["tax"]) == ("180", "30")
    single = task_of(["net + tax == total", "net == base"], net=NUMBER, tax=NUMBER, total=NUMBER, base=NUMBER)
    held = answer(net=[("180", -0.2), ("170", -0.6)], tax=[("20", -0.1)], total=[("190", -0.1)], base=[("180", -0.1)])
    assert conclude(single, held).values["net"] == "180"


def test_of_two_changes_one_may_be_to_a_value_that_is_likelier_than_the_written_one() -> None:
    before = answer(net=[("16", -6.0), ("624", -2.0)], tax=[("29", -0.9), ("46", -1.0)], total=[("670", -0.3)])
    after = conclude(summed(), before)
    assert after.values == {"net": "624", "tax": "46", "total": "670"}
    assert [after.fields[path].chosen_by for path in ("net", "tax", "total")] == ["check", "check", None]
    not_likeliest = [("16", -6.0), ("500", -1.0), ("624", -2.0)]
    before = answer(net=not_likeliest, tax=[("29", -0.9), ("46", -1.0)], total=[("670", -0.3)])
    assert conclude(summed(), before).values == {"net": "16", "tax": "29", "total": "670"}
    worse = answer(net=[("16", -2.0), ("624", -2.1)], tax=[("29", -0.9), ("46", -1.0)], total=[("670", -0.3)])
    assert conclude(summed(), worse).values == {"net": "16", "tax": "29", "total": "670"}


def test_a_search_over_its_limit_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = answer(net=[("100", -0.1)], tax=[("119", -0.2), ("19", -2.0)], total=[("119", -0.1)])
    monkeypatch.setattr(search, "MOST_STEPS", 1)
    after = conclude(summed(), before)
    assert after.values["tax"] == "119"
    assert after.fields["tax"].flags


def test_five_alternatives_are_listed_and_the_chosen_one_is_one_of_them() -> None:
    many = [("1", -6.0), *((str(value), -1.5 - value / 10) for value in range(2, 9))]
    listed = conclude(summed(), answer(net=many, tax=[("1", 0.0)], total=[("2", 0.0)])).fields["net"].alternatives
    assert [each.value for each in listed] == ["2", "3", "4", "5", "1"]
    assert [each.probability for each in listed] == sorted((each.probability or 0 for each in listed), reverse=True)


@pytest.mark.parametrize(
    ("check", "before"),
    [
        ("total > 0", {"total": [("-5", -0.1), ("12", -4.0)]}),
        ("total <= 1000", {"total": [("5000", -0.1), ("30", -2.0)]}),
        ("net != total", {"net": [("5", -0.1), ("7", -1.0)], "total": [("5", -0.1)]}),
        ("net <= total", {"net": [("9", -0.1), ("3", -0.2 - ORDER_MARGIN)], "total": [("5", -0.1)]}),
    ],
)
def test_a_check_that_nearly_every_candidate_satisfies_only_flags(
    check: str, before: dict[str, list[tuple[str | None, float]]]
) -> None:
    task = task_of([check], net=NUMBER, total=NUMBER)
    after = conclude(task, answer(**before))
    assert after.values == {path: values[0][0] for path, values in before.items()}
    assert after.checks[check] == "broken"
    assert f"check: {check}" in after.fields["total"].flags


def test_of_an_equation_one_value_may_change_and_each_has_a_place_of_its_own() -> None:
    task = task_of(["quantity * price == total"], quantity=NUMBER, price=NUMBER, total=NUMBER)
    right = {
        "quantity": [("3", -0.1), ("1", -2.0)],
        "price": [("400", -0.1), ("1250", -2.0)],
        "total": [("1250", -0.1)],
    }
    assert conclude(task, answer(**right)).values == {"quantity": "3", "price": "400", "total": "1250"}
    one = {**right, "quantity": [("1", -0.1)]}
    assert conclude(task, answer(**one)).values == {"quantity": "1", "price": "400", "total": "1250"}
    two = answer(net=[("9", -0.1), ("100", -1.0)], tax=[("7", -0.1), ("19", -1.0)], total=[("119", -0.1)])
    assert conclude(summed(), two).values == {"net": "9", "tax": "7", "total": "119"}


LINES = {"kind": "list", "fields": {"amount": NUMBER}}


def test_a_value_does_not_change_to_what_stands_where_another_stands() -> None:
    task = task_of(["sum(lines.amount) == net"], net=NUMBER, lines=LINES)
    row = weighed("7", -0.01)
    before = answer(net=[("12", -0.01), ("7", -3.0)])
    distributions = {**before.distributions, "lines[0].amount": (row,)}
    fields = {**before.fields, "lines[0].amount": row.answer}
    with_row = replace(
        before, values={**before.values, "lines": [{"amount": "7"}]}, fields=fields, distributions=distributions
    )
    assert conclude(task, with_row).values["net"] == "12"
    equal = task_of(["net == total"], net=NUMBER, total=NUMBER)
    assert conclude(equal, answer(net=[("5", -0.1), ("7", -1.0)], total=[("7", -0.1)])).values["net"] == "5"


def test_values_that_stay_may_share_a_place() -> None:
    task = task_of(["part + rest == due"], part=NUMBER, rest=NUMBER, due=NUMBER)
    before = answer(part=[("50", -0.1)], rest=[("50", -0.1)], due=[("10", -0.1), ("100", -1.0)])
    assert conclude(task, before).values["due"] == "100"


def test_an_equation_that_holds_is_not_turned_around_for_an_order() -> None:
    task = task_of(["deposit + balance == total", "deposit <= balance"], deposit=NUMBER, balance=NUMBER, total=NUMBER)
    both = [("60", -0.1), ("40", -2.0)], [("40", -0.1), ("60", -2.0)]
    after = conclude(task, answer(deposit=both[0], balance=both[1], total=[("100", -0.1)]))
    assert after.values == {"deposit": "60", "balance": "40", "total": "100"}


@pytest.mark.parametrize("check", ["net + tax > 0", "total - net <= 30", "0 < net", "net + tax != total"])
def test_an_order_decides_only_between_two_sides_that_name_values(check: str) -> None:
    task = summed(check)
    before = answer(net=[("-50", -0.1), ("19", -1.0)], tax=[("-9", -0.1)], total=[("-59", -0.1)])
    after = conclude(task, before)
    assert after.values == before.values


def test_the_number_of_records_is_a_value() -> None:
    task = task_of(["count(lines) == items"], items=NUMBER, lines=LINES)
    before = answer(items=[("50", -0.1), ("2", -1.0)])
    with_rows = replace(before, values={**before.values, "lines": [{"amount": "1"}, {"amount": "3"}]})
    assert conclude(task, with_rows).values["items"] == "2"


def test_changes_that_break_a_check_together_are_not_made() -> None:
    task = task_of(["x + u == s1", "y + v == s2", "x <= y"], **dict.fromkeys(("x", "u", "s1", "y", "v", "s2"), NUMBER))
    before = answer(
        x=[("1", -0.1), ("7", -1.0)], u=[("3", -0.1)], s1=[("10", -0.1)],
        y=[("10", -0.1), ("5", -1.0)], v=[("2", -0.1)], s2=[("7", -0.1)],
    )  # fmt: skip
    after = conclude(task, before)
    assert after.checks["x <= y"] == "holds"
    assert after.values == before.values


def test_what_a_check_chose_says_nothing_of_the_value_that_it_replaced() -> None:
    before = answer(net=[("100", -0.1)], tax=[("7", -0.1), ("19", -2.0)], total=[("119", -0.1)])
    before.fields["tax"].features.update(mixed=0.97, ranker=0.9, logprob_min=-0.1, candidates=5)
    assert conclude(summed(), before).fields["tax"].features == {"candidates": 5}


def own_places(way: Sequence[str | None], first: Sequence[str | None]) -> bool:
    """Equal values stand at one place here, which a value must not change to if another has it."""
    return all(now == was or way.count(now) == 1 for now, was in zip(way, first, strict=True))


VALUES = st.lists(
    st.tuples(st.integers(1, 9).map(str), st.floats(-8, 0)), min_size=1, max_size=5, unique_by=lambda each: each[0]
)


@given(VALUES, VALUES, VALUES)
def test_what_is_taken_is_the_most_probable_satisfying_assignment_of_all(
    net: list[tuple[str, float]], tax: list[tuple[str, float]], total: list[tuple[str, float]]
) -> None:
    task, before = summed(), answer(net=net, tax=tax, total=total)
    assume(run_check(task.checks[0], before.values, task.kinds) == "broken")
    least = net[0][1] + tax[0][1] + total[0][1] - MARGIN
    first = tuple(before.values.values())
    satisfying = sorted(
        (
            (math.fsum(each[1] for each in way), tuple(each[0] for each in way))
            for way in itertools.product(net, tax, total)
            if int(way[0][0]) + int(way[1][0]) == int(way[2][0]) and own_places([each[0] for each in way], first)
        ),
        reverse=True,
    )
    likely = [way for way in satisfying if way[0] >= least]
    unique = likely and (len(satisfying) == 1 or satisfying[1][0] < likely[0][0] - LEAD)
    after = conclude(task, before)
    changes = zip(likely[0][1] if likely else first, (net, tax, total), strict=True)
    free = sum(
        new != values[0][0] and dict(values)[new] < max(values[0][1] + LEAD, *dict(values).values())
        for new, values in changes
    )
    expected = likely[0][1] if unique and free <= 1 else first
    assert tuple(after.values[path] for path in ("net", "tax", "total")) == expected
    for path, field in after.fields.items():
        assert any(each.value == after.values[path] and each.raw == field.raw for each in field.alternatives)
