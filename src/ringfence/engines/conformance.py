"""Check a loaded engine against the protocol: for engine authors, and for people with their own server.

A check of something that an engine does not claim in its ``capabilities`` is "not offered"; a claim that it does not
keep is "broken".
"""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..errors import EngineError
from .protocol import (
    Completion,
    Engine,
    Request,
    ScoreRequest,
)

__all__ = ["CHECKS", "CheckFinding", "conformance"]

CLIENTS, EACH = 8, 25  # concurrent threads, and requests per thread
LONG = 60  # tokens of a request that is going to be cancelled
CANCELLED = 8
WAIT = 300.0  # seconds; only an engine that hangs takes this long
NEAR = 0.75  # nats per token between two computations of the same value: caches and batches have low precision
APART = 0.05  # of its length, two rows of one text at most: a cosine of 0.999
ASKED = (("system", "You answer in one word."), ("user", "Is a cat an animal? Answer yes or no."))


@dataclass(frozen=True)
class CheckFinding:
    """The outcome of one check, with a reason if it is broken."""

    check: str
    outcome: Literal["kept", "broken", "not offered"]
    detail: str = ""


class _NotOffered(Exception):
    pass


class _Broken(Exception):
    """The engine does not keep a claim."""


def _require(condition: object, what: str) -> None:
    """Raise _Broken unless ``condition`` holds; ``python -O`` would remove an assert."""
    if not condition:
        raise _Broken(what)


def _request(engine: Engine, identity: str, most: int = 24, **form: str) -> Request:
    if not engine.capabilities.generate:
        raise _NotOffered
    prompt = engine.prompt(ASKED)
    return Request(identity, prompt, most, messages=ASKED, **form)  # type: ignore[arg-type]


def _done(engine: Engine, *requests: Request) -> dict[str, Completion]:
    done = list(engine.generate(requests))
    _require(
        sorted(one.id for one in done) == sorted(one.id for one in requests),
        "some request did not come back exactly once",
    )
    return {one.id: one for one in done}


def grammar(engine: Engine) -> None:
    """An answer follows its grammar, also beyond ASCII."""
    if not engine.capabilities.grammar:
        raise _NotOffered
    forms = {
        "a": 'root ::= "qzx" [0-9] "!"\n',
        "b": 'root ::= " Z" [ü] "rich"\n',
        "c": 'root ::= word "."\nword ::= "no" | "yes"\n',
    }
    wanted = {"a": r"qzx\d!", "b": r" ?Zürich", "c": r"(no|yes)\."}
    done = _done(engine, *(_request(engine, name, grammar=form) for name, form in forms.items()))
    for name, pattern in wanted.items():
        _require(re.fullmatch(pattern, done[name].text), f"it wrote {done[name].text!r} ({done[name].error})")


def json_schema(engine: Engine) -> None:
    """An answer follows its JSON schema."""
    if not engine.capabilities.json_schema:
        raise _NotOffered
    schema = {
        "type": "object",
        "properties": {"qzx": {"type": "integer"}},
        "required": ["qzx"],
        "additionalProperties": False,
    }
    done = _done(engine, _request(engine, "a", 64, json_schema=json.dumps(schema)))["a"]
    if done.finish_reason == "length":  # a number may be long; the text must still begin correctly
        _require(re.match(r'\s*\{\s*"qzx"\s*:', done.text), f"it wrote {done.text!r}")
        return
    _require(isinstance(json.loads(done.text).get("qzx"), int), f"it wrote {done.text!r} ({done.error})")


def accounted(engine: Engine) -> None:
    """Every request comes back exactly once, under its own id."""
    done = _done(engine, *(_request(engine, f"r{number}", 3) for number in range(9)))
    _require(all(one.finish_reason != "failed" for one in done.values()), "a request failed")


def repeatable(engine: Engine) -> None:
    """The same request, run alone twice, gives the same answer."""
    one, two = (_done(engine, _request(engine, "a", 12))["a"] for _ in range(2))
    _require(one.text == two.text, f"it wrote {one.text!r}, then {two.text!r}")


def logprobs(engine: Engine) -> None:
    """Every chosen token has a log-probability and an end position in the text."""
    done = _done(engine, _request(engine, "a", 8))["a"]
    if not done.logprobs:
        raise _NotOffered
    _require(
        len(done.tokens) == len(done.logprobs) == len(done.token_ends),
        "the numbers of tokens, log-probabilities and ends differ",
    )
    _require(all(math.isfinite(one) and one <= 1e-4 for one in done.logprobs), "a log-probability is above 0")
    _require(list(done.token_ends) == sorted(done.token_ends), "the token ends are not in ascending order")
    _require(done.token_ends[-1] == len(done.text), "the last token does not end where the text ends")


