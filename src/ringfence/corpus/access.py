"""Who may see which document of a corpus: patterns in a file, and files beside documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from ..errors import InputError

__all__ = ["EVERYONE", "SIDECAR", "AccessRules", "groups_beside", "read_access_rules"]

EVERYONE = "everyone"
"""The group of documents that need no group; whoever asks belongs to it."""
SIDECAR = ".groups"
"""``contract.pdf.groups`` beside ``contract.pdf`` lists the groups of that file, one a line."""


@dataclass(frozen=True)
class AccessRules:
    """Patterns of document ids with the groups that may see them. The first pattern that matches decides.

    A document that no pattern matches has no groups: nobody sees it.
    """

    patterns: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def groups(self, identity: str) -> tuple[str, ...]:
        """Return the groups of a document; of one inside a file, the groups of the file."""
        names = (identity, identity.partition("!")[0])
        return next((groups for pattern, groups in self.patterns if any(_matches(n, pattern) for n in names)), ())

    def as_json(self) -> list[list[Any]]:
        """Return the rules as plain data."""
        return [[pattern, list(groups)] for pattern, groups in self.patterns]

    @classmethod
    def from_json(cls, data: Iterable[Any]) -> AccessRules:
        """Restore rules from plain data."""
        return cls(tuple((pattern, tuple(groups)) for pattern, groups in data))


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern.replace("**", "*")) or (pattern.endswith("/") and name.startswith(pattern))


def read_access_rules(path: Path) -> AccessRules:
    """Read a YAML file of patterns with lists of groups. Raises InputError if it is not one."""
    remedy = 'Write one line for each pattern, for example:  "hr/**": [hr, board]  and  "**": [everyone].'
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"Cannot read the access rules {path} ({type(error).__name__}).", remedy) from None
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
        lines = beside.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"Cannot read the groups in {beside} ({type(error).__name__}).", "Write one group a line, as UTF-8 text."
        ) from None
    return tuple(line.strip() for line in lines if _is_group(line.strip()))


def _is_group(name: object) -> bool:
    return isinstance(name, str) and bool(name.strip())
