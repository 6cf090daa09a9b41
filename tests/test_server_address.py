"""The address of a server holds no secret, its certificate is told apart from its silence, and terminals are safe."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.cli.console import visible
from ringfence.engines import FakeEngine
from ringfence.engines.http_client import Client
from ringfence.errors import EngineError, InputError
from ringfence.pilot.spec import load_pilot
from ringfence.server_address import ServerAddress
from tests.certificates import certified
from tests.conftest import ringfence
from tests.standins import Standin, running

SECRET = "sk-QUERYSECRET"
HOLD_A_SECRET = (
    f"http://127.0.0.1:9/v1?api-key={SECRET}",
    f"http://127.0.0.1:9/v1#{SECRET}",
    f"http://127.0.0.1:9/v1;key={SECRET}",
    f"http://bob:{SECRET}@127.0.0.1:9",
    f"http://{SECRET}@127.0.0.1:9",
    f"ftp://{SECRET}",
    f"http://host:{SECRET}",
)


@pytest.mark.parametrize("address", HOLD_A_SECRET)
@pytest.mark.parametrize("sealed", [[], ["--sealed"]])
def test_an_address_that_may_hold_a_secret_is_refused_and_reaches_no_file_and_no_message(
    address: str, sealed: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "task.yaml").write_text("schema: 1\nkind: extract\nname: t\nfields: {total: {kind: money}}\n")
    (tmp_path / "a.txt").write_text("Total EUR 12.00\n")
    words = ["run", tmp_path / "task.yaml", tmp_path / "a.txt", "--out", tmp_path / "run", "--server", address]
    assert ringfence(*words, *sealed) == 2
    said = capfd.readouterr()
    assert SECRET not in said.out + said.err
    assert "RINGFENCE_API_KEY" in said.err
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_a_pilot_refuses_such_an_address_too(tmp_path: Path) -> None:
    (tmp_path / "pilot.yaml").write_text(
        "schema: 1\nname: p\nquestion: may we start\ndocuments: [in]\n"
        f"contenders: [{{name: a, server: 'http://h/v1?k={SECRET}'}}]\n"
    )
    with pytest.raises(InputError, match="may be a key") as caught:
        load_pilot(tmp_path)
    assert SECRET not in str(caught.value)


def test_an_address_may_lack_its_scheme_and_have_a_path() -> None:
    assert str(ServerAddress.parse("gpu:8000/v1/")) == "http://gpu:8000/v1"
    assert ServerAddress.parse("https://gpu").port == 443
    assert ServerAddress.parse("http://[::1]:80/a").host == "::1"


def test_a_certificate_that_is_not_trusted_is_told_at_once_with_the_remedy(tmp_path: Path) -> None:
    own = certified(tmp_path, "localhost")
    fake = Standin("plain", FakeEngine(lambda request, prompt: ""))
    with running(fake, (own.certificate, own.key)) as address:
        before = time.monotonic()
        with pytest.raises(EngineError, match="certificate") as caught:
            Client(address).get("/v1/models")
        assert time.monotonic() - before < 2
        assert "--ca-file" in str(caught.value.hint)


def test_a_server_of_ones_own_authority_is_trusted_by_its_certificate_and_by_no_other(tmp_path: Path) -> None:
    authority, other = certified(tmp_path, "authority"), certified(tmp_path, "other")
    server = certified(tmp_path, "localhost", by=authority)
    fake = Standin("plain", FakeEngine(lambda request, prompt: ""))
    with running(fake, (server.certificate, server.key)) as address:
        assert Client(address, ca_file=str(authority.certificate)).get("/v1/models")["data"]
        with pytest.raises(EngineError, match="certificate"):
            Client(address, ca_file=str(other.certificate)).get("/v1/models")
    (tmp_path / "none.pem").write_text("no certificate")
    for name in ("none.pem", "nowhere.pem"):
        with pytest.raises(EngineError, match="Cannot read the certificates"):
            Client("https://localhost", ca_file=str(tmp_path / name))


@given(st.text(max_size=30))
def test_nothing_that_steers_a_terminal_is_shown(text: str) -> None:
    assert not [sign for sign in visible(text) if not sign.isprintable() and sign in "\x1b\x07\r\x08\x9b\u202e"]
    assert visible("caf\u00e9 \u4e2d\n\t") == "caf\u00e9 \u4e2d\n\t"


def test_a_name_with_control_characters_is_escaped_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "\x1b[31mred\x1b[0m.txt").write_text("")
    ringfence("documents", "read", tmp_path)
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert r"\x1b[31mred" in said
    ringfence("documents", "read", tmp_path / "\x1b]0;title\x07")
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_data_for_a_pipe_is_utf_8_whatever_the_terminal_speaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    (tmp_path / "a.txt").write_text("caf\u00e9 \u4e2d\n")
    out, err = io.BytesIO(), io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding=encoding))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(err, encoding=encoding))
    assert ringfence("documents", "read", tmp_path / "a.txt", tmp_path / "\u4e2d.txt") == 2
    assert ringfence("documents", "read", tmp_path / "a.txt") == 0
    sys.stdout.flush()
    sys.stderr.flush()
    assert "caf\u00e9 \u4e2d" in out.getvalue().decode("utf-8")
    assert b"names no file" in err.getvalue()
