"""Who may see which document of a corpus: patterns in a file, and files beside documents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ..errors import InputError

__all__ = ["EVERYONE", "SIDECAR", "AccessRules", "groups_beside", "narrower", "read_access_rules"]

EVERYONE = "everyone"
"""The group of documents that need no group; whoever asks belongs to it."""
SIDECAR = ".groups"
"""``contract.pdf.groups`` beside ``contract.pdf`` lists the groups of that file, one a line."""


@dataclass(frozen=True)
class AccessRules:
    """Patterns of the ids of files with the groups that may see them. The first pattern that matches decides.

    A document that no pattern matches has no groups: nobody sees it. ``*`` and ``**`` stand for any characters, ``?``
    for one; a pattern that ends with ``/`` stands for all below that folder.
    """

    patterns: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def groups(self, file: str, inner: str | None = None) -> tuple[str, ...]:
        """Return the groups of a file, and so of all documents in it.

        A pattern with ``!`` that matches ``inner``, the id of one inside, can only take groups away from those.
        """
        found = self._first(file, inside=False)
        narrow = self._first(inner, inside=True) if inner else None
        return narrower(found or (), narrow) if narrow is not None else found or ()

    def _first(self, name: str, inside: bool) -> tuple[str, ...] | None:
        mine = ((pattern, groups) for pattern, groups in self.patterns if ("!" in pattern) == inside)
        return next((groups for pattern, groups in mine if _matches(name, pattern)), None)

    def unmatched(self, names: Sequence[str]) -> list[str]:
        """Return the patterns that match no file and nothing inside one: most likely they are written wrong."""
        return [pattern for pattern, _ in self.patterns if not any(_matches(name, pattern) for name in names)]

    def as_json(self) -> list[list[Any]]:
        """Return the rules as plain data."""
        return [[pattern, list(groups)] for pattern, groups in self.patterns]

    @classmethod
    def from_json(cls, data: Iterable[Any]) -> AccessRules:
        """Restore rules from plain data."""
        return cls(tuple((pattern, tuple(groups)) for pattern, groups in data))


def narrower(groups: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """Return the groups that may see what both may see."""
    if EVERYONE in groups:
        return tuple(others)
    return tuple(groups) if EVERYONE in others else tuple(group for group in groups if group in others)


def _matches(name: str, pattern: str) -> bool:
    """True if a pattern matches, whether letters are composed or not: macOS writes the names of files decomposed."""
    return _compiled(pattern).fullmatch(unicodedata.normalize("NFC", name)) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    signs = {"*": ".*", "**": ".*", "?": "."}
    parts = re.split(r"(\*\*?|\?)", unicodedata.normalize("NFC", pattern))
    below = ".*" if pattern.endswith("/") else ""
    return re.compile("".join(signs.get(part, re.escape(part)) for part in parts) + below, re.DOTALL)


class _Loader(yaml.SafeLoader):
    """Refuses a mapping that names a key twice, of which YAML would take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if doubled := next((key for place, key in enumerate(keys) if key in keys[:place]), None):
            raise yaml.YAMLError(f"{doubled!r} stands there twice")
        return super().construct_mapping(node, deep)


def read_access_rules(path: Path) -> AccessRules:
    """Read a YAML file of patterns with lists of groups. Raises InputError if it is not one."""
    remedy = 'Write one line for each pattern, for example:  "hr/**": [hr, board]  and  "**": [everyone].'
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        why = str(error) if type(error) is yaml.YAMLError else type(error).__name__
        raise InputError(f"Cannot read the access rules {path} ({why}).", remedy) from None
    if not isinstance(data, Mapping) or not data:
        raise InputError(f"The access rules {path} are not a mapping of patterns to groups.", remedy)
    for pattern, groups in data.items():
        if not isinstance(pattern, str) or not isinstance(groups, list) or not all(_is_group(g) for g in groups):
            raise InputError(f"The access rules {path} give {pattern!r} no list of groups.", remedy)
    return AccessRules(tuple((pattern, tuple(groups)) for pattern, groups in data.items()))


def groups_beside(path: Path) -> tuple[str, ...] | None:
    """Return the groups in the file beside a document; None if there is no such file.

    Raises InputError if it cannot be read, because its document would otherwise have other groups than it says.
    """
    beside = path.with_name(path.name + SIDECAR)
    try:
        lines = beside.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"Cannot read the groups in {beside} ({type(error).__name__}).", "Write one group a line, as UTF-8 text."
        ) from None
    return tuple(line.strip() for line in lines if _is_group(line.strip()))


def _is_group(name: object) -> bool:
    return isinstance(name, str) and bool(name.strip())
