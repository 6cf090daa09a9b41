"""Run one task over many documents: read, ask, check off, write down. Every input ends with a status."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..documents import Document, ReadingOptions, Source, Unreadable, read_documents
from ..documents.reading import sha256_of
from ..engines import Completion, Engine, Request, render_chat
from ..errors import RunError
from ..locks import Lock
from ..tasks import Answer, AnswerError, Plan, Task, plan
from ..weights import now
from .folder import RunFolder, Totals
from .host import host_facts, package_versions

__all__ = ["Progress", "RunSummary", "request_for", "run"]


@dataclass
class Progress:
    """What a run tells while it works. ``seen`` counts documents as they end; ``kept`` those of an earlier session."""

    seen: Totals = field(default_factory=Totals)
    kept: int = 0
    changed: list[str] = field(default_factory=list)
    prompt_tokens: int = 0
    generated_tokens: int = 0


@dataclass(frozen=True)
class RunSummary:
    """How a run ended. ``totals`` is over the whole folder, ``progress`` over this session."""

    folder: Path
    totals: Totals
    progress: Progress


def request_for(task_plan: Plan, engine: Engine) -> Request:
    """The request of one document: its prompt in the weights' own chat template, and its grammar."""
    prompt = task_plan.prompt
    messages = [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}]
    text = (
        render_chat(engine.chat_template, messages, engine.special_tokens)
        + prompt.answer_start
        + task_plan.written.text
    )
    return Request(task_plan.document.id, engine.tokenize(text), task_plan.max_new_tokens, grammar=task_plan.grammar)


