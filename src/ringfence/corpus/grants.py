"""Which groups may see each document: by the file beside it, by the rules for its file, by what a link points to.

What stands beside a file belongs to the content that it had then. So what was once stated of a document stays, by its
number, until something else is stated of the very same content.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..documents import Source, sha256_of_file
from .access import EVERYONE, AccessRules, groups_beside, narrower
from .store import Store, StoredDocument

__all__ = ["Grants", "is_closed"]

Groups = tuple[str, ...]


def is_closed(identity: str, closed: Collection[str]) -> bool:
    """True for a document inside a file that has a file of groups beside it there, and for what is inside of it."""
    parts = identity.split("!")
    return any("!".join(parts[: end + 1]) in closed for end in range(1, len(parts)))


@dataclass
class Grants:
    """The groups of the documents of a corpus; ``sources`` are its files that are there."""

    store: Store
    rules: AccessRules
    sources: Sequence[Source]

    @cached_property
    def stated(self) -> dict[str, Groups]:
        """The groups that stand beside files, by the id of the file."""
        return {one.id: groups for one in self.sources if (groups := groups_beside(one.path)) is not None}

    @cached_property
    def limits(self) -> dict[str, Groups]:
        """The groups of what links point to, by the id of the link: a link opens nothing."""
        ids = {one.path.resolve(): one.id for one in self.sources if not one.path.is_symlink()}
        return {one.id: limit for one in self.sources if (limit := self._limit(one, ids)) is not None}

    def _limit(self, source: Source, ids: Mapping[Path, str]) -> Groups | None:
        limit: Groups | None = None
        path, hops = source.path, 0
        while path.is_symlink() and hops < 40:
            path, hops = Path(os.path.normpath(path.parent / os.readlink(path))), hops + 1
            known = ids.get(path.resolve()) if not path.is_symlink() else None
            beside = groups_beside(path)
            here = beside if beside is not None else self._of_file(known) if known is not None else None
            if here is not None:
                limit = here if limit is None else narrower(limit, here)
        return limit

    def _of_file(self, file: str) -> Groups:
        return self.stated.get(file, self.rules.groups(file))

    def declare(self, present: Iterable[StoredDocument], every: Iterable[StoredDocument]) -> None:
        """Write the groups of ``every`` document; those of the pending version are ``present``."""
        beside, limits = self._kept("access_beside"), self._kept("access_limits")
        shut = set(self.store.get("access_closed") or ())
        closed = set(self.store.get("closed_members") or ())
        for document in present:
            if is_closed(document.id, closed):
                shut.add(document.number)
            self._learn(document, beside, self.stated)
            self._learn(document, limits, self.limits)
        self.store.set("access_beside", beside)
        self.store.set("access_limits", limits)
        self.store.set("access_closed", sorted(shut))
        self.store.set_groups({d.number: () if d.number in shut else self._of(d, beside, limits) for d in every})

    def _of(self, document: StoredDocument, beside: Mapping[str, Groups], limits: Mapping[str, Groups]) -> Groups:
        by_rules = self.rules.groups(document.file, document.inner)
        own = beside.get(str(document.number), by_rules)
        return narrower(own, limits.get(str(document.number), (EVERYONE,)))

    def _learn(self, document: StoredDocument, kept: dict[str, Groups], stated: Mapping[str, Groups]) -> None:
        """Take over what is stated of a document now; if its file is another than was read, only what narrows."""
        number, now = str(document.number), stated.get(document.file)
        if document.file not in self._paths or now == kept.get(number):
            return
        if self._is_as_read(document.file):
            if now is None:
                kept.pop(number)
            else:
                kept[number] = now
        elif now is not None:
            kept[number] = narrower(kept.get(number, self.rules.groups(document.file, document.inner)), now)

    def _is_as_read(self, file: str) -> bool:
        read = self._files.get(file) or (self.store.get("partly_read") or {}).get(file)
        return read is not None and read == sha256_of_file(self._paths[file])

    def _kept(self, setting: str) -> dict[str, Groups]:
        return {number: tuple(groups) for number, groups in (self.store.get(setting) or {}).items()}

    @cached_property
    def _paths(self) -> dict[str, Path]:
        return {one.id: one.path for one in self.sources}

    @cached_property
    def _files(self) -> dict[str, str]:
        return self.store.files()
