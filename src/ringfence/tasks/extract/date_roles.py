"""What words say that a date is, in six languages: *Lieferdatum* is of a delivery, *échéance* is due."""

from __future__ import annotations

import re

from ..evidence import without_accents

__all__ = ["PAPER", "in_plain_letters", "roles_of_date", "roles_of_label"]

PAPER = "paper"
# In plain letters. German and Dutch write compounds: Rechnungsdatum, Leverdatum.
_ROLES = {
    role: re.compile(pattern)
    for role, pattern in {
        "invoice": r"\binvoice|(?<!ab)rechnung(?!sbetrag)|\bfactu|\bfattur|(?<!way )\bbill(?:ing|ed)?\b(?! of lading)",
        "issue": r"\bissue|ausstell|ausgestellt|\bemission|\bemise? le\b|\bemess[oa]\b|\bemisi|\bemitid|\buitgifte",
        "order": r"(?<!standing )\border|bestel|(?<!dauer)(?<!weisungs)auftrag|\bcommande|\bordin[eai]|"
        r"\borden\b|\bpedido",
        "delivery": r"\bdeliver|\bship(?:ped|ping|ment)?\b|\bd[ei]spatch|\bservice|\bsupply\b|\bgoods received|"
        r"liefer(?!ant)|(?<!gewahr)leistung|versand|zustell|wareneingang|\blivr|\bexpedition|\bprestation|\bconsegn|\bspedi|\bentreg|"
        r"\benvio|\bservicio|(?:\b|af)lever(?:ing|datum)|\bgeleverd|\bverzend|\bverzond|\bbezorg|\bprestatie",
        "due": r"\bdue|\bpay(?:ment|able)?\b|\bpaid\b|\bsettle|\bremit|\bdirect debit|fa?e?llig|zahl|begleich|"
        r"abgebucht|lastschrift|\becheance|\bexigible|\bregle|\bpaiement|\bprelevement|\bscaden?|\bpaga(?:re|mento|to|r)\b|"
        r"\bsaldare|\bvenc|\bvto\b|\bpago|verval|\bbeta[al]",
        "birth": r"\bbirth|\bborn\b|\bd\.?o\.?b\b|gebur|gebor|\bgeb\.|\bnaissance|\bne(?:e|\(e\))? le\b|\bnascita|"
        r"\bnat[oa] il|\bnaci[md]",
        "print": r"\bprint(?:ed|ing)?\b|gedruckt|druckdatum|\bimprim|\bimpres|\bstampa|\bafgedrukt|\bafdruk",
        "period": r"period|zeitraum|tijdvak",
    }.items()
}
# The names of other papers: *Lieferschein-Datum* is no due date, but the day on which the paper was issued.
_PAPER = re.compile(
    r"\bnote\b|slip\b|\badvice|\breminder|\breport|\bcertificate|schein|avis\b|bescheid|erinnerung|mahnung|\bavviso|"
    r"\balbaran|\bbon\b|bon\b|\bbusta"
)


def in_plain_letters(text: str) -> str:
    """The text in small letters without accents."""
    return without_accents(text.casefold().replace("_", " "))


def roles_of_date(text: str) -> frozenset[str]:
    """The roles that words give to a date; of a period nothing else counts (*billing period*)."""
    plain = in_plain_letters(text)
    found = frozenset(role for role, pattern in _ROLES.items() if pattern.search(plain))
    return found & {"period"} or found


def roles_of_label(label: str) -> frozenset[str]:
    """The roles that a label gives to a date, with ``PAPER`` if it names another paper; none for a tax point."""
    plain = in_plain_letters(label)
    if "tax point" in plain:  # of an invoice and of a delivery alike
        return frozenset()
    roles = roles_of_date(label)
    return roles | {PAPER} if roles and _PAPER.search(plain) else roles
