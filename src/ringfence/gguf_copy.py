"""Copy a GGUF file with its matrices in another precision; everything else stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .errors import WeightsError

__all__ = ["Change", "Progress", "copy_gguf", "gguf_kinds"]

Change = Callable[[str, Any], Any]
"""(name of a tensor, its numbers) -> the numbers to write; the very same object if nothing changes."""
Progress = Callable[[int, int], None]
"""(tensors written, all tensors)"""


def gguf_kinds(precision: str) -> tuple[Any, Any]:
    """The precision of matrices by gguf's names: the type of a tensor, and that of a file."""
    import gguf

    kind, file = {"q8_0": ("Q8_0", "MOSTLY_Q8_0"), "q4_0": ("Q4_0", "MOSTLY_Q4_0")}.get(
        precision, ("F16", "MOSTLY_F16")
    )
    return gguf.GGMLQuantizationType[kind], gguf.LlamaFileType[file]


def copy_gguf(
    source: Path,
    target: Path,
    precision: str,
    *,
    keep: Collection[str] = (),
    change: Change | None = None,
    progress: Progress = lambda written, tensors: None,
) -> str:
    """Write the file ``target``, one tensor at a time; returns the version of the conversion.

    Matrices in a precision that ``keep`` names, such as ``F16``, stay as they are, unless ``change`` is given: it
    receives every matrix as float32. Raises WeightsError if the precision of a matrix cannot be read.
    """
    import gguf
    from gguf.quants import dequantize, quantize

    reader = gguf.GGUFReader(str(source))
    wanted, file_type = gguf_kinds(precision)
    kept = () if change else (*keep, wanted.name)
    writer = gguf.GGUFWriter(str(target), reader.fields["general.architecture"].contents())
    if alignment := reader.fields.get("general.alignment"):
        writer.data_alignment = int(alignment.contents())
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)
    writer.add_file_type(file_type)

    converted = {
        tensor.name
        for tensor in reader.tensors
        if len(tensor.shape) >= 2 and int(tensor.shape[0]) % 32 == 0 and tensor.tensor_type.name not in kept
    }
    for tensor in reader.tensors:
        _announce(writer, tensor, wanted if tensor.name in converted else tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for number, tensor in enumerate(reader.tensors, 1):
        data, kind = tensor.data, tensor.tensor_type
        if tensor.name in converted:
            try:
                numbers = dequantize(data, kind)
                changed = change(tensor.name, numbers) if change else numbers
                if changed is not numbers or kind != wanted:
                    data = quantize(changed, wanted)
            except NotImplementedError:
                raise WeightsError(
                    f"Cannot convert the precision {kind.name} of these weights.", "Start from other weights."
                ) from None
        writer.write_tensor_data(data)
        progress(number, len(reader.tensors))
    writer.close()
    return f"gguf {version('gguf')}; requantise {precision} 1"


def _announce(writer: Any, tensor: Any, kind: Any) -> None:
    """Tell the writer the shape and the precision of a tensor whose numbers follow later."""
    import numpy as np
    from gguf.quants import quant_shape_to_byte_shape

    if kind == tensor.tensor_type:
        writer.add_tensor_info(tensor.name, tensor.data.shape, tensor.data.dtype, tensor.data.nbytes, raw_dtype=kind)
        return
    sides = tuple(int(side) for side in reversed(tensor.shape))
    plain = {"F16": np.float16}.get(kind.name)
    shape = sides if plain else quant_shape_to_byte_shape(sides, kind)
    number = np.dtype(plain or np.uint8)
    writer.add_tensor_info(
        tensor.name, shape, number, int(np.prod(shape, dtype=np.int64)) * number.itemsize, raw_dtype=kind
    )
