"""A public fake engine with scripted answers, to test code that needs an engine but no model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from .chat import Templated
from .protocol import (
    Capabilities,
    Completion,
    EngineSettings,
    Purpose,
    Request,
    Score,
    ScoreRequest,
)
from .scheduler import Scheduled
from .ticket import EngineOutput, Ticket

__all__ = ["FakeEngine"]


class FakeEngine(Scheduled, Templated):
    """An engine that answers with ``script(request, prompt_text)``: a text, or an exception that fails the request.

    Pass ``scorer`` to make it score too, ``embedder`` to embed, ``judgement`` and its ``labels`` to judge. Tokens are
    characters, every log-probability is ``logprob``, and completions come in the order of the requests. ``seen`` lists
    the requests so far.
    """

    name = "fake"
    libraries: tuple[str, ...] = ()
    chat_template = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]"
    control_tokens: tuple[str, ...] = ("<|end|>",)

    def __init__(
        self,
        script: Callable[[Request, str], str | Exception],
        settings: EngineSettings | None = None,
        logprob: float = -0.1,
        scorer: Callable[[str, str], float] | None = None,
        embedder: Callable[[str, Purpose], Sequence[float]] | None = None,
        judgement: Callable[[str, str], Sequence[float]] | None = None,
        labels: tuple[str, ...] = (),
    ) -> None:
        self.script, self.logprob, self.scorer = script, logprob, scorer
        self.embedder, self.judgement = embedder, judgement
        self.settings = settings or EngineSettings()
        self.special_tokens: dict[str, str] = {}
        self.capabilities = Capabilities(
            context=100_000,
            grammar=True,
            json_schema=True,
            score=scorer is not None,
            embed=embedder is not None,
            labels=labels,
        )
        self.seen: list[Request] = []

    def tokenize(self, text: str) -> tuple[int, ...]:
        """One token per character."""
        return tuple(map(ord, text))

    def begin(self, ticket: Ticket) -> EngineOutput | None:
        """Answer immediately, from the script or the scorer."""
        request = ticket.request
        prompt = "".join(map(chr, request.prompt))
        if isinstance(request, ScoreRequest):
            if self.scorer is None:
                raise EngineError("This fake engine has no scorer.", "Pass scorer=...")
            scores = (self.scorer(prompt, "".join(map(chr, ids))) for ids in request.continuations)
            return Score(request.id, tuple(scores), len(request.prompt))
        self.seen.append(request)
        answer = self.script(request, prompt)
        if isinstance(answer, Exception):
            return Completion(request.id, "", (), (), (), "failed", len(request.prompt), error=str(answer))
        cut = answer[: request.max_new_tokens]
        size = len(cut)
        return Completion(
            request.id,
            cut,
            tuple(map(ord, cut)),
            (self.logprob,) * size,
            tuple(range(1, size + 1)),
            "stop" if size == len(answer) else "length",
            len(request.prompt),
        )

    def embed(self, texts: Sequence[str], *, purpose: Purpose = "passage") -> npt.NDArray[np.float32]:
        """Embeddings from ``embedder(text, purpose)``."""
        if self.embedder is None:
            return super().embed(texts, purpose=purpose)
        return np.array([self.embedder(text, purpose) for text in texts], np.float32)

    def judge(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float32]:
        """Judgements from ``judgement(first, second)``: the value of each of ``labels``."""
        if self.judgement is None:
            return super().judge(pairs)
        return np.array([self.judgement(*pair) for pair in pairs], np.float32).reshape(
            len(pairs), len(self.capabilities.labels)
        )

    def describe(self) -> dict[str, Any]:
        """The fake engine's part of the lock."""
        return {"name": self.name, "version": "1", "build": None, "settings": {"mode": self.settings.mode}}
