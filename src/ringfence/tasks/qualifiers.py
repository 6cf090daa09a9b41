"""What the words around a value say of it: at least or at most, a rise or a fall, per month, working days, net.

Two values of the same number are not the same where their words contradict: more than 500 and fewer than 500, EUR 500 a
month and EUR 500 a year. Where the words of one of them say nothing, nothing contradicts.
"""

from __future__ import annotations

import re

__all__ = ["ABOUT", "Qualifiers", "contradict", "date_qualifiers", "qualifiers"]

ABOUT = ("about", "about")
Qualifiers = frozenset[tuple[str, str]]
"""What is said, each as its family and its member: ("bound", "least"), ("per", "month")."""

_LEAST = (
    r"more than|over|above|exceed(?:s|ed|ing)?|(?:greater|higher|larger|longer) than|in excess of|at least|"
    r"(?:a )?minimum(?: of)?|upwards of|exceeding|beyond|mehr als|über|mindestens|wenigstens|(?:größer|höher) als|"
    r"oberhalb(?: von)?|plus de|au moins|supérieure? à|minimum de|más de|al menos|como mínimo|superior a|più di|almeno|"
    r"superiore a|oltre|meer dan|minstens|ten minste|boven"
)
_MOST = (
    r"(?:less|fewer|lower|smaller|shorter) than|under|below|at most|up to|(?:a )?maximum(?: of)?|weniger als|unter|"
    r"höchstens|maximal|bis zu|(?:kleiner|niedriger|geringer) als|unterhalb(?: von)?|moins de|au plus|au maximum|"
    r"jusqu'à|inférieure? à|menos de|como máximo|inferior a|meno di|al massimo|fino a|inferiore a|minder dan|hoogstens|"
    r"maximaal|onder"
)
_AFTER = (
    r"after|since|from|later than|starting|nach|seit|ab|von|vom|später als|après|depuis|à partir du|después del?|desde|"
    r"dopo|dal|na|sinds|vanaf"
)
_BEFORE = (
    r"before|until|by|till|earlier than|through|prior to|vor|bis|spätestens|früher als|avant|jusqu'au|antes del?|hasta|"
    r"prima del|entro|voor|tot"
)
_NO = re.compile(
    r"\b(?:not|no|nor|never|neither|nobody|none|cannot|without|nicht|kein\w*|nie|niemals|niemand|keinesfalls|ohne|"
    r"ne|pas|jamais|aucun\w*|sans|no|nunca|ningún|ninguna|sin|non|mai|nessun\w*|senza|niet|geen|nooit|zonder)\b|n't\b",
    re.I,
)
_NEXT = r"(?:[ ](?!\d)[\w.'’]+){0,2}[ ]?[$€£¥(]?[ ]?\Z"
_BOUND = re.compile(rf"\b(?:(?P<one>{_LEAST})|(?P<other>{_MOST}))\b{_NEXT}", re.I)
_WHEN = re.compile(rf"\b(?:(?P<one>{_AFTER})|(?P<other>{_BEFORE}))\b(?:[ ](?!\d)[\w.'’]+,?)?[ ]?\Z", re.I)
_SIGN = re.compile(r"(?:(?P<one>>=?|≥)|(?P<other><=?|≤))[ ]?(?:[A-Z]{3}[ ]|[$€£])?\Z")
_ABOUT = re.compile(
    r"\b(?:about|around|approximately|approx\.?|roughly|nearly|almost|circa|ca\.?|rund|etwa|ungefähr|knapp|fast|environ|"
    r"près de|unos|unas|alrededor de|ongeveer)[ ]?(?:[A-Z]{3}[ ]|[$€£])?\Z|[~≈][ ]?(?:[A-Z]{3}[ ]|[$€£])?\Z",
    re.I,
)
_BEHIND = re.compile(
    r"[ ]?(?:\w+[ ]){0,2}?(?:(?P<one>überschreit\w*|übersteig\w*|überstiegen|überschritten)|"
    r"(?P<other>unterschreit\w*|unterschritten))\b",
    re.I,
)
_OR = re.compile(
    r"[ ]?(?:\w+[ ])?(?:or|and|oder|und|ou|et|o|y|e|of|en)[ ](?:(?P<one>more|above|over|mehr|plus|más|più|meer)|"
    r"(?P<other>less|fewer|below|under|weniger|moins|menos|meno|minder))\b",
    re.I,
)
_RISE = (
    r"r[oi]se[ns]?|rising|increas\w+|grew|grow\w*|gain\w*|climb\w*|higher|stieg\w*|gestiegen|steig\w*|"
    r"erhöh\w*|zunahme|zugenommen|wuchs\w*|gewachsen|zuwachs|höher\w*|hausse|augment\w+|aument\w+|crec\w+|cresc\w+|"
    r"stijg\w*|gestegen|toegenomen|toename|anstieg|rais(?:e|ed|es|ing)|widen\w*|expand\w*|angehoben|anhob|hob|"
    r"jump\w*|soar\w*|surg(?:e|ed|es|ing)|kletter\w*|geklettert|subi(?:ó|eron|do)|sub(?:e|en)|grimp\w*|sal(?:e|gono|it\w)"
)
_FALL = (
    r"f[ae]ll(?:s|en|ing)?|declin\w+|decreas\w+|drop\w*|reduc\w+|lower\w*|shr[aiu]nk\w*|sank\w*|gesunken|sink\w*|"
    r"rückgang\w*|zurückgegangen|verringer\w*|abnahme|abgenommen|niedriger\w*|gesenkt|senk\w*|baiss\w+|diminu\w+|"
    r"recul\w*|descen\w+|disminu\w+|calo|calat\w+|ridu\w+|riduzion\w+|daal\w*|gedaald|afgenomen|afname|cut|narrow\w*|"
    r"fiel(?:en)?|fällt|fallen|gefallen|plung\w+|slip(?:s|ped|ping)?|tumbl\w+|slump\w*|plummet\w*|stürz\w*|gestürzt|"
    r"baj(?:ó|aron|a|an|ado)|chut\w*|scend\w+|sces[eiao]"
)
_CHANGE = re.compile(
    rf"\b(?:(?P<one>{_RISE})|(?P<other>{_FALL}))\b(?:[ ](?!\d)[\w.'’-]+){{0,3}}?"
    rf"[ ](?:(?:by|of|to|um|auf|von|de|del|di|met|un|una)\b|dell?['’]){_NEXT}",
    re.I,
)
_VERB = re.compile(rf"\b(?:{_RISE}|{_FALL})\b", re.I)
_UP = re.compile(
    r"\b(?:(?P<one>up|rose|grew|climbed|gained|jumped|soared|surged)|(?P<other>down|fell|dropped|declined|lost|sank|slipped|plunged|tumbled|slumped))"
    r"(?:[ ](?:by|to|some|about|around|um|auf))?[ ]?(?:[$€£]|[A-Z]{3}[ ])?\Z",
    re.I,
)
_CHANGED = re.compile(
    r"[ ]?(?:%[ ])?(?:points?[ ])?"
    r"(?:(?P<one>increase|rise|gain|growth|higher|more|anstieg|zuwachs|höher|mehr|gestiegen|angehoben|erhöht|gewachsen)|"
    r"(?P<other>decrease|decline|drop|fall|reduction|lower|less|rückgang|niedriger|geringer|weniger|gesenkt|gesunken|"
    r"gefallen|reduziert|verringert))\b",
    re.I,
)
# Expenses increased (by) $1.1 billion: that is how much they changed, not how much they are. Without "by" only of verbs
# that take no other object: who raised or gained an amount has it.
_SIGN_OF_MONEY = r"[ ]?(?:[$€£]|[A-Z]{3}[ ])?\Z"
_ROUGHLY = (
    r"(?:[ ](?:about|around|approximately|roughly|nearly|almost|some|more than|over|less than|up to|at least|only|rund|"
    r"etwa|fast|knapp|mehr als|über|environ|près de|casi|unos|circa|quasi|ongeveer|bijna|de))?"
)
_BY = re.compile(
    r"\b(?:(?:increas|decreas|declin|grew|fell|dropp)\w*|"
    rf"(?:{_RISE}|{_FALL})(?:[ ](?!\d)[\w.'’-]+){{0,5}}?[ ](?:by|um)|"
    r"(?:increase|decrease|rise|fall|decline|reduction|growth)[ ]of|"
    r"(?:augment\w+|progress\w+|diminu\w+|baiss\w+|recul\w+|chut\w+)[ ](?:de|d')|"
    r"(?:subi|baj|ca|aument|disminuy)(?:ó|eron|aron|yó|yeron)(?:[ ]en)?|"
    r"(?:salit|aumentat|sces|diminuit|calat)[oaie][ ](?:di|del))"
    rf"{_ROUGHLY}{_SIGN_OF_MONEY}",
    re.I,
)
_UM = re.compile(r"\bum(?:[ ](?:rund|etwa|ca\.|fast|knapp|über|mehr als))?[ ]?(?:[$€£]|[A-Z]{3}[ ])?\Z")
_CHANGES = re.compile(
    r"\b(?:stieg\w*|steig\w*|gestiegen|erhöh\w*|wuchs\w*|gewachsen|fiel\w*|fällt|gefallen|sank\w*|sink\w*|gesunken|senk\w*|"
    r"gesenkt|höher|niedriger|verringer\w*|zugenommen|abgenommen|zurückgegangen)\b"
)
_HIGHER = re.compile(
    r"[ ]?(?:(?:Mio\.?|Mrd\.?|million|billion|thousand|euros?|EUR|dollars?|%|percent|points?)[ ]?)*"
    r"(?:higher|lower|gestiegen|gesunken|gefallen|gewachsen|höher|niedriger)\b(?! (?:up|of|than \d))",
    re.I,
)
_CHANGE_IS = re.compile(
    r"(?<!of the )(?<!of an )\b(?:increase|decrease|rise|decline|reduction|growth|difference|anstieg|rückgang|zuwachs)"
    r"(?:[ ](?:in|of|to|der|des|beim?)(?:[ ](?:the|our|its|their))?(?:[ ](?!\d)[\w'’-]+){1,2})?"
    r"[ ](?:was|were|is|are|totall?ed|war|ist|betrug)(?:[ ](?:about|rund))?" + _SIGN_OF_MONEY,
    re.I,
)
# Money or a share: the rent was reduced by the 2 owners, and the tower rises 40 m.
_MONEY_OR_SHARE = re.compile(
    r"[$€£%]|\b(?:percent|prozent|points?|punkte?|mio|mrd|tsd|mil(?:li(?:on|ard)\w*|j\w+)|billion|thousand|euros?|dollars?)\b|"
    r"(?-i:\b[A-Z]{3}\b)",
    re.I,
)
_IS = re.compile(
    r"\b(?:was|were|is|are|total(?:s|l?ed|l?ing)|amount(?:s|ed|ing) to|(?:stood|stands) at|reach(?:es|ed)|"
    r"accounts? for|accounted for|represent(?:s|ed)|contribut(?:es|ed)|invest(?:s|ed)|spends?|spent|earn(?:s|ed)|"
    r"generat(?:es|ed)|war(?:en)?|ist|sind|betr(?:ägt|agen|ug(?:en)?)|(?:lag|liegt|lagen|liegen) bei|"
    r"(?:beläuft|beliefen?|belaufen) sich auf|était|est|étaient|sont|s'élev\w+ à|fue(?:ron)?|es|son|era(?:no)?|è|sono|"
    rf"bedr(?:aagt|oeg|oegen)|is)(?:[ ](?:di|d'))?{_ROUGHLY}{_SIGN_OF_MONEY}",
    re.I,
)
_MORE = re.compile(
    rf"\b(?:{_RISE}|{_FALL}|differ\w+|chang\w+|addition\w+|extra|further|more|less|up|down|above|below|new|plus|savings?|"
    r"proceeds|surcharge|premium|bonus|discount|rebate|increment|steps?|escalat\w+|adjust\w+|threshold|limit|hires|charge|"
    r"zusätzlich\w*|mehr\w*|weniger|veränder\w*|unterschied\w*|änder\w*|wachstum|neue[nrs]?|"
    r"croissance|économie|hausse|subida|ahorro|crecimiento|risparmio|crescita|groei)\b",
    re.I,
)
# Der Umsatz nahm um 8 % zu; er ging um 8 % zurück.
_PARTED = re.compile(r"\b(?:nahm\w*|nimmt|nehmen|ging\w*|geht|gehen|legte\w*)\b", re.I)
_PARTICLE = re.compile(r"[ ]?(?:%[ ])?(?:auf[ ]\S+[ ])?(?:(?P<one>zu)|(?P<other>ab|zurück))\b")
_RESULT = re.compile(
    r"\b(?:(?P<one>profits?|(?:net|operating) (?:income|earnings)|surplus|gewinn\w*|\w*überschuss|bénéfice|beneficio|"
    r"utile)|"
    r"(?P<other>loss(?:es)?|deficit|verlust\w*|\w*fehlbetrag|perte|pérdida|perdita))\b(?:[ ](?!\d)[\w.'’-]+){0,3}?[ ]?"
    r"(?:[$€£]|[A-Z]{3}[ ])?\Z",
    re.I,
)
_TURN = re.compile(  # of a contract or a period
    r"\b(?:(?P<one>starts?|started|begins?|began|commences?|commenced|beginnt|begann|startet|commence|débute|empieza|"
    r"comienza|inizia|decorre)|(?P<other>ends?|ended|expires?|expired|terminates?|endet|endete|expire|prend fin|"
    r"termina|vence|scade))\b"
    r"(?: (?:on|at|from|in|by|the|automatically|am|zum|ab|mit|ablauf|des|automatisch|dem|den|le|el|il))*[ ]?\Z",
    re.I,
)
_TAXED = re.compile(
    r"\b(?:(?P<one>before|vor|pre-?)|(?P<other>after|nach|post-?))[ ]?(?:income )?(?:tax(?:es)?|steuern)\b", re.I
)
_PERIODS = {
    "year": r"year|annum|yr|jahr|an|année|año|anno|jaar",
    "quarter": r"quarter|quartal|trimestre|kwartaal",
    "month": r"month|monat|mois|mes|mese|maand",
    "week": r"week|woche|semaine|semana|settimana",
    "day": r"day|tag|jour|día|giorno|dag",
    "hour": r"hour|hr|stunde|heure|hora|ora|uur|h",
    "minute": r"minute|min",
}
_MEASURES = {
    "piece": r"unit|piece|item|stück|pièce|unidad|pezzo|stuk",
    "person": r"person|head|employee|capita|kopf|mitarbeiter",
    "share": r"share|aktie|action|acción|azione|aandeel",
    "kg": r"kg|kilo(?:gram)?m?",
    "g": r"g|gram",
    "t": r"t|tonne|ton",
    "m²": r"m²|m2|sqm|qm|square met(?:er|re)",
    "ft²": r"sq\.? ?ft|square foot",
    "m³": r"m³|m3|cubic met(?:er|re)",
    "m": r"m|met(?:er|re)",
    "km": r"km",
    "l": r"l|lit(?:er|re)",
    "kWh": r"kwh",
    "MWh": r"mwh",
}
_ADVERBS = {
    "year": r"annually|yearly|jährlich|annuellement|anualmente|annualmente|p\.a\.",
    "quarter": r"quarterly|vierteljährlich|trimestriell\w*",
    "month": r"monthly|monatlich|mensuel\w*|mensual\w*|mensil\w*|maandelijks",
    "week": r"weekly|wöchentlich|hebdomadaire\w*",
    "day": r"daily|täglich",
}
_MONEY = r"(?:(?:million|billion|thousand|Mio\.?|Mrd\.?)[ ])?(?:[A-Z]{3}\b|[€$£]|euros?|dollars?|pounds?|francs?)?"


