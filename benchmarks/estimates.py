"""Compare the estimates that a run gives of its duration with the time that it took.

    python benchmarks/estimates.py [--weights tests] [--documents 28] [--mode batched] [--sets receipts] [--times 2]

Each line is one moment: the start, if this machine remembers runs of the kind, which a second time it does; the first
document has ended, then 5, 10, 25 and 50 % of them. The ratio is the whole duration
that was estimated at that moment over the one that was measured; a run tells the first, and tells again what has proved
wrong by a quarter. The other columns: the time so far divided by the share of finished documents; the processors that
this process had until the moment and afterwards; and the ratio if it had had as many afterwards as before, for
nobody can tell beforehand what else a machine will have to do.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.api import Model, open_model
from ringfence.documents import Source, expand_inputs
from ringfence.planning import Forecast, recall_pace, remember_pace
from ringfence.runs import Pace, RunHooks, run_task
from ringfence.tasks import Task, load_task
from sets import SETS, load_set
from throughput import EXAMPLES, make_documents

MOMENTS = (0.05, 0.1, 0.25, 0.5)


@dataclass
class Timeline:
    """What was estimated after each document: (seconds so far, processor seconds, documents ended, seconds in all)."""

    forecast: Forecast
    started: float
    told: list[tuple[float, float, int, float]] = field(default_factory=list)
    last: Pace | None = None
    worked: float = field(default_factory=time.process_time)

    def at(self, pace: Pace) -> None:
        """Take the pace after a document."""
        self.last = pace
        if (seconds := self.forecast.at(pace).seconds) is not None:
            so_far, worked = time.monotonic() - self.started, time.process_time() - self.worked
            self.told.append((so_far, worked, len(self.told) + 1, seconds))

    def show(self, name: str, count: int, actual: float) -> None:
        """Print the ratios."""
        print(f"{name}: {count} documents in {actual:.0f} s")
        whole = time.process_time() - self.worked
        for share in (0.0, *MOMENTS):
            so_far, worked, ended, seconds = next(each for each in self.told if each[2] >= max(1, share * count))
            before, after = worked / so_far, (whole - worked) / (actual - so_far)
            equal = (so_far + (seconds - so_far) * before / after) / actual
            moment = f"after {ended} of {count} documents, {so_far / actual:.0%} of the time"
            print(
                f"  {moment:48} ratio {seconds / actual:5.2f}   by documents {so_far / ended * count / actual:5.2f}"
                f"   processors {before:.2f}, then {after:.2f}: ratio {equal:5.2f}",
                flush=True,
            )


def measure(model: Model, name: str, task: Task, sources: list[Source]) -> None:
    """Run a task, and print what was estimated on the way."""
    answerer = model.answerer(task)
    forecast, remembered = Forecast(answerer, sources), recall_pace(answerer)
    with tempfile.TemporaryDirectory() as scratch:
        timeline = Timeline(forecast, time.monotonic())
        run_task(answerer, sources, Path(scratch) / "run", hooks=RunHooks(on_pace=timeline.at))
        actual = time.monotonic() - timeline.started
        if remembered and (seconds := forecast.at(remembered).seconds):
            print(f"  {'at the start, by earlier runs':48} ratio {seconds / actual:5.2f}")
        timeline.show(name, len(sources), actual)
        if timeline.last:
            remember_pace(answerer, timeline.last)


def main() -> None:
    """Measure the example papers, or sets of real documents."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="tests")
    parser.add_argument("--documents", type=int, default=28)
    parser.add_argument("--mode", default="batched", choices=["batched", "solo"])
    parser.add_argument("--times", type=int, default=2)
    parser.add_argument("--sets", default="", help=f"instead of the example papers: {', '.join(SETS)}")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = {
            name: (each.task, each.sources)
            for name in filter(None, options.sets.split(","))
            for each in [load_set(name, options.documents, Path(scratch))]
        }
        if not options.sets:
            sources = expand_inputs([make_documents(Path(scratch), options.documents)])
            found["example papers"] = load_task(EXAMPLES / "task.yaml"), sources
        for name, (task, sources) in found.items():
            for _ in range(options.times):  # each loads the model: another run's cache would hold these very prompts
                with open_model(options.weights, mode=options.mode) as model:
                    measure(model, name, task, sources)


if __name__ == "__main__":
    main()
