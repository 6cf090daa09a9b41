"""Licences: what they ask, and a policy that fails closed."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from ringfence.cli import main
from ringfence.engines import EngineSettings
from ringfence.errors import WeightsError
from ringfence.inference import open_engine
from ringfence.weights import (
    Manifest,
    Store,
    StoredWeights,
    catalog,
    pull,
)
from ringfence.weights.known import known_weights
from ringfence.weights.policy import inherited_licences, obligations_of, policy_here


def policy(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "policy.toml").write_text(text)
    monkeypatch.setenv("RINGFENCE_POLICY", str(folder / "policy.toml"))


def stored(store: Store, name: str, licence: str, origin: str | None = None) -> StoredWeights:
    folder = store.staging(name) / "files"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "x.gguf").write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + name.encode())
    from ringfence.weights.store import digest_of, record_files

    records = record_files(folder)
    return store.publish(
        folder, Manifest(name, digest_of(records), records, licence, "test", "2026-01-01T00:00:00Z", origin)
    )


def test_without_a_policy_everything_is_allowed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RINGFENCE_POLICY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert policy_here() is None


@pytest.mark.parametrize(
    ("text", "licence", "refused"),
    [
        ('[licences]\nallow = ["Apache-2.0"]\n', "apache-2.0", False),
        ('[licences]\nallow = ["Apache-2.0"]\n', "MIT", True),
        ('[licences]\nallow = ["Apache-2.0"]\n', "not stated", True),
        ('[licences]\nallow = ["MIT"]\nrefuse = ["MIT"]\n', "MIT", True),
        ("[licences]\n", "Apache-2.0", True),
    ],
)
def test_a_policy_fails_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, licence: str, refused: bool
) -> None:
    policy(tmp_path, text, monkeypatch)
    found = policy_here()
    assert found is not None
    assert (found.refusal([licence]) is not None) == refused


@pytest.mark.parametrize("text", ["", "[licences]\nallow = 'MIT'\n", "[licences]\nalow = ['MIT']\n", "not toml"])
def test_a_policy_that_cannot_be_read_stops_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    policy(tmp_path, text, monkeypatch)
    with pytest.raises(WeightsError, match="Cannot read the policy"):
        policy_here()
    monkeypatch.setenv("RINGFENCE_POLICY", str(tmp_path / "none.toml"))
    with pytest.raises(WeightsError, match="Cannot read the policy"):
        policy_here()


def test_what_was_made_of_other_weights_inherits_their_licence(tmp_path: Path) -> None:
    store = Store(tmp_path)
    base = stored(store, "base", "Llama-2")
    tuned = stored(store, "tuned", "MIT", base.manifest.digest)
    again = stored(store, "again", "MIT", tuned.manifest.digest)
    assert inherited_licences(again.manifest, store) == ["MIT", "Llama-2"]
    store.remove("base")
    assert inherited_licences(again.manifest, store)[-1].startswith("unknown")


def test_refused_weights_are_neither_pulled_nor_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    base = stored(store, "base", "Llama-2")
    tuned = stored(store, "tuned", "MIT", base.manifest.digest)
    policy(tmp_path, '[licences]\nallow = ["MIT"]\n', monkeypatch)
    with pytest.raises(WeightsError, match="does not allow the licence 'Llama-2'"):
        open_engine("openvino", tuned, store, EngineSettings())
    with pytest.raises(WeightsError, match="does not allow the licence 'Apache"):
        pull("tests", store)
    assert not list(store.root.glob("staging/*smollm*"))


def test_every_licence_of_the_catalog_is_explained_or_said_to_be_unknown() -> None:
    names = {entry.licence for entry in catalog()} | {entry.licence for entry in known_weights()}
    assert {name for name in names if not obligations_of(name)} <= {"Qwen", "Qwen-Research"}
    assert obligations_of("apache-2.0") == obligations_of("Apache-2.0")


def test_the_verb_names_what_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path))
    stored(Store(), "base", "Llama-2")
    policy(tmp_path, '[licences]\nallow = ["MIT"]\n', monkeypatch)
    with pytest.raises(SystemExit) as ended:
        main(["weights", "licences", "--json"])
    assert ended.value.code == 1
    (row,) = json.loads(capsys.readouterr().out)["weights"]
    assert row["refused"]
    assert "acceptable use" in row["obligations"][0]
