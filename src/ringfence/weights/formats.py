"""The file formats of weights: those that hold only numbers. A pickle can run code when it is loaded, so none may."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import EngineError, WeightsError
from ..gguf_header import GgufHeader

__all__ = ["allowed", "check_files", "licence_of_gguf", "refusal"]

_PICKLES = {".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz", ".h5", ".keras"}
_WEIGHTS = {".safetensors", ".gguf", ".onnx", ".xml", ".bin"}
_COMPANIONS = {".json", ".txt", ".model", ".jinja", ".md", ".tiktoken", ".jsonl"}
_SAFE_HINT = "Get the same weights as safetensors, GGUF, OpenVINO IR or plain ONNX; most publishers offer one of them."

_FILE_HINT = "It may be cut off: get the file again, as safetensors, GGUF, OpenVINO IR or plain ONNX."


def refusal(name: str, siblings: Iterable[str] = ()) -> str | None:
    """Why a file of this name may not be part of weights; None if it may."""
    path = Path(name)
    suffix = path.suffix.lower()
    if suffix in _PICKLES or (suffix == ".bin" and path.with_suffix(".xml").as_posix() not in set(siblings)):
        return f"{name} may hold a pickle, which can run code when it is loaded"
    if suffix not in _WEIGHTS | _COMPANIONS and path.name.upper() not in ("LICENSE", "LICENCE", "NOTICE"):
        return f"{name} is not a file that weights need"
    return None


def allowed(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """The names that may be part of weights, and why the others may not."""
    names = list(names)
    reasons = {name: refusal(name, names) for name in names}
    return [name for name in names if reasons[name] is None], [reason for reason in reasons.values() if reason]


def check_files(folder: Path) -> None:
    """Check the content of every file in ``folder``. Raises WeightsError with the first bad file and the reason."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    _, refused = allowed(names)
    if refused:
        raise WeightsError(f"Cannot accept these weights: {refused[0]}.", _SAFE_HINT)
    if not any(Path(name).suffix.lower() in _WEIGHTS for name in names):
        raise WeightsError("No weights found: there is no safetensors, GGUF, OpenVINO IR or ONNX file.", _SAFE_HINT)
    for name in names:
        check = {".gguf": _gguf, ".safetensors": _safetensors, ".onnx": _onnx, ".xml": _openvino, ".bin": _raw}.get(
            Path(name).suffix.lower()
        )
        fault = check(folder / name) if check else None
        if fault:
            raise WeightsError(f"Cannot accept these weights: {name} {fault}.", _FILE_HINT)


def _start(path: Path, size: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(size)


def _gguf(path: Path) -> str | None:
    head = _start(path, 8)
    if head[:4] != b"GGUF" or len(head) < 8:
        return "is not a GGUF file"
    version = struct.unpack("<I", head[4:])[0]
    if version not in (2, 3):
        return f"is GGUF version {version}; supported are 2 and 3"
    try:
        end = GgufHeader(path).end
    except EngineError:
        return "ends within its header, or is damaged"
    return _cut(path, end)


def _cut(path: Path, end: int) -> str | None:
    size = path.stat().st_size
    return f"ends before its tensors do: it has {size:,} of {end:,} bytes" if size < end else None


def licence_of_gguf(path: Path) -> str | None:
    """The licence that a GGUF file itself states (``general.license``); None if it states none."""
    stated = GgufHeader(path).get("general.license")
    return str(stated)[:100] if stated else None


def _safetensors(path: Path) -> str | None:
    head = _start(path, 8)
    size = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
    if not 0 < size <= min(100_000_000, path.stat().st_size - 8):
        return "is not a safetensors file"
    try:
        tensors = json.loads(_start(path, 8 + size)[8:])
        ends = [int(facts["data_offsets"][1]) for name, facts in tensors.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return "is not a safetensors file"
    return _cut(path, 8 + size + max(ends, default=0))


def _openvino(path: Path) -> str | None:
    if b"<net" not in _start(path, 4096):
        return "is not an OpenVINO graph"
    numbers = path.with_suffix(".bin")
    places = re.findall(rb'\boffset="(\d+)"[^>]*?\bsize="(\d+)"', path.read_bytes())
    end = max((int(offset) + int(size) for offset, size in places), default=0)
    if not end:
        return None
    fault = _cut(numbers, end) if numbers.exists() else "is missing"
    return f"needs {numbers.name}, which {fault}" if fault else None


def _raw(path: Path) -> str | None:
    head = _start(path, 4)
    pickled = head[:2] in (b"PK", b"\x80\x02", b"\x80\x04", b"\x80\x05")
    return "holds an archive or a pickle, not raw numbers" if pickled else None


def _onnx(path: Path) -> str | None:
    """Check a graph: no tensor may point to another file, no node may come from a custom operator domain."""
    try:
        import onnx
    except ImportError:
        raise WeightsError(
            "Checking ONNX weights needs a package that is not installed.", "Install it: pip install 'ringfence[onnx]'."
        ) from None
    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception:
        return "is not an ONNX file"
    from onnx.external_data_helper import _get_all_tensors, uses_external_data

    if any(uses_external_data(tensor) for tensor in _get_all_tensors(model)):
        return "stores numbers in other files, by a path that could point anywhere"
    standard = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}
    foreign = sorted({node.domain for graph in _graphs(model.graph) for node in graph.node} - standard)
    return f"uses custom operators ({', '.join(foreign)})" if foreign else None


def _graphs(graph: Any) -> Iterable[Any]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs] if attribute.HasField("g") else attribute.graphs:
                yield from _graphs(inner)
