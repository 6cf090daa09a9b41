"""The values of the fields of an HTML form, as the page shows them."""

from __future__ import annotations

from typing import Any

__all__ = ["form_text"]

_WITHOUT_VALUE = {"hidden", "submit", "button", "reset", "image", "file", "password", "range", "color"}


def form_text(element: Any) -> str:
    """Return the value that a field shows: its words, its chosen options or its tick."""
    if element.tag == "select":
        options = list(element.iter("option"))
        chosen = [option for option in options if option.get("selected") is not None]
        if element.get("multiple") is None and _rows(element) < 2:  # a list that shows one option shows the first
            chosen = chosen[-1:] or options[:1]
        return ", ".join(" ".join("".join(option.itertext()).split()) for option in chosen)
    kind = (element.get("type") or "text").lower()
    if kind in ("checkbox", "radio"):
        return "☒" if element.get("checked") is not None else "☐"
    return "" if kind in _WITHOUT_VALUE else (element.get("value") or "").strip()


def _rows(element: Any) -> int:
    text = element.get("size") or "1"
    return int(text) if text.isdigit() else 1
