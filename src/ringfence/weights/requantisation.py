"""Make weights of another precision from a GGUF file: new weights with their own digest, never a silent form.

llama.cpp has fast kernels for some precisions (Q8_0, Q4_0) but not for others (Q4_1). Other numbers give other answers,
so this happens only on request, and the result is weights in their own right.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..clock import now
from ..errors import WeightsError
from .pins import check_catalog
from .store import (
    Manifest,
    Store,
    StoredWeights,
    digest_of,
    disk_error,
    record_files,
)

__all__ = ["PRECISIONS", "gguf_of", "requantise", "write_precision"]

PRECISIONS = ("q8_0", "q4_0", "f16")
Change = Callable[[str, Any], Any]
"""(name of a tensor, its numbers) -> the numbers to write; the very same object if nothing changes."""


def gguf_of(weights: StoredWeights) -> Path:
    """The file of weights that are a single GGUF file. Raises WeightsError if they are not."""
    files = sorted(weights.files.glob("*.gguf"))
    if len(files) != 1:
        raise WeightsError(
            f"{weights.manifest.name} is not a single GGUF file.", "Use weights that consist of one GGUF file."
        )
    return files[0]


def requantise(
    origin: StoredWeights,
    precision: str,
    store: Store,
    name: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> StoredWeights:
    """Verify weights, and make new ones in ``precision``: matrices are converted, everything else is copied.

    Raises WeightsError if the weights were changed, or are not a single GGUF file.
    """
    origin.verify()
    source = gguf_of(origin)
    label = name or f"{origin.manifest.name}-as-{precision}"
    staging = store.staging(f"requantise-{label}")
    target = staging / "files"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    try:
        converter = write_precision(source, target / f"{label}.gguf", precision, progress)
        records = record_files(target)
        manifest = Manifest(
            label, digest_of(records), records, origin.manifest.licence, f"requantised from {origin.manifest.name}",
            now(), origin.manifest.digest, converter,
        )  # fmt: skip
        check_catalog(label, manifest.digest)
        if (namesake := store.find(label)) and namesake.manifest.digest != manifest.digest:
            raise WeightsError(
                f"Other weights already have the name {label}.", "Give the new ones another name: --name NAME."
            )
        return store.publish(target, manifest)
    except OSError as error:
        raise disk_error(error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def write_precision(
    source: Path, target: Path, precision: str, progress: Callable[[int, int], None], change: Change | None = None
) -> str:
    """Write the GGUF file ``source`` in another precision; returns the version of the conversion.

    ``change`` receives every matrix as float32; one that it returns as it is, and that has the precision, is copied.
    Raises WeightsError if a precision cannot be read.
    """
    import gguf
    from gguf.quants import dequantize, quantize

    reader = gguf.GGUFReader(str(source))
    wanted = {"q8_0": gguf.GGMLQuantizationType.Q8_0, "q4_0": gguf.GGMLQuantizationType.Q4_0}.get(
        precision, gguf.GGMLQuantizationType.F16
    )
    architecture = str(reader.fields["general.architecture"].contents())
    writer = gguf.GGUFWriter(str(target), architecture, use_temp_file=True)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)
    kept = {"q8_0": gguf.LlamaFileType.MOSTLY_Q8_0, "q4_0": gguf.LlamaFileType.MOSTLY_Q4_0}
    writer.add_file_type(kept.get(precision, gguf.LlamaFileType.MOSTLY_F16))
    for number, tensor in enumerate(reader.tensors):
        data, kind = tensor.data, tensor.tensor_type
        if len(tensor.shape) >= 2 and int(tensor.shape[0]) % 32 == 0 and (change or kind != wanted):
            try:
                numbers = dequantize(tensor.data, kind)
                changed = change(tensor.name, numbers) if change else numbers
                if changed is not numbers or kind != wanted:
                    data, kind = quantize(changed, wanted), wanted
            except NotImplementedError:
                raise WeightsError(
                    f"Cannot convert the precision {kind.name} of these weights.", "Start from other weights."
                ) from None
        writer.add_tensor(tensor.name, data, raw_dtype=kind)
        progress(number + 1, len(reader.tensors))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    from importlib.metadata import version

    return f"gguf {version('gguf')}; requantise {precision} 1"
