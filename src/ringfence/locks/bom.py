"""A lock as a CycloneDX bill of materials (ML-BOM): the weights as a machine-learning model, the packages as libraries."""

from __future__ import annotations

import importlib
from typing import Any

from ..extras import need
from .canonical import Lock

__all__ = ["bill_of_materials"]


def bill_of_materials(lock: Lock, made_by: str) -> str:
    """The bill as JSON, CycloneDX 1.6. ``made_by`` is this program's version. Raises InputError without the library."""
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

    adapter = lock.data.get("adapter")
    weights, engine = lock.data.get("weights", {}), lock.data.get("engine", {})
    kinds = parts.ComponentType
    licence = weights.get("licence")
    digest = str(weights.get("digest") or weights.get("declared") or "not known")
    components = [
        parts.Component(
            name=digest, version=digest, type=kinds.MACHINE_LEARNING_MODEL, bom_ref="weights",
            components=[part for which in ("files", "form_files") for part in file_parts(which, weights.get(which, {}))],
            licenses=[licences.DisjunctiveLicense(name=licence)] if licence else [],
            properties=properties({k: v for k, v in weights.items() if k in ("form", "converter")} | {"template": lock.data.get("template")}),
        ),
        *(
            [
                parts.Component(
                    name=adapter["digest"], version=adapter["digest"], type=kinds.MACHINE_LEARNING_MODEL, bom_ref="adapter",
                    licenses=[licences.DisjunctiveLicense(name=adapter["licence"])],
                    components=file_parts("adapter", adapter["files"]),
                )
            ]
            if adapter
            else []
        ),
        parts.Component(
            name=str(engine.get("name")), version=str(engine.get("version")), type=kinds.FRAMEWORK, bom_ref="engine",
            hashes=hashes(engine.get("build")), properties=properties(engine.get("settings", {})),
        ),
        *(
            parts.Component(
                name=name, version=version, type=kinds.LIBRARY, bom_ref=f"package:{name}",
                purl=purl.PackageURL("pypi", name=name, version=version),
            )
            for name, version in lock.data.get("packages", {}).items()
        ),
    ]  # fmt: skip
    whole = bom.Bom(components=components)
    whole.metadata.component = parts.Component(
        name=str(lock.data.get("task", {}).get("name", "task")), version=lock.digest, type=kinds.APPLICATION, bom_ref="lock",
        properties=properties({"made_by": made_by, "prompt": lock.data.get("prompt")}),
    )  # fmt: skip
    whole.register_dependency(whole.metadata.component, components)
    return str(output.JsonV1Dot6(whole).output_as_string(indent=1)) + "\n"
