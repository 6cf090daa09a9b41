"""The engine for an existing server of the organisation: vLLM, llama.cpp, Ollama, TGI, NIM or a compatible one."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import EngineError
from ..seal import sealed_here
from .dialects import Ask, facts_of
from .http_client import Client, Refused, Unreachable
from .http_engine import HttpEngine
from .protocol import EngineSettings, Request, ShareDone

__all__ = ["OpenAiEngine", "kept_form"]

KEY = "RINGFENCE_API_KEY"


class OpenAiEngine(HttpEngine):
    """An existing server inside the walls. RINGFENCE_API_KEY holds its key."""

    name = "openai"
    uses_server = True
    form = "none"

    @classmethod
    def converter_version(cls) -> str:
        """Always "none": the server holds the weights."""
        return "none"

    @classmethod
    def convert(cls, origin: Path, target: Path, progress: ShareDone) -> None:
        """Not offered. Raises EngineError."""
        raise EngineError(
            "The openai engine does not run weights from the store.", "Omit --weights, or choose another engine."
        )

    @classmethod
    def open(cls, folder: Path, settings: EngineSettings) -> OpenAiEngine:
        """Connect to ``settings.server`` and probe what it can do. ``folder`` is ignored."""
        if not settings.server:
            raise EngineError(
                "The openai engine needs a server address.", "Pass it with --server http://gpu-server:8000."
            )
        if not settings.prefix_cache:
            raise EngineError(
                "An existing server decides itself whether it caches prefixes.", "Omit --no-prefix-cache."
            )
        client = Client(settings.server, os.environ.get(KEY, ""), settings.max_in_flight, ca_file=settings.ca_file)
        try:
            facts = facts_of(client, settings.model)
        except Unreachable as error:
            if sealed_here() and not client.forwarded:
                raise EngineError(
                    str(error), f"Inside the seal, declare the server as the exit: --sealed --exit {client.address}"
                ) from error
            raise
        adapter = settings.served_adapter
        whole = [name for name in facts.models if name not in dict(facts.parents)]
        model = settings.model or (whole[0] if len(whole) == 1 else "")
        if adapter:
            model = facts.require_adapter(adapter, settings.model, client.address)
        if model not in facts.models:
            known = ", ".join(facts.models[:12]) or "none"
            what = f"has no model {model!r}" if model else "has several models"
            raise EngineError(f"The server {client.address} {what}.", f"Name one with --model; it has {known}.")

        def engine(grammar_by: Ask | None, schema_by: Ask | None) -> OpenAiEngine:
            return cls(client, facts, settings, model, grammar_by, schema_by)

        grammar_by = kept_form(facts.dialect.grammars, lambda by: engine(by, None), "grammar")
        schema_by = kept_form(facts.dialect.schemas, lambda by: engine(None, by), "json_schema")
        return engine(grammar_by, schema_by)


def kept_form(ways: tuple[Ask, ...], engine: Callable[[Ask], HttpEngine], what: str) -> Ask | None:
    """The first of ``ways`` to ask for a grammar or schema that the server obeys; None if it obeys none.

    The probe asks for a text that no model would write by itself. Servers silently ignore fields that they do not know,
    so only the answer shows whether they obey. Raises EngineError if the server is overloaded or failing.
    """
    schema = {"type": "object", "properties": {"qzx": {"const": "qzx7"}}, "required": ["qzx"]}
    messages = (("user", "Say hello."),)
    for way in ways:
        probe = engine(way)
        form: dict[str, Any] = (
            {"grammar": 'root ::= "qzx" [0-9] "!"\n'} if what == "grammar" else {"json_schema": json.dumps(schema)}
        )
        request = Request("probe", probe.prompt(messages), 64, messages=messages, **form)
        try:
            answer, start = probe.answer(request)
        except Refused as error:
            if error.status == 429 or error.status >= 500:  # this does not show what the server can do
                raise EngineError(
                    f"The server {probe.client.address} is overloaded or failing ({error}).",
                    "Wait until it has recovered, then try again.",
                ) from None
            continue
        done = probe.read(request, answer, start, 0.0)
        if done.finish_reason != "failed" and _obeyed(done.text, what):
            return way
    return None


def _obeyed(text: str, what: str) -> bool:
    if what == "grammar":
        return re.fullmatch(r"qzx[0-9]!", text.strip()) is not None
    try:
        return bool(json.loads(text) == {"qzx": "qzx7"})
    except ValueError:
        return False
