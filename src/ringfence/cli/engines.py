"""ringfence engines: what can run weights here, and whether it keeps what an engine must keep."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich.table import Table

from ..contracts import ModelOptions
from ..engines import engine_names
from ..engines.conformance import conformance
from ..engines.selection import choose_engine, state_of
from .console import data, note, opened
from .options import json_option, model_options

__all__ = ["command"]


@click.group()
def command() -> None:
    """Engines: what runs weights, here or on a server inside the walls."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(as_json: bool) -> None:
    """The engines, whether they can run here, and which one `auto` would take."""
    states = {name: state_of(name) for name in engine_names()}
    chosen, why = choose_engine(None, "")
    if as_json:
        click.echo(json.dumps({"engines": {n: asdict(s) for n, s in states.items()}, "auto": chosen, "why": why}))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("engine", "here", "what for"):
        table.add_column(title, overflow="fold")
    for name, state in states.items():
        table.add_row(name, "yes" if state.usable else f"no: {state.reason}", state.purpose)
    data.print(table)
    note(f"auto: {why}")


@command.command("check")
@model_options
@json_option
def check_command(model: ModelOptions, as_json: bool) -> int:
    """Check that an engine keeps what every engine must: grammars, scores, limits, errors, control tokens.

    Exit code 1 where it breaks one. Worth a minute before a server of your own is trusted with a run.
    """
    with opened(model) as loaded:
        engine = loaded.loaded.engine
        findings = conformance(engine)
    capabilities = engine.capabilities
    grounding = "decoded" if capabilities.grammar else "verified"
    if as_json:
        told = {"engine": engine.describe(), "grounding": grounding, "checks": [asdict(one) for one in findings]}
        click.echo(json.dumps({"schema": 1, **told}))
    else:
        table = Table(box=None, pad_edge=False)
        for title in ("check", "outcome", ""):
            table.add_column(title, overflow="fold")
        for one in findings:
            table.add_row(one.check, one.outcome, one.detail)
        data.print(table)
        note(f"Grounding with this engine: {grounding}.")
    return 1 if any(one.outcome == "broken" for one in findings) else 0
