"""Take what is wrong out of the data of a task, so that the faults behind it come to light in the same pass."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from .fields import is_field_name

__all__ = ["repaired"]

_FIELDS = "fields"
_STANDS_FOR = {"kind": "text"}  # for a wrong field: its name stays known
_NAME = "task"  # for the name of a task


def repaired(data: Mapping[str, Any], faults: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], set[str]]:
    """The data without what ``faults`` (those of pydantic) complain about, and the names that lost their meaning.

    The names are empty if nothing could be taken out.
    """
    fixed, lost = copy.deepcopy(dict(data)), set[str]()
    for fault in faults:
        if fault["loc"] == ("name",):
            fixed["name"] = _NAME
            lost.add("name")
        else:
            lost |= _take_out(fixed, fault["loc"])
    return fixed, lost


def _take_out(data: dict[str, Any], location: tuple[Any, ...]) -> set[str]:
    """Take out the innermost name at ``location``, whose other parts are kinds and places in lists."""
    holder, key, here = data, None, data
    field: tuple[dict[str, Any], str] | None = None
    for part in location:
        if isinstance(here, dict) and part in here:
            if key == _FIELDS:
                field = (here, part)
            holder, key, here = here, part, here[part]
    if field and key != _FIELDS:
        holder, key = field
        known, holder[key] = holder[key] == _STANDS_FOR, dict(_STANDS_FOR)
        return set() if known else {key}
    if key == _FIELDS and isinstance(here, dict):
        bad = {name for name in here if not is_field_name(name)}
        for name in bad if len(bad) < len(here) else ():
            del here[name]
        return bad if len(bad) < len(here) + len(bad) else set()
    if key is None or holder.pop(key, None) is None:
        return set()
    return {str(key)}
