"""Explain the values of one document: what precedes the model, each step of the model, and the outcome."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..contracts import Alternative, FieldAnswer, Result
from ..documents import Document
from ..engines import Completion, EngineOutput, EngineRequest, Request
from .answerer import Answerer
from .job import Job

__all__ = ["Explanation", "ExplanationStep", "explain_document", "why"]

LEAST = 1e-7  # probabilities are stored with six digits


@dataclass(frozen=True)
class ExplanationStep:
    """One request and its output. ``prompt``, ``grammar`` and ``raw_output`` are None for a request for scores."""

    name: str
    prompt_tokens: int
    answer_tokens: int
    seconds: float
    prompt: str | None = None
    grammar: str | None = None
    raw_output: str | None = None


@dataclass(frozen=True)
class Explanation:
    """The steps to the values of one document.

    ``before`` is what document and task determine without a model: the prompt, and for an extract task candidates and
    grammar. ``steps`` are the requests with their outputs. ``result`` is the outcome; if there is none, ``failed``
    gives the reason. ``windows`` is the number of the document's windows. ``why`` gives the reason for each value, by
    path.
    """

    document: str
    windows: int
    before: dict[str, Any]
    steps: Sequence[ExplanationStep] = ()
    result: Result | None = None
    failed: str | None = None
    why: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        data: dict[str, Any] = {"schema": 1, "document": self.document, "windows": self.windows, **self.before}
        if not self.steps and self.result is None and self.failed is None:
            return data
        outputs = [step.raw_output for step in self.steps if step.raw_output is not None]
        return {
            **data,
            "steps": [asdict(step) for step in self.steps],
            "raw_output": outputs[-1] if outputs else None,
            "earlier_looks": outputs[:-1],
            "failed": self.failed,
            "why": self.why,
            "values": self.result.values if self.result else None,
            "checks": self.result.checks if self.result else None,
            "result": self.result.as_json() if self.result else None,
        }


def explain_document(answerer: Answerer, document: Document, window: int = 0) -> Explanation:
    """Answer one document, and keep every step.

    An extract task answers only the window ``window``, counted from 0. Raises ValueError if there is no such window.
    """
    before, job, windows = answerer.executor.explain(document, window)
    steps: list[ExplanationStep] = []
    requests = list(job.first())
    while requests:
        by_id = {request.id: request for request in requests}
        requests = []
        for output in answerer.engine.lockstep(list(by_id.values())):
            steps.append(_step(by_id[output.id], output))
            requests += job.take(output)
    if job.reason:
        return Explanation(document.id, windows, before, steps, failed=job.reason)
    result = _stamped(job, answerer)
    reasons = {path: why(answer, result.value(path)) for path, answer in (result.fields or {}).items()}
    return Explanation(document.id, windows, before, steps, result, why=reasons)


def _stamped(job: Job, answerer: Answerer) -> Result:
    result = job.result()
    result.usage, result.mode, result.lock = job.usage, answerer.model.mode, answerer.lock.digest
    return result


def _step(request: EngineRequest, output: EngineOutput) -> ExplanationStep:
    name = output.id.partition("\0")[2] or "answer"
    if not isinstance(request, Request) or not isinstance(output, Completion):
        return ExplanationStep(name, output.prompt_tokens, 0, output.seconds)
    return ExplanationStep(
        name,
        output.prompt_tokens,
        len(output.tokens),
        output.seconds,
        prompt=request.messages[-1][1] if request.messages else None,
        grammar=request.grammar,
        raw_output=request.answer_start + output.text,
    )


def why(answer: FieldAnswer, value: Any = None) -> str:
    """Explain in one sentence where ``value`` comes from, and why its alternatives lost."""
    if answer.kind == "null":
        reason = "null: " + (", ".join(answer.flags) or "the model chose null, or there was no candidate")
    elif answer.kind == "judged":
        reason = "judged by the model from the closed list"
    elif not answer.spans or answer.raw is None:
        reason = f"{answer.kind} by the model" + (f"; flags: {', '.join(answer.flags)}" if answer.flags else "")
    else:
        places = " and ".join(f"{start}-{end}" for start, end in answer.spans)
        reason = f"the span {places} {answer.raw!r}" + (", typed by code" if answer.kind == "derived" else "")
        if answer.others:
            reason += f"; the same text occurs at {len(answer.others)} other places, this one comes first or says most"
        if answer.flags:
            reason += f"; flags: {', '.join(answer.flags)}"
        if answer.readings:
            reason += f"; it could be {' or '.join(answer.readings)}"
    if (null := answer.features.get("null_logprob")) is not None:
        reason += f"; asked again without null, which the model considered unlikely ({null})"
    if (least := answer.features.get("logprob_min")) is not None:
        what = "its log-probability" if answer.chosen_by else "least likely token: log-probability"
        reason += f" ({what} {least})"
    if answer.chosen_by:
        reason += f"; chosen by the {answer.chosen_by}"
    return reason + _against(answer, value)


def _against(answer: FieldAnswer, value: Any) -> str:
    """The alternatives with their log-probabilities against that of the value."""
    levels = {id(one): math.log(max(one.probability or 0.0, LEAST)) for one in answer.alternatives}
    own = [one for one in answer.alternatives if one.value == value and one.raw == answer.raw]
    others = [one for one in answer.alternatives if one not in own[:1]]
    if not own or not others:
        return ""
    against = levels[id(own[0])]
    listed = ", ".join(f"{_shown(one)} ({levels[id(one)]:.2f})" for one in others)
    return f"; against its log-probability of {against:.2f} lost {listed}: {_reason(answer)}"


def _reason(answer: FieldAnswer) -> str:
    if answer.chosen_by == "check":
        return "the checks do not allow likelier ones"
    if "mixed" in answer.features:
        return "ranker and model together find it likeliest"
    return "the ranker finds it likeliest" if answer.chosen_by == "ranker" else "the model wrote it"


def _shown(one: Alternative) -> str:
    return repr(one.raw) if one.raw is not None else "null" if one.value is None else str(one.value)
