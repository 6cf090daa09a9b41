"""An engine: it runs the weights of `shout:NAME`, which repeat the last line that they read."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

from ringfence.engines import (
    Capabilities,
    Completion,
    EngineOutput,
    EngineSettings,
    Scheduled,
    ScoreRequest,
    Templated,
    Ticket,
)
from ringfence.engines.protocol import FinishReason, ShareDone
from ringfence.errors import EngineError

__all__ = ["ShoutEngine"]

TURN_END, END_ID = "<|end|>", 0x110000  # a token is a character, or the one control token
CONTEXT = 8192


class ShoutEngine(Scheduled, Templated):
    """`Scheduled` brings the queue, threads and cancellation, `Templated` renders prompts: the rest is below."""

    name = "shout"
    form = "shout"  # the form of weights that this engine runs; made once by `convert`, kept in the store
    libraries: tuple[str, ...] = ()  # distributions that compute answers; their versions go into the lock
    chat_template = (
        "{% for m in messages %}{{ m.role }}:\n{{ m.content }}<|end|>\n{% endfor %}"
        "{% if add_generation_prompt %}assistant:\n{% endif %}"
    )
    special_tokens: dict[str, str] = {}  # noqa: RUF012 - the protocol has an instance attribute
    control_tokens = (TURN_END,)

    def __init__(self, voice: str, settings: EngineSettings) -> None:
        self.voice, self.settings = voice, settings
        self.slots = 1 if settings.mode == "solo" else settings.max_in_flight
        self.capabilities = Capabilities(context=CONTEXT, grammar=False, json_schema=False)

    @classmethod
    def converter_version(cls) -> str:
        """A form made by another version is made again."""
        return "shout/1"

    @classmethod
    def convert(cls, origin: Path, target: Path, progress: ShareDone) -> None:
        """Write the form of the weights in `origin` into the empty folder `target`."""
        data = (origin / "model.safetensors").read_bytes()
        (size,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + size])
        if "voice" not in header.get("__metadata__", {}):
            raise EngineError("The shout engine runs the weights of shout: only.", "Pull `shout:loud`.")
        (target / "voice.json").write_text(json.dumps(header["__metadata__"]), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, settings: EngineSettings) -> ShoutEngine:
        """Load the form in `folder`."""
        return cls(json.loads((folder / "voice.json").read_text(encoding="utf-8"))["voice"], settings)

    def tokenize(self, text: str) -> tuple[int, ...]:
        """One token a character; the control token is one token."""
        pieces = re.split(f"({re.escape(TURN_END)})", text)
        return tuple(one for piece in pieces for one in ([END_ID] if piece == TURN_END else map(ord, piece)))

    def begin(self, ticket: Ticket) -> EngineOutput | None:
        """Answer at once. An engine that computes in steps returns None here, and outputs from `advance`."""
        request = ticket.request
        if isinstance(request, ScoreRequest):
            raise EngineError("The shout engine does not score.", "Use another engine.")
        read = len(request.prompt)
        if read + request.max_new_tokens > CONTEXT:
            sentence = f"the prompt of {read:,} tokens is longer than the context of {CONTEXT:,}"
            return Completion(request.id, "", (), (), (), "failed", read, error=sentence)
        turns = "".join("\0" if one == END_ID else chr(one) for one in request.prompt).split("\0")
        lines = [line for line in turns[-2].splitlines() if line.strip()]
        answer = str(getattr(lines[-1], self.voice)())
        text = answer[: request.max_new_tokens]
        ends = tuple(range(1, len(text) + 1))
        reason: FinishReason = "stop" if text == answer else "length"
        return Completion(request.id, text, self.tokenize(text), (-0.5,) * len(text), ends, reason, read)

    def describe(self) -> dict[str, Any]:
        """The engine's part of the lock: whatever can change an answer."""
        settings = {"mode": self.settings.mode, "max_in_flight": self.slots}
        return {"name": self.name, "version": "1.0", "build": None, "settings": settings}
