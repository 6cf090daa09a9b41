"""Put the best passages in order once more: by a cross-encoder, or by a language model's own score of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..contracts import FoundPassage
from ..engines import Engine, ScoreRequest
from ..errors import EngineError, RequestRefused
from ..inference import LoadedModel, load_reranker
from ..inference.prompts import prompt_ids
from ..tasks import AnswerTask
from ..tasks.answer.prompt import ANSWERS, answers_prompt
from ..weights import Listener
from .passages import indexed_text

__all__ = ["RERANKED", "Reranker", "open_reranker"]

RERANKED = 24  # passages that are put in order; those behind them keep their places


class Reranker:
    """Scores passages for a question, on the engine of loaded weights.

    A cross-encoder judges the pair of question and passage. A language model says whether the passage answers the
    question, yes or no; the difference of the exact log-probabilities is its score. Raises EngineError for weights that
    do neither.
    """

    def __init__(self, loaded: LoadedModel) -> None:
        engine, self._digest = loaded.engine, str(loaded.facts["digest"])
        labels = engine.capabilities.labels
        if len(labels) != 1 and not engine.capabilities.score:
            what = f"judge by {len(labels)} labels" if labels else "neither judge pairs of texts nor score answers"
            raise EngineError(
                f"The weights {loaded.name} {what}, so they cannot put passages in order.",
                "Choose a cross-encoder with one label, or a language model on an engine that scores.",
            )
        self._engine, self._judges = engine, len(labels) == 1
        self.libraries = engine.libraries

    @property
    def weights(self) -> str:
        """The digest of the weights, by which they are loaded again."""
        return self._digest.removeprefix("sha256:")

    @property
    def facts(self) -> dict[str, Any]:
        """The reranker's part of a lock."""
        prompt = None if self._judges else AnswerTask.prompt_version
        facts = {"digest": self._digest, "engine": self._engine.describe(), "passages": RERANKED, "prompt": prompt}
        return {name: value for name, value in facts.items() if value is not None}

    def scores(self, question: str, passages: Sequence[FoundPassage]) -> list[float]:
        """Return a number for each passage, higher for a better one. Raises RequestRefused if one has none."""
        if self._judges:
            pairs = [(question, indexed_text(one.title, one.lead, one.text)) for one in passages]
            return [float(row[0]) for row in self._engine.judge(pairs)]
        return _said(self._engine, question, passages)


def _said(engine: Engine, question: str, passages: Sequence[FoundPassage]) -> list[float]:
    """Return by how much a model rather says yes than no to the question whether each passage answers."""
    answers = tuple(engine.tokenize(word) + engine.turn_end() for word in ANSWERS)
    prompts = [answers_prompt(question, [passage], engine.control_tokens) for passage in passages]
    requests = [ScoreRequest(str(n), prompt_ids(prompt, engine), answers) for n, prompt in enumerate(prompts)]
    found: dict[str, float] = {}
    for score in engine.score(requests):
        if score.error:
            raise RequestRefused(f"A passage could not be scored ({score.error}).", "Ask without --reranker.")
        found[score.id] = score.logprobs[0] - score.logprobs[1]
    return [found[request.id] for request in requests]


def open_reranker(weights: str, listener: Listener | None = None) -> Reranker:
    """Load weights that put passages in order. Raises WeightsError if this machine does not have them, or EngineError.

    A language model is loaded in solo mode, so that its scores do not depend on what it scored before.
    """
    loaded = load_reranker(weights, listener=listener)
    try:
        return Reranker(loaded)
    except EngineError:
        loaded.close()
        raise
