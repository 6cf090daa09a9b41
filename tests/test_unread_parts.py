"""Parts of a document that were not read are named: in the text layer, the result, the totals and the report."""

from __future__ import annotations

from dataclasses import replace

from ringfence.contracts import UnreadPart
from ringfence.documents.worker_protocol import HEAD, document_from, frame_of, unpack_head
from ringfence.inference.result import done
from tests.conftest import document_of

DOCUMENT = replace(document_of("Total 12.50\n"), unread=(UnreadPart(code="annotations", what="2 notes on page 1"),))


def test_they_survive_the_way_from_the_worker() -> None:
    frame = frame_of(DOCUMENT)
    head, _ = HEAD.unpack_from(frame)
    facts = unpack_head(frame[HEAD.size : HEAD.size + head])["document"]
    assert document_from(facts, frame[HEAD.size + head :]).unread == DOCUMENT.unread


def test_they_are_in_the_result_only_if_there_are_any() -> None:
    written = done(DOCUMENT, {}, {}, []).as_json()
    assert written["document"]["unread"] == [{"code": "annotations", "what": "2 notes on page 1"}]
    assert "unread" not in done(replace(DOCUMENT, unread=()), {}, {}, []).as_json()["document"]
