"""A ranker learns from gold which place of a document states a value; no language model is in it."""

from __future__ import annotations

import dataclasses
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.contracts import GoldLine, MadeWith, ModelOptions, Result
from ringfence.documents import CellLines, Source
from ringfence.engines import FakeEngine, Request
from ringfence.errors import InputError
from ringfence.evaluation.learned import LearnedRanker, LearnTerms, learn
from ringfence.gold.source import GoldSource
from ringfence.inference import Answerer, AnswerOptions, LoadedModel, Windowing
from ringfence.learning import Labelled, Mixture, Ranker, Sureness, fit_ranker, label, read_ranker
from ringfence.learning.beliefs import FieldModel, beliefs_of
from ringfence.learning.places import Place, text_places
from ringfence.replay.replayer import recorded_options
from ringfence.runs import RunControl, RunFolder, RunHooks, run_task
from ringfence.runs.erasure import purge
from ringfence.tasks import ExtractTask
from ringfence.tasks.extract.answer import Answer
from ringfence.tasks.fields import TextField
from tests.conftest import document_of, ringfence, task_of
from tests.fake_runs import opens_engine
from tests.letters import TASK, gold_of, letter, write_letters

LABELLED = 36
LATE = "31.12.2024"
FRESH = range(100, 112)


def labelled(numbers: range) -> list[Labelled]:
    return [
        label(TASK, document_of(letter(n), f"{n}.txt"), GoldLine(document=f"{n}.txt", values=gold_of(n)), str(n))
        for n in numbers
    ]


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    return fit_ranker(TASK, labelled(range(LABELLED)), {})


def sure(ranker: Ranker, at: float = 0.0) -> Ranker:
    return dataclasses.replace(ranker, sureness=Sureness(at, LABELLED, LABELLED, 0, 0.08, 0.1))


def wrong_engine() -> FakeEngine:
    """An engine that always takes the first candidate of the page."""

    def script(request: Request, prompt: str) -> str:
        first = "28.11.2024"
        amount = next(line for line in prompt.splitlines() if line.endswith("EUR"))
        return f" null\nday: {first}\ntotal: {amount.split()[-2]}\n"

    return FakeEngine(script)


def fresh_letters(folder: Path) -> Path:
    letters = folder / "new"
    letters.mkdir()
    for number in FRESH:
        (letters / f"{number}.txt").write_text(letter(number), encoding="utf-8")
    return letters


def answers(path: Path) -> Iterator[Result]:
    return RunFolder.open(path).latest()


def run_on(engine: FakeEngine, out: Path, folder: Path, task: ExtractTask = TASK, **options: Any) -> None:
    answerer = Answerer(LoadedModel(engine, None, None), task, AnswerOptions(**options))
    sources = [Source(path, path.name) for path in sorted(folder.iterdir())]
    run_task(answerer, sources, out, RunControl(), RunHooks(), MadeWith(model=ModelOptions()))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Bauer & Söhne KG, Marktplatz 3, 73033 Göppingen", "Bauer & Söhne KG"),
        ("ELEKTRO-Weber e.K. · Industrieweg 88 · 44145 Dortmund", "ELEKTRO-Weber e.K."),
        ("Seite 2; Papierhaus Lindner; Leipzig", "Papierhaus Lindner"),
        ("Absender: Stahlbau Krüger AG, Rostock", "Stahlbau Krüger AG"),
        ("An | Hotel Seeblick | Rügen", "Hotel Seeblick"),
        ("An Hotel Seeblick, Rügen", "Hotel Seeblick"),
        ("Fa. Gebr. Holm", "Gebr. Holm"),
    ],
)
def test_a_name_between_commas_dots_or_behind_a_short_word_can_be_chosen(line: str, name: str) -> None:
    document = document_of(f"Lieferschein\n{line}\n")
    places = list(text_places(CellLines(document), TextField(kind="text")))
    assert name in [place.value for place in places]
    assert all(document.text[place.start : place.end] == place.value for place in places)
    assert len({(place.start, place.end) for place in places}) == len(places)


def test_it_chooses_right_on_documents_that_it_has_not_seen(ranker: Ranker) -> None:
    for number in FRESH:
        found = ranker.alone(TASK, document_of(letter(number)))
        assert found is not None
        assert found[0].values == gold_of(number)
        assert all(entry.chosen_by == "ranker" and entry.spans for entry in found[0].fields.values())


