"""Edits of one file: random ones of each kind, and aimed ones that keep the form and change what is claimed."""

from __future__ import annotations

import contextlib
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import apsw

from ringfence.files import add_chained_line, read_lines
from ringfence.locks import canonical_digest
from ringfence.locks.canonical import differing

from .tampered import Subject

__all__ = ["KINDS", "aims", "changes", "edited"]

KINDS = ("byte", "word", "line gone", "line doubled", "older copy", "rewritten", "aimed")
Aim = Callable[[Path], None]
"""Changes a file in place."""


def edited(kind: str, subject: Subject, name: str, dice: random.Random) -> bytes | None:
    """The content of a file after an edit; None if the file cannot have it."""
    data = (subject.folder / name).read_bytes()
    if kind in ("older copy", "rewritten"):
        path = counterpart(subject.older if kind == "older copy" else subject.other, name)
        return path.read_bytes() if path else None
    if kind == "byte":
        at = dice.randrange(len(data))
        fresh = dice.choice([one for one in range(33, 127) if one != data[at]])
        return data[:at] + bytes([fresh]) + data[at + 1 :]
    if kind == "word":
        places = [match.span() for match in re.finditer(rb"[A-Za-z]{3,}|\d+", data)]
        if not places:
            return None
        start, end = dice.choice(places)
        word = data[start:end]
        letters_of = b"0123456789" if word.isdigit() else b"abcdefghijklmnopqrstuvwxyz"
        fresh_word = word
        while fresh_word == word:  # of one digit, one draw in ten is that digit
            fresh_word = bytes(dice.choice(letters_of) for _ in word)
        return data[:start] + fresh_word + data[end:]
    lines = data.splitlines(keepends=True)
    if len(lines) < 2:
        return None
    at = dice.randrange(len(lines))
    return b"".join(lines[:at] + ([] if kind == "line gone" else [lines[at]] * 2) + lines[at + 1 :])


def counterpart(folder: Path, name: str) -> Path | None:
    """The same file of another folder; in a bundle its folder has another digest."""
    found = folder / name
    if not found.exists():
        found = next((p for p in sorted(folder.rglob(found.name)) if p.is_file()), found)
    return found if found.exists() else None


def changes(name: str, before: bytes, after: bytes) -> str:
    """What an edit changed, in words: the paths of JSON data, or the place."""
    if name.endswith((".json", ".jsonl")):
        with contextlib.suppress(ValueError):
            left, right = ([json.loads(part) for part in _parts(name, data)] for data in (before, after))
            if len(left) != len(right):
                return f"{len(left)} lines, then {len(right)}"
            found = [path for one, two in zip(left, right, strict=True) for path, _, _ in differing(one, two)]
            return ", ".join(dict.fromkeys(found[:4])) or "layout"
        return "no longer JSON"
    place = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    return f"from byte {place}"


def _parts(name: str, data: bytes) -> list[bytes]:
    return [line for line in data.split(b"\n") if line.strip()] if name.endswith("l") else [data]


# Edits with an aim --------------------------------------------------------------------------------------------------


def in_results(change: Callable[[dict[str, Any]], Any], where: Callable[[dict[str, Any]], Any]) -> Aim:
    """Change the first result that is as ``where`` says."""

    def apply(path: Path) -> None:
        lines = list(read_lines(path))
        change(next(line for line in lines if where(line)))
        path.write_text("".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines))

    return apply


def broken(line: Mapping[str, Any]) -> bool:
    return "broken" in (line["checks"] or {}).values()


def without_flags(line: dict[str, Any]) -> None:
    for answer in line["fields"].values():
        answer["flags"] = [flag for flag in answer["flags"] if not flag.startswith("check:")]


def one_more(name: str) -> Aim:
    return in_results(lambda line: line["usage"].update({name: line["usage"][name] + 1}), lambda line: line["usage"])


def one_look_less(path: Path) -> None:
    """Take the first look out of a record of openings, and chain the rest anew."""
    rest = list(read_lines(path))[1:]
    path.write_bytes(b"")
    for line in rest:
        add_chained_line(path, {name: value for name, value in line.items() if name != "before"})


def in_release(change: Callable[[dict[str, Any]], Any]) -> Aim:
    """Change a release, and work its digest out anew."""

    def apply(path: Path) -> None:
        data = json.loads(path.read_text())
        del data["digest"]
        change(data)
        path.write_text(json.dumps({**data, "digest": canonical_digest(data)}, indent=1))

    return apply


