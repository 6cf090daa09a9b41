"""Do values survive a round trip through CLDR? Write them as 40 languages do, put them into text, and read them back.

Each string is written by babel (or, for telephone numbers and accounts, by the registries' own rules) in a stated
locale. ``right`` comes back exactly, ``flagged`` comes back as null with a flag or not at all, ``wrong`` comes back as
another value without a flag: there must be none. Run: make bench-values ARGS="--strings 200000 --examples 3"
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import babel
import babel.dates
import babel.numbers
import babel.units
import phonenumbers

from ringfence.checker.derived import fault_of_derived
from ringfence.documents import Document, Source
from ringfence.documents.text import document_from_text
from ringfence.tasks.fields import PatternField
from ringfence.tasks.locale import Locale
from ringfence.tasks.recognisers import find_candidates

LOCALES = (
    "en_US", "en_GB", "en_IN", "de", "de_AT", "de_CH", "fr", "fr_CH", "fr_CA", "es", "es_MX", "it", "nl", "pt", "pt_PT",
    "sv", "da", "nb", "fi", "is", "pl", "cs", "sk", "sl", "hr", "hu", "ro", "bg", "ru", "uk", "el", "tr", "et", "lv",
    "lt", "ca", "gl", "eu", "af", "id", "ms", "vi", "ja", "zh", "ko",
)  # fmt: skip
CODES = ("EUR", "USD", "GBP", "CHF", "SEK", "PLN", "JPY", "INR", "BRL", "CAD", "KWD")
CONTEXTS = (
    "{}", "The amount is {} as agreed.", "Total:   {}   A", "Gesamt: {}", "{}, due at once",
    "Pos   Item   Sum\n1   Bolt   {}\n2   Nut   x",
    "see {}; it is final", "| {} |", "* {}\n",
)  # fmt: skip


@dataclass(frozen=True)
class Written:
    """A printed value: its kind, text, meaning and locale."""

    kind: str
    text: str
    value: Any
    locale: str
    form: str


def number(draw: random.Random, locale: str) -> Written:
    """A number with up to three decimals, positive or negative."""
    places = draw.choice((0, 0, 1, 2, 2, 3))
    value = Decimal(draw.randrange(-(10 ** draw.randrange(2, 10)), 10 ** draw.randrange(3, 10))).scaleb(-places)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return Written(
        "number", babel.numbers.format_decimal(value, pattern, locale=locale), str(value), locale, f"{places} places"
    )


def money(draw: random.Random, locale: str) -> Written:
    """An amount with its symbol, code or name, or in accounting style."""
    code = draw.choice(CODES)
    places = babel.numbers.get_currency_precision(code)
    value = Decimal(draw.randrange(-(10**6), 10**8)).scaleb(-places)
    form = draw.choice(("standard", "accounting", "name", "code before", "code behind"))
    if form.startswith("code"):
        digits = babel.numbers.format_decimal(value, "#,##0" + ("." + "0" * places if places else ""), locale=locale)
        text = f"{code} {digits}" if form == "code before" else f"{digits} {code}"
    else:
        text = babel.numbers.format_currency(value, code, locale=locale, format_type=form)  # type: ignore[arg-type]
    return Written("money", text, {"amount": str(value), "currency": code}, locale, form)


def large(draw: random.Random, locale: str) -> Written:
    """An amount with a word for thousands, millions or thousand millions."""
    if "long" not in babel.Locale.parse(locale).compact_decimal_formats:
        locale = "de"
    value = Decimal(draw.randrange(1, 999)) * Decimal(10) ** draw.choice((3, 6, 9))
    code = draw.choice(("EUR", "USD"))
    digits = babel.numbers.format_compact_decimal(value, format_type="long", locale=locale, fraction_digits=1)
    return Written("money", f"{code} {digits}", {"amount": str(int(value)), "currency": code}, locale, "large")


def percent(draw: random.Random, locale: str) -> Written:
    """A percentage with up to two decimals."""
    places = draw.choice((0, 1, 2))
    value = Decimal(draw.randrange(-(10**3), 10**4)).scaleb(-places)
    pattern = "#,##0" + ("." + "0" * places if places else "") + "%"
    own = str(babel.Locale.parse(locale).percent_formats[None].pattern).replace("#,##0", pattern[:-1])
    text = babel.numbers.format_percent(value.scaleb(-2), own, locale=locale)
    return Written("percent", text, str(value), locale, f"{places} places")


def day(draw: random.Random, locale: str) -> Written:
    """A date in one of the four lengths of CLDR."""
    value = date(1970, 1, 1) + timedelta(days=draw.randrange(36000))
    width: Any = draw.choice(("short", "medium", "long", "full"))
    return Written("date", babel.dates.format_date(value, width, locale=locale), value.isoformat(), locale, width)


def period(draw: random.Random, locale: str) -> Written:
    """Two dates joined by a dash."""
    first = date(1990, 1, 1) + timedelta(days=draw.randrange(16000))
    last = first + timedelta(days=draw.randrange(1, 400))
    width: Any = draw.choice(("medium", "long"))
    dash = draw.choice((" - ", " – ", "–", " bis ", " to "))
    text = dash.join(babel.dates.format_date(each, width, locale=locale) for each in (first, last))
    return Written("period", text, {"from": first.isoformat(), "to": last.isoformat()}, locale, width)


def duration(draw: random.Random, locale: str) -> Written:
    """A number of years to minutes, in words of the locale."""
    unit, code = draw.choice(
        (("year", "Y"), ("month", "M"), ("week", "W"), ("day", "D"), ("hour", "TH"), ("minute", "TM"))
    )
    count = draw.choice((draw.randrange(1, 100), draw.randrange(1, 1500)))
    text = babel.units.format_unit(count, f"duration-{unit}", "long", locale=locale)
    if "duration-" in text or locale == "eu":  # babel has no form for this count
        locale = "de"
        text = babel.units.format_unit(count, f"duration-{unit}", "long", locale=locale)
    value = f"PT{count}{code[1]}" if code.startswith("T") else f"P{count}{code}"
    return Written("duration", text, value, locale, unit)


def phone(draw: random.Random, locale: str) -> Written:
    """A telephone number of a country, in its international or national form."""
    region = babel.Locale.parse(locale).territory or draw.choice(("DE", "FR", "US", "GB", "IN"))
    found = phonenumbers.example_number_for_type(region, draw.choice((0, 1, 2)))
    found = found or phonenumbers.parse("+49 30 901820")
    national = babel.Locale.parse(locale).territory is not None and draw.random() < 0.4
    form = phonenumbers.PhoneNumberFormat.NATIONAL if national else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    value = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    return Written(
        "phone", phonenumbers.format_number(found, form), value, locale, "national" if national else "international"
    )


def iban(draw: random.Random, locale: str) -> Written:
    """A bank account with right check digits, in groups, in one piece or with hyphens."""
    shape = draw.choice(
        ("DE18n", "FR10n11c2n", "GB4a14n", "NL4a10n", "NO11n", "MT4a5n18c", "AT16n", "CH5n12c", "PL24n")
    )
    signs = {"n": "0123456789", "a": "ABCDEFGHJKLM", "c": "0123456789ABCXYZ"}
    account, count = "", ""
    for character in shape[2:]:
        if character.isdigit():
            count += character
        else:
            account += "".join(draw.choice(signs[character]) for _ in range(int(count)))
            count = ""
    rest = int("".join(str(int(each, 36)) for each in account + shape[:2] + "00")) % 97
    value = f"{shape[:2]}{98 - rest:02}{account}"
    form = draw.choice(("plain", "groups", "hyphens"))
    groups = [value[start : start + 4] for start in range(0, len(value), 4)]
    return Written(
        "iban", {"plain": value, "groups": " ".join(groups), "hyphens": "-".join(groups)}[form], value, locale, form
    )


def email(draw: random.Random, locale: str) -> Written:
    """An e-mail address with any sign that its name may have."""
    name = draw.choice("abcxyz") + "".join(
        draw.choice("abcdefgh.0123456789_+-'&") for _ in range(draw.randrange(1, 12))
    )
    name = name.strip(".'&").replace("..", ".") or "a"
    text = f"{name}@{draw.choice(('example.com', 'mail.example.co.uk', 'büro-nord.example'))}"
    return Written("email", text, text.lower(), locale, "plain")


MAKERS: dict[str, Callable[[random.Random, str], Written]] = {
    "number": number, "money": money, "large": large, "percent": percent, "date": day, "period": period,
    "duration": duration, "phone": phone, "iban": iban, "email": email,
}  # fmt: skip


def outcome(written: Written, context: str) -> tuple[str, str]:
    """``right``, ``flagged`` or ``wrong``, and what was read."""
    text = context.format(written.text)
    document: Document = document_from_text(Source(Path("x"), "x"), text, "0" * 64, "text/1")
    start = document.text.find(document_from_text(Source(Path("x"), "x"), written.text, "0" * 64, "text/1").text)
    end = start + len(written.text)
    spec = PatternField.model_validate({"kind": written.kind})
    locale = Locale(language=written.locale)
    found = [c for c in find_candidates(spec, document, locale) if c.start < end and c.end > start]
    stated = [c for c in found if c.value is not None]
    shown = (
        "; ".join(f"{document.text[c.start : c.end]!r} {c.value} {c.flags} {c.readings}" for c in found) or "nothing"
    )
    if not stated:
        return "flagged", shown
    for candidate in stated:
        if not _same(candidate.value, written, candidate.flags):
            return "wrong", shown
        raw = document.text[candidate.start : candidate.end]
        if fault := fault_of_derived(written.kind, candidate.value, raw, locale.model_dump()):
            return "refused", f"{shown}: {fault}"
    return "right", shown


def _same(value: Any, written: Written, flags: tuple[str, ...]) -> bool:
    wanted = written.value
    if written.kind == "money":
        same = Decimal(value["amount"]) == Decimal(wanted["amount"])
        return same and (value["currency"] == wanted["currency"] or (value["currency"] is None and bool(flags)))
    if written.kind in ("number", "percent"):
        return Decimal(value) == Decimal(wanted)
    if written.kind == "date" and "two-digit-year" in flags:
        return bool(value[2:] == wanted[2:])
    return bool(value == wanted)


def main() -> None:
    """Print a table by kind, and examples of what was not right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strings", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--examples", type=int, default=2)
    parser.add_argument("--kind", choices=sorted(MAKERS))
    options = parser.parse_args()
    draw = random.Random(options.seed)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    examples: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    kinds = [options.kind] if options.kind else list(MAKERS)
    for number_ in range(options.strings):
        kind = kinds[number_ % len(kinds)]
        written = MAKERS[kind](draw, draw.choice(LOCALES))
        context = draw.choice(CONTEXTS)
        result, shown = outcome(written, context)
        counts[kind][result] += 1
        if result != "right":
            examples[(result, kind, written.locale, written.form)].append(
                f"{context.format(written.text)!r} is {written.value}: {shown}"
            )
    for key, lines in sorted(examples.items(), key=lambda item: (item[0][0] != "wrong", item[0])):
        print(*key, len(lines))
        for line in lines[: options.examples]:
            print("   ", line)
    names = ("right", "flagged", "refused", "wrong")
    print("\n" + " ".join(f"{name:>10}" for name in ("kind", "strings", *names, "flagged")))
    for kind, count in counts.items():
        total = sum(count.values())
        cells = (kind, total, *(count[name] for name in names), f"{count['flagged'] / total:.2%}")
        print(" ".join(f"{cell:>10}" for cell in cells))
    print("wrong:", sum(count["wrong"] for count in counts.values()))


if __name__ == "__main__":
    main()
