"""Where the mail that a mail quotes or forwards begins, and who wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..documents import Document

__all__ = ["QuotedMail", "is_mail", "quote_depth", "quoted_mails"]

LONGEST_HEAD = 12  # lines of the head of a mail
_QUOTE = re.compile(r"\A(?:> ?)+")
_FROM = re.compile(r"\W*(?:From|Von|De|Da|Van|Från|Fra|Od)\s?:", re.IGNORECASE)
_WHEN = re.compile(
    r"\W*(?:Sent|Subject|Gesendet|Betreff|Envoyé|Objet|Enviado|Asunto|Assunto|Inviato|Oggetto|Verzonden|Onderwerp)\s?:|"
    r"\W*(?:Date|Datum|Data|Fecha)\W*:\W*.*\d",
    re.IGNORECASE,
)
_OTHER = re.compile(r"\W*(?:To|Cc|An|À|Para|A|Aan|Kopie)\W*:", re.IGNORECASE)
_WROTE = re.compile(
    r"(?:On|Am|Le|El|Il|Op|Em|Den) .{4,120}(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|skrev)\b"
    r"[^\n]{0,80}:\s*\Z|[^\n]{2,80}[<‹][^\n]{3,60}@[^\n]{3,60}[>›] (?:wrote|schrieb|a écrit)\b[^\n]{0,60}:\s*\Z",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan|feb|fév|mar|mär|apr|abr|avr|may|mai|mag|mei|jun|jui|giu|jul|lug|aug|aoû|ago|sep|set|oct|okt|ott|nov|dec|"
    r"dez|déc|dic)[a-zé]*"
)
_DATED = re.compile(
    rf"@|\d{{1,2}}[:.]\d\d|\d{{1,2}}[./-]\d{{1,2}}[./-]\d|\d[a-z.]{{0,3}} (?:de )?{_MONTH}\b|\b{_MONTH}\.? \d",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"-{2,}\s*(?:Original Message|Forwarded message|Ursprüngliche Nachricht|Weitergeleitete Nachricht|"
    r"Message d'origine|Mensaje original|Messaggio originale|Oorspronkelijk bericht)\s*-{2,}",
    re.IGNORECASE,
)


def is_mail(document: Document) -> bool:
    """True for a mail, also one that was saved as text."""
    first = next((document.text[block.start : block.end] for block in document.blocks), "")
    return _is_head(first.split("\n")) and ("@" in first or document.read_by.startswith(("mail", "msg", "mbox")))


def quote_depth(line: str) -> int:
    """How many marks of a quote a line begins with."""
    quote = _QUOTE.match(line)
    return quote.group().count(">") if quote else 0


@dataclass(frozen=True)
class QuotedMail:
    """A mail that begins at ``start`` of a block, its text at ``text_start``.

    ``writer`` is the line that says who wrote it; that counts for lines with ``depth`` marks of a quote.
    """

    start: int
    text_start: int
    writer: str
    depth: int


def quoted_mails(block: str, following: str) -> Iterator[QuotedMail]:
    """Yield the mails that begin in a block of a mail, of which ``following`` is the next one.

    The line *On 3 May, Bob wrote:* only says who wrote, so the text begins behind it; a head of several lines is text.
    """
    lines = block.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    depths, bare = [quote_depth(line) for line in lines], [_QUOTE.sub("", line) for line in lines]
    for number, depth in enumerate(depths):
        until = min(number + LONGEST_HEAD, len(lines))
        same = bare[number : next((n for n in range(number, until) if depths[n] != depth), until)]
        begins = number == 0 or depths[number - 1] != depth or not bare[number - 1].strip()
        if begins and (head := _head_of(same)):
            yield QuotedMail(starts[number], starts[number], head, depth)
        elif count := _wrote(same):
            behind = [line for line in lines[number + count :] if line.strip("> ")] or [following]
            inner = depth + 1 if quote_depth(behind[0]) > depth else depth
            text_start = min(starts[number + count], len(block)) if behind[0] else starts[number]
            yield QuotedMail(starts[number], text_start, " ".join(line.strip() for line in same[:count]), inner)


def _wrote(lines: Sequence[str]) -> int:
    """How many lines, one or two, say who wrote and when what follows; 0 if none does."""
    for count in (1, 2):
        said = " ".join(line.strip() for line in lines[:count])
        if len(lines) < count or (count == 2 and lines[0].strip()[-1:] in (*".!?", "")):
            break
        if _WROTE.match(said) and _DATED.search(said):
            return count
    return 0


def _head_of(lines: Sequence[str]) -> str:
    """The line that says from whom a mail is whose head begins here; empty if none does."""
    if _ORIGINAL.match(lines[0].strip()):
        if not any(line.strip() for line in lines[1:]):
            return lines[0].strip()
        lines = lines[1:]
    until = next((number for number, line in enumerate(lines) if not line.strip()), len(lines))
    head = lines[:until]
    return next((line.strip() for line in head if _FROM.match(line)), "") if _is_head(head) else ""


def _is_head(lines: Sequence[str]) -> bool:
    """True for two or more lines of a mail's head: from whom, and when or what about."""
    known = [bool(_FROM.match(line) or _WHEN.match(line) or _OTHER.match(line)) for line in lines if line.strip()]
    told = any(_FROM.match(line) for line in lines) and any(_WHEN.match(line) or "@" in line for line in lines)
    return told and len(known) > 1 and sum(known) * 2 > len(known)
