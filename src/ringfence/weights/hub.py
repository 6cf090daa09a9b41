"""Weights from a hub with the Hugging Face API: ``hf:org/repo@revision[:file]``.

HF_ENDPOINT names a company mirror, HF_TOKEN an access token; huggingface_hub reads both.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import WeightsError
from .source import Progress, SourceUnavailable
from .store import hash_file

__all__ = ["HubSource"]

CONNECT_SECONDS = 8


def _hub() -> Any:
    # Set before the import: no usage reports, no side channel past HF_ENDPOINT, a short wait for a dead host.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", str(CONNECT_SECONDS))
    try:
        import huggingface_hub
        import huggingface_hub.utils  # a lazy package: its parts are no attributes before they are imported
    except ImportError:
        raise WeightsError(
            "Pulling from a hub needs a package that is not installed.", "Install it: pip install 'ringfence[hub]'."
        ) from None
    return huggingface_hub


def _parse(rest: str) -> tuple[str, str, str | None]:
    match = re.fullmatch(r"([\w.-]+/[\w.-]+)@([\w./-]+)(?::(.+))?", rest)
    if match is None:
        raise SourceUnavailable(
            f"hf:{rest} does not have the form hf:org/repo@revision[:file] "
            "(the revision is required, because it pins the weights)"
        )
    return match.group(1), match.group(2), match.group(3)


class HubSource:
    """A hub, through huggingface_hub."""

    scheme = "hf"

    def files(self, rest: str) -> Sequence[str]:
        """The named file, or all files of the repository."""
        repository, revision, file = _parse(rest)
        if file:
            return [file]
        return [sibling.rfilename for sibling in self._info(repository, revision).siblings or []]

    def licence(self, rest: str) -> str | None:
        """The licence in the repository's model card."""
        repository, revision, _ = _parse(rest)
        try:
            card = self._info(repository, revision).card_data
        except SourceUnavailable:
            return None
        return str(card.get("license")) if card and card.get("license") else None

    def _info(self, repository: str, revision: str) -> Any:
        hub = _hub()
        try:
            return hub.HfApi(library_name="ringfence").model_info(
                repository, revision=revision, timeout=CONNECT_SECONDS
            )
        except Exception as error:
            raise _unavailable(repository, error) from None

    def fetch(self, rest: str, name: str, target: Path, progress: Progress) -> None:
        """Download the file that ``rest`` names, else ``name``; huggingface_hub resumes an interrupted download."""
        repository, revision, file = _parse(rest)
        name = file or name
        hub = _hub()
        folder = target.parent / (target.name + ".hub")
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(0.3):
                sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
                progress(max(sizes, default=0), None)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            hub.utils.disable_progress_bars()
            found = hub.hf_hub_download(
                repository, name, revision=revision, local_dir=folder, etag_timeout=CONNECT_SECONDS
            )
        except OSError as error:
            if error.errno == 28:
                raise
            raise _unavailable(repository, error) from None
        except Exception as error:
            raise _unavailable(repository, error) from None
        finally:
            stop.set()
            watcher.join()
        try:
            self._check(hub.hf_hub_url(repository, name, revision=revision), Path(found), name)
            shutil.move(found, target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _check(self, address: str, found: Path, name: str) -> None:
        """Raises SourceUnavailable if the bytes are not those that the hub states, as a sha256 or as a Git blob."""
        try:
            stated = str(_hub().get_hf_file_metadata(address, timeout=CONNECT_SECONDS).etag or "")
        except Exception as error:
            raise _unavailable(name, error) from None
        if re.fullmatch(r"[0-9a-f]{64}", stated):
            digest = hash_file(found)
        elif re.fullmatch(r"[0-9a-f]{40}", stated):
            data = found.read_bytes()
            digest = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        else:
            return  # a mirror's own tag says nothing of the bytes
        if digest != stated:
            raise SourceUnavailable(f"the hub states {stated[:12]}... for {name}, and carries other bytes")


def _unavailable(repository: str, error: Exception) -> SourceUnavailable:
    kind = type(error).__name__
    reasons = {
        "RepositoryNotFoundError": "it does not exist there, or needs a token in HF_TOKEN",
        "RevisionNotFoundError": "that revision does not exist",
        "EntryNotFoundError": "that file does not exist in it",
        "RemoteEntryNotFoundError": "that file does not exist in it",
        "GatedRepoError": "it asks for consent first; accept its terms on the hub and set HF_TOKEN",
        "LocalEntryNotFoundError": "the hub cannot be reached",
    }
    return SourceUnavailable(f"cannot get {repository} from the hub: {reasons.get(kind, 'the hub cannot be reached')}")
