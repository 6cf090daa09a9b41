"""The claims of an answer from a corpus as cells of a table: what was said, and where it stands."""

from __future__ import annotations

from ..contracts import Citation, Result

__all__ = ["CLAIM_COLUMNS", "claim_cells"]

CLAIM_COLUMNS = ("claims", "citations")


def claim_cells(result: Result) -> list[str]:
    """Return the claims of an answer, numbered, one a line, and the places of each under its number.

    A claim that is not shown names what is wrong with it; a source that says otherwise is named as such.
    """
    claims, places = [], []
    for number, claim in enumerate(result.from_corpus.claims if result.from_corpus else (), 1):
        fault = f"(not shown: {', '.join(claim.faults)}) " if claim.verdict != "supported" else ""
        worked = f" ({claim.calculation.expression} = {claim.calculation.result})" if claim.calculation else ""
        claims.append(f"{number}. {fault}{' '.join(claim.text.split())}{worked}")
        places += [f"{number}. {_place(place)}" for place in claim.citations]
        places += [f"{number}. says otherwise: {_place(place)}" for place in claim.conflicts]
    return ["\n".join(claims), "\n".join(places)]


def _place(place: Citation) -> str:
    page = f", page {place.page}" if place.page else ""
    return f"{place.document}{page}: {' '.join(place.text.split())}"
