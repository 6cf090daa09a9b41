"""A summary says each thing once, ends where the model begins to talk to itself, and its numbers can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.tasks import SummariseTask, task_from
from ringfence.tasks.answer.claims import read_claims
from ringfence.tasks.summarise.notes import Passage, Sentence, Stage
from ringfence.tasks.summarise.repeats import without_repeats
from ringfence.tasks.written_text import own_turn, with_parted_numbers
from tests.conftest import passage_of

SAID = "The designer explained the prototype's features, including the buttons and the joystick."


def sentences(*texts: str, heading: str | None = None) -> list[Sentence]:
    return [Sentence(text, ((0, 1),), heading) for text in texts]


@pytest.mark.parametrize(
    "again",
    [
        SAID,
        SAID.replace("features", "purpose"),
        "The designer explained the prototype's features and the joystick.",
    ],
)
def test_a_sentence_with_one_other_word_is_a_repeat(again: str) -> None:
    in_other_words = int(again != SAID)
    assert without_repeats(sentences(SAID), sentences(again)) == ([], in_other_words)
    assert without_repeats([], sentences(SAID, again)) == (sentences(SAID), in_other_words)


@pytest.mark.parametrize(
    "other",
    [
        SAID.replace("The designer explained", "The designer never explained"),
        SAID.replace("designer", "Brown"),
        SAID.replace("features", "seven"),
        SAID.replace("features", "2024"),
        SAID.replace("features, including the buttons", "appearance, without battery"),
        "The joystick was explained again.",
    ],
)
def test_another_name_number_or_denial_says_something_else(other: str) -> None:
    assert without_repeats(sentences(SAID), sentences(other)) == (sentences(other), 0)


def test_another_heading_may_say_the_same_with_another_word() -> None:
    again = sentences(SAID.replace("features", "purpose"), heading="Risks")
    assert without_repeats(sentences(SAID), again) == (again, 0)


@given(st.lists(st.text(alphabet="ab c.", min_size=1, max_size=30), max_size=8))
def test_what_is_left_is_in_order_and_says_nothing_twice(texts: list[str]) -> None:
    left, repeats = without_repeats([], sentences(*texts))
    distinct = list(dict.fromkeys(texts))
    assert len(left) + repeats == len(distinct)
    assert [text for text in distinct if text in {each.text for each in left}] == [each.text for each in left]
    assert without_repeats([], left) == (left, 0)


def stage(*passages: str) -> Stage:
    task = task_from({"kind": "summarise", "name": "meetings", "words": 60})
    assert isinstance(task, SummariseTask)
    return Stage(task, [Passage(text, ((0, 1),)) for text in passages], final=True)


@pytest.mark.parametrize("turn", ["Human:", "User:", "assistant:", "Question:", "Assistant :"])
def test_a_summary_ends_where_the_model_asks_itself(turn: str) -> None:
    written = f"They met in May. [1]\n{turn} Can you summarize it? [1]\nIdentify the points. [1]\n"
    found, faults = stage("They met in May.").read(written, whole=True)
    assert [each.text for each in found] == ["They met in May."]
    assert faults == ["next-turn"]


def test_a_speaker_of_the_document_may_be_called_so() -> None:
    found, faults = stage("User: It is broken.").read("User: the device is broken. [1]\n", whole=True)
    assert ([each.text for each in found], faults) == (["User: the device is broken."], [])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("It cost 777.Then they met.", "It cost 777. Then they met."),
        ("It cost 1,250.00,then less.", "It cost 1,250.00, then less."),
        ("2.Extract the points.", "2. Extract the points."),
        ("Part 12.AB failed.", "Part 12.AB failed."),  # as printed
        ("It weighs 1.5kg.", "It weighs 1.5kg."),
    ],
)
def test_a_number_is_parted_from_the_word_behind_its_stop(written: str, read: str) -> None:
    found, _ = stage("The part 12.AB failed.").read(f"{written} [1]\n", whole=True)
    assert [each.text for each in found] == [read]


def test_claims_of_an_answer_are_read_likewise() -> None:
    passages = [passage_of("The bridge cost 777 crowns. Work began in May.")]
    text = "The bridge cost 778.Work began in May.\nHuman: What else?\nThe bridge is red."
    claims = [draft.text for draft in read_claims(text, passages, complete=True)]
    assert claims == ["The bridge cost 778.", "Work began in May."]


@given(st.text(alphabet="Ab 1.,:\nHuman", max_size=60))
def test_nothing_is_added_but_spaces_and_nothing_of_the_own_turn_is_lost(text: str) -> None:
    own = own_turn(text, "")
    assert text.startswith(own)
    parted = with_parted_numbers(own, "")
    assert parted.replace(" ", "") == own.replace(" ", "")
    assert with_parted_numbers(parted, "") == parted


def test_a_cut_or_a_refusal_in_another_turn_takes_no_claim() -> None:
    passages = [passage_of("The rent is 900 euros.")]
    for more in (
        "Human: And the deposit?\nAssistant: The deposit",
        "Human: And then?\nAssistant: Not in the documents.",
    ):
        claims = read_claims(f"The rent is 900 euros.\n{more}", passages, complete=False)
        assert [draft.text for draft in claims] == ["The rent is 900 euros."]
    assert read_claims("The rent is 900 euros", passages, complete=False) == []
