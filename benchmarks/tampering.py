"""Edit every file that Ringfence keeps, one edit at a time, and say which verb notices.

    python -m benchmarks.tampering [--seed 1] [--each 2] [--subjects run,pilot] [--json tampering.json]

The program makes a run, a pilot, releases, a corpus, a run over it, an audit log, a bundle and a weights folder with
the fake engine. Each file gets edits of each kind: a byte, a word, a line gone, a line doubled, an older copy, the
whole rewritten (by the same program from other input), and edits with an aim. The table shows the verbs that notice;
what none notices is listed with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from ringfence.errors import UserError

from .edits import KINDS, aims, changes, edited
from .tampered import Subject, subjects

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
    "ranked.json": "another release, whole in itself: only a signature or the audit log says which one is meant",
    "corpus.sqlite": "space that holds nothing, or an older state whole in itself, which the locks of runs tell apart",
    "vectors.f32": "bytes behind the last vector, as a kill leaves them: nothing reads them",
    "about.json": "the settings of the log, which no record covers",
    "content.jsonl": "layout of a line, whose value is the same",
    "bundle.json": "facts beside the list of files; a signature covers the whole",
    "manifest.json": "the name, source or licence of the weights, which the digest does not cover; a signature does",
    # Edits with an aim
    "a version gone": "the corpus as it was before its last version, whole in itself: the lock of a run over it tells",
    "looks, digest anew": "a release whole in itself: its signature tells, which a policy can demand",
}


@dataclass
class Edit:
    """One edit, what it changed, and which verbs noticed it (with their words)."""

    subject: str
    file: str
    kind: str
    changed: str
    noticed: dict[str, str] = field(default_factory=dict)
    reason: str = ""


def trial(subject: Subject, name: str, kind: str, content: bytes, scratch: Path, aim: str = "") -> Edit:
    """Make one edit in a copy, and ask every verb."""
    edit = Edit(subject.name, name, kind, aim or changes(name, (subject.folder / name).read_bytes(), content))
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
        edit.reason = "layout" if edit.changed == "layout" else REASONS.get(aim or Path(name).name, "not known")
    return edit


def trials(seed: int, each: int, wanted: Sequence[str]) -> list[Edit]:
    """Make folders, edit them, and return every edit. Raises SystemExit if a verb complains of an untouched folder."""
    found = []
    with tempfile.TemporaryDirectory() as place:
        root, scratch = Path(place), Path(place) / "scratch"
        with mock.patch.dict(os.environ, {"XDG_DATA_HOME": place, "RINGFENCE_HOME": f"{place}/home"}):
            for subject in subjects(root, wanted):
                for name in subject.files:
                    dice = random.Random(f"{seed} {subject.name} {short(name)}")  # the same edits, whatever is wanted
                    same = trial(subject, name, "none", (subject.folder / name).read_bytes(), scratch)
                    if same.noticed:
                        raise SystemExit(f"{subject.name} is faulty before any edit: {same.noticed}")
                    for aim, content in aims(subject, name):
                        found.append(trial(subject, name, "aimed", content, scratch, aim))
                    for kind in KINDS[:-1]:
                        for _ in range(1 if kind in ("older copy", "rewritten") else each):
                            changed = edited(kind, subject, name, dice)
                            if changed is not None and changed != (subject.folder / name).read_bytes():
                                found.append(trial(subject, name, kind, changed, scratch))
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
    parser.add_argument("--subjects", default="run,pilot,release,corpus,answers,audit,bundle,weights")
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
