"""The catalog on a terminal: what can be pulled by name, what it needs, and whether this machine has it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click
from rich.table import Table

from ..engines import engine_names
from ..engines.choosing import state_of
from ..weights import Store, catalog
from ..weights.known import known_weights
from ..weights.pins import pins
from ..weights.sizing import (
    BF16_BITS,
    GPU_CACHE_BYTES,
    GPU_GB,
    Q4_BITS,
    cached_bytes,
    gpus_needed,
    machine,
    need_of,
    verdict,
)
from .screen import data, note

__all__ = ["catalog_table", "size_text"]


def catalog_table(tokens: int, sequences: int, as_json: bool) -> None:
    """Print everything that can be pulled by name."""
    store = Store()
    here = {weights.manifest.name for weights in store.list()}
    pinned, has = pins(store.root), machine()
    usable = [name for name in engine_names() if state_of(name).usable]
    rows: list[dict[str, Any]] = []
    for known in known_weights():
        full = need_of(known, BF16_BITS, GPU_CACHE_BYTES, tokens, sequences)
        fits, why = verdict(known, has, usable, tokens, sequences)
        rows.append(
            {
                **asdict(known),
                "gb_16_bits": round(full.weights_gb, 2),
                "gb_4_bits": round(known.parameters * Q4_BITS / 8 / 1e9, 2),
                "cache_bytes_per_token": round(cached_bytes(known, 1, GPU_CACHE_BYTES)),
                "cache_gb": round(full.cache_gb, 2),
                "gpus": gpus_needed(full),
                "fits": fits,
                "why": why,
                "pulled": known.name in here,
                "pinned": pinned.get(known.name, {}).get("digest"),
            }
        )
    if as_json:
        ready = [{**asdict(entry), "pulled": entry.name in here} for entry in catalog()]
        click.echo(json.dumps({"schema": 1, "machine": asdict(has), "ready": ready, "known": rows}))
        return
    table = Table(box=None, pad_edge=False, title="Ready to pull from a package index", title_justify="left")
    for title in ("name", "size", "licence", "here", "what for"):
        table.add_column(title, justify="right" if title == "size" else "left", overflow="fold")
    for entry in catalog():
        size = size_text(sum(file.size or 0 for file in entry.files))
        table.add_row(entry.name, size, entry.licence, "yes" if entry.name in here else "", entry.note)
    data.print(table)
    data.print()
    table = Table(box=None, pad_edge=False, title="Well-known weights, from a hub or its mirror", title_justify="left")
    for title, justify in (
        ("name", "left"), ("params", "right"), ("4 bit", "right"), ("16 bit", "right"), ("KiB/token", "right"),
        ("context", "right"), ("GPUs", "right"), ("licence", "left"), ("fits", "left"), ("because", "left"),
    ):  # fmt: skip
        table.add_column(title, justify=justify, no_wrap=title in ("name", "fits"), overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(
            row["name"], f"{row['parameters'] / 1e9:.1f} B", f"{row['gb_4_bits']:.1f}", f"{row['gb_16_bits']:.1f}",
            f"{row['cache_bytes_per_token'] / 1024:.0f}", f"{row['context']:,}", str(row["gpus"]), row["licence"],
            "here" if row["pulled"] else "yes" if row["fits"] else "no", row["why"],
        )  # fmt: skip
    data.print(table)
    gpus = f" and {len(has.gpus_gb)} GPUs with {sum(has.gpus_gb):.0f} GB" if has.gpus_gb else ", no GPU"
    note(
        f"This machine has {has.memory_gb:.0f} GB of memory{gpus}. Weights in GB + keys and values of {sequences} sequences of "
        f"{tokens:,} tokens; GPUs: how many of {GPU_GB:.0f} GB it takes in 16 bits."
    )


def size_text(size: int) -> str:
    """A number of bytes for people."""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
