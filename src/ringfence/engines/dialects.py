"""Dialects of servers with an OpenAI-compatible interface: what each accepts beyond it, found by probing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import EngineError
from .http_client import Client, Refused

__all__ = ["DIALECTS", "LLAMACPP", "VLLM", "Dialect", "ServerFacts", "facts_of"]

Ask = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Dialect:
    """How to send requests to one kind of server.

    ``grammars`` and ``schemas`` are tried in order until the server obeys one. ``prefill`` holds the fields that make a
    chat continue a given beginning of an answer; None if the server cannot.
    """

    name: str
    token_ids: bool = False
    grammars: tuple[Ask, ...] = ()
    schemas: tuple[Ask, ...] = ()
    scoring: Literal["echo", "forced"] | None = None
    raw_logprobs: bool = True
    prefill: dict[str, Any] | None = None


def _json_schema(schema: Any) -> dict[str, Any]:
    return {
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    }


def _structured_outputs(grammar: Any) -> dict[str, Any]:
    return {"structured_outputs": {"grammar": grammar}}


def _guided_grammar(grammar: Any) -> dict[str, Any]:
    return {"guided_grammar": grammar}


def _nvext(grammar: Any) -> dict[str, Any]:
    return {"nvext": {"guided_grammar": grammar}}


def _tgi(schema: Any) -> dict[str, Any]:
    return {"response_format": {"type": "json", "value": schema}}


_CONTINUE = {"add_generation_prompt": False, "continue_final_message": True}
# vLLM from 0.12 on silently ignores the older guided_grammar (seen with 0.32); the probe finds out which one works.
# Under a grammar, its log-probabilities are those after the mask.
VLLM = Dialect(
    "vllm", True, (_structured_outputs, _guided_grammar), (_json_schema,), "echo", raw_logprobs=False, prefill=_CONTINUE
)
LLAMACPP = Dialect(
    "llamacpp",
    True,
    (lambda grammar: {"grammar": grammar},),
    (lambda schema: {"json_schema": schema},),
    "forced",
    prefill={},
)
OLLAMA = Dialect("ollama", schemas=(_json_schema,), prefill={})
TGI = Dialect("tgi", schemas=(_json_schema, _tgi))
NIM = Dialect(
    "nim", grammars=(_nvext, _structured_outputs, _guided_grammar), schemas=(_json_schema,), raw_logprobs=False
)
OTHER = Dialect("other", grammars=(_structured_outputs,), schemas=(_json_schema,), raw_logprobs=False)
DIALECTS = {dialect.name: dialect for dialect in (VLLM, LLAMACPP, OLLAMA, TGI, NIM, OTHER)}


@dataclass(frozen=True)
class ServerFacts:
    """What a server reports about itself. ``context`` (tokens) is None if the server does not report it.

    ``parents`` names the weights of each adapter that it serves beside them (as vLLM does).
    """

    dialect: Dialect
    version: str
    models: tuple[str, ...]
    context: int | None = None
    chat_template: str = ""
    special_tokens: tuple[tuple[str, str], ...] = ()
    parents: tuple[tuple[str, str], ...] = ()

    def require_adapter(self, adapter: str, model: str, server: str) -> str:
        """The weights that ``adapter`` belongs to. Raises EngineError if the server has it not, or on other weights.

        ``model`` are the weights that it must belong to; empty for any.
        """
        parents = dict(self.parents)
        if adapter not in parents:
            known = ", ".join(list(parents)[:12]) or "none"
            raise EngineError(
                f"The server {server} serves no adapter {adapter!r}.",
                f"Start it with the adapter (vLLM: --enable-lora --lora-modules {adapter}=FOLDER); it has {known}.",
            )
        if model and parents[adapter] != model:
            raise EngineError(
                f"The server {server} runs the adapter {adapter!r} on {parents[adapter]!r}, not on {model!r}.",
                "Name the weights that the adapter was made for with --model, or another adapter.",
            )
        return parents[adapter]


def facts_of(client: Client, model: str = "") -> ServerFacts:
    """Identify the kind of server by the paths that only that kind has, and read its facts about ``model``.

    Raises EngineError if the server has no OpenAI-compatible interface.
    """
    listed = _ask(client, "/v1/models")
    entries = listed.get("data") if isinstance(listed, dict) else None
    if not isinstance(entries, list):
        raise EngineError(
            f"The server {client.address} has no OpenAI-compatible interface (/v1/models).",
            "Give the address of a vLLM, llama.cpp, Ollama, TGI or NIM server.",
        )
    listed_models = [entry for entry in entries if isinstance(entry, dict)]
    models = tuple(str(entry.get("id")) for entry in listed_models)
    first = listed_models[0] if listed_models else {}
    facts: dict[str, Any] = next((entry for entry in listed_models if entry.get("id") == model), first)
    if isinstance(props := _ask(client, "/props"), dict) and "default_generation_settings" in props:
        tokens = tuple((name, str(props[name])) for name in ("bos_token", "eos_token") if props.get(name))
        context = props["default_generation_settings"].get("n_ctx")
        build = str(props.get("build_info", "unknown"))
        return ServerFacts(LLAMACPP, build, models, context, str(props.get("chat_template", "")), tokens)
    if isinstance(nim := _ask(client, "/v1/metadata"), dict) and nim:
        return ServerFacts(NIM, str(nim.get("version", "unknown")), models, facts.get("max_model_len"))
    if facts.get("owned_by") == "vllm":
        version = _ask(client, "/version") or {}
        parents = tuple((str(one.get("id")), str(one["parent"])) for one in listed_models if one.get("parent"))
        return ServerFacts(
            VLLM, str(version.get("version", "unknown")), models, facts.get("max_model_len"), parents=parents
        )
    if isinstance(ollama := _ask(client, "/api/version"), dict) and "version" in ollama:
        return ServerFacts(OLLAMA, str(ollama["version"]), models)
    if isinstance(tgi := _ask(client, "/info"), dict) and "max_total_tokens" in tgi:
        return ServerFacts(TGI, str(tgi.get("version", "unknown")), models, int(tgi["max_total_tokens"]))
    return ServerFacts(OTHER, "unknown", models, facts.get("max_model_len"))


def _ask(client: Client, path: str) -> Any:
    try:
        return client.get(path)
    except Refused:
        return None
