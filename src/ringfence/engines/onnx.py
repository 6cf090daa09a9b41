"""The engine of encoders: ONNX graphs that embed texts, or judge pairs of texts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from ..hardware import processors
from .chat import Templated
from .embedding_recipe import context_of, pooled, prefixed, recipe_in
from .encoder_graph import load_graph
from .judgement import judged, labels_in
from .protocol import Capabilities, EngineSettings, Purpose, ScoreRequest
from .scheduler import Scheduled
from .text_batches import batches_of
from .ticket import EngineOutput, Ticket
from .unconverted import RunsOrigin

__all__ = ["OnnxEngine"]

_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
Outputs = dict[str, npt.NDArray[Any]]
RowOf = Callable[[Outputs, npt.NDArray[np.int64]], npt.NDArray[np.float32]]


class OnnxEngine(RunsOrigin, Scheduled, Templated):
    """A loaded encoder. It writes nothing; any thread may use it.

    A text has the same row alone and in any batch; OpenVINO's rows (bf16) and ONNX Runtime's (f32) differ a little.
    """

    name = "onnx"
    libraries: tuple[str, ...] = ("numpy", "onnxruntime", "openvino", "tokenizers")
    chat_template = ""
    control_tokens: tuple[str, ...] = ()

    def __init__(self, folder: Path, settings: EngineSettings) -> None:
        self.settings = settings
        self.special_tokens: dict[str, str] = {}
        try:
            from tokenizers import Tokenizer

            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._graph = load_graph(folder / "model.onnx", settings.runtime, settings.threads)
        except ImportError as error:
            raise EngineError(
                f"The onnx engine cannot be imported ({error}).", "Install it: pip install 'ringfence[onnx]'."
            ) from None
        except EngineError:
            raise
        except Exception as error:  # each of the libraries raises its own errors
            raise EngineError(
                f"The onnx engine cannot load these weights ({type(error).__name__}).",
                "Use an encoder, such as all-minilm-l6-v2-int8: a folder with model.onnx, tokenizer.json and "
                "config.json.",
            ) from None
        if not isinstance(config, dict) or not self._graph.inputs <= _INPUTS:
            raise EngineError(
                "These weights do not read token ids, a mask and token types alone.",
                "Use an encoder, such as all-minilm-l6-v2-int8; a model that writes needs another engine.",
            )
        self.libraries = tuple(sorted(("numpy", "tokenizers", self._graph.library)))
        labels = labels_in(config)
        # A model that judges has no pooling of its own: what the catalog says of its context counts.
        self._recipe = settings.recipe if labels else recipe_in(folder, settings.recipe)
        context = context_of(config, self._recipe)
        self._tokenizer.enable_truncation(context)
        self._tokenizer.no_padding()
        self._pad = int(config.get("pad_token_id") or 0)  # RoBERTa counts positions by tokens that are not this one
        self.capabilities = Capabilities(
            context=context,
            grammar=False,
            json_schema=False,
            embed=not labels,
            token_ids=False,
            modes=("batched",),
            generate=False,
            labels=labels,
        )

    @classmethod
    def open(cls, folder: Path, settings: EngineSettings) -> OnnxEngine:
        """Load the encoder in ``folder``."""
        return cls(folder, settings)

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Token ids, truncated to the context."""
        return tuple(self._tokenizer.encode(text).ids)

    def begin(self, ticket: Ticket) -> EngineOutput | None:
        """Not offered. Raises EngineError."""
        verb = "score" if isinstance(ticket.request, ScoreRequest) else "write"
        raise EngineError(
            f"The onnx engine embeds texts or judges pairs of them; it does not {verb}.",
            "Choose another engine for this task.",
        )

    def embed(self, texts: Sequence[str], *, purpose: Purpose = "passage") -> npt.NDArray[np.float32]:
        """Embeddings, one row per text, float32; texts are truncated to the context.

        Raises EngineError if these weights judge pairs.
        """
        if not self.capabilities.embed:
            return super().embed(texts, purpose=purpose)

        def row_of(outputs: Outputs, mask: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
            return pooled(outputs, mask, self._recipe)

        return self._rows(prefixed(list(texts), self._recipe, purpose), row_of)

    def judge(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float32]:
        """Log-probabilities of the labels for each pair, or the logit of the one label; float32, (pairs, labels).

        The longer text of a pair is cut first where both do not fit. Raises EngineError if these weights embed.
        """
        labels = self.capabilities.labels
        if not labels:
            return super().judge(pairs)

        def row_of(outputs: Outputs, mask: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
            return judged(outputs, labels)

        return self._rows(pairs, row_of).reshape(len(pairs), len(labels))

    def _rows(self, texts: Sequence[Any], row_of: RowOf) -> npt.NDArray[np.float32]:
        """One row per text, or pair of texts, in their order."""
        encoded = self._tokenizer.encode_batch(list(texts))
        rows: npt.NDArray[np.float32] | None = None
        for padded, positions in batches_of([len(entry.ids) for entry in encoded], self.capabilities.context):
            ids = np.full((len(positions), padded), self._pad, np.int64)
            mask, types = np.zeros_like(ids), np.zeros_like(ids)
            for row, position in enumerate(positions):
                entry = encoded[position]
                size = len(entry.ids)
                ids[row, :size], mask[row, :size], types[row, :size] = entry.ids, 1, entry.type_ids
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
            try:
                outputs = self._graph.run({name: feed[name] for name in self._graph.inputs})
            except Exception as error:  # each runtime raises its own
                raise EngineError(
                    f"The onnx engine failed on texts of {padded} tokens ({type(error).__name__}).",
                    "Run `ringfence weights verify`; if the weights are whole, they need a smaller context.",
                ) from None
            found = row_of(outputs, mask)
            if rows is None:
                rows = np.empty((len(texts), found.shape[1]), np.float32)
            rows[positions] = found
        return np.empty((0, 0), np.float32) if rows is None else rows

    def describe(self) -> dict[str, Any]:
        """Name, version and settings: the engine's part of the lock."""
        graph = self._graph
        settings = {
            "mode": "batched",
            "runtime": graph.runtime,
            "precision": graph.precision,
            "context": self.capabilities.context,
            "threads": self.settings.threads or f"auto:{processors()}",
            "recipe": asdict(self._recipe),
        }
        return {"name": self.name, "version": graph.version, "build": graph.build(), "settings": settings}

    def close(self) -> None:
        """Free the weights."""
        super().close()
        del self._graph
