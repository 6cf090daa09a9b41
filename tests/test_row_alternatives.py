"""Checks decide in lists: a value gives way to another of its row, the amounts of a sum to those that fit its total."""

from __future__ import annotations

import itertools
import json
import math
import re
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ringfence.checker import check_run
from ringfence.contracts import Result, value_at
from ringfence.documents import expand_inputs
from ringfence.engines import EngineSettings, FakeEngine, ScoreRequest
from ringfence.inference import Answerer, AnswerOptions, LoadedModel, Windowing, alternatives, explain_document
from ringfence.replay import replay_run
from ringfence.reports import write_report
from ringfence.tasks.extract.answer import Answer, Distribution, Weighed
from ringfence.tasks.extract.assignment import MARGIN, MOST_ROWS, conclude, fields_of_broken_checks
from ringfence.tasks.extract.search import LEAD
from tests.conftest import document_of, task_of
from tests.fake_runs import opens_engine, run
from tests.test_assignment import own_places, weighed

NUMBER = {"kind": "number"}
FIELDS = {"item": {"kind": "text"}, "qty": NUMBER, "price": NUMBER, "amount": NUMBER}
LINES = {"kind": "list", "fields": FIELDS}
PRODUCT, SUM = "lines.qty * lines.price == lines.amount", "sum(lines.amount) == net"
PAPER = """Item   Qty   Price   Amount
Bolt   3   2.50   7.50
Nut   10   0.25   2.50
Net   10.00
"""
ROWS = ("Bolt | 3 | 2.50 | 7.50", "Nut | 10 | 0.25 | 2.50")
SWAPPED = "Nut | 10 | 2.50 | 2.50"
VALUES = re.compile(r" ([^|\n]*?)(?: \||\n)")


class Believer(FakeEngine):
    """An engine that writes the rows, and gives 0.7 to each value that it writes; 0.05 to any other."""

    def __init__(self, *rows: str, net: str = "10.00", beliefs: dict[str, float] | None = None) -> None:
        self.written = "".join(f"\n- {row}" for row in rows) + f"\nnet: {net}\n"
        self.beliefs, self.scored = beliefs or {}, list[ScoreRequest]()
        super().__init__(lambda request, prompt: self.written, EngineSettings(), scorer=self.level)

    def level(self, prompt: str, text: str) -> float:
        """The log-probability of the complete values in a text."""
        pairs = zip(VALUES.findall(text), VALUES.findall(self.written), strict=False)
        return sum(math.log(0.7 if value == mine else self.beliefs.get(value, 0.05)) for value, mine in pairs)

    def begin(self, ticket: Any) -> Any:
        """Note the requests for scores."""
        if isinstance(ticket.request, ScoreRequest):
            self.scored.append(ticket.request)
        return super().begin(ticket)


def lines_task(*checks: str) -> Any:
    return task_of(list(checks) or [PRODUCT], lines=LINES, net=NUMBER)


def answered(engine: FakeEngine, *checks: str, paper: str = PAPER) -> Result:
    made = Answerer(LoadedModel(engine, None, None), lines_task(*checks), AnswerOptions())
    return made.answer(document_of(paper)).result


def column(result: Result, leaf: str) -> list[Any]:
    return [row[leaf] for row in (result.values or {})["lines"]]


def test_a_value_that_breaks_the_check_of_its_row_gives_way_to_another_of_the_same_row() -> None:
    engine = Believer(ROWS[0], SWAPPED)
    result = answered(engine)
    assert column(result, "price") == ["2.50", "0.25"]
    assert result.checks == {PRODUCT: "holds"}
    price = result.field("lines[1].price")
    assert (price.chosen_by, price.raw, price.flags) == ("check", "0.25", [])
    assert {one.raw for one in price.alternatives} == {"10", "0.25", "2.50", None}
    assert result.field("lines[1].qty").alternatives != []
    assert result.field("lines[0].price").alternatives == []  # its row breaks no check
    assert len(engine.scored) == 1


def test_each_value_is_weighed_with_the_text_that_ends_it() -> None:
    engine = Believer(ROWS[0], SWAPPED)
    answered(engine)
    (request,) = engine.scored
    texts = {bytes(ids).decode() for ids in request.continuations}
    assert "\n- Bolt | 3 | 2.50 | 7.50\n- Nut | 10 | 0.25 |" in texts
    assert "\n- Bolt | 3 | 2.50 | 7.50\n- Nut | 10 | 2.50 | 0.25\n" in texts


