"""Use a pydantic model as an extract task: its fields define what to extract, its objects are the answers."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from ...errors import TaskError

__all__ = ["Kind", "Money", "Period", "plain_values", "task_data"]

_KINDS: dict[Any, str] = {
    str: "text",
    bool: "boolean",
    int: "number",
    float: "number",
    Decimal: "number",
    date: "date",
    timedelta: "duration",
}


class Period(BaseModel):
    """A range of days, both included."""

    model_config = ConfigDict(populate_by_name=True)

    first: date = Field(alias="from")
    last: date = Field(alias="to")


class Money(BaseModel):
    """An amount with its currency (ISO 4217), None if the document does not state it."""

    amount: Decimal
    currency: str | None = None


@dataclass(frozen=True)
class Kind:
    """The kind of a field whose Python type does not imply it: ``Annotated[str, Kind("iban")]``.

    ``name`` is ``text``, ``number``, ``money``, ``percent``, ``date``, ``period``, ``duration``, ``email``, ``iban``,
    ``phone``, ``address`` or ``code``; ``money`` on a Decimal yields only the amount.
    """

    name: str


def task_data(model: type[BaseModel]) -> dict[str, Any]:
    """The content of the task file that corresponds to a model, as plain data.

    The class name becomes the task's name, the docstring its instructions. A field that is not Optional is required:
    the language model cannot answer null. Raises TaskError with all fields of unsupported types.
    """
    faults: list[str] = []
    data = {
        "kind": "extract",
        "name": re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", model.__name__).lower(),
        "instructions": " ".join((model.__dict__.get("__doc__") or "").split()),
        "fields": _fields(model, faults, nested=False),
    }
    if faults:
        raise TaskError(faults, f"The model {model.__name__}")
    return data


def _fields(model: type[BaseModel], faults: list[str], *, nested: bool) -> dict[str, Any]:
    found = {}
    for name, info in model.model_fields.items():
        try:
            found[name] = _field(info, faults, nested=nested)
        except TypeError as error:
            faults.append(f"{model.__name__}.{name}: {error}")
    return found


def _field(info: FieldInfo, faults: list[str], *, nested: bool) -> dict[str, Any]:
    annotation, optional = _without_none(info.annotation)
    spec: dict[str, Any] = {"description": info.description or ""}
    if info.examples:
        spec["examples"] = [str(example) for example in info.examples]
    origin = get_origin(annotation)
    if origin in (list, tuple) and (item := _item_of(annotation)) is not None:
        if nested:
            raise TypeError("a list inside a record or a list is not supported")
        return {"kind": "list", "description": spec["description"], "fields": _fields(item, faults, nested=True)}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in (Money, Period):
        if nested:
            raise TypeError("a record inside a record or a list is not supported")
        return {
            "kind": "record",
            "description": spec["description"],
            "fields": _fields(annotation, faults, nested=True),
        }
    if not optional and info.is_required():
        spec["required"] = True
    if origin is Literal:
        options = get_args(annotation)
        if not all(isinstance(option, str) for option in options):
            raise TypeError("the options of a Literal must be texts")
        return {**spec, "kind": "choice", "options": list(options)}
    pattern = next((meta.pattern for meta in info.metadata if getattr(meta, "pattern", None)), None)
    kind = next((meta.name for meta in info.metadata if isinstance(meta, Kind)), None)
    if kind is None:
        own = "money" if annotation is Money else "period" if annotation is Period else None
        kind = own or ("code" if pattern else _KINDS.get(annotation))
    if kind is None:
        raise TypeError(f"{annotation!r} is not a supported type")
    return {**spec, "kind": kind, **({"pattern": pattern} if pattern else {})}


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        others = [argument for argument in get_args(annotation) if argument is not type(None)]
        if len(others) == 1:
            return others[0], True
        raise TypeError("a union of several types is not supported")
    return annotation, False


def _item_of(annotation: Any) -> type[BaseModel] | None:
    item = (get_args(annotation) or (None,))[0]
    return item if isinstance(item, type) and issubclass(item, BaseModel) else None


def plain_values(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the values of a result to the form that the model validates.

    A null is omitted if the model has a default; money becomes its amount if the model expects a number.
    """
    found: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        value = values.get(name)
        annotation, _ = _without_none(info.annotation)
        if value is None:
            if info.is_required():
                found[name] = None
            continue
        if isinstance(value, list) and (item := _item_of(annotation)) is not None:
            found[name] = [plain_values(item, record) for record in value]
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in (Money, Period):
            found[name] = plain_values(annotation, value)
        elif isinstance(value, Mapping) and annotation not in (Money, Period):
            found[name] = value.get("amount", value)
        else:
            found[name] = value
    return found
