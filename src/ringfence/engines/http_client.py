"""A JSON client for a model server: one address, a key, retries with backoff."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import threading
import time
from functools import cache
from typing import Any

from ..errors import EngineError
from ..seal.forwarder import FORWARD, dial_for
from ..server_address import ServerAddress

__all__ = ["Call", "Client", "Refused", "Unreachable"]

RETRIES = 5  # after 0.5, 1, 2, 4 and 8 seconds, or what the server asks for
BUSY = (429, 502, 503, 504)
ANSWER_SECONDS = 900  # per answer; a long one from a large model on a busy machine takes minutes


class Refused(Exception):
    """The server refuses a request. ``status`` is the HTTP status; ``str(error)`` is the reason."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Unreachable(EngineError):
    """The server does not answer."""


class Call:
    """One request of one thread, which another thread can cancel."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Any = None
        self.cancelled = False

    def uses(self, connection: Any) -> None:
        """Record the connection that the call is about to use. Raises EngineError if the call was cancelled."""
        with self._lock:
            if self.cancelled:
                raise EngineError("The request was cancelled.")
            self._connection = connection

    def cancel(self) -> None:
        """Close the connection: servers then drop the request."""
        with self._lock:
            self.cancelled = True
            sock = getattr(self._connection, "sock", None)
            if sock is not None:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


_current = threading.local()


@cache
def _watched_pools() -> dict[str, Any]:
    """urllib3 pools whose connections register themselves with the Call of their thread."""
    import urllib3.connection
    import urllib3.connectionpool

    class Watched:
        def request(self, *arguments: Any, **options: Any) -> Any:
            if call := getattr(_current, "call", None):
                call.uses(self)
            return super().request(*arguments, **options)  # type: ignore[misc]

    plain = type("WatchedHttp", (Watched, urllib3.connection.HTTPConnection), {})
    secure = type("WatchedHttps", (Watched, urllib3.connection.HTTPSConnection), {})
    return {
        "http": type("HttpPool", (urllib3.connectionpool.HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("HttpsPool", (urllib3.connectionpool.HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


@cache
def _retry_class() -> Any:
    """Retries that take a Retry-After in any form: seconds, a fraction of them, a date; any other word is none."""
    import urllib3

    class Patient(urllib3.Retry):
        def parse_retry_after(self, retry_after: str) -> float:
            try:
                return min(float(super().parse_retry_after(retry_after)), float(self.retry_after_max))
            except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
                pass
            fraction = re.fullmatch(r"\s*(\d+\.\d*)\s*", retry_after)
            return min(float(fraction[1]), float(self.retry_after_max)) if fraction else 0.0  # then the backoff decides

    return Patient


class Client:
    """A client of one server, whose certificate ``ca_file`` may confirm instead of this machine's authorities.

    Raises EngineError if the server is unreachable, not trusted, or does not accept the key, else Refused.
    """

    def __init__(
        self, address: str, key: str = "", connections: int = 32, retries: int | None = None, ca_file: str = ""
    ) -> None:
        try:
            import urllib3
        except ImportError:
            raise EngineError(
                "Connecting to a server needs a package that is not installed.",
                "Install it: pip install 'ringfence[openai]'.",
            ) from None
        parts = ServerAddress.parse(address)
        path = parts.path.removesuffix("/v1")
        self.address = f"{parts.scheme}://{parts.netloc}{path}"
        self._urllib3 = urllib3
        host, number = dial_for(parts.host, parts.port, os.environ.get(FORWARD, ""))
        self.forwarded = (host, number) != (parts.host, parts.port)
        # Inside a seal, the client dials the forwarder; the certificate and the Host header remain those of the server.
        self._dial = f"{parts.scheme}://{host}:{number}{path}" if self.forwarded else self.address
        names = {"server_hostname": parts.host, "assert_hostname": parts.host}
        tls: dict[str, Any] = names if self.forwarded and parts.scheme == "https" else {}
        if ca_file:
            tls["ca_certs"] = _checked_authorities(ca_file)
        self._pool = urllib3.PoolManager(maxsize=connections, block=False, **tls)
        self._pool.pool_classes_by_scheme = _watched_pools()
        self._headers = {
            "Content-Type": "application/json",
            "Host": parts.netloc,
            **({"Authorization": f"Bearer {key}"} if key else {}),
        }
        # Redirects are not followed: one could send the document and the key out of the organisation.
        # A certificate that is not trusted stays so (`other`).
        # Retry-After is obeyed up to half a minute: a server may ask for hours.
        self._retry = _retry_class()(
            retry_after_max=30,
            total=RETRIES if retries is None else retries, read=1, redirect=0, other=0, backoff_factor=0.5,
            status_forcelist=BUSY, allowed_methods=None, raise_on_status=False, raise_on_redirect=False,
        )  # fmt: skip

    @staticmethod
    def take(call: Call) -> None:
        """Let ``call`` cancel the requests that this thread makes from now on."""
        _current.call = call

    def get(self, path: str) -> Any:
        """GET ``path``; returns the parsed JSON, or None if the reply is not JSON."""
        return self._call("GET", path, None, 10)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST ``body`` to ``path``; returns the parsed JSON reply. A reply that is not JSON is a refusal."""
        data = self._call("POST", path, json.dumps(body), ANSWER_SECONDS)
        if data is None:
            raise Refused(200, "the server's reply is not JSON: something else may answer in its place")
        return data

    def is_alive(self, seconds: float) -> bool:
        """Whether the server answers within ``seconds``: it may be starting again."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.get("/v1/models")
            except Refused:
                return True
            except Unreachable:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.5)
            else:
                return True

    def _call(self, method: str, path: str, body: str | None, seconds: float) -> Any:
        errors = self._urllib3.exceptions
        timeout = self._urllib3.Timeout(connect=8, read=seconds)
        try:
            response = self._pool.request(
                method, self._dial + path, body=body, headers=self._headers, retries=self._retry, timeout=timeout
            )
        except errors.HTTPError as error:
            if (fault := _fault_of_tls(error)) is not None:
                what = fault.verify_message.rstrip(".") or "it does not verify"
                raise EngineError(
                    f"The server {self.address} has no certificate that this machine trusts ({what}).",
                    "Address the server by the name that its certificate holds."
                    if fault.verify_code in _OTHER_NAME
                    else "Give the certificate of your authority, or the server's own, in a PEM file: --ca-file FILE.",
                ) from None
            what = "does not answer in time" if isinstance(error, errors.TimeoutError) else "cannot be reached"
            raise Unreachable(
                f"The server {self.address} {what}.",
                "Check that it runs and is not overloaded, then continue with --resume.",
            ) from None
        if response.status in (401, 403):
            raise EngineError(
                f"The server {self.address} does not accept the key.", "Set RINGFENCE_API_KEY to the right key."
            )
        try:
            data = json.loads(response.data)
        except (ValueError, RecursionError):
            data = None
        if response.status != 200:
            raise Refused(response.status, _message(data) or f"status {response.status}")
        return data

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


def _fault_of_tls(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """The error of a certificate behind ``error``; None if it is another one."""
    fault: BaseException | None = error
    while fault is not None:
        if isinstance(fault, ssl.SSLCertVerificationError):
            return fault
        reason = getattr(fault, "reason", None)
        fault = reason if isinstance(reason, BaseException) else fault.__cause__ or fault.__context__
    return None


def _checked_authorities(file: str) -> str:
    try:
        ssl.create_default_context(cafile=file)
    except OSError as error:  # ssl.SSLError is one
        reason = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise EngineError(
            f"Cannot read the certificates in {file} ({reason}).",
            "Give a file in PEM form: -----BEGIN CERTIFICATE-----",
        ) from None
    return file


def _message(data: Any) -> str:
    """A server's error in Ringfence's own words: the server's may quote the grammar or the prompt, so the document."""
    error = data.get("error", data) if isinstance(data, dict) else None
    text = error.get("message", "") if isinstance(error, dict) else error if isinstance(error, str) else ""
    lowered = str(text).lower()
    for signs, meaning in _MEANINGS:
        if any(sign in lowered for sign in signs):
            return meaning
    return ""


_OTHER_NAME = (62, 64)  # OpenSSL: X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_MEANINGS = (
    (
        ("context length", "context size", "too long", "maximum model length", "max_tokens must be"),
        "it is too long for the server",
    ),
    (("grammar", "sampler", "structured"), "the server does not accept its grammar"),
    (("schema", "response_format", "json_schema"), "the server does not accept its schema"),
    (("does not exist", "not found"), "the server does not have the model"),
    (("out of memory",), "the server is out of memory"),
)
