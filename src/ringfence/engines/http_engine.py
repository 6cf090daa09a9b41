"""An engine behind an HTTP server: prompts go as token ids if the server takes them, else as messages."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from .chat import Templated
from .dialects import Ask, ServerFacts
from .http_client import Call, Client, Refused
from .protocol import Capabilities, Completion, EngineSettings, Request, Score, ScoreRequest
from .scheduler import Delivery, Scheduled
from .ticket import EngineOutput, EngineRequest, Ticket

__all__ = ["CONTROL_TOKENS", "HttpEngine"]

MIN_ANSWER_TOKENS = 64
UNKNOWN_CONTEXT = 4096  # tokens, if the server does not report it; Ollama's default
TURN_TOKENS = 16  # at most, what a template puts around a turn
# Turn markers of common model families; servers do not report their own list.
CONTROL_TOKENS = (
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>",
    "<|end_header_id|>", "<|eot_id|>", "<|eom_id|>", "<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<s>",
    "</s>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>",
    "<|start|>", "<|message|>", "<|channel|>", "<|return|>", "<|call|>", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]",
)  # fmt: skip


class HttpEngine(Scheduled, Templated):
    """Weights that a server runs.

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
        self.client, self.facts, self.settings, self.model = client, facts, settings, model
        self.dialect = facts.dialect
        self._grammar_by, self._schema_by = grammar_by, schema_by
        self.control_tokens = control_tokens
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
        return tuple(self._post("/tokenize", body)["tokens"])

    def prompt(self, messages: Sequence[tuple[str, str]], answer_start: str = "") -> tuple[int, ...]:
        """Token ids of a chat, rendered here if the server publishes its chat template, else by the server."""
        if self.chat_template:
            return super().prompt(messages, answer_start)
        if not self.dialect.token_ids:
            written = self.tokenize("".join(content for _, content in messages) + answer_start)
            return (*written, *((0,) * TURN_TOKENS * len(messages)))
        turns = [{"role": role, "content": content} for role, content in messages]
        body = {"model": self.model, "messages": turns, "add_generation_prompt": True}
        return (*self._post("/tokenize", body)["tokens"], *self.tokenize(answer_start))

    def turn_end(self) -> tuple[int, ...]:
        """The token that ends an answer."""
        if self.chat_template:
            return super().turn_end()
        if not self.dialect.token_ids:
            return ()
        turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "ANSWER"}]
        body = {"model": self.model, "messages": turns, "add_generation_prompt": False}
        closed = tuple(self._post("/tokenize", body)["tokens"])
        still_open = tuple(self._post("/tokenize", {**body, "continue_final_message": True})["tokens"])
        return closed[len(still_open) :][:1]

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        try:
            return self.client.post(path, body)
        except Refused as error:
            raise EngineError(f"The server refused a request ({error}).", "Check its version.") from None

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
                output: EngineOutput | BaseException
                output = self._score(request) if isinstance(request, ScoreRequest) else self._complete(request)
            except BaseException as error:
                output = error
            self._outputs.put((ticket, output))

        threading.Thread(target=work, daemon=True, name="ringfence-server").start()
        return None

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
        if refusal := self._refusal(len(request.prompt), min(request.max_new_tokens, MIN_ANSWER_TOKENS)):
            return Completion(request.id, "", (), (), (), "failed", len(request.prompt), error=refusal)
        try:
            answer, start = self.answer(request)
        except Refused as error:
            return Completion(request.id, "", (), (), (), "failed", len(request.prompt), error=str(error))
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
        if prompt_tokens + room <= self.capabilities.context:
            return None
        return (
            f"it is too long: {prompt_tokens} tokens with its prompt, and the server holds {self.capabilities.context}"
        )

    def read(self, request: Request, answer: Any, start: str, seconds: float) -> Completion:
        """Turn a server's reply into a completion."""
        try:
            choice = answer["choices"][0]
            usage = answer.get("usage") or {}
            text = str(choice["text"] if "text" in choice else choice["message"]["content"] or "")
            tokens, logprobs, ends = _tokens_of(choice, text)
        except (KeyError, IndexError, TypeError):
            return Completion(
                request.id,
                "",
                (),
                (),
                (),
                "failed",
                len(request.prompt),
                error="the server's reply has an unknown form",
            )
        used = int(usage.get("prompt_tokens") or len(request.prompt))
        if not self.dialect.token_ids and self.facts.context is None and used >= self.capabilities.context - 1:
            full = "the server's context is full: it may have cut the prompt"
            return Completion(request.id, "", (), (), (), "failed", used, error=full)
        if start and text.startswith(start):
            text = text[len(start) :]
            ends = tuple(max(0, end - len(start)) for end in ends)
        return Completion(
            id=request.id,
            text=text,
            tokens=tokens,
            logprobs=logprobs,
            token_ends=ends,
            finish_reason="stop" if choice.get("finish_reason") == "stop" else "length",
            prompt_tokens=used,
            cached_tokens=(usage.get("prompt_tokens_details") or {}).get("cached_tokens"),
            seconds=seconds,
        )

    def _score(self, request: ScoreRequest) -> Score:
        started = time.monotonic()
        longest = max(map(len, request.continuations), default=0)
        if refusal := self._refusal(len(request.prompt), longest + 1):
            return Score(request.id, (), len(request.prompt), error=refusal)
        score = self._echoed if self.dialect.scoring == "echo" else self._forced
        try:
            values = score(request)
        except Refused as error:
            return Score(request.id, (), len(request.prompt), error=str(error))
        return Score(request.id, values, len(request.prompt), None, time.monotonic() - started)

    def _echoed(self, request: ScoreRequest) -> tuple[float, ...]:
        """Send the prompt with each continuation; the server echoes the log-probability of every token."""
        body = {
            "model": self.model,
            "prompt": [[*request.prompt, *ids] for ids in request.continuations],
            "max_tokens": 1,
            "temperature": 0,
            "echo": True,
            "logprobs": 1,
        }
        choices = sorted(self.client.post("/v1/completions", body)["choices"], key=lambda choice: choice["index"])
        return tuple(
            float(sum(choice["logprobs"]["token_logprobs"][len(request.prompt) : len(request.prompt) + len(ids)]))
            for choice, ids in zip(choices, request.continuations, strict=True)
        )

    def _forced(self, request: ScoreRequest) -> tuple[float, ...]:
        """Force each continuation by a grammar of token ids; a shared beginning is forced once.

        llama.cpp reports log-probabilities before the mask. The final token of a continuation that ends an answer is
        not forced: nothing else may follow the end of the grammar.
        """
        known: dict[tuple[int, ...], float] = {(): 0.0}
        (end,) = self.turn_end() or (-1,)
        for ids in sorted(request.continuations):
            shared = next(size for size in range(len(ids), -1, -1) if ids[:size] in known)
            if shared == len(ids):
                continue
            rest = [token for token in ids[shared:] if token != end]
            body = {
                "model": self.model,
                "prompt": [*request.prompt, *ids[:shared]],
                "max_tokens": len(ids) - shared,
                "temperature": 0,
                "logprobs": 1,
                "cache_prompt": self.settings.keeps_prefixes,
                "grammar": "root ::= " + (" ".join(f"<[{token}]>" for token in rest) or '""'),
                "logit_bias": [[end, 100.0]],  # prefer this one among the tokens that may end an answer
            }
            entries = self.client.post("/v1/completions", body)["choices"][0]["logprobs"]["content"]
            for size, entry in enumerate(entries[: len(ids) - shared], start=shared + 1):
                if entry["id"] != ids[size - 1]:
                    raise Refused(200, "it did not write the forced tokens")
                known[ids[:size]] = known[ids[: size - 1]] + float(entry["logprob"])
            if ids not in known:
                raise Refused(200, "it reported too few log-probabilities")
        return tuple(known[ids] for ids in request.continuations)

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Not offered: ``capabilities.embed`` is false. Raises EngineError."""
        raise EngineError(f"The engine {self.name} does not embed texts.", "Use an embedding engine.")

    def describe(self) -> dict[str, Any]:
        """Name, version and settings: the engine's part of the lock, as far as the server reports them."""
        return {
            "name": self.name,
            "version": self.facts.version,
            "build": None,
            "settings": {
                "mode": self.settings.mode,
                "server": self.dialect.name,
                "model": self.model,
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


def _tokens_of(choice: dict[str, Any], text: str) -> tuple[tuple[int, ...], tuple[float, ...], tuple[int, ...]]:
    """Token ids, log-probabilities and end positions in the text, as far as the server reports them."""
    reported = choice.get("logprobs") or {}
    if reported.get("content"):  # chat, and llama.cpp
        entries = reported["content"]
        ids = tuple(int(entry.get("id", 0)) for entry in entries)
        written, ends = b"", []
        for entry in entries:
            written += bytes(entry["bytes"]) if entry.get("bytes") is not None else str(entry.get("token", "")).encode()
            ends.append(min(len(written.decode("utf-8", "ignore")), len(text)))
        return ids, tuple(float(entry["logprob"]) for entry in entries), tuple(ends)
    if reported.get("token_logprobs"):
        count = len(reported["token_logprobs"])
        ids = tuple(choice.get("token_ids") or (0,) * count)[:count]
        starts = [min(offset, len(text)) for offset in reported.get("text_offset", [])]
        ends = [*starts[1:], len(text)] if len(starts) == count else [len(text)] * count
        return ids, tuple(float(value or 0.0) for value in reported["token_logprobs"]), tuple(ends)
    return (), (), ()
