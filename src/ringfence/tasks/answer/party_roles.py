"""Who does something in a claim: the two sides of a contract, or two persons, exchanged."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...contracts import FoundPassage
from ...documents.sentences import sentences_of
from ..evidence import without_accents

__all__ = ["exchanged_roles"]

LEAST_WORDS = 3  # of a claim beside the role
LEAST_SHARE = 0.8  # of these words that the sentence has which says it
STEM = 4  # letters; bears, bear
# Words for both sides, in plain letters; those of one side are taken as one.
_PAIRS = tuple(
    (re.compile(rf"\b(?:{one})\b"), re.compile(rf"\b(?:{other})\b"))
    for one, other in (
        (
            r"landlords?|lessors?|vermieter\w*|bailleur|arrendador|locatore|verhuurder",
            r"tenants?|lessees?|renters?|mieter\w*|locataires?|preneur|arrendatari[oa]|inquilin[oa]|conduttore|huurder",
        ),
        (
            r"sellers?|vendors?|suppliers?|verkaufer\w*|lieferant\w*|vendeurs?|fournisseurs?|vendedor|proveedor|venditore|"
            r"fornitore|verkoper|leverancier",
            r"buyers?|purchasers?|customers?|clients?|kaufer\w*|kund(?:e|en|in)|besteller\w*|acheteurs?|comprador|"
            r"clientes?|acquirente|koper|klant",
        ),
        (
            r"employers?|arbeitgeber\w*|employeur|empleador|datore di lavoro|werkgever",
            r"employees?|workers?|arbeitnehmer\w*|mitarbeiter\w*|salaries?|employes?|trabajador\w*|empleados?|lavorator[ei]|"
            r"dipendent[ei]|werknemers?",
        ),
        (
            r"lenders?|creditors?|darlehensgeber\w*|glaubiger\w*|preteurs?|creanciers?|prestamista|acreedor",
            r"borrowers?|debtors?|darlehensnehmer\w*|schuldner\w*|emprunteurs?|debiteurs?|prestatario|deudor",
        ),
        (r"licensors?|lizenzgeber\w*|concedant", r"licensees?|lizenznehmer\w*|licencie"),
        (
            r"clients?|customers?|principals?|auftraggeber\w*|kund(?:e|en|in)|donneur d'ordre|opdrachtgever",
            r"contractors?|providers?|agents?|auftragnehmer\w*|dienstleister\w*|prestataires?|opdrachtnemer",
        ),
        (
            r"insurers?|versicherer\w*|assureurs?|asegurador\w*",
            r"insured|policyholders?|versicherungsnehmer\w*|versicherten?|assures?|asegurados?",
        ),
        (
            r"consignors?|shippers?|senders?|absender\w*|expediteurs?|remitente|mittente",
            r"consignees?|recipients?|empfanger\w*|destinataires?|destinatari[oa]",
        ),
        (r"disclosing party|disclosers?|offenlegende\w*", r"receiving party|recipients?|empfangende\w*"),
        (r"assignors?|zedent\w*|cedant", r"assignees?|zessionar\w*|cessionnaire"),
        (r"franchisors?|franchisegeber\w*", r"franchisees?|franchisenehmer\w*"),
        (r"payers?|zahler\w*", r"payees?|zahlungsempfanger\w*"),
        (r"plaintiffs?|claimants?|klager\w*|demandeur", r"defendants?|respondents?|beklagten?\w*|defendeur"),
    )
)
_PERSON = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|Herrn?|Frau|Mme|Monsieur|Madame|Sra?|Sig(?:ra)?|De heer|Mevrouw)\b\.? (?:\w\. )?([A-Z]\w+)"
)
_WORD = re.compile(r"\w+")


def exchanged_roles(claim: str, sources: Sequence[FoundPassage]) -> list[str]:
    """Return who does something in a claim, where the sentence with its other words names the other side instead.

    A claim with both sides, and one whose verb the sentence lacks, is left alone: who gives and who receives are two
    sides of one thing (*the tenant gets it back*, *the landlord returns it*). A 1.5B calls such claims supported (11
    made by a reviewer: 0.88 to 0.999, two of them less).
    """
    said, found = _plain(claim), []
    for pair in _PAIRS:
        for own, other in (pair, pair[::-1]):
            role = own.search(said)
            if role and not other.search(said):
                nearest = [_plain(each) for each in _nearest(own.sub(" ", said), sources)]
                if nearest and all(other.search(each) and not own.search(each) for each in nearest):
                    found.append(f"{role[0]}, where the passage has the other side")
    if persons := set(_PERSON.findall(claim)):
        nearest = _nearest(_plain(_PERSON.sub(" ", claim)), sources)
        others = [set(_PERSON.findall(each)) for each in nearest]
        if others and all(each and each.isdisjoint(persons) for each in others):
            found.append(
                f"{', '.join(sorted(persons))}, where the passage has {', '.join(sorted(set().union(*others)))}"
            )
    return list(dict.fromkeys(found))


def _nearest(claim: str, sources: Sequence[FoundPassage]) -> list[str]:
    """The sentences that have most words of a claim, if these are nearly all of it."""
    wanted = _stems(claim)
    sentences = [
        source.text[start:end] for source in sources for start, end in sentences_of(source.text, 0, len(source.text))
    ]
    shares = [len(wanted & _stems(_plain(sentence))) for sentence in sentences]
    best = max(shares, default=0)
    if len(wanted) < LEAST_WORDS or best < LEAST_SHARE * len(wanted):
        return []
    return [sentence for sentence, share in zip(sentences, shares, strict=True) if share == best]


def _plain(text: str) -> str:
    return without_accents(" ".join(text.split()).casefold())


def _stems(text: str) -> set[str]:
    """The beginnings of the longer words, and the numbers."""
    return {
        word[:STEM] if word[0].isalpha() else word
        for word in _WORD.findall(text)
        if len(word) >= STEM or word[0].isdigit()
    }
