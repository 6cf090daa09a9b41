"""ringfence check: confirm the values of a run without the code that made them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from ..api.run import open_run
from .console import echo, note
from .options import json_option, password_option

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--calibrator",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Work the decisions of a decided run out again.",
)
@password_option
@json_option
def command(run: Path, calibrator: Path | None, passwords: tuple[str, ...], as_json: bool) -> int:
    """Read every document of RUN again, and confirm every span, derived value and closed list.

    The check shares no code with the decoder. Exit code 1: a value is wrong.
    """
    from ..evaluation.calibrator import read_calibrator
    from ..evaluation.decision_claims import is_decided

    opened = open_run(run)
    report = opened.check(passwords, read_calibrator(calibrator) if calibrator else None)
    unchecked = calibrator is None and is_decided(opened.folder)
    if as_json:
        findings = [asdict(finding) for finding in report.findings]
        statuses, values = dict(report.statuses), dict(report.values)
        facts = {"documents": report.documents, "statuses": statuses, "values": values, "findings": findings}
        click.echo(json.dumps({"schema": 1, **facts}))
    else:
        for finding in report.findings:
            echo(f"{finding.document}{': ' + finding.field if finding.field else ''}: {finding.fault}")
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(report.values.items()))
        count = len(report.findings) or "no"
        if unchecked:
            note("Not checked: the confidences and decisions of its calibrator. Give --calibrator FILE.")
        note(f"Checked {report.documents} documents ({kinds or 'no values'}): {count} findings.")
    return 1 if report.findings else 0
