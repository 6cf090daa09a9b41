"""Import OpenVINO, and turn its exceptions into errors with a remedy."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import EngineError

__all__ = ["Runtime", "build_digest", "explain", "last_words", "runtime"]


class Runtime(NamedTuple):
    """OpenVINO's two modules."""

    core: Any
    genai: Any


@cache
def runtime() -> Runtime:
    """Import OpenVINO. Raises EngineError if it is not installed."""
    try:
        import openvino
        import openvino_genai
    except ImportError as error:
        raise EngineError(
            f"The openvino engine cannot be imported ({error}).", "Install it: pip install 'ringfence[openvino]'."
        ) from None
    return Runtime(openvino, openvino_genai)


@cache
def build_digest() -> str:
    """One sha256 over the shared libraries: different builds can have the same version number."""
    core, genai = runtime()
    digest = hashlib.sha256()
    folders = [Path(core.__file__).parent / "libs", Path(genai.__file__).parent]
    for library in sorted(path for folder in folders for path in folder.glob("*.so*") if path.is_file()):
        with library.open("rb") as stream:
            digest.update(f"{library.name}:{hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    return f"sha256:{digest.hexdigest()}"


def last_words(error: Exception) -> str:
    """The end of OpenVINO's message, without paths of the machine that built it."""
    return re.sub(r"\S*/\S*", "", " ".join(str(error).split())).strip()[-200:]


def explain(error: Exception, activity: str) -> EngineError:
    """Turn an OpenVINO exception during ``activity`` into an error with a remedy."""
    lowered = str(error).lower()
    if any(sign in lowered for sign in ("alloc", "out of memory", "bad_alloc", "not enough memory")):
        return EngineError(
            f"There is not enough memory for {activity}.",
            "Choose smaller weights, a smaller --cache, or a machine with more memory.",
        )
    if "unsupported model architecture" in lowered or "architecture" in lowered:
        return EngineError(
            f"OpenVINO does not support the architecture of these weights ({last_words(error)}).",
            "Choose weights of the Llama, Qwen2, Qwen3 or SmolLM families, or another engine.",
        )
    return EngineError(
        f"OpenVINO failed while {activity} ({last_words(error)}).", "Run `ringfence weights verify`, then try again."
    )
