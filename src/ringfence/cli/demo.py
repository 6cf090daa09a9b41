"""ringfence demo: the main job on documents that the project makes itself."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

import click
from rich.table import Table

from ..checking import check_run
from ..documents import expand_inputs
from ..engines import EngineSettings, Mode, engine_type
from ..errors import InputError
from ..evaluation import agreement, read_gold, same_value
from ..reports import write_report
from ..runs import RunFolder, lock_of, open_engine, run
from ..tasks import ExtractTask, load_task
from ..weights import Store, pull
from .screen import note, pulling, stderr
from .working import Bar

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
    """Pull the default weights, extract from example documents, compare with their gold, and write a report."""
    examples = _examples()
    engine_type("openvino")
    with pulling() as listener:
        store = Store()
        weights = pull(weights_name, store, listener)
    documents = _maker(examples).make(out)
    task = load_task(examples / "task.yaml")
    sources = expand_inputs([documents])
    opened = open_engine("openvino", weights, store, EngineSettings(mode=mode), note)
    started = time.monotonic()
    run_folder = out / "run"
    assert isinstance(task, ExtractTask)
    lock = lock_of(task, opened)
    with Bar(len(sources), sources) as bar:
        run(
            task, sources, opened.engine, lock, _fresh(run_folder, lock.digest),
            resume=True, arguments={"demo": True}, weights_name=weights.manifest.name, on_progress=bar.update,
        )  # fmt: skip
    opened.engine.close()
    minutes = (time.monotonic() - started) / 60
    folder = RunFolder.open(run_folder)
    gold = read_gold(out / "gold.jsonl")
    kinds = {name: spec.kind for name, spec in task.flat.items() if spec.kind != "list" and "." not in name}
    results = list(folder.latest())
    rows = agreement(kinds, results, gold)
    agrees = {
        result["document"]["id"]: {
            name: same_value(kind, result["values"][name], gold[result["document"]["id"]][name])
            for name, kind in kinds.items()
        }
        for result in results
        if result["values"]
    }
    report = write_report(run_folder, gold=agrees)
    checked = check_run(run_folder)
    table = Table(title="Values that agree with the gold", title_justify="left", box=None, pad_edge=False)
    for title, justify in (("field", "left"), ("right", "right"), ("share", "right"), ("95 % interval", "right")):
        table.add_column(title, justify=justify)  # type: ignore[arg-type]
    for row in rows:
        low, high = row.interval
        table.add_row(row.field, f"{row.right}/{row.total}", f"{row.share:.2f}", f"{low:.2f} to {high:.2f}")
    right, total = sum(row.right for row in rows), sum(row.total for row in rows)
    table.add_row("all values", f"{right}/{total}", f"{right / total:.2f}", "", style="bold", end_section=True)
    stderr.print(table)
    note(f"{folder.totals()}, in {minutes:.1f} minutes.")
    note(f"Independent check: {sum(checked.values.values())} values, {len(checked.findings) or 'no'} findings.")
    note(f"Open this in a browser: {report.resolve().as_uri()}")
    return 1 if checked.findings else 0


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


def _fresh(run_folder: Path, digest: str) -> Path:
    """The run folder; one that another lock made is moved aside, so that the demo always runs."""
    if (run_folder / "run.json").exists() and RunFolder.open(run_folder).read_facts()["lock"]["digest"] != digest:
        aside = run_folder.with_name(f"run-{time.strftime('%Y%m%d-%H%M%S')}")
        run_folder.rename(aside)
        note(f"An earlier demo was made under another lock; it is now in {aside}.")
    return run_folder
