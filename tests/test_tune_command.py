"""`ringfence tune` from labels to a verdict, with real small weights: training, parity, proof, and a run."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from ringfence.gold.split import Split, SplitFile
from ringfence.weights import PullOptions, Store, StoredWeights, pull
from tests.conftest import ringfence
from tests.letters import TASK, write_letters

if any(importlib.util.find_spec(name) is None for name in ("torch", "peft", "transformers")):
    pytest.skip("the extra tune is not installed", allow_module_level=True)
# One worker at a time: llama.cpp is one of the engines that serve what was trained.
pytestmark = [pytest.mark.slow, pytest.mark.weights, pytest.mark.xdist_group("llamacpp")]

TRAIN, DEV, TEST = 24, 6, 8


@pytest.fixture
def labelled(small_weights: StoredWeights, own_store: Store, tmp_path: Path) -> Path:
    """A folder with a task, letters and split gold, and the 135M in a store of this test's own."""
    (file,) = small_weights.files.glob("*.gguf")
    pull(str(file), own_store, options=PullOptions(name="base"))
    _, gold = write_letters(tmp_path, TRAIN + DEV + TEST)
    names = [f"{number}.txt" for number in range(TRAIN + DEV + TEST)]
    parts = {"calibration": names[:TRAIN], "dev": names[TRAIN : TRAIN + DEV], "test": names[TRAIN + DEV :]}
    shares = {"calibration": 0.6, "dev": 0.2, "test": 0.2}
    SplitFile(gold).write(Split(parts, {name: name for name in names}, shares, 0, None, "now"))
    (tmp_path / "task.json").write_text(json.dumps(TASK.canonical()))
    return tmp_path


def tune(folder: Path, *more: Any) -> int:
    return ringfence(
        "tune", folder / "task.json", "--gold", folder / "gold.jsonl", "--documents", folder / "letters",
        "--weights", "base", "--out", folder / "tuned", "--epochs", "1", "--name", "letters", *more,
    )  # fmt: skip


def test_tune_trains_and_proves(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = labelled / "other"
    letters = [labelled / "letters" / f"{number}.txt" for number in range(TRAIN, TRAIN + 3)]  # of the dev part
    assert ringfence("run", labelled / "task.json", *letters, "--out", other, "--weights", "base") == 0
    also = ("--also", other, labelled / "gold.jsonl")
    assert tune(labelled, "--train-only") == 0
    assert "--resume and without --train-only" in capsys.readouterr().err
    names = ["adapter.json", "checkpoint.safetensors", "epoch-1.safetensors"]
    assert sorted(path.name for path in (labelled / "tuned").glob("[!.]*")) == names
    assert tune(labelled, "--resume", "--no-ranker", "--json", *also) in (0, 1)
    card = json.loads(capsys.readouterr().out)
    assert card["data"]["documents"] == TRAIN
    assert [epoch["number"] for epoch in card["epochs"]] == [1]
    assert 0 <= card["dev_before"] <= 1
    assert [(one["served"], one["engine"]) for one in card["parity"]] == [
        ("merged weights", "openvino"), ("merged weights", "llamacpp"), ("adapter on its base", "llamacpp")
    ]  # fmt: skip
    assert all(one["holds"] for one in card["parity"])
    contenders = {one["name"]: one for one in card["proof"]["contenders"]}
    assert list(contenders)[:2] == ["tuned", "base"]
    assert {"rules alone", "ranker alone", "base + retrieved examples"} <= set(contenders)
    assert contenders["tuned"]["values"]["n"] == 3 * TEST
    assert contenders["base"]["gain"][1] <= contenders["base"]["gain"][0] <= contenders["base"]["gain"][2]
    (lost,) = card["proof"]["forgotten"]
    assert lost["documents"] == 3
    assert card["proof"]["verdict"] in ("PASS", "UNDECIDED", "NOT WORTH IT")

    merged, adapter = Store().get(card["merged"]), Store().get(card["adapter"])
    origin = Store().get("base").manifest.digest
    assert merged.manifest.origin == adapter.manifest.origin == origin
    page = (labelled / "tuned" / "report.html").read_text()
    assert card["proof"]["verdict"] in page
    assert "<mark>" in page
    for name in ("adapter.json", "report.html", "checkpoint.safetensors"):
        assert (labelled / "tuned" / name).stat().st_mode & 0o777 == 0o600

    run, letter = labelled / "run", labelled / "letters" / "3.txt"
    how = ("--out", run, "--weights", card["merged"])
    assert ringfence("run", labelled / "task.json", letter, *how) == 0
    assert ringfence("check", run) == 0
    assert json.loads((run / "run.json").read_text())["lock"]["data"]["weights"]["digest"] == card["merged"]
