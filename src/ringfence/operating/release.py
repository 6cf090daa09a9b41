"""Release the lock of a contender with its verdict: on a PASS, or if a person takes responsibility by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..audit import audit_here, who
from ..clock import now
from ..contracts import LockFacts
from ..errors import InputError
from ..evaluation.calibrator import read_calibrator
from ..files import write_whole
from ..locks import canonical_digest
from ..pilot.confirmation import confirm
from ..pilot.record import read_record
from ..replay import session_options
from ..runs import RunFolder
from ..runs.products import note_product
from .released import settings_of_release

__all__ = ["Override", "Release", "write_release"]


@dataclass(frozen=True)
class Override:
    """Who takes responsibility for a release without a PASS, and why."""

    by: str
    why: str


@dataclass(frozen=True)
class Release:
    """A lock that may serve, with the verdict that allows it.

    ``looks`` counts the openings of the test part, ``loose_looks`` those that an
    earlier version recorded without a chain, so that more may have been taken out. ``override`` is None for a PASS.
    ``digests`` cover everything that the verdict rests on; ``calibrator`` is the
    digest of the pilot's calibrator, if it was fitted on this contender. ``work`` is what
    a run under the release needs, None if the run of the contender does not say; it holds the contender's ranker.
    """

    pilot: str
    contender: str
    verdict: str
    sentence: str
    looks: int
    loose_looks: int
    override: Override | None
    released_at: str
    bar: str
    digests: Mapping[str, str]
    licence: str | None
    calibrator: str | None
    lock: LockFacts
    work: Mapping[str, Any] | None
    path: Path

    def as_json(self) -> dict[str, Any]:
        """The content of the release file."""
        return {
            "schema": 2,
            "pilot": self.pilot,
            "contender": self.contender,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "looks": self.looks,
            "loose_looks": self.loose_looks,
            "override": asdict(self.override) if self.override else None,
            "released_at": self.released_at,
            "bar": self.bar,
            "digests": dict(self.digests),
            "licence": self.licence,
            "calibrator": self.calibrator,
            "lock": self.lock.as_json(),
            "work": self.work,
        }


def write_release(folder: Path, contender: str, override: Override | None = None) -> Release:
    """Release a contender of the pilot in ``folder``.

    Writes ``releases/CONTENDER.json`` with the lock, the verdict and what it rests on, and adds it to the audit log, if
    there is one. Raises InputError if the pilot has no verdict on the
    contender, if the verdict is not PASS and nobody overrides it, or if anything that the verdict rests on has changed.
    """
    record = read_record(folder)
    if record is None:
        raise InputError(f"{folder} has no verdict yet.", f"Run it first: ringfence pilot run {folder}")
    if contender not in record.names:
        raise InputError(f"The pilot has no contender {contender!r}.", f"It has: {', '.join(record.names)}.")
    run = RunFolder.open(folder / "runs" / contender)
    run.lock()  # raises if somebody edited it
    lock = run.read_facts().lock
    released, chosen = record.contender(contender), contender == record.chosen
    confirmed = confirm(folder, record)
    if lock.digest != released.lock:
        raise InputError(
            f"The lock of {contender} is another one than in the pilot.",
            f"Undo the change, or run the pilot again: ringfence pilot run {folder}",
        )
    verdict = confirmed.word if chosen else "NONE"
    if verdict != "PASS" and override is None:
        reason = confirmed.sentence if chosen else f"the pilot chose {record.chosen} for its look at the test part."
        raise InputError(
            f"{contender} is not released: {reason}",
            "Reach PASS first; or take responsibility by name, on record: --override-by NAME --why REASON.",
        )
    calibrator = read_calibrator(folder / "calibrator.json") if chosen and "calibrator" in record.digests else None
    release = Release(
        pilot=record.pilot,
        contender=contender,
        verdict=verdict,
        sentence=confirmed.sentence,
        looks=confirmed.looks,
        loose_looks=confirmed.loose_looks,
        override=override if verdict != "PASS" else None,
        released_at=now(),
        bar=confirmed.bar,
        digests=record.digests,
        licence=released.licence,
        calibrator=calibrator.digest if calibrator else None,
        lock=lock,
        work=settings_of_release(run, lambda: session_options(run, run.read_facts().sessions[-1]), calibrator),
        path=folder / "releases" / f"{contender}.json",
    )
    _store(release, override)
    if "ranker" in lock.data:
        note_product(run, "release with a ranker", release.path)
    return release


def _store(release: Release, override: Override | None) -> None:
    content = release.as_json()
    whole = {**content, "digest": canonical_digest(content)}
    text = json.dumps(whole, ensure_ascii=False, indent=1) + "\n"
    write_whole(release.path, text, private="ranker" in release.lock.data)  # a ranker holds words of documents
    if audit := audit_here():
        by = override.by if override else None
        digests = dict(release.digests)
        audit.append("release", who=who(), lock=release.lock.digest, verdict=release.verdict, by=by, digests=digests)
