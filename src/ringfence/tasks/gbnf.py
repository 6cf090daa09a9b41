"""GBNF, the grammar format of engines: literals, and alternatives as prefix trees."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["literal", "one_of"]


def literal(text: str) -> str:
    """``text`` in GBNF: a character beyond ASCII as a class of one character, a control character by code point.

    (xgrammar in OpenVINO GenAI 2026.4 fails on a quoted string that mixes ASCII with other characters: with "Bäckerei"
    the model can write neither "Bä" nor anything sensible; "B" [ä] "ckerei" works.)
    """
    pieces: list[str] = []
    for ascii_run, character in _ASCII_RUNS.findall(text):
        if ascii_run:
            pieces.append(
                '"'
                + "".join(_ESCAPES.get(c) or (c if c.isprintable() else f"\\x{ord(c):02X}") for c in ascii_run)
                + '"'
            )
        else:
            pieces.append(
                f"[{character}]"
                if character.isprintable()
                else f"[\\u{ord(character):04X}]"
                if ord(character) < 0x10000
                else f"[\\U{ord(character):08X}]"
            )
    return pieces[0] if len(pieces) == 1 else f"({' '.join(pieces)})" if pieces else '""'


_ASCII_RUNS = re.compile(r"([\x00-\x7f]+)|([^\x00-\x7f])")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def one_of(texts: Iterable[tuple[str, str]]) -> str:
    """A GBNF expression that matches any of ``texts``, as a prefix tree.

    Each text comes with the expression that may follow it, or an empty string. (With a flat list of 465 words, xgrammar
    in OpenVINO GenAI 2026.4 let the model write 20131 after 2013, and with 86 amounts of the same ending an endless
    20.00000... If no two alternatives begin with the same character, it does not.)
    """
    ends: dict[str, None] = {}
    groups: dict[str, list[tuple[str, str]]] = {}
    for text, continuation in texts:
        if text:
            groups.setdefault(text[0], []).append((text, continuation))
        else:
            ends.setdefault(continuation)
    branches = []
    for group in groups.values():
        first, last = min(group)[0], max(group)[0]  # a prefix of these two is a prefix of all
        size = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
        shared = first[:size]
        rest = one_of(dict.fromkeys((text[len(shared) :], continuation) for text, continuation in group))
        branches.append(f"{literal(shared)} {rest}".rstrip())
    branches += [continuation for continuation in ends if continuation]
    if not branches:
        return ""
    if len(branches) == 1 and not ends:
        return branches[0]
    return f"({' | '.join(branches)})" + ("?" if ends else "")
