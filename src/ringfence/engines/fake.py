"""A public fake engine with scripted answers, for tests of code that needs an engine but no model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from .chat import Templated
from .protocol import Capabilities, Completion, EngineSettings, Request, Score, ScoreRequest

__all__ = ["FakeEngine"]


class FakeEngine(Templated):
    """Answers each request with ``script(request, prompt_text)``: a text, or an exception that fails the request.

    With ``scorer`` it scores too. Tokens are characters, every log-probability is ``logprob``, and completions come in the order of the requests.
    """

    name = "fake"
    chat_template = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]"
    control_tokens: tuple[str, ...] = ("<|end|>",)

    def __init__(
        self,
        script: Callable[[Request, str], str | Exception],
        settings: EngineSettings | None = None,
        logprob: float = -0.1,
        scorer: Callable[[str, str], float] | None = None,
    ) -> None:
        self.script, self.logprob, self.scorer = script, logprob, scorer
        self.settings = settings or EngineSettings()
        self.special_tokens: dict[str, str] = {}
        self.capabilities = Capabilities(context=100_000, grammar=True, json_schema=True, score=scorer is not None)
        self.seen: list[Request] = []

    def tokenize(self, text: str) -> tuple[int, ...]:
        """One token a character."""
        return tuple(map(ord, text))

    def generate(self, requests: Iterable[Request]) -> Iterator[Completion]:
        """Answer by the script."""
        for request in requests:
            self.seen.append(request)
            answer = self.script(request, "".join(map(chr, request.prompt)))
            if isinstance(answer, Exception):
                yield Completion(request.id, "", (), (), (), "failed", len(request.prompt), error=str(answer))
                continue
            cut = answer[: request.max_new_tokens]
            size = len(cut)
            yield Completion(
                request.id,
                cut,
                tuple(map(ord, cut)),
                (self.logprob,) * size,
                tuple(range(1, size + 1)),
                "stop" if size == len(answer) else "length",
                len(request.prompt),
            )

    def score(self, requests: Iterable[ScoreRequest]) -> Iterator[Score]:
        """Score each continuation by ``scorer(prompt_text, continuation_text)``."""
        if self.scorer is None:
            raise EngineError("This fake engine has no scorer.", "Give it one.")
        for request in requests:
            prompt = "".join(map(chr, request.prompt))
            scores = (self.scorer(prompt, "".join(map(chr, ids))) for ids in request.continuations)
            yield Score(request.id, tuple(scores), len(request.prompt))

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Not offered."""
        raise EngineError("The fake engine does not embed.", "Use a real engine.")

    def describe(self) -> dict[str, Any]:
        """The fake's part of a lock."""
        return {"name": self.name, "version": "1", "build": None, "settings": {"mode": self.settings.mode}}

    def close(self) -> None:
        """Nothing to free."""