def test_it_outvotes_a_model_that_is_often_wrong(ranker: Ranker) -> None:
    """The weights of both sides are fitted on the gold, so a model without merit has no say."""
    documents = [document_of(letter(n), f"{n}.txt") for n in range(LABELLED)]
    engine = wrong_engine()
    answerer = Answerer(LoadedModel(engine, None, None), TASK)
    results = {
        each.text: answerer.answer(d).result for each, d in zip(labelled(range(LABELLED)), documents, strict=True)
    }
    both = fit_ranker(TASK, labelled(range(LABELLED)), results)
    fresh = document_of(letter(101))
    said = answerer.answer(fresh).result
    assert said.values is not None
    assert said.fields is not None
    assert said.values["day"] == "2024-11-28"
    weighed = both.weigh(TASK, fresh, Answer(said.values, said.fields, {}, {}))
    assert weighed.values["day"] == gold_of(101)["day"]
    assert weighed.fields["day"].chosen_by == "ranker"
    assert weighed.distributions["day"][0].value == gold_of(101)["day"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.sets(st.sampled_from("abcdef"))), max_size=12), st.floats(-9, 9))
def test_probabilities_of_the_values_of_a_field_sum_to_one(places: list[tuple[int, set[str]]], null: float) -> None:
    model = FieldModel({"a": 3.0, "b": -2.0, "c": 700.0}, null)
    found = beliefs_of(
        model, [Place(n, n + 1, str(value)) for n, (value, _) in enumerate(places)], [f for _, f in places]
    )
    assert sum(each.probability for each in found.values()) == pytest.approx(1.0)
    assert {each.value for each in found.values()} == {None, *(str(value) for value, _ in places)}


