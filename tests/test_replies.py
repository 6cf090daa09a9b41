"""Whatever a server sends: its answer is told from its reasoning, and no reply of any form ends a run."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engines import Completion, EngineSettings, Request
from ringfence.engines.context_probe import ContextProbe
from ringfence.engines.control_tokens import tokens_in_template
from ringfence.engines.openai import OpenAiEngine
from ringfence.engines.replies import UnreadableReply, answer_in, is_same_model, read_reply
from ringfence.tasks.extract.unconstrained import stated_in
from ringfence.tasks.prompt import break_control_tokens
from tests.conftest import task_of

ANSWER = '{"supplier": "Nordwind GmbH", "total": "EUR 12.00"}'
TASK = task_of(supplier={"kind": "text"}, total={"kind": "money"})
STATED = {"supplier": "Nordwind GmbH", "total": "EUR 12.00"}


def chat(content: Any, finish: str = "stop", **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content, **message}}
    return {"model": "m", "choices": [choice], "usage": {"prompt_tokens": 20}}


@pytest.mark.parametrize(
    "text",
    [
        f"<think>\nmaybe {{supplier: ...}} or {{}}\n</think>\n{ANSWER}",
        f'The total might be {{"total":"EUR 1.00"}} or so.\n</think>\n\n{ANSWER}',
        f"[THINK]hm[/THINK]{ANSWER}",
        f"<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}",
        f"Sure! Here is the JSON:\n```json\n{ANSWER}\n```\nLet me know {{if}} you need more.",
        f"{ANSWER}\n{ANSWER}",
        f"[{ANSWER}]",
        f'{{"answer": {ANSWER}}}',
    ],
)
def test_the_answer_is_told_from_reasoning_and_prose(text: str) -> None:
    assert stated_in(TASK, read_reply(chat(text)).text) == STATED


@pytest.mark.parametrize(
    "text",
    [
        ANSWER[:-3],
        '{"supplier": "Nordwind GmbH", "lines": [{"total": "EUR 5.00"}',
        f'{{"total": "EUR 1.00", {ANSWER[1:]}',
        f'{ANSWER} or rather {{"supplier": "Alpha GmbH", "total": "EUR 1.00"}}',
        '{"supplier":' + "[" * 100_000,
    ],
)
def test_an_answer_that_is_cut_or_contradicts_itself_is_none(text: str) -> None:
    assert stated_in(TASK, text) is None


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (chat(f"<think>My first guess is {ANSWER}. Wait,", "length"), "inside its reasoning"),
        (chat("", reasoning_content=ANSWER), "no content, only reasoning"),
        (chat({"total": 1}), "unknown form"),
        ({"choices": []}, "unknown form"),
        ({"choices": ["oops"]}, "unknown form"),
        ([], "unknown form"),
        (None, "unknown form"),
    ],
)
def test_a_reply_without_an_answer_says_why(reply: Any, reason: str) -> None:
    with pytest.raises(UnreadableReply, match=reason):
        read_reply(reply)


def test_odd_counts_and_log_probabilities_are_taken_for_absent() -> None:
    reply = chat([{"type": "text", "text": ANSWER}])
    reply["usage"] = {"prompt_tokens": "many", "prompt_tokens_details": [1]}
    reply["choices"][0]["logprobs"] = {"content": [{"token": "a", "logprob": "-inf", "id": "x"}]}
    read = read_reply(reply)
    assert (read.text, read.prompt_tokens, read.cached_tokens, read.logprobs) == (ANSWER, None, None, ())


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "text", "usage", "logprobs", "prompt_tokens", "model"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_a_reply_or_a_reason(data: Any) -> None:
    with contextlib.suppress(UnreadableReply):
        assert isinstance(read_reply(data).text, str)


@given(st.text(alphabet='<>/think[]THINK \n{}"ab', max_size=60))
def test_what_is_left_of_a_text_is_its_end(text: str) -> None:
    with contextlib.suppress(UnreadableReply):
        assert text.endswith(answer_in(text))


@pytest.mark.parametrize(
    ("asked", "answered", "same"),
    [
        ("good", "good", True),
        ("good", None, True),
        ("llama3", "library/llama3:latest", True),
        ("/models/Qwen.gguf", "qwen", True),
        ("good", "gemma-3-1b", False),
        ("qwen", "qwen2", False),
    ],
)
def test_another_name_is_another_model(asked: str, answered: str | None, same: bool) -> None:
    assert is_same_model(asked, answered) is same


@given(st.integers(300, 9000), st.integers(300, 9000), st.floats(0.5, 3))
def test_a_server_that_cuts_a_prompt_is_found_for_any_limit(limit: int, tokens: int, each: float) -> None:
    def count(text: str) -> int:
        read = 7 + int(each * len(text.split()))
        return read if read <= limit else limit // 2

    probe = ContextProbe(count)
    probe.ensure(tokens)
    assert tokens <= limit or probe.limit is not None
    assert probe.limit is None or probe.limit < limit


def test_a_server_that_counts_nothing_cannot_be_tried() -> None:
    probe = ContextProbe(lambda text: 400)
    probe.ensure(5000)
    assert (probe.counts, probe.limit) == (False, None)


@pytest.mark.parametrize(
    "token",
    ["<|eot|>", "<|header_start|>", "<｜User｜>", "<|END_OF_TURN_TOKEN|>", "[|endofturn|]", "<unused17>", "<|im_sep|>"],
)
def test_whatever_has_the_form_of_a_control_token_is_broken(token: str) -> None:
    assert token not in break_control_tokens(f"Total {token} 12", ())
    assert break_control_tokens("a < b, |x| and [1|2]", ()) == "a < b, |x| and [1|2]"


def test_a_servers_template_tells_its_control_tokens() -> None:
    template = "{{ bos }}[AVAILABLE_TOOLS]<start_of_turn>user\n{{ x }}<end_of_turn><｜Assistant｜>"
    assert tokens_in_template(template) == ("[AVAILABLE_TOOLS]", "<start_of_turn>", "<end_of_turn>", "<｜Assistant｜>")


Answering = Callable[[BaseHTTPRequestHandler, int, str], None]


@contextlib.contextmanager
def served(answering: Answering) -> Iterator[OpenAiEngine]:
    """The engine of a server that lets ``answering`` reply to the n-th prompt; it enforces no form."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            found = self.path == "/v1/models"
            send(self, {"data": [{"id": "m"}]} if found else {}, 200 if found else 404)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            text = body["messages"][-1]["content"]
            if "document" not in text:  # a probe
                send(self, chat("hello"))
                return
            seen.append(text)
            answering(self, len(seen), text)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        engine = OpenAiEngine.open(Path(), EngineSettings(max_in_flight=2, server=address))
        yield engine
        engine.close()
    finally:
        server.shutdown()
        server.server_close()