_PERIODIC = {
    "year": r"annual|yearly|jährlich\w*|jahres\w+|annuel\w*|anual\w*|annual\w*",
    "quarter": r"quarterly|vierteljährlich\w*|quartals\w+|trimestriel\w*",
    "month": r"monthly|monatlich\w*|monats\w+|mensuel\w*|mensual\w*|mensil\w*",
    "week": r"weekly|wöchentlich\w*|wochen(?!ende)\w+|hebdomadaire\w*",
    "day": r"daily|täglich\w*|tages\w+",
    "hour": r"hourly|stündlich\w*|stunden\w+",
}


def _named(parts: dict[str, str], kind: str) -> str:
    return "|".join(f"(?P<{kind}{number}>{words})" for number, words in enumerate(parts.values()))


_PER = re.compile(
    rf"[ ]?{_MONEY}[ ]?(?:(?:(?:per|pro|par|je|al|por|por cada|each|every|/)[ ]?|(?P<article>an?|im|the|le|la)[ ])"
    rf"(?:{_named(_PERIODS, 'p')}|{_named(_MEASURES, 'm')})(?![\w²³])|(?:{_named(_ADVERBS, 'a')})(?!\w))",
    re.I,
)
# The monthly rent is EUR 900; the annual fee of 900.
_IN_FRONT = re.compile(
    rf"\b(?:{_named(_PERIODIC, 'f')})(?:[ ](?!\d)[\w.'’-]+){{1,4}}?[ ]?(?:[$€£]|[A-Z]{{3}}[ ])?\Z", re.I
)
_DAYS = re.compile(
    r"[ -]?(?:(?P<work>(?:business|working|banking)[ ]days?|(?:werk|arbeits|bank)tage?n?|jours? ouvr\w+|días hábiles|"
    r"giorni lavorativi|werkdagen)|(?P<all>(?:calendar|consecutive)[ ]days?|kalendertage?n?|jours? calendaires|"
    r"días naturales|kalenderdagen))\b",
    re.I,
)
_TAX = re.compile(
    rf"[ ]?{_MONEY}[ ]?(?:(?P<net>net|netto|hors taxes?|HT|(?:excl\w*\.?|plus|exclusive of) (?:VAT|tax)|"
    r"(?:zzgl\.?|zuzüglich|ohne) (?:der )?(?:ges\w*\.? )?(?:MwSt|USt|Mehrwertsteuer|Umsatzsteuer)|IVA esclusa)|"
    r"(?P<gross>gross|brutto|TTC|(?:incl\w*\.?|inclusive of) (?:VAT|tax)|"
    r"(?:inkl\.?|einschließlich) (?:der )?(?:MwSt|USt|Mehrwertsteuer|Umsatzsteuer)|IVA inclusa))\b"
    r"(?! (?:income|profit|loss|sales|revenue|margin|debt|assets))",
    re.I,
)
_TAX_FRONT = re.compile(
    r"\b(?P<what>net|gross|netto|brutto)-?[ ]?(?:amount|price|rent|salary|wage|fee|value|total|sum|betrag|preis|miete|"
    r"gehalt|lohn|wert|summe)\b(?:[ ](?!\d)[\w.'’-]+){0,3}?[ ]?(?:[$€£]|[A-Z]{3}[ ])?\Z",
    re.I,
)
_BREAK = re.compile(
    r"[;:!?|\n]|(?<!zzgl)(?<!inkl)(?<!incl)(?<!excl)(?<!ges)(?<!ca)(?<!Mio)(?<!Mrd)(?<!Tsd)"
    r"(?<!bzw)(?<!vgl)(?<!Nr)(?<!No)(?<!mln)(?<!mld)[.,](?=\s)"
)
FAR = 70
FEW = 24  # characters behind a value that tell whether it is a difference: $5 million higher than


