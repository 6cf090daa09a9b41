"""What every engine must keep, checked on the engine itself: for engine writers, and for people with a server of their own.

A check that an engine does not claim to pass (``capabilities``) is "not offered"; what it claims and does not keep is
"broken".
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

from ..errors import EngineError
from .protocol import (
    Completion,
    Engine,
    Request,
    ScoreRequest,
)

__all__ = ["CHECKS", "CheckFinding", "conformance"]

CLIENTS, EACH = 8, 25  # threads that ask at once, and requests of each
LONG = 60  # tokens of a request that is cancelled
CANCELLED = 8
WAIT = 300.0  # seconds; only an engine that hangs takes them
NEAR = 0.75  # nats a token between two ways of reckoning the same: caches and batches are of low precision
ASKED = (("system", "You answer in one word."), ("user", "Is a cat an animal? Answer yes or no."))


@dataclass(frozen=True)
class CheckFinding:
    """The outcome of one check, with a sentence where it is broken."""

    check: str
    outcome: Literal["kept", "broken", "not offered"]
    detail: str = ""


class _NotOffered(Exception):
    pass


class _Broken(Exception):
    """What an engine claims and does not keep."""


def _require(condition: object, what: str) -> None:
    """Raise _Broken; an assert would vanish under ``python -O``."""
    if not condition:
        raise _Broken(what)


def _request(engine: Engine, identity: str, most: int = 24, **form: str) -> Request:
    prompt = engine.prompt(ASKED)
    return Request(identity, prompt, most, messages=ASKED, **form)  # type: ignore[arg-type]


def _done(engine: Engine, *requests: Request) -> dict[str, Completion]:
    done = list(engine.generate(requests))
    _require(sorted(one.id for one in done) == sorted(one.id for one in requests), "not every request came back once")
    return {one.id: one for one in done}


def grammar(engine: Engine) -> None:
    """An answer is held to its grammar, beyond ASCII too."""
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
    """An answer is held to a JSON schema."""
    if not engine.capabilities.json_schema:
        raise _NotOffered
    schema = {
        "type": "object",
        "properties": {"qzx": {"type": "integer"}},
        "required": ["qzx"],
        "additionalProperties": False,
    }
    done = _done(engine, _request(engine, "a", 64, json_schema=json.dumps(schema)))["a"]
    if done.finish_reason == "length":  # a number may be long; what there is must begin as it should
        _require(re.match(r'\s*\{\s*"qzx"\s*:', done.text), f"it wrote {done.text!r}")
        return
    _require(isinstance(json.loads(done.text).get("qzx"), int), f"it wrote {done.text!r} ({done.error})")


def accounted(engine: Engine) -> None:
    """Every request comes back once, with its own name."""
    done = _done(engine, *(_request(engine, f"r{number}", 3) for number in range(9)))
    _require(all(one.finish_reason != "failed" for one in done.values()), "a request failed")


def repeatable(engine: Engine) -> None:
    """The same request alone gives the same answer."""
    one, two = (_done(engine, _request(engine, "a", 12))["a"] for _ in range(2))
    _require(one.text == two.text, f"{one.text!r} is not {two.text!r}")


def logprobs(engine: Engine) -> None:
    """Every token that was chosen has its log-probability and its end in the text."""
    done = _done(engine, _request(engine, "a", 8))["a"]
    if not done.logprobs:
        raise _NotOffered
    _require(len(done.tokens) == len(done.logprobs) == len(done.token_ends), "they are not one for each token")
    _require(all(math.isfinite(one) and one <= 1e-4 for one in done.logprobs), "one is above 0")
    _require(list(done.token_ends) == sorted(done.token_ends), "the ends are out of order")
    _require(done.token_ends[-1] == len(done.text), "the last token does not end with the text")


def limits(engine: Engine) -> None:
    """No more tokens than allowed; a prompt beyond the context fails alone, with a sentence."""
    short = _done(engine, _request(engine, "a", 2))["a"]
    _require(short.finish_reason in ("length", "stop"), str(short.error))
    _require(len(short.tokens) <= 3, f"it wrote {len(short.tokens)} tokens")
    words = (("user", "word " * (2 * engine.capabilities.context)),)
    huge = Request("huge", engine.prompt(words), 8, messages=words)
    done = _done(engine, _request(engine, "b", 3), huge, _request(engine, "c", 3))
    _require(done["huge"].finish_reason == "failed", "a prompt beyond the context was not refused")
    _require(done["huge"].error, "without a reason")
    _require(all(done[name].finish_reason != "failed" for name in "bc"), "its neighbours failed too")


def errors(engine: Engine) -> None:
    """An invalid grammar fails alone, and the engine goes on."""
    if not engine.capabilities.grammar:
        raise _NotOffered
    bad = _request(engine, "bad", grammar='root ::= "never closed')
    done = _done(engine, _request(engine, "a", 3), bad, _request(engine, "b", 3))
    _require(done["bad"].finish_reason == "failed", "an invalid grammar was not refused")
    _require(done["bad"].error, "without a reason")
    _require(all(done[name].finish_reason != "failed" for name in "ab"), "its neighbours failed too")
    _require(_done(engine, _request(engine, "c", 3))["c"].finish_reason != "failed", "the engine does not go on")


def cancellation(engine: Engine) -> None:
    """What is abandoned disturbs nothing that is asked next, and frees its slot."""
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
    _require(after.result(WAIT).error is None, "a request behind cancelled ones failed")


def serving(engine: Engine, each: int = EACH) -> None:
    """The first answer does not wait for a slow producer, and requests from many threads all end."""
    answered = threading.Event()

    def slowly() -> Iterator[Request]:
        yield _request(engine, "first", 2)
        _require(answered.wait(WAIT), "the first answer waited for the second request")
        yield _request(engine, "second", 2)

    seen = []
    for completion in engine.generate(slowly()):
        seen.append(completion.id)
        answered.set()
    _require(sorted(seen) == ["first", "second"], "not every request came back once")
    prompts = [_request(engine, f"{number}", 1) for number in range(each)]

    def ask(client: int) -> list[str]:
        tickets = [
            engine.submit(replace(request, id=f"{client}-{request.id}"), client=str(client), priority=client % 2)
            for request in prompts
        ]
        return [ticket.result(WAIT).id for ticket in tickets]

    with ThreadPoolExecutor(CLIENTS) as pool:
        ended = [identity for found in pool.map(ask, range(CLIENTS)) for identity in found]
    _require(len(set(ended)) == CLIENTS * each, "not every request of every thread came back once")


def control_tokens(engine: Engine) -> None:
    """The token that ends a turn is known, and a space inside its text takes its power."""
    if not engine.capabilities.token_ids:
        raise _NotOffered
    end = engine.turn_end()
    _require(end, "it does not tell what ends an answer")
    _require(engine.control_tokens, "it tells no control tokens")
    known = [token for token in engine.control_tokens if engine.tokenize(token) == end]
    _require(known, "what ends an answer is not among its control tokens")
    for token in known:
        broken = f"a {token[0]} {token[1:]} b"
        _require(end[0] not in engine.tokenize(broken), f"{broken!r} still ends the turn")


def scores(engine: Engine) -> None:
    """Continuations are scored as they are written, whatever stands beside them."""
    if not engine.capabilities.score:
        raise _NotOffered
    prompt, end = engine.prompt(ASKED, "Answer:"), engine.turn_end()
    labels = [engine.tokenize(text) + end for text in (" yes", " no", " yes and no", " perhaps")]
    (every,) = engine.score([ScoreRequest("every", prompt, tuple(labels))])
    _require(every.error is None, str(every.error))
    _require(len(every.logprobs) == len(labels), "they are not one for each continuation")
    _require(all(math.isfinite(one) and one <= 1e-4 for one in every.logprobs), "one is above 0")
    _require(sum(map(math.exp, every.logprobs)) <= 1.02, "they sum to more than one")
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


def _near(ones: Sequence[float], others: Sequence[float], sizes: Sequence[int], how: str) -> None:
    for one, other, size in zip(ones, others, sizes, strict=True):
        _require(abs(one - other) <= NEAR * size, f"{one:.2f}, and {other:.2f} {how}")


CHECKS: tuple[Callable[..., None], ...] = (
    grammar, json_schema, scores, accounted, repeatable, logprobs, limits, errors, cancellation, serving, control_tokens,
)  # fmt: skip


def conformance(engine: Engine, each: int = EACH) -> list[CheckFinding]:
    """The outcome of every check; ``each`` is how many requests every one of eight threads submits."""
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
