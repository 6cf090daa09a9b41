"""What numbers are measured in: units and currencies, each under one name whatever a text writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

__all__ = [
    "converted",
    "currencies_of",
    "end_of_unit",
    "head_scale",
    "scale_heads",
    "scale_behind",
    "scale_in",
    "sign_power",
    "suffix_power",
    "unit_after",
]

_UNITS = {
    "percent": "% percent per_cent pct prozent pour_cent por_ciento per_cento procent",
    "point": "percentage_points? prozentpunkte? points_de_pourcentage",
    "basis point": "basis_points? bps? basispunkte?",
    "permille": "‰",
    "year": "years? yrs? jahre?n? jahres ans années? año años anni anno jaar jaren p\\.a\\.",
    "month": "months? mths? monate?n? monats mois mes meses mesi mese maand maanden",
    "week": "weeks? wochen? semaines? semanas? settiman[ae] weken",
    "day": "(?:calendar_|business_|working_|banking_|consecutive_)?days? (?:kalender|werk|arbeits|bank)?tage?n? "
    "jours? días? giorn[io] dag dagen",
    "hour": "hours? hrs? stunden? std heures? horas? ore uur uren h",
    "minute": "minutes? mins? minuten minutos minuti",
    "second": "seconds? secs? sekunden? s",
    "millisecond": "ms milliseconds?",
    "mg": "mg milligrams?", "g": "g grams? gramm", "kg": "kg kilos? kilograms? kilogramm",
    "t": "t tons? tonnes? tonnen", "µg": "[µμ]g micrograms?", "l/min": "l/min", "l/h": "l/h",
    "lb": "lbs? pounds?", "oz": "oz ounces?",
    "mm": "mm", "cm": "cm", "m": "m met(?:er|re)s? meter", "km": "km kilomet(?:er|re)s? kilometer",
    "mile": "miles? mi", "foot": "ft feet foot", "inch": "inch inches", "yard": "yards? yd",
    "m²": "m² m2 sqm qm square_met(?:er|re)s? quadratmeter", "ft²": "sq\\.?_?ft square_feet ft²",
    "ha": "ha hectares? hektar",
    "acre": "acres?", "m³": "m³ m3 cubic_met(?:er|re)s? kubikmeter", "l": "l lit(?:er|re)s? liter", "ml": "ml",
    "gallon": "gallons? gal", "V": "V volts? volt", "kV": "kV", "A": "A amps? amperes? ampere", "mA": "mA",
    "W": "W watts? watt", "kW": "kW kilowatts?", "MW": "MW megawatts?",
    "mW": "mW", "mHz": "mHz", "N": "N", "kN": "kN", "MN": "MN", "mN": "mN",
    "kb": "kb kbit", "Mb": "Mb Mbit", "Gb": "Gb Gbit", "kWh": "kWh", "MWh": "MWh",
    "Hz": "Hz hertz", "rpm": "rpm U/min",
    "kHz": "kHz", "MHz": "MHz",
    "GHz": "GHz", "kB": "kB KB", "MB": "MB megabytes?", "GB": "GB gigabytes?", "TB": "TB",
    "bar": "bar", "Pa": "Pa", "kPa": "kPa",
    "MPa": "MPa", "psi": "psi", "°C": "°C degrees_celsius grad_celsius", "°F": "°F degrees_fahrenheit", "Nm": "Nm",
    "share": "shares aktien", "page": "pages seiten", "cent": "cents? ct centimes? céntimos? centesimi pence ¢",
}  # fmt: skip
# Each in a smaller unit, or in the one that all of its kind share.
_CONVERTED = {
    "permille": ("percent", "0.1"), "basis point": ("percent", "0.01"), "part": ("percent", "100"),
    "year": ("month", "12"), "week": ("day", "7"),
    "hour": ("second", "3600"), "minute": ("second", "60"), "millisecond": ("second", "0.001"),
    "mg": ("g", "0.001"), "µg": ("g", "0.000001"), "kg": ("g", "1000"), "t": ("g", "1000000"),
    "mm": ("m", "0.001"), "cm": ("m", "0.01"), "km": ("m", "1000"), "ml": ("l", "0.001"), "ha": ("m²", "10000"),
    "kV": ("V", "1000"), "mA": ("A", "0.001"), "kW": ("W", "1000"), "MW": ("W", "1000000"), "MWh": ("kWh", "1000"),
    "kHz": ("Hz", "1000"), "MHz": ("Hz", "1000000"), "GHz": ("Hz", "1000000000"),
    "bar": ("Pa", "100000"), "kPa": ("Pa", "1000"), "MPa": ("Pa", "1000000"),
}  # fmt: skip
_EXACT = re.compile(r"[A-Z°‰%²³]|\A(?:mm|cm|m|km|g|kg|mg|t|l|ml|s|ms|h|ha|oz|mi|yd|lb|ft)\Z")  # letter case counts
_DOLLARS = frozenset("USD CAD AUD NZD HKD SGD MXN TWD BRL".split())  # noqa: SIM905
_OPEN = {
    "$": _DOLLARS, "dollar": _DOLLARS, "¥": frozenset({"JPY", "CNY"}), "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "kron": frozenset({"SEK", "NOK", "DKK", "CZK"}), "pound": frozenset({"GBP", "EGP"}),
    "rupee": frozenset({"INR", "PKR"}),
    "franc": frozenset({"CHF", "FRF", "XAF", "XOF", "BEF"}), "lei": frozenset({"RON", "MDL"}),
    "peso": frozenset({"MXN", "ARS", "COP", "CLP", "PHP"}), "€": frozenset({"EUR"}), "£": frozenset({"GBP"}),
    "eur": frozenset({"EUR"}), "usd": frozenset({"USD"}), "gbp": frozenset({"GBP"}), "chf": frozenset({"CHF"}),
}  # fmt: skip
_MARK = re.compile(
    r"\$|¥|€|£|\b(?:kr\b|kron\w+|dollars?\b|pounds?\b|rupees?\b|francs?\b|lei\b|pesos?\b|euros?\b|[TKM]?EUR\b|USD\b|GBP\b|CHF\b)",
    re.I,
)
_POWERS = {"k": 3, "t": 3, "m": 6, "mn": 6, "mm": 6, "b": 9, "bn": 9, "md": 9, "mio": 6, "mrd": 9, "tsd": 3}
_SCALES = (
    (
        3,
        r"thousands?|tsd\.?|tausend|milliers|miles|migliaia|duizend(?:en)?|milhares|tys\.?|tis\.?|тыс\.?|тис\.?|'000s?|000s|千",
    ),
    (6, r"millions?|mio\.?|millionen|millones|milioni|miljoen(?:en)?|milhões|mln\.?|mil\.|mn|млн\.?|百万"),
    (9, r"billions?|mrd\.?|milliarden?|milliards?|miljard(?:en)?|miliardi|mld\.?|млрд\.?|bn|十億"),
    (5, r"lakhs?|lacs?"),
    (7, r"crores?"),
)
_SHORT_HEADS = {"teur": 3, "t€": 3, "keur": 3, "k€": 3, "meur": 6, "m€": 6, "teuro": 3, "tchf": 3, "tusd": 3, "tgbp": 3}
_SHORT_HEAD = re.compile(r"(?<![\w€])(TEUR|TEuro|TCHF|TUSD|TGBP|T€|kEUR|k€|MEUR|M€)(?![\w€])(?!\s?\d)")
_MONEY = r"(?:US\$|R\$|[$€£₹¥]|EUR|USD|GBP|CHF|Rs\.?|dollars?|euros?|zł|Kč|руб\.?|円|元)"
_HEADS = tuple(
    (
        power,
        re.compile(
            rf"(?im)(?:\(|\b(?:in|en|em|w|v|в|amounts?|figures)[ ]|(?:単位|单位)[:：]|^){_MONEY}?[ ]?(?:in[ ])?"
            rf"(?:{words})(?![^\W円元])(?:[ ]?(?:(?:of|von|de|di)[ ])?{_MONEY}|(?![ ](?:of|von|de|di)[ ]))"
            rf"|{_MONEY}[ ](?:in[ ])?(?:{words})(?=[\s,;)|:]|$)"
        ),
    )
    for power, words in _SCALES
)


def converted(units: frozenset[str]) -> Iterator[tuple[Decimal, frozenset[str]]]:
    """What a number in a unit is in others: the factor, and those units."""
    for unit in units & _CONVERTED.keys():
        other, factor = _CONVERTED[unit]
        yield Decimal(factor), frozenset({other})
    if "cent" in units:
        yield Decimal("0.01"), _DOLLARS | {"EUR", "GBP", "CHF"}


@cache
def _pattern() -> re.Pattern[str]:
    named = []
    for number, forms in enumerate(_UNITS.values()):
        words = sorted(forms.split(), key=len, reverse=True)
        parts = [(word if _EXACT.search(word) else f"(?i:{word})").replace("_", r"[ \u00a0-]") for word in words]
        named.append(f"(?P<u{number}>{'|'.join(parts)})")
    return re.compile(rf"[ \u00a0]?-?(?:\([^()\n]{{1,20}}\)[ ])?(?:{'|'.join(named)})(?![\w²³])")


def unit_after(text: str, end: int) -> frozenset[str]:
    """The unit behind a number that ends there; empty if none is known."""
    match = _pattern().match(text, end)
    if match is None or match.lastgroup is None:
        return frozenset()
    return frozenset({list(_UNITS)[int(match.lastgroup[1:])]})


def end_of_unit(text: str, end: int) -> int:
    """Where the unit behind a number ends; ``end`` itself if there is none."""
    match = _pattern().match(text, end)
    return match.end() if match else end


def scale_behind(text: str, end: int) -> int | None:
    """The power of ten of a scale word behind a number: million, Mio., milliards."""
    for power, words in _SCALES:
        if re.match(rf"[ \u00a0](?:{words})(?!\w)", text[end : end + 16], re.I):
            return power
    return None


def scale_in(raw: str) -> bool:
    """True if a number has a scale word."""
    return any(re.search(rf"\d[ \u00a0](?:{words})(?!\w)", raw, re.I) for _, words in _SCALES)


def currencies_of(text: str, start: int, end: int) -> frozenset[str]:
    """The currencies that the sign or name in an amount, or right beside a number, can stand for."""
    around = text[start:end]
    if not (mark := _MARK.search(around)):
        before = re.search(
            r"(?:\$|¥|€|£|(?<!\w)(?:kr|[TKM]?EUR|USD|GBP|CHF))[ \u00a0]?\(?\Z", text[max(0, start - 7) : start]
        )
        after = re.match(r"[ \u00a0]?(?:(?:million|billion|thousand|Mio\.?|Mrd\.?)[ ])?", text[end : end + 12])
        mark = before or _MARK.match(text, end + (after.end() if after else 0))
    if not mark:
        return frozenset()
    word = mark.group().strip(" \u00a0(").lower()
    return next((codes for sign, codes in _OPEN.items() if sign in word), frozenset())


def sign_power(text: str, start: int, end: int) -> int | None:
    """The power of ten of the sign at an amount: TEUR 500, 500 T€; None if it has none."""
    before = re.search(r"(?<!\w)(TEUR|T€|[kK]EUR|[kK]€|MEUR|M€)[ \u00a0]?\Z", text[max(0, start - 7) : start])
    within = re.match(r"\D{0,2}(TEUR|T€|[kK]EUR|[kK]€|MEUR|M€)(?=[ \u00a0]?\d)", text[start:end])
    found = before or within
    return _SHORT_HEADS[found.group(1).lower()] if found else None


def suffix_power(text: str, start: int, end: int) -> int | None:
    """The power of ten of a letter at a number: 5.2M, $5k, 5B; None if there is none."""
    raw = text[start:end]
    digits = re.search(r"\d(?=\D*\Z)", raw)
    behind = raw[digits.end() :] if digits else ""
    match = re.match(r"[ ]?(k|mn|mm|m|bn|b|t|md|mio|mrd|tsd)(?:€|EUR)?(?![\w.])", behind or text[end : end + 6], re.I)
    return _POWERS[match.group(1).lower()] if match else None


def head_scale(text: str) -> tuple[int, frozenset[str]] | None:
    """The power of ten that a head gives to the numbers below it, and their currency: (in thousands of EUR)."""
    for power, head in scale_heads(text):
        mark = _MARK.search(head.group())
        word = mark.group().lower() if mark else ""
        units = next((codes for sign, codes in _OPEN.items() if word and sign in word), frozenset())
        return power, units
    return None


def scale_heads(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    """The words that give a power of ten to the numbers below them, and that: TEUR, in millions, ($ in thousands)."""
    for given, pattern in ((None, _SHORT_HEAD), *_HEADS):
        for head in pattern.finditer(text):
            if not re.search(r"\d\s?\Z", text[max(0, head.start() - 2) : head.start()]):
                yield given or _SHORT_HEADS[head.group(1).lower()], head
