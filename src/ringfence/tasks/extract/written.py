"""The text that the model has written, and the fields of it that are asked again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["NOTHING", "Look", "WrittenAnswer"]

NULL_STANDS = math.log(0.5)  # the lowest log-probability of null, over all its tokens, without a second look
ASTRAY = -5.0  # a value with a token below it was begun under the grammar and led somewhere else
NOTABLE = math.log(0.1)  # a value above it was among what the model would have written instead of null


@dataclass(frozen=True)
class WrittenAnswer:
    """The text that the model has written, without ``prompt.answer_start``.

    ``token_ends`` gives the end of each token in ``text``, ``logprobs`` its log-probability (nats, before the mask).
    """

    text: str = ""
    token_ends: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()

    def up_to(self, position: int) -> WrittenAnswer:
        """The part before ``position``."""
        kept = sum(end <= position for end in self.token_ends)
        return WrittenAnswer(self.text[:position], self.token_ends[:kept], self.logprobs[:kept])

    def then(self, text: str, token_ends: Sequence[int], logprobs: Sequence[float]) -> WrittenAnswer:
        """The answer extended by the text that was written after it."""
        shifted = tuple(end + len(self.text) for end in token_ends)
        return WrittenAnswer(self.text + text, self.token_ends + shifted, self.logprobs + tuple(logprobs))

    def logprobs_within(self, start: int, end: int) -> list[float]:
        """The log-probabilities of the tokens that end in (start, end]."""
        return [p for stop, p in zip(self.token_ends, self.logprobs, strict=True) if start < stop <= end]


NOTHING = WrittenAnswer()


@dataclass(frozen=True)
class Look:
    """A field that is asked again without what was written for it: null, or a value that the model was led to.

    ``first`` is the whole first answer, ``belief`` the log-probability that it gave to the field's text.
    """

    path: str
    first: WrittenAnswer
    belief: float
    is_null: bool
    is_list: bool = False

    def stands(self, belief: float) -> bool:
        """True if the first answer is kept, against a value of the log-probability ``belief``.

        Null also gives way to a value that is less likely but notable: the belief in a date is spread over several. A
        model that expects what the document does not have doubts null too; whatever it then has to write is less likely
        still, and invented (a term in 3 of 12 agreements, at -15 after a null at -12). The text of a list is too long
        to be compared with null: 19 of the lists of 36 invoices were less likely, and no worse.
        """
        if self.is_list:
            return False
        return belief <= self.belief and not (self.is_null and belief > NOTABLE)