def test_two_values_of_a_row_do_not_share_one_place_for_one_times_a_price_is_the_price() -> None:
    paper = "Bolt   1   3   7.00   21.50\nNet   21.50\n"
    result = answered(Believer("Bolt | 3 | 7.00 | 21.50", net="21.50"), paper=paper)
    assert (result.values or {})["lines"] == [{"item": "Bolt", "qty": "3", "price": "7.00", "amount": "21.50"}]
    assert result.field("lines[0].amount").flags == [f"check: {PRODUCT}"]
    twice = answered(Believer("Bolt | 1 | 21.50 | 7.00", net="21.50"), paper=paper.replace("7.00", "21.50   7.00"))
    assert [twice.value(f"lines[0].{leaf}") for leaf in ("qty", "price", "amount")] == ["1", "21.50", "21.50"]


def test_only_one_value_of_a_row_is_exchanged_for_chance_makes_equations_of_any_few_numbers() -> None:
    paper = "Due in   30   days   3   off   10\nNet   21.50\n"
    result = answered(Believer("Due in | 30 | 3 | 3", net="21.50"), paper=paper)  # 3 x 10 = 30
    assert [result.value(f"lines[0].{leaf}") for leaf in ("qty", "price", "amount")] == ["30", "3", "3"]
    assert result.field("lines[0].qty").flags == ["same-place", f"check: {PRODUCT}"]


def test_the_rows_of_a_sum_are_weighed_with_its_total() -> None:
    engine = Believer(ROWS[0], "Nut | 10 | 0.25 | 10")
    result = answered(engine, SUM)
    assert column(result, "amount") == ["7.50", "2.50"]
    assert result.field("lines[1].amount").chosen_by == "check"
    assert next(one.raw for one in result.field("net").alternatives) == "10.00"


def test_a_row_whose_own_product_is_right_is_not_to_blame_for_a_wrong_sum() -> None:
    engine = Believer(*ROWS, net="2.50")
    result = answered(engine, PRODUCT, SUM)
    assert result.value("net") == "10.00"
    assert [path for path, answer in (result.fields or {}).items() if answer.alternatives] == ["net"]


def test_rows_and_total_are_chosen_together_where_a_row_can_be_read_in_two_ways() -> None:
    paper = "Bolt   3   2   2.50   6   7.50\nNet   6.00\nGross   7.50\n"
    written, beliefs = "Bolt | 3 | 2.50 | 6", {"7.50": 0.2, "2": 0.2}
    alone = answered(Believer(written, net="6.00", beliefs=beliefs), PRODUCT, paper=paper)
    assert alone.field("lines[0].amount").flags == [f"check: {PRODUCT}"]  # 3 x 2.50 = 7.50 or 3 x 2 = 6
    both = answered(Believer(written, net="6.00", beliefs=beliefs), PRODUCT, SUM, paper=paper)
    assert [both.value(f"lines[0].{leaf}") for leaf in ("qty", "price", "amount")] == ["3", "2", "6"]


def test_where_one_row_cannot_be_mended_the_others_still_are() -> None:
    paper = PAPER.replace("Net", "Work   19   18   1.90\nNet")
    result = answered(Believer(ROWS[0], SWAPPED, "Work | 19 | 18 | 1.90"), PRODUCT, SUM, paper=paper)
    assert result.value("lines[1].price") == "0.25"
    assert result.field("lines[2].amount").flags == [f"check: {PRODUCT}"]


def test_a_row_that_a_check_changed_comes_from_the_document_and_explain_report_and_replay_know_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(PAPER)
    engine = Believer(ROWS[0], SWAPPED)
    sources = expand_inputs([tmp_path / "in"])
    run(lines_task(PRODUCT), sources, engine, None, tmp_path / "run", arguments={"weights": "w"})
    assert check_run(tmp_path / "run").findings == []
    page = write_report(tmp_path / "run").read_text()
    assert "chosen by the check; probability 10 % · or 2.50 (75 %)" in page
    with pytest.MonkeyPatch.context() as patch:
        opens_engine(patch, engine)
        assert [outcome.word for outcome in replay_run(tmp_path / "run").outcomes] == ["IDENTICAL"]
    made = Answerer(LoadedModel(engine, None, None), lines_task(PRODUCT), AnswerOptions())
    assert "chosen by the check" in explain_document(made, document_of(PAPER)).why["lines[1].price"]
    results = tmp_path / "run" / "results.jsonl"
    line = json.loads(results.read_text())
    line["fields"]["lines[1].price"]["alternatives"][0]["raw"] = "9.99"
    results.write_text(json.dumps(line) + "\n")
    (finding,) = check_run(tmp_path / "run").findings
    assert "'9.99'" in finding.fault


