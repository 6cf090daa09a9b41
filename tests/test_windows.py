"""Long documents: windows cover the whole document, results merge by a stated rule, a kill costs no done window."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.checker import check_run
from ringfence.documents import Document, expand_inputs
from ringfence.engines import FakeEngine, Request, Ticket
from ringfence.engines.scheduler import Delivery
from ringfence.inference import Windowing
from ringfence.runs import RunFolder
from ringfence.tasks import (
    ExtractTask,
    Task,
    Window,
    merge,
    prepare,
    windows_of,
)
from ringfence.tasks.extract.list_grammar import ListRule
from tests.conftest import document_of, fake_lock, task_of
from tests.fake_runs import latest, run

TASK = task_of(total={"kind": "money"}, who={"kind": "text", "required": True})
BLOCKS = st.lists(
    st.lists(st.text(alphabet="ab 1", min_size=1, max_size=60).filter(str.strip), min_size=1, max_size=6), min_size=1
)


@given(BLOCKS, st.integers(5, 80))
def test_windows_are_small_enough_in_order_and_together_the_whole_document(blocks: Any, most: int) -> None:
    document = document_of("\n\n".join("\n".join(block) for block in blocks))
    windows = windows_of(document, most, len)
    covered: set[int] = set()
    for window in windows:
        covered.update(range(window.start, window.end))
    visible = {n for n, character in enumerate(document.text) if not character.isspace()}
    assert visible <= covered
    assert [w.start for w in windows] == sorted({w.start for w in windows})
    assert [w.end for w in windows] == sorted({w.end for w in windows})
    assert all(window.end - window.start <= most for window in windows)


def test_windows_overlap_by_one_block() -> None:
    document = document_of("aaaa aaaa aaaa\n\nbb\n\ncccc cccc cccc\n\ndd")
    assert [document.text[w.start : w.end] for w in windows_of(document, 24, len)] == [
        "aaaa aaaa aaaa\n\nbb",
        "bb\n\ncccc cccc cccc\n\ndd",
    ]


def test_a_table_that_goes_on_shows_its_header_and_gives_no_value_from_it() -> None:
    rows = [f"item {n}   {n}.00   {n}" for n in range(30)]
    document = document_of("\n".join(["Item   Price   Count", *rows]))
    windows = windows_of(document, 200, len)
    assert windows[0].context == ""
    assert {window.context for window in windows[1:]} == {"Item   Price   Count"}
    plan = prepare(task_of(name={"kind": "text"}), document).plan(windows[1])
    assert "Item   Price   Count\n" in plan.prompt.user
    assert '"Count"' not in plan.grammar


def read(task: ExtractTask, document: Document, window: tuple[int, int], written: str, logprob: float) -> Any:
    plan = prepare(task, document).plan(Window(*window))
    return plan.read(written, range(1, len(written) + 1), [logprob] * len(written))


THREE = [(0, 8), (10, 18), (20, 28)]


def merged_windows(document: Document, written: list[str], *logprobs: float) -> Any:
    """The answer of three windows, each with one log-probability for all that was written."""
    parts = [read(TASK, document, span, text, p) for span, text, p in zip(THREE, written, logprobs, strict=True)]
    return merge(TASK, parts)


def test_of_several_windows_the_surest_value_counts_the_earlier_of_equals_and_null_only_if_all_say_null() -> None:
    document = document_of("Ann 1.00\n\nBob 2.00\n\nCat 3.00")
    merged = partial(merged_windows, document, [" 1.00\nwho: null\n", " 2.00\nwho: Bob\n", " 3.00\nwho: null\n"])

    assert merged(-0.5, -0.1, -0.5).values["total"]["amount"] == "2.00"
    assert merged(-0.1, -0.1, -0.1).values["total"]["amount"] == "1.00"
    assert merged(-0.1, -9, -0.1).values["who"] == "Bob"
    nobody = merge(TASK, [read(TASK, document, THREE[0], " null\nwho: null\n", -0.01)])
    assert nobody.values == {"total": None, "who": None}
    assert nobody.fields["who"].flags == ["required-but-absent"]


def test_windows_that_agree_outweigh_a_surer_one_that_stands_alone() -> None:
    document = document_of("Ann 1.00\n\nann 1.00\n\nCat 3.00")
    merged = partial(merged_windows, document, [" 1.00\nwho: Ann\n", " 1.00\nwho: ann\n", " 3.00\nwho: Cat\n"])

    together = merged(-0.06, -0.04, -0.02)  # Ann is wrong with 0.26 and 0.18, so both with 0.05; Cat with 0.10
    assert together.values["total"]["amount"] == "1.00"
    assert (together.values["who"], together.fields["who"].spans) == ("Ann", [(0, 3)]), "the first place counts"
    doubted = merged(-0.9, -0.002, -0.1)
    assert (doubted.values["who"], doubted.fields["who"].spans) == ("ann", [(10, 13)]), "but not of a doubtful reading"
    assert merged(-0.9, -0.9, -0.1).values["who"] == "Cat"
    assert merged(-0.3, -9, -0.2).values["who"] == "Cat"


def test_windows_that_are_about_as_sure_of_different_values_are_told_apart() -> None:
    document = document_of("Ann 1.00\n\nBob 2.00\n\nCat 3.00")
    merged = partial(merged_windows, document, [" 1.00\nwho: Ann\n", " 2.00\nwho: null\n", " null\nwho: null\n"])
    near = merged(-0.10, -0.12, -0.1)
    assert near.fields["total"].flags == ["windows-differ: 2.00"]
    assert near.fields["who"].flags == []
    assert merged(-0.01, -0.5, -0.1).fields["total"].flags == []


def test_of_judged_values_the_surest_window_counts_however_many_say_otherwise() -> None:
    document = document_of("Ann 1.00\n\nBob 2.00\n\nCat 3.00")
    task = task_of(sublet={"kind": "boolean"})
    parts = [
        read(task, document, THREE[0], text, logprob)
        for text, logprob in [(" false\n", -0.3)] * 4 + [(" true\n", -0.02)]
    ]
    assert merge(task, parts).values["sublet"] is True


def test_a_record_that_two_windows_saw_is_listed_once() -> None:
    task = task_of(lines={"kind": "list", "fields": {"item": {"kind": "text"}, "amount": {"kind": "money"}}})
    document = document_of("Bolt   7.50\nNut   2.50\nNail   1.00")
    parts = [
        read(task, document, (0, 22), "\n- Bolt | 7.50\n- Nut | 2.50\n", -0.1),
        read(task, document, (12, 34), "\n- null | 2.50\n- Nail | 1.00\n", -0.01),
    ]
    assert [line["item"] for line in merge(task, parts).values["lines"]] == ["Bolt", "Nut", "Nail"]


LONG = "\n\n".join(f"Section {n}. " + "words without any worth. " * 30 for n in range(8)) + "\n\nAnn pays 5.00\n"


def engine() -> FakeEngine:
    def script(request: Request, prompt: str) -> str | Exception:
        return " 5.00\nwho: Ann\n" if "Ann pays" in prompt else " null\nwho: null\n"

    return FakeEngine(script)


def go(folder: Path, out: Path, fake: FakeEngine, **options: Any) -> dict[str, Any]:
    run(TASK, expand_inputs([folder]), fake, fake_lock(TASK), out, windowing=Windowing(tokens=1000), **options)
    return next(latest(RunFolder.open(out)))


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "long.txt").write_text(LONG)
    return tmp_path / "in"


def test_a_long_document_is_read_in_windows_and_its_values_are_places_in_the_whole(inbox: Path, tmp_path: Path) -> None:
    told: list[Any] = []
    result = go(inbox, tmp_path / "run", engine(), on_progress=lambda progress: told.append(progress.window))
    assert result["values"] == {"total": {"amount": "5.00", "currency": None}, "who": "Ann"}
    start, end = result["fields"]["who"]["spans"][0]
    assert LONG[start:end] == "Ann"
    assert len(result["windows"]) >= 8
    assert result["usage"]["looks"] == len(result["windows"])
    assert told[0][1:] == (1, len(result["windows"]))
    assert not (tmp_path / "run" / "windows.jsonl").exists()
    assert check_run(tmp_path / "run").findings == []


def test_windows_that_were_finished_before_a_stop_are_not_asked_again(inbox: Path, tmp_path: Path) -> None:
    calls = 0

    def stopping(request: Request, prompt: str) -> str:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise KeyboardInterrupt
        return " null\nwho: null\n"

    with pytest.raises(KeyboardInterrupt):
        go(inbox, tmp_path / "run", FakeEngine(stopping))
    with (tmp_path / "run" / "windows.jsonl").open("ab") as stream:
        stream.write(b'{"document":"long.txt","sha')  # the line that the kill cut short
    again = engine()
    result = go(inbox, tmp_path / "run", again, resume=True)
    assert result["values"]["who"] == "Ann"
    assert len(again.seen) == len(result["windows"]) - 4
    whole = go(inbox, tmp_path / "unbroken", engine())
    assert result["values"] == whole["values"]
    assert result["fields"] == whole["fields"]


def test_a_window_that_fails_fails_its_document_and_says_which(inbox: Path, tmp_path: Path) -> None:
    def failing(request: Request, prompt: str) -> str | Exception:
        return RuntimeError("no room") if "Section 3." in prompt else " null\nwho: null\n"

    result = go(inbox, tmp_path / "run", FakeEngine(failing))
    assert result["status"] == "failed"
    assert "engine: no room (window" in result["reason"]


def test_only_chosen_windows_are_read_and_they_are_recorded(inbox: Path, tmp_path: Path) -> None:
    def last(task: Task, document: Document, windows: list[Window], relevant: int) -> list[int]:
        return [0, len(windows) - 1]

    fake = engine()
    run(
        TASK, expand_inputs([inbox]), fake, fake_lock(TASK), tmp_path / "run",
        windowing=Windowing(tokens=1000, relevant=1), choose=last,
    )  # fmt: skip
    result = next(latest(RunFolder.open(tmp_path / "run")))
    assert len(fake.seen) == len(result["windows"]) == 2
    assert result["values"]["who"] == "Ann"
    assert check_run(tmp_path / "run").findings == []


def test_weights_with_a_small_context_read_in_smaller_windows(inbox: Path, tmp_path: Path) -> None:
    fake = engine()
    fake.capabilities = type(fake.capabilities)(context=2600, grammar=True, json_schema=True)
    go(inbox, tmp_path / "run", fake)
    assert all(len(request.prompt) < 2600 for request in fake.seen)


def test_a_document_is_written_once_also_when_one_of_its_windows_is_looked_at_again(
    inbox: Path, tmp_path: Path
) -> None:
    """The second look at an early window is asked while later windows are answered."""

    class Ahead(FakeEngine):
        """Takes four requests before it answers any, as a real engine does."""

        slots = 4

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.taken: list[Ticket] = []

        def begin(self, ticket: Ticket) -> None:
            self.taken.append(ticket)

        def advance(self) -> list[Delivery]:
            taken, self.taken = self.taken, []
            return [(ticket, output) for ticket in taken if (output := super(Ahead, self).begin(ticket)) is not None]

    fake = Ahead(engine().script, logprob=-0.9)  # a null of some tokens that the model doubts
    result = go(inbox, tmp_path / "run", fake)
    assert result["usage"]["looks"] > len(result["windows"])
    assert len((tmp_path / "run" / "results.jsonl").read_text().splitlines()) == 1


HEADED = "\n".join(
    [
        "Contract of 3 May 2024",
        "between Ann Miller and Bob Brown",
        "",
        *(f"{n}. " + "They agree. " * 30 for n in range(9)),
    ]
)


def headed_windows() -> list[Window]:
    return windows_of(document_of(HEADED), 1000, len, with_head=True)


def test_every_window_shows_the_first_lines_of_the_document_before_its_own() -> None:
    first, *others = headed_windows()
    assert first.head == 0
    assert {HEADED[: window.head] for window in others} == {"Contract of 3 May 2024\nbetween Ann Miller and Bob Brown"}
    plan = prepare(task_of(who={"kind": "text"}), document_of(HEADED)).plan(others[1])
    shown = plan.prompt.user
    assert "Ann Miller and Bob Brown\n ...\n" in shown
    assert shown.index("Ann Miller") < shown.index("They agree.")


def test_windows_with_a_head_are_no_larger() -> None:
    assert all(sum(end - start for start, end in window.parts) <= 1000 for window in headed_windows())


def test_a_single_value_may_stand_in_the_head_and_a_row_may_not() -> None:
    window = headed_windows()[-1]
    task = task_of(
        signed={"kind": "date"}, who={"kind": "text"}, rows={"kind": "list", "fields": {"who": {"kind": "text"}}}
    )
    plan = prepare(task, document_of(HEADED)).plan(window)
    part = plan.read(" 3 May 2024\nwho: Ann Miller\nrows: null\n")
    assert part.single["signed"].value == "2024-05-03"
    assert [HEADED[slice(*span)] for span in part.single["who"].answer.spans] == ["Ann Miller"]
    rows = plan.rules["rows"]
    assert isinstance(rows, ListRule)
    assert all(unit.start >= window.start for unit in rows.units)


def test_a_value_that_stands_in_the_window_is_not_placed_in_the_head() -> None:
    text = "Lease. Rent EUR 900.00\nOwner Bob\n\n" + "word " * 140 + "\n\nThe deposit of Bob is EUR 900.00 too.\n\n"
    document = document_of(text + "word " * 140)
    window = next(w for w in windows_of(document, 800, len, with_head=True) if "deposit" in text[w.start : w.end])
    task = task_of(deposit={"kind": "money"}, who={"kind": "text"})
    found = prepare(task, document).plan(window).read(" 900.00\nwho: Bob\n").single
    assert window.head
    assert all(found[name].answer.spans[0][0] >= window.start for name in ("deposit", "who"))


def test_no_window_ends_between_a_row_and_the_line_that_goes_on_with_it() -> None:
    text = "\n".join(f"2024-05-{n:02}   Person number {n}\n   p{n}@example.org" for n in range(1, 29))
    windows = windows_of(document_of(text), 300, len)
    assert len(windows) > 3
    assert all(text[window.start : window.start + 8] == "2024-05-" for window in windows)


def test_a_place_that_every_window_shows_counts_once() -> None:
    document = document_of("Ann 1.00\n\nBob 2.00\n\nCat 3.00")
    parts = [
        read(TASK, document, (0, 28), text, logprob)
        for text, logprob in [(" 1.00\nwho: Ann\n", -0.7)] * 6 + [(" 2.00\nwho: Bob\n", -0.2)]
    ]
    assert merge(TASK, parts).values["who"] == "Bob"  # a half six times over is a half, from one place