def run(
    task: Task,
    sources: Iterable[Source],
    engine: Engine,
    lock: Lock,
    out: Path,
    *,
    resume: bool = False,
    limit: int | None = None,
    options: ReadingOptions | None = None,
    arguments: dict[str, Any] | None = None,
    weights_name: str = "",
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> RunSummary:
    """Run ``task`` over ``sources`` into the folder ``out``; with ``resume`` only what is new, changed or failed.

    ``limit`` bounds the documents of this session. Raises RunError when the folder cannot be used, or belongs to
    another lock. An interruption (KeyboardInterrupt) leaves a folder that can be resumed.
    """
    folder = RunFolder.open(out) if resume and (out / "run.json").exists() else RunFolder.create(out)
    folder.exclusive()
    try:
        facts = _begin(folder, task, lock, options or ReadingOptions(), arguments or {}, weights_name)
        worker = _Worker(task, engine, lock, folder, options or ReadingOptions(), limit, on_progress)
        worker.work(sources)
        facts["sessions"][-1]["ended_at"] = now()
        facts["totals"] = dict(folder.totals())
        folder.write_facts(facts)
        return RunSummary(out, folder.totals(), worker.progress)
    finally:
        folder.release()


def _begin(
    folder: RunFolder, task: Task, lock: Lock, options: ReadingOptions, arguments: dict[str, Any], weights_name: str
) -> dict[str, Any]:
    """Write run.json, or check that the run in the folder is the same run."""
    session = {"started_at": now(), "ended_at": None, "arguments": arguments, "host": host_facts()}
    reading = {
        "csv_rows": options.csv_rows,
        "text_field": options.text_field,
        "id_field": options.id_field,
        "folder": str(Path.cwd()),  # what relative paths of documents are relative to
    }
    if (folder.path / "run.json").exists():
        facts = folder.read_facts()
        if facts["reading"] != reading:
            changed = ", ".join(name for name, value in reading.items() if facts["reading"].get(name) != value)
            raise RunError(
                f"The run in {folder.path} read its documents in another way; what differs: {changed}.",
                "Resume it from the same folder with the same --rows, --text-field and --id-field.",
            )
        facts["totals"] = None
        if facts["lock"]["digest"] != lock.digest:
            changed = ", ".join(lock.differences(facts["lock"]["data"])[:6])
            raise RunError(
                f"The run in {folder.path} was made under another lock; what differs: {changed}.",
                "Give --out a new folder, or go back to the task, weights and settings of that run.",
            )
        facts["sessions"].append(session)
    else:
        facts = {
            "schema": 1,
            "task": task.canonical(),
            "weights": weights_name,
            "lock": {"digest": lock.digest, "data": lock.data},
            "packages": package_versions(),
            "reading": reading,
            "sessions": [session],
            "totals": None,
        }
    folder.write_facts(facts)
    return facts


@dataclass
class _Asked:
    """What was asked of one document, what came of it, and what it cost, over the first look and further ones."""

    plan: Plan
    answer: Answer | None = None
    reason: str = ""
    usage: dict[str, Any] = field(default_factory=dict)

    def add(self, completion: Completion) -> None:
        """Read a completion. A second look that fails changes nothing: the answer before it stands."""
        self.usage = {
            "prompt_tokens": completion.prompt_tokens,
            "cached_tokens": completion.cached_tokens,
            "generated_tokens": self.usage.get("generated_tokens", 0) + len(completion.tokens),
            "seconds": round(self.usage.get("seconds", 0.0) + completion.seconds, 3),
            "looks": self.usage.get("looks", 0) + 1,
        }
        if completion.finish_reason == "failed":
            self.reason = f"engine: {completion.error}"
            return
        try:
            self.answer = self.plan.read(completion.text, completion.token_ends, completion.logprobs)
        except AnswerError as error:
            self.reason = f"answer: {error}"

    def second_look(self, completion: Completion) -> Plan | None:
        """What to ask on, None when the answer stands."""
        if self.answer is None or self.reason:
            return None
        look = self.plan.second_look(completion.text, completion.token_ends, completion.logprobs)
        self.plan = look or self.plan
        return look


class _Worker:
    """The state of one session."""

    def __init__(
        self,
        task: Task,
        engine: Engine,
        lock: Lock,
        folder: RunFolder,
        options: ReadingOptions,
        limit: int | None,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self.task, self.engine, self.lock, self.folder = task, engine, lock, folder
        self.options, self.limit, self.on_progress = options, limit, on_progress
        self.earlier = folder.index()
        self.begun: set[str] = set()
        self.kept: set[str] = set()
        self.pending: dict[str, _Asked] = {}
        self.looks: deque[Request] = deque()
        self.repeats = 0
        self.progress = Progress()
        self.mode = engine.describe()["settings"]["mode"]

    def work(self, sources: Iterable[Source]) -> None:
        """Everything, with memory for no more documents than are in flight."""
        fresh = self._requests(sources)
        while True:
            for completion in self.engine.generate(self._looks_then(fresh)):
                self._take(self.pending.pop(completion.id), completion)
            if not self.looks:  # those of the last documents come when nothing fresh is left
                return

    def _looks_then(self, fresh: Iterator[Request]) -> Iterator[Request]:
        """Second looks first: what they need of their documents is still in the engine's cache."""
        while True:
            request = self.looks.popleft() if self.looks else next(fresh, None)
            if request is None:
                return
            yield request

    def _take(self, asked: _Asked, completion: Completion) -> None:
        asked.add(completion)
        look = asked.second_look(completion)
        if look:
            self.pending[completion.id] = asked
            self.looks.append(request_for(look, self.engine))
        else:
            self._write(self._result(asked))

    def _requests(self, sources: Iterable[Source]) -> Iterator[Request]:
        for outcome in self._outcomes(sources):
            if isinstance(outcome, Unreadable):
                self._write(self._failure(outcome, f"{outcome.code}: {outcome.reason}"))
                continue
            try:
                task_plan = plan(self.task, outcome, self.engine.control_tokens)
            except ValueError as error:
                self._write(self._failure(outcome, f"recogniser: {error}"))
                continue
            except Exception as error:  # a fault of ours on one document is that document's failure, never the run's
                self._write(self._failure(outcome, f"recogniser: it met a fault of its own ({type(error).__name__})"))
                continue
            self.pending[outcome.id] = _Asked(task_plan)
            yield request_for(task_plan, self.engine)

    def _outcomes(self, sources: Iterable[Source]) -> Iterator[Document | Unreadable]:
        """Documents that are to be done now: not those that this folder holds already, not beyond the limit."""
        for source in sources:
            if self._kept(source.id, _sha256_of_file(source.path)):
                continue
            for outcome in read_documents(source, self.options):
                if self.limit is not None and len(self.begun) >= self.limit:
                    return
                if outcome.id in self.begun or outcome.id in self.kept:
                    self.repeats += 1
                    yield Unreadable(
                        f"{outcome.id}#again-{self.repeats}",
                        outcome.path,
                        "duplicate-id",
                        f"a document with the id {outcome.id} came before",
                        outcome.sha256,
                    )
                    continue
                if self._kept(outcome.id, outcome.sha256):
                    continue
                if outcome.id in self.earlier and self.earlier[outcome.id][0] != outcome.sha256:
                    self.progress.changed.append(outcome.id)
                self.begun.add(outcome.id)
                yield outcome

    def _kept(self, identity: str, sha256: str | None) -> bool:
        if self.earlier.get(identity) == (sha256, "done") and identity not in self.begun and identity not in self.kept:
            self.kept.add(identity)
            self.progress.kept = len(self.kept)
            return True
        return False

    def _result(self, asked: _Asked) -> dict[str, Any]:
        document = asked.plan.document
        self.progress.prompt_tokens += asked.usage["prompt_tokens"]
        self.progress.generated_tokens += asked.usage["generated_tokens"]
        if asked.answer is None:
            return self._failure(document, asked.reason, asked.usage)
        return {
            **self._head(document, "done", None),
            "values": asked.answer.values,
            "fields": asked.answer.fields,
            "checks": asked.answer.checks,
            **self._tail(document, asked.usage),
        }

    def _failure(
        self, outcome: Document | Unreadable, reason: str, usage: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        return {
            **self._head(outcome, "failed", reason),
            "values": None,
            "fields": None,
            "checks": None,
            **self._tail(outcome if isinstance(outcome, Document) else None, usage),
        }

    def _head(self, outcome: Document | Unreadable, status: str, reason: str | None) -> dict[str, Any]:
        document = {
            "id": outcome.id,
            "path": outcome.path,
            "sha256": outcome.sha256,
            "pages": len(outcome.pages) if isinstance(outcome, Document) else None,
            "read_by": outcome.read_by if isinstance(outcome, Document) else None,
        }
        if isinstance(outcome, Document) and "line" in outcome.metadata:
            document["line"], document["source"] = outcome.metadata["line"], outcome.metadata["source"]
        if isinstance(outcome, Document) and outcome.metadata.get("pages_without_text"):
            document["pages_without_text"] = outcome.metadata["pages_without_text"]
        return {"schema": 1, "document": document, "status": status, "reason": reason}

    def _tail(self, document: Document | None, usage: dict[str, Any] | None) -> dict[str, Any]:
        return {
            "grounding": "decoded" if usage else None,
            "decision": None,
            "mode": self.mode,
            "windows": [[0, len(document.text)]] if document else [],
            "usage": usage,
            "lock": self.lock.digest,
        }

    def _write(self, result: dict[str, Any]) -> None:
        self.folder.append(result)
        self.progress.seen[result["status"]] += 1
        self.on_progress(self.progress)


def _sha256_of_file(path: Path) -> str | None:
    try:
        return sha256_of(path.read_bytes())
    except OSError:
        return None
