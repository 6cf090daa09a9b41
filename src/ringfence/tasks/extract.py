"""Extract: a document and a task become a prompt and a grammar; the model's answer becomes typed, grounded values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..documents import Document
from .candidates import find_candidates
from .checks import fields_of, run_check
from .fields import BooleanField, ChoiceField, CodeField, FieldSpec, PatternField, TextField
from .grammar import NULL, CandidateRule, Choice, Reading, RunRule, answer_grammar
from .prompt import Prompt, write_prompt
from .task import Task

__all__ = ["Answer", "AnswerError", "Plan", "plan"]

FEATURES_VERSION = 2
NULL_STANDS = math.log(0.5)  # the least log-probability of null, over all its tokens, at which it is not asked again


class AnswerError(Exception):
    """The written answer does not follow its grammar: cut off, or from an engine that did not enforce it."""


@dataclass(frozen=True)
class Answer:
    """The typed ``values`` by field, and in ``fields`` what each rests on (contract 4b); ``checks`` by their text."""

    values: dict[str, Any]
    fields: dict[str, dict[str, Any]]
    checks: dict[str, str]


@dataclass(frozen=True)
class Written:
    """What the model has written, without ``prompt.answer_start``.

    ``token_ends`` gives the end of each token in ``text``, ``logprobs`` its log-probability (nats, before the mask).
    """

    text: str = ""
    token_ends: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()

    def up_to(self, position: int) -> Written:
        """The part before ``position``."""
        kept = sum(end <= position for end in self.token_ends)
        return Written(self.text[:position], self.token_ends[:kept], self.logprobs[:kept])

    def then(self, text: str, token_ends: Sequence[int], logprobs: Sequence[float]) -> Written:
        """This, and what was written after it."""
        shifted = tuple(end + len(self.text) for end in token_ends)
        return Written(self.text + text, self.token_ends + shifted, self.logprobs + tuple(logprobs))

    def logprobs_within(self, start: int, end: int) -> list[float]:
        """The log-probabilities of the tokens that end in (start, end]."""
        return [p for stop, p in zip(self.token_ends, self.logprobs, strict=True) if start < stop <= end]


@dataclass(frozen=True)
class Plan:
    """Everything that one document's request needs, and what is needed to read its answer.

    ``written`` is the beginning of the answer that stands already, in a second look; ``nulls`` holds, for each field
    that was looked at again, the log-probability that null had.
    """

    task: Task
    document: Document
    prompt: Prompt
    rules: dict[str, RunRule | CandidateRule | Choice | None]
    grammar: str
    max_new_tokens: int
    written: Written = Written()
    nulls: dict[str, float] = field(default_factory=dict)

    def read(self, text: str, token_ends: Sequence[int] = (), logprobs: Sequence[float] = ()) -> Answer:
        """The answer that the model's ``text``, behind what is ``written`` already, states.

        Raises AnswerError when the text is not a whole answer.
        """
        written = self.written.then(text, token_ends, logprobs)
        values: dict[str, Any] = {}
        fields: dict[str, dict[str, Any]] = {}
        for name, (start, end) in self._places(written.text).items():
            values[name], fields[name] = self._value(name, self.task.fields[name], written.text[start + 1 : end])
            fields[name]["features"] = self._features(name, fields[name], written.logprobs_within(start, end))
        kinds = {name: spec.kind for name, spec in self.task.fields.items()}
        checks: dict[str, str] = {}
        for check in self.task.checks:
            checks[check] = run_check(check, values, kinds)
            if checks[check] == "broken":
                for name in fields_of(check):
                    fields[name]["flags"].append(f"check: {check}")
        return Answer(values, fields, checks)

    def second_look(self, text: str, token_ends: Sequence[int], logprobs: Sequence[float]) -> Plan | None:
        """A plan that asks on from the first null that the model itself held to be less likely than a value, or None.

        A small model spreads its belief over several values: null at 0.4 wins against three dates at 0.2 each, though
        "there is a date" is at 0.6, and one such null drags the fields behind it along. The new plan takes that null
        away; what is written before it stands.
        """
        written = self.written.then(text, token_ends, logprobs)
        for index, (name, (start, end)) in enumerate(self._places(written.text).items()):
            offered = self.rules[name] is not None and not self.task.fields[name].required and name not in self.nulls
            belief = written.logprobs_within(start, end)
            if offered and written.text[start + 1 : end] == NULL and belief and sum(belief) < NULL_STANDS:
                rest = list(self.task.fields.items())[index:]
                grammar = answer_grammar([(n, self.rules[n], not spec.required and n != name) for n, spec in rest])
                nulls = {**self.nulls, name: round(sum(belief), 4)}
                return replace(self, grammar=grammar, written=written.up_to(start), nulls=nulls)
        return None

    def _places(self, written: str) -> dict[str, tuple[int, int]]:
        """Where the value of each field stands in an answer, from the space before it to its end."""
        places: dict[str, tuple[int, int]] = {}
        names, position = list(self.task.fields), 0
        for index, name in enumerate(names):
            prefix = f"{name}:" if index else ""
            if not written.startswith(prefix + " ", position):
                raise AnswerError(f"the answer does not reach the field {name}")
            start = position + len(prefix)
            end = self._end_of_value(written, start, names[index + 1] if index + 1 < len(names) else None)
            if end < 0:
                raise AnswerError(f"the answer ends inside the field {name}")
            places[name] = (start, end)
            position = end + 1
        return places

    @staticmethod
    def _end_of_value(written: str, start: int, next_name: str | None) -> int:
        """Where a value ends: at the line that begins with the next field's name; the last value at the end of all."""
        if next_name is not None:
            return written.find(f"\n{next_name}:", start)
        return len(written) - 1 if written.endswith("\n") and len(written) > start else -1

    def _value(self, name: str, spec: FieldSpec, written: str) -> tuple[Any, dict[str, Any]]:
        rule = self.rules[name]
        if rule is None or (written == NULL and not spec.required):
            flags = ["required-but-absent"] if spec.required else []
            return None, _entry(None, "null", flags)
        if isinstance(rule, Choice):
            option = rule.read(written)
            if option is None:
                raise AnswerError(f"the field {name} holds something that is not an option")
            return (option == "true" if isinstance(spec, BooleanField) else option), _entry(None, "judged", [])
        reading = rule.read(written)
        if reading is None:
            raise AnswerError(f"the field {name} holds something that is not in the document")
        return self._grounded(spec, rule, reading)

    def _grounded(self, spec: FieldSpec, rule: RunRule | CandidateRule, reading: Reading) -> tuple[Any, dict[str, Any]]:
        (start, end), *others = reading.spans
        raw = self.document.text[start:end]
        flags: list[str] = []
        value: Any
        if reading.candidate is None:
            value = " ".join(raw.split())
            if isinstance(rule, RunRule) and rule.segment_count(start, end) > rule.spec.max_segments:
                value, flags = None, ["over-max-segments"]
        else:
            value, flags = reading.candidate.value, list(reading.candidate.flags)
        verbatim = value is None or (isinstance(value, str) and value == raw)
        entry = _entry(raw, "span" if verbatim else "derived", flags)
        entry["spans"] = [[start, end]]
        entry["others"] = [list(span) for span in others]
        entry["boxes"] = [box.as_json() for box in self.document.boxes(start, end)]
        if reading.candidate is not None and reading.candidate.readings:
            entry["readings"] = list(reading.candidate.readings)
        return value, entry

    def _features(self, name: str, entry: dict[str, Any], logprobs: Sequence[float]) -> dict[str, Any]:
        rule = self.rules[name]
        return {
            "v": FEATURES_VERSION,
            "logprob_min": round(min(logprobs), 4) if logprobs else None,
            "logprob_mean": round(sum(logprobs) / len(logprobs), 4) if logprobs else None,
            "tokens": len(logprobs),
            "null_logprob": self.nulls.get(name),
            "candidates": len({c.surface for c in rule.candidates}) if isinstance(rule, CandidateRule) else None,
            "occurrences": len(entry["spans"]) + len(entry["others"]),
        }


