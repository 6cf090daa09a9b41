"""Tiny encoders in ONNX that tests make: a table of word vectors, with one layer behind it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
WORDS = (*SPECIAL, "cat", "dog", "sat", "ran", "a", "the", "on", "mat", "query", "passage", ":", "true", "false")
WIDTH = 8


def make_encoder(folder: Path, **config: Any) -> Path:
    """Write an encoder: a token's state is its word's vector plus half the mean vector of its text."""
    table = np.random.default_rng(1).normal(size=(len(WORDS), WIDTH)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        *_mean("words"),
        helper.make_node("Mul", ["mean", "half"], ["around"]),
        helper.make_node("Add", ["words", "around"], ["last_hidden_state"]),
    ]
    shape = ["batch", "sequence", WIDTH]
    numbers = {"table": table, "half": np.array(0.5, np.float32)}
    _write(folder, nodes, numbers, ("last_hidden_state", shape))
    _companions(folder, {"max_position_embeddings": 64, **config})
    return folder


def make_judge(folder: Path, labels: tuple[str, ...], **config: Any) -> Path:
    """Write a cross-encoder: its logits are a line through the difference of the mean vectors of the two texts."""
    random = np.random.default_rng(2)
    numbers = {
        "table": random.normal(size=(len(WORDS), WIDTH)).astype(np.float32),
        "line": random.normal(size=(WIDTH, max(len(labels), 1))).astype(np.float32),
        "two": np.array(2.0, np.float32),
        "one": np.array(1.0, np.float32),
    }
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["token_type_ids"], ["type"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["type", "last"], ["types"]),
        helper.make_node("Mul", ["types", "two"], ["doubled"]),
        helper.make_node("Sub", ["one", "doubled"], ["signs"]),
        helper.make_node("Mul", ["words", "signs"], ["signed"]),
        *_mean("signed"),
        helper.make_node("Squeeze", ["mean", "tokens"], ["apart"]),
        helper.make_node("MatMul", ["apart", "line"], ["logits"]),
    ]
    _write(folder, nodes, numbers, ("logits", ["batch", max(len(labels), 1)]))
    facts = {
        "architectures": ["BertForSequenceClassification"],
        "id2label": {str(number): label for number, label in enumerate(labels)},
        "max_position_embeddings": 64,
    }
    _companions(folder, {**facts, **config})
    return folder


def make_gguf_encoder(path: Path) -> Path:
    """Write a BERT of one layer in GGUF, which says that it pools by the mean."""
    from gguf import GGUFWriter

    width, inner, context = 32, 64, 64
    random = np.random.default_rng(3)
    writer = GGUFWriter(str(path), "bert")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(inner)
    writer.add_block_count(1)
    writer.add_head_count(2)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_uint32("bert.pooling_type", 1)
    writer.add_tokenizer_model("bert")
    writer.add_token_list([*SPECIAL, *(f"\u2581{word}" for word in WORDS[4:])])
    writer.add_token_types([3] * 4 + [1] * (len(WORDS) - 4))
    writer.add_token_type_count(2)
    writer.add_pad_token_id(0)
    writer.add_unk_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_sep_token_id(3)
    writer.add_eos_token_id(3)
    square = (width, width)
    shapes = {"token_embd": (len(WORDS), width), "position_embd": (context, width), "token_types": (2, width)}
    shapes |= {f"blk.0.{name}": square for name in ("attn_q", "attn_k", "attn_v", "attn_output")}
    shapes |= {"blk.0.ffn_up": (inner, width), "blk.0.ffn_down": (width, inner)}
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", random.normal(0, 0.3, shape).astype(np.float32))
        if name.startswith("blk"):
            writer.add_tensor(f"{name}.bias", np.zeros(shape[0], np.float32))
    for name in ("token_embd_norm", "blk.0.attn_output_norm", "blk.0.layer_output_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(width, np.float32))
        writer.add_tensor(f"{name}.bias", np.zeros(width, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def tell(folder: Path, name: str, content: object) -> None:
    """Write a file beside the weights: JSON, or a text as it is."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))


def _mean(states: str) -> list[Any]:
    """Nodes of the mean of ``states`` over the tokens of each text, of shape (texts, 1, width)."""
    return [
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["weights"]),
        helper.make_node("Mul", [states, "weights"], ["weighted"]),
        helper.make_node("ReduceSum", ["weighted", "tokens"], ["sum"]),
        helper.make_node("ReduceSum", ["weights", "tokens"], ["count"]),
        helper.make_node("Div", ["sum", "count"], ["mean"]),
    ]


def _write(folder: Path, nodes: list[Any], numbers: dict[str, npt.NDArray[Any]], output: tuple[str, list[Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    axes = {"last": np.array([-1], np.int64), "tokens": np.array([1], np.int64)}
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ],
        [helper.make_tensor_value_info(output[0], TensorProto.FLOAT, output[1])],
        [numpy_helper.from_array(array, name) for name, array in {**numbers, **axes}.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(folder / "model.onnx"))


def _companions(folder: Path, config: dict[str, Any]) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps(config))