def test_in_a_long_document_a_row_is_weighed_in_the_window_that_it_comes_from() -> None:
    filler = "\n\n".join(f"Section {n}. " + "words without any worth. " * 30 for n in range(3))

    def script(request: Any, prompt: str) -> str:
        return engine.written if "Bolt" in prompt else " null\nnet: null\n"

    engine = Believer(ROWS[0], SWAPPED)
    engine.script = script
    made = Answerer(LoadedModel(engine, None, None), lines_task(PRODUCT), AnswerOptions(windowing=Windowing(1000)))
    result = made.answer(document_of(f"{filler}\n\n{PAPER}")).result
    assert len(result.windows or []) > 2
    assert result.field("lines[1].price").chosen_by == "check"


def test_values_too_many_for_one_request_are_weighed_in_several_with_the_same_outcome(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, parts = Believer(ROWS[0], SWAPPED), Believer(ROWS[0], SWAPPED)
    at_once = answered(whole, PRODUCT, SUM)
    monkeypatch.setattr(alternatives, "MOST_TEXTS", 3)
    one_by_one = answered(parts, PRODUCT, SUM)
    assert (len(whole.scored), len(parts.scored)) == (1, 3)
    assert len({request.id for request in parts.scored}) == 3
    assert one_by_one.fields == at_once.fields


def answer_of(rows: int, net: str) -> Answer:
    values = {"lines": [{"qty": "1", "price": "1", "amount": "1"} for _ in range(rows)], "net": net}
    return Answer(values, {}, {}, {})


def test_a_list_too_long_to_be_searched_leaves_its_sum_to_the_total() -> None:
    task = lines_task(SUM)
    few, many = (fields_of_broken_checks(task, answer_of(rows, "7").values) for rows in (2, MOST_ROWS + 1))
    assert few == {"lines[0].amount", "lines[1].amount", "net"}
    assert many == {"net"}


def test_twenty_broken_rows_are_mended_row_by_row() -> None:
    """Together they are further from the first choice than a check may go, and too many to search."""
    task, rows = lines_task(PRODUCT, SUM), MOST_ROWS
    distributions: dict[str, Distribution] = {}
    values = []
    for row in range(rows):
        choices: dict[str, tuple[Weighed, ...]] = {
            "qty": (weighed("2", -0.1),),
            "price": (weighed("30", -0.1), weighed("4", -3.0), weighed("5", -4.0)),
            "amount": (weighed("8", -0.1), weighed("9", -3.0)),
        }
        distributions |= {f"lines[{row}].{leaf}": each for leaf, each in choices.items()}
        values.append({leaf: each[0].value for leaf, each in choices.items()})
    distributions["net"] = (weighed("7", -0.1),)
    fields = {path: each[0].answer for path, each in distributions.items()}
    before = Answer({"lines": values, "net": "7"}, fields, {}, {}, distributions)
    after = conclude(task, before)
    assert [row["price"] for row in after.values["lines"]] == ["4"] * rows
    assert after.checks == {PRODUCT: "holds", SUM: "broken"}
    assert [row["price"] for row in before.values["lines"]] == ["30"] * rows


CHOICES = st.lists(
    st.tuples(st.integers(1, 6).map(str), st.floats(-8, 0)), min_size=1, max_size=4, unique_by=itemgetter(0)
)


@given(st.tuples(CHOICES, CHOICES, CHOICES))
@settings(max_examples=40)  # each is compared with all assignments
def test_the_one_value_of_a_sum_that_changes_is_the_most_probable_that_fits(
    choices: tuple[list[tuple[str, float]], ...],
) -> None:
    paths = ("lines[0].amount", "lines[1].amount", "net")
    distributions = {path: tuple(weighed(*each) for each in ways) for path, ways in zip(paths, choices, strict=True)}
    first, second, net = (each[0].value for each in distributions.values())
    values = {"lines": [{"amount": first}, {"amount": second}], "net": net}
    assume(int(first) + int(second) != int(net))
    fields = {path: each[0].answer for path, each in distributions.items()}
    after = conclude(lines_task(SUM), Answer(values, fields, {}, {}, distributions))
    fitting = sorted(
        (sum(level for _, level in way), [value for value, _ in way])
        for way in itertools.product(*choices)
        if int(way[0][0]) + int(way[1][0]) == int(way[2][0])
        and own_places([value for value, _ in way], [first, second, net])
    )[::-1]
    likely = bool(fitting) and fitting[0][0] >= sum(ways[0][1] for ways in choices) - MARGIN
    clear = len(fitting) == 1 or (likely and fitting[1][0] < fitting[0][0] - LEAD)
    # Beside it the likeliest value may take the place of one that is much less likely.
    free = [
        new != ways[0][0] and dict(ways)[new] < max(ways[0][1] + LEAD, *dict(ways).values())
        for new, ways in zip(fitting[0][1] if likely else [], choices, strict=False)
    ]
    expected = fitting[0][1] if likely and clear and sum(free) <= 1 else [first, second, net]
    assert [value_at(after.values, path) for path in paths] == expected
