"""A lock as a CycloneDX bill of materials (ML-BOM): the weights as a model, the packages as libraries."""

from __future__ import annotations

import importlib
from typing import Any

from ..extras import need
from ..version import __version__
from .canonical import Lock

__all__ = ["bill_of_materials"]


def bill_of_materials(lock: Lock, made_by: str = f"ringfence {__version__}") -> str:
    """The bill of materials as CycloneDX 1.6 JSON.

    ``made_by`` names the program that writes it. Raises InputError if the library for it is not installed.
    """
    need("signing", "cyclonedx")
    bom: Any = importlib.import_module("cyclonedx.model.bom")
    parts: Any = importlib.import_module("cyclonedx.model.component")
    model: Any = importlib.import_module("cyclonedx.model")
    licences: Any = importlib.import_module("cyclonedx.model.license")
    output: Any = importlib.import_module("cyclonedx.output.json")
    purl: Any = importlib.import_module("packageurl")

    def hashes(digest: str | None) -> list[Any]:
        if not digest:
            return []
        return [model.HashType(alg=model.HashAlgorithm.SHA_256, content=digest.removeprefix("sha256:"))]

    def properties(facts: dict[str, Any]) -> list[Any]:
        return [model.Property(name=f"ringfence:{name}", value=str(value)) for name, value in facts.items()]

    def file_parts(which: str, digests: dict[str, str]) -> list[Any]:
        return [
            parts.Component(name=name, type=kinds.FILE, hashes=hashes(digest), bom_ref=f"{which}:{name}")
            for name, digest in digests.items()
        ]

    facts = lock.facts
    adapter, weights, engine = facts.adapter, facts.weights, facts.engine
    kinds = parts.ComponentType
    digest = weights.digest or weights.declared or "unknown"
    described = {"form": weights.form, "converter": weights.converter}
    components = [
        parts.Component(
            name=digest, version=digest, type=kinds.MACHINE_LEARNING_MODEL, bom_ref="weights",
            components=[*file_parts("files", weights.files), *file_parts("form_files", weights.form_files)],
            licenses=[licences.DisjunctiveLicense(name=weights.licence)] if weights.licence else [],
            properties=properties(
                {name: value for name, value in described.items() if value} | {"template": facts.template}
            ),
        ),
        *(
            [
                parts.Component(
                    name=adapter.digest, version=adapter.digest, type=kinds.MACHINE_LEARNING_MODEL, bom_ref="adapter",
                    licenses=[licences.DisjunctiveLicense(name=adapter.licence)],
                    components=file_parts("adapter", adapter.files),
                )
            ]
            if adapter
            else []
        ),
        parts.Component(
            name=engine.name, version=str(engine.version), type=kinds.FRAMEWORK, bom_ref="engine",
            hashes=hashes(engine.build), properties=properties(engine.settings),
        ),
        *(
            parts.Component(
                name=name, version=version, type=kinds.LIBRARY, bom_ref=f"package:{name}",
                purl=purl.PackageURL("pypi", name=name, version=version),
            )
            for name, version in facts.packages.items()
        ),
    ]  # fmt: skip
    whole = bom.Bom(components=components)
    whole.metadata.component = parts.Component(
        name=str(facts.task.get("name", "task")), version=lock.digest, type=kinds.APPLICATION, bom_ref="lock",
        properties=properties({"made_by": made_by, "prompt": facts.prompt}),
    )  # fmt: skip
    whole.register_dependency(whole.metadata.component, components)
    return str(output.JsonV1Dot6(whole).output_as_string(indent=1)) + "\n"