def limits(engine: Engine) -> None:
    """Answers keep to the token limit; a prompt beyond the context fails alone, with a reason."""
    short = _done(engine, _request(engine, "a", 2))["a"]
    _require(short.finish_reason in ("length", "stop"), str(short.error))
    _require(len(short.tokens) <= 3, f"it wrote {len(short.tokens)} tokens")
    words = (("user", "word " * (2 * engine.capabilities.context)),)
    huge = Request("huge", engine.prompt(words), 8, messages=words)
    done = _done(engine, _request(engine, "b", 3), huge, _request(engine, "c", 3))
    _require(done["huge"].finish_reason == "failed", "it did not refuse a prompt beyond the context")
    _require(done["huge"].error, "it refused a request without a reason")
    _require(all(done[name].finish_reason != "failed" for name in "bc"), "other requests failed too")


def errors(engine: Engine) -> None:
    """An invalid grammar fails alone, and the engine keeps working."""
    if not engine.capabilities.grammar:
        raise _NotOffered
    bad = _request(engine, "bad", grammar='root ::= "never closed')
    done = _done(engine, _request(engine, "a", 3), bad, _request(engine, "b", 3))
    _require(done["bad"].finish_reason == "failed", "it did not refuse an invalid grammar")
    _require(done["bad"].error, "it refused a request without a reason")
    _require(all(done[name].finish_reason != "failed" for name in "ab"), "other requests failed too")
    _require(_done(engine, _request(engine, "c", 3))["c"].finish_reason != "failed", "the engine stopped working")


def cancellation(engine: Engine) -> None:
    """An abandoned request frees its slot and does not disturb later ones."""
    stream = engine.generate(_request(engine, f"old{number}", 40) for number in range(6))
    next(iter(stream))
    close = getattr(stream, "close", None)
    if close:
        close()
    done = _done(engine, *(_request(engine, f"new{number}", 3) for number in range(4)))
    _require(all(one.finish_reason != "failed" for one in done.values()), "a later request failed")
    long = [engine.submit(_request(engine, f"long{number}", LONG), client="long") for number in range(CANCELLED)]
    for ticket in long:
        _require(ticket.cancel() or ticket.done(), "a request could not be cancelled")
    after = engine.submit(_request(engine, "after", 2), client="after")
    _require(after.result(WAIT).error is None, "a request after cancelled ones failed")


def serving(engine: Engine, each: int = EACH) -> None:
    """The first answer does not wait for a slow producer, and all requests from many threads end."""
    answered = threading.Event()

    def slowly() -> Iterator[Request]:
        yield _request(engine, "first", 2)
        _require(answered.wait(WAIT), "the first answer waited for the second request")
        yield _request(engine, "second", 2)

    seen = []
    for completion in engine.generate(slowly()):
        seen.append(completion.id)
        answered.set()
    _require(sorted(seen) == ["first", "second"], "some request did not come back exactly once")
    prompts = [_request(engine, f"{number}", 1) for number in range(each)]

    def ask(client: int) -> list[str]:
        tickets = [
            engine.submit(replace(request, id=f"{client}-{request.id}"), client=str(client), priority=client % 2)
            for request in prompts
        ]
        return [ticket.result(WAIT).id for ticket in tickets]

    with ThreadPoolExecutor(CLIENTS) as pool:
        ended = [identity for found in pool.map(ask, range(CLIENTS)) for identity in found]
    _require(len(set(ended)) == CLIENTS * each, "some request of some thread did not come back exactly once")


def control_tokens(engine: Engine) -> None:
    """The token that ends a turn is known, and a space inside its text makes it plain text."""
    if not engine.capabilities.token_ids:
        raise _NotOffered
    end = engine.turn_end()
    _require(end, "it reports no token that ends an answer")
    _require(engine.control_tokens, "it reports no control tokens")
    known = [token for token in engine.control_tokens if engine.tokenize(token) == end]
    _require(known, "the token that ends an answer is not among its control tokens")
    for token in known:
        broken = f"a {token[0]} {token[1:]} b"
        _require(end[0] not in engine.tokenize(broken), f"{broken!r} still ends the turn")


