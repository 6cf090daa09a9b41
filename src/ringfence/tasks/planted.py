"""Text in a document that speaks to the model: instructions, a false end of the prompt, letters that look like others.

A document is data. Whoever writes one that is read by a machine may address the machine, and a small model may obey.
What is found here is not removed, because a person may ask for it; the answers of its document carry a flag.
"""

from __future__ import annotations

import re

__all__ = ["PLANTED", "break_frame", "has_planted_text"]

PLANTED = "planted-instruction"
_FORGET = (
    r"(?:ignore|disregard|forget|override|bypass|ignorieren? sie|ignoriere|vergiss|missachte|ignorez|oubliez|ignora|"
    r"olvida|negeer)"
)
_RULES = (
    r"(?:instruction|prompt|anweisung|consigne|instruccion|istruzion|instructie|directive|system message|rules above|"
    r"text above)"
)
_MACHINE = (
    r"(?:ai|llm|a\.i\.|ki|ia|language model|sprachmodell|ai model|assistant|chatbot|chatgpt|"
    r"automated (?:reader|system)s?|extraction (?:system|model|tool)|bot)"
)
_ANSWER = r"(?:answer|label|output|class|category|antwort|kategorie|réponse|respuesta)"
_TELLS = (
    rf"\b{_FORGET}\b[^.\n]{{0,60}}\b{_RULES}",
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
    r"[A-Za-z][\u0430-\u044f][A-Za-z]|(?:[A-Za-z][\u200b-\u200d\u2060\ufeff]){3}",
)
_TELL = re.compile("|".join(_TELLS), re.I | re.M)
_FRAME = re.compile(
    r"\be(?=nd of (?:document|passages|source))|\bf(?=ields to fill in)|\ba(?=nswer with one line)", re.I
)


def has_planted_text(text: str) -> bool:
    """True if a document addresses the model that reads it, or imitates a prompt."""
    return _TELL.search(text) is not None


def break_frame(text: str) -> str:
    """Break the words of our own prompt in its copy of a document, so that a document cannot seem to end."""
    return _FRAME.sub(lambda match: f"{match.group()} ", text)
