"""Label Studio: write documents with predictions to label there, and read its JSON export as gold.

The format is Label Studio's own JSON (https://labelstud.io/guide/export): a span is a result of type `labels` with
`start`, `end` and `text`; a choice one of type `choices`.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..contracts import DocumentFacts, FieldAnswer, GoldLine, Origin, Result, Span
from ..documents import Document, joined_lines
from ..errors import InputError
from ..files import parse_json, write_whole
from ..runs import require_output
from ..tasks import Task
from .faults import iter_values
from .workbook import Row

__all__ = ["gold_as_result", "is_label_studio", "label_config", "read_label_studio", "tasks_of", "write_label_studio"]


def label_config(task: Task) -> str:
    """The labelling interface (XML) for a task's single fields; lists are labelled in a workbook."""
    fields = [spec for spec in task.answer_fields().values() if not spec.of_list]
    spans = [spec for spec in fields if not spec.judged and spec.kind != "written"]
    parts = ['<View>\n  <Header value="$document"/>']
    if spans:
        labels = "".join(f'\n    <Label value="{html.escape(spec.path)}"/>' for spec in spans)
        parts.append(f'  <Labels name="label" toName="text">{labels}\n  </Labels>')
    parts.append('  <Text name="text" value="$text"/>')
    for spec in (field for field in fields if field.judged):
        options = spec.options or ("yes", "no")
        several = ' choice="multiple"' if spec.kind == "choices" else ""
        choices = "".join(f'\n    <Choice value="{html.escape(option)}"/>' for option in options)
        parts.append(f'  <Choices name="{html.escape(spec.path)}" toName="text"{several}>{choices}\n  </Choices>')
    for spec in (field for field in fields if field.kind == "written"):
        parts.append(f'  <TextArea name="{html.escape(spec.path)}" toName="text" rows="6"/>')
    return "\n".join([*parts, "</View>"]) + "\n"


def tasks_of(
    results: Mapping[str, Result], documents: Iterable[Document], task: Task, blind: bool
) -> list[dict[str, Any]]:
    """One Label Studio task for each document, with the run's answers as predictions."""
    found = []
    fields = task.answer_fields()
    for document in documents:
        result = results[document.id]
        predicted: list[dict[str, Any]] = []
        if not blind and result.answered:
            for path, answer in (result.fields or {}).items():
                spec = fields.get(path)
                if spec is None:
                    continue
                if spec.judged:
                    value = result.value(path)
                    chosen = value if isinstance(value, list) else [{True: "yes", False: "no"}.get(value, value)]
                    if chosen != [None]:
                        predicted.append(_result(path, "choices", {"choices": chosen}))
                for start, end in () if spec.judged else answer.spans:
                    first, last = _units(document.text, start), _units(document.text, end)
                    place = {"start": first, "end": last, "text": document.text[start:end], "labels": [path]}
                    predicted.append(_result("label", "labels", place))
        data = {"document": document.id, "text": document.text}
        found.append({"data": data, "predictions": [{"result": predicted}] if predicted else []})
    return found


def write_label_studio(tasks: list[dict[str, Any]], task: Task, out: Path) -> Path:
    """Write tasks for Label Studio, and its labelling interface to a second file, whose path it returns."""
    config = require_output(out.with_suffix(".config.xml"))
    write_whole(out, json.dumps(tasks, ensure_ascii=False), private=True)
    write_whole(config, label_config(task))
    return config


def gold_as_result(task: Task, entry: GoldLine) -> Result:
    """Gold in the form of a result, with the places that it marks: what ``tasks_of`` shows as predictions."""
    fields: dict[str, FieldAnswer] = {}
    for spec, path, _ in iter_values(task, entry.values):
        spans: list[Span] = [(start, end) for start, end in entry.spans.get(path, [])]
        fields[path] = FieldAnswer(kind="judged" if spec.judged else "span", spans=spans)
    document = DocumentFacts(id=entry.document)
    return Result(document=document, status="done", values=entry.values, fields=fields)


def _units(text: str, place: int) -> int:
    """A place in UTF-16 code units, which browsers count, from one in code points, which we count."""
    return len(text[:place].encode("utf-16-le")) // 2


def _points(text: str, units: int) -> int:
    return len(text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore"))


def _lines_of_a_cell(text: str, places: list[list[int]]) -> list[str]:
    """The texts at several places, if each is a cell of the line below the one before; none if they are no such lines.

    The same text labelled twice is one value at two places.
    """
    ordered = sorted(places)
    said = [text[start:end] for start, end in ordered]
    below = all(
        text[end:start].count("\n") == 1
        and (text[start - 1] == "\n" or text[start - 3 : start].isspace() or text[start - 1] == "\t")
        for (_, end), (start, _) in pairwise(ordered)
    )
    return said if below and len(set(said)) == len(said) > 1 else []


def _result(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"from_name": name, "to_name": "text", "type": kind, "value": value}


def read_label_studio(path: Path, task: Task) -> list[Row]:
    """The annotations of a JSON export as rows. Raises InputError if the file is not such an export.

    If a document has several annotations, the last that was not cancelled counts; a field without a label is null.
    """
    single = {spec.path: spec.kind for spec in task.answer_fields().values() if not spec.of_list}
    try:
        tasks = parse_json(path.read_text(encoding="utf-8"))
        rows = [_row(labelled, single) for labelled in tasks]
    except OSError as error:
        raise InputError(f"Cannot read {path} ({error.strerror}).", "Give a file that exists.") from None
    except (ValueError, KeyError, TypeError, IndexError):
        raise InputError(
            f"{path} is not a JSON export of Label Studio.",
            "Export there as JSON (not JSON-MIN), with the annotations.",
        ) from None
    return rows


def is_label_studio(path: Path) -> bool:
    """Whether a JSON file is a list of Label Studio tasks."""
    try:
        data = parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(data, list) and bool(data) and isinstance(data[0], dict) and "data" in data[0]


def _row(labelled: Mapping[str, Any], single: Mapping[str, str]) -> Row:
    document = str(labelled["data"]["document"])
    made = [annotation for annotation in labelled.get("annotations", []) if not annotation.get("was_cancelled")]
    cells: dict[str, Any] = dict.fromkeys(single)
    spans: dict[str, list[list[int]]] = {}
    for result in made[-1]["result"] if made else []:
        value = result["value"]
        if result["type"] == "labels":
            path = value["labels"][0]
            if path not in spans:
                cells[path] = value["text"]
            text = labelled["data"]["text"]
            spans.setdefault(path, []).append([_points(text, value["start"]), _points(text, value["end"])])
        elif result["type"] == "choices":
            chosen = value["choices"]
            cells[result["from_name"]] = chosen if len(chosen) > 1 else chosen[0]
        elif result["type"] == "textarea":
            cells[result["from_name"]] = " ".join(value["text"])
    for path, places in spans.items():
        if single.get(path) == "text" and (lines := _lines_of_a_cell(labelled["data"]["text"], places)):
            cells[path] = joined_lines(lines)
    origin: Origin = "pre-filled" if labelled.get("predictions") else "blind"
    return Row(document, cells, confirmed=bool(made), spans=spans, origin=origin)