def other_ranker(data: dict[str, Any]) -> None:
    """Change one weight of the ranker, and state its digest anew."""
    ranker = data["work"]["ranker"]
    del ranker["digest"]
    ranker["mixture"]["ranker"] += 0.25
    ranker["digest"] = canonical_digest(ranker)


def in_database(*statements: str) -> Aim:
    def apply(path: Path) -> None:
        database = apsw.Connection(str(path))
        for statement in statements:
            database.execute(statement)
        database.execute("pragma wal_checkpoint(truncate)")
        database.close()

    return apply


def claims(line: Mapping[str, Any]) -> Any:
    return (line.get("from_corpus") or {}).get("claims")


def in_claim(number: int, **changes: Any) -> Aim:
    return in_results(lambda line: claims(line)[number].update(changes), claims)


def in_citation(**changes: Any) -> Aim:
    return in_results(lambda line: claims(line)[0]["citations"][0].update(changes), claims)


AIMS: dict[tuple[str, str], dict[str, Aim]] = {
    ("run", "results.jsonl"): {
        "the flag of a broken check lost": in_results(without_flags, broken),
        "a broken check holds": in_results(lambda line: line["checks"].update({"net <= total": "holds"}), broken),
        "a check left out": in_results(lambda line: line["checks"].clear(), broken),
        "one more prompt token": one_more("prompt_tokens"),
        "one more generated token": one_more("generated_tokens"),
        "one more request": one_more("looks"),
    },
    ("pilot", "gold.opened.jsonl"): {"a look gone, the rest chained anew": one_look_less},
    ("release", "releases/ranked.json"): {
        "a weight of the ranker, digests anew": in_release(other_ranker),
        "no ranker, digest anew": in_release(lambda data: data["work"].pop("ranker")),
        "looks, digest anew": in_release(lambda data: data.update(looks=1)),
    },
    ("corpus", "corpus.sqlite"): {
        "a text": in_database("update documents set text = replace(text, '1,200', '1,900') where id = '1.txt'"),
        "a text with its digest": in_database(
            "update documents set text = replace(text, '1,200', '1,900'), text_sha256 = '0' where id = '1.txt'"
        ),
        "a word taken out": in_database("delete from words where rowid = 2"),
        "a word edited": in_database(
            "delete from words where rowid = 2", "insert into words(rowid, body) values (2, 'tenant pay 1,900 euro')"
        ),
        "the bounds of a passage": in_database('update passages set "to" = "to" - 9 where number = 2'),
        "a heading": in_database("update passages set lead = 'Lease 9' where number = 2"),
        "a document taken out": in_database("delete from documents where id = '1.txt'"),
        "a document brought back": in_database("update documents set removed = null where id = 'gone.txt'"),
        "the digest of a version": in_database("update versions set digest = 'sha256:0' where number = 1"),
        "a version gone": in_database("delete from versions where number = 2"),
    },
    ("answers", "results.jsonl"): {
        "a citation's text": in_citation(text="The tenant pays 1,900 euros."),
        "a citation's span": in_citation(span=[0, 9]),
        "a citation's document": in_citation(document="2.txt"),
        "a citation's heading": in_citation(lead="Lease 9"),
        "a claim's text": in_claim(0, text="The tenant pays 1,900 euros."),
        "a claim supported": in_claim(1, verdict="supported", faults=[]),
        "a claim's support": in_claim(0, support=0.9),
        "a claim's doubt": in_claim(1, support=0.999),
        "a claim gone": in_results(lambda line: claims(line).pop(), claims),
        "the version": in_results(lambda line: line["from_corpus"].update(version=1), claims),
        "the answer": in_results(lambda line: line["values"].update(answer="He pays 1,900."), claims),
    },
}
"""By subject and file: what each aimed edit changes."""


def aims(subject: Subject, name: str) -> Iterator[tuple[str, bytes]]:
    """The name of each aimed edit of a file, and the content that it makes."""
    for aim, apply in AIMS.get((subject.name, name), {}).items():
        copy = subject.folder / f"{Path(name).name}.aimed"
        copy.write_bytes((subject.folder / name).read_bytes())
        try:
            apply(copy)
            yield aim, copy.read_bytes()
        finally:
            copy.unlink()
