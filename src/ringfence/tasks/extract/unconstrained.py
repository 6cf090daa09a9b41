"""Extract with an engine without grammars: it answers in JSON or in lines, and only values in the document count.

The answer is converted, value by value, to the form that a grammar would have enforced, and read by the same code. A
value that this code cannot read is not in the document, and becomes null with a flag.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..fields import BooleanField, ChoiceField, ListField
from ..prompt import Prompt, break_control_tokens
from .grammar import (
    NULL,
    CandidateRule,
    Choice,
    Rule,
)
from .list_grammar import BETWEEN, START, ListRule
from .plan import ExtractionPlan
from .prompt import answer_form
from .task import ExtractTask

__all__ = ["NOT_ANSWERED", "NOT_FOUND", "answer_schema", "as_written", "follow_up", "in_json", "stated_in"]

NOT_FOUND = "not-in-document"
NOT_ANSWERED = "not-answered"
JSON_FORM = "Answer with one JSON object that has these names, in this order; a list is an array of objects."


def answer_schema(plan: ExtractionPlan) -> str:
    """The JSON schema of an answer: strings or null, the options of closed lists, and arrays of objects for lists.

    An array holds at most as many objects as the window has rows, because small models do not stop by themselves.
    """
    fields = {path: _schema(spec) for path, spec in plan.task.flat.items()}
    for path, rule in plan.rules.items():
        if isinstance(plan.task.flat[path], ListField):
            fields[path]["maxItems"] = len(rule.units) if isinstance(rule, ListRule) else 0
    return json.dumps(_object(fields))


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _schema(spec: Any) -> dict[str, Any]:
    if isinstance(spec, ListField):
        return {"type": "array", "items": _object({name: _schema(leaf) for name, leaf in spec.fields.items()})}
    if isinstance(spec, ChoiceField):
        return {"enum": [*spec.options, None]}
    if isinstance(spec, BooleanField):
        return {"enum": ["true", "false", None]}
    return {"anyOf": [{"type": "string"}, {"type": "null"}]}


def in_json(task: ExtractTask, prompt: Prompt, has_schema: bool) -> Prompt:
    """The prompt for the whole answer: as JSON if the engine can enforce a schema, else in lines."""
    user = prompt.user.replace(answer_form(task), JSON_FORM) if has_schema else prompt.user
    return Prompt(prompt.system, user, "")


def stated_in(task: ExtractTask, text: str) -> dict[str, Any] | None:
    """The values that an answer states, by path: strings or None, and the records of lists; omitted fields are absent.

    Prose around the JSON is passed over. Returns None if the answer is unreadable, such as truncated JSON, or if it
    says two different things.
    """
    try:
        found = [stated for data in _objects(text) if (stated := _by_path(task, data))]
    except ValueError:
        return None
    if not found and not re.match(r"\s*[{\[]", text):
        found = [_by_path(task, _from_lines(task, text))]
    return found[0] if found and found[0] and all(other == found[0] for other in found) else None


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every outermost JSON object in a text. Raises ValueError for one that is cut or contradicts itself."""
    decoder = json.JSONDecoder(object_pairs_hook=_without_contradiction, strict=False)
    place = text.find("{")
    while place >= 0:
        if re.match(r'\{\s*["}]', text[place : place + 200]):
            try:
                data, end = decoder.raw_decode(text, place)
            except RecursionError:
                raise ValueError("nested too deeply") from None
            yield data
        else:
            end = place + 1  # braces in prose
        place = text.find("{", end)


