"""The trace of a run, by document: the engine's answers in the order of the requests, for comparison with a replay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..contracts import TraceLine

__all__ = ["traces_by_document"]


def traces_by_document(
    lines: Iterable[TraceLine], contents: Mapping[str, str | None]
) -> dict[str, dict[str, Sequence[TraceLine]]]:
    """Return the answers by document and request, in order, from the last session that made each request.

    ``contents`` holds the sha256 of each document; answers about other content do not count.
    """
    traces: dict[str, dict[str, list[TraceLine]]] = {}
    for line in lines:
        if line.document not in contents or line.sha256 != contents[line.document]:
            continue
        answers = traces.setdefault(line.document, {}).setdefault(line.id, [])
        if answers and answers[-1].s != line.s:
            answers.clear()
        answers.append(line)
    return {document: dict(requests) for document, requests in traces.items()}
