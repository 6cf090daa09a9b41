"""The address of a server: a scheme, a host, a port and a path, and never a secret, because addresses are recorded."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import EngineError

__all__ = ["ServerAddress"]

_HINT = "Write it like http://gpu-server:8000, with or without /v1; set RINGFENCE_API_KEY to the key."


@dataclass(frozen=True)
class ServerAddress:
    """The parts of an address; ``path`` has no slash at its end, and ``netloc`` is host and port as they were given."""

    scheme: str
    host: str
    port: int
    netloc: str
    path: str

    @classmethod
    def parse(cls, address: str) -> ServerAddress:
        """Parse an address, with or without ``http://``.

        Raises EngineError, which does not repeat the address, if it is none, or if it may hold a secret: a user name, a
        password, a query or a fragment.
        """
        try:
            parts = urlsplit(address if "//" in address else f"http://{address}")
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            parts, port = urlsplit(""), 0
        if parts.username is not None or parts.password is not None or "@" in parts.netloc:
            raise EngineError("The server address contains a user name or password.", _HINT)
        if parts.query or parts.fragment or any(sign in address for sign in "?#;"):
            raise EngineError("The server address has a part after ?, # or ;, which may be a key.", _HINT)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise EngineError("This is not a server address.", _HINT)
        return cls(parts.scheme, parts.hostname, port, parts.netloc, parts.path.rstrip("/"))

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}"