def scores(engine: Engine) -> None:
    """A continuation's score equals its log-probability when written, whatever else is scored with it."""
    if not engine.capabilities.score:
        raise _NotOffered
    prompt, end = engine.prompt(ASKED, "Answer:"), engine.turn_end()
    labels = [engine.tokenize(text) + end for text in (" yes", " no", " yes and no", " perhaps")]
    (every,) = engine.score([ScoreRequest("every", prompt, tuple(labels))])
    _require(every.error is None, str(every.error))
    _require(len(every.logprobs) == len(labels), "the numbers of scores and continuations differ")
    _require(all(math.isfinite(one) and one <= 1e-4 for one in every.logprobs), "a score is above 0")
    _require(sum(map(math.exp, every.logprobs)) <= 1.02, "the probabilities sum to more than 1")
    alone = [next(iter(engine.score([ScoreRequest("one", prompt, (label,))]))).logprobs[0] for label in labels]
    _near(every.logprobs, alone, [len(label) for label in labels], "alone")
    many = {one.id: one for one in engine.score(ScoreRequest(f"s{n}", prompt, tuple(labels[::-1])) for n in range(3))}
    for one in many.values():
        _near(one.logprobs[::-1], every.logprobs, [len(label) for label in labels], "in another order")
    if engine.capabilities.grammar and engine.capabilities.raw_logprobs:
        written = _done(engine, Request("w", prompt, 8, grammar='root ::= " yes" | " no"\n'))["w"]
        ids = written.tokens[: sum(stop <= len(written.text) for stop in written.token_ends)]
        ids = ids[:-1] if ids and ids[-1:] == end else ids
        if ids:
            (same,) = engine.score([ScoreRequest("w", prompt, (ids,))])
            _near(same.logprobs, [sum(written.logprobs[: len(ids)])], [len(ids)], "when generated")


def embeddings(engine: Engine) -> None:
    """A text has one row, and nearly the same one alone, in a batch and from other threads."""
    if not engine.capabilities.embed:
        raise _NotOffered
    texts = ["The contract ends in May.", "Bananas are yellow.", "word " * 90, ""]
    rows = engine.embed(texts)
    _require(rows.ndim == 2 and len(rows) == len(texts), "the numbers of rows and texts differ")
    _require(np.isfinite(rows).all(), "a row holds something that is not a number")
    _require(len(engine.embed([])) == 0, "no texts do not give no rows")
    _require(engine.embed(texts[:1], purpose="question").shape == rows[:1].shape, "questions have rows of another size")
    with ThreadPoolExecutor(len(texts)) as pool:
        for row, alone in zip(rows, pool.map(lambda text: engine.embed([text])[0], texts), strict=True):
            apart = float(np.linalg.norm(row - alone))
            _require(apart <= APART * np.linalg.norm(row), f"a text alone and in a batch has rows {apart:.4f} apart")


def judgements(engine: Engine) -> None:
    """A pair of texts has a value for each label, and nearly the same ones alone and in a batch."""
    labels = engine.capabilities.labels
    if not labels:
        raise _NotOffered
    pairs = [("Is a cat an animal?", "A cat is an animal."), ("Is it May?", "word " * 90), ("", "")]
    found = engine.judge(pairs)
    _require(found.shape == (len(pairs), len(labels)), f"the judgements have the shape {found.shape}")
    _require(np.isfinite(found).all(), "a judgement is not a number")
    _require(len(engine.judge([])) == 0, "no pairs do not give no judgements")
    if len(labels) > 1:
        _require(np.abs(np.exp(found).sum(1) - 1).max() < 1e-3, "the probabilities of a pair do not sum to 1")
    for pair, row in zip(pairs, found, strict=True):
        _near(engine.judge([pair])[0], row, [1] * len(labels), "alone")


def _near(ones: Sequence[float], others: Sequence[float], sizes: Sequence[int], how: str) -> None:
    for one, other, size in zip(ones, others, sizes, strict=True):
        _require(abs(one - other) <= NEAR * size, f"a score of {one:.2f} is {other:.2f} {how}")


CHECKS: tuple[Callable[..., None], ...] = (
    grammar, json_schema, scores, embeddings, judgements, accounted, repeatable, logprobs, limits, errors, cancellation,
    serving, control_tokens,
)  # fmt: skip


def conformance(engine: Engine, each: int = EACH) -> list[CheckFinding]:
    """Run every check on ``engine``; ``each`` is the number of requests per client thread."""
    findings = []
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        try:
            check(engine, each) if check is serving else check(engine)
            findings.append(CheckFinding(name, "kept"))
        except _NotOffered:
            findings.append(CheckFinding(name, "not offered"))
        except (_Broken, EngineError, ValueError) as fault:
            findings.append(
                CheckFinding(name, "broken", str(fault).splitlines()[0] if str(fault) else type(fault).__name__)
            )
    return findings