def qualifiers(text: str, start: int, end: int) -> Qualifiers:
    """What is said of a number or an amount from ``start`` to ``end``, its unit included."""
    before, after = _around(text, start, end)
    found = {
        *_bounded(before, after),
        *_either("change", ("rise", "fall"), _nearest_change(before) or _UP.search(before) or _CHANGED.match(after)),
    }
    if _is_change(before, after) and _MONEY_OR_SHARE.search(text[max(0, start - 4) : end + 12]):
        found.add(("amount", "of a change"))
    elif _IS.search(before) and not _MORE.search(before) and not _MORE.search(after[:FEW]):
        found.add(("amount", "itself"))
    if _PARTED.search(before):
        found |= _either("change", ("rise", "fall"), _PARTICLE.match(after))
    found |= _either("result", ("profit", "loss"), _RESULT.search(before))
    found |= _either("taxed", ("before", "after"), _TAXED.search(before) or _TAXED.match(after.lstrip()))
    if _ABOUT.search(before):
        found.add(ABOUT)
    if per := _PER.match(after):
        group = per.lastgroup or ""
        number, names = int(group[1:]), {"p": _PERIODS, "m": _MEASURES, "a": _ADVERBS}[group[0]]
        if group[0] != "m" or not per["article"]:
            found.add(("per", list(names)[number]))
    elif front := _IN_FRONT.search(before):
        found.add(("per", list(_PERIODIC)[int((front.lastgroup or "f0")[1:])]))
    around = text[max(0, end - 24) : end + 24]
    for days in _DAYS.finditer(around):
        if max(0, end - 24) + days.start() <= end + 1:
            found.add(("days", "working" if days["work"] else "all"))
    if front := _TAX_FRONT.search(before):
        found.add(("tax", front["what"].lower().replace("netto", "net").replace("brutto", "gross")[:5].strip()))
    if tax := _TAX.match(after):
        found.add(("tax", "net" if tax["net"] else "gross"))
    return frozenset(found)


