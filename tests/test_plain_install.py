"""What an install without extras says: which extra is missing, before anything is read or pulled."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.conftest import ringfence

OF_EXTRAS = (
    "openvino", "openvino_genai", "openvino_tokenizers", "urllib3", "xllamacpp", "huggingface_hub", "onnx",
    "onnxruntime", "tokenizers", "rapidocr", "pyarrow", "matplotlib", "py3langid", "rouge_score", "sklearn", "scipy",
    "model_signing", "cyclonedx", "OpenSSL", "reportlab",
)  # fmt: skip


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a task, documents and gold, on a machine without any extra and with an empty store."""
    for name in OF_EXTRAS:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("PATH", "")

    def no_pull(*_: object, **__: object) -> None:
        raise AssertionError("something is pulled")

    monkeypatch.setattr("ringfence.inference.model.pull", no_pull)
    (tmp_path / "t.yaml").write_text("schema: 1\nkind: classify\nname: t\nlabels: [a, b]\n")
    (tmp_path / "pool.jsonl").write_text("no pool at all")
    (tmp_path / "in").mkdir()
    for name in ("x", "y"):
        (tmp_path / "in" / f"{name}.txt").write_text(f"a text about {name}\n")
    (tmp_path / "gold.jsonl").write_text(
        "".join(f'{{"schema":1,"document":"{name}.txt","values":{{"label":"a"}},"by":"ann"}}\n' for name in "xy")
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("run t.yaml in --out r", "ringfence["),
        ("run t.yaml in --out r --engine llamacpp", "ringfence[llamacpp]"),
        ("run t.yaml in --out r --server http://gpu", "ringfence[openai]"),
        ("run t.yaml in --out r --pool pool.jsonl", "ringfence[onnx]"),
        ("run t.yaml in --out r --pool pool.jsonl --resume", "ringfence[onnx]"),
        ("run t.yaml in --out r --relevant 2", "ringfence[onnx]"),
        ("lock t.yaml", "ringfence["),
        ("engines check", "ringfence["),
        ("explain t.yaml in/x.txt", "ringfence["),
        ("gold check --gold gold.jsonl --task t.yaml --documents in", "ringfence[evaluation]"),
        ("gold split --gold gold.jsonl --task t.yaml --documents in", "ringfence[evaluation]"),
        ("weights pull hf:a/b@main", "ringfence[hub]"),
    ],
)
def test_what_is_missing_is_named_before_anything_is_read_or_pulled(
    plain: Path, command: str, extra: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(*_: object, **__: object) -> None:
        raise AssertionError("a document is read")

    monkeypatch.setattr("ringfence.gold.source.read_ahead", unread)
    assert ringfence(*command.split()) == 2
    assert f"pip install '{extra}" in capsys.readouterr().err


def test_the_engines_are_listed_with_their_extras(
    plain: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringfence.cli.console.data.width", 200)
    assert ringfence("engines", "list") == 0
    said = capsys.readouterr()
    for name in ("openvino", "llamacpp", "onnx", "openai"):
        assert f"pip install 'ringfence[{name}]'" in said.out
    assert "No installed engine" in said.err
    assert ringfence("engines", "list", "--json") == 0
    assert ringfence("weights", "list", "--catalog") == 0
    assert "not installed" in capsys.readouterr().err


def test_what_needs_no_extra_works(plain: Path) -> None:
    assert ringfence("tasks", "check", "t.yaml") == 0
    assert ringfence("documents", "read", "in") == 0
    assert ringfence("explain", "t.yaml", "in/x.txt", "--no-model") == 0
    assert ringfence("gold", "check", "--gold", "gold.jsonl", "--task", "t.yaml") == 0
