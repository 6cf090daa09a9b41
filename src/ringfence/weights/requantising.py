"""Make weights of another precision from a GGUF file: other weights, with a digest of their own, never a silent form.

llama.cpp has no fast kernel for some precisions (Q4_1), and has for others (Q8_0, Q4_0). Other numbers give other
answers, so this happens only when somebody asks for it, and the result is weights in their own right.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from ..errors import WeightsError
from .pulling import now
from .store import Manifest, Store, StoredWeights, digest_of, disk_error, record_files

__all__ = ["PRECISIONS", "requantise"]

PRECISIONS = ("q8_0", "q4_0", "f16")


def requantise(
    origin: StoredWeights,
    precision: str,
    store: Store,
    name: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> StoredWeights:
    """New weights in ``precision``; matrices are converted, all else is taken over as it is.

    Raises WeightsError for weights that are no single GGUF file.
    """
    files = sorted(origin.files.glob("*.gguf"))
    if len(files) != 1:
        raise WeightsError(
            f"{origin.manifest.name} is no single GGUF file.", "Requantise weights that are one GGUF file."
        )
    label = name or f"{origin.manifest.name}-as-{precision}"
    staging = store.staging(f"requantise-{label}")
    target = staging / "files"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    try:
        converter = _write(files[0], target / f"{label}.gguf", precision, progress)
        records = record_files(target)
        manifest = Manifest(
            label, digest_of(records), records, origin.manifest.licence, f"requantised from {origin.manifest.name}",
            now(), origin.manifest.digest, converter,
        )  # fmt: skip
        if (namesake := store.find(label)) and namesake.manifest.digest != manifest.digest:
            raise WeightsError(f"Other weights are named {label} already.", "Give the new ones a name: --name NAME.")
        return store.publish(target, manifest)
    except OSError as error:
        raise disk_error(error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write(source: Path, target: Path, precision: str, progress: Callable[[int, int], None]) -> str:
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
        if len(tensor.shape) >= 2 and int(tensor.shape[0]) % 32 == 0 and kind != wanted:
            try:
                data, kind = quantize(dequantize(tensor.data, kind), wanted), wanted
            except NotImplementedError:
                raise WeightsError(
                    f"The precision {kind.name} of these weights cannot be converted.", "Start from other weights."
                ) from None
        writer.add_tensor(tensor.name, data, raw_dtype=kind)
        progress(number + 1, len(reader.tensors))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    from importlib.metadata import version

    return f"gguf {version('gguf')}; requantise {precision} 1"
