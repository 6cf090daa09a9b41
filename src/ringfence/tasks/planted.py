"""Text in a document that speaks to the model: instructions, a false end of the prompt, letters that look like others.

A document is data. Whoever writes one that is read by a machine may address the machine, and a small model may obey.
What is found here is not removed, because a person may ask for it; the answers of its document carry a flag.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata

__all__ = ["PLANTED", "break_frame", "has_planted_text"]

PLANTED = "planted-instruction"
_FORGET = (
    r"(?:\b(?:ignore|disregard|forget|override|bypass|ignorieren? sie|ignoriere|vergiss|missachte|ignorez|oubliez|"
    r"ignora|ignorate|olvida|negeer|zignoruj|pomiń|bortse|ignorera|ignorer|игнорируй(?:те)?|забудь(?:те)?)\b|"
    r"忽略|忽视|无视|無視|忘记|무시|تجاهل)"
)
_RULES = (
    r"(?:instruction|prompt|anweisung|consigne|instrucci[oó]n|instruç|istruzion|instructie|directive|system message|"
    r"rules above|text above|instrukcj|polece(?:nia|ń)|instruktion|инструкци|указани|指示|指令|提示|지시|التعليمات)"
)
_MACHINE = (
    r"(?:ai|llm|a\.i\.|ki|ia|language model|sprachmodell|ai model|assistant|chatbot|chatgpt|"
    r"automated (?:reader|system)s?|extraction (?:system|model|tool)|bot)"
)
_MODEL = (
    r"(?:ai(?: assistant| system)?|llm|language model|sprachmodell|chatbot|chatgpt|question answering|"
    r"(?:answering|reading) (?:system|machine|software)|software that (?:quotes|reads|cites|answers))s?"
)
_SAY = r"(?:answer|reply|respond|say|write|state|report|cite|quote|mention|tell|output|repeat|put down|give out)"
_ANSWER = r"(?:answer|label|output|class|category|antwort|kategorie|réponse|respuesta)"
_TELLS = (
    rf"{_FORGET}[^.\n]{{0,60}}{_RULES}|\btalimat\w*\b[^.\n]{{0,20}}\byok say",
    rf"\b(?:note|notice|message|instruction|attention|hinweis|anweisung|nota|hint)s?\b[^.\n]{{0,20}}"
    rf"\b(?:to|for|an|für|à|para)\b[^.\n]{{0,16}}\b{_MACHINE}\b",
    rf"\b(?:if you are|you are|du bist|vous êtes|tu es) (?:now )?(?:an? |the |ein[e]? |in |une? )?"
    rf"(?:{_MACHINE}\b|(?:test|developer|debug|admin) mode)",
    r"^\s*(?:#+\s*)?\[?(?:system|assistant)\]?\s*(?:prompt|message|override)?\s*:",
    rf"\b(?:right|correct|only|true|richtige|korrekte|bonne|correcta) {_ANSWER} (?:is|ist|est|es|must)\b",
    rf"\bthe {_ANSWER} is:|\bthe (?:label|output) (?:is|must be|should be)\b",
    r"\b(?:answer|reply|respond|output|antworte|réponds|responde) (?:with )?(?:null|exactly|only|always|immer)\b",
    r"\b(?:every|each|any|all) fields?\b[^.\n]{0,12}\b(?:answer|reply|output|write|antworte)\b",
    r"\b(?:write|put|set|output|fill in|classify|extract|schreibe|setze)\b[^.\n]{0,30}"
    r"(?:(?-i:\b[a-z]{2,}_[a-z_]{2,}\b)|\btotal: )",
    r"\b(?:classify|label|summari[sz]e) (?:this|it|the (?:document|text|letter|mail))\b[^.\n]{0,12}\bas\b",
    r"\bthe summary (?:must|should|has to)\b",
    r"\bend of (?:document|passages)\.",
    r"^[ \t]*(?:(?-i:[a-z]+(?:_[a-z]+)+):[ ]|labels?:[ ]?\w+[ ]*$)",  # the form of an answer
    r"\bfields to fill in\b|\banswer with one line for each field\b",
    r"<[|｜][^<>\n]{1,40}[|｜]>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>",
    # What the prompts of a corpus speak of: to the writer, to the judge of passages and to the checker of claims.
    rf"\b{_MODEL}\b[^.\n]{{0,40}}\b(?:must|should|shall|ha(?:s|ve) to|(?:is|are) (?:required|asked|told) to)\b"
    rf"[^.\n]{{0,24}}\b{_SAY}\b",
    rf"\b(?:assistant|chatbot|language model|ai),? you (?:must|should|are|will|have)\b|\bfrom now on,? you {_SAY}\b",
    rf"\b(?:dear|for|to) (?:the |any |all |automated )*{_MODEL} ?[:,]",
    r"\byou have been (?:updated|reprogrammed|reconfigured)\b|\bignore the question\b",
    rf"\b{_SAY}\b[^.\n]{{0,40}}\band nothing else\b|\b(?:always|only|must) {_SAY}(?: only)? ?[:\"“]",
    rf"\b(?:when|whenever|if|whoever|anyone who|somebody who)\b[^.\n]{{0,20}}\basks?(?:ed)?\b"
    rf"[^.\n]{{0,60}}\b{_SAY}\b ?[:\"“\d]",
    r"\b(?:ignore|use|cite|quote) (?:only )?(?:this|the other|all other|these) passages?\b",
    r"\b(?:other|remaining|these|the) passages\b[^.\n]{0,20}\b(?:do not answer|answer|contain the answer|are void)\b",
    r"\bthe statement is (?:not )?(?:supported|contradicted|stated)\b|\bsupported by (?:this|the) (?:source|passage)\b",
    r"\b(?:source|passages?) supports? (?:the|every|any|all) (?:statement|claim)|\bsupported(?:[,;.]? supported\b)+",
    r"\bmarks? (?:them|it|everything|every \w+) as (?:correct|supported|true|confirmed)\b",
    r"\b(?:answer|reply|respond):? [\"“]?(?:yes|no)\b(?! or\b|/)",
    rf"\b{_SAY} that (?:nothing|no (?:answer|information)) (?:was|is) found\b",
    r"\b(?:end|begin|start|close) (?:every|each|all|your) (?:answer|reply|response)s?\b|(?-i:\bNOT IN THE DOCUMENTS\b)",
    r"\banswers? to (?:anything|everything)\b",
    r"\bwhoever (?:compiles|writes|gives|prepares) (?:the|an?) (?:answer|reply|response)\b",
)
_TELL = re.compile("|".join(_TELLS), re.I | re.M)
_LETTERS = re.compile(r"[A-Za-z][\u0430-\u044f][A-Za-z]|(?:[A-Za-z][\u200b-\u200d\u2060\ufeff]){3}")
_FRAME = re.compile(r"e(?=nd of (?:document|passages|source))|\bf(?=ields to fill in)|\ba(?=nswer with one line)", re.I)
_LOOKALIKES = str.maketrans(
    "аеорсхуіјѕԁһАЕОРСХУІЈЅВНКМТοαενικρτυχΟΑΕΝΙΚΡΤΥΧ", "aeopcxyijsdhAEOPCXYIJSBHKMToaevikptuxOAENIKPTYX"
)
_SPACED = re.compile(r"(?<!\S)(?:\S ){5,}\S(?!\S)")
_CODED = re.compile(r"\b(?:[0-9a-f]{2}){16,}\b|[A-Za-z0-9+/]{24,}={0,2}")
_TAG = 0xE0000  # the block of invisible characters that repeats ASCII


def has_planted_text(text: str) -> bool:
    """True if a document addresses the model that reads it, or imitates a prompt; also in letters that hide it."""
    if _TELL.search(text) or _LETTERS.search(text):
        return True
    plain = _undisguised(text)
    return plain != text and _TELL.search(plain) is not None


def _undisguised(text: str) -> str:
    """Return a text without invisible characters and look-alikes, with spaced words joined and codes decoded."""
    shown = (chr(ord(c) - _TAG) if _TAG < ord(c) < _TAG + 127 else c for c in text)
    kept = "".join(c for c in shown if unicodedata.category(c) != "Cf")
    plain = unicodedata.normalize("NFKC", kept).translate(_LOOKALIKES)
    plain = _SPACED.sub(lambda match: re.sub(r"(\S) (?=\S)", r"\1", match.group()), re.sub(r"[ ]{2,}", "  ", plain))
    return "\n".join([plain, *(_decoded(match.group()) for match in _CODED.finditer(plain))])


def _decoded(code: str) -> str:
    """Return the text in a base64 or hexadecimal code; empty if there is none."""
    for decode in (bytes.fromhex, base64.b64decode):
        try:
            text = decode(code).decode()
        except (ValueError, binascii.Error, UnicodeDecodeError):
            continue
        return text if text.isprintable() else ""
    return ""


def break_frame(text: str) -> str:
    """Break the words of our own prompt in its copy of a document, so that a document cannot seem to end."""
    return _FRAME.sub(lambda match: f"{match.group()} ", text)
