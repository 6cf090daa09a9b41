"""One document of an extract task: asked window by window, then merged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..contracts import Result, Span, Usage
from ..documents import Document
from ..engines import Completion, Engine, EngineOutput, EngineRequest, Request, ScoreRequest
from ..errors import RequestRefused
from ..tasks import (
    Answer,
    AnswerError,
    ExtractionPlan,
    ExtractTask,
    Prepared,
    Window,
    WindowAnswer,
)
from ..tasks.extract.answer import FieldValue, Record
from ..tasks.extract.assignment import conclude
from ..tasks.extract.contradictions import flag_same_place
from ..tasks.extract.factors import with_factors_in_place
from ..tasks.extract.labelled_texts import flag_texts
from ..tasks.extract.merge import gather
from ..tasks.extract.named_values import flag_named_elsewhere, with_named_values
from ..tasks.extract.other_labels import flag_labelled_otherwise
from ..tasks.extract.parties import flag_other_party
from ..tasks.extract.unconstrained import (
    NOT_ANSWERED,
    NOT_FOUND,
    answer_schema,
    as_written,
    follow_up,
    in_json,
    stated_in,
)
from ..tasks.prompt import break_control_tokens
from . import result as results
from .alternatives import AlternativesOption, AnswerTree, in_doubt, with_distributions
from .job import add_usage, as_completion, as_score
from .prompts import (
    AnswerForm,
    request_for,
    request_of,
)
from .ranker import Ranking

__all__ = ["ExtractJob", "part_from_json", "part_to_json"]

CUT_OFF = "it was cut off before its end"
MOST_REPEATS = 2  # times that an engine without grammars is asked to correct values that the document does not contain


@dataclass
class ExtractJob:
    """The extraction of one document.

    ``parts`` holds the answers of the windows, by number. ``settled`` are the windows that need no further request.
    ``keep`` stores the answer of each window of a long document. After the last window, the values in doubt are weighed
    against the others that the document has; ``alternatives`` says which.
    """

    prepared: Prepared
    engine: Engine
    windows: list[Window]
    chosen: list[int]
    keep: Callable[[Window, dict[str, Any]], None] = lambda window, part: None
    parts: dict[int, WindowAnswer] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    reason: str = ""
    left_out: dict[int, list[str]] = field(default_factory=dict)  # by window, records that the document lacks
    usage: Usage | None = None
    pending: dict[str, tuple[int, ExtractionPlan]] = field(default_factory=dict)
    turns: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # turns after the first prompt, by request
    alternatives: AlternativesOption = "off"
    ranker: Ranking | None = None
    plans: dict[int, ExtractionPlan] = field(default_factory=dict)  # of the windows answered in this session
    trees: dict[str, tuple[int, AnswerTree]] = field(default_factory=dict)  # under way, by request
    weighed: bool = False  # True if what is to be weighed has been asked

    @property
    def document(self) -> Document:
        """The document."""
        return self.prepared.document

    @property
    def finished(self) -> bool:
        """True if every chosen window has ended and nothing is being weighed, or if a window failed."""
        return bool(self.reason) or (len(self.settled) == len(self.chosen) and self.weighed and not self.trees)

    @property
    def progress(self) -> tuple[int, int]:
        """The number of windows that have ended, and of windows to read."""
        return len(self.settled), len(self.chosen)

    def first(self) -> Iterator[EngineRequest]:
        """Yield a request for each window that has no answer yet; if all have one, those that weigh values."""
        for number in self.chosen:
            if self.reason:
                return
            if number not in self.settled:
                window = self.windows[number]
                plan = self.prepared.plan(window, self.engine.control_tokens)
                identity = self.document.id if len(self.windows) == 1 else f"{self.document.id}\0{number}"
                yield self._ask(identity, number, plan)
        yield from self._weigh()

    def _ask(self, identity: str, number: int, plan: ExtractionPlan) -> Request:
        self.pending[identity] = (number, plan)
        if not self._verified:
            return request_for(plan, self.engine, identity)
        task = self.prepared.task
        prompt = in_json(task, plan.prompt, self.engine.capabilities.json_schema)
        return request_of(
            prompt,
            self.engine,
            identity,
            2 * plan.max_new_tokens,
            AnswerForm(json_schema=answer_schema(plan)),
            turns=self.turns.setdefault(identity, []),
        )

    @property
    def _verified(self) -> bool:
        """True if the engine takes no grammar, so its answers must be verified."""
        return not self.engine.capabilities.grammar

    def take(self, output: EngineOutput) -> Sequence[EngineRequest]:
        """Process a completion and ask again about a doubtful null, or process what was weighed.

        If a further request fails, the first answer stays.
        """
        if output.id in self.trees:
            return self._take_weighed(output)
        output = as_completion(output)
        number, plan = self.pending.pop(output.id)
        if self.reason:  # another window of this document has failed
            return ()
        self.usage = add_usage(self.usage, output, new_prompt=plan.is_first)
        fault, look = "", None
        if self._verified:
            return self._verify(output, number, plan)
        if output.finish_reason == "failed":
            fault = f"engine: {output.error}"
        elif output.finish_reason == "length":
            fault = f"answer: {CUT_OFF}"
        else:
            said = output.text, output.token_ends, output.logprobs
            try:
                self.plans[number] = plan
                if plan.is_last:
                    self.parts[number] = plan.read(*said)
                look = plan.second_look(*said)
            except AnswerError as error:
                fault = f"answer: {error}"
        if fault and number not in self.parts:
            look = plan.after_failure()
        if look:
            return [self._ask(output.id, number, look)]
        if fault and number not in self.parts:
            where = f" (window {number + 1} of {len(self.windows)})" if len(self.windows) > 1 else ""
            self.reason = fault + where
        self._settle(number)
        return self._weigh()

    def _settle(self, number: int) -> None:
        self.settled.add(number)
        if len(self.chosen) > 1 and not self.reason:
            part = part_to_json(self.parts[number])
            self.keep(self.windows[number], {**part, "left_out": self.left_out.get(number, [])})

    def _verify(self, output: Completion, number: int, plan: ExtractionPlan) -> Sequence[EngineRequest]:
        """Keep the values that the document contains, and ask again for the rest.

        Values that still fail become null with a flag. The readable part of an answer stays, even if a later request
        fails.
        """
        control, failed = self.engine.control_tokens, output.finish_reason == "failed"
        cut_off = output.finish_reason == "length"  # what is there may be a draft
        stated = None if failed or cut_off else stated_in(self.prepared.task, output.text)
        faults: dict[str, str] = {}
        if stated is not None:
            reader, text, faults = as_written(plan, stated)
            part = reader.read(text)
            for path, value in part.single.items():
                if path in faults:
                    value.answer.flags.append(NOT_FOUND)
                elif path not in stated:
                    value.answer.flags.append(NOT_ANSWERED)
            self.parts[number] = part
            self.left_out[number] = [path for path in faults if path not in part.single]
        turns = self.turns[output.id]
        if not failed and (faults or stated is None) and len(turns) < 2 * MOST_REPEATS:
            turns += [("assistant", break_control_tokens(output.text, control)), ("user", follow_up(faults, control))]
            return [self._ask(output.id, number, plan)]
        if number not in self.parts:
            unread = CUT_OFF if cut_off else "it cannot be parsed"
            self.reason = f"engine: {output.error}" if failed else f"answer: {unread}"
        self._settle(number)
        return self._weigh()

    def _weigh(self) -> list[ScoreRequest]:
        """Return the requests that weigh the values in doubt, once every window has ended."""
        if self.reason or self.weighed or len(self.settled) < len(self.chosen):
            return []
        self.weighed = True
        if self.alternatives == "off" or self._verified or not self.engine.capabilities.score:
            return []
        parts = [self.parts[number] for number in self.chosen]
        sure, doubtful = in_doubt(self.prepared.task, parts, self.alternatives, self.engine.capabilities.raw_logprobs)
        for index, number in enumerate(self.chosen):
            self.parts[number] = with_distributions(self.parts[number], sure.get(index, {}))
            if index in doubtful:
                with suppress(AnswerError, RequestRefused):  # then the answer stays as the model wrote it
                    self._weigh_window(number, doubtful[index])
        return [tree.request for _, tree in self.trees.values()]

    def _weigh_window(self, number: int, paths: set[str]) -> None:
        window = self.windows[number]
        plan = self.plans.get(number) or self.prepared.plan(window, self.engine.control_tokens)
        identity = f"{self.document.id}\0alternatives {number}"
        for tree in AnswerTree.all_of(plan, self.parts[number].written, paths, self.engine, identity):
            self.trees[tree.request.id] = (number, tree)

    def _take_weighed(self, output: EngineOutput) -> Sequence[EngineRequest]:
        number, tree = self.trees.pop(output.id)
        score = as_score(output)
        self.usage = add_usage(self.usage, score, new_prompt=False)
        if not score.error:
            self.parts[number] = with_distributions(self.parts[number], tree.distributions(score))
        return ()

    def restore(self, number: int, part: WindowAnswer) -> None:
        """Restore the answer of a window from an earlier session."""
        self.parts[number] = part
        self.settled.add(number)

    def answer(self) -> Answer:
        """Merge the answers of all windows, let the ranker weigh the values, then the checks of the task decide."""
        return self.concluded(self.prepared.task, self.gathered())

    def gathered(self) -> Answer:
        """The merged answers of all windows with what the page names, weighed by the ranker; no check has run yet."""
        task = self.prepared.task
        merged = gather(task, [self.parts[number] for number in self.chosen])
        named = with_named_values(self.prepared, merged, self._read)
        gathered = with_factors_in_place(self.prepared, named)
        return self.ranker.weigh(task, self.document, gathered) if self.ranker else gathered

    def concluded(self, task: ExtractTask, gathered: Answer) -> Answer:
        """The answer after the checks of ``task``, which may have more fields than the windows answer."""
        answer = conclude(task, gathered)
        flag_same_place(self.prepared, answer.values, answer.fields)
        if not self.ranker:  # a ranker knows what labels are worth
            flag_named_elsewhere(self.prepared, answer.fields)
            flag_texts(self.prepared, answer.fields)
            flag_other_party(self.prepared, answer.fields)
            flag_labelled_otherwise(self.prepared, answer.fields)
        return answer

    @property
    def _read(self) -> list[Span]:
        return [(self.windows[number].start, self.windows[number].end) for number in self.chosen]

    def result(self) -> Result:
        """Return the result over all windows."""
        return self.result_of(self.answer())

    def result_of(self, answer: Answer) -> Result:
        """Return the result with this answer."""
        left_out = [path for number in sorted(self.left_out) for path in self.left_out[number]]
        return results.done(
            self.document,
            answer.values,
            answer.fields,
            self._read,
            grounding="verified" if self._verified else "decoded",
            left_out=left_out or None,
            checks=answer.checks,
            rows=answer.rows,
        )


def part_to_json(part: WindowAnswer) -> dict[str, Any]:
    """Return a window's answer as plain data."""
    return {
        "written": part.written,
        "single": {path: value.as_json() for path, value in part.single.items()},
        "lists": {
            name: [
                {"anchor": record.anchor, "values": {leaf: value.as_json() for leaf, value in record.values.items()}}
                for record in records
            ]
            for name, records in part.lists.items()
        },
    }


def part_from_json(data: dict[str, Any]) -> WindowAnswer:
    """Rebuild a window's answer from the data that ``part_to_json`` returns."""
    return WindowAnswer(
        {path: FieldValue.from_json(value) for path, value in data["single"].items()},
        {
            name: [
                Record(
                    record["anchor"], {leaf: FieldValue.from_json(value) for leaf, value in record["values"].items()}
                )
                for record in records
            ]
            for name, records in data["lists"].items()
        },
        data.get("written", ""),
    )
