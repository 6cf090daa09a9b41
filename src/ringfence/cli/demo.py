"""ringfence demo: the main job on documents that the project makes itself."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import yaml
from rich.table import Table

from ..checking import check_run
from ..documents import ReadingOptions
from ..engines import Mode, engine_type
from ..errors import InputError
from ..evaluation import read_gold, same_value
from ..evaluation.splitting import SplitFile
from ..extras import need
from ..reports import write_report
from ..runs import RunFolder
from ..tasks import ExtractTask, load_task
from ..weights import Store, pull
from .pilot import pilot_work
from .screen import note, pulling, stderr

__all__ = ["command"]


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("demo-run"),
    show_default=True,
    help="The folder for documents, run and report.",
)
@click.option("--weights", "weights_name", default="demo", show_default=True, help="Name of weights in the catalog.")
@click.option("--mode", type=click.Choice(["solo", "batched"]), default="batched", show_default=True)
def command(out: Path, weights_name: str, mode: Mode) -> int:
    """Pull the default weights, extract from example documents, and end with the report of a small pilot.

    The folder is a pilot like any other: pilot.yaml, task.yaml, gold.jsonl, documents, runs, report.html.
    """
    examples = _examples()
    engine_type("openvino")
    need("demo", "scipy", "sklearn", "matplotlib")
    with pulling() as listener:
        weights = pull(weights_name, Store(), listener)
    _maker(examples).make(out)
    shutil.copyfile(examples / "task.yaml", out / "task.yaml")
    contender = weights.manifest.name
    pilot = {
        "schema": 1, "name": "demo", "question": "Can supplier invoices be entered without a person reading each?",
        "documents": ["documents"], "contenders": [{"name": contender, "weights": contender, "engine": "openvino", "mode": mode}],
        "bar": {"unit": "value", "at_least": 0.8},
    }  # fmt: skip
    (out / "pilot.yaml").write_text(yaml.safe_dump(pilot, sort_keys=False), encoding="utf-8")
    started = time.monotonic()
    outcome = pilot_work(out, ReadingOptions())
    minutes = (time.monotonic() - started) / 60
    run_folder = out / "runs" / contender
    task = load_task(out / "task.yaml")
    assert isinstance(task, ExtractTask)
    folder = RunFolder.open(run_folder)
    agrees = _agreeing(out / "gold.jsonl", task, list(folder.latest()))
    report = write_report(run_folder, gold=agrees)
    checked = check_run(run_folder)
    title = f"Values of the {outcome.sizes['test']} documents of the test part that agree with the gold"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for title, justify in (("field", "left"), ("right", "right"), ("share", "right"), ("95 % interval", "right")):
        table.add_column(title, justify=justify)  # type: ignore[arg-type]
    for figures in outcome.test.fields:
        exact = figures.exact
        low, high = exact.interval()
        table.add_row(figures.name, f"{exact.right}/{exact.total}", f"{exact.share:.2f}", f"{low:.2f} to {high:.2f}")
    every = outcome.share
    table.add_row(
        "all values", f"{every.right}/{every.total}", f"{every.share:.2f}", "", style="bold", end_section=True
    )
    stderr.print(table)
    note(f"{folder.totals()}, in {minutes:.1f} minutes.")
    note(f"Independent check: {sum(checked.values.values())} values, {len(checked.findings) or 'no'} findings.")
    note(f"Values beside their places: {report.resolve().as_uri()}")
    click.echo(outcome.sentence)
    note(f"The pilot's report, open it in a browser: {(out / 'report.html').resolve().as_uri()}")
    return 1 if checked.findings else 0


def _agreeing(gold_path: Path, task: ExtractTask, results: list[dict[str, Any]]) -> dict[str, dict[str, bool]]:
    """Which values agree with the gold, for the page of the run; the test part is not looked at there."""
    gold, split = read_gold(gold_path), SplitFile(gold_path).read()
    kinds = {name: spec.kind for name, spec in task.flat.items() if spec.kind != "list" and "." not in name}
    found = {}
    for result in results:
        identity = result["document"]["id"]
        if result["values"] and split and split.part_of(identity) != "test":
            found[identity] = {n: same_value(k, result["values"][n], gold[identity][n]) for n, k in kinds.items()}
    return found


def _examples() -> Path:
    for place in (Path(__file__).parents[3] / "examples", Path(__file__).parents[1] / "_examples"):
        if (place / "invoices" / "task.yaml").exists():
            return place / "invoices"
    raise InputError("The example documents are not installed.", "Run the demo from a checkout of the project.")


def _maker(examples: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("ringfence_example_documents", examples / "make_documents.py")
    assert spec is not None
    assert spec.loader is not None

    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        raise InputError(
            f"The demo needs a package that is not installed ({error.name}).",
            "Install it: pip install 'ringfence[demo]'.",
        ) from None
    return module
