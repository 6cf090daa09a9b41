"""Score continuations on the plain OpenVINO runtime: one forward pass over the trees of several requests.

The continuations of a prompt form a tree (labels share beginnings). One sequence holds the tokens of several requests
in a row, and an attention mask lets each token see only its prompt and its own path (as in speculative decoding by
token trees, Miao et al. 2024, SpecInfer). The common prefix of the prompts is read once, and its keys and values are
restored before each pass. Only the requested logits leave the graph.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from .openvino_runtime import explain, runtime
from .protocol import Score, ScoreRequest

__all__ = ["OpenVinoScorer", "pass_holds"]

PASS_TOKENS = 768  # per forward pass: more grows the mask and the attention between unrelated requests, not the speed
HEAD_ROWS = 32  # rows of logits at once: 32 rows of 150,000 keep 20 MB allocated; 1,400 rows took 5 s per request
LEAST_PREFIX = 24  # shortest common prefix, in tokens, that is worth reading separately
HIDDEN = np.float32(-65504)
PAST = "ringfence_past_"


@dataclass
class _Node:
    """A token of a tree: its place in the pass, and the tokens that may follow it."""

    place: int
    children: dict[int, _Node] = field(default_factory=dict)
    wanted: dict[int, float] = field(default_factory=dict)


class OpenVinoScorer:
    """The graph in ``folder``, rewritten to return log-probabilities of chosen tokens at chosen places."""

    def __init__(self, folder: Path, context: int, properties: dict[str, Any], solo: bool) -> None:
        self._context, self._solo = context, solo
        try:
            body, head = _split(folder)
            core = runtime().core.Core()
            self._body = core.compile_model(body, "CPU", properties).create_infer_request()
            self._head = core.compile_model(head, "CPU", properties).create_infer_request()
        except (RuntimeError, MemoryError) as error:
            raise explain(error, "loading the weights for scoring") from None
        self._has_attention_mask = any("attention_mask" in port.get_names() for port in body.inputs)
        self._empty = {
            name: np.zeros([1 if size.is_dynamic else size.get_length() for size in shape], np.float32)[:, :, :0]
            for port in body.inputs
            for name, shape in [(port.get_any_name(), port.get_partial_shape())]
            if name.startswith(PAST)
        }
        self._prefix: tuple[int, ...] = ()
        self._saved: dict[str, npt.NDArray[np.float32]] = {}
        self._past = self._empty
        self._before: list[tuple[int, ...]] = []  # the last prompt that was scored

    def score(self, requests: Sequence[ScoreRequest]) -> list[Score]:
        """Score requests that fit one pass (``pass_holds``), or a single one; returns scores in the same order."""
        started = time.monotonic()
        try:
            past = self._common(requests)
            values = self._trees(requests, past)
        except (RuntimeError, MemoryError) as error:
            self._forget()
            raise explain(error, "scoring") from None
        seconds = (time.monotonic() - started) / len(requests)
        return [
            Score(request.id, logprobs, len(request.prompt), past, seconds)
            for request, logprobs in zip(requests, values, strict=True)
        ]

    def refusal(self, request: ScoreRequest) -> Score | None:
        """A failed score with the reason why a request cannot be scored; None if it can."""
        longest = len(request.prompt) + max(map(len, request.continuations), default=0)
        fault = ""
        if longest > self._context:
            fault = f"it is too long: {longest} tokens with its prompt, and these weights hold {self._context}"
        if not request.prompt:
            fault = "its prompt is empty"
        return Score(request.id, (), len(request.prompt), error=fault) if fault else None

    def _common(self, requests: Sequence[ScoreRequest]) -> int:
        """Set the state to the common prefix of the prompts; returns its length in tokens.

        A single prompt shares its prefix with the previous one. The old prefix is kept as long as it is still common
        and a longer one would gain little.
        """
        prompts = [request.prompt[:-1] for request in requests]
        # Several prompts are compared only with each other, because the size of their pass was computed that way.
        previous = self._before if len(prompts) == 1 else []
        common = 0 if self._solo else _common_length([*prompts, *previous])
        self._before = prompts[-1:]
        kept = len(self._prefix)
        if kept and kept <= common <= kept + LEAST_PREFIX:
            self._past = self._saved
            past = kept
        else:
            self._forget()
            past = common if common >= LEAST_PREFIX and (len(requests) > 1 or common < len(prompts[0])) else 0
            if past:
                self._read(prompts[0][:past], 0)
                self._prefix = prompts[0][:past]
                self._saved = self._past
        if len(requests) == 1 and len(prompts[0]) - past > PASS_TOKENS:  # a long document alone
            self._read(prompts[0][past:], past)
            past = len(prompts[0])
        return past

    def _forget(self) -> None:
        self._prefix, self._saved, self._past = (), self._empty, self._empty

    def _read(self, tokens: Sequence[int], past: int) -> None:
        """Add tokens to the state."""
        for start in range(0, len(tokens), PASS_TOKENS):
            piece = tokens[start : start + PASS_TOKENS]
            size = len(piece)
            mask = np.full((size, past + size), HIDDEN, np.float32)
            mask[np.arange(past + size)[None, :] <= np.arange(past, past + size)[:, None]] = 0
            self._infer(piece, range(past, past + size), mask, [0])
            self._past = {
                f"{PAST}{number}": np.array(self._body.get_output_tensor(number + 1).data)
                for number in range(len(self._empty))
            }
            past += size

    def _infer(
        self, tokens: Sequence[int], positions: Sequence[int], mask: npt.NDArray[np.float32], rows: Sequence[int]
    ) -> npt.NDArray[np.float32]:
        inputs = {
            "input_ids": np.array([tokens], np.int64),
            "position_ids": np.array([positions], np.int64),
            "ringfence_mask": mask[None, None],
            "ringfence_rows": np.array(rows, np.int32),
            **self._past,
        }
        if self._has_attention_mask:
            inputs["attention_mask"] = np.ones((1, mask.shape[1]), np.int64)
        self._body.infer(inputs)
        return np.array(self._body.get_output_tensor(0).data)

    def _trees(self, requests: Sequence[ScoreRequest], past: int) -> list[tuple[float, ...]]:
        tokens: list[int] = []
        positions: list[int] = []
        visible: list[list[int]] = []
        roots = []
        for request in requests:
            rest = request.prompt[past:]
            before = list(range(len(tokens), len(tokens) + len(rest)))
            for number, token in enumerate(rest):
                tokens.append(token)
                positions.append(past + number)
                visible.append(before[: number + 1])
            roots.append(_Node(len(tokens) - 1))
            for continuation in request.continuations:
                node = roots[-1]
                for depth, token in enumerate(continuation):
                    node.wanted[token] = 0.0
                    if depth + 1 == len(continuation):
                        break
                    if token not in node.children:
                        node.children[token] = _Node(len(tokens))
                        visible.append([*visible[node.place], len(tokens)])
                        positions.append(len(request.prompt) + depth)
                        tokens.append(token)
                    node = node.children[token]
        mask = np.full((len(tokens), past + len(tokens)), HIDDEN, np.float32)
        mask[:, :past] = 0
        for row, seen in zip(mask, visible, strict=True):
            row[past + np.array(seen)] = 0
        nodes = [node for root in roots for node in _nodes(root) if node.wanted]
        if nodes:
            self._fill(nodes, self._infer(tokens, positions, mask, [node.place for node in nodes]))
        return [
            tuple(_along(root, continuation) for continuation in request.continuations)
            for request, root in zip(requests, roots, strict=True)
        ]

    def _fill(self, nodes: list[_Node], hidden: npt.NDArray[np.float32]) -> None:
        """Compute what each node wants. Nodes that want many tokens are grouped, so that few columns stay empty."""
        order = sorted(range(len(nodes)), key=lambda place: len(nodes[place].wanted))
        for start in range(0, len(order), HEAD_ROWS):
            chosen = order[start : start + HEAD_ROWS]
            width = max(len(nodes[place].wanted) for place in chosen)
            columns = np.zeros((len(chosen), width), np.int32)
            for row, place in enumerate(chosen):
                columns[row, : len(nodes[place].wanted)] = list(nodes[place].wanted)
            self._head.infer({"ringfence_hidden": hidden[chosen], "ringfence_columns": columns})
            found = self._head.get_output_tensor(0).data
            for row, place in enumerate(chosen):
                node = nodes[place]
                node.wanted = {token: float(value) for token, value in zip(node.wanted, found[row], strict=False)}


def _split(folder: Path) -> tuple[Any, Any]:
    """Split the graph: a body up to the hidden states of chosen rows, with the mask as an input; and the head."""
    openvino, _ = runtime()
    op = openvino.opset13
    model = openvino.Core().read_model(folder / "openvino_model.xml")
    attentions = [node for node in model.get_ops() if node.get_type_name() == "ScaledDotProductAttention"]
    if not attentions or any(len(node.inputs()) < 4 for node in attentions):
        raise EngineError(
            "OpenVINO cannot score with these weights: their graph has no attention with a mask.",
            "Choose another format of the weights, or the engine llamacpp.",
        )
    mask = op.parameter(openvino.PartialShape([-1, 1, -1, -1]), openvino.Type.f32, name="ringfence_mask")
    rows = op.parameter(openvino.PartialShape([-1]), openvino.Type.i32, name="ringfence_rows")
    for parameter in (mask, rows):
        parameter.output(0).set_names({parameter.get_friendly_name()})
    for node in attentions:
        node.input(3).replace_source_output(mask.output(0))
    result = model.get_results()[0]
    product = result.input_value(0).get_node()
    while product.get_type_name() != "MatMul":
        product = product.input_value(0).get_node()
    hidden, size = product.input_value(0), product.input_value(0).get_partial_shape()[2].get_length()
    flat = op.reshape(hidden, op.constant(np.array([-1, size], np.int64)), special_zero=False)
    chosen = op.gather(flat, rows, op.constant(np.int64(0)))
    model.remove_result(result)
    model.add_results([op.result(chosen)])
    model.add_parameters([mask, rows])
    _without_state(model)
    model.validate_nodes_and_infer_types()
    inputs = op.parameter(openvino.PartialShape([-1, size]), openvino.Type.f32, name="ringfence_hidden")
    columns = op.parameter(openvino.PartialShape([-1, -1]), openvino.Type.i32, name="ringfence_columns")
    for parameter in (inputs, columns):
        parameter.output(0).set_names({parameter.get_friendly_name()})
    attributes = product.get_attributes()
    logits = op.matmul(inputs, product.input_value(1), attributes["transpose_a"], attributes["transpose_b"])
    wanted = op.gather_elements(op.log_softmax(logits, -1), columns, 1)
    return model, openvino.Model([op.result(wanted)], [inputs, columns], "head")


def _without_state(model: Any) -> None:
    """Make the cached keys and values plain inputs and outputs.

    With a state, the CPU plugin uses its single-token kernel for everything after the first call: 580 tokens after 656
    took 2.9 s on the 135M, and take 0.5 s without.
    """
    openvino, _ = runtime()
    op = openvino.opset13
    parameters, results = [], []
    assigns = {node.get_variable_id(): node for node in model.get_sinks()}
    for number, node in enumerate(n for n in model.get_ops() if n.get_type_name() == "ReadValue"):
        past = op.parameter(node.output(0).get_partial_shape(), openvino.Type.f32, name=f"{PAST}{number}")
        past.output(0).set_names({past.get_friendly_name()})
        readers = [port.get_node() for port in node.output(0).get_target_inputs()]
        for reader in readers:  # the state chosen by beam
            if reader.get_type_name() == "Gather":
                for port in reader.output(0).get_target_inputs():
                    port.replace_source_output(past.output(0))
        assign = assigns[node.get_variable_id()]
        results.append(op.result(assign.input_value(0)))
        model.remove_sink(assign)
        parameters.append(past)
    # To repeat keys for their queries, GenAI's GGUF reader writes a Broadcast with a length of 0. Only the plugin's
    # fusion of stateful attention ignores that length; without a state it must be right.
    for node in model.get_ops():
        if node.get_type_name() == "Broadcast" and len(node.output(0).get_partial_shape()) == 5:
            repeats = node.output(0).get_partial_shape()[2].get_length()
            node.input(1).replace_source_output(op.constant(np.array([1, 1, repeats, 1, 1], np.int64)).output(0))
    model.add_parameters(parameters)
    model.add_results(results)
    for parameter in model.get_parameters():
        if "beam_idx" in parameter.output(0).get_names():
            model.remove_parameter(parameter)


def _common_length(prompts: Sequence[tuple[int, ...]]) -> int:
    """The length in tokens of the common prefix of all prompts."""
    first, last = min(prompts), max(prompts)  # of all prompts, these two differ earliest
    return next(
        (n for n, (left, right) in enumerate(zip(first, last, strict=False)) if left != right),
        min(len(first), len(last)),
    )


def pass_holds(requests: Sequence[ScoreRequest]) -> bool:
    """True if one forward pass holds all ``requests``."""
    return _size(requests) <= PASS_TOKENS


def _size(requests: Sequence[ScoreRequest]) -> int:
    """How many tokens a pass over ``requests`` has."""
    common = _common_length([request.prompt for request in requests]) if len(requests) > 1 else 0
    return sum(len(request.prompt) - common + _tree_size(request.continuations) for request in requests)


@lru_cache(maxsize=64)
def _tree_size(continuations: tuple[tuple[int, ...], ...]) -> int:
    """How many tokens the tree of ``continuations`` has; the last of each is scored, not read."""
    return len({ids[:size] for ids in continuations for size in range(1, len(ids))})


def _nodes(node: _Node) -> Iterator[_Node]:
    yield node
    for child in node.children.values():
        yield from _nodes(child)


def _along(root: _Node, continuation: Sequence[int]) -> float:
    total, node = 0.0, root
    for depth, token in enumerate(continuation):
        total += node.wanted[token]
        if depth + 1 < len(continuation):
            node = node.children[token]
    return total
