"""Every engine keeps what an engine must keep, with real small weights behind it; what it cannot do it says."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ringfence.engines import (
    Engine,
    EngineSettings,
    Request,
    ScoreRequest,
    engine_type,
)
from ringfence.engines.conformance import CHECKS, conformance
from ringfence.engines.openai import OpenAiEngine
from ringfence.engines.openvino_convert import make_form
from ringfence.engines.selection import choose_engine
from ringfence.engines.vllm import (
    VllmEngine,
    command_line,
    environment,
    installed,
)
from ringfence.errors import EngineError
from ringfence.hardware import Machine
from ringfence.inference import LoadedModel, open_engine
from ringfence.weights import Store, StoredWeights
from tests.conftest import REPOSITORY
from tests.standins import Standin, running

# One worker at a time: two of llama.cpp's thread pools that spin on two cores slow each other down a hundredfold.
pytestmark = [pytest.mark.weights, pytest.mark.xdist_group("llamacpp")]
SETTINGS = EngineSettings(cache_gib=1, max_in_flight=4)
STAND_IN = f"{sys.executable} -m tests.standins"
# What each way of running weights promises: whether grammars hold while decoding, and whether labels can be scored.
WAYS = {
    "openvino": (True, True),
    "llamacpp": (True, True),
    "vllm": (True, True),
    "a server of llama.cpp": (True, True),
    "a server of vllm": (True, True),
    "a server of ollama": (False, False),
    "a server of tgi": (False, False),
    "a plain server": (False, False),
}


@pytest.fixture(scope="module")
def llamacpp(small_weights: StoredWeights) -> Iterator[Engine]:
    opened = open_engine("llamacpp", small_weights, Store(), SETTINGS)
    yield opened.engine
    opened.engine.close()


@pytest.fixture(scope="module")
def engine_of(
    llamacpp: Engine, open_small: Callable[..., LoadedModel], small_weights: StoredWeights
) -> Iterator[Callable[[str], Engine]]:
    """The engine of each way, opened once."""
    with pytest.MonkeyPatch.context() as patch:
        opened: dict[str, Engine] = {}
        stack = []

        def open_way(way: str) -> Engine:
            if way in opened:
                return opened[way]
            if way == "openvino":
                return open_small("batched").engine
            if way == "llamacpp":
                return llamacpp
            if way == "vllm":
                patch.setenv("RINGFENCE_VLLM", STAND_IN)
                patch.setenv("PYTHONPATH", str(REPOSITORY))
                opened[way] = VllmEngine(small_weights.files, SETTINGS)
                return opened[way]
            if way == "a server of llama.cpp":
                address, key = llamacpp.client.address, llamacpp.client._headers["Authorization"][7:]  # type: ignore[attr-defined]
                patch.setenv("RINGFENCE_API_KEY", key)
            else:
                dialect = way.split()[-1] if " of " in way else "plain"
                context = running(Standin(dialect, llamacpp, key="secret"))
                address = context.__enter__()
                stack.append(context)
                patch.setenv("RINGFENCE_API_KEY", "secret")
            settings = EngineSettings(max_in_flight=4, server=address)
            opened[way] = OpenAiEngine.open(Path(), settings)
            return opened[way]

        yield open_way
        for engine in opened.values():
            engine.close()
        for context in stack:
            context.__exit__(None, None, None)


@pytest.mark.parametrize(
    "way", [way if way == "openvino" else pytest.param(way, marks=pytest.mark.slow) for way in WAYS]
)
def test_every_engine_keeps_what_an_engine_must_keep(engine_of: Callable[[str], Engine], way: str) -> None:
    engine = engine_of(way)
    grammar, score = WAYS[way]
    assert (engine.capabilities.grammar, engine.capabilities.score) == (grammar, score)
    findings = conformance(engine, each=25 if way in ("openvino", "llamacpp") else 3)
    assert [finding for finding in findings if finding.outcome == "broken"] == []
    assert len(findings) == len(CHECKS)
    kept = {finding.check for finding in findings if finding.outcome == "kept"}
    assert {"accounted", "repeatable", "limits", "cancellation"} <= kept
    assert ("grammar" in kept, "scores" in kept) == (grammar, score)


@pytest.mark.slow
def test_two_engines_score_the_same_weights_alike(engine_of: Callable[[str], Engine]) -> None:
    engine = engine_of("llamacpp")
    prompt = engine.prompt((("user", "Is a cat an animal?"),), "Answer:")
    labels = [engine.tokenize(text) + engine.turn_end() for text in (" yes", " no", " maybe so")]
    orders = []
    for way in ("openvino", "llamacpp", "vllm", "a server of vllm"):
        (score,) = engine_of(way).score([ScoreRequest("a", prompt, tuple(labels))])
        orders.append(sorted(range(3), key=lambda n: score.logprobs[n]))
    assert all(order == orders[0] for order in orders)


def test_a_server_that_is_busy_is_asked_again_and_never_by_more_than_are_allowed(llamacpp: Engine) -> None:
    standin = Standin("vllm", llamacpp)
    with running(standin) as address:
        engine = OpenAiEngine.open(Path(), EngineSettings(max_in_flight=3, server=address))
        standin.busy, standin.most_under_way = 2, 0
        requests = [Request(f"r{n}", engine.prompt((("user", f"say {n}"),)), 3) for n in range(8)]
        done = list(engine.generate(iter(requests)))
        assert {one.finish_reason for one in done} <= {"stop", "length"}
        assert standin.most_under_way <= 3
        engine.close()


def test_a_wrong_key_a_wrong_model_and_a_dead_server_are_said_plainly(
    llamacpp: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(Standin("vllm", llamacpp, key="secret")) as address:
        monkeypatch.setenv("RINGFENCE_API_KEY", "wrong")
        with pytest.raises(EngineError, match="does not accept the key"):
            OpenAiEngine.open(Path(), EngineSettings(server=address))
        monkeypatch.setenv("RINGFENCE_API_KEY", "secret")
        with pytest.raises(EngineError, match="no model 'other'"):
            OpenAiEngine.open(Path(), EngineSettings(server=address, model="other"))
    monkeypatch.setattr("ringfence.engines.http_client.RETRIES", 0)
    with pytest.raises(EngineError, match="cannot be reached"):
        OpenAiEngine.open(Path(), EngineSettings(server=address))
    with pytest.raises(EngineError, match="not a server address"):
        OpenAiEngine.open(Path(), EngineSettings(server="ftp://somewhere"))


@pytest.mark.parametrize("address", ["http://[::1", "http://bob:s3cret@host:80", "http://host:port", "file:///etc"])
def test_an_address_that_is_none_or_holds_a_password_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(EngineError) as caught:
        OpenAiEngine.open(Path(), EngineSettings(server=address))
    assert "s3cret" not in str(caught.value)


def test_a_server_in_trouble_at_the_start_is_not_taken_for_one_without_grammars(
    llamacpp: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringfence.engines.http_client.RETRIES", 0)
    reason = r"overloaded or failing|refused a request"
    with running(Standin("vllm", llamacpp, busy=1)) as address, pytest.raises(EngineError, match=reason):
        OpenAiEngine.open(Path(), EngineSettings(server=address))


def test_more_tokens_than_the_cache_holds_are_never_under_way(llamacpp: Engine) -> None:
    engine: Any = llamacpp
    prompt = engine.prompt((("user", "word " * 300),))
    most, engine._token_budget = engine._token_budget, 2 * (len(prompt) + 8) + 4
    try:
        done = list(engine.generate(Request(f"r{n}", prompt, 8) for n in range(6)))
        assert all(one.finish_reason != "failed" for one in done)
    finally:
        engine._token_budget = most


def test_a_count_of_tokens_that_is_an_estimate_is_from_above(llamacpp: Engine) -> None:
    from ringfence.engines.http_engine import _most_tokens

    for text in (
        "1234567890 " * 50,
        "The quick brown fox. " * 40,
        "a\tb;c|d " * 40,
        "Größe über Äpfel " * 30,
        "🙂日本語" * 40,
    ):
        assert _most_tokens(text) >= 0.9 * len(llamacpp.tokenize(text)), text[:20]


def test_the_key_is_sent_to_the_server_and_told_to_nobody(llamacpp: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_API_KEY", "secret")
    with running(Standin("vllm", llamacpp, key="secret")) as address:
        engine = OpenAiEngine.open(Path(), EngineSettings(server=address))
        assert "secret" not in str(engine.describe())
        engine.close()


def test_vllm_is_started_on_loopback_offline_and_without_usage_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RINGFENCE_VLLM", raising=False)
    command = command_line(tmp_path, EngineSettings(max_in_flight=7), 1234)
    assert command[:3] == ["vllm", "serve", str(tmp_path)]
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--max-num-seqs") + 1] == "7"
    assert "--enable-prefix-caching" in command
    assert "--no-enable-prefix-caching" in command_line(tmp_path, EngineSettings(mode="solo"), 1)
    told = environment("key")
    assert (told["VLLM_NO_USAGE_STATS"], told["HF_HUB_OFFLINE"], told["VLLM_API_KEY"]) == ("1", "1", "key")
    assert "key" not in " ".join(command)


@pytest.mark.slow
def test_a_vllm_that_dies_is_started_again_and_no_request_is_lost(
    small_weights: StoredWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFENCE_VLLM", STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setenv("STANDIN_DIES_ONCE", str(tmp_path / "died"))
    monkeypatch.setattr("ringfence.engines.http_client.RETRIES", 0)
    engine = VllmEngine(small_weights.files, EngineSettings(max_in_flight=2))
    prompt = engine.prompt((("user", "Say a letter."),))
    done = list(engine.generate(Request(f"r{n}", prompt, 3, grammar='root ::= "a" | "b"\n') for n in range(12)))
    assert sorted(one.id for one in done) == sorted(f"r{n}" for n in range(12))
    assert all(one.text in ("a", "b") for one in done)
    assert engine._starts == 2
    process = engine._process
    engine.close()
    assert process is not None
    assert process.poll() is not None


@pytest.mark.slow
def test_a_vllm_ends_when_its_owner_is_killed(small_weights: StoredWeights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_VLLM", STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    program = f"""
import sys, time
from pathlib import Path
from ringfence.engines import EngineSettings
from ringfence.engines.vllm import VllmEngine
engine = VllmEngine(Path({str(small_weights.files)!r}), EngineSettings(max_in_flight=2))
print(engine._process.pid, flush=True)
time.sleep(600)
"""
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    group = int(owner.stdout.readline())
    assert _alive(group)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    for _ in range(100):
        if not _alive(group):
            return
        time.sleep(0.1)
    raise AssertionError("the server outlived its owner")


def _alive(group: int) -> bool:
    """Whether a process of the group runs; one that ended and that nobody has buried does not count."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            return True
    return False


