"""Control tokens of the common model families, for servers that do not report their own list."""

from __future__ import annotations

import re

__all__ = ["CONTROL_TOKENS", "tokens_in_template"]

# Gemma, Llama 2 and Mistral, GLM, Seed, Phi and others that do not have the form <|name|>, which is always broken.
CONTROL_TOKENS = (
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>",
    "<|end_header_id|>", "<|eot_id|>", "<|eom_id|>", "<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<pad>",
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<|system|>", "<|user|>", "<|assistant|>",
    "<|end|>", "<|start|>", "<|message|>", "<|channel|>", "<|return|>", "<|call|>", "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "[TOOL_CONTENT]", "[ARGS]", "[CALL_ID]", "[IMG]", "[THINK]", "[/THINK]", "[PREFIX]",
    "[MIDDLE]", "[SUFFIX]", "[gMASK]", "[sMASK]", "[MASK]", "<sop>", "<eop>", "<turn|>", "<|turn>", "<think>",
    "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<start_of_image>",
    "<end_of_image>", "<image_soft_token>", "<seed:bos>", "<seed:eos>", "<seed:think>", "</seed:think>",
    "◁think▷", "◁/think▷", "<CLS>", "<SEP>", "<EOS_TOKEN>", "<BOS_TOKEN>", "<|fim_prefix|>", "]~b]", "[e~[", "]~!b[",
)  # fmt: skip
_IN_TEMPLATE = re.compile(r"</?\|?[A-Za-z_][\w:.-]{1,40}\|?>|<[|｜][^<>\n'\"{}]{1,40}[|｜]>|\[/?[A-Z][A-Z_]{2,30}\]")


def tokens_in_template(template: str) -> tuple[str, ...]:
    """What looks like a control token in a server's chat template, each once, in order."""
    return tuple(dict.fromkeys(_IN_TEMPLATE.findall(template)))
