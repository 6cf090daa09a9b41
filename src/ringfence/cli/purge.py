"""ringfence purge: erase the content of a run, but keep its digests and totals."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import click

from ..api import open_run
from ..audit import kept_in_audit
from ..corpus import Corpus, corpora
from ..errors import InputError
from .console import note

__all__ = ["command"]


def _erase_in_corpora(contents: Collection[str], everything: bool, yes: bool) -> None:
    """Name the corpora that contain documents of the run, and erase these there if that is wanted."""
    for name in corpora():
        try:
            with Corpus.open(name) as corpus:
                _erase_in(corpus, contents, everything, yes)
        except InputError as error:  # of one corpus, which must not keep the others or the run
            note(f"The corpus {name} was not looked at: {error} {error.hint}")


def _erase_in(corpus: Corpus, contents: Collection[str], everything: bool, yes: bool) -> None:
    found = corpus.find(contents=contents)
    if not found:
        return
    note(f"The corpus {corpus.name} contains {len(found)} of these documents.")
    if everything or (not yes and click.confirm("Erase them there too?", err=True)):
        corpus.erase(found)
    else:
        note(f"They were not erased there; `ringfence corpus erase {corpus.name} DOCUMENT...` does so.")


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation; erase RUN only, unless --everything.")
@click.option(
    "--everything",
    is_flag=True,
    help="Also erase what was made from RUN elsewhere; of gold, the lines of its documents.",
)
def command(run: Path, yes: bool, everything: bool) -> None:
    """Erase every value, text and document name of RUN permanently; digests and totals stay.

    Afterwards you can count and audit the run, but not resume, check or export it. What was made from it elsewhere
    (exports, drafts, gold, calibrators, copies) is named, and erased if you say so.
    """
    opened = open_run(run)
    if not yes:
        click.confirm(f"Erase the content of {opened.totals} from {run}?", abort=True, err=True)
    made = opened.made()
    if made:
        note("Made from these documents, and elsewhere:")
        for product in made:
            note(f"  {product.what}: {product.path}")
        if not everything and not yes:
            everything = click.confirm("Erase these too?", err=True)
    index = opened.folder.index()
    kept = kept_in_audit(index)
    totals = opened.purge(everything)
    _erase_in_corpora({entry.sha256 for entry in index.values() if entry.sha256}, everything, yes)
    note(
        f"Erased: {totals}"
        + (f", and {len(made)} others" if made and everything else "")
        + ". Digests and totals stay."
    )
    if made and not everything:
        note("The others were not erased.")
    if kept:
        note(
            f"The audit log still holds values of {kept} of these documents: "
            "`ringfence audit erase --older-than DAYS` erases them by age."
        )
    note(
        "What this list does not know: copies that other programs made, corpora in folders of your own, and the "
        "documents themselves."
    )