def _is_change(before: str, after: str) -> bool:
    """True if a value is by how much something changed."""
    if _BY.search(before) or _CHANGE_IS.search(before) or _HIGHER.match(after):
        return True
    said = _CHANGES.search(before) or _CHANGES.search(after) or (_PARTED.search(before) and _PARTICLE.search(after))
    return _UM.search(before) is not None and said is not None


def date_qualifiers(text: str, start: int, end: int) -> Qualifiers:
    """What is said of a date: since or until, and whether something begins or ends then."""
    before, _ = _around(text, start, end)
    match, turn = _WHEN.search(before), _TURN.search(before)
    found = _either("when", ("after", "before"), match, match is not None and _is_negated(before, match))
    return frozenset({*found, *_either("turn", ("begin", "end"), turn)})


def contradict(one: Qualifiers, other: Qualifiers) -> bool:
    """True if two values are qualified in a way that cannot be said of the same value."""
    families = {family for family, _ in one} & {family for family, _ in other}
    return any(
        {member for name, member in one if name == family}.isdisjoint(
            member for name, member in other if name == family
        )
        for family in families
    )


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """The words before and behind a value, up to the next break."""
    before, after = text[max(0, start - FAR) : start], text[end : end + FAR]
    breaks = [found.end() for found in _BREAK.finditer(before)]
    stop = _BREAK.search(after)
    return before[breaks[-1] if breaks else 0 :].replace("\u00a0", " "), after[: stop.start() if stop else None]


def _nearest_change(before: str) -> re.Match[str] | None:
    """The last verb of rising or falling that leads to a value behind it."""
    changes = (_CHANGE.match(before, verb.start()) for verb in reversed(list(_VERB.finditer(before))))
    return next((change for change in changes if change), None)


def _bounded(before: str, after: str) -> set[tuple[str, str]]:
    """At least or at most: by the words before a value, its sign, or the words behind it; "not more" is at most."""
    if match := _BOUND.search(before):
        return _either("bound", ("least", "most"), match, _is_negated(before, match))
    if match := _BEHIND.match(after):
        return _either("bound", ("least", "most"), match, bool(_NO.search(before) or _NO.search(match.group())))
    return _either("bound", ("least", "most"), _SIGN.search(before) or _OR.match(after))


def _is_negated(before: str, match: re.Match[str]) -> bool:
    """True if the clause denies what leads to its value: no person may claim more than."""
    return len(_NO.findall(before[: match.start()])) % 2 == 1


def _either(
    family: str, members: tuple[str, str], match: re.Match[str] | None, turned: bool = False
) -> set[tuple[str, str]]:
    if match is None:
        return set()
    return {(family, members[(match["one"] is None) != turned])}
