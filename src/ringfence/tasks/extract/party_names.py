"""Names of parties: a number of a customer or a place stands above many a name, and small models take it for the name.

Of 90 sellers and buyers on 45 invoices a 1.5B gave 11 as such a number, *GE2020211* or *Globale Nummer: 4000001123452
(GTIN)*, 5 of them without another flag. In each the name is the next line. A number is also printed below a name, above
a street or a title: a reviewer made 70 such papers of which the first version of this rule made wrong names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ...contracts import Span
from ..evidence import without_accents
from ..fields import TextField
from .cell_words import is_code
from .starts import CELL_BORDER
from .text_runs import Match, RunRule

__all__ = ["has_more_than_a_name", "is_number", "lacks_a_name", "name_below", "names_a_party"]

MOST_NUMBERS = 3  # lines above a name
LEAST_DIGITS = 2  # of a code that is no name
_PARTY = (
    r"(?:seller|buyer|purchaser|supplier|vendor|customer|client|company|firm|employer|tenant|landlord|less(?:or|ee)|"
    r"licens(?:or|ee)|contractor|insure[dr]|pay(?:er|or|ee)|sender|recipient|consignee|shipper|carrier|borrower|lender|"
    r"advertiser|merchant|issuer|manufacturer|store|shop|"
    r"(?:ver)?kae?ufer|lieferant|kunden?|kundin|firm(?:a|en)|unternehmens?|(?:ver)?mieter|auftrag(?:geber|nehmer)|"
    r"arbeitgeber|anbieter|hersteller|\w*empfae?nger|absender|\w*steller|versicherungsnehmer|"
    r"fournisseur|acheteur|vendeur|societe|locataire|bailleur|preneur|employeur|emetteur|destinataire|"
    r"cliente|proveedor|comprador|vendedor|arrendatario|empresa|fornitore|venditore|acquirente|conduttore|azienda|ditta|"
    r"leverancier|klant|bedrijfs?|(?:ver)?koper|huurder|werkgever|opdrachtgever)"
)
_NAME = r"(?:name|nom|nome|nombre|naam)"
_OWN = re.compile(
    rf"(?:\w+_)?{_PARTY}(?:_(?:full|legal|company))*(?:_?{_NAME})?|{_NAME}_(?:(?:of|du|de|del|della|des|der|van)_)?{_PARTY}|"
    r"raison_sociale|razon_social|ragione_sociale"
)
_OF_A_PARTY = re.compile(rf"(?:.*[._])?{_PARTY}\.{_NAME}")
# What the beginning of a description says that a field is instead: *number of the customer*.
_NO_NAME = re.compile(
    r"\b(?:number|id|code|identifier|nummer|nr|kennung|numero|scac|ein|vat|account|pseudonym|key|address|phone|e-?mail|ip|"
    r"hex|e\.g)\b"
)
_FIRST_CLAUSE = re.compile(r"[;,.(]| not | without ")
_OF_A_NUMBER = re.compile(
    r"(?<![^\W\d_])(?:vat|ust|uid|tva|iva|btw|gst|siret|siren|nif|cif|kvk|gln|gtin|acct|account|konto|debitor|kreditor|"
    r"cust\w*|kund\w*|kd|client\w*|klant\w*|supplier|lieferant\w*|num\w*|nummer|nr|no|n[°º]?|id|idnr|code|ref)(?![^\W\d_])|"
    r"(?:nr|num\w*)[ .:#]*$|#"
)
_LABEL = re.compile(r"(?:[^\W\d]|[ .#:°º/'()-])*[ #:]")
_CODE = re.compile(
    r"[a-z]{0,4}[ -]?\d[\da-z]*(?:[ ./-][\da-z]*\d[\da-z]*)*(?:-[a-z])?(?: \([^()]{1,20}\))?", re.IGNORECASE
)
_BARE = re.compile(r"[A-Z]{1,3} \d{5,}|[A-Z]{2} (?:\d{2,} ?){2,}|[a-z]{1,5}-?\d{3,}")
MOST_BEFORE = 7  # characters of a code before its first digit
_LEGAL_FORM = re.compile(
    r"(?<!\w)(?:ltd|limited|inc|incorporated|llc|llp|plc|corp|co|gmbh|mbh|kg|kgaa|ohg|ug|gbr|ag|e\.? ?k\.?|eg|se|sarl|"
    r"eurl|sasu?|s\.?a\.?s?|s\.?a\.?r\.?l|s\.?p\.?a|s\.?r\.?l|s\.?n\.?c|s\.?l\.?u?|b\.?v|n\.?v|vof|bhd|oy|aps|lda)(?!\w)",
    re.IGNORECASE,
)
_STREET = re.compile(r"[^\W\d][^:@]{3,}? \d{1,4} ?[a-zA-Z]?|\d{1,4}[a-z]?,? [^\W\d][^:@]{3,}")
_PERSON = re.compile(r"(?:herrn?|frau|mr|mrs|ms|mme|monsieur|madame|dr|attn|c/o|z\. ?hd)\b", re.IGNORECASE)
# Herrn, Firma, To: they stand alone in their line, above the name, a job, a department or the head of a form. A rule
# that moved them to the line below was wrong for 48 of 71 papers of a reviewer.
_TITLE = re.compile(
    r"(?:(?:herrn?|frau|fräulein|eheleute|familie|firma|fa|an(?: de[nr])?|z\. ?hd|mr|mrs|ms|miss|m/s|messrs|dr|med|"
    r"prof|dipl|ing|to|sold to|bill to|attn|attention|dear|c/o|mme|mlle|mm?|monsieur|madame|société|"
    r"à l['’]attention de|señor(?:a|es)?|sra?|srta|sres|srs|signora?|sig|ra|egr|spett|le|abile|ditta|gent|ma|aan|"
    r"t\.?a\.?v|dhr|mw|mevr|de heer|mevrouw|customer|client|cliente|kunde|klant|und|and|et|y|e|en|&)"
    r"(?:[.:,/-]+ ?| |\Z))+",
    re.IGNORECASE,
)
# What follows a name in its line: a number of a town, in the ways of many countries, a telephone, a mail.
_APART = r"(?:[,;|/·•∙⋅■●*]| [-–—] )"
_TOWN = (
    r"(?:(?:[A-Z]{1,2}-)?\d{4,6},? [^\W\d]|\d{4} ?[A-Z]{2}\b|\d{4}-\d{3}\b|\d\d-\d{3}\b|\d{3} \d\d [^\W\d]|"
    r"[A-Z]{2,3} \d{4,5}\b|[A-Z]{1,2}\d[\dA-Z]? \d[A-Z]{2}\b)"
)
_ADDRESS = re.compile(rf"{_APART} ?(?:[^\n]*[ ,])?(?P<town>{_TOWN})")
_CONTACT = re.compile(r"@|\bwww\.|\b(?:tel|tél|phone|fon|telefon\w*|fax|mobil\w*)\b[.: ]*\+?\d", re.IGNORECASE)


def names_a_party(path: str, spec: TextField) -> bool:
    """Whether a single text field is the name of a person or a company, by its own name and what is said of it."""
    plain = without_accents(path.casefold())
    said = without_accents(_FIRST_CLAUSE.split(spec.description.casefold())[0])
    is_name = _OWN.fullmatch(plain.rpartition(".")[2]) or _OF_A_PARTY.fullmatch(plain)
    return spec.holds is None and bool(is_name) and _NO_NAME.search(said) is None


def is_number(text: str) -> bool:
    """True for a number or a code, alone or behind its label: ``Globale Nummer: 4000001123452 (GTIN)``."""
    said = " ".join(text.split()).lstrip(": ")
    if _BARE.fullmatch(said) or (is_code(said) and any(map(str.isdigit, said))):
        return True
    digit = re.search(r"\d", said)
    starts = range(digit.start(), max(-1, digit.start() - MOST_BEFORE), -1) if digit else ()
    return any(_is_labelled(said[:start], said[start:]) for start in starts)


def _is_labelled(label: str, code: str) -> bool:
    if _has_legal_form(label):  # Acme Ltd VAT GB123456789 is a name with its number
        return False
    says_so = label.rstrip().endswith(":") or _OF_A_NUMBER.search(without_accents(label.casefold()))
    return bool(says_so and _LABEL.fullmatch(label) and _CODE.fullmatch(code)) and _digits(code) >= LEAST_DIGITS


def lacks_a_name(value: str) -> bool:
    """True for the number of a party, and for a title alone; a word of capitals with one digit may be a name (*O2*)."""
    return _is_title(value) or (is_number(value) and (not is_code(value) or _digits(value) >= LEAST_DIGITS))


def has_more_than_a_name(value: str) -> bool:
    """True for a name with an address, a number, a date, a telephone or a mail behind it in its line.

    A number behind the legal form belongs to no name, but for one in parentheses. Without a legal form it is that of a
    town; a year is none unless a street stands before it.
    """
    if _CONTACT.search(value):
        return True
    forms = [form for form in _legal_forms(value) if form.start()]
    if forms:
        return re.search(r"\d", re.sub(r"\([^()]*\)", "", value[forms[-1].end() :])) is not None
    if (found := _ADDRESS.search(value)) is None:
        return False
    is_year = re.match(r"(?:19|20)\d\d(?!\d)", found["town"]) is not None
    return not is_year or re.search(r"\d", value[found.start() : found.start("town")]) is not None


def _is_title(text: str) -> bool:
    return _TITLE.fullmatch(" ".join(text.split())) is not None


def name_below(rule: RunRule, match: Match) -> Match:
    """The name below a line that is only the number of a party; ``match`` itself where that is not sure.

    Lines that follow each other and are such numbers too may stand between. A name has a legal form and no number, or
    a street with a number below it; above the numbers stands no other name with a legal form, to which they belong.
    """
    for span in match.spans:
        if is_number(rule.document.text[slice(*span)]) and (found := _name_below(rule, span)):
            return replace(match, spans=(found,))
    return match


def _name_below(rule: RunRule, span: Span) -> Span | None:
    lines = rule.document.lines
    number = rule.document.line_at(span[0])
    said = [rule.document.text[line.start : line.end] for line in lines[: number + MOST_NUMBERS + 2]]
    if not is_number(said[number]):
        return None
    above = next((place for place in range(number - 1, -1, -1) if not is_number(said[place])), None)
    if above is not None and _has_legal_form(said[above]):
        return None
    for below in range(number + 1, min(len(said), number + 1 + MOST_NUMBERS)):
        if not _follows(rule, below):
            return None
        if not is_number(said[below]):
            has_street = _follows(rule, below + 1) and _STREET.fullmatch(said[below + 1].strip()) is not None
            return _cell(rule, below) if _is_name(said[below].strip(), has_street) else None
    return None


def _follows(rule: RunRule, line: int) -> bool:
    """Whether a line comes directly behind the one before."""
    text, lines = rule.document.text, rule.document.lines
    return line < len(lines) and text[lines[line - 1].end : lines[line].start].count("\n") == 1


def _cell(rule: RunRule, line: int) -> Span | None:
    """The place of a line without space around it; None if a value of the field cannot be there."""
    text, at = rule.document.text, rule.document.lines[line]
    said = text[at.start : at.end]
    start = at.start + len(said) - len(said.lstrip())
    end = start + len(said.strip())
    inside = any(low <= start and end <= high for low, high in rule.ranges)
    return (start, end) if inside and rule.segment_count(start, end) <= rule.spec.max_segments else None


def _is_name(line: str, has_street: bool) -> bool:
    ways = (_has_legal_form(line) and not any(map(str.isdigit, line))) or has_street
    return (
        ways
        and (line[0].isupper() or line[0].isdigit())
        and not any(sign in line for sign in ":@,")
        and CELL_BORDER.search(line) is None
        and _PERSON.match(line) is None
    )


def _has_legal_form(line: str) -> bool:
    return any(_legal_forms(line))


def _legal_forms(line: str) -> Iterator[re.Match[str]]:
    """The legal forms in a line; the short ones are words too (*as*, *se*), so they begin with a capital."""
    for found in _LEGAL_FORM.finditer(line):
        if found[0][0].isupper() or len(re.sub(r"\W", "", found[0])) > 2:
            yield found


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))
