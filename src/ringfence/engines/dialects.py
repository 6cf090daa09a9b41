"""The dialects of servers that offer OpenAI's interface: what each really takes beyond it, found out by asking."""

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
    """How a kind of server is asked. ``grammars`` and ``schemas`` are tried in their order until one is obeyed.

    ``prefill``: what makes a chat go on from the beginning of an answer; None where it cannot.
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
# vLLM ignores the older guided_grammar in silence from 0.12 on (seen with 0.32); the probe tells which one holds. Under
# a grammar its log-probabilities are those after the mask.
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
    """What a server tells of itself. ``context`` is None where it does not say."""

    dialect: Dialect
    version: str
    models: tuple[str, ...]
    context: int | None = None
    chat_template: str = ""
    special_tokens: tuple[tuple[str, str], ...] = ()


def facts_of(client: Client, model: str = "") -> ServerFacts:
    """Find out what kind of server it is, by the paths that only this kind has, and what it tells of ``model``.

    Raises EngineError where it is none.
    """
    listed = _ask(client, "/v1/models")
    entries = listed.get("data") if isinstance(listed, dict) else None
    if not isinstance(entries, list):
        raise EngineError(
            f"The server {client.address} has no OpenAI interface (/v1/models).",
            "Give the address of a vLLM, llama.cpp, Ollama, TGI or NIM server.",
        )
    models = tuple(str(entry.get("id")) for entry in entries if isinstance(entry, dict))
    told = [entry for entry in entries if isinstance(entry, dict)]
    first: dict[str, Any] = next((entry for entry in told if entry.get("id") == model), told[0] if told else {})
    if isinstance(props := _ask(client, "/props"), dict) and "default_generation_settings" in props:
        tokens = tuple((name, str(props[name])) for name in ("bos_token", "eos_token") if props.get(name))
        context = props["default_generation_settings"].get("n_ctx")
        build = str(props.get("build_info", "unknown"))
        return ServerFacts(LLAMACPP, build, models, context, str(props.get("chat_template", "")), tokens)
    if isinstance(nim := _ask(client, "/v1/metadata"), dict) and nim:
        return ServerFacts(NIM, str(nim.get("version", "unknown")), models, first.get("max_model_len"))
    if first.get("owned_by") == "vllm":
        version = _ask(client, "/version") or {}
        return ServerFacts(VLLM, str(version.get("version", "unknown")), models, first.get("max_model_len"))
    if isinstance(ollama := _ask(client, "/api/version"), dict) and "version" in ollama:
        return ServerFacts(OLLAMA, str(ollama["version"]), models)
    if isinstance(tgi := _ask(client, "/info"), dict) and "max_total_tokens" in tgi:
        return ServerFacts(TGI, str(tgi.get("version", "unknown")), models, int(tgi["max_total_tokens"]))
    return ServerFacts(OTHER, "unknown", models, first.get("max_model_len"))


def _ask(client: Client, path: str) -> Any:
    try:
        return client.get(path)
    except Refused:
        return None
