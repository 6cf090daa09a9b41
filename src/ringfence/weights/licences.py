"""Licences of weights: what they ask, and a policy that allows or refuses them.

The policy is a TOML file that RINGFENCE_POLICY names, or policy.toml in this user's configuration:

    [licences]
    allow = ["Apache-2.0", "MIT"]
    refuse = ["CC-BY-NC-4.0"]

With a policy, what it does not allow is refused, a licence that nobody stated too.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import platformdirs

from ..errors import WeightsError
from .store import Manifest, Store

__all__ = ["LicencePolicy", "inherited_licences", "obligations_of", "policy_here", "require_licence"]


@dataclass(frozen=True)
class LicencePolicy:
    """What is allowed and what is refused, by name, whatever the case of its letters. ``source`` is the file."""

    allow: frozenset[str]
    refuse: frozenset[str]
    source: str

    def verdict(self, licences: Iterable[str]) -> str | None:
        """None where all of them are allowed, else why not."""
        for licence in licences:
            folded = licence.strip().casefold()
            if folded in self.refuse:
                return f"{self.source} refuses the licence {licence}"
            if folded not in self.allow:
                return f"{self.source} does not allow the licence {licence!r}"
        return None


@cache
def _table() -> dict[str, tuple[str, ...]]:
    data = tomllib.loads((files(__package__) / "licences.toml").read_text(encoding="utf-8"))
    return {name.casefold(): tuple(entry["obligations"]) for name, entry in data.items()}


def obligations_of(licence: str) -> tuple[str, ...]:
    """What a licence asks, in a sentence each; nothing for one that is not known here, which is then to be read."""
    return _table().get(licence.strip().casefold(), ())


def policy_here() -> LicencePolicy | None:
    """The policy in force; None where there is none. Raises WeightsError where it cannot be read: it fails closed."""
    named = os.environ.get("RINGFENCE_POLICY")
    path = Path(named) if named else Path(platformdirs.user_config_dir("ringfence")) / "policy.toml"
    if not named and not path.exists():
        return None
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))["licences"]
        unknown = sorted(set(data) - {"allow", "refuse"})
        lists = {name: data.get(name, []) for name in ("allow", "refuse")}
        if unknown or not all(isinstance(one, list) and all(isinstance(l, str) for l in one) for one in lists.values()):
            raise ValueError(
                f"[licences] takes allow and refuse, lists of names{'; not ' + unknown[0] if unknown else ''}"
            )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"The policy {path} cannot be read ({str(error)[:120]}).", "Mend it; until then no weights are used."
        ) from None
    folded = {name: frozenset(one.strip().casefold() for one in listed) for name, listed in lists.items()}
    return LicencePolicy(folded["allow"], folded["refuse"], str(path))


def inherited_licences(manifest: Manifest, store: Store) -> list[str]:
    """The licence of weights, and those of what they were made of: a fine-tune, or another precision, inherits."""
    found, seen = [manifest.licence], {manifest.digest}
    origin = manifest.origin
    while origin and origin not in seen:
        seen.add(origin)
        made_of = store.find(origin)
        if made_of is None:
            found.append("not known: what they were made of is not in the store")
            break
        found.append(made_of.manifest.licence)
        origin = made_of.manifest.origin
    return list(dict.fromkeys(found))


def require_licence(name: str, licences: Iterable[str]) -> None:
    """Raises WeightsError where a policy is in force that does not allow one of the licences."""
    policy = policy_here()
    if policy and (why := policy.verdict(licences)):
        raise WeightsError(
            f"{name} is not used: {why}.", "Choose other weights, or have the policy changed by those who own it."
        )
