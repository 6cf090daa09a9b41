"""The parts of a prompt, and the protection against control tokens in documents."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .planted import break_frame

__all__ = ["Prompt", "break_control_tokens"]


# <|im_end|>, DeepSeek's with wide bars, EXAONE's [|user|], and numbered ones: <unused1>, <extra_id_1>, <reserved_106>.
_ANY_CONTROL_TOKEN = re.compile(
    r"<(?=[|｜][^<>\n]{1,60}[|｜]>)|\[(?=\|[^\[\]\n]{1,40}\|\])"
    r"|<(?=(?:unused|extra_id_|reserved_|special_|SPECIAL_|reserved_special_token_)\d+>)"
)


@dataclass(frozen=True)
class Prompt:
    """The system and user turns for the model, and the beginning of its answer."""

    system: str
    user: str
    answer_start: str


def break_control_tokens(text: str, control_tokens: tuple[str, ...]) -> str:
    """Insert a space into every control token in ``text``, so that a document cannot end its turn in the prompt.

    (A tokenizer turns ``<|im_end|>`` in a text into the control token even if it adds none itself.) Whatever has the
    form of one is broken as well: a server does not tell its list, and a proxy may have another model behind it. The
    loop repeats until none is left, because breaking one token can complete another. The words of our own prompt are
    broken too.
    """
    text = break_frame(text)
    text = _ANY_CONTROL_TOKEN.sub(r"\g<0> ", text)
    broken = True
    while broken:
        broken = False
        for token in control_tokens:
            if len(token) > 1 and token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}")
                broken = True
    return text
