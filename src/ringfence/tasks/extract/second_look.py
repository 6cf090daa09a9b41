"""Which field of an answer is asked again, how, and which of the two answers counts."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .grammar import NULL, CandidateRule, FieldRule, Rule
from .list_grammar import ASTRAY, ListRule, Tokens
from .task import MOST_WORDS_OF_A_NAME
from .text_runs import RunRule
from .written import WrittenAnswer

__all__ = ["Look", "asked_enough", "look_again"]

NULL_STANDS = math.log(0.5)  # the lowest log-probability of null, over all its tokens, without a second look
# Where values were recognised that could be meant. Of such nulls between 0.5 and 0.6 in 60 orders, 20 invoices and 28
# example papers 4 are wrong and 2 right, and a wrong one of a first day takes the last day with it (1.5B, 8 bits).
NULL_STANDS_AGAINST = math.log(0.6)
NOTABLE = math.log(0.1)  # a value above it was among what the model would have written instead of null
END_STANDS = math.log(2 / 3)  # of 36 addresses 10 ended a line early, all at most at 0.6; of the 26 others 2 did
WAYS_TO_GO_ON = 3  # a space, a comma, a line break: what goes on has its probability spread over them
MOST_LINES_MORE = 3  # looks at the end of one value
MOST_RECORDS = 5  # looks at one list
_FIRST_WORD = re.compile(r",?\s*\S+")


@dataclass(frozen=True)
class Look:
    """A field that is asked again, and the whole ``first`` answer.

    ``why``: the model doubted null; it was led ``astray`` from the value that it began; or it doubted that the value
    ``ended`` at a line's end. ``place`` is the position up to which the first answer is kept, ``belief`` the
    log-probability (nats) that it gave to what is asked again.
    """

    path: str
    first: WrittenAnswer
    why: Literal["null", "astray", "ended"]
    place: int
    belief: float
    is_list: bool = False

    def stands(self, again: WrittenAnswer, start: int, end: int) -> bool:
        """True if the first answer is kept, against the value of ``again`` from ``start`` to ``end``.

        Null also gives way to a value that is less likely but notable: the belief in a date is spread over several. A
        model that expects what the document does not have doubts null too; whatever it then has to write is less likely
        still, and invented (a term in 3 of 12 agreements, at -15 after a null at -12). The text of a list is too long
        to be compared with null: 19 of the lists of 36 invoices were less likely, and no worse.

        An end gives way if the first word behind it is likely enough; the words after it are copied from there. (Where
        an engine tells log-probabilities after the mask of the grammar, that word is as good as certain.)
        """
        if self.is_list:
            return False
        if self.why == "ended":
            word = _FIRST_WORD.match(again.text, self.place)
            went_on = sum(again.logprobs_within(self.place, word.end())) if word else -math.inf
            return went_on < self.belief - math.log(WAYS_TO_GO_ON)
        belief = sum(again.logprobs_within(start, end))
        return belief <= self.belief and not (self.why == "null" and belief > NOTABLE)


def look_again(
    path: str,
    rule: Rule | ListRule | None,
    written: WrittenAnswer,
    place: tuple[int, int],
    nullable: bool,
) -> tuple[Look, FieldRule] | None:
    """The look at a field whose value is written at ``place``, and the rule of what it may find; None without a need.

    A small model spreads its belief over several values: null at 0.4 wins against three dates at 0.2 each, though
    "there is a date" is at 0.6, and one such null affects all later fields. That null is forbidden then. A value that
    the model began and was led away from is asked again without its beginning. The end of a value at the end of a line
    wins in the same way against the three ways to go on, so it has to go on then. A field that asks for whole sentences
    is not asked again: contracts lack many clauses, and some wrong sentence can always be found.
    """
    start, end = place
    belief = written.logprobs_within(start, end)
    sentences = isinstance(rule, RunRule) and rule.spec.max_segments > MOST_WORDS_OF_A_NAME
    if rule is None or sentences or not belief:
        return None
    text = written.text[start + 1 : end]
    if text == NULL:
        lowest = NULL_STANDS_AGAINST if isinstance(rule, CandidateRule) else NULL_STANDS
        doubted = nullable and sum(belief) < lowest
        return (Look(path, written, "null", start, sum(belief), isinstance(rule, ListRule)), rule) if doubted else None
    if isinstance(rule, ListRule):
        return _look_at_records(path, rule, written, place)
    if isinstance(rule, RunRule | CandidateRule) and min(belief) < ASTRAY:
        others = rule.without(text)
        return (Look(path, written, "astray", start, sum(belief)), others) if others else None
    ending = written.logprob_of_end(end)
    if isinstance(rule, RunRule) and ending is not None and ending < END_STANDS and (rest := rule.continued(text)):
        return Look(path, written, "ended", end, ending), rest
    return None


def _look_at_records(
    path: str, rule: ListRule, written: WrittenAnswer, place: tuple[int, int]
) -> tuple[Look, FieldRule] | None:
    """The look at the first record whose text the model did not want to begin, or to go on for one number everywhere.

    It wanted to begin another one that is not allowed (the second line of a name), and shares its first letters with
    this. Everything that begins so is forbidden then, and the list may end.
    """
    start, end = place

    def tokens(low: int, high: int) -> Tokens:
        """The tokens of a text of the list, without the space before it."""
        first = start + low + 1
        ends = [first, *(stop for stop in written.token_ends if first < stop <= start + high)]
        said = [written.text[before:stop] for before, stop in itertools.pairwise(ends)]
        return list(zip(said, written.logprobs_within(first, start + high), strict=True))

    found = rule.rest_from(written.text[start:end], tokens)
    if found is None:
        return None
    at, rest = found
    return Look(path, written, "astray", start + at, min(written.logprobs_within(start + at, end)), is_list=True), rest


def asked_enough(look: Look, looks: Sequence[Look], written: WrittenAnswer) -> bool:
    """Whether a field was asked again before in ``looks``: nothing is asked twice, but for an end that moved on.

    A list is asked again further down.

    ``written`` is what counts after the last of them.
    """
    before = [each for each in looks if each.path == look.path]
    if not before:
        return False
    moved_on = written is not before[-1].first and all(each.why == "ended" for each in (look, *before))
    if look.is_list and look.why == "astray":
        moved_on = before[-1].why == "null" or look.place > before[-1].place
    return not moved_on or len(before) == (MOST_RECORDS if look.is_list else MOST_LINES_MORE)