def send(handler: BaseHTTPRequestHandler, body: Any, status: int = 200, **headers: str) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(data)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(data)


def answers(engine: OpenAiEngine, *texts: str) -> list[Completion]:
    requests = [
        Request(text, engine.prompt((("user", f"document {text}"),)), 20, messages=(("user", f"document {text}"),))
        for text in texts
    ]
    found = {done.id: done for done in engine.generate(requests)}
    return [found[text] for text in texts]


def test_a_document_that_breaks_the_connection_fails_alone() -> None:
    def answering(handler: BaseHTTPRequestHandler, number: int, text: str) -> None:
        if "poison" in text:
            handler.close_connection = True
            handler.connection.close()
        else:
            send(handler, chat(ANSWER))

    with served(answering) as engine:
        one, poison, other = answers(engine, "one", "poison", "other")
    assert (one.text, other.text) == (ANSWER, ANSWER)
    assert (poison.finish_reason, poison.error) == ("failed", "the server breaks off the connection on it")


@pytest.mark.parametrize("wait", ["soon", "0.01", "-1", "Wed, 21 Oct 2015 07:28:00 GMT", "nan"])
def test_a_busy_server_may_say_when_in_any_form(wait: str) -> None:
    def answering(handler: BaseHTTPRequestHandler, number: int, text: str) -> None:
        send(handler, chat(ANSWER)) if number > 1 else send(handler, {}, 429, Retry_After=wait)

    with served(answering) as engine:
        (done,) = answers(engine, "one")
    assert done.text == ANSWER


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"<html>Please sign in.</html>", "not JSON"),
        (b"data: {}\n\n", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        ({**chat(ANSWER), "model": "gemma-3-1b"}, "another model, 'gemma-3-1b'"),
    ],
)
def test_a_reply_from_something_else_fails_its_document(reply: Any, reason: str) -> None:
    with served(lambda handler, number, text: send(handler, reply)) as engine:
        (done,) = answers(engine, "one")
    assert done.finish_reason == "failed"
    assert reason in str(done.error)
