"""Print the catalog as tables."""

from __future__ import annotations

from rich.table import Table

from ..planning.fit import CatalogFit, KnownFit
from ..planning.memory import GPU_GB
from .console import PlainTable, data, note

__all__ = ["print_catalog", "size_text"]

SHOWN = 12
_COLUMNS = ("name", "params", "4 bit", "context", "licence")
_EVERY = ("name", "4 bit", "16 bit", "GPUs", "context", "licence", "fits")
_FIGURES = ("size", "params", "4 bit", "16 bit", "GPUs", "context")


def print_catalog(fit: CatalogFit, every: bool) -> None:
    """Print what can be pulled by name and fits this machine; with ``every``, the rest too, and the memory it needs."""
    data.print(_ready_table(fit))
    data.print()
    data.print(_known_table(fit, every))
    machine = fit.machine
    gpus = f" and {len(machine.gpus_gb)} GPUs with {sum(machine.gpus_gb):.0f} GB" if machine.gpus_gb else ", no GPU"
    note(
        f"This machine has {machine.memory_gb:.0f} GB of memory{gpus}. Sizes are in GB. What fits is counted with keys "
        f"and values for {fit.sequences} sequences of {fit.tokens:,} tokens."
    )
    if fit.known and not _shown(fit, every):
        note(f"None of the well-known weights fits: {fit.known[0].why}.")
    if every:
        note(f"GPUs: the number with {GPU_GB:.0f} GB for 16 bits. --json has the sum behind each answer.")
    else:
        note(f"{len(fit.known) - len(_shown(fit, every))} more are not shown: --all.")


def _shown(fit: CatalogFit, every: bool) -> list[KnownFit]:
    """The rows to show: all, or the largest that fit."""
    if every:
        return fit.known
    fitting = [row for row in fit.known if row.fits or row.pulled]
    return sorted(fitting, key=lambda row: row.known.parameters, reverse=True)[:SHOWN]


def _ready_table(fit: CatalogFit) -> Table:
    table = PlainTable(
        "short name", "name", "size", "licence", "from", "here", right=_FIGURES, title="Ready to pull by name", gap=1
    )
    for ready in fit.ready:
        entry = ready.entry
        table.add_row(
            entry.use,
            entry.name,
            size_text(ready.size) if ready.size else "",
            entry.licence,
            "hub" if entry.digest is None else "index",
            "yes" if ready.pulled else "",
        )
    return table


def _known_table(fit: CatalogFit, every: bool) -> Table:
    columns = _EVERY if every else _COLUMNS
    table = PlainTable(*columns, right=_FIGURES, title="Well-known weights, from a hub or its mirror", gap=1)
    for row in _shown(fit, every):
        known = row.known
        cells = {
            "name": known.name, "params": f"{known.parameters / 1e9:.1f} B", "4 bit": f"{row.gb_4_bits:.1f}",
            "16 bit": f"{row.gb_16_bits:.1f}", "GPUs": str(row.gpus), "context": f"{known.context:,}",
            "licence": known.licence, "fits": "here" if row.pulled else "yes" if row.fits else "no",
        }  # fmt: skip
        table.add_row(*(cells[name] for name in columns))
    return table


def size_text(size: int) -> str:
    """Format a number of bytes for people."""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
