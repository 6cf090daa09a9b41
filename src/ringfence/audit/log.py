"""The audit log: one line for each record, chained under a key, so that `verify` finds an edit, a gap or a cut tail.

<folder>/log.jsonl       the records; only ever appended to
<folder>/content.jsonl   the values that the log commits to, if it keeps content; erased by age
<folder>/about.json      the path of the key, and its fingerprint

A record's ``mac`` is HMAC-SHA256 over its other fields; ``before`` is the mac of the previous record (Schneier and
Kelsey 1999; here with one key). Whoever holds the key can write another log: keep it from those who run the work, and
store an anchor in a place that this machine cannot write.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from ..clock import days_ago, now
from ..errors import InputError
from ..files import (
    append_line,
    drop_cut_line,
    line_of,
    read_lines,
    write_whole,
)
from ..locks import canonical_json

__all__ = ["AuditLog", "LogFault", "Record"]

START = "0" * 64  # before the first record
LEAST_KEY = 32
_ERASED = "content erased"
Record = Mapping[str, Any]


@dataclass(frozen=True)
class LogFault:
    """A fault of the log: the number of the record, and a description."""

    record: int
    what: str


class AuditLog:
    """One log on disk. Any number of processes may append at the same time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "log.jsonl"
        self.content_path = folder / "content.jsonl"
        try:
            settings = json.loads((folder / "about.json").read_text(encoding="utf-8"))
            self.key_path, self.keeps_content = Path(settings["key"]), bool(settings["content"])
            self._key = bytes.fromhex(self.key_path.read_text(encoding="ascii").strip())
            self.key_fingerprint = str(settings["fingerprint"])
        except OSError as error:
            raise InputError(
                f"Cannot open the audit log in {folder} ({error.filename}: {error.strerror}).",
                "`ringfence audit init` creates one; the key must lie where about.json says.",
            ) from None
        except (ValueError, KeyError, TypeError):
            raise InputError(f"The audit log in {folder} is damaged.", "Restore about.json and the key.") from None
        if self.fingerprint(self._key) != self.key_fingerprint:
            raise InputError(f"{self.key_path} is not the key of the log in {folder}.", "Restore the key.")

    @staticmethod
    def fingerprint(key: bytes) -> str:
        """A short digest that identifies a key without revealing it."""
        return hashlib.sha256(b"ringfence audit key\0" + key).hexdigest()[:16]

    @classmethod
    def fingerprint_of(cls, given: str) -> str:
        """The fingerprint of a key that is given as a file, or as the fingerprint itself. Raises InputError."""
        if re.fullmatch(r"[0-9a-f]{16}", given):
            return given
        try:
            return cls.fingerprint(bytes.fromhex(Path(given).read_text(encoding="ascii").strip()))
        except (OSError, ValueError):
            raise InputError(
                f"{given} is neither a key file nor the fingerprint of a key.",
                "Give a copy of the key, or the 16 digits that `ringfence audit init` printed.",
            ) from None

    @classmethod
    def make(cls, folder: Path, key_path: Path, content: bool) -> AuditLog:
        """Create a log, and a key if there is none at ``key_path``. Raises InputError if there already is a log."""
        if (folder / "about.json").exists():
            raise InputError(f"{folder} already holds an audit log.", "Use it, or name another folder.")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not key_path.exists():
            write_whole(key_path, secrets.token_hex(32) + "\n", private=True)
        try:
            key = bytes.fromhex(key_path.read_text(encoding="ascii").strip())
        except ValueError:
            key = b""
        if len(key) < LEAST_KEY:
            raise InputError(
                f"{key_path} does not hold a key of at least {LEAST_KEY} bytes in hexadecimal.",
                "Name a file that does not exist yet, and Ringfence writes a key there; or: openssl rand -hex 32",
            )
        fingerprint = cls.fingerprint(key)
        settings = {"schema": 1, "key": str(key_path.absolute()), "fingerprint": fingerprint, "content": content}
        write_whole(folder / "about.json", json.dumps({**settings, "made_at": now()}, indent=1) + "\n", private=True)
        return cls(folder)

    def append(self, event: str, content: Any = None, **facts: Any) -> Record:
        """Add one record. It is on disk when this returns.

        If the log keeps content, the record commits to ``content``. Raises OSError if the disk is full; the log is then
        unchanged.
        """
        with self._alone():
            return self._add(event, content, facts)

    def _add(self, event: str, content: Any, facts: Record) -> Record:
        last = self._last()
        number = int(last["n"]) + 1 if last else 1
        record: dict[str, Any] = {"n": number, "at": now(), "event": event, **facts}
        if content is not None and self.keeps_content:
            salt = secrets.token_hex(16)
            record["commitment"] = self._commitment(salt, content)
            append_line(self.content_path, {"n": number, "at": record["at"], "salt": salt, "content": content})
        record["before"] = last["mac"] if last else START
        record["mac"] = self._mac(record)
        append_line(self.path, record)
        return record

    def records(self) -> Iterator[dict[str, Any]]:
        """Every whole record, in order. Raises InputError on a damaged line."""
        try:
            yield from read_lines(self.path)
        except ValueError as fault:
            raise InputError(f"Cannot read the audit log: {fault}.", "Restore it from a copy.") from None

    def count(self) -> int:
        """The number of lines, whether they are genuine or not."""
        return self.path.read_bytes().count(b"\n") if self.path.exists() else 0

    def verify(self, anchor: str | None = None, fingerprint: str | None = None) -> list[LogFault]:
        """Every fault: an edited byte, a gap, a changed order, content that is not what its record commits to.

        With an ``anchor`` (NUMBER:MAC) also a cut tail, or another log in its place; with the ``fingerprint`` of the
        key that the log was made with, a log that was written anew under another key. Raises InputError if the anchor
        is malformed.
        """
        if anchor is not None and not re.fullmatch(r"\d+:[0-9a-f]{64}", anchor):
            raise InputError(f"{anchor!r} is not an anchor.", "Give the output of `ringfence audit anchor`.")
        faults: list[LogFault] = []
        genuine: list[Record] = []
        before, expected, anchored = START, 1, False
        if fingerprint is not None and fingerprint != self.key_fingerprint:
            faults.append(
                LogFault(0, f"the log is under another key ({self.key_fingerprint}) than the one given ({fingerprint})")
            )
        data = self.path.read_bytes() if self.path.exists() else b""
        *lines, rest = data.split(b"\n")
        for line in lines:
            record = self._genuine(line)
            if record is None:
                faults.append(LogFault(expected, "was edited"))
                expected += 1
                continue
            genuine.append(record)
            number, mac = int(record["n"]), str(record["mac"])
            if record["before"] != before:
                faults.append(
                    LogFault(number, "does not follow the record before it: a record was removed, inserted or edited")
                )
            if number != expected:
                faults.append(LogFault(number, f"is where record {expected} should be"))
            anchored = anchored or f"{number}:{mac}" == anchor
            before, expected = mac, number + 1
        if rest:
            faults.append(LogFault(expected, "is cut short"))
        if not lines:
            faults.append(LogFault(0, "the log is empty, but every log begins with the record of its creation"))
        if anchor is not None and not anchored:
            faults.append(
                LogFault(expected - 1, "the anchor's record is missing: the tail was cut, or the log was rolled back")
            )
        return sorted([*faults, *self._content_faults(genuine)], key=lambda fault: fault.record)

    def erased(self, records: Iterable[Record] | None = None) -> set[int]:
        """The numbers of the records whose content `erase` deleted on purpose, as the log itself says."""
        committed: list[tuple[int, str]] = []
        gone: set[int] = set()
        for record in self.records() if records is None else records:
            if "commitment" in record:
                committed.append((int(record["n"]), str(record["at"])))
            elif record["event"] == _ERASED:
                gone |= {number for number, at in committed if at < str(record["older_than"])}
        return gone

    def _content_faults(self, records: list[Record]) -> Iterator[LogFault]:
        """The records that commit to content which is not there, or not what it was."""
        stored: dict[int, list[Any]] = {}
        data = self.content_path.read_bytes() if self.content_path.exists() else b""
        for line in data.split(b"\n")[:-1]:
            with suppress(ValueError, KeyError, TypeError, RecursionError):
                found = json.loads(line)
                opened = (found["at"], self._commitment(found["salt"], found["content"]))
                stored.setdefault(found["n"], []).append(opened)
        erased = self.erased(records)
        for record in records:
            number, commitment = int(record["n"]), record.get("commitment")
            if commitment is None or (record["at"], commitment) in stored.get(number, ()):
                continue
            if number in stored:
                yield LogFault(number, "its content was edited: the commitment does not open")
            elif number not in erased:
                yield LogFault(number, "its content is missing, and no record says that it was erased")

    def _genuine(self, line: bytes) -> dict[str, Any] | None:
        """The record of a line if no byte was changed, else None."""
        try:
            record = json.loads(line)
            mac = record["mac"]
            same = line_of(record) == line + b"\n"
            good = self._mac({k: v for k, v in record.items() if k != "mac"})
            whole = isinstance(record["n"], int) and isinstance(record["before"], str) and isinstance(mac, str)
            return record if same and whole and hmac.compare_digest(good.encode(), mac.encode()) else None
        except (ValueError, KeyError, TypeError, RecursionError):
            return None

    def anchor(self) -> str:
        """NUMBER:MAC of the last record; keep it where this machine cannot write. Raises InputError on an empty log."""
        last = self._last()
        if last is None:
            raise InputError(f"The audit log in {self.folder} is empty.", "There is no record yet to anchor.")
        return f"{last['n']}:{last['mac']}"

    def content(self) -> dict[int, Any]:
        """The content that is still stored, by record, if it is what the record commits to."""
        kept = {int(line["n"]): line for line in self._content_lines()}
        found = {}
        for record in self.records():
            line = kept.get(record["n"])
            if line and self._commitment(line["salt"], line["content"]) == record.get("commitment"):
                found[int(record["n"])] = line["content"]
        return found

    def erase(self, before: str) -> int:
        """Delete the content of records before a time; returns how many records lost theirs.

        The salts that make their commitments verifiable go too; the chain stays whole.
        """
        with self._alone():
            lines = list(self._content_lines())
            kept = [line for line in lines if line["at"] >= before]
            erased = len(lines) - len(kept)
            if erased:
                # The record comes first: after a kill, content that is missing has a record that says why.
                self._add(_ERASED, None, {"older_than": before, "records": erased})
                write_whole(self.content_path, b"".join(map(line_of, kept)), private=True)
        return erased

    def erase_older_than(self, days: int) -> int:
        """Delete the content of records older than ``days``. Returns how many records lost their content."""
        return self.erase(days_ago(days))

    def _content_lines(self) -> Iterator[dict[str, Any]]:
        try:
            for line in read_lines(self.content_path):
                if not {"n", "at", "salt", "content"} <= set(line):
                    raise ValueError("a line is not content")
                yield line
        except (ValueError, TypeError) as fault:
            raise InputError(f"Cannot read {self.content_path}: {fault}.", "Restore it from a copy.") from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Become the only writer, after whole lines.

        A last line that lacks only its line end gets it back. A line that a killed writer left incomplete is dropped:
        it was never reported.
        """
        with FileLock(self.folder / ".lock", mode=0o600):
            if self.path.exists():
                rest = self.path.read_bytes().rpartition(b"\n")[2] if not _ends_whole(self.path) else b""
                if rest and self._genuine(rest):
                    with self.path.open("ab") as stream:
                        stream.write(b"\n")
            for path in (self.path, self.content_path):
                drop_cut_line(path)
            yield

    def _last(self) -> dict[str, Any] | None:
        if not self.path.exists():
            return None
        with self.path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            reach = min(size, 1 << 16)
            stream.seek(size - reach)
            rows = stream.read().split(b"\n")
        whole = [row for row in (rows[:-1] if reach == size else rows[1:-1]) if row]
        try:
            found: dict[str, Any] | None = json.loads(whole[-1]) if whole else None
        except ValueError:
            raise InputError(f"The last record of {self.path} is damaged.", "Restore it from a copy.") from None
        return found

    def _mac(self, record: Record) -> str:
        text = canonical_json(record).encode("utf-8", "backslashreplace")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()

    def _commitment(self, salt: str, content: Any) -> str:
        text = canonical_json(content).encode("utf-8", "backslashreplace")
        return hashlib.sha256(bytes.fromhex(salt) + text).hexdigest()


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        if size == 0:
            return True
        stream.seek(size - 1)
        return stream.read(1) == b"\n"
