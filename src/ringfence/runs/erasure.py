"""Erase the content of the documents from a run; digests and totals stay as proof of the run."""

from __future__ import annotations

import hashlib
import os
import shutil

from ..clock import now
from ..contracts import DocumentFacts, MadeWith, Result
from ..files import line_of, overwrite
from ..locks import canonical_json
from .run_folder import RunFolder, Totals

__all__ = ["purge"]

_KEPT = frozenset({"run.json", "results.jsonl"})  # the facts of the run, and its journal without content
_OURS = frozenset({".json", ".jsonl", ".html"})  # what is written into a run folder


def purge(folder: RunFolder) -> Totals:
    """Rewrite the journal without values, texts, names and reasons, and delete every file that holds content.

    For each document, three digests stay: of its content, its name, and the line with its values, so that a copy kept
    elsewhere can be recognised. You can still count and audit the run, but not resume or check it. The old journal is
    overwritten before it is removed; flash disks and snapshots may still contain it.
    """
    folder.exclusive()
    try:
        fresh = folder.path / ".results.jsonl.purged"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as journal:
            for result in folder.latest():
                journal.write(line_of(_purged(result).as_json()))
            journal.flush()
            os.fsync(journal.fileno())
        totals = folder.totals()
        # The journal is replaced in one step, and its old bytes are overwritten through the open file: a kill at any
        # moment leaves either journal whole, and purging again is always possible until the last line is written.
        with folder.results.open("r+b") as old:
            os.replace(fresh, folder.results)
            overwrite(old)
        for path in sorted(folder.path.iterdir()):
            if path.is_file() and path.suffix in _OURS and path.name not in _KEPT:
                with path.open("r+b") as stream:
                    overwrite(stream)
                path.unlink()
        leftover = folder.path / ".replay"  # a killed replay leaves it
        for path in (path for path in leftover.rglob("*") if path.is_file()):
            with path.open("r+b") as stream:
                overwrite(stream)
        shutil.rmtree(leftover, ignore_errors=True)
        facts = folder.read_facts()
        facts.reading.folder = None
        for session in facts.sessions:
            session.made_with = _without_names(session.made_with)
        facts.totals = dict(totals)
        facts.purged_at = now()
        folder.write_facts(facts)
        return totals
    finally:
        folder.release()


def _without_names(made_with: MadeWith) -> MadeWith:
    """Return the options of a session without paths, addresses and names that a person chose."""
    model = made_with.model
    options = (
        model.model_copy(update={"weights": "", "server": "", "model": "", "adapter": "", "ca_file": ""})
        if model
        else None
    )
    return MadeWith(model=options, limit=made_with.limit, resume=made_with.resume, made_by=made_with.made_by)


def _purged(result: Result) -> Result:
    if result.purged:  # continue an interrupted purge
        return result
    document = result.document
    name = hashlib.sha256(document.id.encode("utf-8", "surrogatepass")).hexdigest()
    answer = hashlib.sha256(canonical_json(result.as_json()).encode("utf-8", "surrogatepass")).hexdigest()
    return Result(
        document=DocumentFacts(
            id=f"sha256:{name}", sha256=document.sha256, pages=document.pages, read_by=document.read_by
        ),
        status=result.status,
        reason=result.reason.partition(":")[0] if result.reason else None,
        grounding=result.grounding,
        decision=result.decision,
        mode=result.mode,
        windows=result.windows,
        usage=result.usage,
        lock=result.lock,
        purged=f"sha256:{answer}",
    )
