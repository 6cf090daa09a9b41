"""Load a task from a YAML file, plain data or a pydantic model; never from code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Union

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from ..errors import TaskError
from .extract.pydantic_model import task_data
from .kind import kind_of, task_kinds
from .repair import repaired
from .task import Task

__all__ = ["load_task", "task_from", "task_schema"]

MOST_ROUNDS = 10  # of looking for faults behind faults


def task_schema() -> dict[str, Any]:
    """The JSON schema of task files."""
    kinds: Any = Union[tuple(kind.task for kind in task_kinds().values())]  # noqa: UP007 - built at run time
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ringfence task",
        **TypeAdapter(kinds).json_schema(by_alias=True),
    }


def load_task(source: str | Path | dict[str, Any] | type[BaseModel] | Task) -> Task:
    """Load a task from a YAML file, plain data or a pydantic model; a Task is returned unchanged.

    Raises TaskError with all faults, for a file with their line numbers.
    """
    if isinstance(source, Task):
        return source
    if isinstance(source, dict | type):
        return task_from(source)
    path = Path(source)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise TaskError([f"it cannot be read ({error.strerror})"], str(path)) from None
    except UnicodeDecodeError:
        raise TaskError(["it is not UTF-8 text"], str(path)) from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        raise TaskError([f"{place}it is not valid YAML ({getattr(error, 'problem', error)})"], str(path)) from None
    except (ValueError, RecursionError) as error:
        raise TaskError([f"it contains an unreadable value ({error})"], str(path)) from None
    if not isinstance(data, dict) or root is None:
        raise TaskError(["it is not a mapping of names to values"], str(path))
    lines: dict[tuple[Any, ...], int] = {}
    faults = [f"line {line}: {text}" for line, text in _index(root, (), lines)]
    return task_from(data, str(path), lines, faults)


def task_from(
    data: dict[str, Any] | type[BaseModel],
    source: str = "The task",
    lines: dict[tuple[Any, ...], int] | None = None,
    faults: list[str] | None = None,
    **options: Any,
) -> Task:
    """Make a task from plain data, or an extract task from a pydantic model.

    ``options`` override keys of the data: locale, checks, instructions. ``lines`` maps paths in the data to line
    numbers. Raises TaskError with all faults, including the given ``faults``.
    """
    faults = list(faults or [])
    if isinstance(data, type):
        if not issubclass(data, BaseModel):
            raise TaskError([f"{data.__name__} is not a pydantic model"], source)
        source = f"The task of the model {data.__name__}"
        data = task_data(data)
    data = {**data, **options}
    try:
        kind = kind_of(data.get("kind", "extract"))
    except TaskError as error:
        raise TaskError([*faults, *error.faults], source) from None
    labels = data.get("labels")
    if isinstance(labels, dict) and (not_text := [name for name in labels if isinstance(name, bool) or name is None]):
        faults += [f"labels: YAML does not read {name!r} as text; put it in quotes" for name in not_text]
        data["labels"] = {str(name): text for name, text in labels.items()}
    try:
        # Validate as JSON: lists in YAML become tuples, and validation is as strict as the published schema.
        as_json = json.dumps(data, default=str)
    except (TypeError, ValueError, RecursionError):
        raise TaskError([*faults, "it contains a name that is not text, or refers to itself"], source) from None
    lost: set[str] = set()
    for _ in range(MOST_ROUNDS):
        try:
            task = kind.task.model_validate_json(as_json)
        except ValidationError as error:
            found = [_sentence(fault, lines or {}) for fault in error.errors()]
            faults += [sentence for sentence in found if sentence not in faults and not _names(sentence, lost)]
            fixed, names = repaired(json.loads(as_json), error.errors())
            if not names:
                break
            as_json, lost = json.dumps(fixed), lost | names
        else:
            if not faults:
                return task
            break
    raise TaskError(faults, source)


def _names(sentence: str, lost: set[str]) -> bool:
    """Whether a fault is about a name that was taken out, or quotes it: what is said of it is not the file's fault."""
    path = re.sub(r"^line \d+: ", "", sentence).rpartition(": ")[0]
    return bool(lost & set(re.findall(r"\w+", " ".join([path, *re.findall(r"'(.*)'", sentence)]))))


def _index(node: yaml.Node, path: tuple[Any, ...], lines: dict[tuple[Any, ...], int]) -> list[tuple[int, str]]:
    """Fill ``lines`` with the line of every path; returns duplicate names, which YAML itself accepts."""
    if len(path) > 20:  # an alias that refers to itself
        return []
    lines[path] = node.start_mark.line + 1
    duplicates = []
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            child = (*path, key.value)
            if child in lines:
                duplicates.append((key.start_mark.line + 1, f"{'.'.join(map(str, child))} is a duplicate name"))
            duplicates += _index(value, child, lines)
            lines[child] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            duplicates += _index(item, (*path, position), lines)
    return duplicates


def _sentence(fault: Any, lines: dict[tuple[Any, ...], int]) -> str:
    kinds = (
        "text",
        "number",
        "money",
        "percent",
        "date",
        "period",
        "duration",
        "email",
        "iban",
        "phone",
        "address",
        "code",
        "choice",
        "boolean",
        "record",
        "list",
    )
    # After "fields" and a name, pydantic's location contains the chosen kind, which is not a path in the file.
    path = tuple(
        part
        for position, part in enumerate(fault["loc"])
        if not (
            position >= 2
            and part in kinds
            and position + 1 < len(fault["loc"])
            and fault["loc"][position - 2] == "fields"
        )
    )
    message = {
        "extra_forbidden": "is not a known name",
        "missing": "is missing",
        "union_tag_invalid": f"unknown kind; use one of {', '.join(kinds)}",
        "union_tag_not_found": f"has no kind; use one of {', '.join(kinds)}",
    }.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    known = path
    while known and known not in lines:
        known = known[:-1]
    place = f"line {lines[known]}: " if known in lines and lines else ""
    name = ".".join(map(str, path))
    return f"{place}{name + ': ' if name else ''}{message}"