def test_other_places_of_a_value_print_the_same(
    ranker: Ranker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that is printed in two ways is one value; the evidence names the places of the way that was chosen."""
    (tmp_path / "in").mkdir()
    text = letter(102).replace(
        "506.50 EUR", "1,506.50 EUR\nonce more 1506.50 EUR and 1,506.50\nSELLER nordwind 102 GMBH"
    )
    (tmp_path / "in" / "a.txt").write_text(text.replace(gold_of(102)["seller"], "Nordwind 102 GmbH"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    engine = FakeEngine(lambda request, prompt: " null\nday: null\ntotal: null\n")
    run_on(engine, tmp_path / "run", tmp_path / "in", ranker=ranker)
    (result,) = answers(tmp_path / "run")
    assert result.values is not None
    assert result.values["total"]["amount"] == "1506.50"
    total = result.field("total")
    said = [text[slice(*span)] for span in (*total.spans, *total.others)]
    assert len(said) == 2
    assert len({re.sub(r"[^\d.,]", "", each) for each in said}) == 1
    assert ringfence("check", tmp_path / "run") == 0


def test_a_labelled_document_is_answered_by_models_that_have_not_seen_its_family(ranker: Ranker) -> None:
    """Without this, every figure over labelled documents would be too good, the bounds of a calibrator too."""
    assert len(ranker.models) == 6
    assert set(ranker.folds.values()) == {1, 2, 3, 4, 5}
    seen = document_of(letter(3))
    assert ranker.models_for(seen) is not ranker.models[0]
    assert ranker.models_for(document_of(letter(103))) is ranker.models[0]


def test_families_stay_in_one_fold() -> None:
    twins = [dataclasses.replace(each, family=str(n % 6)) for n, each in enumerate(labelled(range(24)))]
    ranker = fit_ranker(TASK, twins, {})
    folds: dict[str, set[int]] = {}
    for each in twins:
        folds.setdefault(each.family, set()).add(ranker.folds[each.text])
    assert all(len(found) == 1 for found in folds.values())


def test_no_value_of_the_gold_can_be_read_from_it(ranker: Ranker) -> None:
    stored = json.dumps(ranker.as_json()).casefold()
    assert "gmbh" in stored  # a word of all values
    rare = fit_ranker(TASK, labelled(range(14)), {})
    assert "nordwind" not in json.dumps(rare.as_json()).casefold()  # of two values


def test_a_file_that_was_changed_or_is_none_is_refused(ranker: Ranker, tmp_path: Path) -> None:
    path = tmp_path / "ranker.json"
    ranker.write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_ranker(path).digest == ranker.digest
    path.write_text(path.read_text(encoding="utf-8").replace('"ranker": 1.0', '"ranker": 9.0'), encoding="utf-8")
    with pytest.raises(InputError, match="was changed"):
        read_ranker(path)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="is not a ranker"):
        read_ranker(path)


def test_it_is_bound_to_its_task(ranker: Ranker) -> None:
    other = task_of(seller={"kind": "text"}, day={"kind": "date"})
    with pytest.raises(InputError, match="another task"):
        Answerer(LoadedModel(wrong_engine(), None, None), other, AnswerOptions(ranker=ranker))


def test_a_run_with_a_ranker_is_checked_and_replayed(
    ranker: Ranker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fresh_letters(tmp_path)
    engine, out = wrong_engine(), tmp_path / "run"
    monkeypatch.chdir(tmp_path)
    run_on(engine, out, folder, ranker=ranker)
    for result in answers(out):
        assert result.values == gold_of(int(result.document.id.removesuffix(".txt")))
    lock = RunFolder.open(out).lock()
    assert lock.data["ranker"] == ranker.digest
    assert stat.S_IMODE((out / "ranker.json").stat().st_mode) == 0o600
    assert ringfence("check", out) == 0
    opens_engine(monkeypatch, engine)
    assert ringfence("replay", out) == 0
    purge(RunFolder.open(out))
    assert not (out / "ranker.json").exists()


def test_it_looks_at_all_of_a_document_of_which_the_model_reads_a_part(
    ranker: Ranker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = fresh_letters(tmp_path), tmp_path / "run"
    monkeypatch.setattr(
        "ringfence.inference.answerer.window_selector", lambda _: lambda task, document, windows, n: [1]
    )
    prose = "\n\n".join("Words without any worth. " * 30 for _ in range(9))
    for path in folder.iterdir():
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{prose}", encoding="utf-8")
    engine = FakeEngine(lambda request, prompt: " null\nday: null\ntotal: null\n")
    run_on(engine, out, folder, ranker=ranker, windowing=Windowing(tokens=1000, relevant=1))
    for result in answers(out):
        assert result.values == gold_of(int(result.document.id.removesuffix(".txt")))
        ((start, _),) = result.windows
        assert result.field("day").spans[0][1] < start
    assert ringfence("check", out) == 0
    results = out / "results.jsonl"
    results.write_text(results.read_text(encoding="utf-8").replace('"chosen_by":"ranker"', '"chosen_by":null'))
    assert ringfence("check", out) == 1


def test_a_cascade_asks_no_model_about_documents_of_which_the_ranker_is_sure(
    ranker: Ranker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = fresh_letters(tmp_path), tmp_path / "run"
    (folder / "other.txt").write_text("Nothing here looks like the letters.\nPaid 5.00 or 6.00.\n", encoding="utf-8")

    def script(request: Request, prompt: str) -> str:
        assert "Nothing here" in prompt
        return " null\nday: null\ntotal: null\n"

    monkeypatch.chdir(tmp_path)
    run_on(FakeEngine(script), out, folder, ranker=sure(ranker, 0.75), cascade=True)
    by = {result.document.id: result.grounding for result in answers(out)}
    assert by.pop("other.txt") == "decoded"
    assert set(by.values()) == {"ranked"}
    assert ringfence("check", out) == 0


def test_a_broken_check_sends_a_document_to_the_model(ranker: Ranker) -> None:
    strict = task_of(checks=["total < 1"], **{name: spec.model_dump() for name, spec in TASK.fields.items()})
    assert sure(ranker).sure_answer(TASK, document_of(letter(101))) is not None
    assert sure(ranker).sure_answer(strict, document_of(letter(101))) is None


def test_an_option_is_judged_by_the_words_of_the_document() -> None:
    task = task_of(kind={"kind": "choice", "options": ["bill", "offer"]}, paid={"kind": "boolean"})
    texts = [
        (f"Offer no {n}\nwe offer you this, valid until May", "offer", False)
        if n % 2
        else (f"Invoice {n}\nplease pay\n{'paid in cash' if n % 4 else 'open'}", "bill", n % 4 > 0)
        for n in range(32)
    ]
    lines = [GoldLine(document=str(n), values={"kind": kind, "paid": paid}) for n, (_, kind, paid) in enumerate(texts)]
    documents = [document_of(text, str(n)) for n, (text, _, _) in enumerate(texts)]
    ranker = fit_ranker(
        task, [label(task, d, line, line.document) for d, line in zip(documents, lines, strict=True)], {}
    )
    for text, values in (
        ("Invoice 99\nplease pay\npaid in cash", {"kind": "bill", "paid": True}),
        ("Offer no 77\nwe offer you this, valid until June", {"kind": "offer", "paid": False}),
    ):
        found = ranker.alone(task, document_of(text))
        assert found is not None
        assert found[0].values == values
        assert {entry.kind for entry in found[0].fields.values()} == {"judged"}


def test_a_required_field_is_never_made_null(ranker: Ranker) -> None:
    fields: Any = {name: {**spec.model_dump(), "required": True} for name, spec in TASK.fields.items()}
    required = task_of(locale={"date_order": "dmy", "decimal": "."}, **fields)
    text = "Nothing here looks like a letter.\n5.00 or 6.00 on 01.02.2023\n"
    free = ranker.beliefs(TASK, document_of(text))["total"]
    bound = ranker.beliefs(required, document_of(text))["total"]
    assert {each.value is None for each in free.values()} == {True, False}
    assert all(each.value is not None for each in bound.values())
    assert ranker.alone(required, document_of("Nothing at all.\n")) is None


def test_a_cascade_needs_a_threshold(ranker: Ranker) -> None:
    model = LoadedModel(wrong_engine(), None, None)
    with pytest.raises(InputError, match="answers no document alone"):
        Answerer(model, TASK, AnswerOptions(ranker=ranker, cascade=True))
    with pytest.raises(InputError, match="needs a ranker"):
        Answerer(model, TASK, AnswerOptions(cascade=True))


@pytest.fixture
def learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LearnedRanker:
    monkeypatch.chdir(tmp_path)
    letters, gold = write_letters(tmp_path, LABELLED)
    run_on(wrong_engine(), tmp_path / "run", letters)
    return learn(gold, GoldSource(), [tmp_path / "run"], LearnTerms())


def test_learning_prints_what_it_brings(learned: LearnedRanker) -> None:
    assert learned.gain is not None
    assert learned.gain[1] > 0.5
    assert "together" in learned.verdict
    assert [each.field for each in learned.fields] == ["day", "seller", "total"]
    assert all(each.both == LABELLED and each.total == LABELLED for each in learned.fields)
    assert [size for size, _, _ in learned.curve] == [10, 25]
    assert learned.ranker.mixture != Mixture()
    assert learned.ranker.sureness is not None  # the model is wrong everywhere, so its own error allows a lot


def test_looks_that_were_labelled_and_looks_that_were_not_are_counted_apart(tmp_path: Path) -> None:
    letters, gold = write_letters(tmp_path, 12)
    odd = (
        f"Bill by Fritz 99 KG over 7.00 EUR of which we ask nothing before {LATE}. Kind regards, your own accountant\n"
    )
    (letters / "odd.txt").write_text(odd)
    values = {"seller": "Fritz 99 KG", "day": None, "total": {"amount": "7.00", "currency": "EUR"}}
    with gold.open("a") as file:
        file.write(json.dumps(GoldLine(document="odd.txt", values=values).as_json()) + "\n")
    source = GoldSource(task=TASK, inputs=(str(letters),))
    looks = learn(gold, source, terms=LearnTerms(target_error=0.5, curve=False)).looks
    assert [(look.known, look.documents, look.total, look.model) for look in looks] == [
        (True, 12, 36, None), (False, 1, 3, None),
    ]  # fmt: skip
    assert looks[0].ranker == 36


def test_a_ranker_is_no_ground_to_learn_from(learned: LearnedRanker, tmp_path: Path) -> None:
    run_on(wrong_engine(), tmp_path / "again", tmp_path / "letters", ranker=learned.ranker)
    with pytest.raises(InputError, match="used a ranker"):
        learn(tmp_path / "gold.jsonl", GoldSource(), [tmp_path / "again"])


def test_too_few_labels_are_refused(tmp_path: Path) -> None:
    letters, gold = write_letters(tmp_path, 5)
    with pytest.raises(InputError, match="takes at least 6"):
        learn(gold, GoldSource(task=TASK, inputs=(str(letters),)))


def test_the_bound_of_a_cascade_takes_59_faultless_documents_for_five_percent(tmp_path: Path) -> None:
    letters, gold = write_letters(tmp_path, LABELLED)
    source = GoldSource(task=TASK, inputs=(str(letters),))
    strict = learn(gold, source, terms=LearnTerms(target_error=0.05, curve=False))
    assert strict.ranker.sureness is None
    lax = learn(gold, source, terms=LearnTerms(target_error=0.1, curve=False))
    assert lax.ranker.sureness is not None
    assert lax.ranker.sureness.bound <= 0.1


def test_the_command_writes_the_ranker_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    letters, gold = write_letters(tmp_path, 24)
    task = tmp_path / "task.json"
    task.write_text(json.dumps(TASK.canonical()), encoding="utf-8")
    out = tmp_path / "ranker.json"
    arguments = ["learn", task, "--gold", gold, "--documents", letters, "--out", out]
    assert ringfence(*arguments) == 0
    said = capsys.readouterr().out
    assert "24 documents" in said
    assert "24/24" in said
    assert re.search(r"\na look that was labelled \(24\) +- +72/72 +- *\nother looks \(0\)", said)
    assert "no document alone" in said
    assert read_ranker(out).fields == ["day", "seller", "total"]
    assert ringfence(*arguments, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["documents"] == 24
    assert facts["gain"] is None
    assert [look["documents"] for look in facts["looks"]] == [24, 0]


def test_a_tripwire_of_a_run_with_a_ranker_keeps_it(
    ranker: Ranker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = fresh_letters(tmp_path), tmp_path / "run"
    monkeypatch.chdir(tmp_path)
    run_on(wrong_engine(), out, folder, ranker=sure(ranker, 0.75), cascade=True)
    run = RunFolder.open(out)
    options = recorded_options(run, run.read_facts().sessions[-1], TASK)
    assert options.ranker is not None
    assert options.ranker.digest == run.lock().facts.ranker
    assert options.cascade
