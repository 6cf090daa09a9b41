"""The text that the model has written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["NOTHING", "WrittenAnswer"]


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

    def after(self, position: int) -> WrittenAnswer:
        """The part from ``position``."""
        kept = [(end - position, p) for end, p in zip(self.token_ends, self.logprobs, strict=True) if end > position]
        return WrittenAnswer(self.text[position:], tuple(end for end, _ in kept), tuple(p for _, p in kept))

    def joined(self, rest: WrittenAnswer) -> WrittenAnswer:
        """The answer extended by another part."""
        return self.then(rest.text, rest.token_ends, rest.logprobs)

    def then(self, text: str, token_ends: Sequence[int], logprobs: Sequence[float]) -> WrittenAnswer:
        """The answer extended by the text that was written after it."""
        shifted = tuple(end + len(self.text) for end in token_ends)
        return WrittenAnswer(self.text + text, self.token_ends + shifted, self.logprobs + tuple(logprobs))

    def logprobs_within(self, start: int, end: int) -> list[float]:
        """The log-probabilities of the tokens that end in (start, end]."""
        return [p for stop, p in zip(self.token_ends, self.logprobs, strict=True) if start < stop <= end]

    def logprob_of_end(self, end: int) -> float | None:
        """The log-probability that the value up to ``end`` ends there; None where the tokens do not tell it.

        They do not at the end of the answer, where a model would rather stop than break the line, nor where one token
        holds both the last sign and the break.
        """
        if end not in self.token_ends or end + 1 >= len(self.text):
            return None
        return sum(self.logprobs_within(end, end + 1))


NOTHING = WrittenAnswer()
