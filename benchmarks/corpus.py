"""Answers from a corpus beside plain retrieve-and-generate, with the same weights and the same search, paired.

    python benchmarks/corpus.py --sets passages,filings --limit 60 --weights demo

Passages: half of the questions have no answer in the corpus, which holds the passages of all questions; an answer is
right if it says a gold answer, a claim is unsupported if it shares fewer than half of its words with the gold
sentences (outside of every check of ours). Filings: an answer is right if it states the numbers of the gold answer.
Questions come by seed; the first ``--dev`` of them are for choosing thresholds and are reported apart. Everything is
journaled under bench-results/corpus, so the same command goes on. It prints no content of the documents.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ringfence.api.corpus import default_task, index_corpus, open_corpus
from ringfence.api.model import Model, open_model
from ringfence.contracts import Citation, Claim, CorpusAnswer, DocumentFacts, FoundPassage, Result, Usage
from ringfence.corpus import CorpusView
from ringfence.documents import ReadingOptions
from ringfence.documents.sentences import sentences_of
from ringfence.engines import Request
from ringfence.evaluation.answers import AnswerScores, Judged, score_answers
from ringfence.evaluation.questions import GoldQuestion
from ringfence.evaluation.retrieval import score_retrieval
from ringfence.evaluation.statistics import Proportion, bootstrap_ratio, mcnemar
from ringfence.files import add_line, read_lines
from ringfence.inference import AnswerOptions

DATA = Path(os.environ.get("RINGFENCE_DATA", "../shared/data"))
PLAIN_TOKENS = 220
REFUSES = re.compile(
    r"\bnot (?:in|stated|mentioned|provided|given|specified|found|contain|answered|available|included)|"
    r"do(?:es)? not (?:say|state|mention|provide|contain|give|specify|include|answer|directly)|no information|"
    r"cannot (?:be )?(?:answer|determin|find)|unable to|i don't know|not enough",
    re.IGNORECASE,
)
MOST_NUMBERS = 4  # of a gold answer; an answer must state all of them
_MONEY = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def passage_rows(folder: Path) -> tuple[Path, list[dict[str, Any]]]:
    """One file of records, the passages of all questions; and the questions as they come."""
    rows = [json.loads(line) for line in (DATA / "passages/questions.jsonl").read_text(encoding="utf-8").splitlines()]
    file = folder / "files" / "passages.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"id": row["id"], "text": f"{row['title']}\n\n{row['passage']}"}) for row in rows]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file, rows


def passage_question(row: dict[str, Any]) -> GoldQuestion:
    """A question about the passages, with its answers if it has any there."""
    return GoldQuestion(
        id=row["id"],
        question=row["question"],
        answers=tuple(text for text in row["answers"] if text != "NA") if row["answerable"] else (),
        documents=(row["id"],),
        sentences=tuple(dict.fromkeys(s for group in row["selected_sentences"] for s in group)),
    )


def passages_set(folder: Path, limit: int, seed: int) -> tuple[list[Path], list[GoldQuestion]]:
    """One document of records: all passages. Questions: half with an answer, half without."""
    file, rows = passage_rows(folder)
    random.Random(seed).shuffle(rows)
    chosen = []
    for answerable in (True, False):
        chosen.append([row for row in rows if row["answerable"] is answerable][: limit // 2])
    return [file], [passage_question(row) for pair in zip(*chosen, strict=False) for row in pair]


def filings_set(folder: Path, limit: int, seed: int) -> tuple[list[Path], list[GoldQuestion]]:
    """Company filings. Questions whose gold answer states a number; it is right to state the numbers."""
    rows = [json.loads(line) for line in (DATA / "filings/questions.jsonl").read_text(encoding="utf-8").splitlines()]
    random.Random(seed).shuffle(rows)
    questions = []
    for row in rows:
        numbers = _MONEY.findall(row["answer"].split("SOURCE")[0])
        if 0 < len(numbers) <= MOST_NUMBERS:
            questions.append(
                GoldQuestion(
                    id=row["id"],
                    question=row["question"],
                    answers=(" ".join(dict.fromkeys(numbers)),),
                    documents=tuple(row["source_docs"]),
                )
            )
    return [DATA / "filings/documents"], questions[:limit]


SETS = {"passages": passages_set, "filings": filings_set}


class PlainArm:
    """Retrieve and generate: the same passages, a common prompt, the answer as it comes, cited passages as they are."""

    def __init__(self, model: Model, view: CorpusView, count: int, journal: Path) -> None:
        self._model, self._view, self._count, self._journal = model, view, count, journal

    def work(self, questions: Sequence[GoldQuestion]) -> dict[str, Result]:
        """Answer the questions that have no line in the journal yet; returns all results by question."""
        done = {}
        if self._journal.exists():
            done = {line["document"]["id"]: _joined(Result.model_validate(line)) for line in read_lines(self._journal)}
        waiting = {question.id: question for question in questions if question.id not in done}
        found = {name: self._view.find(question.question, self._count) for name, question in waiting.items()}
        requests = (self._request(question, found[name]) for name, question in waiting.items())
        for completion in self._model.loaded.engine.generate(requests):
            question = waiting[completion.id]
            result = _plain_result(question, found[question.id], completion.text, completion.seconds)
            add_line(self._journal, result.as_json())
            done[question.id] = result
        return done

    def _request(self, question: GoldQuestion, passages: Sequence[FoundPassage]) -> Request:
        context = "\n\n".join(f"[{n}] {p.title}\n{p.text}" for n, p in enumerate(passages, 1))
        system = "You are a helpful assistant that answers questions from the given context and cites it as [1], [2]."
        user = (
            f"Context:\n{context}\n\nQuestion: {question.question}\n\nAnswer only from the context and cite the "
            "numbers of the passages. If the context does not contain the answer, say that it is not in the context."
        )
        messages = (("system", system), ("user", user))
        engine = self._model.loaded.engine
        return Request(question.id, engine.prompt(messages), PLAIN_TOKENS, messages=messages)


def _plain_result(question: GoldQuestion, passages: Sequence[FoundPassage], text: str, seconds: float) -> Result:
    claims = []
    if not REFUSES.search(text):
        for start, end in sentences_of(text, 0, len(text)):
            cited = [
                int(n) for group in re.findall(r"\[([\d, ]+)\]", text[start:end]) for n in re.findall(r"\d+", group)
            ]
            places = [_citation(passages[n - 1], n) for n in dict.fromkeys(cited) if 0 < n <= len(passages)]
            claims.append(Claim(text=text[start:end], verdict="supported", citations=places))
    return _joined(
        Result(
            document=DocumentFacts(id=question.id),
            status="done",
            values={"answer": text if claims else None},
            from_corpus=CorpusAnswer(corpus="plain", version=0, claims=claims),
            usage=Usage(seconds=seconds),
        )
    )


def _joined(result: Result) -> Result:
    """Give citations that stand alone, as ``[1]`` after a full stop, to the sentence before; they state nothing."""
    behind = result.from_corpus
    if behind is None:
        return result
    claims: list[Claim] = []
    for claim in behind.claims:
        if claims and not re.search(r"[^\W\d]", re.sub(r"\[[\d, ]+\]", "", claim.text)):
            claims[-1] = claims[-1].model_copy(update={"citations": [*claims[-1].citations, *claim.citations]})
        else:
            claims.append(claim)
    return result.model_copy(update={"from_corpus": behind.model_copy(update={"claims": claims})})


def _citation(passage: FoundPassage, number: int) -> Citation:
    return Citation(
        document=passage.document, path="", sha256="", span=passage.span, text=passage.text, passage=number
    )  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sets", default="passages,filings")
    options.add_argument("--limit", type=int, default=60, help="questions of each set")
    options.add_argument("--dev", type=int, default=20, help="of these, the first so many are reported apart")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--weights", default="demo")
    options.add_argument("--passages", type=int, default=default_task().passages)
    options.add_argument("--search-only", action="store_true")
    options.add_argument("--out", type=Path, default=Path("bench-results/corpus"))
    chosen = options.parse_args()
    for name in chosen.sets.split(","):
        bench(name, chosen)


def bench(name: str, chosen: argparse.Namespace) -> None:
    folder = chosen.out / name
    folder.mkdir(parents=True, exist_ok=True)
    inputs, questions = SETS[name](folder, chosen.limit, chosen.seed)
    built = index_corpus(folder / "corpus", inputs)
    version = built.version
    assert version is not None
    print(f"\n== {name}: {version.documents} documents, {version.passages} passages, {len(questions)} questions")
    view = open_corpus(folder / "corpus")
    retrieval = score_retrieval(view, questions)
    for stage in retrieval.stages:
        print(f"{stage.stage:10} recall@1 {stage.recall[1]}  recall@5 {stage.recall[5]}  nDCG@10 {stage.ndcg}")
    print(f"search: median {retrieval.median_seconds:.3f} s, p95 {retrieval.p95_seconds:.3f} s")
    if chosen.search_only:
        return
    gold = folder / f"gold-{chosen.limit}-{chosen.seed}.jsonl"
    gold.write_text("\n".join(json.dumps({"id": q.id, "question": q.question}) for q in questions), encoding="utf-8")
    task = default_task().model_copy(update={"passages": chosen.passages})
    with open_model(chosen.weights) as model:
        reading = ReadingOptions(text_field="question")
        started = time.monotonic()
        run = model.run(
            task, gold, folder / f"run-{chosen.weights}", resume=True,
            options=AnswerOptions(reading=reading, corpus=view),
        )  # fmt: skip
        print(f"ours: {time.monotonic() - started:.0f} s in this session")
        ours = {result.document.id: result for result in run.results()}
        started = time.monotonic()
        plain = PlainArm(model, view, chosen.passages, folder / f"plain-{chosen.weights}.jsonl").work(questions)
        print(f"plain: {time.monotonic() - started:.0f} s in this session")
    parts = {"dev": questions[: chosen.dev], "test": questions[chosen.dev :]}
    for part, asked in parts.items():
        if asked:
            compare(part, score_answers(asked, ours), score_answers(asked, plain))


ROWS = ("handled", "right", "wrong", "refused_wrongly", "refused_rightly", "unsupported", "precise", "cited")


def compare(part: str, ours: AnswerScores, plain: AnswerScores) -> None:
    """Print the shares of both arms, and the paired differences."""
    print(f"\n{part}: {len(ours.judged)} questions{'':18}ours{'':24}plain")
    for row in ROWS:
        print(f"  {row:18} {_share(getattr(ours, row)):28} {_share(getattr(plain, row))}")
    pairs: list[tuple[Judged, Judged]] = list(zip(ours.judged, plain.judged, strict=True))
    _paired("handled", [(a.handled, b.handled) for a, b in pairs])
    _paired("answered right", [(a.outcome == "right", b.outcome == "right") for a, b in pairs if a.question.answerable])
    _paired("has an unsupported claim", [(a.unsupported > 0, b.unsupported > 0) for a, b in pairs])
    seconds = [sum(one.seconds for one in scores.judged) / max(1, len(scores.judged)) for scores in (ours, plain)]
    print(f"  engine seconds a question: {seconds[0]:.1f} and {seconds[1]:.1f}")


def _share(share: Proportion) -> str:
    low, high = share.interval()
    return f"{share.right}/{share.total} {share.share:.3f} [{low:.3f}, {high:.3f}]" if share.total else "-"


def _paired(what: str, pairs: Sequence[tuple[bool, bool]]) -> None:
    if not pairs:
        return
    differences = [float(ours) - float(plain) for ours, plain in pairs]
    low, high = bootstrap_ratio(differences, [1.0] * len(pairs), [str(n) for n in range(len(pairs))])
    first, second = sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs)
    mean = sum(differences) / len(differences)
    print(f"  {what}: {mean:+.3f} [{low:+.3f}, {high:+.3f}], n {len(pairs)}, McNemar p {mcnemar(first, second):.3f}")


if __name__ == "__main__":
    main()
