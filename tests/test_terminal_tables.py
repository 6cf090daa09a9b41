"""Every table of the command line fits a terminal of 80 columns, and nothing in it is cut."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from ringfence.api.model import Model
from ringfence.cli.console import PlainTable
from ringfence.contracts import GoldLine
from ringfence.documents import expand_inputs
from ringfence.engines import FakeEngine
from ringfence.engines.conformance import CheckFinding
from ringfence.evaluation.statistics import Proportion
from ringfence.gold.file import GoldFile
from ringfence.inference import LoadedModel
from ringfence.tuning import Computing, Contender, Proof, Settings, plan_for
from ringfence.tuning.parity import Parity
from ringfence.weights import Store, pull

from .conftest import REPOSITORY, answering, ringfence, task_of
from .corpora import corpus_of, view_of
from .fake_runs import run_fake
from .files import gguf

LONG = "name of the department that ordered the goods and pays for them in the end [see annex]"
Prepared = tuple[list[Any], tuple[str, ...]]
"""The words of a command, and what its table must hold."""


def model() -> Any:
    return nullcontext(Model(LoadedModel(answering(name="x"), None, None)))


def three_runs(at: Path) -> tuple[list[Path], Path]:
    """Runs with every kind of error, and their gold."""
    fields: dict[str, Any] = {
        "name": {"kind": "text"},
        "a_field_with_a_name_as_long_as_people_who_like_to_be_exact_would_write_it_down": {"kind": "text"},
    }
    task, runs = task_of(**fields), []
    for number in range(6):
        (at / f"{number}.txt").write_text("Name Nordwind\nCity Lund\n")
        gold = {"name": None if number == 1 else "Nordwind", list(fields)[1]: "Lund"}
        GoldFile(at / "gold.jsonl").add({f"{number}.txt": GoldLine(document=f"{number}.txt", values=gold)})
    GoldFile(at / "gold.jsonl").add({"gone.txt": GoldLine(document="gone.txt", values=gold)})
    for answer in ("Nordwind", "Lund", "null"):
        runs.append(at / "a folder of runs with a long name" / f"{answer} of the twenty-sixth of November")
        run_fake(
            task, expand_inputs([at / f"{n}.txt" for n in range(6)]),
            answering(**dict.fromkeys(fields, answer)), runs[-1],
        )  # fmt: skip
    return runs, at / "gold.jsonl"


def compare(at: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    runs, gold = three_runs(at)
    return ["compare", *runs, "--gold", gold], ("1, 2", "p, Holm", "none shown")


def evaluate(at: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    runs, gold = three_runs(at)
    return ["evaluate", runs[1], "--gold", gold], ("answered only", "wrong", "invented", "not answered")


def budget(at: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    return ["budget", "--bar", "0.99"], ("certified if all are right",)


def engines_list(at: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    return ["engines", "list"], ("openvino", "vllm")


def engines_check(at: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    found = [CheckFinding("scores of many continuations", "broken", LONG * 3), CheckFinding("limits", "kept")]
    monkeypatch.setattr("ringfence.cli.engines.opened", lambda options: model())
    monkeypatch.setattr("ringfence.cli.engines.conformance", lambda engine: found)
    return ["engines", "check"], ("broken", "annex]")


def weights_list(at: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    gguf(at / "model-of-an-organisation-that-likes-long-names-0123456789-instruct-q4_k_m-v0.3.gguf", "x")
    pull(str(next(at.glob("*.gguf"))), Store())
    return ["weights", "list"], ("licence", "-v0.3")


def weights_catalog(at: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    return ["weights", "list", "--catalog"], ("short name", "params")


def whole_catalog(at: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    return ["weights", "list", "--catalog", "--all"], ("16 bit",)


def corpus_list(at: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    pytest.importorskip("apsw", reason="needs the extra corpus")
    name = "everything-that-the-department-of-roads-and-bridges-has-written-since-the-year-1998"
    corpus = corpus_of(at, {"a.txt": "The rent is 5 euros."})
    monkeypatch.setattr("ringfence.cli.corpus.corpora", lambda: [name])
    monkeypatch.setattr("ringfence.cli.corpus.Corpus.open", lambda name: nullcontext(corpus))
    return ["corpus", "list"], ("passages", "1998")


def corpus_evaluate(at: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    pytest.importorskip("apsw", reason="needs the extra corpus")
    said = "The rent is 5 euros."
    view = view_of(corpus_of(at, {"a.txt": said, f"{LONG}/b.txt": "The oil is 6 euros."}))
    gold = at / "gold.jsonl"
    asked = {"id": "1", "question": "What is the rent?", "answers": ["5 euros"], "sentences": [said]}
    lines = [
        {**asked, "documents": ["a.txt"]},
        {**asked, "id": "2", "documents": ["a.txt"]},
        {**asked, "id": "3", "documents": [f"{LONG}/b.txt"]},
    ]
    lines.append({**lines[-1], "id": "4"})
    gold.write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setattr("ringfence.cli.corpus_evaluate.open_corpus", lambda name, **_: view)
    engine = FakeEngine(lambda request, prompt: "The rent is 5 euros. [1]", scorer=lambda prompt, text: -0.1)
    opened = nullcontext(Model(LoadedModel(engine, None, None)))
    monkeypatch.setattr("ringfence.cli.corpus_evaluate.opened", lambda options: opened)
    return ["corpus", "evaluate", "c", "--gold", gold, "--out", at / "run"], (
        "recall@5",
        "handled",
        "a number changed",
        "annex]",
    )


def demo(at: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    figures = [SimpleNamespace(name=LONG, exact=Proportion.of([True] * 23 + [False], [str(n) for n in range(24)]))]
    pilot = SimpleNamespace(
        sizes={"test": 24}, test=SimpleNamespace(fields=figures), share=figures[0].exact, sentence="PASS"
    )
    check = SimpleNamespace(values={"decoded": 24}, findings=[])
    done = SimpleNamespace(pilot=pilot, check=check, run=at / "run", report=at / "report.html", minutes=1.0)
    monkeypatch.setattr("ringfence.cli.demo.pull", lambda *_: None)
    monkeypatch.setattr("ringfence.cli.demo.run_demo", lambda *_: done)
    monkeypatch.setattr("ringfence.cli.demo.RunFolder.open", lambda path: SimpleNamespace(totals=lambda: "24 done"))
    return ["demo", "--out", at], ("23/24", "annex]")


def learn(at: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    name = "a_field_with_a_name_as_long_as_people_who_like_to_be_exact_would_write_it_down"
    (at / "docs").mkdir()
    gold = {}
    for number in range(24):
        (at / "docs" / f"{number}.txt").write_text(f"Invoice\nFrom Nordwind {number}\nTotal {number + 100}\n")
        gold[f"{number}.txt"] = GoldLine(document=f"{number}.txt", values={name: str(number + 100)})
    GoldFile(at / "gold.jsonl").add(gold)
    (at / "task.json").write_text(json.dumps(task_of(None, None, **{name: {"kind": "number"}}).canonical()))
    words = ["learn", at / "task.json", "--gold", at / "gold.jsonl", "--documents", at / "docs", "--out", at / "r.json"]
    return words, ("ranker", "other looks")


def tune(at: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    share = Proportion.of([True] * 23 + [False], [str(n) for n in range(24)])
    others = [Contender(f"{LONG[:44]} + ranker", share, share, (0.125, -0.0125, 0.25), 123.4, 10**9)]
    proof = Proof("UNDECIDED", "Not shown.", [Contender("tuned", share, share, None, 300.1, 10**8), *others], 24)
    parity = [Parity("adapter on its base", "llamacpp", 0, 0.0, 0.0, "the engine died: " + LONG)]
    tuned = SimpleNamespace(parity=parity, published=None)
    here = Computing(bfloat16=True)
    plan = plan_for(Settings(), parameters=10**8, context=2048, longest=300, documents=200, computing=here)
    guarded = SimpleNamespace(warnings=[LONG], faults=[])
    labels = SimpleNamespace(origins={"synthetic, nobody, larger": 50})
    prepared = SimpleNamespace(plan=plan, train=[], guarded=guarded, needed_gb=3.0, labels=labels)

    def tuned_now(*_: Any, hooks: Any, **__: Any) -> Any:
        hooks.on_plan(prepared)
        return SimpleNamespace(tuned=tuned, proof=proof, curve=[], report=at / "report.html")

    monkeypatch.setattr("ringfence.cli.tune.tune", tuned_now)
    return ["tune", "t.yaml", "--gold", "g", "--out", at], ("tuned less this", "annex]", "learning_rate")


VERBS: dict[str, list[Callable[[Path, pytest.MonkeyPatch], Prepared]]] = {
    "compare": [compare], "evaluate": [evaluate], "budget": [budget], "engines": [engines_list, engines_check],
    "weights": [weights_list], "catalog": [weights_catalog, whole_catalog], "corpus": [corpus_list],
    "corpus_evaluate": [corpus_evaluate], "demo": [demo], "learn": [learn], "tune": [tune],
}  # fmt: skip


def test_every_module_that_prints_a_table_is_tried_here() -> None:
    modules = (REPOSITORY / "src" / "ringfence" / "cli").glob("*.py")
    users = {path.stem for path in modules if "PlainTable(" in path.read_text(encoding="utf-8")}
    assert users - {"console"} == set(VERBS)


@pytest.mark.parametrize("prepare", [one for each in VERBS.values() for one in each], ids=lambda one: one.__name__)
def test_a_table_fits_80_columns_and_loses_nothing(
    prepare: Callable[[Path, pytest.MonkeyPatch], Prepared], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    shown, show = [], Console.print

    def record(self: Console, *objects: Any, **options: Any) -> None:
        for table in (one for one in objects if isinstance(one, PlainTable)):
            with self.capture() as printed:
                show(self, table, **options)
            shown.append(printed.get())
        show(self, *objects, **options)

    words, held = prepare(tmp_path, monkeypatch)
    monkeypatch.setattr(Console, "print", record)
    assert ringfence(*words) in (0, 1)
    text = "".join(shown)
    assert [line for line in text.splitlines() if len(line.rstrip()) > 80] == []
    assert "…" not in text
    for part in held:
        assert re.sub(r"\s", "", part) in re.sub(r"\s", "", text), text
