"""Find the sentences in a range of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..contracts import Span

__all__ = ["sentences_of"]

# A sentence ends at a mark that a capital, a digit, a quotation mark or (b) follows; not after an abbreviation.
_END = re.compile(
    r"[.!?…][\"'”’)\]]*(?=\s+(?:[\"'“‘(\[]?[^\W_a-zß-ÿ]|\((?:[a-z]{1,4}|\d{1,2})\)\s))|[。！？](?:[」』”）]+(?=\s|\Z)|(?![」』”）]))|"
    r"\n(?=\s*\n)|\n(?=[-#>•*] )"
)
_ABBREVIATED = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|No|Nos|Nr|Art|Abs|Sec|Fig|Inc|Ltd|Co|Corp|approx|ca|bzw|vgl|etc|e\.g|i\.e|"
    r"z\.B|d\.h|U\.S|U\.K|Hr|Fr|Tel|Bd|Messrs|Rev|Ref|Vol|pp|Abb|Kap|Ziff|Tab|Mme|Mlle|art|pág|"
    r"Mio|Mrd|Tsd|inkl|exkl|zzgl|gem|max|min|Approx|Dept|\w*[Ss]tr|cf|Cf|Attn|Pty|Sched|Exh|Agrmt|"
    r"einschl|vorbeh|ausgen|Anl|Rz|Buchst|ggf|evtl|sog|bspw|insb|mtl|mind|Sra|Srta|Sres|Dña|Ctra|núm|Mmes|Sté|"
    r"Lgs|artt|avv|sig|dott|Spett|dhr|mevr|bijv|Para|Sept|Gen|Col|"
    r"Fa|Fam|Pos|Sect|lt|bzgl|env|réf|Réf|Tz|Hrn|Nrn|tlw|Stk|Std|Bhf|Hbf|Hl|Mwst|MwSt)|"
    r"\b[^\W\d_])\.$"
)
_MONTHS = (
    r"(?:Jan|Feb|Mär|Mar|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez|Jänner|Feber)[a-zäö]*|"
    r"(?:Quartal|Halbjahr|Werktag|Arbeitstag|Tag|Monat|Jahrhundert|Kapitel|Abschnitt|Auflage|Etage|Stock)[a-z]*"
)
_ORDINAL = re.compile(r"(?<![\w.,/-])\d{1,2}\.$")  # am 31. Dezember, im 2. Quartal
_COUNTING = re.compile(
    r"(?<!\w)(?:[Ii]m|[Aa]m|[Zz]um|[Zz]ur|[Vv]om|[Bb]eim|[Dd](?:er|ie|as|em|en|es)) \d{1,2}\.$"
)  # im 3. Stock
_BEFORE_NUMBER = re.compile(r"\b(?:no|nos|item|[Mm]ax|[Mm]in)\.$")
_COUNTED = re.compile(rf"[ \u00a0](?:{_MONTHS})\b")
# Those that may end a sentence too: et al. The court agreed.
_MAYBE = re.compile(r"\b(?:al|lit|usw|Reg|Ave|Blvd|MM|Cie|Cía|Exec|Ing)\.$")
_OPENS = re.compile(
    r"\s+(?:The|This|That|These|It|In|If|He|She|They|We|A|An|Der|Die|Das|Es|Ein|Eine|Le|La|Les|Il|Elle|El|Los|Las|De|Het|"
    r"Lo|Gli|Un|Une|Una)\b"
)
_DAY = re.compile(
    r"(?<![\w.,/-])(?:\d{1,2}\.[ \u00a0]?(?:0?[1-9]|1[0-2])\.|(?:0?[1-9]|[12]\d|3[01])\.)$"
)  # 15. 3. 2027
_REST_OF_DAY = re.compile(r"[ \u00a0](?:(?:0?[1-9]|1[0-2])\.(?!\d)|(?:19|20)\d\d\b)")
_LIST_MARK = re.compile(r"\s*\(?(?:\d{1,3}|[ivx]{1,5}|[a-z])[.)]\Z")
_NEW_ITEM = re.compile(r"\n[ \t]*\(?(?:\d{1,3}|[ivx]{1,5}|[a-z])[.)]\Z")
_MONTH = re.compile(r"\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.$")  # Dec. 31


def sentences_of(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the sentences of ``text[start:end]`` in order, without the white space around them."""
    at = start
    for mark in _END.finditer(text, start, end):
        if item := _NEW_ITEM.search(text, max(at, mark.end() - 12), mark.end()):  # buyer\n2. The buyer pays
            yield from _trimmed(text, at, item.start())
            at = item.start()
        elif mark.end() < end and not _goes_on(text, at, mark.end()):
            yield from _trimmed(text, at, mark.end())
            at = mark.end()
    yield from _trimmed(text, at, end)


def _goes_on(text: str, at: int, end: int) -> bool:
    """True if the mark before ``end`` ends no sentence: of an abbreviation, an ordinal, a day, an item of a list."""
    before = text[max(at, end - 24) : end]
    if _ABBREVIATED.search(before) or _LIST_MARK.match(text, at, end):
        return True
    if _COUNTING.search(before) or (_ORDINAL.search(before) and _COUNTED.match(text, end)):
        return True
    if (_MONTH.search(before) or _BEFORE_NUMBER.search(before)) and re.match(r"[ \u00a0]\d", text[end : end + 2]):
        return True
    day, rest = _DAY.search(before), _REST_OF_DAY.match(text, end)
    if day and rest and (day.group().count(".") == 2) != rest.group().endswith("."):  # 15. 3. or 15. 3. 2027
        return True
    return _MAYBE.search(before) is not None and _OPENS.match(text, end) is None


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    if piece.strip():
        yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
