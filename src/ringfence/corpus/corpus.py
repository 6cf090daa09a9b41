"""A corpus on disk: where it lies, what it contains, its versions and who may see what."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..documents import ReadingOptions, Source, sha256_of_file
from ..errors import InputError
from ..files import data_home
from .access import EVERYONE, AccessRules, groups_beside
from .database import damaged
from .grants import Grants
from .passages import PASSAGE_RULES, indexed_text
from .store import Failure, Store, StoredDocument, StoredPassage, Version, View
from .stores import is_store, make_store, open_store
from .words import WORD_RULES, index_words

__all__ = ["Corpus", "corpora", "corpus_folder"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def _home() -> Path:
    return data_home() / "corpora"


def corpus_folder(name: str | Path) -> Path:
    """Return the folder of a corpus: a path if ``name`` contains a separator, else a folder of the user's corpora.

    Raises InputError if a name has other characters than letters, digits, ``.``, ``_`` and ``-``.
    """
    text = str(name)
    if isinstance(name, Path) or "/" in text or os.sep in text:
        return Path(text).expanduser()
    if not _NAME.fullmatch(text):
        raise InputError(f"{text[:80]!r} is no name of a corpus.", "Use letters, digits, and . _ - inside the name.")
    return _home() / text


def corpora() -> list[str]:
    """Return the names of the user's corpora, sorted."""
    home = _home()
    return sorted(entry.name for entry in home.iterdir() if is_store(entry)) if home.is_dir() else []


