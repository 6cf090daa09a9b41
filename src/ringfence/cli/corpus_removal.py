"""ringfence corpus prune, erase and drop: what leaves a corpus for good."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from ..api import open_run
from ..api.corpus import runs_that_cite
from ..corpus import Corpus, corpus_folder, is_embedded, is_store
from ..errors import InputError
from .console import note, visible

__all__ = ["drop_command", "erase_command", "prune_command"]

SHOWN = 20  # names of files in one summary


@click.command("prune")
@click.argument("name")
@click.option("--keep", type=click.IntRange(1), default=1, show_default=True, help="How many versions stay.")
def prune_command(name: str, keep: int) -> int:
    """Forget the older versions of NAME, and erase what only they contain."""
    with Corpus.open(name) as corpus, corpus.writing():
        kept = corpus.versions()[-keep:]
        gone = corpus.store.prune(kept[0].number) if kept else 0
        note(f"{len(kept)} versions are left; {gone} documents that only older ones contained are erased.")
    return 0


@click.command("erase")
@click.argument("name")
@click.argument("documents", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask; erase from the corpus only, unless --everything.")
@click.option("--everything", is_flag=True, help="Also erase the content of the runs whose answers cite them.")
def erase_command(name: str, documents: tuple[str, ...], yes: bool, everything: bool) -> int:
    """Erase DOCUMENTS (ids) from every version of NAME: texts, passages, words and vectors.

    Runs whose answers cite them are named, and their content is erased if you say so.
    """
    with Corpus.open(name) as corpus:
        found = corpus.find(documents)
        failed = corpus.failures_of(documents)
        if not found and not failed:
            raise InputError(
                f"{corpus.name} has no document {documents[0]!r}.", f"`ringfence corpus show {name}` lists their ids."
            )
        citing, copies = runs_that_cite(corpus, found), corpus.copies(found)
        for run, count in citing.items():
            note(f"{count} answers in {run} cite them.")
        if not yes:
            click.confirm(f"Erase {len(found) + len(failed)} documents from {corpus.name}?", abort=True, err=True)
            everything = everything or bool(citing and click.confirm("Erase the content of these runs too?", err=True))
        corpus.forget_failures(failed)
        corpus.erase(found)
        for run in citing if everything else ():
            opened = open_run(run)
            for product in opened.made():
                note(f"Erased too, for it was made from {run}: {product.what} {product.path}")
            opened.purge(True)
        note(f"Erased {len(found)} documents from every version of {corpus.name}.")
        if failed:
            note(f"Forgot {len(failed)} more that could not be read.")
        if corpus.still_holds_erased:
            note(
                "Another process is reading the corpus, so its files still hold their words. End it, and then: "
                f"ringfence corpus update {name}"
            )
        for copy in copies[:SHOWN]:
            note(f"{visible(copy)} has the same text and was not erased.")
        if len(copies) > SHOWN:
            note(f"{len(copies) - SHOWN} more have the same text.")
        if citing and not everything:
            note("The answers that cite them were not erased.")
        for file in sorted({document.path for document in found if Path(document.path).exists()})[:SHOWN]:
            note(f"{file} still exists; the next update would index it again.")
    return 0


@click.command("drop")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def drop_command(name: str, yes: bool) -> int:
    """Delete the corpus NAME with all its versions."""
    folder = corpus_folder(name)
    if not yes and is_store(folder):
        click.confirm(f"Delete {visible(str(folder))}?", abort=True, err=True)
    try:
        with Corpus.open(name) as corpus:
            with corpus.writing():
                pass
            corpus.drop()
    except InputError:
        if not is_embedded(folder):  # it may be out of reach, or in use
            raise
        shutil.rmtree(folder)
        note(f"{name} was damaged.")
    note(f"Deleted {name}.")
    return 0
