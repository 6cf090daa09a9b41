"""Print the catalog as tables."""

from __future__ import annotations

from typing import Literal

from rich.table import Table

from ..planning.fit import CatalogFit
from ..planning.memory import GPU_GB
from .console import data, note

__all__ = ["print_catalog", "size_text"]

_COLUMNS: tuple[tuple[str, Literal["left", "right"]], ...] = (
    ("name", "left"), ("params", "right"), ("4 bit", "right"), ("16 bit", "right"), ("KiB/token", "right"),
    ("context", "right"), ("GPUs", "right"), ("licence", "left"), ("fits", "left"), ("because", "left"),
)  # fmt: skip


def print_catalog(fit: CatalogFit) -> None:
    """Print everything that can be pulled by name, the memory it needs, and whether this machine has it."""
    data.print(_ready_table(fit))
    data.print()
    data.print(_known_table(fit))
    machine = fit.machine
    gpus = f" and {len(machine.gpus_gb)} GPUs with {sum(machine.gpus_gb):.0f} GB" if machine.gpus_gb else ", no GPU"
    note(
        f"This machine has {machine.memory_gb:.0f} GB of memory{gpus}. The sums are weights + keys and values for "
        f"{fit.sequences} sequences of {fit.tokens:,} tokens, in GB. GPUs: the number with {GPU_GB:.0f} GB for 16 bits."
    )


def _ready_table(fit: CatalogFit) -> Table:
    table = Table(box=None, pad_edge=False, title="Ready to pull from a package index", title_justify="left")
    for title in ("name", "size", "licence", "here", "purpose"):
        table.add_column(title, justify="right" if title == "size" else "left", overflow="fold")
    for ready in fit.ready:
        entry = ready.entry
        table.add_row(entry.name, size_text(ready.size), entry.licence, "yes" if ready.pulled else "", entry.note)
    return table


def _known_table(fit: CatalogFit) -> Table:
    table = Table(box=None, pad_edge=False, title="Well-known weights, from a hub or its mirror", title_justify="left")
    for title, justify in _COLUMNS:
        table.add_column(title, justify=justify, no_wrap=title in ("name", "fits"), overflow="fold")
    for row in fit.known:
        known = row.known
        table.add_row(
            known.name, f"{known.parameters / 1e9:.1f} B", f"{row.gb_4_bits:.1f}", f"{row.gb_16_bits:.1f}",
            f"{row.cache_bytes_per_token / 1024:.0f}", f"{known.context:,}", str(row.gpus), known.licence,
            "here" if row.pulled else "yes" if row.fits else "no", row.why,
        )  # fmt: skip
    return table


def size_text(size: int) -> str:
    """Format a number of bytes for people."""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