class Corpus:
    """An indexed body of documents, in versions. Open it with ``Corpus.open`` or ``Corpus.create``; close it after."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store = folder, store

    @classmethod
    def create(cls, name: str | Path, store: str | None = None) -> Corpus:
        """Open a corpus, which is made if there is none, by default in the embedded store.

        Raises InputError if it exists in another store than ``store``.
        """
        folder = corpus_folder(name)
        if folder.exists() and not is_store(folder) and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder} exists and is no corpus.", "Choose another name.")
        return cls(folder, make_store(folder, store))

    @classmethod
    def open(cls, name: str | Path) -> Corpus:
        """Open an existing corpus. Raises InputError if there is none of this name."""
        folder = corpus_folder(name)
        if not is_store(folder):
            known = ", ".join(corpora()) or "none"
            raise InputError(
                f"There is no corpus {str(name)!r} (known: {known}).",
                f"Make it: ringfence corpus add {name} FOLDER.",
            )
        return cls(folder, open_store(folder))

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The name of the corpus."""
        return self.folder.name

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other writers out. Raises InputError if another process is writing."""
        if not self.store.lock():
            raise InputError(f"Another process is writing to the corpus {self.name}.", "Wait until it has ended.")
        try:
            yield
        finally:
            self.store.unlock()

    @property
    def embedder(self) -> str | None:
        """The digest of the weights that made the vectors; None while there are none."""
        return self.store.get("embedder")  # type: ignore[no-any-return]

    @property
    def inputs(self) -> list[str]:
        """The files and folders that were added."""
        inputs = self.store.get("inputs") or []
        if not isinstance(inputs, list) or not all(isinstance(path, str) for path in inputs):
            raise damaged(str(self.folder), "its inputs are no list of paths")
        return inputs

    @property
    def reading(self) -> dict[str, Any]:
        """How the documents are read, as plain data."""
        return self.store.get("reading") or {}

    def require_reading(self, reading: ReadingOptions) -> None:
        """Record how documents are read. Raises InputError if earlier ones were read otherwise."""
        facts = {**reading.locked_facts(), "ocr": reading.ocr}
        if self.store.get("reading") not in (None, facts):
            raise InputError(
                f"The documents of {self.name} were read with other options: {json.dumps(self.reading)}.",
                "Use the same options, or make another corpus.",
            )
        self.store.set("reading", facts)

    def versions(self) -> list[Version]:
        """Return the versions, oldest first."""
        return self.store.versions()

    def version(self, number: int | None = None) -> Version:
        """Return a version, by default the newest. Raises InputError if there is no such version."""
        versions = self.versions()
        found = [version for version in versions if number is None or version.number == number]
        if not found:
            known = ", ".join(str(version.number) for version in versions) or "none is finished"
            raise InputError(
                f"The corpus {self.name} has no version {number or ''}".rstrip() + f" (versions: {known}).",
                "Choose one of these, or finish one with `ringfence corpus update`.",
            )
        return found[-1]

    @property
    def access_declared(self) -> bool:
        """True if documents have groups; whoever asks then sees only what is granted."""
        return bool(self.store.get("access"))

    @property
    def rules(self) -> AccessRules | None:
        """The patterns of the access rules; None if there are none."""
        data = self.store.get("access_rules")
        return None if data is None else AccessRules.from_json(data)

    def view(self, version: int | None = None, groups: Sequence[str] = ()) -> View:
        """Return what members of ``groups`` may see of a version, by default the newest.

        Where access is declared, no groups see only what everyone may see. Raises InputError for groups where access
        is not declared, because they would promise what is not kept.
        """
        number = self.version(version).number
        if not self.access_declared:
            if groups:
                raise InputError(
                    f"The corpus {self.name} declares no access, so --as changes nothing.",
                    "Declare it: ringfence corpus access NAME RULES.yaml.",
                )
            return View(number)
        return View(number, frozenset({EVERYONE, *groups}))

    def close_to(self, rules: AccessRules | None, sources: Sequence[Source]) -> None:
        """Store the rules, and close what has no groups yet: what is read from now on, until they are declared."""
        self.store.set("access_rules", None if rules is None else rules.as_json())
        stated = rules is not None or any(groups_beside(source.path) is not None for source in sources)
        if stated and not self.access_declared:
            self.store.set_groups({})

    def declare_access(self, rules: AccessRules | None, sources: Sequence[Source] = ()) -> None:
        """Write the groups of every document: from the file beside it, else by the rules for its file, else none.

        ``sources`` are the files of the corpus that are there. Without rules, and if there was never a file beside a
        document, the corpus is open.
        """
        grants = Grants(self.store, rules or AccessRules(), sources)
        self.store.set("access_rules", None if rules is None else rules.as_json())
        if not (rules or self.access_declared or grants.stated or self.store.get("closed_members")):
            self.store.set_groups(None)
            return
        present = list(self.store.documents(View(self.next_version)))
        every = {document.number: document for document in present}
        for version in self.versions():  # old versions are asked under the present rules
            every |= {document.number: document for document in self.store.documents(View(version.number))}
        grants.declare(present, every.values())

    def open_to_all(self) -> None:
        """Take all access rules away: everyone sees every document."""
        self.store.set("access_rules", None)
        for setting in ("access_beside", "access_limits", "access_closed"):
            self.store.set(setting, None)
        self.store.set_groups(None)

    def unmatched_rules(self) -> list[str]:
        """Return the patterns of the access rules that match no document of the pending version."""
        if (rules := self.rules) is None:
            return []
        documents = self.store.documents(View(self.next_version))
        return rules.unmatched([name for each in documents for name in (each.file, each.id)])

    @property
    def next_version(self) -> int:
        """The number of the version that is being made."""
        return max((version.number for version in self.versions()), default=0) + 1

    def digest_of(self, view: View) -> str:
        """Return the digest of a view: over its documents, the rules that cut them, and the embedder.

        An erased document counts by its fingerprint where the whole version is in view.
        """
        digest = hashlib.sha256(json.dumps([PASSAGE_RULES, WORD_RULES, self.embedder, self.reading]).encode())
        fingerprints = [document.fingerprint for document in self.store.documents(view)]
        erased = self.store.erased(view.version) if view.groups is None else []
        for fingerprint in sorted([*fingerprints, *erased]):
            digest.update(fingerprint.encode())
        return f"sha256:{digest.hexdigest()}"

    def find(self, identities: Sequence[str] = (), contents: Collection[str] = ()) -> list[StoredDocument]:
        """Return the documents of all versions with one of these ids, or of these sha256; those in a file by its id."""
        found: dict[int, StoredDocument] = {}
        for document in self._of_all_versions():
            names = {document.id, document.file}
            if names & set(identities) or document.sha256 in contents:
                found[document.number] = document
        return list(found.values())

    def copies(self, documents: Sequence[StoredDocument]) -> list[str]:
        """Return the ids of the other documents, of any version, that have the text of one of these."""
        texts, own = {document.text_sha256 for document in documents}, {document.id for document in documents}
        return sorted({document.id for document in self._of_all_versions() if document.text_sha256 in texts} - own)

    def _of_all_versions(self) -> Iterator[StoredDocument]:
        for number in [*(version.number for version in self.versions()), self.next_version]:
            yield from self.store.documents(View(number))

    def erase(self, documents: Sequence[StoredDocument]) -> None:
        """Erase documents from every version. Their files are indexed again by an update if they are still there."""
        numbers = {document.number for document in documents}
        with self.writing():
            for file in {document.file for document in documents}:
                self.store.keep_file(file, None)
            for setting in ("access_beside", "access_limits"):
                held = self.store.get(setting) or {}
                self.store.set(setting, {key: of for key, of in held.items() if int(key) not in numbers})
            self.store.set("access_closed", [n for n in self.store.get("access_closed") or () if n not in numbers])
            paths = {os.path.abspath(document.path) for document in documents}
            self.store.set("erased_inputs", sorted({*(self.store.get("erased_inputs") or ()), *paths} & {*self.inputs}))
            self.forget_erased_inputs()
            self.store.erase(sorted(numbers))

    def forget_erased_inputs(self) -> None:
        """Drop the inputs whose documents were erased and whose files are gone: their names are content."""
        erased = self.store.get("erased_inputs") or []
        gone = {path for path in erased if not os.path.lexists(path)}
        if gone:
            self.store.set("inputs", [path for path in self.inputs if path not in gone])
            self.store.set("erased_inputs", [path for path in erased if path not in gone])

    def failures_of(self, identities: Collection[str]) -> list[Failure]:
        """Return the documents of these ids, or of files of these ids, that could not be read."""
        return [one for one in self.store.failures() if {one.id, one.source or one.id} & set(identities)]

    def forget_failures(self, failures: Collection[Failure]) -> None:
        """Forget the names of documents that could not be read."""
        with self.writing():
            self.store.withdraw([one.id for one in failures])

    @property
    def still_holds_erased(self) -> bool:
        """True if the files still hold what was erased, because another process was reading them."""
        return bool(self.store.get("overwrite"))

    def note_run(self, run: Path) -> None:
        """Remember that a run asked this corpus, so that an erasure can name its answers."""
        runs = [path for path in self.store.get("runs") or [] if Path(path).exists()]
        if str(run.resolve()) not in runs:
            self.store.set("runs", [*runs, str(run.resolve())])

    @property
    def runs(self) -> list[Path]:
        """The runs that asked this corpus and still exist."""
        return [Path(path) for path in self.store.get("runs") or [] if Path(path).exists()]

    def documents(self, view: View) -> Iterator[StoredDocument]:
        """Yield the documents of a view, without texts."""
        return self.store.documents(view)

    def faults(self) -> list[str]:
        """Return what is wrong with the corpus: damaged or edited texts, words, vectors or versions."""
        try:
            return list(self._faults())
        except InputError as error:  # the store cannot be read to its end
            return [str(error)]

    def _faults(self) -> Iterator[str]:
        yield from self.store.faults()
        if self.still_holds_erased:
            yield "The files still hold what was erased; an update writes over it once no other process reads them."
        versions = self.versions()
        if not versions:
            yield "No version is finished."
        for version in versions:
            if self.digest_of(View(version.number)) != version.digest:
                yield f"The documents of version {version.number} are not those that it was made of."
        for identity in self.store.wrong_words(_words_of):
            yield f"The words of {identity} in the index are not those of its text."

    def changed_files(self) -> dict[str, str]:
        """Return the files that are no longer as they were indexed, each with "changed" or "gone", by id."""
        kept = self.store.files()
        paths: dict[str, str] = {}
        for document in self.store.documents(View(self.next_version)):
            paths.setdefault(document.file, document.path)
        states = {name: sha256_of_file(Path(path)) for name, path in paths.items() if name in kept}
        return {
            name: "gone" if sha256 is None else "changed" for name, sha256 in states.items() if sha256 != kept[name]
        }

    def drop(self) -> None:
        """Delete the corpus."""
        self.store.drop()
        shutil.rmtree(self.folder)


def _words_of(document: StoredDocument, passage: StoredPassage) -> list[str]:
    return index_words(indexed_text(document.title, passage.lead, passage.text), document.language)
