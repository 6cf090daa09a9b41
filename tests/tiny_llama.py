"""A model of two layers with random numbers: a GGUF file in llama.cpp's order of rows, or a folder of safetensors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.letters import letter

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


CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write_tiny_safetensors(folder: Path, kind: str = "llama", seed: int = 0) -> Path:
    """Write the folder as a hub has it, with bfloat16 numbers and a tokenizer of bytes and a few merges.

    ``kind`` is llama, qwen2 (which has biases) or qwen3 (which has norms of queries and keys).
    """
    import torch
    import transformers

    torch.manual_seed(seed)
    tokenizer = _tokenizer()
    config = transformers.AutoConfig.for_model(
        kind, vocab_size=tokenizer.get_vocab_size() + 5, hidden_size=WIDTH, intermediate_size=INNER,
        num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=KV_HEADS, head_dim=WIDTH // HEADS,
        max_position_embeddings=4096, tie_word_embeddings=kind == "qwen2", bos_token_id=0, eos_token_id=2,
        pad_token_id=0,
    )  # fmt: skip
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    for parameter in model.parameters():  # the library's own start is so small that every answer is a near-tie
        parameter.data.normal_(1.0 if parameter.dim() == 1 else 0.0, 0.3 if parameter.dim() == 1 else 0.15)
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    facts = {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps({**facts, "chat_template": CHAT}))
    return folder


def _tokenizer() -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [AddedToken(text, special=True) for text in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")]
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([letter(number) for number in range(12)], trainer)
    return tokenizer
