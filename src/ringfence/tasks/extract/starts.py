"""Where a text value begins: small models leave out the first words of a line (``JALAN 7`` for ``NO 37, JALAN 7``).

Of 150 printed addresses 150 begin at a line's beginning, of 277 advertisers all at the beginning of a line or cell or
behind a colon. The same rule in the grammar did worse than moving the start afterwards: the model goes astray.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...documents import Document
from .text_runs import Match, RunRule

__all__ = ["CELL_BORDER", "is_form", "with_lines_above", "with_whole_start", "without_numbers_above"]

WORDS_IN_A_CELL = 10  # a longer one is a sentence, or a line of one
MOST_SENTENCES = 0.5  # share of words in such cells: receipts 0, invoices at most 0.30, contracts at least 0.71
MOST_WORDS_BEFORE = 6
UNSURE = (
    -0.1
)  # a first token below it is a doubtful beginning: of 80 cities behind a postcode 9 are, of 10 lines cut 10
MOST_LINES_ABOVE = 3
MOST_WORDS_OF_A_NAME = 6
# A name is not only its legal form (CO. (M) SDN BHD), nor does it begin with what joins it to the line before.
_LEGAL_FORM = re.compile(
    r"(?:(?:co|sdn|bhd|ltd|limited|inc|incorporated|llc|llp|plc|gmbh|mbh|kg|kgaa|ohg|ag|corp|pty|pte|sarl|sas|spa|srl|bv|nv|"
    r"s\.a|s\.r\.l|b\.v|n\.v|l\.l\.c)\.?|&|\([^()]*\)|[, ])+",
    re.IGNORECASE,
)
_JOINED = re.compile(r"&|(?:and|und|et|y|e|en|og|och)(?= )")
_LABEL = re.compile(
    r":$|\b(?:form|type|rechtsform|forme|tipo|entity|by|name|firma|company|seller|buyer|signed)$", re.IGNORECASE
)
# Above an address: what has a number and ends with a comma, but is no line of it.
_NO_STREET = re.compile(
    r"@|\b(?:order|invoice|vat|gst|tax|reg\w*|company|tel|phone|fax|e-?mail|ust|rechnung\w*|auftrag\w*|kunden\w*|signed|born|"
    r"section|clause|sdn|bhd|ltd|gmbh|inc|plc|llc|kg|ag|corp|date|am|from)\b|\d[./]\d{1,2}[./]\d|\b(?:19|20)\d\d\b|\d{6}|:|"
    r"\d[.,]\d\d\b|^(?:mr|mrs|ms|dr|herrn?|frau|mme|monsieur|madame|attn|z\. ?hd|c/o|to|an)\b",
    re.IGNORECASE,
)
# A line with a postcode is an address of its own.
_TOWN = re.compile(r"(?<=.)\b\d{4,5}(?:-\d{3,4})? +[^\W\d]|[^\W\d],? +\d{5}\b")
_ADDRESS = re.compile(r"addres|anschrift|adres|direcci|indirizz|endere|morada|osoite|cim$", re.IGNORECASE)
# A whole line: the number of a company or a tax payer. A number of a box or a packing station is part of an address.
_REGISTRATION = re.compile(
    r"(?:gst|vat|sst|tax|hr[ab]|reg(?:istration|istered)?|company|co|ust|uid|steuer(?:nummer|nr|-?id)|ssm|roc|brn|siret|siren|"
    r"ein|abn|tin)\b(?:no|nr|number|id|reg|registration|in|england|[ .:#(/-])*[A-Z]{0,3}-?\d{6,}(?:-[A-Z\d]{1,3})?\)?"
    r"|\(\d{5,}[^()]{0,4}\)|\d{5,}-[A-Z]{1,2}|\d{9,}(?:-[A-Z\d]{1,2})?",
    re.IGNORECASE,
)
_STATION = re.compile(r"packstation|postfiliale|paketshop", re.IGNORECASE)
_POSTCODE = re.compile(r"\d{4,6}")
_BOX = re.compile(r"(?:box|postfach|b\.?p\.?) *$", re.IGNORECASE)
_STREET = re.compile(
    r"\b(?:street|st|avenue|ave|road|rd|lane|drive|boulevard|blvd|way|court|square|place|rue|via|calle|jalan|jln|lebuh|lorong)\b|"
    r"(?:stra(?:ß|ss)e|str\.|weg|gasse|allee|platz)\b",
    re.IGNORECASE,
)
# What is part of a house comes before its street, and goes on in the line of the street.
_UNIT = re.compile(
    r"(?:lot|unit|level|floor|flat|suite|blo?c?k|apt|apartment|bâtiment|bât|étage|etage|appartement|piso)\.?"
    r" *(?:[A-Z]\.?){0,3}-?\d",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:no|nr|n[°º])\.? ?\d+[\d/-]*[A-Z]?,", re.IGNORECASE)  # a whole line
_PERSON = re.compile(r"\b(?:mr|mrs|ms|dr|herrn?|hr|frau|fr|mme|m)\b\.? ", re.IGNORECASE)
_LABEL_OF_ADDRESS = re.compile(
    r"\b(?:to|ship\w*|bill\w*|deliver\w*|livraison|factur\w*|address\w*|\w*anschrift|\w*adresse|sold|attention)\b",
    re.IGNORECASE,
)
CELL_BORDER = re.compile(r" {2,}|[\t|]")
_LABEL_END = re.compile(r"(?<!\d):|:(?!\d)")


def is_form(document: Document) -> bool:
    """True if most words stand in short lines and cells; False for prose."""
    sizes = [len(cell.split()) for line in document.text.split("\n") for cell in CELL_BORDER.split(line)]
    return sum(size for size in sizes if size > WORDS_IN_A_CELL) <= MOST_SENTENCES * sum(sizes)


def with_whole_start(rule: RunRule, match: Match, form: bool, logprobs: Sequence[float]) -> Match:
    """The value from where the field says that values start; ``match`` itself if it starts there.

    If the field does not say it, values of a form start at a line, a cell or behind a label. Then only a start that the
    model doubts (``logprobs`` of its tokens, in nats) is moved, over a few words, and not behind a bare number: a city
    stands behind its postcode.
    """
    start, end = match.spans[0]
    before = _before(rule, start)
    words = before.split()
    if not words or _is_open(before):
        return match
    if rule.spec.starts is None and not (
        form and logprobs and logprobs[0] < UNSURE and len(words) <= MOST_WORDS_BEFORE and not words[-1].isdecimal()
    ):
        return match
    if rule.segment_count(start - len(before), end) > rule.spec.max_segments:
        return match
    text = rule.document.text
    spans = [(s - len(before), e) for s, e in match.spans if text.endswith(before, 0, s)]
    return replace(match, spans=tuple(spans))


def with_lines_above(rule: RunRule, match: Match, name: str) -> Match:
    """The value of the field ``name`` with the lines above it that it cannot do without; ``match`` if there are none.

    A small model begins a name with its legal form (of 294 receipts 9, all wrong), or an address with its second line:
    of 13 of these receipts below lines in parts with a number all were wrong, and 7 are right with them.
    """
    document, (start, end) = rule.document, match.spans[0]
    text, first = document.text, start
    number = document.line_at(start)
    if text[document.lines[number].start : start].strip():
        return match
    above: list[tuple[int, str]] = []
    for line in reversed(document.lines[max(0, number - MOST_LINES_ABOVE) : number]):
        said = text[line.start : line.end].strip()
        if text[line.end : first].count("\n") != 1 or CELL_BORDER.search(said):
            break
        first = line.start + text[line.start : line.end].index(said)
        above.append((first, said))
    lines_of = _lines_of_address if _is_address(rule, name) else _lines_of_name
    count = lines_of([said for _, said in above], text[start:end])
    first = above[count - 1][0] if count else start
    inside = any(low <= first < high for low, high in rule.ranges)
    if first == start or not inside or rule.segment_count(first, end) > rule.spec.max_segments:
        return match
    return replace(match, spans=((first, end),), from_above=True)


def without_numbers_above(rule: RunRule, match: Match, name: str) -> Match:
    """The address of the field ``name`` without lines at its head that are the number of a company or a tax payer.

    Of 294 receipts 7 addresses began with one, none of them right.
    """
    start, end = match.spans[0]
    if not _is_address(rule, name):
        return match
    first, *rest = rule.document.text[start:end].split("\n")
    while rest and _REGISTRATION.fullmatch(first.strip()) and not _STATION.match(rest[0].strip()):
        start += len(first) + 1
        first, *rest = rest
    start += len(first) - len(first.lstrip())
    return match if start == match.spans[0][0] else replace(match, spans=((start, end),))


def _is_address(rule: RunRule, name: str) -> bool:
    return rule.spec.within == "block" and _ADDRESS.search(name) is not None


def _lines_of_name(above: Sequence[str], value: str) -> int:
    """How many of the lines ``above``, the nearest first, a name begins in that seems to begin below them."""
    count = 0
    while count < len(above) and _is_of_name(above[count], value):
        value = f"{above[count]} {value}"
        count += 1
    return count


def _is_of_name(above: str, value: str) -> bool:
    words = above.split()
    lacks_name = (_LEGAL_FORM.fullmatch(value) is not None and len(value.split()) > 1) or _JOINED.match(value)
    is_name = (
        above[-1].isalnum() and above[0].isupper() and not any(map(str.isdigit, above)) and not _LABEL.search(above)
    )
    return bool(lacks_name) and is_name and len(words) <= MOST_WORDS_OF_A_NAME and not _LEGAL_FORM.fullmatch(above)


def _lines_of_address(above: Sequence[str], value: str) -> int:
    """How many of the lines ``above``, the nearest first, an address begins in that seems to begin below them.

    They go up to the last one in parts with a number; one line between (a quarter, a house) has neither. An address
    that has its own number goes back only to a part of its house: other lines in parts belong to somebody else.
    """
    if "," not in value and not any(map(str.isdigit, value)):
        return 0
    has_number = _has_number_of_a_house(value)
    count = 0
    for number, line in enumerate(above):
        if any(each.search(line) for each in (_NO_STREET, _TOWN, _LABEL_OF_ADDRESS, _PERSON)):
            break
        numbered = any(map(str.isdigit, line))
        begins = line[0].isdigit() or _NUMBER.fullmatch(line) or _STREET.search(line)
        of_a_house = _UNIT.match(line) or (not has_number and begins)
        another = has_number and _STREET.search(line)
        if "," in line and numbered and of_a_house and not another:
            count = number + 1
        elif number > count or numbered:
            break
    return count


def _has_number_of_a_house(value: str) -> bool:
    """Whether an address has a number that is no postcode."""
    numbers = list(re.finditer(r"\d+", value))
    first = numbers[0] if numbers else None
    begins = first is not None and not first.start()
    return (
        any(not _POSTCODE.fullmatch(each[0]) or _BOX.search(value[: each.start()]) for each in numbers)
        or (begins and len(numbers) > 1)
        or (begins and _STREET.search(value) is not None)
    )


def _before(rule: RunRule, start: int) -> str:
    """The text from where a value should start to ``start``, from its first letter or digit."""
    document = rule.document
    line = document.lines[document.line_at(start)].start
    low = max([line, *(first for first, last in rule.ranges if first <= start < last)])
    before = document.text[low:start]
    how = rule.spec.starts or "label"
    if how == "anywhere":
        return ""
    if how != "line":
        before = CELL_BORDER.split(before)[-1]
    if how == "label":
        before = _LABEL_END.split(before)[-1]
    first = next((position for position, sign in enumerate(before) if sign.isalnum()), len(before))
    return before[first:]


def _is_open(before: str) -> bool:
    return any(before.count(opening) != before.count(closing) for opening, closing in ("()", "[]"))
