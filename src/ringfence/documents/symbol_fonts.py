"""What the codes of symbol fonts show: a tick, a cross, an empty box, ≤.

Wingdings and its like have signs where other fonts have letters. The tables hold the signs that forms and texts use;
the codes are those of the fonts that Windows has.
"""

from __future__ import annotations

__all__ = ["UNKNOWN", "is_symbol_font", "item_mark", "signs_of_private_codes", "symbol", "with_symbols"]

UNKNOWN = "\ufffd"  # no box: an unticked box is a value
_CIRCLED = {0x80 + number: sign for number, sign in enumerate("⓪①②③④⑤⑥⑦⑧⑨⑩")}
_CIRCLED |= {0x8B + number: sign for number, sign in enumerate("⓿❶❷❸❹❺❻❼❽❾❿")}
_FONTS = {
    "wingdings": {
        0xFE: "☒", 0xFD: "☒", 0xA8: "☐", 0x6F: "☐", 0x71: "☐", 0x72: "☐", 0xFC: "✓", 0xFB: "✗", 0x78: "☒", 0x52: "☑",
        0x9F: "•", 0x9E: "·", 0x6C: "●", 0xA1: "○", 0x6E: "■", 0xE0: "→", 0xF0: "→", 0xDF: "←", 0xE8: "→", 0xA7: "▪",
        0x76: "❖", 0xD8: "➢", 0x28: "☎", 0x2A: "✉", 0x4A: "☺", 0x4B: "😐", 0x4C: "☹", **_CIRCLED,
    },
    "wingdings 2": {
        0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☒", 0x53: "☒", 0x54: "☒", 0x55: "☒", 0xA3: "☐", 0x96: "•", 0x97: "●",
    },
    "webdings": {0x61: "✓", 0x72: "✗", 0x63: "☐", 0x67: "■", 0x6E: "●", 0x3D: "■"},
    "symbol": {
        0xB7: "•", 0xA3: "≤", 0xB3: "≥", 0xB1: "±", 0xB4: "×", 0xB8: "÷", 0xB0: "°", 0xA0: "€", 0x2D: "−", 0xB9: "≠",
        0xAE: "→", 0xA2: "′", 0xB2: "″", 0xD2: "®", 0xD3: "©", 0xD4: "™", 0xE2: "®", 0xE3: "©", 0xE4: "™", 0xBB: "≈",
        0xD6: "√", 0xA5: "∞", 0xE5: "∑", 0xF2: "∫",
        **dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)),
        **dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλµνοπθρστυϖωξψζ", strict=True)),
    },
}  # fmt: skip
_TICKS = set("☐☑☒✓✔✗✘✕✖❏❑❒□")
_PRIVATE = range(0xF000, 0xF100)  # where Unicode texts have the codes of such fonts


def is_symbol_font(font: str) -> bool:
    """True for a font whose letters are signs."""
    return font.lower() in _FONTS


def symbol(number: int, font: str) -> str:
    """Return the sign with a code in a symbol font (``is_symbol_font``); UNKNOWN if it is not in the tables."""
    code = number & 0xFF if number in _PRIVATE else number
    signs = _FONTS[font.lower()]
    if code in signs:
        return signs[code]
    if code in (0x09, 0x0A, 0x20, 0xA0):
        return chr(code) if code < 0xA0 else " "
    return chr(code) if signs is _FONTS["symbol"] and 0x20 < code < 0x40 else UNKNOWN


def with_symbols(text: str, font: str, wide: str | None = None) -> str:
    """Return a text with the signs that a symbol font has for its letters and for private codes.

    ``wide`` is the font of letters beyond ASCII, if another one. Letters that such a font lacks come from other fonts.
    """
    fonts = (font, font if wide is None else wide)
    if not any(map(is_symbol_font, fonts)):
        return text
    return "".join(_shown(each, fonts[ord(each) > 0x7F]) for each in text)


def signs_of_private_codes(text: str, font: str) -> str:
    """Return a text with the signs that a symbol font has for private codes; its letters are of another font."""
    if not is_symbol_font(font):
        return text
    return "".join(symbol(ord(each), font) if ord(each) in _PRIVATE else each for each in text)


def item_mark(bullet: str, font: str) -> str:
    """What stands before an item whose bullet is a letter of a font: a box or a tick, or ``-`` for any other bullet."""
    sign = with_symbols(bullet, font).strip()
    return sign if sign in _TICKS else "-"


def _shown(letter: str, font: str) -> str:
    code = ord(letter)
    return symbol(code, font) if is_symbol_font(font) and (0x20 <= code <= 0xFF or code in _PRIVATE) else letter
