"""The policy for weights: which licences are allowed, and whose signature they need; and what licences require.

The policy is the TOML file that RINGFENCE_POLICY names, or policy.toml in this user's configuration:

    [licences]                       # anything that is not allowed is refused, including an unstated licence
    allow = ["Apache-2.0", "MIT"]
    refuse = ["CC-BY-NC-4.0"]

    [signatures]                     # weights and locks need a signature that one of these confirms
    public_keys = ["ours.pem"]       # paths relative to the policy
    certificates = []                # of certificate authorities
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import platformdirs

from ..errors import WeightsError
from ..signatures import TrustedKeys, verify_path
from .store import Manifest, Store, StoredWeights

__all__ = [
    "LicenceReport",
    "LicenceState",
    "Policy",
    "inherited_licences",
    "licence_report",
    "obligations_of",
    "policy_here",
    "require_allowed",
    "require_form",
    "require_licence",
]


@dataclass(frozen=True)
class Policy:
    """Allowed and refused licences, and the keys whose signature weights and locks need.

    Names of licences are compared without regard to case. ``allow`` None allows every licence. Without ``trusted``
    keys, no signature is needed. ``source`` is the file.
    """

    allow: frozenset[str] | None
    refuse: frozenset[str]
    source: str
    trusted: TrustedKeys = field(default_factory=TrustedKeys)

    @property
    def needs_signatures(self) -> bool:
        """Whether weights and locks need a signature."""
        return bool(self.trusted.keys or self.trusted.authorities)

    def require_signature(self, path: Path, signature: Path) -> None:
        """Raises WeightsError if a signature is needed and no trusted key confirms one."""
        if self.needs_signatures:
            verify_path(path, signature, self.trusted)

    def refusal(self, licences: Iterable[str]) -> str | None:
        """Why one of the licences is not allowed; None if all are."""
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
    """What a licence requires, one sentence each; empty for a licence that Ringfence does not know."""
    return _table().get(licence.strip().casefold(), ())


def policy_here() -> Policy | None:
    """The policy in force; None if there is none. Raises WeightsError if it cannot be read."""
    named = os.environ.get("RINGFENCE_POLICY")
    path = Path(named) if named else Path(platformdirs.user_config_dir("ringfence")) / "policy.toml"
    if not named and not os.path.lexists(path):
        return None
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        if not data or (unknown := sorted(set(data) - {"licences", "signatures"})):
            raise ValueError("it may hold [licences] and [signatures]" + (f", not {unknown[0]}" if data else ""))
        licences = _lists(data, "licences", ("allow", "refuse"))
        signatures = _lists(data, "signatures", ("public_keys", "certificates"))
        if "signatures" in data and not any(signatures.values()):
            raise ValueError("[signatures] names neither a key nor a certificate")
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(
            f"Cannot read the policy {path} ({str(error)[:120]}).", "Correct it; until then, no weights can be used."
        ) from None
    folded = {key: frozenset(name.strip().casefold() for name in names) for key, names in licences.items()}
    files_of = {key: tuple(path.parent / name for name in names) for key, names in signatures.items()}
    allow = folded["allow"] if "licences" in data else None
    return Policy(allow, folded["refuse"], str(path), TrustedKeys(files_of["public_keys"], files_of["certificates"]))


def _lists(data: dict[str, Any], section: str, names: tuple[str, ...]) -> dict[str, list[str]]:
    """The lists of a section. Raises ValueError if it holds anything else."""
    given = data.get(section, {})
    if not isinstance(given, dict) or set(given) - set(names):
        raise ValueError(f"[{section}] may hold {' and '.join(names)}")
    found = {name: given.get(name, []) for name in names}
    if not all(isinstance(value, list) and all(isinstance(name, str) for name in value) for value in found.values()):
        raise ValueError(f"{' and '.join(names)} must be lists of names")
    return found


def inherited_licences(manifest: Manifest, store: Store) -> list[str]:
    """The licence of weights, and those of their origins: a fine-tune or another precision inherits them."""
    found, seen = [manifest.licence], {manifest.digest}
    origin = manifest.origin
    while origin and origin not in seen:
        seen.add(origin)
        parent = store.find(origin)
        if parent is None:
            found.append("unknown: the weights that they were made from are not in the store")
            break
        found.append(parent.manifest.licence)
        origin = parent.manifest.origin
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class LicenceState:
    """Weights in the store: their own and inherited licences, what these require, and why a policy refuses them."""

    name: str
    licences: list[str]
    obligations: list[str]
    refused: str | None


@dataclass(frozen=True)
class LicenceReport:
    """The licences of all weights in the store. ``policy`` is the file of the policy in force, if there is one."""

    policy: str | None
    weights: list[LicenceState]

    @property
    def refused(self) -> list[LicenceState]:
        """The weights that the policy refuses."""
        return [state for state in self.weights if state.refused]

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"schema": 1, **asdict(self)}


def licence_report(store: Store | None = None) -> LicenceReport:
    """The licences of the weights in the store. Raises WeightsError if the policy cannot be read."""
    store, policy = store or Store(), policy_here()
    states = []
    for weights in store.list():
        licences = inherited_licences(weights.manifest, store)
        obligations = list(dict.fromkeys(sentence for licence in licences for sentence in obligations_of(licence)))
        refused = policy.refusal(licences) if policy else None
        states.append(LicenceState(weights.manifest.name, licences, obligations, refused))
    return LicenceReport(policy.source if policy else None, states)


def require_allowed(weights: StoredWeights, store: Store) -> None:
    """Raises WeightsError if the policy in force does not allow these weights.

    It may refuse their licence, or one that they inherit, or demand a signature that they lack. Another precision of
    signed weights needs a signature of its own.
    """
    require_licence(weights.manifest.name, inherited_licences(weights.manifest, store))
    if policy := policy_here():
        policy.require_signature(weights.files, weights.signature)


def require_form(form: StoredWeights, weights: StoredWeights) -> None:
    """Raises WeightsError if a form was not made from these weights, or lacks the signature that a policy demands.

    The form needs a signature because the form is what runs.
    """
    if form.manifest.origin not in (None, weights.manifest.digest):
        raise WeightsError(
            f"{form.folder} was not made from {weights.manifest.name}.",
            "Remove that folder; Ringfence makes it again when it is needed.",
        )
    if (policy := policy_here()) and policy.needs_signatures:
        try:
            policy.require_signature(form.files, form.signature)
        except WeightsError as error:
            raise WeightsError(
                f"The form that runs is not signed: {error}",
                "Have a trusted signer run this, which signs the forms too: "
                f"ringfence weights sign {weights.manifest.name} --key KEY",
            ) from None


def require_licence(name: str, licences: Iterable[str]) -> None:
    """Raises WeightsError if a policy is in force and does not allow one of the licences."""
    policy = policy_here()
    if policy and (why := policy.refusal(licences)):
        raise WeightsError(
            f"Cannot use {name}: {why}.", "Choose other weights, or ask the owner of the policy to change it."
        )
