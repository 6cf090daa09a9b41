"""Read the claims of a written answer, and find what the cited passages do not say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...contracts import BoxFacts, Calculation, Citation, FoundPassage, Span
from ...documents.model import lines_of
from ...documents.sentences import sentences_of
from ..evidence import MOST_SHORT, as_document, closest, stem
from ..locale import Locale
from ..stated import stated_values, written_values
from ..units import end_of_unit, scale_behind
from ..unsupported import unsupported
from ..written_text import own_turn, with_parted_numbers
from .calculation import calculated, stated_numbers
from .certainty import certainty_faults
from .claim_words import loose_words
from .exchanged_names import exchanged_names
from .negation import negation_faults
from .party_roles import exchanged_roles
from .prompt import REFUSAL
from .unsaid import says_nothing

__all__ = ["Draft", "citation_of", "code_faults", "place_of", "read_claims"]

_CITE = re.compile(r"\s*\[(\d+(?:\s*,\s*\d+)*)\]")
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_BRACES = re.compile(r"[{}][^{}]*[{}]?")
MOST_CITED = 3
_QUOTED = re.compile(
    r"(?<!\d)[\"“„«「『‹]([^\"“”„«»「」『』‹›]+)[\"”“»」』›]|[‚]([^‚‘’]+)[‘’]|"
    r"(?<!\S)[‘'](?!s\b)(\w[^‘’'`\n]{7,})(?<!\s)[’'](?!\w)"
)


@dataclass(frozen=True)
class Draft:
    """A sentence that the model wrote, the passages that it rests on (from 0), and what the program worked out."""

    text: str
    passages: tuple[int, ...]
    calculation: Calculation | None = None

    @property
    def stated(self) -> str:
        """What its sources have to say: for a result, the numbers that it was worked out from."""
        if not self.calculation:
            return self.text
        return f"{self.text.replace(self.calculation.result, ' ', 1)} {self.calculation.expression}"


def read_claims(text: str, passages: Sequence[FoundPassage], complete: bool) -> list[Draft]:
    """Return the sentences of an answer with the passages that they rest on; none for the refusal.

    Sentences that only say that the passages do not say something are left out, as is the last one of an answer that
    was cut. The program finds the passages, not the model: asked to
    number its sentences, the 1.5B copied the example of the form, or wrote fragments, in 9 of 20 answers.
    """
    said = "\n".join(passage.text for passage in passages)
    own = own_turn(text, said)
    if REFUSAL.casefold() in own.casefold():
        return []
    complete = complete or own != text  # what was cut is the turn behind it
    text = with_parted_numbers(own, said)
    spans = [span for line in lines_of(text) for span in sentences_of(text, line.start, line.end)]
    if not complete and spans:
        spans.pop()
    drafts = []
    for start, end in spans:
        sentence = re.sub(r"\A(?:[-*•]\s+|[*•]+)", "", _CITE.sub("", text[start:end]).strip())  # -5 °C keeps its sign
        words, calculation = calculated(sentence, said)
        if _WORD.search(words) and not says_nothing(words):
            stated = f"{words} {calculation.expression}" if calculation else words
            drafts.append(Draft(words, _rests_on(stated, passages), calculation))
    return drafts


def _rests_on(claim: str, passages: Sequence[FoundPassage]) -> tuple[int, ...]:
    """Return the passages that have most words of a claim, and further ones as long as each adds two more.

    Words that many passages have count less. Of equal passages the one that was found first is taken.
    """
    wanted = {stem(word) for word in _WORD.findall(claim) if len(word) > MOST_SHORT or word.isdigit()}
    known = [{stem(word) for word in _WORD.findall(f"{p.title} {p.lead} {p.text}")} & wanted for p in passages]
    weights = {word: 1 / sum(word in words for words in known) for words in known for word in words}
    chosen: list[int] = []
    covered: set[str] = set()
    while len(chosen) < MOST_CITED:
        gains = [sum(weights[word] for word in words - covered) for words in known]
        best = max(range(len(known)), key=lambda number: (gains[number], -number), default=None)
        if best is None or len(known[best] - covered) < (2 if chosen else 1):
            break
        chosen.append(best)
        covered |= known[best]
    return tuple(chosen)


def code_faults(
    draft: Draft,
    question: str,
    sources: Sequence[FoundPassage],
    locale: Locale,
    capital_nouns: bool | None = None,
) -> list[str]:
    """Return what a claim says that its passages do not: numbers, dates, amounts, names, quotations.

    Names, dates and bare numbers of the question are no fault: whether they fit is for the check of meaning. An amount,
    a share or a quantity must stand in the passages, though it was asked for, and so must every number of a
    calculation, whose sums are of like units. ``capital_nouns`` says whether the language capitalises nouns, which a
    short passage does not tell.
    """
    if not sources:
        return ["no citation"]
    said = "\n\n".join("\n".join([source.title, source.lead, source.text]) for source in sources)
    known = as_document(f"{said}\n\n{question}")
    text = draft.text
    if draft.calculation:
        text = re.sub(rf"(?<![\d.,]){re.escape(draft.calculation.result)}(?!\d|[.,]\d)", "", text, count=1)
    faults = []
    if text:
        missing = unsupported(as_document(text), known, locale, capital_nouns, question)
        faults = [f"{found.kind}: {found.text}" for found in missing]
    if draft.calculation:
        faults += _unstated_numbers(draft.calculation, draft.text, said, locale)
        faults += _mixed_units(draft.calculation, draft.text, said, locale)
    elif not faults:
        faults += _only_asked(text, said, locale, capital_nouns)
    faults += [f"calculation: {left.group()}" for left in _BRACES.finditer(text) if left.group() not in said]
    plain = " ".join(f"{said}\n{question}".split()).casefold().replace("’", "'")
    faults += [
        f"quotation: {quoted}"
        for quoted in ("".join(found) for found in _QUOTED.findall(draft.text))
        if not re.search(
            rf"(?<!\w){re.escape(' '.join(quoted.split()).casefold().replace('’', chr(39)).rstrip('.,'))}(?!\w)", plain
        )
    ]
    if text and not faults:
        faults = _of_others(text, question, sources, locale, capital_nouns)
        faults += certainty_faults(text, said) + negation_faults(text, said)
        turned = [] if capital_nouns else exchanged_names(text, sources)
        faults += [f"role: {role}" for role in (*exchanged_roles(text, sources), *turned)]
    if not faults and (loose := loose_words(text, said, question, draft.calculation is not None)):
        faults.append(f"words: {', '.join(loose)}")
    return list(dict.fromkeys(faults))


def _unstated_numbers(calculation: Calculation, claim: str, said: str, locale: Locale) -> list[str]:
    """The numbers of a calculation that passages do not state, as they are or in the scale of its result."""
    numbers, source = stated_numbers(calculation.expression), as_document(said)
    scale = re.search(rf"{re.escape(calculation.result)}[ \u00a0]([^\W\d_]+\.?)", claim)
    scaled = re.sub(r"(?<=\d)(?![\d.,])", f" {scale[1]} ", numbers) if scale else numbers
    # The sum of 500 and 300 euros is no 800 million: what is scaled behind a sum has to be scaled in its numbers.
    is_sum = (
        scale is not None
        and scale_behind(claim, scale.end(1) - len(scale[1]) - 1)
        and not re.search(r"[*/]", calculation.expression)
    )
    faults = [
        [f"{found.kind}: {found.text}" for found in unsupported(as_document(way), source, locale)]
        for way in dict.fromkeys((scaled,) if is_sum else (numbers, scaled))
    ]
    return min(faults, key=len)


def _only_asked(text: str, said: str, locale: Locale, capital_nouns: bool | None) -> list[str]:
    """The amounts and quantities of a claim that only its question states."""
    missing = unsupported(as_document(text), as_document(said), locale, capital_nouns)
    return [
        f"{found.kind}: {found.text}"
        for found in missing
        if found.kind == "money" or (found.kind == "number" and end_of_unit(text, found.span[1]) > found.span[1])
    ]


def _mixed_units(calculation: Calculation, claim: str, said: str, locale: Locale) -> list[str]:
    """What is wrong with a sum or difference of numbers that the passages measure otherwise than each other or it."""
    if re.search(r"[*/]", calculation.expression):
        return []
    source, measured = stated_values(as_document(said), locale), []
    for number in written_values(as_document(stated_numbers(calculation.expression)), locale):
        found = [one.units for one in source if one.readings & number.readings and one.end]
        if found and all(found):
            measured.append(frozenset[str]().union(*found))
    result = [
        one for one in written_values(as_document(claim), locale) if calculation.result in claim[one.start : one.end]
    ]
    if measured:
        measured += [one.units for one in result if one.units]
    mixed = any(not first & other for place, first in enumerate(measured) for other in measured[:place])
    return [f"calculation: {calculation.expression} of different units"] if mixed else []


def _of_others(
    claim: str, question: str, sources: Sequence[FoundPassage], locale: Locale, capital_nouns: bool | None
) -> list[str]:
    """Return the values of a claim that stand in documents of other names or years than those it speaks of.

    A value may stand in one passage and its name in another of the same document. A document is another one if a cited
    document without the value has all names and title words of claim and question that this one has, and more. Read by
    a person, 10 of 15 claims on quarterly reports were wrong, 4 of them by an amount of another company or year.
    """
    said: dict[str, str] = {}
    for source in sources:
        parts = [said.get(source.document, ""), source.title, source.lead, source.text]
        said[source.document] = "\n\n".join(parts)
    if len(said) < 2:
        return []
    about = f"{claim}\n{question}"

    def lacks(text: str, source: str) -> set[tuple[str, str]]:
        found = unsupported(as_document(text), as_document(source), locale, capital_nouns)
        return {(one.kind, one.text) for one in found}

    values = {(kind, text) for kind, text in lacks(claim, "") & lacks(claim, question) if kind != "name"}
    names = {(kind, text) for kind, text in lacks(about, "") if kind == "name" and len(text) > 1}  # 10-Q is no name Q
    missing = {name: lacks(about, text) for name, text in said.items()}
    words = set(_WORD.findall(about.casefold()))
    titles = {source.document: words & set(_WORD.findall(source.title.casefold())) for source in sources}
    known: dict[str, set[tuple[str, str]]] = {
        name: (names - missing[name]) | {("title", word) for word in titles[name]} for name in said
    }
    faults = []
    for kind, text in sorted(values):
        holders = [name for name in said if (kind, text) not in missing[name]]
        others = [name for name in said if name not in holders]
        if holders and all(any(known[other] > known[holder] for other in others) for holder in holders):
            lacking = {word for name in others for word in known[name]}
            lacking -= {word for name in holders for word in known[name]}
            faults.append(f"{kind}: {text}, not beside {', '.join(sorted(word for _, word in lacking))}")
    return faults


def citation_of(claim: str, number: int, passage: FoundPassage) -> Citation:
    """Return the place in a passage that says a claim: the sentences that share its words, and those between them.

    It goes on to the nearest sentence with each number of the claim that the passage has.
    """
    text = passage.text
    start, end = closest(claim, text)
    sentences = list(sentences_of(text, 0, len(text)))
    for value in dict.fromkeys(_NUMBER.findall(claim)):
        held = re.compile(rf"(?<![\d.,]){re.escape(value)}(?!\d|[.,]\d)")
        if not held.search(text[start:end]):
            near = [(abs(first - start), first, last) for first, last in sentences if held.search(text[first:last])]
            if near:
                _, first, last = min(near)
                start, end = min(start, first), max(end, last)
    return place_of(number, passage, (start, end))


def place_of(number: int, passage: FoundPassage, within: Span) -> Citation:
    """Return a place in a passage by its offsets there; ``number`` is that of the passage among those read, from 1."""
    start, end = within
    span = (passage.span[0] + start, passage.span[0] + end)
    return Citation(
        document=passage.document,
        path=passage.path,
        sha256=passage.sha256,
        title=passage.title,
        source=passage.source,
        span=span,
        page=passage.page,
        lead=passage.lead,
        text=passage.text[start:end],
        boxes=_boxes(passage, span),
        passage=number,
    )


def _boxes(passage: FoundPassage, span: Span) -> list[BoxFacts]:
    """Return the boxes of the lines that a span touches, cut to the part of the line by its share of characters."""
    boxes = []
    for (start, end), box in passage.boxes:
        first, last = max(start, span[0]), min(end, span[1])
        if first < last:
            width = (box.x1 - box.x0) / (end - start)
            cut = {"x0": round(box.x0 + (first - start) * width, 1), "x1": round(box.x0 + (last - start) * width, 1)}
            boxes.append(box.model_copy(update=cut))
    return boxes
