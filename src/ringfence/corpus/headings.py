"""Which lines of a document are headings, how deep they are, and where the mail that a mail quotes begins."""

from __future__ import annotations

import re

from ..documents import Document

__all__ = ["PLACE", "heading_of", "is_mail", "is_titled", "opens_section", "quoted_mail"]

LONGEST = 100  # characters that a heading has at most
PLACE = 0  # the depth of the name of a sheet or slide, and of a title
UNNUMBERED = 9  # the depth of a line that only looks like a heading

_NUMBERED = re.compile(
    r"^(?:#{1,6} |(?:\d+\.)*\d+\.? +|(?:Section|Article|Chapter|Part|Item|Annex|§+) )", re.IGNORECASE
)
_OPENS = re.compile(
    r"(?:§+ ?\d+[a-z]?|(?:\d{1,2}\.)+(?:\d{1,2}\.?)?|(?:Section|Article|Artikel|Chapter|Kapitel|Annex) \d+)\s"
)
_UNDERLINED = re.compile(r"(.+)\n(={3,}|-{3,})")  # in Markdown
_PLACE = re.compile(r"Sheet: .+|Slide \d+")
_ENDS = ".,;:!?"

_WHO = r"(?:From|Von|De|Da|Van|Från|Fra|Od)"
_FROM = re.compile(rf"{_WHO}\s?:", re.IGNORECASE)
_MAIL_LINE = re.compile(
    rf"{_WHO}\s?:|(?:Sent|Date|To|Cc|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado|Para|Asunto|Assunto|"
    r"Inviato|Data|A|Oggetto|Verzonden|Aan|Onderwerp)\s?:",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"(?:On|Am|Le|El|Il|Op|Em|Den) .{4,120}(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|skrev)\b"
    r"[^\n]{0,80}:\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
_ORIGINAL = re.compile(
    r"-{2,}\s*(?:Original Message|Forwarded message|Ursprüngliche Nachricht|Weitergeleitete Nachricht|"
    r"Message d'origine|Mensaje original|Messaggio originale|Oorspronkelijk bericht)\s*-{2,}",
    re.IGNORECASE,
)


def heading_of(block: str, opens_page: bool, in_mail: bool) -> tuple[int, str] | None:
    """Return the depth and the words of a block that is a heading; None if it is none.

    It is marked, or one short line that is no sentence. ``opens_page``: the block is the first of a sheet or slide,
    which it may name. In a mail a line without a mark is rather the name of its writer.
    """
    block = block.strip()
    if under := _UNDERLINED.fullmatch(block):
        return (1 if under[2][0] == "=" else 2), under[1].strip()
    words = block.lstrip("#").strip()
    if not words or "\n" in words or "\t" in words or len(words) > LONGEST:
        return None
    if block.startswith("#"):
        return len(block) - len(block.lstrip("#")), words
    if opens_page and _PLACE.fullmatch(words):
        return PLACE, words
    if in_mail or block.startswith(("- ", "> ")) or not is_titled(words):
        return None
    return _depth(words), words


def opens_section(line: str, following: str) -> tuple[int, str] | None:
    """Return the depth and the words of a numbered line that is a heading of the lines right below it; else None.

    ``following`` begins anew: neither does it go on with a small letter, nor is it the next item of a list.
    """
    words = line.strip()
    number = _OPENS.match(words)
    begins = following.lstrip()[:1] or "a"
    if not number or len(words) > LONGEST or "   " in words or "\t" in words:
        return None
    if (
        not (begins.isupper() or begins in '"“„«')
        or _OPENS.match(following.lstrip())
        or not is_titled(words[number.end() :])
    ):
        return None
    return _depth(words), words


def is_titled(words: str) -> bool:
    """True for a line of letters that no mark ends, of whose words half or more begin with a capital."""
    if not words or words[-1] in _ENDS:
        return False
    split = words.split()
    titled = sum(word[0].isupper() for word in split if word[0].isalpha()) * 2 >= len(split)
    return titled and sum(c.isalpha() for c in words) * 2 >= len(words)


def _depth(words: str) -> int:
    numbered = _NUMBERED.match(words)
    return 2 + numbered.group().count(".") if numbered else UNNUMBERED


def is_mail(document: Document) -> bool:
    """True for a mail, also one that was saved as text."""
    first = next((document.text[block.start : block.end] for block in document.blocks), "")
    return _is_mail_head(first) and ("@" in first or document.read_by.startswith(("mail", "outlook")))


def _is_mail_head(block: str) -> bool:
    """True for a block of two or more lines of a mail's head: who, when, to whom, what about."""
    lines = block.strip().split("\n")
    return len(lines) > 1 and sum(_MAIL_LINE.match(line) is not None for line in lines) * 2 > len(lines)


def quoted_mail(block: str) -> tuple[str, int] | None:
    """Return the words that say whose mail begins with a block, and how many characters of it are only that.

    None if no other mail begins. The block needs no mark of a quote.
    """
    lines = block.split("\n")
    if _ORIGINAL.match(lines[0].strip()):
        lines = lines[1:]
        if not lines:
            return block.strip(), 0
    if _is_mail_head("\n".join(lines)):
        return next((line.strip() for line in lines if _FROM.match(line)), lines[0].strip()), 0
    for count in (1, 2):  # the line may be broken
        said = " ".join(line.strip() for line in lines[:count])
        if _WROTE.fullmatch(said):
            return said, len("\n".join(lines[:count]))
    return None
