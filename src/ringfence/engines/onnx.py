"""The embedding engine: a sentence encoder on ONNX Runtime, mean pooling over tokens, rows of length 1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from .chat import Templated
from .protocol import Capabilities, EngineSettings, ScoreRequest
from .scheduler import Scheduled
from .ticket import EngineOutput, Ticket
from .unconverted import RunsOrigin

__all__ = ["OnnxEngine"]

BATCH = 32


class OnnxEngine(RunsOrigin, Scheduled, Templated):
    """A loaded sentence encoder. It embeds texts and does nothing else."""

    name = "onnx"
    libraries: tuple[str, ...] = ("numpy", "onnxruntime", "tokenizers")
    chat_template = ""
    control_tokens: tuple[str, ...] = ()

    def __init__(self, folder: Path, settings: EngineSettings) -> None:
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError as error:
            raise EngineError(
                f"The onnx engine cannot be imported ({error}).", "Install it: pip install 'ringfence[onnx]'."
            ) from None
        self.settings = settings
        self.special_tokens: dict[str, str] = {}
        self._version = onnxruntime.__version__
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = settings.threads
            options.log_severity_level = 3
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # each of the three libraries raises its own errors
            raise EngineError(
                f"The onnx engine cannot load these weights ({type(error).__name__}).",
                "Use a sentence encoder, such as all-minilm-l6-v2-int8: a folder with model.onnx, tokenizer.json and "
                "config.json.",
            ) from None
        context = min(256, int(config.get("max_position_embeddings", 256)))  # MiniLM was trained on 256 tokens
        self._tokenizer.enable_truncation(context)
        self._tokenizer.enable_padding()
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self.capabilities = Capabilities(
            context=context, grammar=False, json_schema=False, embed=True, modes=("batched",)
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
            f"The onnx engine only embeds texts; it does not {verb}.", "Choose another engine for this task."
        )

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Embeddings of length 1, one row per text, float32; texts are truncated to the context."""
        rows: list[npt.NDArray[np.float32]] = []
        for start in range(0, len(texts), BATCH):
            encoded = self._tokenizer.encode_batch(list(texts[start : start + BATCH]))
            mask = np.array([entry.attention_mask for entry in encoded], np.int64)
            feed = {
                "input_ids": np.array([entry.ids for entry in encoded], np.int64),
                "attention_mask": mask,
                "token_type_ids": np.zeros_like(mask),
            }
            states = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
            pooled = states if states.ndim == 2 else (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
            norms = np.linalg.norm(pooled, axis=1, keepdims=True)
            rows.append((pooled / np.maximum(norms, 1e-12)).astype(np.float32))
        return np.concatenate(rows) if rows else np.empty((0, 0), np.float32)

    def describe(self) -> dict[str, Any]:
        """Name, version and settings: the engine's part of the lock."""
        return {"name": self.name, "version": self._version, "build": None, "settings": {"mode": "batched"}}

    def close(self) -> None:
        """Free the weights."""
        self._session = None
