"""A corpus of documents: index it, keep it up to date, ask it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from ..contracts import CorpusChoice, Result
from ..corpus import (
    AccessRules,
    Build,
    Corpus,
    CorpusView,
    Embedder,
    StoredDocument,
    build,
    open_embedder,
    open_view,
    read_access_rules,
    sources_of,
)
from ..documents import Document, ReadingOptions, Source, expand_inputs
from ..documents.text import document_from_text
from ..errors import InputError
from ..inference import AnswerOptions
from ..inference.prompts import request_of
from ..runs import RunFolder
from ..tasks import AnswerTask
from ..tasks.answer.prompt import standalone_prompt
from ..weights import Listener
from .model import Model

__all__ = ["Conversation", "ask", "declare_access", "index_corpus", "open_corpus", "runs_that_cite"]

QUESTION_TOKENS = 96
REMEMBERED = 3  # earlier questions that a follow-up is understood from


def index_corpus(
    name: str | Path,
    inputs: Sequence[str | Path] = (),
    *,
    reading: ReadingOptions | None = None,
    embedder: str = "",
    access: str | Path | None = None,
    on_progress: Callable[[Build], None] = lambda progress: None,
    listener: Listener | None = None,
) -> Build:
    """Add files, folders and globs to a corpus, which is made if there is none; without inputs, bring it up to date.

    ``reading`` must be that of the documents indexed before; by default it is. ``embedder`` names the weights that make
    the vectors of a new corpus, ``access`` a file of access rules. A new corpus lies in a folder; make it before with
    ``Corpus.create(name, "postgres")`` to lay it on a server.
    An interruption (KeyboardInterrupt) keeps what is indexed; the same call continues. Raises InputError, also if
    a folder that was added is gone.
    """
    rules = read_access_rules(Path(access)) if access else None
    if inputs:
        expand_inputs(inputs)  # names a missing input before anything is made or loaded
    with Corpus.create(name) if inputs else Corpus.open(name) as corpus:
        options = reading or ReadingOptions()
        if corpus.reading and reading is None:
            options = ReadingOptions(**corpus.reading)
        loaded = open_embedder(corpus, embedder, listener)
        try:
            made_by = Embedder(loaded.engine, str(loaded.facts["digest"]))
            return build(corpus, made_by, inputs, reading=options, rules=rules, on_progress=on_progress)
        finally:
            loaded.close()


def declare_access(name: str | Path, rules: str | Path | None) -> Corpus:
    """Write the groups of every document of a corpus by the rules in a file; None takes all rules away.

    Files of groups beside documents count before the rules, and without rules too.
    """
    read: AccessRules | None = read_access_rules(Path(rules)) if rules else None
    corpus = Corpus.open(name)
    with corpus.writing():
        if read is None:
            corpus.open_to_all()
        corpus.declare_access(read, sources_of(corpus))
    return corpus


def open_corpus(
    name: str | Path,
    *,
    version: int | None = None,
    groups: Sequence[str] = (),
    reranker: str | None = None,
    listener: Listener | None = None,
) -> CorpusView:
    """Open a view of a corpus: a version, by default the newest, as members of ``groups`` see it.

    ``reranker`` names weights that put the best passages in order: a cross-encoder, or a language model.
    """
    named = str(name.absolute()) if isinstance(name, Path) else name  # a path without a separator would be a name
    choice = CorpusChoice(name=named, version=version or 0, groups=list(groups), reranker=reranker or None)
    return open_view(choice, listener)


def runs_that_cite(corpus: Corpus, documents: Sequence[StoredDocument]) -> dict[Path, int]:
    """Return the runs whose answers cite or show one of these documents, with the number of such answers."""
    cited = {document.sha256 for document in documents}
    names = {document.id for document in documents}  # an older content, whose version is forgotten, had the same name
    counts: dict[Path, int] = {}
    for path in corpus.runs:
        folder = RunFolder(path)
        if folder.read_facts().purged_at:
            continue
        for result in folder.latest():
            behind = result.from_corpus
            places = [*behind.nearest, *(p for c in behind.claims for p in c.citations)] if behind else []
            counts[path] = counts.get(path, 0) + any(
                place.sha256 in cited or place.document in names for place in places
            )
    return {path: count for path, count in counts.items() if count}


def ask(model: Model, corpus: CorpusView, question: str, task: AnswerTask | None = None) -> Result:
    """Answer one question from a corpus. ``Result.from_corpus`` holds the claims and what each rests on.

    Raises InputError for an empty question.
    """
    if not question.strip():
        raise InputError("The question is empty.", "Write the question in quotes.")
    return model.answer(task or default_task(), _question(question), AnswerOptions(corpus=corpus))


def default_task() -> AnswerTask:
    """Return the task of ``ringfence ask`` without a task file."""
    return AnswerTask(kind="answer")


def _question(text: str) -> Document:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return document_from_text(Source(Path("question"), "question"), text, sha256, "question")


class Conversation:
    """Questions that follow on each other: a later one is first put into words that can be understood alone."""

    def __init__(self, model: Model, corpus: CorpusView, task: AnswerTask | None = None) -> None:
        self._model, self._corpus, self._task = model, corpus, task
        self._before: list[tuple[str, str]] = []

    def ask(self, question: str) -> Result:
        """Answer a question. ``Result.from_corpus.asked_as`` says how a follow-up was understood."""
        asked = self._standalone(question) if self._before else question
        result = ask(self._model, self._corpus, asked, self._task)
        if asked != question and result.from_corpus:
            result.from_corpus.asked_as = asked
        answer = (result.values or {}).get("answer") or "not in the documents"
        self._before = [*self._before, (asked, answer)][-REMEMBERED:]
        return result

    def _standalone(self, question: str) -> str:
        engine = self._model.loaded.engine
        prompt = standalone_prompt(question, self._before, engine.control_tokens)
        request = request_of(prompt, engine, "follow-up", QUESTION_TOKENS)
        (completion,) = engine.generate([request])
        line = next((line.strip() for line in completion.text.split("\n") if line.strip()), "")
        return line or question
