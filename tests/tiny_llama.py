"""A llama of two layers with random numbers, as a GGUF file in llama.cpp's order of rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

VOCABULARY, WIDTH, INNER, HEADS, KV_HEADS, LAYERS = 96, 64, 96, 4, 2, 2


def write_tiny_llama(path: Path, seed: int = 0) -> Path:
    """Write the file; every matrix is in float32, so that nothing is rounded on the way."""
    import gguf

    dice = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(256)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(VOCABULARY)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([f"t{number}" for number in range(VOCABULARY)])
    writer.add_token_merges(["t 1"])

    def matrix(rows: int, columns: int) -> Any:
        return (dice.normal(size=(rows, columns)) / columns**0.5).astype(np.float32)

    side = WIDTH // HEADS * KV_HEADS
    writer.add_tensor("token_embd.weight", matrix(VOCABULARY, WIDTH))
    writer.add_tensor("output.weight", matrix(VOCABULARY, WIDTH))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for layer in range(LAYERS):
        name = f"blk.{layer}"
        writer.add_tensor(f"{name}.attn_norm.weight", np.ones(WIDTH, np.float32))
        writer.add_tensor(f"{name}.ffn_norm.weight", np.ones(WIDTH, np.float32))
        writer.add_tensor(f"{name}.attn_q.weight", matrix(WIDTH, WIDTH))
        writer.add_tensor(f"{name}.attn_k.weight", matrix(side, WIDTH))
        writer.add_tensor(f"{name}.attn_v.weight", matrix(side, WIDTH))
        writer.add_tensor(f"{name}.attn_output.weight", matrix(WIDTH, WIDTH))
        writer.add_tensor(f"{name}.ffn_gate.weight", matrix(INNER, WIDTH))
        writer.add_tensor(f"{name}.ffn_up.weight", matrix(INNER, WIDTH))
        writer.add_tensor(f"{name}.ffn_down.weight", matrix(WIDTH, INNER))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
