"""A mail and everything in it as one case: one document whose places name the attachment that they are in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..contracts import UnreadPart
from .model import Block, Document, Line, Page
from .reader import Unreadable

__all__ = ["case_of"]


def case_of(mail: Document, inside: Iterable[Document | Unreadable]) -> Document:
    """Return the words of ``mail`` and then those of each document inside it, under its name.

    Boxes are left out: the pages of several files are no pages of one. Addresses name the file and its page or place.
    What cannot be read stands in ``unread``.
    """
    text = mail.text
    lines, blocks, addresses = list(mail.lines), list(mail.blocks), list(mail.addresses)
    ocr, unread = list(mail.ocr), list(mail.unread)
    for one in inside:
        name = one.id.removeprefix(f"{mail.id}!")
        if isinstance(one, Unreadable):
            unread.append(UnreadPart(code=one.code, what=f"{name}: {one.reason}"))
            continue
        head = f"Attachment: {name}"
        title = len(text) + 2
        text += f"\n\n{head}\n\n"
        lines.append(Line(title, title + len(head)))
        blocks.append(Block(title, title + len(head)))
        addresses.append((title, title + len(head), name))
        start = len(text)
        text += one.text
        lines += [Line(start + line.start, start + line.end) for line in one.lines]
        blocks += [Block(start + block.start, start + block.end) for block in one.blocks]
        addresses += [(start + first, start + last, f"{name}{place}") for first, last, place in _places(one)]
        ocr += [(start + first, start + last, confidence) for first, last, confidence in one.ocr]
        unread += [UnreadPart(code=part.code, what=f"{name}: {part.what}") for part in one.unread]
    return replace(
        mail,
        text=text,
        pages=(Page(1, 0, 0, 0, len(text)),),
        lines=tuple(lines),
        blocks=tuple(blocks),
        addresses=tuple(addresses),
        ocr=tuple(ocr),
        unread=tuple(unread),
    )


def _places(document: Document) -> Iterable[tuple[int, int, str]]:
    if document.addresses:
        return [(start, end, f": {address}") for start, end, address in document.addresses]
    pages = [page for page in document.pages if page.end > page.start]
    return [(page.start, page.end, f": page {page.number}" if page.width else "") for page in pages]
