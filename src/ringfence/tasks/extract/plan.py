"""Extract: turn a document and a task into a prompt and a grammar, and the answer into typed, grounded values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ...contracts import FieldAnswer
from ...documents import CellLines, Document
from ..example import Example
from ..fields import BooleanField, ChoiceField, CodeField, ListField, PatternField, TextField
from ..prompt import Prompt
from ..recognisers import Candidate, find_candidates
from ..windows import Window
from .answer import FieldValue, Record, WindowAnswer, by_place
from .answer_places import AnswerError, ListTurn, list_turns, meaning_of, places_of
from .date_pairs import date_pairs, with_one_range
from .doubts import null_doubts, null_rivals, value_doubts
from .evidence import evidence_at
from .grammar import NULL, CandidateRule, Choice, FieldRule, Rule, answer_grammar
from .list_grammar import ListRule, list_rule
from .meant_place import meant_place, text_at
from .page_labels import PageLabels
from .party_names import names_a_party
from .prompt import write_prompt
from .second_look import Look, asked_enough, look_again
from .slots import Slot, WrittenRow, rows_written, slots_of_rows
from .starts import is_form
from .task import ExtractTask
from .text_runs import Match, RunRule
from .written import NOTHING, WrittenAnswer

__all__ = ["AnswerError", "ExtractionPlan", "Prepared", "prepare"]

FEATURES_VERSION = 3


@dataclass(frozen=True)
class ExtractionPlan:
    """Everything for the request about one window of a document, and for reading its answer.

    It asks for the fields ``names``, or for a list that is the last of them: ``turns`` counts these. ``written`` is the
    beginning of the answer, which is kept, and ``rest`` the answers of the fields behind the list; the name of the next
    one, ``stop``, ends it. ``looks`` are the fields that were asked again, ``look`` is the one that is now.
    """

    prepared: Prepared
    window: Window
    prompt: Prompt
    rules: dict[str, Rule | ListRule | None]
    required: frozenset[str]
    grammar: str
    max_new_tokens: int
    names: tuple[str, ...]
    written: WrittenAnswer = NOTHING
    looks: tuple[Look, ...] = ()
    look: Look | None = None
    turns: int = 0
    rest: WrittenAnswer = NOTHING
    stop: str = ""

    @property
    def task(self) -> ExtractTask:
        """The task of this plan."""
        return self.prepared.task

    @property
    def document(self) -> Document:
        """The document of this plan."""
        return self.prepared.document

    def read(self, text: str, token_ends: Sequence[int] = (), logprobs: Sequence[float] = ()) -> WindowAnswer:
        """Parse the model's ``text``, which continues ``written``.

        Raises AnswerError if the text is not a complete answer, as that of a plan that is not the last.
        """
        written = self._settled(text, token_ends, logprobs).joined(self.rest)
        part = WindowAnswer(written=written.text)
        for path, (start, end) in self.places(written.text).items():
            rule = self.rules[path]
            if isinstance(self.task.flat[path], ListField):
                assert rule is None or isinstance(rule, ListRule)
                part.lists[path] = self._records(path, rule, written, start, end)
            else:
                assert not isinstance(rule, ListRule)
                meaning = meaning_of(path, rule, written.text[start + 1 : end], path not in self.required)
                spec: Any = self.task.flat[path]
                logprobs, ending = written.logprobs_within(start, end), written.logprob_of_end(end)
                value = self._field_value(spec, rule, meaning, logprobs, path, ending)
                # The end of its line is part of the value's probability, and may be in one token with its last sign.
                with_end = written.logprobs_within(start, end + 1)
                part.single[path] = replace(value, logprob=round(sum(with_end), 4) if with_end else None)
        for pair in date_pairs(self.task.flat):
            part = replace(part, single=with_one_range(pair, part.single, self._periods, self._day_of))
        return part

    def slots(self, written: str) -> Iterator[Slot]:
        """The slots of a whole answer, in the order of writing. Raises AnswerError."""
        last = list(self.task.flat)[-1]
        for path, (start, end) in self.places(written).items():
            rule, spec = self.rules[path], self.task.flat[path]
            if isinstance(rule, ListRule):
                yield from slots_of_rows(path, rule, self._rows(path, rule, written[start:end]), start)
            elif not isinstance(spec, ListField):
                yield Slot(path, start, end, spec, rule, path not in self.required, ends=path == last)

    def value_of(self, slot: Slot, written: str) -> FieldValue:
        """The value if the model had ``written`` this in ``slot``. Raises AnswerError if it cannot be there."""
        meaning = meaning_of(slot.path, slot.rule, written, slot.nullable)
        return self._field_value(slot.spec, slot.rule, meaning, (), slot.path)

    @cached_property
    def _periods(self) -> list[Candidate]:
        """The printed ranges of dates in the window."""
        found = find_candidates(PatternField(kind="period"), self.document, self.task.locale)
        return [period for period in found if self.window.shows(period.start, period.end)]

    def _day_of(self, path: str, day: str, period: Candidate) -> FieldValue | None:
        """The value of a date field that is ``day`` where ``period`` prints it; None if no candidate is there."""
        rule = self.rules[path]
        found = [each for each in rule.candidates if each.value == day] if isinstance(rule, CandidateRule) else []
        inside = [each for each in found if period.start <= each.start and each.end <= period.end]
        if not inside:
            return None
        others = [each for each in found if each.surface == inside[0].surface and each is not inside[0]]
        places = tuple((each.start, each.end) for each in (inside[0], *others))
        assert not isinstance(rule, ListRule)
        return FieldValue(*self._grounded(rule, Match(places, inside[0])))

    def _settled(self, text: str, token_ends: Sequence[int], logprobs: Sequence[float]) -> WrittenAnswer:
        """The answer that counts: the one with ``text``, or the first one where a second look found nothing better."""
        written = self.written.then(text, token_ends, logprobs)
        if self.stop:
            written = written.up_to(len(written.text.removesuffix(self.stop)))
        if not self.look:
            return written
        place = places_of(written.text, self.names, self.lists)[self.look.path]
        return self.look.first if self.look.stands(written, *place) else written

    def second_look(self, text: str, token_ends: Sequence[int], logprobs: Sequence[float]) -> ExtractionPlan | None:
        """A plan that continues from the first field that is to be asked again, or at a list; None if there is none.

        The new plan keeps what is written before it. Raises AnswerError if the text is no answer.
        """
        written = self._settled(text, token_ends, logprobs)
        places = places_of(written.text, self.names, self.lists)
        for index, path in list(enumerate(self.names))[len(self.names) - 1 if self.turns else 0 :]:
            found = look_again(path, self.rules[path], written, places[path], path not in self.required)
            if found is None or asked_enough(found[0], self.looks, written):
                continue
            look, others = found
            rules: dict[str, FieldRule | None] = {name: self.rules[name] for name in self.names[index:]}
            rules[path] = others
            fields = [(name, rule, name not in self.required and name != path) for name, rule in rules.items()]
            grammar, kept = answer_grammar(fields, self.stop), written.up_to(look.place)
            return replace(self, grammar=grammar, written=kept, looks=(*self.looks, look), look=look)
        return self._next_list(written.joined(self.rest))

    def after_failure(self) -> ExtractionPlan | None:
        """A plan that goes on behind a second look that failed, with the first answer; None if there is none."""
        return self._next_list(self.look.first.joined(self.rest)) if self.look else None

    def _next_list(self, written: WrittenAnswer) -> ExtractionPlan | None:
        """A plan that asks for the first list that is not asked yet, where it stands; None if there is none."""
        if self.is_last:
            return None
        turn = self._list_turns[self.turns]
        at = places_of(written.text, turn.known, self.lists)[turn.behind][0] - len(turn.stop)
        return replace(
            self,
            names=(*turn.before, turn.name),
            turns=self.turns + 1,
            stop=turn.stop,
            rest=written.after(at),
            written=written.up_to(at).then(f"{turn.name}:", (), ()),
            grammar=answer_grammar([(turn.name, self.rules[turn.name], turn.name not in self.required)], turn.stop),
            look=None,
        )

    def places(self, written: str) -> dict[str, tuple[int, int]]:
        """The place of each field's value in a whole answer, from the space before it. Raises AnswerError."""
        return places_of(written, list(self.task.flat), self.lists)

    @property
    def is_first(self) -> bool:
        """True if nothing was asked before this plan."""
        return self.look is None and not self.turns

    @property
    def is_last(self) -> bool:
        """True if no list is asked after this plan, so that its answer is whole."""
        return self.turns == len(self._list_turns)

    @cached_property
    def _list_turns(self) -> list[ListTurn]:
        return list_turns(list(self.task.flat), self.lists)

    @cached_property
    def lists(self) -> frozenset[str]:
        """The names of the lists with values in the window."""
        return frozenset(name for name, rule in self.rules.items() if isinstance(rule, ListRule))

    @staticmethod
    def _rows(path: str, rule: ListRule | None, text: str) -> list[WrittenRow]:
        if rule is None or text == f" {NULL}":
            return []
        rows = rows_written(rule, text)
        if rows is None:
            raise AnswerError(f"the list {path} holds a record that is not in the document")
        return rows

    def _records(self, path: str, rule: ListRule | None, written: WrittenAnswer, start: int, end: int) -> list[Record]:
        found = []
        for anchor, record in self._rows(path, rule, written.text[start:end]):
            assert rule is not None
            values = {
                name: self._field_value(
                    rule.spec.fields[name],
                    value.rule,
                    value.reading,
                    written.logprobs_within(start + value.start, start + value.end),
                    None,
                )
                for name, value in record.items()
            }
            found.append(Record(anchor, values))
        return by_place(found) if rule and len(rule.spec.fields) == 1 else found

    def _field_value(
        self,
        spec: Any,
        rule: Rule | None,
        meaning: Match | str | None,
        logprobs: Sequence[float],
        path: str | None,
        ending: float | None = None,
    ) -> FieldValue:
        moved: dict[str, int] = {}
        asked = {look.path: look for look in self.looks}
        null = asked[path].belief if path in asked and asked[path].why == "null" else None
        if meaning is None:
            value, answer = None, FieldAnswer(kind="null")
            answer.flags += null_doubts(rule, logprobs, path in asked)
        elif isinstance(meaning, str):
            value = meaning == "true" if isinstance(spec, BooleanField) else meaning
            answer = FieldAnswer(kind="judged")
        else:
            meant, moved = self._meant(path or "", rule, self._own_first(meaning), logprobs)
            value, answer = self._grounded(rule, meant)
        if meaning is not None:
            answer.flags += value_doubts(rule, logprobs, ending) + null_rivals(logprobs, null)
        answer.features = {
            "v": FEATURES_VERSION,
            "logprob_min": round(min(logprobs), 4) if logprobs else None,
            "logprob_mean": round(sum(logprobs) / len(logprobs), 4) if logprobs else None,
            "tokens": len(logprobs),
            "null_logprob": None if null is None else round(null, 4),
            "candidates": len({c.surface for c in rule.candidates}) if isinstance(rule, CandidateRule) else None,
            "occurrences": min(1, len(answer.spans)) + len(answer.others),
            "ocr": answer.ocr,
            **moved,
        }
        return FieldValue(value, answer)

    def _meant(
        self, name: str, rule: Rule | None, match: Match, logprobs: Sequence[float]
    ) -> tuple[Match, dict[str, int]]:
        """The place that a value stands for, and the features that say how it was moved there."""
        if not isinstance(rule, RunRule):
            return match, {}
        return meant_place(
            rule,
            match,
            logprobs,
            name=name,
            is_form=self.prepared.is_form,
            cell_lines=self.prepared.cell_lines,
            window_end=self.window.end,
        )

    def _own_first(self, match: Match) -> Match:
        """The places of the window itself before those of the head, which all windows show."""
        return replace(match, spans=tuple(sorted(match.spans, key=lambda span: span[0] < self.window.start)))

    def _grounded(self, rule: Rule | None, reading: Match) -> tuple[Any, FieldAnswer]:
        value: Any
        if isinstance(rule, RunRule):
            value, flags = text_at(rule, reading)
        else:
            assert reading.candidate is not None
            value, flags = reading.candidate.value, list(reading.candidate.flags)
        answer = evidence_at(self.document, reading.spans, value, flags, reading.below)
        if reading.candidate is not None and reading.candidate.readings:
            answer.readings = list(reading.candidate.readings)
        return value, answer


