"""Label Studio: documents with predictions to label there, and its JSON export back as gold.

The format is Label Studio's own JSON (https://labelstud.io/guide/export): a span is a result of type `labels` with
`start`, `end` and `text`; a choice one of type `choices`.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..documents import Document
from ..errors import InputError
from ..tasks import Task
from ..tasks.answer import value_at
from .gold import Origin
from .gold_tables import Row
from .gold_values import fields_of

__all__ = ["is_label_studio", "label_config", "read_label_studio", "tasks_of"]


def label_config(task: Task) -> str:
    """The labelling interface (XML) for a task's single fields; lists are labelled in a workbook."""
    fields = [spec for spec in fields_of(task).values() if not spec.of_list]
    spans = [spec for spec in fields if not spec.judged and spec.kind != "written"]
    parts = ['<View>\n  <Header value="$document"/>']
    if spans:
        labels = "".join(f'\n    <Label value="{html.escape(spec.path)}"/>' for spec in spans)
        parts.append(f'  <Labels name="label" toName="text">{labels}\n  </Labels>')
    parts.append('  <Text name="text" value="$text"/>')
    for spec in (one for one in fields if one.judged):
        options = spec.options or ("yes", "no")
        several = ' choice="multiple"' if spec.kind == "choices" else ""
        choices = "".join(f'\n    <Choice value="{html.escape(option)}"/>' for option in options)
        parts.append(f'  <Choices name="{html.escape(spec.path)}" toName="text"{several}>{choices}\n  </Choices>')
    if any(spec.kind == "written" for spec in fields):
        parts.append('  <TextArea name="summary" toName="text" rows="6"/>')
    return "\n".join([*parts, "</View>"]) + "\n"


def tasks_of(
    results: Mapping[str, Mapping[str, Any]], documents: Iterable[Document], task: Task, blind: bool
) -> list[dict[str, Any]]:
    """One Label Studio task a document, with the run's answers as predictions."""
    found = []
    fields = fields_of(task)
    for document in documents:
        result = results[document.id]
        predicted: list[dict[str, Any]] = []
        if not blind and result["status"] == "done":
            for path, entry in result["fields"].items():
                spec = fields.get(path)
                if spec is None:
                    continue
                if spec.judged:
                    value = value_at(result["values"], path)
                    chosen = value if isinstance(value, list) else [{True: "yes", False: "no"}.get(value, value)]
                    if chosen != [None]:
                        predicted.append(_result(path, "choices", {"choices": chosen}))
                elif entry["spans"]:
                    start, end = entry["spans"][0]
                    first, last = _units(document.text, start), _units(document.text, end)
                    place = {"start": first, "end": last, "text": document.text[start:end], "labels": [path]}
                    predicted.append(_result("label", "labels", place))
        about = {"data": {"document": document.id, "text": document.text}}
        found.append({**about, "predictions": [{"result": predicted}] if predicted else []})
    return found


def _units(text: str, place: int) -> int:
    """A browser counts UTF-16 code units, we count code points."""
    return len(text[:place].encode("utf-16-le")) // 2


def _points(text: str, units: int) -> int:
    return len(text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore"))


def _result(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"from_name": name, "to_name": "text", "type": kind, "value": value}


def read_label_studio(path: Path, task: Task) -> list[Row]:
    """The annotations of a JSON export as rows. Of several annotations of one document the last that was not cancelled
    counts; a field of the task that it leaves without a label is null. Raises InputError."""
    single = [spec.path for spec in fields_of(task).values() if not spec.of_list]
    try:
        tasks = json.loads(path.read_text(encoding="utf-8"))
        rows = [_row(one, single) for one in tasks]
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).", "Give a file that exists.") from None
    except (ValueError, KeyError, TypeError, IndexError):
        raise InputError(
            f"{path} is no JSON export of Label Studio.", "Export there as JSON (not JSON-MIN), with the annotations."
        ) from None
    return rows


def is_label_studio(path: Path) -> bool:
    """Whether a JSON file is a list of Label Studio tasks."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(data, list) and bool(data) and isinstance(data[0], dict) and "data" in data[0]


def _row(one: Mapping[str, Any], single: Sequence[str]) -> Row:
    document = str(one["data"]["document"])
    made = [annotation for annotation in one.get("annotations", []) if not annotation.get("was_cancelled")]
    cells: dict[str, Any] = dict.fromkeys(single)
    spans: dict[str, list[list[int]]] = {}
    for result in made[-1]["result"] if made else []:
        value = result["value"]
        if result["type"] == "labels":
            path = value["labels"][0]
            if path not in spans:
                cells[path] = value["text"]
            text = one["data"]["text"]
            spans.setdefault(path, []).append([_points(text, value["start"]), _points(text, value["end"])])
        elif result["type"] == "choices":
            chosen = value["choices"]
            cells[result["from_name"]] = chosen if len(chosen) > 1 else chosen[0]
        elif result["type"] == "textarea":
            cells[result["from_name"]] = " ".join(value["text"])
    origin: Origin = "pre-filled" if one.get("predictions") else "blind"
    return Row(document, cells, confirmed=bool(made), spans=spans, origin=origin)
