"""Answer questions from a corpus: find passages, write claims, check each, and show what is supported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..contracts import Citation, Claim, CorpusAnswer, FieldAnswer, FoundPassage, Result, Usage
from ..documents import Document
from ..engines import Engine, EngineOutput, EngineRequest, Score, ScoreRequest
from ..errors import EngineError
from ..tasks import AnswerTask, Prompt
from ..tasks.answer.claim_sentences import sentences_for
from ..tasks.answer.claims import Draft, citation_of, code_faults, read_claims
from ..tasks.answer.conflicts import conflicts_with
from ..tasks.answer.prompt import (
    ANSWERS,
    answer_prompt,
    answers_prompt,
    needs_parts,
    parts_prompt,
    read_parts,
    repeat_turn,
)
from ..tasks.names import nouns_have_capitals
from ..tasks.planted import PLANTED, has_planted_text
from ..tasks.prompt import break_control_tokens
from . import result as results
from .executor import ExecutorSetup
from .job import WindowKeeper, add_usage, as_completion, as_score
from .prompts import prompt_ids, request_of
from .support import ANSWER, ClaimScores, SupportCheck, share_of_first

__all__ = ["AnswerExecutor", "AnswerJob"]

CLAIM_TOKENS = 60
PART_TOKENS = 160
SPARE = 4  # further passages that are found, for those that address the model and are left out
MOST_SPARE = 44  # and if these are not enough


class AnswerExecutor:
    """The executor of answer tasks, and the token ids of the closed answers of its checks."""

    def __init__(self, task: AnswerTask, engine: Engine, setup: ExecutorSetup) -> None:
        if not engine.capabilities.score:
            raise EngineError(
                f"The engine {engine.name} cannot score given answers here, so claims cannot be checked.",
                "Choose another engine; `ringfence engines list` names them.",
            )
        if setup.corpus is None:
            raise EngineError("An answer task needs a corpus.", "Name it: --corpus NAME.")
        self.task, self.engine, self.corpus = task, engine, setup.corpus
        self.check = SupportCheck(engine)
        self._answers = tuple(engine.tokenize(word) + engine.turn_end() for word in ANSWERS)

    def find(self, questions: Sequence[str], count: int) -> tuple[list[FoundPassage], list[FoundPassage]]:
        """Return the best passages for the questions in turns, and those left out.

        If one addresses the model, all of its document are left out: an order may go on in the next passage.
        """
        kept: list[FoundPassage] = []
        planted: list[FoundPassage] = []
        for further in (SPARE, MOST_SPARE):  # one document with many such passages must not hide all others
            found = [self.corpus.find(question, count + further) for question in questions]
            distinct = {passage.number: passage for row in _in_turns(found) for passage in row}.values()
            hostile = {passage.document for passage in distinct if is_planted(passage)}
            kept = [passage for passage in distinct if passage.document not in hostile]
            planted = [passage for passage in distinct if passage.document in hostile]
            if not planted or len(kept) >= count:
                break
        return kept[:count], planted

    def answers(self, identity: str, question: str, passages: Sequence[FoundPassage]) -> ScoreRequest:
        """Return the request that scores whether passages answer a question."""
        prompt = answers_prompt(question, passages, self.engine.control_tokens)
        return ScoreRequest(identity, prompt_ids(prompt, self.engine), self._answers)

    def job(self, document: Document, keeper: WindowKeeper) -> AnswerJob:
        """Return the job for a question. It is short, so ``keeper`` is not used."""
        return AnswerJob(self, document)

    def explain(self, document: Document, window: int) -> tuple[dict[str, Any], AnswerJob, int]:
        """Return the prompt with its passages, the job, and one window."""
        if window:
            raise ValueError("a question has one window")
        job = self.job(document, None)  # type: ignore[arg-type]
        passages, _ = self.find([job.question], self.task.passages)
        return {"prompt": asdict(answer_prompt(self.task, job.question, passages, self.engine.control_tokens))}, job, 1

    @staticmethod
    def before_model(task: AnswerTask, document: Document) -> dict[str, Any]:
        """Return the prompt without passages."""
        return {"prompt": asdict(answer_prompt(task, document.text.strip(), []))}

    def prompt_tokens(self, document: Document) -> int:
        """Return about how many tokens the engine reads: the passages twice, and again for each check."""
        return len(prompt_ids(answer_prompt(self.task, document.text, []), self.engine)) + 330 * self.task.passages

    def shared_tokens(self) -> int:
        """Return the tokens before the passages."""
        return 60


@dataclass
class AnswerJob:
    """The answer to one question.

    It goes in stages: parts of the question, order of the passages, whether they answer it, the claims, their support,
    and once more the claims with the reasons why some were refused.
    """

    work: AnswerExecutor
    document: Document
    reason: str = ""
    usage: Usage | None = None
    parts: list[str] = field(default_factory=list)
    passages: list[FoundPassage] = field(default_factory=list)
    planted: list[FoundPassage] = field(default_factory=list)
    answerable: float | None = None
    orders: dict[int, float] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    waiting: dict[str, tuple[Draft, ClaimScores]] = field(default_factory=dict)
    repeated: bool = False
    text: str = ""
    finished_answer: bool = False

    @property
    def question(self) -> str:
        """The question, on one line."""
        return " ".join(self.document.text.split())

    @property
    def finished(self) -> bool:
        """True if the job needs no further engine calls."""
        return bool(self.reason) or self.finished_answer

    @property
    def progress(self) -> tuple[int, int]:
        """One part."""
        return int(self.finished), 1

    def first(self) -> Iterator[EngineRequest]:
        """Yield the first request: the parts of a question that has several, else the next stage."""
        if self.work.task.parts and needs_parts(self.question):
            prompt = parts_prompt(self.question, self.work.engine.control_tokens)
            yield request_of(prompt, self.work.engine, self._identity("parts"), PART_TOKENS)
            return
        yield from self._search([self.question])

    def _identity(self, stage: str) -> str:
        return f"{self.document.id}\0{stage}"

    def _search(self, questions: Sequence[str]) -> Sequence[EngineRequest]:
        task = self.work.task
        self.passages, self.planted = self.work.find(questions, max(task.passages, task.rerank))
        if not self.passages:
            self.finished_answer = True
            return ()
        if task.rerank:
            return [
                self.work.answers(self._identity(f"order {number}"), self.question, [passage])
                for number, passage in enumerate(self.passages)
            ]
        return self._judge()

    def _judge(self) -> Sequence[EngineRequest]:
        self.passages = self.passages[: self.work.task.passages]
        if self.work.task.answerable:
            return [self.work.answers(self._identity("answers"), self.question, self.passages)]
        return self._write()

    def _write(self, refused: Sequence[str] = (), before: str = "") -> Sequence[EngineRequest]:
        task, engine = self.work.task, self.work.engine
        prompt: Prompt = answer_prompt(task, self.question, self.passages, engine.control_tokens)
        tokens = engine.control_tokens  # the model may have written those that were broken in a passage
        turns = [("assistant", break_control_tokens(before, tokens)), ("user", repeat_turn(refused, tokens))]
        identity = self._identity("again" if refused else "claims")
        return [request_of(prompt, engine, identity, CLAIM_TOKENS * task.claims, turns=turns if refused else ())]

    def take(self, output: EngineOutput) -> Sequence[EngineRequest]:
        """Process an output; returns the requests of the next stage."""
        self.usage = add_usage(self.usage, output)
        stage = output.id.rpartition("\0")[2]
        fault = output.error
        if self.reason or fault:
            self.reason = self.reason or f"engine: {fault}"
            return ()
        if stage == "parts":
            self.parts = read_parts(as_completion(output).text) or [self.question]
            return self._search([self.question, *self.parts])
        if stage.startswith("order "):
            return self._order(int(stage.removeprefix("order ")), as_score(output))
        if stage == "answers":
            self.answerable = share_of_first(as_score(output).logprobs)
            if self.answerable < self.work.task.answerable:
                self.finished_answer = True
                return ()
            return self._write()
        if (claim := stage.partition(": ")[0]) in self.waiting:
            return self._weigh(claim, as_score(output))
        completion = as_completion(output)
        self.text = completion.text
        drafts = read_claims(completion.text, self.passages, completion.finish_reason == "stop")
        return self._check(drafts[: self.work.task.claims])

    def _order(self, number: int, score: Score) -> Sequence[EngineRequest]:
        self.orders[number] = share_of_first(score.logprobs)
        if len(self.orders) < len(self.passages):
            return ()
        order = sorted(self.orders, key=lambda place: (-self.orders[place], place))
        self.passages = [self.passages[place] for place in order]
        return self._judge()

    def _check(self, drafts: Sequence[Draft]) -> Sequence[EngineRequest]:
        """Check claims by code, and ask about the meaning of those that pass."""
        requests: list[EngineRequest] = []
        said = {claim.text for claim in self.claims}  # a refused one would be refused again
        capital_nouns = self._capital_nouns
        for number, draft in enumerate(drafts):
            if draft.text in said:
                continue
            sources = self._sources(draft)
            faults = code_faults(draft, self.question, sources, self.work.task.locale, capital_nouns)
            if faults:
                self.claims.append(self._claim(draft, faults))
                continue
            requests += self._ask_about(draft, f"claim {number}{' again' if self.repeated else ''}")
        return requests or self._next()

    def _ask_about(self, draft: Draft, claim: str) -> list[ScoreRequest]:
        """Return the requests about a claim's meaning: whether its sentences support it, and answer the question.

        A result of a calculation stands in no sentence, so only its numbers are asked about.
        """
        sentences = sentences_for(draft.stated, self._sources(draft))
        requests = self.work.check.requests(self._identity(f"{claim}: "), self.question, draft.text, sentences)
        if self.work.task.relevance and not draft.calculation:
            questions = dict.fromkeys([self.question, *self.parts])
            requests += [
                self.work.answers(self._identity(f"{claim}: {ANSWER}{number}"), question, sentences)
                for number, question in enumerate(questions)
            ]
        self.waiting[claim] = draft, ClaimScores(len(requests))
        return requests

    @property
    def _capital_nouns(self) -> bool:
        return nouns_have_capitals("\n".join(passage.text for passage in self.passages))

    def _sources(self, draft: Draft) -> list[FoundPassage]:
        return [self.passages[number] for number in draft.passages]

    def _claim(
        self, draft: Draft, faults: list[str], support: float | None = None, relevance: float | None = None
    ) -> Claim:
        return Claim(
            text=draft.text,
            verdict="unsupported" if faults else "supported",
            citations=[citation_of(draft.stated, number + 1, self.passages[number]) for number in draft.passages],
            faults=faults,
            support=None if support is None else round(support, 6),
            relevance=None if relevance is None else round(relevance, 6),
            calculation=draft.calculation,
        )

    def _weigh(self, claim: str, score: Score) -> Sequence[EngineRequest]:
        """Judge a claim when all is there that was asked about it."""
        draft, scores = self.waiting[claim]
        if not scores.take(score):
            return ()
        del self.waiting[claim]
        support, faults = scores.judged(self.work.task.support)
        relevance = scores.relevance
        if not faults and relevance is not None and relevance < self.work.task.relevance:
            faults = ["no answer"]
        self.claims.append(self._claim(draft, faults, support, relevance))
        return () if self.waiting else self._next()

    def _next(self) -> Sequence[EngineRequest]:
        """Ask once more if claims were refused; else the answer is finished."""
        refused = [claim for claim in self.claims if claim.verdict == "unsupported"]
        if refused and not self.repeated:
            self.repeated = True
            reasons = [f"{claim.text} ({', '.join(claim.faults)})" for claim in refused]
            return self._write(reasons, self.text)
        self.finished_answer = True
        nouns = self._capital_nouns
        for claim in self.claims:
            if claim.verdict == "supported":
                claim.conflicts = conflicts_with(claim, self.question, self.passages, self.work.task.locale, nouns)
        return ()

    def result(self) -> Result:
        """Return the supported claims as the answer, with everything that stands behind it."""
        shown = [claim for claim in self.claims if claim.verdict == "supported"]
        text = "\n".join(claim.text for claim in shown) or None
        answer = FieldAnswer(kind="written" if shown else "null", flags=self._flags(shown))
        supports = [claim.support for claim in shown if claim.support is not None]
        answer.features = {"v": 1, "support": min(supports, default=None), "claims": len(shown)}
        behind = CorpusAnswer(
            corpus=self.work.corpus.name,
            version=self.work.corpus.version,
            claims=self.claims,
            nearest=[_whole(number, passage) for number, passage in enumerate(self.passages, 1)],
            parts=self.parts,
            reading=self.work.corpus.reading,
            answerable=None if self.answerable is None else round(self.answerable, 6),
        )
        return results.done(
            self.document,
            {"answer": text},
            {"answer": answer},
            [(0, len(self.document.text))],
            grounding="decoded" if self.work.engine.capabilities.grammar else "verified",
            from_corpus=behind,
        )

    def _flags(self, shown: Sequence[Claim]) -> list[str]:
        flags = [] if shown else ["not-in-the-documents"]
        dropped = sum(claim.verdict == "unsupported" for claim in self.claims)
        if dropped:
            flags.append(f"dropped-claims: {dropped}")
        if others := dict.fromkeys(place.document for claim in shown for place in claim.conflicts):
            flags.append(f"sources-conflict: {', '.join(others)}")
        if self.planted:
            flags.append(f"{PLANTED}: {', '.join(dict.fromkeys(passage.document for passage in self.planted))}")
        return flags


def is_planted(passage: FoundPassage) -> bool:
    """True if a passage, its title or its headings address the model: all of them are in the prompt."""
    return has_planted_text("\n".join((passage.title, passage.lead, passage.text)))


def _in_turns(rows: Sequence[Sequence[FoundPassage]]) -> Iterator[list[FoundPassage]]:
    for place in range(max(map(len, rows), default=0)):
        yield [row[place] for row in rows if place < len(row)]


def _whole(number: int, passage: FoundPassage) -> Citation:
    boxes = [box for _, box in passage.boxes]
    return Citation(
        **passage.model_dump(include={"document", "path", "sha256", "title", "source", "span", "page", "lead", "text"}),
        boxes=boxes,
        passage=number,
    )
