"""Signatures over weights folders and locks, in the format of OpenSSF model signing, with a key or a certificate of one's own.

The library `model-signing` does the cryptography; nothing is sent anywhere: its public transparency log is not used.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .errors import InputError, WeightsError
from .extras import need

__all__ = ["sign_path", "verify_path"]


def sign_path(
    path: Path,
    signature: Path,
    key: Path,
    password: str | None = None,
    certificate: Path | None = None,
    chain: Iterable[Path] = (),
) -> None:
    """Sign a folder or a file with a private key (elliptic curve, PEM), or with a key and its certificate.

    Raises InputError where the key cannot be used.
    """
    need("signing", "model_signing", "OpenSSL")
    signing: Any = importlib.import_module("model_signing.signing")
    try:
        config = signing.Config().set_hashing_config(_every_file())
        if certificate:
            between = list(chain) or [certificate]  # the library takes no empty chain; the same one twice does no harm
            config.use_certificate_signer(private_key=key, signing_certificate=certificate, certificate_chain=between)
        else:
            config.use_elliptic_key_signer(private_key=key, password=password)
        signature.parent.mkdir(parents=True, exist_ok=True)
        config.sign(path, signature)
    except OSError as error:
        raise InputError(f"{error.filename or key}: {error.strerror}.", "Give files that can be read.") from None
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{path} cannot be signed ({_first(error)}).",
            "Give a private key of an elliptic curve as PEM: openssl ecparam -name prime256v1 -genkey -noout -out key.pem",
        ) from None


def verify_path(path: Path, signature: Path, keys: Iterable[Path] = (), chains: Iterable[Path] = ()) -> Path:
    """Check the signature of a folder or a file against public keys and certificate authorities; returns the one that holds.

    Raises WeightsError where none does, and where there is no signature: it fails closed.
    """
    need("signing", "model_signing", "OpenSSL")
    verifying: Any = importlib.import_module("model_signing.verifying")
    if not signature.exists():
        raise WeightsError(f"{path} has no signature ({signature} is missing).", "Have it signed by those who may.")
    said: list[str] = []
    ways: list[tuple[Path, Any]] = [
        *(
            (
                one,
                lambda one=one: (
                    verifying.Config().set_hashing_config(_every_file()).use_elliptic_key_verifier(public_key=one)
                ),
            )
            for one in keys
        ),
        *(
            (
                one,
                lambda one=one: (
                    verifying.Config()
                    .set_hashing_config(_every_file())
                    .use_certificate_verifier(certificate_chain=[one])
                ),
            )
            for one in chains
        ),
    ]
    for one, make in ways:
        try:
            make().verify(path, signature)
            return one
        except Exception as error:  # whatever the library meets, the signature does not hold
            said.append(f"{one.name}: {_first(error)}")
    raise WeightsError(
        f"The signature of {path} holds under none of the trusted keys ({'; '.join(said) or 'none is given'}).",
        "Somebody changed it after it was signed, or signed it with another key; restore it, or have it signed again.",
    )


def _every_file() -> Any:
    """Hashing that leaves nothing out: the library's own leaves out what belongs to git."""
    hashing: Any = importlib.import_module("model_signing.hashing")
    return hashing.Config().set_ignored_paths(paths=[], ignore_git_paths=False)


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
