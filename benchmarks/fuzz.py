"""Fuzz the readers with mutated real files, in worker processes with tight limits.

    python benchmarks/fuzz.py --minutes 3

A crash, an internal error or an exceeded limit is a finding. Mutations are flipped bits, cut ends, deleted and repeated
pieces, pieces of other files, and integers in place of size fields. Every finding is stored under bench-results/fuzz
with its seed; turn it into a test.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections import Counter
from pathlib import Path

from ringfence.documents import (
    Document,
    ReadingLimits,
    ReadingOptions,
    Source,
    Unreadable,
    read_documents,
)

HERE = Path(__file__).parent
DATA = Path(os.environ.get("RINGFENCE_DATA", HERE.parent.parent / "shared" / "data")) / "files" / "files"
LIMITS = ReadingLimits(seconds=20, memory_mib=1500, expanded_mib=100, children=200, pages=50)
SIZES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def mutated(data: bytes, other: bytes, dice: random.Random) -> bytes:
    """Apply one to six mutations to ``data``."""
    content = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        if not content:
            break
        at = dice.randrange(len(content))
        how = dice.randrange(6)
        if how == 0:
            content[at] ^= 1 << dice.randrange(8)
        elif how == 1:
            del content[at:]
        elif how == 2:
            del content[at : at + dice.randint(1, 200)]
        elif how == 3:
            content[at:at] = content[at : at + dice.randint(1, 400)] * dice.randint(1, 3)
        elif how == 4:
            begin = dice.randrange(max(1, len(other)))
            content[at : at + 64] = other[begin : begin + dice.randint(1, 300)]
        else:
            width = dice.choice((1, 2, 4))
            content[at : at + width] = (dice.choice(SIZES) & (256**width - 1)).to_bytes(width, "little")
    return bytes(content)


def case_of(seed: int) -> tuple[Path, bytes]:
    """Return the file that a seed chooses, and its mutated content."""
    files = [path for path in sorted(DATA.iterdir()) if path.stat().st_size < 120_000]
    dice = random.Random(seed)
    path, other = dice.choice(files), dice.choice(files)
    return path, mutated(path.read_bytes(), other.read_bytes(), dice)


def main() -> None:
    """Mutate and read files until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=HERE.parent / "bench-results" / "fuzz")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    ends: Counter[str] = Counter()
    findings = 0
    number = options.seed
    until = time.monotonic() + 60 * options.minutes
    scratch = options.out / "case"
    while time.monotonic() < until:
        path, content = case_of(number)
        case = scratch.with_suffix(path.suffix)
        case.write_bytes(content)
        for outcome in read_documents(Source(case, case.name), ReadingOptions(limits=LIMITS, ocr="never")):
            code = "done" if isinstance(outcome, Document) else outcome.code
            ends[code] += 1
            if isinstance(outcome, Unreadable) and code in (
                "reader-fault",
                "reader-crashed",
                "took-too-long",
                "too-much-memory",
            ):
                findings += 1
                kept = options.out / f"{number}-{code}{path.suffix}"
                kept.write_bytes(case.read_bytes())
                print(f"seed {number}, {path.name}: {code}, {outcome.reason}; kept as {kept.name}", flush=True)
        case.unlink()
        number += 1
    print(f"{number - options.seed} mutated files, {findings} findings; ends: {dict(ends.most_common())}")


if __name__ == "__main__":
    main()