def test_a_vllm_that_cannot_start_says_its_last_words(
    small_weights: StoredWeights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFENCE_VLLM", STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setenv("STANDIN_FAILS", "1")
    with pytest.raises(EngineError, match=r"did not start.*CUDA out of memory"):
        VllmEngine(small_weights.files, SETTINGS)
    monkeypatch.setenv("RINGFENCE_VLLM", "no-such-program")
    with pytest.raises(EngineError, match="not installed"):
        VllmEngine(small_weights.files, SETTINGS)


def test_auto_says_what_it_chose_and_why(
    small_weights: StoredWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RINGFENCE_VLLM", raising=False)
    assert choose_engine(None, "http://gpu:8000") == ("openai", "openai, because --server names one")
    name, why = choose_engine(small_weights.files, "")
    assert name in ("openvino", "llamacpp")
    assert "because" in why
    (tmp_path / "model.safetensors").touch()
    if not installed():
        with pytest.raises(EngineError, match="need vLLM"):
            choose_engine(tmp_path, "")


def with_precision(folder: Path, precision: str) -> Path:
    """A folder with a GGUF file of one matrix in a precision."""
    from gguf import GGMLQuantizationType, GGUFWriter
    from gguf.quants import quantize

    kind = GGMLQuantizationType[precision]
    folder.mkdir()
    writer = GGUFWriter(str(folder / "weights.gguf"), "llama")
    writer.add_chat_template("{{ messages }}")
    writer.add_token_list(["a", "b"])
    writer.add_token_types([1, 3])
    writer.add_eos_token_id(1)
    writer.add_tensor("blk.0.ffn_up.weight", quantize(np.ones((32, 256), np.float32), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return folder


@pytest.mark.parametrize("precision", ["MXFP4"])
def test_a_precision_that_openvino_does_not_read_is_named_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    monkeypatch.setattr("ringfence.engines.selection.is_x86", lambda: True)
    monkeypatch.setattr("ringfence.engines.selection.has_gpu", lambda: False)
    readable, other = with_precision(tmp_path / "readable", "Q8_0"), with_precision(tmp_path / "other", precision)
    assert choose_engine(readable, "")[0] == "openvino"
    name, why = choose_engine(other, "")
    assert name == "llamacpp"
    assert f"OpenVINO does not read llama weights in {precision}" in why
    with pytest.raises(EngineError, match=precision) as caught:
        make_form(other, tmp_path)
    assert "llamacpp" in str(caught.value.hint)


def test_weights_whose_form_leaves_no_memory_go_to_llamacpp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringfence.engines.selection.is_x86", lambda: True)
    monkeypatch.setattr("ringfence.engines.selection.has_gpu", lambda: False)
    files = with_precision(tmp_path / "files", "Q8_0")
    needed = 32 * 256 * 8.5 / 8 / 1e9
    monkeypatch.setattr("ringfence.engines.selection.machine", lambda: Machine(needed * 2))
    assert choose_engine(files, "")[0] == "openvino"
    monkeypatch.setattr("ringfence.engines.selection.machine", lambda: Machine(needed * 1.2))
    name, why = choose_engine(files, "")
    assert name == "llamacpp"
    assert "because OpenVINO needs" in why


def test_llamacpp_listens_on_loopback_behind_a_key(llamacpp: Engine) -> None:
    import urllib3

    address = llamacpp.client.address  # type: ignore[attr-defined]
    assert address.startswith("http://127.0.0.1:")
    for path in ("/v1/completions", "/tokenize"):
        answer = urllib3.request("POST", address + path, json={"prompt": "hello", "content": "hello"})
        assert answer.status == 401
    assert engine_type("llamacpp").form == "origin"
