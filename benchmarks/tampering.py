"""Edit every file that Ringfence keeps, one edit at a time, and say which verb notices.

    python benchmarks/tampering.py [--seed 1] [--each 2] [--subjects run,pilot] [--json tampering.json]

The program makes a run, a pilot, a release, an audit log, a bundle and a weights folder with the fake engine. Each file
gets one edit of each kind: a byte, a word, a line gone, a line doubled, an older copy, the whole rewritten (by the same
program from other input). The table shows the verbs that notice; what none notices is listed with the reason.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from gguf import GGUFWriter

from ringfence.api import Model
from ringfence.api.model import RunDetails
from ringfence.audit import AuditLog, make_log
from ringfence.checker import check_run
from ringfence.contracts import GoldLine, ModelOptions
from ringfence.documents import ReadingOptions
from ringfence.engines import FakeEngine, Request
from ringfence.errors import UserError
from ringfence.gold.file import GoldFile
from ringfence.inference import LoadedModel
from ringfence.locks import Lock, write_lock
from ringfence.locks.canonical import differing
from ringfence.operating.release import write_release
from ringfence.operating.released import read_release
from ringfence.pilot import Contender, PilotData, PilotSupport, run_pilot
from ringfence.replay import replay_run
from ringfence.weights import Store
from ringfence.weights.bundle import add_weights, install_weights, write_list
from ringfence.weights.store import Manifest, StoredWeights, digest_of, record_files

KINDS = ("byte", "word", "line gone", "line doubled", "older copy", "rewritten")
WORDS = ["amber", "birch", "cedar", "delta", "ember", "frost", "grove", "haven", "islet", "junco", "knoll", "lemur"]
TASK = {
    "schema": 1, "kind": "extract", "name": "letters", "checks": ["net <= total"],
    "fields": {"who": {"kind": "text"}, "net": {"kind": "number"}, "total": {"kind": "number"}},
}  # fmt: skip
Detector = Callable[[Path], str | None]
"""Says what it notices in a folder; None if nothing."""

PAGE = "a page for people; it is drawn again from the data, and nothing is read from it"
REASONS = {
    "report.html": PAGE,
    "run.json": "how the run was made, which changes no answer: sessions, host, times, names",
    "results.jsonl": "seconds, which are no evidence, or the same answer twice: the later line counts",
    "trace.jsonl": "log-probabilities of the same tokens, which the replay reports as drift, or the order of requests",
    "pilot.json": "what a release does not read: figures for people, which the report shows again at the next run",
    "pilot.yaml": "the question, prices, or wording that changes no verdict",
    "task.yaml": "wording of the file that changes no task",
    "gold.jsonl": "who confirmed a value, when and why, or a line that a later one replaced",
    "gold.split.json": "layout, or the time at which it was drawn",
    "gold.opened.jsonl": "the record is plain text: a name or a time may be edited where pilot.json is edited alike",
    "pilot.terms.jsonl": "a later line of the record, which pilot.json does not hold",
    "calibrator.json": "layout",
    "good.json": "another release, whole in itself: only a signature or the audit log says which one is meant",
    "about.json": "the settings of the log, which no record covers",
    "content.jsonl": "layout of a line, whose value is the same",
    "bundle.json": "facts beside the list of files; a signature covers the whole",
    "manifest.json": "the name, source or licence of the weights, which the digest does not cover; a signature does",
}


@dataclass(frozen=True)
class Subject:
    """A folder, an ``older`` state of it and an ``other`` one of its kind, and the verbs that watch it."""

    name: str
    folder: Path
    older: Path
    other: Path
    files: Sequence[str]
    detectors: Mapping[str, Detector]


@dataclass
class Edit:
    """One edit, what it changed, and which verbs noticed it (with their words)."""

    subject: str
    file: str
    kind: str
    changed: str
    noticed: dict[str, str] = field(default_factory=dict)
    reason: str = ""


# The folders -------------------------------------------------------------------------------------------------------


def answer(request: Request, prompt: str) -> str:
    """What the fake engine says: what the letter says."""
    found = re.findall(r"who: ([a-z ]+)\n net: (\d+)\n total: (\d+)", prompt)
    return " {}\nnet: {}\ntotal: {}\n".format(*found[-1])


def model() -> Model:
    return Model(LoadedModel(FakeEngine(answer), None, None, options=ModelOptions()))


def letters(folder: Path, count: int, seed: int) -> dict[str, GoldLine]:
    """Write letters, and return their gold."""
    dice, gold = random.Random(seed), {}
    folder.mkdir(parents=True)
    for n in range(count):
        who = " ".join(dice.sample(WORDS, 5))
        net = dice.randint(100, 999)
        name = f"{n:02}.txt"
        (folder / name).write_text(f"who: {who}\nnet: {net}\ntotal: {net + dice.randint(1, 99)}\n")
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

    def contender(contender: Contender, data: PilotData, out: Path) -> None:
        model().run(data.setup.task, (), out, resume=True, details=RunDetails(sources=data.sources, made_by="pilot"))

    for step in range(2):
        run_pilot(folder, ReadingOptions(), contender, PilotSupport())
        if step == 0 and older:
            shutil.copytree(folder, older)
        GoldFile(folder / "gold.jsonl").add({first: gold[first]})
    return folder


def audit_log(root: Path, name: str, seed: int, older: Path | None = None) -> Path:
    with mock.patch.dict(os.environ, {"RINGFENCE_AUDIT": str(root / name)}):
        make_log(root / f"{name}-key", content=True)
        letters(root / f"{name}-in", 4, seed)
        for step in range(2):
            model().run(TASK, root / f"{name}-in", root / f"{name}-run-{step}")
            if step == 0 and older:
                shutil.copytree(root / name, older)
    return root / name


def write_gguf(path: Path, note: str) -> None:
    """A GGUF file without tensors."""
    writer = GGUFWriter(str(path), "llama")
    writer.add_description(note)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def weights(root: Path, name: str, content: bytes) -> StoredWeights:
    """Weights in a store of their own."""
    half = root / name / "half"
    (half / "files").mkdir(parents=True)
    write_gguf(half / "files" / "model.gguf", content.hex())
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


def replayed(folder: Path) -> str | None:
    def load(*_: Any, **__: Any) -> LoadedModel:
        return LoadedModel(FakeEngine(answer), None, None)

    with mock.patch("ringfence.replay.replayer.load_model", load):
        report = replay_run(folder)
    return None if report.identical else report.sentence


def released(folder: Path) -> str | None:
    write_release(folder, "good")
    return None


def runs_release(folder: Path) -> str | None:
    read_release(folder / "releases" / "good.json")
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
                write_release(one, "good")
            shutil.copytree(folder / "releases", older / "pilot" / "releases")
            write_release(folder, "good")
            run: dict[str, Detector] = {"run --release": runs_release}
            files = ["releases/good.json"]
            yield Subject("release", folder, older / "pilot", other, files, run)
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


# The edits ---------------------------------------------------------------------------------------------------------


def edited(kind: str, subject: Subject, name: str, dice: random.Random) -> bytes | None:
    """The content of a file after an edit; None if the file cannot have it."""
    data = (subject.folder / name).read_bytes()
    if kind in ("older copy", "rewritten"):
        path = counterpart(subject.older if kind == "older copy" else subject.other, name)
        return path.read_bytes() if path else None
    if kind == "byte":
        at = dice.randrange(len(data))
        fresh = dice.choice([one for one in range(33, 127) if one != data[at]])
        return data[:at] + bytes([fresh]) + data[at + 1 :]
    if kind == "word":
        places = [match.span() for match in re.finditer(rb"[A-Za-z]{3,}|\d+", data)]
        if not places:
            return None
        start, end = dice.choice(places)
        letters_of = b"0123456789" if data[start:end].isdigit() else b"abcdefghijklmnopqrstuvwxyz"
        return data[:start] + bytes(dice.choice(letters_of) for _ in range(end - start)) + data[end:]
    lines = data.splitlines(keepends=True)
    if len(lines) < 2:
        return None
    at = dice.randrange(len(lines))
    return b"".join(lines[:at] + ([] if kind == "line gone" else [lines[at]] * 2) + lines[at + 1 :])


def counterpart(folder: Path, name: str) -> Path | None:
    """The same file of another folder; in a bundle its folder has another digest."""
    found = folder / name
    if not found.exists():
        found = next((p for p in sorted(folder.rglob(found.name)) if p.is_file()), found)
    return found if found.exists() else None


def changes(name: str, before: bytes, after: bytes) -> str:
    """What an edit changed, in words: the paths of JSON data, or the place."""
    if name.endswith((".json", ".jsonl")):
        with contextlib.suppress(ValueError):
            left, right = ([json.loads(part) for part in _parts(name, data)] for data in (before, after))
            if len(left) != len(right):
                return f"{len(left)} lines, then {len(right)}"
            found = [path for one, two in zip(left, right, strict=True) for path, _, _ in differing(one, two)]
            return ", ".join(dict.fromkeys(found[:4])) or "layout"
        return "no longer JSON"
    place = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    return f"from byte {place}"


def _parts(name: str, data: bytes) -> list[bytes]:
    return [line for line in data.split(b"\n") if line.strip()] if name.endswith("l") else [data]


def trial(subject: Subject, name: str, kind: str, content: bytes, scratch: Path) -> Edit:
    """Make one edit in a copy, and ask every verb."""
    edit = Edit(subject.name, name, kind, changes(name, (subject.folder / name).read_bytes(), content))
    for verb, detector in subject.detectors.items():
        copy = scratch / subject.folder.name
        shutil.copytree(subject.folder, copy)
        (copy / name).write_bytes(content)
        try:
            said = detector(copy)
        except UserError as error:
            said = str(error).splitlines()[0]
        except Exception as error:
            said = f"internal error: {type(error).__name__}"
        finally:
            shutil.rmtree(copy)
        if said:
            edit.noticed[verb] = said
    if not edit.noticed:
        edit.reason = "layout" if edit.changed == "layout" else REASONS.get(Path(name).name, "not known")
    return edit


def trials(seed: int, each: int, wanted: Sequence[str]) -> list[Edit]:
    """Make folders, edit them, and return every edit. Raises SystemExit if a verb complains of an untouched folder."""
    dice, found = random.Random(seed), []
    with tempfile.TemporaryDirectory() as place:
        root, scratch = Path(place), Path(place) / "scratch"
        with mock.patch.dict(os.environ, {"XDG_DATA_HOME": place, "RINGFENCE_HOME": f"{place}/home"}):
            for subject in subjects(root, wanted):
                for name in subject.files:
                    same = trial(subject, name, "none", (subject.folder / name).read_bytes(), scratch)
                    if same.noticed:
                        raise SystemExit(f"{subject.name} is faulty before any edit: {same.noticed}")
                    for kind in KINDS:
                        for _ in range(1 if kind in ("older copy", "rewritten") else each):
                            content = edited(kind, subject, name, dice)
                            if content is not None and content != (subject.folder / name).read_bytes():
                                found.append(trial(subject, name, kind, content, scratch))
    return found


def show(edits: Sequence[Edit]) -> None:
    """Print the table, files by kind of edit, and what nobody noticed."""
    rows = dict.fromkeys((edit.subject, short(edit.file)) for edit in edits)
    print(f"{'file':44}" + "".join(f"{kind:>14}" for kind in KINDS))
    for subject, name in rows:
        cells = []
        for kind in KINDS:
            own = [e for e in edits if (e.subject, short(e.file), e.kind) == (subject, name, kind)]
            cells.append(f"{sum(bool(e.noticed) for e in own)}/{len(own)}" if own else "-")
        print(f"{subject + ': ' + name:44}" + "".join(f"{cell:>14}" for cell in cells))
    seen = sum(bool(edit.noticed) for edit in edits)
    verbs = Counter(verb for edit in edits for verb in edit.noticed)
    print(f"\n{seen} of {len(edits)} edits were noticed: " + ", ".join(f"{n} by {verb}" for verb, n in verbs.items()))
    for fault in (edit for edit in edits if any("internal error" in said for said in edit.noticed.values())):
        print(f"INTERNAL ERROR  {fault.subject}: {fault.file}, {fault.kind} ({fault.changed}): {fault.noticed}")
    print("\nNot noticed:")
    for edit in edits:
        if not edit.noticed:
            print(f"  {edit.subject}: {short(edit.file)}, {edit.kind} ({edit.changed}): {edit.reason}")


def short(name: str) -> str:
    return re.sub(r"weights/[0-9a-f]{64}", "weights/DIGEST", name)


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=2, help="edits of each kind that has several places")
    parser.add_argument("--subjects", default="run,pilot,release,audit,bundle,weights")
    parser.add_argument("--json", type=Path, default=Path("bench-results/tampering.json"))
    options = parser.parse_args(arguments)
    edits = trials(options.seed, options.each, options.subjects.split(","))
    show(edits)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    data = {"schema": 1, "seed": options.seed, "edits": [asdict(edit) for edit in edits]}
    options.json.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return data


if __name__ == "__main__":
    main()
