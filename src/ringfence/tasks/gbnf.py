"""GBNF, the form in which engines take grammars: literals, and alternatives as trees of common beginnings."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["literal", "one_of"]


def literal(text: str) -> str:
    """``text`` in GBNF. Characters beyond ASCII are written as classes of one, control characters by code point.

    (xgrammar, as OpenVINO GenAI 2026.4 brings it, loses its way in a quoted string that mixes ASCII with anything
    else: "Bäckerei" lets the model write neither "Bä" nor anything sensible, "B" [ä] "ckerei" does.)
    """
    pieces: list[str] = []
    for ascii_run, other in _ASCII_RUNS.findall(text):
        if ascii_run:
            pieces.append(
                '"'
                + "".join(_ESCAPES.get(c) or (c if c.isprintable() else f"\\x{ord(c):02X}") for c in ascii_run)
                + '"'
            )
        else:
            pieces.append(
                f"[{other}]"
                if other.isprintable()
                else f"[\\u{ord(other):04X}]"
                if ord(other) < 0x10000
                else f"[\\U{ord(other):08X}]"
            )
    return pieces[0] if len(pieces) == 1 else f"({' '.join(pieces)})" if pieces else '""'


_ASCII_RUNS = re.compile(r"([\x00-\x7f]+)|([^\x00-\x7f])")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def one_of(texts: Iterable[tuple[str, str]]) -> str:
    """Any of ``texts``, each with what may follow it (an expression, or empty), as a tree of their common beginnings.

    (Of a flat list of 465 words, xgrammar in OpenVINO GenAI 2026.4 let the model write 20131 after 2013, and of 86
    amounts that end alike 20.00000... without end. Where no two alternatives begin with the same character it does not.)
    """
    ends: dict[str, None] = {}
    groups: dict[str, list[tuple[str, str]]] = {}
    for text, more in texts:
        if text:
            groups.setdefault(text[0], []).append((text, more))
        else:
            ends.setdefault(more)
    branches = []
    for group in groups.values():
        first, last = min(group)[0], max(group)[0]  # what these share, all between them share
        same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
        shared = first[:same]
        rest = one_of(dict.fromkeys((text[len(shared) :], more) for text, more in group))
        branches.append(f"{literal(shared)} {rest}".rstrip())
    branches += [more for more in ends if more]
    if not branches:
        return ""
    if len(branches) == 1 and not ends:
        return branches[0]
    return f"({' | '.join(branches)})" + ("?" if ends else "")
