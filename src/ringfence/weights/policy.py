"""The policy for weights: which licences are allowed, and whose signature is demanded; and what licences ask.

The policy is a TOML file that RINGFENCE_POLICY names, or policy.toml in this user's configuration:

    [licences]                       # what is not allowed is refused, a licence that nobody stated too
    allow = ["Apache-2.0", "MIT"]
    refuse = ["CC-BY-NC-4.0"]

    [signatures]                     # weights are loaded, and locks obeyed, only with a signature under one of these
    public_keys = ["ours.pem"]       # relative to the policy
    certificates = []                # of authorities
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import platformdirs

from ..errors import WeightsError
from ..signing import verify_path
from .store import Manifest, Store, StoredWeights

__all__ = [
    "Policy",
    "inherited_licences",
    "obligations_of",
    "policy_here",
    "require_allowed",
    "require_form",
    "require_licence",
]


@dataclass(frozen=True)
class Policy:
    """Licences that are allowed and refused, by name, whatever the case of their letters (``allow`` None: all are), and
    keys and certificates of which one has to have signed (both empty: no signature is demanded). ``source`` is the file."""

    allow: frozenset[str] | None
    refuse: frozenset[str]
    source: str
    keys: tuple[Path, ...] = ()
    certificates: tuple[Path, ...] = ()

    @property
    def signed(self) -> bool:
        """Whether signatures are demanded."""
        return bool(self.keys or self.certificates)

    def require_signature(self, path: Path, signature: Path) -> None:
        """Raises WeightsError where a signature is demanded and none holds."""
        if self.signed:
            verify_path(path, signature, self.keys, self.certificates)

    def verdict(self, licences: Iterable[str]) -> str | None:
        """None where all of them are allowed, else why not."""
        for licence in licences:
            folded = licence.strip().casefold()
            if folded in self.refuse:
                return f"{self.source} refuses the licence {licence}"
            if self.allow is not None and folded not in self.allow:
                return f"{self.source} does not allow the licence {licence!r}"
        return None


@cache
def _table() -> dict[str, tuple[str, ...]]:
    data = tomllib.loads((files(__package__) / "licences.toml").read_text(encoding="utf-8"))
    return {name.casefold(): tuple(entry["obligations"]) for name, entry in data.items()}


def obligations_of(licence: str) -> tuple[str, ...]:
    """What a licence asks, in a sentence each; nothing for one that is not known here, which is then to be read."""
    return _table().get(licence.strip().casefold(), ())


def policy_here() -> Policy | None:
    """The policy in force; None where there is none. Raises WeightsError where it cannot be read: it fails closed."""
    named = os.environ.get("RINGFENCE_POLICY")
    path = Path(named) if named else Path(platformdirs.user_config_dir("ringfence")) / "policy.toml"
    if not named and not os.path.lexists(path):
        return None
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        if not data or (unknown := sorted(set(data) - {"licences", "signatures"})):
            raise ValueError("it takes [licences] and [signatures]" + (f", not {unknown[0]}" if data else ""))
        licences = _lists(data, "licences", ("allow", "refuse"))
        signatures = _lists(data, "signatures", ("public_keys", "certificates"))
        if "signatures" in data and not any(signatures.values()):
            raise ValueError("[signatures] names no key and no certificate")
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(
            f"The policy {path} cannot be read ({str(error)[:120]}).", "Mend it; until then no weights are used."
        ) from None
    folded = {name: frozenset(one.strip().casefold() for one in listed) for name, listed in licences.items()}
    trusted = {name: tuple(path.parent / one for one in listed) for name, listed in signatures.items()}
    allow = folded["allow"] if "licences" in data else None
    return Policy(allow, folded["refuse"], str(path), trusted["public_keys"], trusted["certificates"])


def _lists(data: dict[str, Any], section: str, names: tuple[str, ...]) -> dict[str, list[str]]:
    """The lists of a section. Raises ValueError where it holds anything else."""
    given = data.get(section, {})
    if not isinstance(given, dict) or set(given) - set(names):
        raise ValueError(f"[{section}] takes {' and '.join(names)}")
    found = {name: given.get(name, []) for name in names}
    if not all(isinstance(one, list) and all(isinstance(inner, str) for inner in one) for one in found.values()):
        raise ValueError(f"{' and '.join(names)} are lists of names")
    return found


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


def require_allowed(weights: StoredWeights, store: Store) -> None:
    """Raises WeightsError where the policy here does not let these weights be loaded: their licence, or that of what they
    were made of, or no signature that holds. Another precision of signed weights needs a signature of its own."""
    require_licence(weights.manifest.name, inherited_licences(weights.manifest, store))
    if policy := policy_here():
        policy.require_signature(weights.files, weights.signature)


def require_form(form: StoredWeights, weights: StoredWeights) -> None:
    """Raises WeightsError where the form that is to run was not made of these weights, or a signature over it is demanded and
    none holds: it is the form that computes."""
    if form.manifest.origin not in (None, weights.manifest.digest):
        raise WeightsError(
            f"{form.folder} was not made of {weights.manifest.name}.",
            "Remove that folder; it is made anew when it is needed.",
        )
    if (policy := policy_here()) and policy.signed:
        try:
            policy.require_signature(form.files, form.signature)
        except WeightsError as error:
            raise WeightsError(
                f"The form that runs is not signed: {error}",
                f"Those who may sign it: ringfence weights sign {weights.manifest.name} --key KEY (it signs the forms too).",
            ) from None


def require_licence(name: str, licences: Iterable[str]) -> None:
    """Raises WeightsError where a policy is in force that does not allow one of the licences."""
    policy = policy_here()
    if policy and (why := policy.verdict(licences)):
        raise WeightsError(
            f"{name} is not used: {why}.", "Choose other weights, or have the policy changed by those who own it."
        )
