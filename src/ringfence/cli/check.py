"""ringfence check: confirm what a run claims, without the code that made it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from ..checking import check_run
from .options import passwords_from
from .screen import note

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--password-file", type=click.Path(path_type=Path), help="Passwords for encrypted documents, one a line.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(run: Path, password_file: Path | None, as_json: bool) -> int:
    """Re-read every document of RUN and confirm every span, derived value and closed list.

    Shares no code with the decoder. Exit code 1 names the offenders.
    """
    report = check_run(run, passwords_from(password_file))
    if as_json:
        click.echo(
            json.dumps(
                {
                    "schema": 1,
                    "documents": report.documents,
                    "statuses": dict(report.statuses),
                    "values": dict(report.values),
                    "findings": [asdict(finding) for finding in report.findings],
                }
            )
        )
    else:
        for finding in report.findings:
            click.echo(f"{finding.document}{': ' + finding.field if finding.field else ''}: {finding.fault}")
        values = ", ".join(f"{count} {kind}" for kind, count in sorted(report.values.items()))
        note(
            f"Checked {report.documents} documents ({values or 'no values'}): {len(report.findings) or 'no'} findings."
        )
    return 1 if report.findings else 0
