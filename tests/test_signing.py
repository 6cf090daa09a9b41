"""Signatures over weights and locks: offline, with keys of one's own; a policy can demand them, and fails closed."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

pytest.importorskip("model_signing")
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ringfence.api.lock import require_lock
from ringfence.engines import EngineSettings
from ringfence.errors import InputError, WeightsError
from ringfence.inference import open_engine
from ringfence.locks import Lock, write_lock
from ringfence.signatures import SigningKey, TrustedKeys, sign_path, verify_path
from ringfence.weights import Store
from ringfence.weights.policy import policy_here, require_form
from tests.certificates import certified, write_key
from tests.conftest import fake_lock, ringfence, task_of
from tests.test_licences import stored


def a_key(folder: Path, name: str) -> tuple[Path, Path]:
    """A private key and its public one, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    private, public = folder / f"{name}.pem", folder / f"{name}.pub.pem"
    write_key(private, key)
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


def test_a_signature_holds_until_a_byte_changes_or_another_key_is_asked(tmp_path: Path) -> None:
    private, public = a_key(tmp_path, "ours")
    _, other = a_key(tmp_path, "theirs")
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "a.bin").write_bytes(b"abc")
    sign_path(folder, tmp_path / "s.sig", SigningKey(private))
    assert verify_path(folder, tmp_path / "s.sig", TrustedKeys((other, public))) == public
    with pytest.raises(WeightsError, match="No trusted key"):
        verify_path(folder, tmp_path / "s.sig", TrustedKeys((other,)))
    with pytest.raises(WeightsError, match="No trusted key"):
        verify_path(folder, tmp_path / "s.sig", TrustedKeys(()))
    (folder / "a.bin").write_bytes(b"abd")
    with pytest.raises(WeightsError, match="No trusted key"):
        verify_path(folder, tmp_path / "s.sig", TrustedKeys((public,)))
    with pytest.raises(WeightsError, match="no signature"):
        verify_path(folder, tmp_path / "none.sig", TrustedKeys((public,)))
    with pytest.raises(InputError, match="Cannot sign"):
        sign_path(folder, tmp_path / "t.sig", SigningKey(public))


def test_a_certificate_is_trusted_through_its_authority(tmp_path: Path) -> None:
    ours, theirs = certified(tmp_path, "ours"), certified(tmp_path, "theirs")
    signer = certified(tmp_path, "signer", by=ours)
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "a.bin").write_bytes(b"abc")
    how = ("--key", signer.key, "--certificate", signer.certificate)
    sign_path(folder, tmp_path / "s.sig", SigningKey(signer.key, signer.certificate))
    both = TrustedKeys(authorities=(theirs.certificate, ours.certificate))
    assert verify_path(folder, tmp_path / "s.sig", both) == ours.certificate
    with pytest.raises(WeightsError, match="No trusted key"):
        verify_path(folder, tmp_path / "s.sig", TrustedKeys(authorities=(theirs.certificate,)))
    (folder / "a.bin").write_bytes(b"abd")
    with pytest.raises(WeightsError, match="No trusted key"):
        verify_path(folder, tmp_path / "s.sig", TrustedKeys(authorities=(ours.certificate,)))
    write_lock(fake_lock(task_of(total={"kind": "money"})), tmp_path / "l.toml")
    assert ringfence("lock", "sign", tmp_path / "l.toml", *how) == 0
    assert ringfence("lock", "verify", tmp_path / "l.toml", "--authority", ours.certificate) == 0
    assert ringfence("lock", "verify", tmp_path / "l.toml", "--authority", theirs.certificate) == 2


def write_form(origin: Path, target: Path) -> None:
    (target / "f.bin").write_text("x")


def test_a_policy_that_demands_signatures_fails_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    private, public = a_key(tmp_path, "ours")
    (tmp_path / "policy.toml").write_text(f'[signatures]\npublic_keys = ["{public.name}"]\n')
    monkeypatch.setenv("RINGFENCE_POLICY", str(tmp_path / "policy.toml"))
    store = Store()
    weights = stored(store, "mine", "MIT")
    with pytest.raises(WeightsError, match="has no signature"):
        open_engine("openvino", weights, store, EngineSettings())
    assert ringfence("weights", "sign", "mine", "--key", private) == 0
    assert ringfence("weights", "verify-signature", "mine", "--public-key", public) == 0
    policy = policy_here()
    assert policy is not None
    policy.require_signature(weights.files, weights.signature)
    form = store.form(weights, "fake", "1", write_form, "now")
    with pytest.raises(WeightsError, match="form that runs is not signed"):
        require_form(form, weights)
    assert ringfence("weights", "sign", "mine", "--key", private) == 0
    require_form(form, weights)
    (form.files / ".gitattributes").write_text("x")
    with pytest.raises(WeightsError, match="form that runs is not signed"):
        require_form(form, weights)

    lock = Lock(weights={"digest": "sha256:1"})
    path = tmp_path / "x.lock"
    write_lock(lock, path)
    with pytest.raises(WeightsError, match="has no signature"):
        require_lock(path, lock)
    assert ringfence("lock", "sign", path, "--key", private) == 0
    require_lock(path, lock)
    write_lock(lock.but(weights={"digest": "sha256:2"}), path)  # a whole lock of somebody else's
    with pytest.raises(WeightsError, match="No trusted key"):
        require_lock(path, lock)
    assert ringfence("lock", "verify", path, "--public-key", public) == 2
    capsys.readouterr()


def test_weights_without_the_signature_that_a_policy_demands_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private, public = a_key(tmp_path, "ours")
    source = tmp_path / "theirs"
    source.mkdir()
    (source / "model.gguf").write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 0))
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    (tmp_path / "policy.toml").write_text(f'[signatures]\npublic_keys = ["{public.name}"]\n')
    monkeypatch.setenv("RINGFENCE_POLICY", str(tmp_path / "policy.toml"))
    assert ringfence("weights", "pull", source / "model.gguf") == 2
    assert Store().list() == []
    sign_path(source, tmp_path / "model.sig", SigningKey(private))
    assert ringfence("weights", "pull", source / "model.gguf", "--signature", tmp_path / "model.sig") == 0
    assert len(Store().list()) == 1


@pytest.mark.parametrize(
    "text", ["[signatures]\n", "[signatures]\npublic_keys = 'x'\n", "[signature]\npublic_keys = ['x']\n"]
)
def test_a_policy_that_asks_for_a_signature_under_nothing_stops_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "policy.toml").write_text(text)
    monkeypatch.setenv("RINGFENCE_POLICY", str(tmp_path / "policy.toml"))
    with pytest.raises(WeightsError, match="Cannot read the policy"):
        policy_here()


def test_the_lock_of_a_release_can_be_told_from_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = Lock(template="a"), Lock(template="b")
    write_lock(one, tmp_path / "a.lock")
    (tmp_path / "release.json").write_text(json.dumps({"lock": {"digest": two.digest, "data": two.data}}))
    assert ringfence("lock", "diff", tmp_path / "a.lock", tmp_path / "release.json") == 1
    assert "template: first a, second b" in capsys.readouterr().out