@dataclass(frozen=True)
class Prepared:
    """A document prepared for a task.

    ``candidates`` holds what the recognisers found in the whole document, by path (``total``, ``lines.amount``) and in
    reading order. Its prompts show ``examples``.
    """

    task: ExtractTask
    document: Document
    candidates: dict[str, list[Candidate]]
    examples: tuple[Example, ...] = ()

    @cached_property
    def cell_lines(self) -> CellLines:
        """Finds the further lines of the document's cells."""
        return CellLines(self.document)

    @cached_property
    def labels(self) -> PageLabels:
        """Finds the labels of the places of the document."""
        return PageLabels(self.document)

    @cached_property
    def is_form(self) -> bool:
        """True if the document is a form, False for prose."""
        return is_form(self.document)

    def plan(self, window: Window | None = None, control_tokens: tuple[str, ...] = ()) -> ExtractionPlan:
        """The plan for a window of the document, by default all of it.

        A single value may also stand in the head that the window shows, a row may not; the window's context, such as
        the header of a table that began earlier, yields nothing.
        """
        whole = Window(0, len(self.document.text))
        window = window or whole
        flat = self.task.flat
        names = list(flat)
        rules = {
            name: self._rule(name, window, next_name) for name, next_name in zip(names, [*names[1:], None], strict=True)
        }
        # A value that every document has need not be in every window.
        required = frozenset(
            name for name, spec in flat.items() if not isinstance(spec, ListField) and spec.required and window == whole
        )
        late = {turn.name for turn in list_turns(names, {n for n, rule in rules.items() if isinstance(rule, ListRule)})}
        asked = tuple(name for name in names if name not in late)
        grammar = answer_grammar([(name, rules[name], name not in required) for name in asked])
        longest = {name: rule.longest() if rule else 0 for name, rule in rules.items()}  # a token is at least one byte
        budget = 8 + sum(len(name) + 3 + max(longest[name], len(NULL)) for name in names)
        text = self.document.text
        before = "\n...\n".join(part for part in (text[: window.head], window.context) if part)
        prompt = write_prompt(self.task, text[window.start : window.end], control_tokens, before, self.examples)
        return ExtractionPlan(self, window, prompt, rules, required, grammar, budget, asked)

    def _rule(self, name: str, window: Window, next_name: str | None) -> Rule | ListRule | None:
        spec = self.task.flat[name]
        if isinstance(spec, ListField):
            inner = {
                leaf: self.candidates[f"{name}.{leaf}"] for leaf in spec.fields if f"{name}.{leaf}" in self.candidates
            }
            return list_rule(spec, self.document, (window.start, window.end), inner, self.cell_lines)
        if isinstance(spec, ChoiceField):
            return Choice(spec.options)
        if isinstance(spec, BooleanField):
            return Choice(("true", "false"))
        if isinstance(spec, TextField):
            parts = self.document.blocks if spec.within != "line" else self.document.lines
            run = RunRule(
                self.document,
                spec,
                window.clipped(parts),
                next_name,
                words=spec.holds == "words" or names_a_party(name, spec),
            )
            return run if run.chains else None
        found = [c for c in self.candidates[name] if window.shows(c.start, c.end)]
        return CandidateRule(found) if found else None


def prepare(task: ExtractTask, document: Document, examples: Sequence[Example] = ()) -> Prepared:
    """Run the recognisers of ``task`` over ``document``; its prompts will show ``examples``.

    Raises ValueError, with a message for people, if a recogniser takes too long on this document.
    """
    candidates: dict[str, list[Candidate]] = {}
    known: dict[str, list[Candidate]] = {}
    for name, spec in task.flat.items():
        leaves = (
            {f"{name}.{leaf_name}": leaf for leaf_name, leaf in spec.fields.items()}
            if isinstance(spec, ListField)
            else {name: spec}
        )
        for path, leaf in leaves.items():
            if isinstance(leaf, PatternField | CodeField):
                key = leaf.pattern if isinstance(leaf, CodeField) else f"kind {leaf.kind}"
                if key not in known:
                    known[key] = sorted(find_candidates(leaf, document, task.locale), key=lambda c: (c.start, c.end))
                candidates[path] = known[key]
    return Prepared(task, document, candidates, tuple(examples))
