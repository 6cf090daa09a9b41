"""Values of one sentence that a claim gives to each other: 46 million in 2023 and 52 million in 2024, exchanged."""

from __future__ import annotations

import bisect
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ..contracts import Span
from ..documents.sentences import sentences_of
from .evidence import stem, without_accents
from .stated import StatedValue, is_calendar, places_stating
from .units import end_of_unit

__all__ = ["exchanged_values"]

OWN = 0.5  # of the words of its own part, the most that a claim on another part has
_PARTS = re.compile(
    r"[;:,()–—]|\b(?:and|or(?! (?:more|less|fewer|over|under|above|below|older|younger)\b)|but|while|whereas|against|"
    r"versus|vs|than|compared (?:to|with)|up from|down from|then|"
    r"und|oder|aber|während|sowie|gegenüber|statt|dann|et|ou|mais|contre|puis|y|pero|frente a|luego|e|ma|contro|poi|"
    r"maar|tegenover|dan)\b",
    re.IGNORECASE,
)
# Directly in front of a value, and of its sign: from 46 million in 2023 to 52 million in 2024.
_LEADS = re.compile(
    r"\b(?:to|from|after|auf|von|nach|à|de|après|a|desde|tras|da|dopo|van|naar|na)[ ](?:[$€£]|[A-Z]{3}[ ])?\Z",
    re.IGNORECASE,
)
_FROM = re.compile(r"\b(?:from|desde)[ ](?:[$€£]|[A-Z]{3}[ ])?\Z", re.IGNORECASE)
# What puts one part of a sentence beside another, or denies it.
_BESIDE = re.compile(
    r"\b(?:than|as (?:much|many|high|long|heavy)|compar\w+|besides?|without|beyond|except|instead|unlike|others?|"
    r"otherwise|another|before|after|previous\w*|prior|earlier|later|until|then|double|twice|half|triple|times|more|less|"
    r"fewer|higher|lower|against|else|addition\w*|outside|since|start|beginning|up|not|no|none|never|both|together|plus|"
    r"minus|difference|while|next|following|first|last|also|already|"
    r"als|verglichen|vergleich|gegenüber|ohne|außer|statt|neben|zusätzlich|sonst|andere\w*|vor|nach|zuvor|bevor|nachdem|"
    r"vorjahr\w*|bis|doppelt\w*|halb\w*|hälfte|mehr|weniger|höher|nicht|kein\w*|beide\w*|zusammen|auch|seit|anfang|beginn|"
    r"sans|sauf|outre|avant|après|autres?|double|moitié|moins|pas|précédent\w*|rapport|"
    r"sin|salvo|además|antes|después|otr[oa]s?|doble|mitad|más|menos|frente|anterior\w*|"
    r"senza|oltre|prima|dopo|altr[oaie]|doppio|metà|più|meno|non|precedente|rispetto|"
    r"dan|zonder|behalve|naast|na|ander\w*|dubbel\w*|helft|meer|minder|niet|geen|vorig\w*)\b|n['’]t\b",
    re.IGNORECASE,
)
_THAT = re.compile(r"\w (?:that|which|who|whose|der|die|das|qui|que|che)\b")  # the contract that ends in 2026
_EN = re.compile(r"\ben\b")  # Dutch for and; French and Spanish for in
_ROMANCE = re.compile(r"\b(?:le|la|les|des|du|est|el|los|las|del|una|por|pour|son)\b|[ldn]['’]", re.IGNORECASE)
_BARE = re.compile(r"\s*(?:[.,;:)]|(?:and|in|for|und|et|y|e|en)\b|\Z)", re.IGNORECASE)
# Whose number is a name: line 2, offer 3.
_NUMBERED = re.compile(
    r"\b(?:line|offer|bid|lot|sample|specimen|room|hall|building|floor|plant|unit|zone|area|phase|stage|step|week|day|group|"
    r"class|grade|level|type|model|version|batch|test|trial|option|plan|table|item|section|clause|article|no|number|"
    r"linie|angebot|los|probe|raum|halle|gebäude|werk|phase|stufe|woche|tag|gruppe|klasse|typ|modell|version|charge|"
    r"position|pos|abschnitt|ziffer|nr|ligne|offre|salle|bâtiment|semaine|jour|groupe|classe|línea|oferta|sala|edificio|"
    r"semana|grupo|clase|linea|offerta|lotto|settimana|gruppo|lijn|ruimte|gebouw|groep|klasse)\.?[ ]\Z",
    re.IGNORECASE,
)
# Verbs of which one part has its own: the claim says *was*.
_CHANGES = re.compile(
    r"(?:r[oi]se[ns]?|fell|falls?|fallen|grew|grown?|increased?|decreased?|declined?|dropped|climbed|improved|moved|comes?|came|"
    r"amount(?:s|ed)|total(?:s|led)|reach(?:es|ed)|stieg\w*|sank\w*|fiel\w*|wuchs\w*|betr(?:ägt|ug)\w*|beträgt|augmenté|baissé|"
    r"passés?|passées?|pasaron|pasó|subió|bajó|salit[oaie]|sces[oaie]|passat[oaie]|steeg|daalde|bedraagt)\Z",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SHORT = re.compile(r"\d{1,3}")
_IN_TURN = re.compile(
    r"\b(?:respectively|jeweils|bzw|beziehungsweise|respectivement|respectivamente|rispettivamente|respectievelijk)\b",
    re.IGNORECASE,
)
_ROW = re.compile(r"\||\S[ ]{3,}\S|\t")
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]{3,}|(?<=[a-z][ ])[A-HJ-Z](?![\w'’.])")  # line A
_COMMON = frozenset(
    """
    the and are was were has have had his her its for with from that may must can shall will does did not than
    der die das den dem des ein eine einen einem einer ist sind war hat und oder aber mit von bei auf für aus zum zur
    les des une est sont dans pour par pas sur que qui los las una del para con por che per della dal nel sono
    niet geen voor zijn million billion thousand mio mrd eur usd gbp chf euro euros dollar dollars percent prozent
    about which who also both each one two three four five six they them it he she we you sie ils elles
    sek nok dkk pln czk
    """.split()  # noqa: SIM905 - a list of strings would take a line for each
)


@dataclass(frozen=True)
class _Part:
    """A part of a sentence with one of several values of a kind, and the words before and behind it."""

    value: Span
    before: frozenset[str]
    behind: frozenset[str]

    @property
    def words(self) -> frozenset[str]:
        """All words beside the value."""
        return self.before | self.behind

    @property
    def numbers(self) -> frozenset[str]:
        """The years and other numbers beside the value."""
        return frozenset(word for word in self.words if word[0].isdigit())


def exchanged_values(
    written: str, values: Sequence[StatedValue], text: str, stated: Sequence[StatedValue], question: str
) -> Iterator[Span]:
    """Yield the values of a text that stand, wherever its source has them, beside other words than there.

    A sentence with several values of a kind is parted between them. A value belongs to another part if the text has all
    words (or numbers) that stand only there before, or behind, its value, and at most half of those of the value's own
    part; those of the ``question`` count if the text has none of either. Of several values of one sentence at least two
    have to. Left alone are sentences without such parts, rows of tables, *respectively*, and a single value beside a
    comparison (*more than children*). Of 1,345 true claims that three reviewers wrote for business papers in six
    languages two have the fault, of 509 with two values or names exchanged 386 have this one or ``exchanged_names``.
    """
    is_plain = not _BESIDE.search(question) and not _THAT.search(question)
    asked = _words_in(question, (0, len(question))) if is_plain else frozenset[str]()
    values = [value for value in values if _counts(value, written)]
    places = {value: [one for one in places_stating(value, stated) if one.end] for value in values}

    def verdict_on(value: StatedValue) -> bool | None:
        part = _own_part(written, value, values) if places[value] else None
        if part is None:
            return False
        found: dict[int, set[bool | None]] = {}  # a place may have several units: two years, 24 months
        for place in places[value]:
            found.setdefault(place.start, set()).add(_belongs_elsewhere(part, asked, text, place, stated))
        each = [_strongest(verdicts) for verdicts in found.values()]
        return True if all(each) else False if False in each else None

    verdicts = {value: verdict_on(value) for value in values}
    for value in [value for value in values if verdicts[value] is not False]:
        beside = _sentence_at(written, value.start)
        there = {_sentence_at(text, place.start) for place in places[value]}
        mates = [
            other
            for other in values
            if other.start != value.start
            and beside[0] <= other.start < beside[1]
            and _are_alike(other, value, written)
            and any(_sentence_at(text, place.start) in there for place in places[other])
        ]
        doubtful = [each for each in (value, *mates) if verdicts[each] is not False]
        is_enough = len(doubtful) > 1 if mates else not _is_compared(written, value, text, places[value])
        if is_enough and any(verdicts[each] for each in doubtful):
            yield value.start, value.end


def _strongest(verdicts: Collection[bool | None]) -> bool | None:
    return True if True in verdicts else None if None in verdicts else False


def _is_compared(written: str, value: StatedValue, text: str, places: Sequence[StatedValue]) -> bool:
    """True if a sentence compares with another part, or says what was before, where its source does not."""
    start, end = _sentence_at(written, value.start)
    known = {found.casefold() for one in places for found in _BESIDE.findall(text, *_sentence_at(text, one.start))}
    own = {found.casefold() for found in _BESIDE.findall(written, start, end)}
    return bool(own - known) or _FROM.search(written, start, value.start) is not None


def _own_part(written: str, value: StatedValue, values: Sequence[StatedValue]) -> _Part | None:
    """The part of a text with a value, if it can be parted; of one alone, no more than its clause."""
    parts = _parts_at(written, value, values) or []
    if len(parts) == 1:
        (start, last), (_, end) = parts[0].value, _sentence_at(written, value.start)
        stop = next((cut[0] for cut in _cuts(written, (last, end), values)), end)
        return _Part((start, last), parts[0].before, _words_in(written, (last, stop)))
    return next((part for part in parts if part.value[0] <= value.start < part.value[1]), None)


def _belongs_elsewhere(
    spoken: _Part, asked: frozenset[str], text: str, place: StatedValue, stated: Sequence[StatedValue]
) -> bool | None:
    """True if a part of a text speaks of another part of a sentence than that with the value; None if it may."""
    parts = _parts_at(text, place, stated) if place.cell is None else None
    own = next((part for part in parts or () if part.value[0] <= place.start < part.value[1]), None)
    return _strongest(
        [_speaks_of(spoken.words, asked, other, own) for other in parts or () if own and other is not own]
    )


def _speaks_of(spoken: frozenset[str], asked: frozenset[str], other: _Part, own: _Part) -> bool | None:
    """True if the words ``spoken`` are those of another part rather than those of a value's own; None if some are."""
    sides = [
        (other.numbers, own.numbers),
        (other.behind - other.numbers, own.behind - own.numbers),
        (other.before - other.numbers, own.before - own.numbers),
    ]
    apart = [(theirs - ours, ours - theirs) for theirs, ours in sides if theirs - ours and ours - theirs]
    if not any(spoken & (theirs | ours) for theirs, ours in apart):
        spoken |= asked
    if any(ours <= spoken and not theirs <= spoken for theirs, ours in apart) or (own.numbers - other.numbers) & spoken:
        return False
    likely = [theirs for theirs, ours in apart if theirs & spoken and len(ours & spoken) <= OWN * len(ours)]
    return True if any(theirs <= spoken for theirs in likely) else None if likely else False


def _parts_at(text: str, value: StatedValue, values: Sequence[StatedValue]) -> list[_Part] | None:
    """The parts of the sentence of a value, one if it has no other value of its kind; None if it cannot be parted."""
    start, end = _sentence_at(text, value.start)
    inside = [one for one in values if start <= one.start < one.end <= end]
    like = [one for one in inside if _are_alike(one, value, text) and _counts(one, text)]
    spans = [(one.start, end_of_unit(text, one.end)) for one in like]
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    if not kept or _ROW.search(text, start, end) or (len(kept) > 1 and _IN_TURN.search(text, start, end)):
        return None
    within: list[int] = [start]
    for (_, before), (behind, _) in pairwise(kept):
        between = _cuts(text, (before, behind), inside)
        between = between or [found.span() for found in [_LEADS.search(text, before, behind)] if found]
        if not between:
            return None
        # What stands before a colon is the label of what stands behind it.
        within += [between[0][0], between[0 if text[between[-1][0]] == ":" else -1][1]]
    within.append(end)
    return [
        _Part((start, end), _words_in(text, (first, start)), _words_in(text, (end, last)))
        for (start, end), first, last in zip(kept, within[::2], within[1::2], strict=True)
    ]


def _counts(value: StatedValue, text: str) -> bool:
    """False for a number that is the name of something (line 2), and for a word (Tuesday)."""
    if value.units or is_calendar(value):
        return True
    if not any(_NUMBER.fullmatch(reading) for reading in value.readings):
        return False
    short = _SHORT.fullmatch(text, value.start, value.end)
    return not short or _NUMBERED.search(text, max(0, value.start - 24), value.start) is None


def _cuts(text: str, within: Span, values: Sequence[StatedValue]) -> list[Span]:
    """What parts a sentence, but for what stands in a value: December 31, 2022."""
    found = [cut.span() for cut in _PARTS.finditer(text, *within)]
    if not _ROMANCE.search(text, *_sentence_at(text, within[0])):
        found = sorted([*found, *(cut.span() for cut in _EN.finditer(text, *within))])
    return [cut for cut in found if not any(one.start < cut[0] < one.end for one in values)]


def _are_alike(one: StatedValue, other: StatedValue, text: str) -> bool:
    """True if two values may stand for each other: both dates or years, or amounts and numbers of like units.

    A number without a unit is an amount only if no word follows it: Beta 85, but not the two garages.
    """
    if is_calendar(one) or is_calendar(other):
        return is_calendar(one) and is_calendar(other)
    if one.units and other.units:
        return bool(one.units & other.units)
    return (not one.units and not other.units) or all(
        each.units or _BARE.match(text, each.end) for each in (one, other)
    )


def _sentence_at(text: str, position: int) -> Span:
    sentences = _sentences(text)
    number = bisect.bisect_right(sentences, position, key=lambda span: span[0]) - 1
    start, end = sentences[number] if number >= 0 else (0, 0)
    return (start, end) if start <= position < end else (position, position)


@lru_cache(maxsize=16)  # a source is asked for the sentence of each of its values
def _sentences(text: str) -> tuple[Span, ...]:
    return tuple(sentences_of(text, 0, len(text)))


def _words_in(text: str, within: Span) -> frozenset[str]:
    """The words and numbers that say something."""
    return frozenset(
        word if word[0].isdigit() else stem(without_accents(word))
        for word in _WORD.findall(text, *within)
        if word.casefold() not in _COMMON and not _CHANGES.match(word)
    )
