"""Two date fields that are the first and the last day of one printed range."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.checker import check_run
from ringfence.contracts import FieldAnswer
from ringfence.documents import expand_inputs
from ringfence.runs import RunFolder
from ringfence.tasks import merge, prepare
from ringfence.tasks.extract.date_pairs import DatePair, date_pairs
from tests.conftest import answering, document_of, task_of
from tests.fake_runs import run_fake

ORDER = "Printed 02.03.2024\nFlight: 10.03.2024 - 20.03.2024\nMar 7, 2024\n"
WEEKS = ORDER + "Week 14.03.2024 - 20.03.2024\n"


def read(first: str, last: str, text: str = ORDER) -> dict[str, FieldAnswer]:
    """The answers for a pair of dates that the model wrote as ``first`` and ``last``."""
    task = task_of(None, {"date_order": "dmy"}, flight_from={"kind": "date"}, flight_to={"kind": "date"})
    return merge(task, [prepare(task, document_of(text)).plan().read(f" {first}\nflight_to: {last}\n")]).fields


def days(fields: dict[str, FieldAnswer]) -> tuple[str | None, str | None]:
    return fields["flight_from"].raw, fields["flight_to"].raw


@pytest.mark.parametrize(
    ("first", "last", "pair"),
    [
        ("flight_from", "flight_to", True),
        ("start_date", "end_date", True),
        ("stay.first_day", "stay.last_day", True),
        ("von", "bis", True),
        ("valid_from", "paid_until", False),
        ("a.from", "b.to", False),
        ("date", "due_date", False),
    ],
)
def test_dates_are_a_pair_if_their_names_differ_in_one_word(first: str, last: str, pair: bool) -> None:
    dates = {name: task_of(value={"kind": "date"}).flat["value"] for name in (last, first)}
    assert date_pairs(dates) == ([DatePair(first, last)] if pair else [])


def test_a_day_from_elsewhere_gives_way_to_the_other_end_of_the_range() -> None:
    got = read("02.03.2024", "20.03.2024")
    assert days(got) == ("10.03.2024", "20.03.2024")
    assert got["flight_from"].chosen_by == "period"
    assert got["flight_to"].chosen_by is None
    (span,) = got["flight_from"].spans
    assert ORDER[slice(*span)] == "10.03.2024"


def test_a_printed_range_stays_and_so_do_days_that_are_no_end_of_one() -> None:
    assert days(read("14.03.2024", "20.03.2024", WEEKS)) == ("14.03.2024", "20.03.2024")
    assert days(read("02.03.2024", "10.03.2024")) == ("02.03.2024", "10.03.2024")
    assert days(read("null", "20.03.2024")) == (None, "20.03.2024")


def test_of_several_ranges_the_one_that_holds_the_others_counts() -> None:
    assert days(read("02.03.2024", "20.03.2024", WEEKS)) == ("10.03.2024", "20.03.2024")


def test_of_two_ranges_of_which_none_holds_the_other_none_is_taken_and_both_days_say_so() -> None:
    got = read("10.03.2024", "31.03.2024", ORDER + "Bill 15.03.2024 - 31.03.2024\n")
    assert days(got) == ("10.03.2024", "31.03.2024")
    assert all("ambiguous-period" in answer.flags for answer in got.values())


def test_the_checker_knows_a_day_that_a_range_chose_and_refuses_one_without_a_range(tmp_path: Path) -> None:
    task = task_of(None, {"date_order": "dmy"}, flight_from={"kind": "date"}, flight_to={"kind": "date"})
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(ORDER)
    engine = answering(flight_from="02.03.2024", flight_to="20.03.2024")
    run_fake(task, expand_inputs([tmp_path / "in"]), engine, tmp_path / "run")
    folder = RunFolder.open(tmp_path / "run")
    (result,) = folder.latest()
    assert result.fields
    assert result.fields["flight_from"].chosen_by == "period"
    assert check_run(folder.path).findings == []
    task = task_of(who={"kind": "text"})
    (tmp_path / "in" / "a.txt").write_text("Seller Nordwind\n")
    run_fake(task, expand_inputs([tmp_path / "in"]), answering(who="Nordwind"), tmp_path / "other")
    folder = RunFolder.open(tmp_path / "other")
    (result,) = folder.latest()
    assert result.fields
    result.fields["who"].chosen_by = "period"
    folder.append(result)
    assert "end of a range" in str(check_run(folder.path).findings)