def _without_contradiction(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, value in pairs:
        if name in data and data[name] != value:
            raise ValueError(name)
        data[name] = value
    return data


def _by_path(task: ExtractTask, data: dict[str, Any]) -> dict[str, Any]:
    """The values of an object by path; those of the one object inside it if it only wraps that."""
    stated: dict[str, Any] = {}
    for path in task.flat:
        name, _, leaf = path.partition(".")
        inner = data.get(name)
        if path in data:
            stated[path] = data[path]
        elif leaf and isinstance(inner, dict) and leaf in inner:
            stated[path] = inner[leaf]
    inside = list(data.values())
    if not stated and len(inside) == 1 and isinstance(inside[0], dict):
        return _by_path(task, inside[0])
    return stated


def _from_lines(task: ExtractTask, text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    current: str | None = None
    for line in text.splitlines():
        name, colon, rest = line.partition(":")
        name = name.strip(" *-`")
        if colon and name in task.flat:
            current = name
            found[name] = [] if isinstance(task.flat[name], ListField) else rest.strip(" *`")
        elif current and isinstance(spec := task.flat[current], ListField) and line.strip().startswith("-"):
            cells = [cell.strip() for cell in line.strip().lstrip("- ").split("|")]
            found[current].append(dict(zip(spec.fields, cells, strict=False)))
        elif current and isinstance(found[current], str) and line.strip():
            found[current] += "\n" + line.strip()
    return found


def as_written(plan: ExtractionPlan, stated: Mapping[str, Any]) -> tuple[ExtractionPlan, str, dict[str, str]]:
    """A plan, an answer text that it can read, and the stated values that are not in the document, by path."""
    plan = replace(plan, required=frozenset())
    faults: dict[str, str] = {}
    parts = []
    for number, path in enumerate(plan.task.flat):
        rule, value = plan.rules[path], stated.get(path)
        prefix = f"{path}:" if number else ""
        if isinstance(plan.task.flat[path], ListField):
            assert rule is None or isinstance(rule, ListRule)
            parts.append(prefix + _records(rule, value, path, faults))
            continue
        assert not isinstance(rule, ListRule)
        written = _surface(rule, value)
        if written is None:
            faults[path] = str(value)
        parts.append(f"{prefix} {written or NULL}")
    return plan, "\n".join(parts) + "\n", faults


def _surface(rule: Rule | None, value: Any) -> str | None:
    """The text of a stated value under its rule; "null" if nothing is stated, None if it is not in the document."""
    if isinstance(rule, Choice) and isinstance(value, str) and rule.read(value.strip()) is not None:
        return value.strip()
    if value is None or (isinstance(value, str) and value.strip().lower() in ("", NULL, "none", "n/a")):
        return NULL
    if isinstance(value, bool):
        value = "true" if value else "false"
    if rule is None or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    forms = [text, " ".join(text.split()), text.strip(".,;:'\"“”"), text.replace("\n", " ")]
    numbers = re.findall(r"\d[\d.,]*\d|\d", text)
    numeric = isinstance(rule, CandidateRule) and rule.candidates and _is_number(rule.candidates[0].value)
    if numeric and len(numbers) == 1 and not re.search(r"[-(−–]", text):
        forms += numbers  # an amount with another currency mark or unit than printed; a minus is never dropped
    return next((form for form in forms if form and form != NULL and rule.read(form) is not None), None)


def _is_number(value: Any) -> bool:
    """True if a candidate's value is an amount or a number (as text)."""
    return isinstance(value, dict) or (isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value) is not None)


def _records(rule: ListRule | None, value: Any, path: str, faults: dict[str, str]) -> str:
    """The records that match rows of the document, each on a row after the previous one."""
    lines, next_unit = [], 0
    for number, record in enumerate(value if isinstance(value, list) else []):
        if not isinstance(record, dict):
            continue
        for place in range(next_unit, len(rule.units) if rule else 0):
            assert rule is not None
            cells = {name: _surface(leaf, record.get(name)) for name, leaf in rule.units[place].rules.items()}
            lacks = any(
                cell == NULL and rule.spec.fields[name].required and rule.units[place].rules[name] is not None
                for name, cell in cells.items()
            )
            if None not in cells.values() and not lacks and any(cell != NULL for cell in cells.values()):
                lines.append(START + BETWEEN.join(f" {cell}" for cell in cells.values()))
                next_unit = place + 1
                break
        else:
            faults[f"{path}[{number}]"] = ", ".join(map(str, record.values()))
    return "".join(lines) or f" {NULL}"


def follow_up(faults: Mapping[str, str], control_tokens: tuple[str, ...]) -> str:
    """The message to an engine whose answer is unreadable, or states values that are not in the document."""
    if not faults:
        return "This answer cannot be read. Answer again, in the form that was asked for and with nothing else."
    listed = break_control_tokens("\n".join(f"{path}: {value[:200]}" for path, value in faults.items()), control_tokens)
    return (
        f"These values do not stand in the document in this form:\n{listed}\n"
        "Answer again in the same form. Copy each value letter by letter from the document, and write null where "
        "it has none."
    )
