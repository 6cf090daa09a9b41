"""Signatures over folders of weights and lock files, in the format of OpenSSF model signing.

You sign with your own key, or with a key and its certificate. The library `model-signing` does the cryptography.
Nothing is sent anywhere: its public transparency log is not used.
"""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import InputError, WeightsError
from .extras import need

__all__ = ["SigningKey", "TrustedKeys", "sign_path", "verify_path"]

PASSWORD_VARIABLE = "RINGFENCE_KEY_PASSWORD"
_LONGEST_REASON = 160


@dataclass(frozen=True)
class SigningKey:
    """A private key (elliptic curve, PEM), optionally with its certificate and the chain to its authority.

    The environment variable RINGFENCE_KEY_PASSWORD holds the password of an encrypted key.
    """

    key: Path
    certificate: Path | None = None
    chain: tuple[Path, ...] = ()


@dataclass(frozen=True)
class TrustedKeys:
    """The public keys and the certificate authorities that you trust."""

    keys: tuple[Path, ...] = ()
    authorities: tuple[Path, ...] = ()


def sign_path(path: Path, signature: Path, signer: SigningKey) -> None:
    """Sign a folder or a file, and write the signature. Raises InputError if the key cannot be used."""
    need("signing", "model_signing", "OpenSSL")
    signing: Any = importlib.import_module("model_signing.signing")
    try:
        config = signing.Config().set_hashing_config(_every_file())
        if signer.certificate:
            # The library rejects an empty chain; naming the certificate twice does no harm.
            config.use_certificate_signer(
                private_key=signer.key,
                signing_certificate=signer.certificate,
                certificate_chain=list(signer.chain) or [signer.certificate],
            )
        else:
            password = os.environ.get(PASSWORD_VARIABLE)
            config.use_elliptic_key_signer(private_key=signer.key, password=password)
        signature.parent.mkdir(parents=True, exist_ok=True)
        config.sign(path, signature)
    except OSError as error:
        raise InputError(
            f"Cannot read {error.filename or signer.key}: {error.strerror}.", "Check the path and its rights."
        ) from None
    except (ValueError, TypeError) as error:
        raise InputError(
            f"Cannot sign {path} ({_first_line(error)}).",
            "Give the private key of an elliptic curve as PEM: "
            "openssl ecparam -name prime256v1 -genkey -noout -out key.pem",
        ) from None


def verify_path(path: Path, signature: Path, trusted: TrustedKeys) -> Path:
    """Check the signature of a folder or a file. Returns the trusted key or authority that confirms it.

    Raises WeightsError if there is no signature, or if nothing that is trusted confirms it.
    """
    need("signing", "model_signing", "OpenSSL")
    if not signature.exists():
        raise WeightsError(f"{path} has no signature ({signature} is missing).", "Ask a trusted signer to sign it.")
    reasons: list[str] = []
    for file in (*trusted.keys, *trusted.authorities):
        try:
            _verifier(file, is_authority=file in trusted.authorities).verify(path, signature)
        except Exception as error:  # whatever the library reports, the signature is not confirmed
            reasons.append(f"{file.name}: {_first_line(error)}")
        else:
            return file
    raise WeightsError(
        f"No trusted key confirms the signature of {path} ({'; '.join(reasons) or 'no key is given'}).",
        "It was changed after it was signed, or signed with another key: restore it, or have it signed again.",
    )


def _verifier(file: Path, *, is_authority: bool) -> Any:
    verifying: Any = importlib.import_module("model_signing.verifying")
    config = verifying.Config().set_hashing_config(_every_file())
    if is_authority:
        return config.use_certificate_verifier(certificate_chain=[file])
    return config.use_elliptic_key_verifier(public_key=file)


def _every_file() -> Any:
    """Hash every file: by default the library skips files that belong to git."""
    hashing: Any = importlib.import_module("model_signing.hashing")
    return hashing.Config().set_ignored_paths(paths=[], ignore_git_paths=False)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:_LONGEST_REASON]
