"""The folders that ``tampering`` edits, each with the verbs that watch it: all are made with the fake engine."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from ringfence.api import Model
from ringfence.api.model import RunDetails
from ringfence.audit import AuditLog, make_log
from ringfence.checker import check_run
from ringfence.contracts import CorpusChoice, GoldLine, ModelOptions
from ringfence.corpus import Corpus, CorpusView
from ringfence.documents import ReadingOptions
from ringfence.engines import FakeEngine, Request
from ringfence.evaluation.learned import LearnTerms, learn
from ringfence.gold.file import GoldFile
from ringfence.gold.source import GoldSource
from ringfence.inference import AnswerOptions, LoadedModel
from ringfence.locks import Lock, write_lock
from ringfence.operating.release import Override, write_release
from ringfence.operating.released import read_release
from ringfence.pilot import Contender, PilotData, PilotSupport, run_pilot
from ringfence.replay import replay_run
from ringfence.tasks import task_from
from ringfence.weights import Store
from ringfence.weights.bundle import add_weights, install_weights, write_list
from ringfence.weights.store import Manifest, StoredWeights, digest_of, record_files
from tests.corpora import corpus_of, indexed, view_of
from tests.files import gguf

WORDS = ["amber", "birch", "cedar", "delta", "ember", "frost", "grove", "haven", "islet", "junco", "knoll", "lemur"]
TASK: dict[str, Any] = {
    "schema": 1, "kind": "extract", "name": "letters", "checks": ["net <= total"],
    "fields": {"who": {"kind": "text"}, "net": {"kind": "number"}, "total": {"kind": "number"}},
}  # fmt: skip
Detector = Callable[[Path], str | None]
"""Says what it notices in a folder; None if nothing."""


@dataclass(frozen=True)
class Subject:
    """A folder, an ``older`` state of it and an ``other`` one of its kind, and the verbs that watch it."""

    name: str
    folder: Path
    older: Path
    other: Path
    files: Sequence[str]
    detectors: Mapping[str, Detector]


def answer(request: Request, prompt: str) -> str:
    """What the fake engine says: what the letter says."""
    found = re.findall(r"who: ([a-z ]+)\n net: (\d+)\n total: (\d+)", prompt)
    return " {}\nnet: {}\ntotal: {}\n".format(*found[-1])


def model() -> Model:
    return Model(LoadedModel(FakeEngine(answer), None, None, options=ModelOptions()))


def letters(folder: Path, count: int, seed: int) -> dict[str, GoldLine]:
    """Write letters, and return their gold; in the fourth the net amount exceeds the total."""
    dice, gold = random.Random(seed), {}
    folder.mkdir(parents=True)
    for n in range(count):
        who = " ".join(dice.sample(WORDS, 5))
        net = dice.randint(100, 999)
        name = f"{n:02}.txt"
        (folder / name).write_text(f"who: {who}\nnet: {net}\ntotal: {net + (-1 if n == 3 else dice.randint(1, 99))}\n")
        told = dict(re.findall(r"(\w+): (.+)", (folder / name).read_text()))
        gold[name] = GoldLine(document=name, values=told, by="ann", at="2026-01-01T00:00:00Z")
    return gold


def a_run(root: Path, name: str, seed: int, older: Path | None = None) -> Path:
    letters(root / f"{name}-in", 8, seed)
    out = root / name
    model().run(TASK, root / f"{name}-in", out, details=RunDetails(limit=5)).report()
    if older:
        shutil.copytree(out, older)
    model().run(TASK, root / f"{name}-in", out, resume=True).report()
    return out


def a_pilot(root: Path, name: str, seed: int, older: Path | None = None) -> Path:
    folder = root / name
    gold = letters(folder / "docs", 60, seed)
    (folder / "task.yaml").write_text(yaml.safe_dump(TASK, sort_keys=False))
    bar = {"unit": "document", "at_least": 0.8}
    spec = {"schema": 1, "name": name, "question": "Can letters be read?", "documents": ["docs"], "bar": bar}
    (folder / "pilot.yaml").write_text(yaml.safe_dump({**spec, "contenders": [{"name": "good", "weights": "w"}]}))
    first = next(iter(gold))
    wrong = gold[first].model_copy(update={"values": {**gold[first].values, "net": "1"}})
    GoldFile(folder / "gold.jsonl").add({**gold, first: wrong})

    for step in range(2):
        run_pilot(folder, ReadingOptions(), run_contender, PilotSupport())
        if step == 0 and older:
            shutil.copytree(folder, older)
        GoldFile(folder / "gold.jsonl").add({first: gold[first]})
    return folder


def run_contender(contender: Contender, data: PilotData, out: Path) -> None:
    details, options = (
        RunDetails(sources=data.sources, made_by="pilot"),
        AnswerOptions(ranker=data.ranker_of(contender)),
    )
    model().run(data.setup.task, (), out, resume=True, options=options, details=details)


def release(folder: Path) -> None:
    """Release the contender of a pilot, and another one with a ranker."""
    write_release(folder, "good")
    learned = learn(folder / "gold.jsonl", GoldSource(run=folder / "runs" / "good"), terms=LearnTerms(curve=False))
    learned.ranker.write(folder / "ranker.json")
    spec = yaml.safe_load((folder / "pilot.yaml").read_text())
    spec["contenders"].append({"name": "ranked", "weights": "w", "ranker": "ranker.json"})
    (folder / "pilot.yaml").write_text(yaml.safe_dump(spec))
    run_pilot(folder, ReadingOptions(), run_contender, PilotSupport())
    write_release(folder, "ranked", Override("ann", "it is the equal of the chosen one"))


def said(request: Request, prompt: str) -> str:
    """What the fake engine says of passages: their sentences, of which one is not in them."""
    return "The tenant pays 1,200 euros. [1]\nThe tenant is tall. [1]"


def judged(prompt: str, continuation: str) -> float:
    """The passages answer, and support every claim but the one that the tenant is tall."""
    if "Do the passages contain the answer" in prompt:
        return -0.01 if continuation.startswith("yes") else -5.0
    held = "tall" not in prompt and "Source:\n(empty)" not in prompt
    return -0.01 if continuation.startswith(" supported") == held else -5.0


def a_corpus(root: Path, name: str, rent: str, older: Path | None = None) -> Path:
    texts = {f"{n}.txt": f"# Lease {n}\n\nThe tenant pays {rent} euros. The term is {n + 2} years." for n in range(4)}
    corpus = corpus_of(root / f"{name}-of", {**texts, "gone.txt": "The lift is broken."})
    if older:
        shutil.copytree(corpus.folder, older)
    files = root / f"{name}-of" / "files"
    (files / "gone.txt").unlink()
    (files / "0.txt").write_text("# Lease 0\n\nThe tenant moved out.")
    indexed(corpus)
    corpus.close()
    return corpus.folder.rename(root / name)


def answers(root: Path, name: str, corpus: Path, older: Path | None = None) -> Path:
    """A run over questions to a corpus."""
    lines = [{"id": str(n), "text": f"What does the tenant of lease {n} pay?"} for n in range(1, 4)]
    questions = root / f"{name}-in"
    questions.mkdir()
    (questions / "q.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    options = AnswerOptions(corpus=view_of(Corpus.open(corpus)))
    opened = Model(LoadedModel(FakeEngine(said, scorer=judged), None, None, options=ModelOptions()))
    out = root / name
    opened.run(task_from({"kind": "answer"}), questions, out, options=options, details=RunDetails(limit=2))
    if older:
        shutil.copytree(out, older)
    opened.run(task_from({"kind": "answer"}), questions, out, resume=True, options=options)
    return out


def audit_log(root: Path, name: str, seed: int, older: Path | None = None) -> Path:
    with mock.patch.dict(os.environ, {"RINGFENCE_AUDIT": str(root / name)}):
        make_log(root / f"{name}-key", content=True)
        letters(root / f"{name}-in", 4, seed)
        for step in range(2):
            model().run(TASK, root / f"{name}-in", root / f"{name}-run-{step}")
            if step == 0 and older:
                shutil.copytree(root / name, older)
    return root / name


def weights(root: Path, name: str, content: bytes) -> StoredWeights:
    """Weights in a store of their own."""
    half = root / name / "half"
    (half / "files").mkdir(parents=True)
    gguf(half / "files" / "model.gguf", content.hex())
    (half / "files" / "tokenizer.json").write_text(json.dumps({"vocab": {"a": len(content), "b": 2}}, indent=1) + "\n")
    files = record_files(half / "files")
    manifest = Manifest("small", digest_of(files), files, "Apache-2.0", "file:small.gguf", "2026-01-01T00:00:00Z")
    manifest.write(half / "manifest.json")
    target = root / name / "weights" / manifest.digest
    target.parent.mkdir()
    half.rename(target)
    return StoredWeights(target, manifest)


def a_bundle(root: Path, name: str, content: bytes) -> Path:
    folder = root / name
    add_weights(folder, [weights(root, f"{name}-store", content)])
    for part in ("locks", "wheels"):
        (folder / part).mkdir()
    write_lock(Lock(weights={"digest": f"sha256:{len(content)}"}, task=TASK), folder / "locks" / "letters.lock")
    (folder / "wheels" / "ringfence.whl").write_bytes(b"PK" + content)
    (folder / "README.txt").write_text(f"A bundle\nof {len(content)} bytes.\n")
    write_list(folder, {"made_at": "2026-01-01T00:00:00Z", "ringfence": "0", "python": "3.11"})
    return folder


# The verbs ---------------------------------------------------------------------------------------------------------


def checked(folder: Path) -> str | None:
    findings = check_run(folder).findings
    return f"{findings[0].field}: {findings[0].fault}" if findings else None


def replayed(folder: Path, make_engine: Callable[[], FakeEngine] = lambda: FakeEngine(answer)) -> str | None:
    def load(*_: Any, **__: Any) -> LoadedModel:
        return LoadedModel(make_engine(), None, None)

    with mock.patch("ringfence.replay.replayer.load_model", load):
        report = replay_run(folder)
    return None if report.identical else report.sentence


def replayed_answers(folder: Path) -> str | None:
    """Replay a run over a corpus, whose vectors are those of a test."""

    def view(choice: CorpusChoice) -> CorpusView:
        return view_of(Corpus.open(Path(choice.name)), choice.groups, choice.version)

    with mock.patch("ringfence.replay.replayer.open_view", view):
        return replayed(folder, lambda: FakeEngine(said, scorer=judged))


def released(folder: Path) -> str | None:
    write_release(folder, "good")
    return None


def runs_release(folder: Path) -> str | None:
    for path in sorted((folder / "releases").iterdir()):
        read_release(path)
    return None


def in_runs(detector: Detector) -> Detector:
    return lambda folder: detector(folder / "runs" / "good")


def installed(folder: Path) -> str | None:
    with tempfile.TemporaryDirectory() as fresh:
        install_weights(folder, Store(Path(fresh)))
    return None


def loaded(folder: Path) -> str | None:
    Store(folder).get("small").verify(reread=True)
    return None


def verified_corpus(folder: Path) -> str | None:
    with Corpus.open(folder) as corpus:
        faults = corpus.faults()
    return faults[0] if faults else None


def subjects(root: Path, wanted: Sequence[str]) -> Iterator[Subject]:
    """Make the folders that are wanted."""
    older = root / "older"
    if "run" in wanted:
        folder, other = a_run(root, "run", 1, older / "run"), a_run(root, "other-run", 2)
        names = ["run.json", "results.jsonl", "trace.jsonl", "report.html"]
        yield Subject("run", folder, older / "run", other, names, {"check": checked, "replay": replayed})
    if {"pilot", "release"} & set(wanted):
        folder, other = a_pilot(root, "pilot", 3, older / "pilot"), a_pilot(root, "other-pilot", 4)
        names = [
            "pilot.json", "pilot.yaml", "task.yaml", "gold.jsonl", "gold.split.json", "gold.opened.jsonl",
            "pilot.terms.jsonl", "calibrator.json", "runs/good/run.json", "runs/good/results.jsonl",
            "runs/good/trace.jsonl",
        ]  # fmt: skip
        watch: dict[str, Detector] = {"release": released, "check": in_runs(checked), "replay": in_runs(replayed)}
        if "pilot" in wanted:
            yield Subject("pilot", folder, older / "pilot", other, names, watch)
        if "release" in wanted:
            for one in (folder, other):
                release(one)
            shutil.copytree(folder / "releases", older / "pilot" / "releases")
            write_release(folder, "good")
            run: dict[str, Detector] = {"run --release": runs_release}
            files = ["releases/good.json", "releases/ranked.json"]
            yield Subject("release", folder, older / "pilot", other, files, run)
    if {"corpus", "answers"} & set(wanted):
        folder, other = a_corpus(root, "c", "1,200", older / "corpus"), a_corpus(root, "other-c", "1,300")
        if "corpus" in wanted:
            files = ["corpus.sqlite", "vectors.f32"]
            yield Subject("corpus", folder, older / "corpus", other, files, {"corpus verify": verified_corpus})
        if "answers" in wanted:
            run_folder = answers(root, "answers", folder, older / "answers")
            made_of_other = answers(root, "other-answers", other)
            files, asked = ["results.jsonl"], {"check": checked, "replay": replayed_answers}
            yield Subject("answers", run_folder, older / "answers", made_of_other, files, asked)
    if "audit" in wanted:
        folder, other = audit_log(root, "audit", 5, older / "audit"), audit_log(root, "other-audit", 6)
        anchor = AuditLog(folder).anchor()

        def verified(at: Path) -> str | None:
            faults = AuditLog(at).verify(anchor)
            return f"record {faults[0].record} {faults[0].what}" if faults else None

        names = ["about.json", "log.jsonl", "content.jsonl"]
        yield Subject("audit", folder, older / "audit", other, names, {"audit verify": verified})
    if "bundle" in wanted:
        made = [a_bundle(root, name, bytes(range(size))) for name, size in (("b", 200), ("old-b", 180), ("new-b", 220))]
        names = sorted(path.relative_to(made[0]).as_posix() for path in made[0].rglob("*") if path.is_file())
        yield Subject("bundle", made[0], made[1], made[2], names, {"bundle install": installed})
    if "weights" in wanted:
        stored = [weights(root, name, bytes(range(size))) for name, size in (("w", 99), ("old-w", 98), ("new-w", 97))]
        at = f"weights/{stored[0].manifest.digest}"
        names = [f"{at}/manifest.json", f"{at}/files/model.gguf", f"{at}/files/tokenizer.json"]
        for same in stored[1:]:  # as if they lay under the digest of the first
            same.folder.rename(same.folder.parent / stored[0].manifest.digest)
        yield Subject("weights", root / "w", root / "old-w", root / "new-w", names, {"weights verify": loaded})
