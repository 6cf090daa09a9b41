"""Find the sentences in a range of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..contracts import Span

__all__ = ["sentences_of"]

# A sentence ends at a mark that a capital, a digit, a quotation mark or (b) follows; not after an abbreviation.
_END = re.compile(
    r"[.!?…][\"'”’)\]]*(?=\s+(?:[\"'“‘(\[]?[^\W_a-zß-ÿ]|\((?:[a-z]{1,4}|\d{1,2})\)\s))|[。！？][」』”）]*|"
    r"\n(?=\s*\n)|\n(?=[-#>•*] )"
)
_ABBREVIATED = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|No|Nos|Nr|Art|Abs|Sec|Fig|Inc|Ltd|Co|Corp|approx|ca|bzw|vgl|etc|e\.g|i\.e|"
    r"z\.B|d\.h|U\.S|U\.K|Hr|Fr|Tel|Bd|Messrs|Rev|Ref|Vol|pp|Abb|Kap|Ziff|Tab|Mme|Mlle|art|pág|"
    r"Mio|Mrd|Tsd|inkl|exkl|zzgl|gem|max|min|Approx|Dept|\w*[Ss]tr|cf|Cf|Reg|Attn|Pty|Sched|Exh|Exec|Agrmt|Ave|Blvd|"
    r"al|lit|einschl|vorbeh|ausgen|Anl|Rz|Buchst|Sra|Srta|Sres|Sr|Dña|Dn|Ctra|núm|MM|Cie|Cía|Ing|dott|Sig|Spett)|"
    r"\b[^\W\d_])\.$"
)
_MONTHS = (
    r"(?:Jan|Feb|Mär|Mar|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez|Jänner|Feber)[a-zäö]*|"
    r"(?:Quartal|Halbjahr|Werktag|Arbeitstag|Tag|Monat|Jahrhundert|Kapitel|Abschnitt|Auflage|Etage|Stock)[a-z]*"
)
_ORDINAL = re.compile(r"(?<![\w.,/-])\d{1,2}\.$")  # am 31. Dezember, im 2. Quartal
_COUNTED = re.compile(rf"[ \u00a0](?:{_MONTHS})\b")
_DAY = re.compile(r"(?<![\w.,/-])\d{1,2}\.(?: ?\d{1,2}\.)?$")  # 15. 3. 2027
_REST_OF_DAY = re.compile(r"[ \u00a0](?:\d{1,2}\.[ \u00a0]?)?(?:(?:19|20)\d\d|\d\d)\b")
_MONTH = re.compile(r"\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.$")  # Dec. 31


def sentences_of(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the sentences of ``text[start:end]`` in order, without the white space around them."""
    at = start
    for mark in _END.finditer(text, start, end):
        before = text[max(at, mark.end() - 24) : mark.end()]
        goes_on = _ORDINAL.search(before) and _COUNTED.match(text, mark.end())
        goes_on = goes_on or (_MONTH.search(before) and re.match(r"[ \u00a0]\d", text[mark.end() : mark.end() + 2]))
        goes_on = goes_on or (_DAY.search(before) and _REST_OF_DAY.match(text, mark.end()))
        if mark.end() < end and not goes_on and not _ABBREVIATED.search(before):
            yield from _trimmed(text, at, mark.end())
            at = mark.end()
    yield from _trimmed(text, at, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    if piece.strip():
        yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
