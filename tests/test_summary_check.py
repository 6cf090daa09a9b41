"""Sentences of summaries are claims: their places say them, or they are marked; names as printed; the length fits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.checker import check_run
from ringfence.documents import ReadingOptions, expand_inputs, read_documents
from ringfence.engines import FakeEngine, Request, Score
from ringfence.inference import Windowing
from ringfence.inference.board import BoardHooks
from ringfence.inference.summary_check import SummaryCheck
from ringfence.runs import RunFolder
from ringfence.tasks import SummariseTask, task_from
from ringfence.tasks.evidence import passages_that_say
from ringfence.tasks.printed_names import PrintedNames
from ringfence.tasks.summarise.length import chosen, least_words, most_words
from ringfence.tasks.summarise.notes import Sentence, passages_of
from tests.conftest import document_of, fake_lock
from tests.fake_runs import answerer_on, latest, run

MEETING = "\n".join(
    f"{who}: {what}"
    for who, what in [
        ("Anna Berg", "The remote control shall cost 12 euros and have a rubber case. " + "That was talked over. " * 6),
        ("Tom", "We heard that the competitor Nordwind GmbH sells 900 units. " + "Nobody was sure of that. " * 6),
        ("Anna Berg", "The kinetic battery was refused since it is heavy. " + "We spent long on it. " * 6),
        ("Tom", "Tea was served at three. " + "It was good tea. " * 8),
    ]
)
Script = Callable[[Request, str], str | Exception]


def writing(*lines: str) -> Script:
    """A script that writes these lines as the summary, and as the notes of every section."""
    return lambda request, prompt: "".join(f"{line}\n" for line in lines)


def scorer(unsupported: str) -> Callable[[str, str], float]:
    """Scores by which everything is supported by its places, but for statements with a word."""

    def score(prompt: str, answer: str) -> float:
        good = "(empty)" not in prompt and unsupported not in prompt.rpartition("Statement:")[2]
        return -0.1 if answer.strip().startswith("supported") == good else -5.0

    return score


def go(tmp_path: Path, script: Script, text: str = MEETING, score: Any = None, **task_parts: Any) -> dict[str, Any]:
    task = task_from({"kind": "summarise", "name": "minutes", "words": 20, **task_parts})
    (tmp_path / "a.txt").write_text(text)
    engine = FakeEngine(script, scorer=score)
    run(task, expand_inputs([tmp_path / "a.txt"]), engine, fake_lock(task), tmp_path / "run")
    assert check_run(tmp_path / "run").findings == []
    (result,) = latest(RunFolder.open(tmp_path / "run"))
    return result


def test_a_sentence_rests_on_the_passage_that_says_it_whatever_it_cites(tmp_path: Path) -> None:
    result = go(tmp_path, writing("The kinetic battery was refused because of its weight. [1]"))
    (sentence,) = result["sentences"]
    ((start, end),) = sentence["spans"]
    assert "kinetic battery was refused" in MEETING[start:end]
    assert "rubber case" not in MEETING[start:end]
    assert sentence["faults"] == []


def test_what_stands_elsewhere_is_told_apart_from_what_stands_nowhere(tmp_path: Path) -> None:
    result = go(tmp_path, writing("The remote control shall cost 900 and 77 with a rubber case, and so on. [1]"))
    (sentence,) = result["sentences"]
    assert sentence["faults"] == ["number elsewhere: 900", "number: 77"]
    assert [found["text"] for found in result["unsupported"]] == ["77"]
    assert "elsewhere: sentence 1" in result["fields"]["summary"]["flags"]


def test_a_bullet_is_left_out_and_a_minus_is_not(tmp_path: Path) -> None:
    text = "The lowest temperature of the night was -5 °C at the station. Later it was 5 °C in the hall."
    result = go(tmp_path, writing("-5 °C was the lowest temperature of the night at the station. [1]"), text)
    assert result["values"]["summary"].startswith("-5 °C was")
    (tmp_path / "other").mkdir()
    result = go(tmp_path / "other", writing("- The lowest temperature was -5 °C at the station. [1]"), text)
    assert result["values"]["summary"].startswith("The lowest")


def test_in_german_a_noun_that_another_place_has_is_no_name(tmp_path: Path) -> None:
    said = "Der Vorstand sprach im Haus am See über den Plan für das Jahr und die Kosten der Reise nach Rom. " * 5
    text = f"{said}\n\nDie Reise nach Rom war gut und die Sonne schien auf das Meer, den Strand und die Stadt am Berg."
    result = go(tmp_path, writing("Auf der Reise nach Rom war der Vorstand bei guter Laune am Strand. [1]"), text)
    assert [fault for fault in result["sentences"][0]["faults"] if fault.startswith("name")] == []


def test_a_sentence_that_its_places_do_not_say_is_flagged_and_stays(tmp_path: Path) -> None:
    lines = ("The kinetic battery was refused. [3]", "The kinetic battery was praised. [3]")
    result = go(tmp_path, writing(*lines), score=scorer("praised"))
    good, bad = result["sentences"]
    assert good["support"] > 0.9
    assert good["faults"] == []
    assert bad["support"] < 0.5
    assert bad["faults"] in (["not stated"], ["contradicted"])
    assert any(flag.endswith(": sentence 2") for flag in result["fields"]["summary"]["flags"])
    assert "praised" in result["values"]["summary"]


def test_it_is_dropped_where_the_task_says_so(tmp_path: Path) -> None:
    lines = ("The kinetic battery was refused. [3]", "The kinetic battery was praised. [3]", "Eve Stone came. [1]")
    result = go(tmp_path, writing(*lines), score=scorer("praised"), unsupported="drop")
    assert result["values"]["summary"] == "The kinetic battery was refused."
    assert result["fields"]["summary"]["flags"] == ["dropped-sentences: 2", "shorter-than-asked"]


def test_a_task_that_asks_for_no_support_scores_nothing(tmp_path: Path) -> None:
    def never(prompt: str, answer: str) -> float:
        raise AssertionError("scored")

    result = go(tmp_path, writing("Tea was served. [4]"), score=never, support=0)
    assert "support" not in result["sentences"][0]


def test_a_score_that_fails_is_told_and_fails_no_document() -> None:
    task = task_from({"kind": "summarise", "name": "minutes", "words": 20})
    assert isinstance(task, SummariseTask)
    document = document_of("Tea was served.")
    passages = passages_of(document, 0, len(document.text))
    check = SummaryCheck(task, FakeEngine(writing(), scorer=scorer("-")), document, [passages])
    for request in check.begin([Sentence("Tea was served.", passages[0].spans)]):
        assert check.waiting
        check.take(Score(request.id, (), 0, error="no room"))
    assert not check.waiting
    assert check.flags() == ["not-checked: sentence 1"]


def test_the_lock_states_the_least_support_since_its_default_has_changed() -> None:
    bare = {"kind": "summarise", "name": "minutes", "words": 20}
    assert "unsupported" not in task_from(bare).canonical()
    assert task_from(bare).canonical()["support"] == 0.85
    other = task_from({**bare, "support": 0.7, "unsupported": "drop"}).canonical()
    assert (other["support"], other["unsupported"]) == (0.7, "drop")


def test_a_result_from_before_sentences_were_checked_is_read(tmp_path: Path) -> None:
    go(tmp_path, writing("Tea was served. [4]"), score=scorer("-"))
    journal = tmp_path / "run" / "results.jsonl"
    result = json.loads(journal.read_text())
    old = {name: value for name, value in result["sentences"][0].items() if name not in ("support", "faults")}
    journal.write_text(json.dumps({**result, "sentences": [old]}) + "\n")
    assert check_run(tmp_path / "run").findings == []


@pytest.mark.parametrize("change", [{"support": 0.2}, {"faults": ["not stated"]}, {"spans": [[470, 480]]}])
def test_a_check_that_was_tampered_with_is_found(tmp_path: Path, change: dict[str, Any]) -> None:
    go(tmp_path, writing("The remote control shall cost 12 euros. [1]"), score=scorer("-"))
    journal = tmp_path / "run" / "results.jsonl"
    result = json.loads(journal.read_text())
    journal.write_text(json.dumps({**result, "sentences": [{**result["sentences"][0], **change}]}) + "\n")
    assert check_run(tmp_path / "run").findings != []


SAID = (
    "This agreement is made with ACQUIROR Inc. and with Nordwind GmbH. Mr. Johannes Schmidtke signed for ACQUIROR. "
    "The board met Anna in Berlin. The agreement ends when the Trustee and the Truster say so, in the remote control."
)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("It was paid by Acquirer once.", "It was paid by ACQUIROR once."),
        ("Acquirer paid.", "ACQUIROR paid."),
        ("They met Nordwind Gmbh and Anna.", "They met Nordwind GmbH and Anna."),
        ("It was Johannes Schmitdke who signed.", "It was Johannes Schmidtke who signed."),
        ("It was paid by ACQUIROR.", "It was paid by ACQUIROR."),
        ("They met Anne.", "They met Anne."),  # too short: another person
        ("Berlins board met.", "Berlins board met."),  # an ending
        ("The Trustes came.", "The Trustes came."),  # near to two names
        ("The Remote Control was shown.", "The Remote Control was shown."),  # no name of the document
        ("Agreements were made.", "Agreements were made."),
    ],
)
def test_names_are_written_as_printed(written: str, printed: str) -> None:
    assert PrintedNames(SAID).mend(written)[0] == printed


def test_a_name_that_was_changed_is_flagged(tmp_path: Path) -> None:
    result = go(tmp_path, writing("It was paid by Acquirer once. [1]"), SAID)
    assert result["values"]["summary"] == "It was paid by ACQUIROR once."
    assert "name-as-printed: Acquirer is ACQUIROR" in result["fields"]["summary"]["flags"]
    assert result["unsupported"] == []


def test_of_too_many_sentences_the_least_supported_go(tmp_path: Path) -> None:
    line = "Number {} of the long reasons is that the {} was heavy. [3]"
    lines = [line.format("one", "battery"), line.format("two", "elephant"), line.format("three", "battery")]
    result = go(tmp_path, writing(*lines), words=20, score=scorer("elephant"))
    assert "elephant" not in result["values"]["summary"]
    assert len(result["values"]["summary"].split()) <= 22


def test_what_is_far_beyond_the_length_is_not_even_checked() -> None:
    task = task_from({"kind": "summarise", "name": "minutes", "words": 20})
    assert isinstance(task, SummariseTask)
    document = document_of(MEETING)
    passages = passages_of(document, 0, len(document.text))
    check = SummaryCheck(task, FakeEngine(writing(), scorer=scorer("-")), document, [passages])
    said = [Sentence(f"The kinetic battery was number {n} of the list.", passages[2].spans) for n in range(20)]
    assert len(check.begin(said)) == 2 * 5  # of nine words each, and two requests each


def test_a_summary_that_is_too_short_is_asked_on_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def script(request: Request, prompt: str) -> str | Exception:
        asked.append(request.id)
        return (
            "Tea was served to Anna Berg and to Tom. [4]\n"
            if "further" not in prompt
            else "The battery is heavy. [3]\n"
        )

    result = go(tmp_path, script, words=30)
    assert len(asked) == 2
    assert result["values"]["summary"] == "Tea was served to Anna Berg and to Tom. The battery is heavy."
    assert "shorter-than-asked" in result["fields"]["summary"]["flags"]


def test_all_sections_are_asked_at_once(tmp_path: Path) -> None:
    engine = FakeEngine(writing("Tea was served. [1]"))
    task = task_from({"kind": "summarise", "name": "minutes", "words": 20})
    (tmp_path / "a.txt").write_text(MEETING)
    answerer = answerer_on(engine, task, windowing=Windowing(400))
    (source,) = expand_inputs([tmp_path / "a.txt"])
    requests = list(answerer.board(BoardHooks()).requests(read_documents(source, ReadingOptions())))
    assert len(requests) >= 2
    assert all("\0notes 0." in request.id for request in requests)


@given(st.lists(st.tuples(st.integers(1, 40), st.floats(0, 1)), min_size=1, max_size=12), st.integers(10, 200))
def test_a_choice_of_sentences_is_within_a_tenth_if_any_is(rows: list[tuple[int, float]], asked: int) -> None:
    words, worth = [row[0] for row in rows], [row[1] for row in rows]
    kept = chosen(words, worth, asked)
    total = sum(words[number] for number in kept)
    assert kept
    assert kept == sorted(set(kept))
    sums = {0}
    for size in words:
        sums |= {size + other for other in sums}
    if any(least_words(asked) <= possible <= most_words(asked) for possible in sums):
        assert least_words(asked) <= total <= most_words(asked)


@given(
    st.text(alphabet="ab 12\n.", min_size=1, max_size=60), st.lists(st.text(alphabet="ab 12", max_size=40), max_size=6)
)
def test_a_sentence_rests_on_one_to_three_of_the_passages(sentence: str, texts: list[str]) -> None:
    passages = {(10 * n, 10 * n + 9): text for n, text in enumerate(texts)}
    found = passages_that_say(sentence, passages, list(passages)[:1])
    assert len(found) <= 3
    assert set(found) <= set(passages)
    assert bool(found) == bool(passages)
