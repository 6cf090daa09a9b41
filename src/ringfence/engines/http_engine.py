"""An engine behind an HTTP server: prompts go as token ids if the server takes them, else as messages."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import lru_cache
from queue import SimpleQueue
from typing import Any

from ..errors import EngineError, RequestRefused
from .chat import Templated
from .context_probe import ContextProbe
from .control_tokens import CONTROL_TOKENS, tokens_in_template
from .dialects import Ask, ServerFacts
from .http_client import Call, Client, Refused, Unreachable
from .http_score import echoed, forced
from .protocol import Capabilities, Completion, EngineSettings, Request, Score, ScoreRequest
from .replies import UNKNOWN_FORM, UnreadableReply, is_same_model, read_reply
from .scheduler import Delivery, Scheduled
from .ticket import EngineOutput, EngineRequest, Ticket

__all__ = ["HttpEngine"]

MIN_ANSWER_TOKENS = 64
UNKNOWN_CONTEXT = 4096  # tokens, if the server does not report it; Ollama's default
TURN_TOKENS = 16  # at most, what a template puts around a turn
RESTART_SECONDS = 20  # how long a server that broke off may take to answer again


class HttpEngine(Scheduled, Templated):
    """Weights that a server runs: ``weights`` is its name for them, ``model`` what is asked for, perhaps an adapter.

    ``grammar_by`` and ``schema_by`` make the fields of a request that enforce a grammar or a JSON schema; None if the
    server cannot.
    """

    name = "openai"
    libraries: tuple[str, ...] = ("jinja2", "numpy", "urllib3")
    thread_safe_start = True
    _token_budget: int | None = None  # tokens of all requests under way together; None: the server manages this

    def __init__(
        self,
        client: Client,
        facts: ServerFacts,
        settings: EngineSettings,
        model: str,
        grammar_by: Ask | None,
        schema_by: Ask | None,
        control_tokens: tuple[str, ...] = CONTROL_TOKENS,
    ) -> None:
        self.client, self.facts, self.settings = client, facts, settings
        self.weights, self.model = model, settings.served_adapter or model
        self.dialect = facts.dialect
        self._grammar_by, self._schema_by = grammar_by, schema_by
        self.control_tokens = tuple(dict.fromkeys([*control_tokens, *tokens_in_template(facts.chat_template)]))
        self.chat_template = facts.chat_template
        self.special_tokens = dict(facts.special_tokens)
        self.capabilities = Capabilities(
            context=facts.context or UNKNOWN_CONTEXT,
            grammar=grammar_by is not None,
            json_schema=schema_by is not None,
            score=self.dialect.token_ids and self.dialect.scoring is not None,
            raw_logprobs=self.dialect.raw_logprobs,
            token_ids=self.dialect.token_ids,
        )
        self.slots = 1 if settings.mode == "solo" else settings.max_in_flight
        self._probe = ContextProbe(self._count)
        self._second_try = threading.Lock()
        self._calls: dict[Ticket, Call] = {}
        self._outputs: SimpleQueue[tuple[Ticket | None, EngineOutput | BaseException]] = SimpleQueue()
        self.tokenize = lru_cache(maxsize=4096)(self._tokenize)  # type: ignore[method-assign]

    def _tokenize(self, text: str) -> tuple[int, ...]:
        if not self.dialect.token_ids:
            return (0,) * _most_tokens(text)
        if not text:
            return ()
        if self.dialect.name == "vllm":
            body = {"model": self.model, "prompt": text, "add_special_tokens": False}
        else:
            body = {"content": text, "add_special": False, "parse_special": True}
        return self._tokens(body)

    def _tokens(self, body: dict[str, Any]) -> tuple[int, ...]:
        """The token ids of a text or a chat. Raises RequestRefused."""
        data = self._post("/tokenize", body)
        tokens = data.get("tokens") if isinstance(data, dict) else None
        if not isinstance(tokens, list) or not all(isinstance(token, int) for token in tokens):
            raise RequestRefused(f"The server refused a request ({UNKNOWN_FORM}).", "Check its version.")
        return tuple(tokens)

    def prompt(self, messages: Sequence[tuple[str, str]], answer_start: str = "") -> tuple[int, ...]:
        """Token ids of a chat, rendered here if the server publishes its chat template, else by the server."""
        if self.chat_template:
            return super().prompt(messages, answer_start)
        if not self.dialect.token_ids:
            written = self.tokenize("".join(content for _, content in messages) + answer_start)
            return (*written, *((0,) * TURN_TOKENS * len(messages)))
        turns = [{"role": role, "content": content} for role, content in messages]
        body = {"model": self.model, "messages": turns, "add_generation_prompt": True}
        return (*self._tokens(body), *self.tokenize(answer_start))

    def turn_end(self) -> tuple[int, ...]:
        """The token that ends an answer."""
        if self.chat_template:
            return super().turn_end()
        if not self.dialect.token_ids:
            return ()
        turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "ANSWER"}]
        body = {"model": self.model, "messages": turns, "add_generation_prompt": False}
        closed, still_open = self._tokens(body), self._tokens({**body, "continue_final_message": True})
        return closed[len(still_open) :][:1]

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        try:
            return self.client.post(path, body)
        except Refused as error:
            raise RequestRefused(f"The server refused a request ({error}).", "Check its version.") from None

    def begin(self, ticket: Ticket) -> EngineOutput | None:
        """Send the request in its own thread. Raises EngineError for a score that the server cannot compute.

        Threads are daemons: the process waits for those of a pool when it ends, and a server that no longer answers
        would keep an interrupted run alive for a quarter of an hour.
        """
        request = ticket.request
        if isinstance(request, ScoreRequest) and not self.capabilities.score:
            raise EngineError(
                f"A server of the kind {self.dialect.name} cannot score given tokens.",
                "Classify with the engine openvino, llamacpp or vllm, or on a vLLM or llama.cpp server.",
            )
        call = Call()
        self._calls[ticket] = call

        def work() -> None:
            self.client.take(call)
            try:
                output: EngineOutput | BaseException = self._answered(request)
            except BaseException as error:
                output = error
            self._outputs.put((ticket, output))

        threading.Thread(target=work, daemon=True, name="ringfence-server").start()
        return None

    def _answered(self, request: EngineRequest) -> EngineOutput:
        """The output of a request. If the server breaks off and comes back, the request has one more try, alone.

        One document can make a server close the connection or end; it must not stop the others. Raises Unreachable if
        the server stays away.
        """
        ask = self._score if isinstance(request, ScoreRequest) else self._complete
        for turn in (nullcontext(), self._second_try):
            with turn:
                try:
                    return ask(request)  # type: ignore[arg-type]
                except Unreachable:
                    if not self.client.is_alive(RESTART_SECONDS):
                        raise
        broken = "the server breaks off the connection on it"
        if isinstance(request, ScoreRequest):
            return Score(request.id, (), len(request.prompt), error=broken)
        return self._failed(request, broken)

    def advance(self) -> Iterator[Delivery]:
        """Wait for the next output."""
        ticket, output = self._outputs.get()
        if ticket is not None and self._calls.pop(ticket, None) is not None:
            yield ticket, output

    def abandon(self, ticket: Ticket) -> None:
        """Close the connection: the server then drops the request."""
        if call := self._calls.pop(ticket, None):
            call.cancel()
        self.wake()

    def wake(self) -> None:
        """Make ``advance`` return."""
        self._outputs.put((None, EngineError("woken")))

    def has_room(self, request: EngineRequest, under_way: Sequence[EngineRequest]) -> bool:
        """True if the server's cache has room for the tokens, or the server manages its cache itself."""
        return self._token_budget is None or sum(map(_size, (request, *under_way))) <= self._token_budget

    def _complete(self, request: Request) -> Completion:
        started = time.monotonic()
        room = min(request.max_new_tokens, MIN_ANSWER_TOKENS)
        if refusal := self._refusal(len(request.prompt), room):
            return self._failed(request, refusal)
        try:
            if not self.dialect.token_ids and self.facts.context is None:
                self._probe.ensure(len(request.prompt) + room)
                if refusal := self._refusal(len(request.prompt), room):
                    return self._failed(request, refusal)
            answer, start = self.answer(request)
        except Refused as error:
            return self._failed(request, str(error))
        return self.read(request, answer, start, time.monotonic() - started)

    def answer(self, request: Request) -> tuple[Any, str]:
        """The server's reply, and the beginning of the answer that the reply repeats. Raises Refused."""
        room = self.capabilities.context - len(request.prompt)
        body: dict[str, Any] = {
            "model": self.model,
            "temperature": 0,
            "seed": request.seed,
            "max_tokens": min(request.max_new_tokens, max(1, room)),
        }
        if not self.dialect.token_ids:
            return self._chat(request, body)
        body |= {"prompt": list(request.prompt), "logprobs": 1, **self._form(request, "")}
        if self.dialect.name == "vllm":
            body["return_token_ids"] = True
        else:
            body["cache_prompt"] = self.settings.keeps_prefixes
        return self.client.post("/v1/completions", body), ""

    def _chat(self, request: Request, body: dict[str, Any]) -> tuple[Any, str]:
        """Send messages; returns the reply, and the beginning of the answer that the reply repeats."""
        messages = [{"role": role, "content": content} for role, content in request.messages]
        start = request.answer_start
        if start and self.dialect.prefill is not None:
            messages.append({"role": "assistant", "content": start})
            body |= self.dialect.prefill
            start = ""
        body |= {"messages": messages, "logprobs": True, **self._form(request, start)}
        return self.client.post("/v1/chat/completions", body), start

    def _form(self, request: Request, start: str) -> dict[str, Any]:
        """The fields that enforce a form; ``start`` is the beginning of the answer that the reply repeats, or empty."""
        if request.grammar is not None and self._grammar_by:
            grammar = request.grammar
            if start:
                grammar = f"root ::= {_quoted(start)} answer-root\n" + re.sub(r"\Aroot ::=", "answer-root ::=", grammar)
            return self._grammar_by(grammar)
        if request.json_schema is not None and self._schema_by:
            return self._schema_by(json.loads(request.json_schema))
        return {}

    def _refusal(self, prompt_tokens: int, room: int) -> str | None:
        length = f"it is too long: {prompt_tokens} tokens with its prompt"
        if self._probe.limit and prompt_tokens + room > self._probe.limit:
            return f"{length}, and the server reads only {self._probe.limit} of a longer one, without a word"
        if prompt_tokens + room > self.capabilities.context:
            return f"{length}, and the server holds {self.capabilities.context}"
        return None

    def read(self, request: Request, answer: Any, start: str, seconds: float) -> Completion:
        """Turn a server's reply into a completion."""
        try:
            reply = read_reply(answer, start)
        except UnreadableReply as error:
            return self._failed(request, str(error))
        used = reply.prompt_tokens or len(request.prompt)
        if not is_same_model(self.model, reply.model):
            return self._failed(request, f"the server answered with another model, {reply.model!r}", used)
        if self._is_cut(request, used):
            return self._failed(request, "the server may have cut the prompt: its context is full", used)
        return Completion(
            id=request.id,
            text=reply.text,
            tokens=reply.tokens,
            logprobs=reply.logprobs,
            token_ends=reply.token_ends,
            finish_reason=reply.finish_reason,
            prompt_tokens=used,
            cached_tokens=reply.cached_tokens,
            seconds=seconds,
        )

    def _is_cut(self, request: Request, used: int) -> bool:
        """True if the server read fewer tokens than were sent, or as many as it holds."""
        if self.dialect.token_ids:
            return used < len(request.prompt)
        return self.facts.context is None and used >= (self._probe.limit or self.capabilities.context) - 1

    def _failed(self, request: Request, reason: str, used: int | None = None) -> Completion:
        tokens = len(request.prompt) if used is None else used
        return Completion(request.id, "", (), (), (), "failed", tokens, error=reason)

    def _count(self, text: str) -> int | None:
        """The prompt tokens that the server reports for a text; None if it reports none, or refuses the text."""
        body = {"model": self.model, "temperature": 0, "max_tokens": 1}
        try:
            answer = self.client.post("/v1/chat/completions", {**body, "messages": [{"role": "user", "content": text}]})
        except Refused:
            return None
        usage = answer.get("usage") if isinstance(answer, dict) else None
        tokens = usage.get("prompt_tokens") if isinstance(usage, dict) else None
        return tokens if isinstance(tokens, int) else None

    def _score(self, request: ScoreRequest) -> Score:
        started = time.monotonic()
        longest = max(map(len, request.continuations), default=0)
        if refusal := self._refusal(len(request.prompt), longest + 1):
            return Score(request.id, (), len(request.prompt), error=refusal)
        score = echoed if self.dialect.scoring == "echo" else forced
        try:
            values = score(self, request)
        except Refused as error:
            return Score(request.id, (), len(request.prompt), error=str(error))
        except (KeyError, IndexError, TypeError, ValueError):
            return Score(request.id, (), len(request.prompt), error=UNKNOWN_FORM)
        return Score(request.id, values, len(request.prompt), None, time.monotonic() - started)

    def describe(self) -> dict[str, Any]:
        """Name, version and settings: the engine's part of the lock, as far as the server reports them."""
        return {
            "name": self.name,
            "version": self.facts.version,
            "build": None,
            "settings": {
                "mode": self.settings.mode,
                "server": self.dialect.name,
                "model": self.weights,
                **({"adapter": self.settings.served_adapter} if self.settings.served_adapter else {}),
                "context": self.capabilities.context,
                "max_in_flight": self.slots,
                # The weights have no known digest: the address and the model name identify them.
                "address": self.client.address if self.name == "openai" else "loopback",
                "grammar": self.capabilities.grammar,
                "json_schema": self.capabilities.json_schema,
            },
        }

    def close(self) -> None:
        """Cancel what is under way and close the connections."""
        super().close()
        self.client.close()


def _size(request: EngineRequest) -> int:
    """How many tokens a request may take."""
    if isinstance(request, Request):
        return len(request.prompt) + request.max_new_tokens
    return len(request.prompt) + max(map(len, request.continuations), default=0) + 1


def _most_tokens(text: str) -> int:
    """An upper bound of the tokens of a text: each digit, mark or letter beyond ASCII may be one token or more."""
    total = 1.0
    for part in re.findall(r"[A-Za-z]+|[^A-Za-z]", text):
        if part.isascii():
            total += 0.15 if part == " " else 1 + 0.35 * (len(part) - 1)
        else:
            total += 1 if part < "\u2000" else 2 if part <= "\uffff" else 4
    return int(total) + 1


def _quoted(text: str) -> str:
    """A text in GBNF, with each character beyond ASCII as a class of one character (see tasks.gbnf.literal)."""
    runs = re.findall(r"[\x00-\x7f]+|[^\x00-\x7f]", text)
    return " ".join(json.dumps(run) if run.isascii() else f"[{run}]" for run in runs) or '""'
