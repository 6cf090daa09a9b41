"""Summarise: every sentence rests on places of the document, nothing unsupported passes unmarked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.checker import check_run
from ringfence.documents import expand_inputs
from ringfence.engines import FakeEngine, Request
from ringfence.errors import TaskError
from ringfence.inference import LoadedModel, Windowing
from ringfence.reports import write_report
from ringfence.runs import RunFolder, export_json
from ringfence.tasks import SummariseTask, task_from
from ringfence.tasks.locale import Locale
from ringfence.tasks.summarise.notes import (
    Stage,
    groups_of,
    passages_of,
    sections_of,
)
from ringfence.tasks.unsupported import unsupported
from tests.conftest import document_of, fake_lock
from tests.fake_runs import latest, run


def task_of(**more: Any) -> SummariseTask:
    task = task_from({"kind": "summarise", "name": "minutes", "words": 40, **more})
    assert isinstance(task, SummariseTask)
    return task


def numbered(prompt: str) -> dict[int, str]:
    return {int(n): text for n, text in re.findall(r"^\[(\d+)\] (.*)$", prompt, re.M)}


def copying(request: Request, prompt: str) -> str | Exception:
    """Notes: the beginning of each passage with its number; the summary: the first and the last of what it is given."""
    found = {n: re.sub(r"[][]", "", text) for n, text in numbered(prompt).items()}
    if "most important points" in prompt:
        return "".join(f"{text[:55]} [{n}]\n" for n, text in list(found.items())[:6])
    return "".join(f"{found[n]} [{n}]\n" for n in sorted({1, max(found)}))


def go(tmp_path: Path, task: SummariseTask, text: str, script: Any = copying, **more: Any) -> dict[str, Any]:
    (tmp_path / "a.txt").write_text(text)
    run(task, expand_inputs([tmp_path / "a.txt"]), FakeEngine(script), fake_lock(task), tmp_path / "run", **more)
    assert check_run(tmp_path / "run").findings == []
    (result,) = latest(RunFolder.open(tmp_path / "run"))
    return result


LONG = "\n\n".join(
    f"Part {n}. The board met in room {n} and agreed on point {n}. " + "It went on and on. " * 12 for n in range(1, 13)
)


def test_each_sentence_carries_the_spans_that_it_rests_on(tmp_path: Path) -> None:
    text = "The board met in May.\n\nIt agreed on the budget of EUR 500.00."
    result = go(tmp_path, task_of(), text)
    assert result["values"]["summary"] == "The board met in May. It agreed on the budget of EUR 500.00."
    for sentence in result["sentences"]:
        ((start, end),) = sentence["spans"]
        assert text[start:end] == sentence["text"]
    assert result["unsupported"] == []
    assert result["fields"]["summary"]["kind"] == "written"
    assert result["grounding"] == "decoded"


def test_a_long_document_is_noted_section_by_section_and_none_is_lost_silently(tmp_path: Path) -> None:
    result = go(tmp_path, task_of(words=200), LONG, windowing=Windowing(1200))
    sections = result["sections"]
    assert len(sections) >= 3
    assert all(section["notes"] for section in sections)
    assert [section["in_summary"] for section in sections] == [True, *[False] * (len(sections) - 2), True]
    covered = {n for section in sections for n in range(*section["span"])}
    assert {n for n, letter in enumerate(LONG) if not letter.isspace()} <= covered
    assert result["windows"] == [section["span"] for section in sections]
    report = write_report(tmp_path / "run").read_text()
    assert f"Read in {len(sections)} sections" in report


def test_notes_that_are_too_many_are_noted_again(tmp_path: Path) -> None:
    seen: list[str] = []

    def script(request: Request, prompt: str) -> str | Exception:
        seen.append(request.id)
        return copying(request, prompt)

    result = go(tmp_path, task_of(), LONG, script, windowing=Windowing(700))
    assert any("notes 1." in identity for identity in seen)
    assert result["status"] == "done"
    assert result["sentences"][0]["spans"][0][0] < 50


def test_a_section_that_fails_fails_the_document_with_its_number(tmp_path: Path) -> None:
    def script(request: Request, prompt: str) -> str | Exception:
        return (
            RuntimeError("no room") if "point 5" in prompt and "most important" in prompt else copying(request, prompt)
        )

    result = go(tmp_path, task_of(), LONG, script, windowing=Windowing(1200))
    assert result["status"] == "failed"
    assert re.search(r"no room \(section \d+ of \d+\)", result["reason"])


def test_what_the_document_does_not_say_is_listed_and_flagged(tmp_path: Path) -> None:
    def script(request: Request, prompt: str) -> str | Exception:
        return "Anna Berg paid EUR 750.00 on 3 May 2024 for 12 chairs. [1]\n"

    result = go(tmp_path, task_of(), "Anna Berg bought twelve chairs for EUR 570.00 on 2024-05-03.", script)
    assert [(one["kind"], one["text"]) for one in result["unsupported"]] == [("money", "EUR 750.00")]
    assert result["fields"]["summary"]["flags"] == ["unsupported: EUR 750.00"]
    page = write_report(tmp_path / "run").read_text()
    assert '<span class="unsupported"' in page
    assert "750.00" in page


@pytest.mark.parametrize(
    ("written", "said", "missing"),
    [
        ("It costs 1,000 euros.", "The price is 1000 euros.", []),
        ("It costs 1,100 euros.", "The price is 1000 euros.", ["1,100 euros"]),
        ("They met on 12 March 2024.", "Meeting of 2024-03-12.", []),
        ("They met on 13 March 2024.", "Meeting of 2024-03-12.", ["13 March 2024"]),
        ("In all 3 of them came.", "three of them came", []),
        ("The firm Nordwind GmbH won.", "nordwind gmbh won the bid", []),
        ("The firm Südwind GmbH won.", "nordwind gmbh won the bid", ["Südwind GmbH"]),
        ("Yesterday Bob spoke.", "alice spoke", ["Bob"]),
        ("Everybody spoke. They left.", "all of them spoke and left", []),
        ("NATO met.", "the alliance met", ["NATO"]),
        ("In the Black Forest they met.", "they met", ["Black Forest"]),
        ("They sold 234 units.", "They sold 12345 units.", ["234"]),
        ("It costs EUR 700.00.", "It costs EUR 98,700.00.", ["EUR 700.00"]),
        ("It costs USD 500.00.", "It costs EUR 500.00.", ["USD 500.00"]),
        ("It fell by 12 percent.", "change: -12 percent", []),
        ("They paid Siemens AG. Nordwind paid too.", "siemens ag and nordwind paid", []),
        ("Anna's plan was kept.", "Anna had a plan", []),
    ],
)
def test_numbers_dates_and_names_are_looked_up(written: str, said: str, missing: list[str]) -> None:
    found = unsupported(document_of(written), document_of(said), Locale(date_order="dmy", decimal="."))
    assert [one.text for one in found] == missing
    assert all(written[slice(*one.span)] == one.text for one in found)


def test_in_german_a_noun_alone_is_no_name() -> None:
    said = (
        "Der Vorstand traf sich im Haus am See und sprach über den Plan für das Jahr "
        "und die Kosten der Reise nach Rom. " * 5
    )
    found = unsupported(document_of("Es ging um die Finanzierung und um Klaus Meier."), document_of(said), Locale())
    assert [one.text for one in found] == ["Klaus Meier"]


def test_an_outline_is_followed_and_what_has_nothing_under_it_is_flagged(tmp_path: Path) -> None:
    def script(request: Request, prompt: str) -> str | Exception:
        assert "## Decisions\n## Open points" in prompt
        return "## Decisions\nThe budget was agreed. [1]\n## Open points\nnone\n"

    result = go(tmp_path, task_of(outline=["Decisions", "Open points"]), "The budget was agreed.", script)
    assert result["values"]["summary"] == "## Decisions\n\nThe budget was agreed."
    assert result["sentences"][0]["heading"] == "Decisions"
    assert "nothing-under: Open points" in result["fields"]["summary"]["flags"]


def test_a_question_that_the_document_says_nothing_about_has_no_summary(tmp_path: Path) -> None:
    result = go(tmp_path, task_of(question="Who won?"), "The weather was fine.", lambda request, prompt: "none\n")
    assert result["values"]["summary"] is None
    assert result["fields"]["summary"]["flags"] == ["nothing-found"]


def test_a_sentence_that_is_cut_off_is_left_out_and_told_of(tmp_path: Path) -> None:
    def script(request: Request, prompt: str) -> str | Exception:
        return "It was fine. [1]\n" + "and then " * 4000

    result = go(tmp_path, task_of(), "The weather was fine.", script)
    assert result["values"]["summary"] == "It was fine."
    assert "cut-off" in result["fields"]["summary"]["flags"]


def test_a_kill_costs_no_section_that_was_noted(tmp_path: Path) -> None:
    asked: list[str] = []

    def stops(request: Request, prompt: str) -> str | Exception:
        if len(asked) == 4:
            raise KeyboardInterrupt
        asked.append(request.id)
        return copying(request, prompt)

    task, windowing = task_of(), Windowing(1200)
    (tmp_path / "a.txt").write_text(LONG)
    sources = expand_inputs([tmp_path / "a.txt"])
    with pytest.raises(KeyboardInterrupt):
        run(task, sources, FakeEngine(stops), fake_lock(task), tmp_path / "run", windowing=windowing)
    again = FakeEngine(copying)
    run(task, sources, again, fake_lock(task), tmp_path / "run", windowing=windowing, resume=True)
    assert not set(asked[:3]) & {request.id for request in again.seen}
    (result,) = latest(RunFolder.open(tmp_path / "run"))
    whole = tmp_path / "whole"
    whole.mkdir()
    assert result["values"] == go(whole, task, LONG, windowing=windowing)["values"]


@given(st.text(alphabet="abc .!\n", max_size=900), st.integers(20, 200))
def test_passages_and_groups_are_the_whole_document_in_order(text: str, most: int) -> None:
    if not text.strip():
        return
    document = document_of(text)
    passages = passages_of(document, 0, len(document.text))
    covered = {n for passage in passages for start, end in passage.spans for n in range(start, end)}
    assert {n for n, letter in enumerate(document.text) if not letter.isspace()} <= covered
    groups = groups_of(passages, most, len)
    assert [passage for group in groups for passage in group] == passages
    sections = sections_of(groups)
    assert sections == sorted(sections)


@given(st.text(max_size=300))
def test_whatever_is_written_can_be_read(text: str) -> None:
    stage = Stage(task_of(), passages_of(document_of("One. Two."), 0, 9), final=True)
    sentences, _ = stage.read(text, whole=True)
    assert all(one.text.strip() for one in sentences)


def test_a_task_with_faults_is_refused() -> None:
    wrong: dict[str, Any]
    for wrong in ({"words": 1}, {"outline": ["a", "a"]}, {"outline": [" a"]}, {"fields": {}}):
        with pytest.raises(TaskError):
            task_from({"kind": "summarise", "name": "x", **wrong})


def test_what_was_tampered_with_is_found(tmp_path: Path) -> None:
    go(tmp_path, task_of(), "The board met in May. It agreed on the budget of EUR 500.00.")
    journal = tmp_path / "run" / "results.jsonl"
    result = json.loads(journal.read_text())
    more = {"summary": result["values"]["summary"] + " It cost 777."}
    for change in ({"values": more}, {"sentences": [{**result["sentences"][0], "spans": [[0, 9999]]}]}):
        journal.write_text(json.dumps({**result, **change}) + "\n")
        assert check_run(tmp_path / "run").findings != []


def test_the_export_tells_sentences_and_what_is_unsupported(tmp_path: Path) -> None:
    go(tmp_path, task_of(), "The board met in May.")
    with (tmp_path / "out.json").open("w") as stream:
        export_json(RunFolder.open(tmp_path / "run"), stream)
    (row,) = json.loads((tmp_path / "out.json").read_text())
    assert row["sentences"][0]["spans"] == [[0, 21]]
    assert row["unsupported"] == []


@pytest.mark.weights
def test_real_weights_cite_only_what_there_is(open_small: Callable[[Any], LoadedModel], tmp_path: Path) -> None:
    opened, task = open_small("batched"), task_of(words=20)
    (tmp_path / "a.txt").write_text("The board met in May.\n\nIt agreed on the budget.\n\nTea was served.")
    run(task, expand_inputs([tmp_path / "a.txt"]), opened.engine, fake_lock(task), tmp_path / "run")
    (result,) = latest(RunFolder.open(tmp_path / "run"))
    assert result["status"] == "done"
    assert all(sentence["spans"] for sentence in result["sentences"])
    assert check_run(tmp_path / "run").findings == []