def _entry(raw: str | None, kind: str, flags: list[str]) -> dict[str, Any]:
    return {"raw": raw, "spans": [], "others": [], "boxes": [], "kind": kind, "flags": flags}


def plan(task: Task, document: Document, control_tokens: tuple[str, ...] = ()) -> Plan:
    """Prepare one document: find its candidates, write its prompt and its grammar.

    Raises ValueError with a sentence for people when a recogniser cannot finish on this document.
    """
    rules: dict[str, RunRule | CandidateRule | Choice | None] = {}
    names = list(task.fields)
    for (name, spec), next_name in zip(task.fields.items(), [*names[1:], None], strict=True):
        rules[name] = _rule(spec, document, task, next_name)
    grammar = answer_grammar([(name, rules[name], not spec.required) for name, spec in task.fields.items()])
    return Plan(
        task, document, write_prompt(task, document, control_tokens), rules, grammar, _answer_budget(task, rules)
    )


def _rule(
    spec: FieldSpec, document: Document, task: Task, next_name: str | None
) -> RunRule | CandidateRule | Choice | None:
    if isinstance(spec, ChoiceField):
        return Choice(spec.options)
    if isinstance(spec, BooleanField):
        return Choice(("true", "false"))
    if isinstance(spec, TextField):
        return RunRule(document, spec, next_name) if document.segments else None
    assert isinstance(spec, PatternField | CodeField)
    found = find_candidates(spec, document, task.locale)
    return CandidateRule(found) if found else None


def _answer_budget(task: Task, rules: dict[str, RunRule | CandidateRule | Choice | None]) -> int:
    """The most tokens that any answer of the grammar may need: a token is at least one byte."""
    size = 8
    for name in task.fields:
        rule = rules[name]
        if isinstance(rule, RunRule):
            text = rule.document.text
            longest = max(
                (len(text[chain[0].segment.start : chain[-1].segment.end].encode()) for chain in rule.chains), default=0
            )
        elif isinstance(rule, CandidateRule):
            longest = max(len(surface.encode()) for surface in rule.by_surface)
        else:
            longest = max(len(option.encode()) for option in rule.options) if rule else len(NULL)
        size += len(name) + 3 + max(longest, len(NULL))
    return size
