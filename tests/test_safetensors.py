"""A hub's folder of safetensors as a base: the GGUF file made of it answers as transformers does."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ringfence.engines import EngineSettings, ScoreRequest
from ringfence.errors import WeightsError
from ringfence.gold.split import Split, SplitFile
from ringfence.inference import open_engine
from ringfence.weights import PullOptions, Store, StoredWeights, pull
from ringfence.weights.lora import LoraMatrices, merge, publish_folder
from ringfence.weights.model_files import files_of
from ringfence.weights.requantisation import requantise
from tests.conftest import ringfence

if any(importlib.util.find_spec(name) is None for name in ("torch", "peft", "transformers")):
    pytest.skip("the extra tune is not installed", allow_module_level=True)
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("llamacpp"), pytest.mark.filterwarnings("default")]

import torch  # noqa: E402
from safetensors import safe_open  # noqa: E402

from ringfence.tuning.base import load_base, tokens_apart  # noqa: E402
from tests.letters import TASK, letter, write_letters  # noqa: E402
from tests.tiny_llama import write_tiny_safetensors  # noqa: E402


@pytest.fixture
def store(own_store: Store) -> Store:
    return own_store


def a_base(folder: Path, store: Store, kind: str = "llama") -> StoredWeights:
    return pull(str(write_tiny_safetensors(folder / kind, kind)), store, options=PullOptions(name=f"tiny-{kind}"))


@pytest.mark.parametrize("kind", ["llama", "qwen2", "qwen3"])
def test_a_gguf_file_made_of_safetensors_answers_as_transformers_does(kind: str, tmp_path: Path, store: Store) -> None:
    base = a_base(tmp_path, store, kind)
    made = requantise(base, "f16", store)
    assert made.manifest.origin == base.manifest.digest
    assert made.manifest.licence == base.manifest.licence
    for name in ("llamacpp", "openvino"):
        model = open_engine(name, made, store, EngineSettings(cache_gib=1, max_in_flight=1))
        engine = model.engine
        assert tokens_apart(base, engine, {str(number): letter(number) for number in range(9)}) == []
        prompt = engine.prompt((("user", letter(3)),))
        answers = tuple(engine.tokenize(text) for text in (" Nordwind", " 200.50", " null"))
        (score,) = engine.score([ScoreRequest("a", prompt, answers)])
        model.close()
        assert score.logprobs == pytest.approx(own_scores(base, prompt, answers), abs=0.15)


def own_scores(base: StoredWeights, prompt: tuple[int, ...], answers: tuple[tuple[int, ...], ...]) -> list[float]:
    """The log-probabilities of answers by transformers, from the safetensors themselves."""
    model = load_base(base, "float32")
    found = []
    for answer in answers:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([prompt + answer])).logits[0].log_softmax(-1)
        found.append(sum(float(logits[len(prompt) + at - 1, token]) for at, token in enumerate(answer)))
    return found


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
def test_merged_weights_and_the_folder_for_vllm_answer_as_the_base_with_its_adapter(
    kind: str, tmp_path: Path, store: Store
) -> None:
    base = a_base(tmp_path, store, kind)
    dice = np.random.default_rng(0)
    model = load_base(base, "float32")
    matrices = {}
    for name, module in model.named_modules():
        if name.endswith(("q_proj", "k_proj", "down_proj")):
            rows, columns = module.weight.shape
            down, up = (dice.normal(size=size).astype(np.float32) * 0.2 for size in ((4, columns), (rows, 4)))
            matrices[name] = down, up
            module.weight.data += torch.tensor(2.0 * (up @ down))
    lora = LoraMatrices(matrices, 4, 8)
    merged, folder = merge(base, lora, store, "tuned", "f16"), publish_folder(base, lora, store, "folder")
    assert publish_folder(base, lora, store, "folder").manifest.digest == folder.manifest.digest, "in one order"
    assert merged.manifest.origin == folder.manifest.origin == base.manifest.digest
    ids = torch.tensor([list(range(3, 40))])
    with torch.no_grad():
        tuned, plain = model(input_ids=ids).logits, load_base(base, "float32")(input_ids=ids).logits
        served = load_base(merged, "float32")(input_ids=ids).logits
    assert float((tuned - plain).abs().max()) > 20 * float((tuned - served).abs().max())
    import peft  # at the top it would import the hub's client, whose address other tests set before that

    applied = peft.PeftModel.from_pretrained(load_base(base, "float32"), str(folder.files))
    with torch.no_grad():
        assert torch.allclose(applied(input_ids=ids).logits, tuned, atol=1e-3)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"architectures": ["GPT2LMHeadModel"]}, "none of LlamaForCausalLM"),
        ({"rope_parameters": {"rope_type": "llama3", "rope_theta": 1e4}}, "positions are scaled"),
        ({"sliding_window": 128}, "look back over a window"),
        ({"quantization_config": {"quant_method": "awq"}}, "packed by another program"),
        ({"hidden_act": "gelu"}, "compute with gelu"),
        ({"hidden_size": None}, "does not state hidden_size"),
        ({"vocab_size": 200}, "more tokens than the model"),
    ],
)
def test_a_model_that_has_no_known_gguf_form_is_refused(
    change: dict[str, Any], reason: str, tmp_path: Path, store: Store
) -> None:
    folder = write_tiny_safetensors(tmp_path / "made")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(WeightsError, match=reason):
        requantise(pull(str(folder), store, options=PullOptions(name="odd")), "q8_0", store)


def test_a_tokenizer_that_cuts_text_in_an_unknown_way_is_refused(tmp_path: Path, store: Store) -> None:
    folder = write_tiny_safetensors(tmp_path / "made")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["pre_tokenizer"] = {"type": "Whitespace"}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(WeightsError, match="their tokenizer cuts text"):
        requantise(pull(str(folder), store, options=PullOptions(name="odd")), "q8_0", store)


def test_the_shape_and_size_of_safetensors_are_those_of_the_gguf_file_made_of_them(
    tmp_path: Path, store: Store
) -> None:
    base = a_base(tmp_path, store)
    own, made = files_of(base), files_of(requantise(base, "q8_0", store))
    assert (own.architecture, own.layers, own.heads) == (made.architecture, made.layers, made.heads)
    assert set(own.tensors) == set(made.tensors)
    assert own.parameters == made.parameters


def test_tune_starts_from_safetensors_and_publishes_for_every_engine(
    tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    base = a_base(tmp_path, store)
    _, gold = write_letters(tmp_path, 34)
    names = [f"{number}.txt" for number in range(34)]
    parts = {"calibration": names[:24], "dev": names[24:29], "test": names[29:]}
    shares = {"calibration": 0.6, "dev": 0.2, "test": 0.2}
    SplitFile(gold).write(Split(parts, {name: name for name in names}, shares, 0, None, "now"))
    (tmp_path / "task.json").write_text(json.dumps(TASK.canonical()))
    code = ringfence(
        "tune", tmp_path / "task.json", "--gold", gold, "--documents", tmp_path / "letters", "--weights", "tiny-llama",
        "--out", tmp_path / "tuned", "--epochs", "1", "--name", "letters", "--no-ranker", "--json",
    )  # fmt: skip
    assert code in (0, 1)
    card = json.loads(capsys.readouterr().out)
    assert card["base"]["digest"] == f"sha256:{base.manifest.digest}"
    assert all(one["holds"] for one in card["parity"])
    assert len(card["parity"]) == 3
    merged, adapter, folder = (Store().get(card[name]) for name in ("merged", "adapter", "folder"))
    served = Store().get("tiny-llama-as-q8_0")
    assert served.manifest.origin == merged.manifest.origin == folder.manifest.origin == base.manifest.digest
    assert adapter.manifest.origin == served.manifest.digest  # llama.cpp applies it to the GGUF file
    with safe_open(folder.files / "adapter_model.safetensors", framework="numpy") as file:
        assert file.metadata()["base"] == card["base"]["digest"]
