"""The demo: an ordinary pilot over example documents that the project generates."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from ..checker import CheckReport, check_run
from ..engines import engine_type
from ..errors import InputError
from ..evaluation import values_match
from ..extras import need
from ..gold import SplitFile, read_gold
from ..pilot import PilotOutcome
from ..runs import RunFolder
from ..tasks import load_task
from ..weights import Store, pull
from .pilot import PilotHooks, run_pilot_folder

__all__ = ["DemoOutcome", "run_demo"]


@dataclass(frozen=True)
class DemoOutcome:
    """The pilot's outcome, the independent check, the run folder with its report, and the minutes the pilot took."""

    pilot: PilotOutcome
    check: CheckReport
    run: Path
    report: Path
    minutes: float


def run_demo(
    out: str | Path = "demo-run",
    weights: str = "demo",
    mode: Literal["solo", "batched"] = "batched",
    hooks: PilotHooks | None = None,
) -> DemoOutcome:
    """Pull the weights, generate example documents with gold in ``out``, and run a small pilot over them.

    Raises InputError if the examples or a package are not installed.
    """
    from ..reports import write_report

    out, examples = Path(out), _examples()
    engine_type("openvino")
    need("demo", "scipy", "sklearn", "matplotlib", "reportlab")
    stored = pull(weights, Store())
    _make_documents(examples, out)
    shutil.copyfile(examples / "task.yaml", out / "task.yaml")
    contender = stored.manifest.name
    pilot = {
        "schema": 1,
        "name": "demo",
        "question": "Can supplier invoices be entered without a person reading each?",
        "documents": ["documents"],
        "contenders": [{"name": contender, "weights": contender, "engine": "openvino", "mode": mode}],
        "bar": {"unit": "value", "at_least": 0.8},
    }
    (out / "pilot.yaml").write_text(yaml.safe_dump(pilot, sort_keys=False), encoding="utf-8")
    started = time.monotonic()
    outcome = run_pilot_folder(out, hooks=hooks)
    minutes = (time.monotonic() - started) / 60
    run = out / "runs" / contender
    report = write_report(run, gold=_agreeing(out, RunFolder.open(run)))
    return DemoOutcome(outcome, check_run(run), run, report, minutes)


def _agreeing(out: Path, folder: RunFolder) -> dict[str, dict[str, bool]]:
    """Compare values with the gold, for the page of the run. The test part is left out: this look is not recorded."""
    gold, split = read_gold(out / "gold.jsonl"), SplitFile(out / "gold.jsonl").read()
    fields = load_task(out / "task.yaml").answer_fields()
    kinds = {path: spec.kind for path, spec in fields.items() if not spec.of_list and "." not in path}
    agreeing = {}
    for result in folder.latest():
        identity, values = result.document.id, result.values
        if values and split and split.part_of(identity) != "test":
            agreeing[identity] = {n: values_match(k, values[n], gold[identity][n]) for n, k in kinds.items()}
    return agreeing


def _examples() -> Path:
    for place in (Path(__file__).parents[3] / "examples", Path(__file__).parents[1] / "_examples"):
        if (place / "invoices" / "task.yaml").exists():
            return place / "invoices"
    raise InputError("The example documents are not installed.", "Run the demo from a checkout of the project.")


def _make_documents(examples: Path, out: Path) -> None:
    script = [sys.executable, str(examples / "make_documents.py"), str(out)]
    made = subprocess.run(script, capture_output=True, text=True, check=False)
    if made.returncode:
        raise InputError(
            f"Cannot generate the example documents: {(made.stderr.strip().splitlines() or ['it was stopped'])[-1]}.",
            "Give --out a folder that can be written.",
        )
