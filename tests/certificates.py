"""A certificate authority of one's own, for tests: signers of weights, and servers inside the walls."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Certified:
    """A private key and its certificate, as PEM files."""

    key: Path
    certificate: Path


def write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """A private key as a PEM file, without a password."""
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def certified(folder: Path, name: str, by: Certified | None = None) -> Certified:
    """A certificate for ``name``, issued ``by`` an authority; without one it is an authority itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    issuer, issuing_key = subject, key
    if by:
        issuer = x509.load_pem_x509_certificate(by.certificate.read_bytes()).subject
        loaded = serialization.load_pem_private_key(by.key.read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        issuing_key = loaded
    now = datetime.datetime.now(datetime.UTC)
    issues = by is None
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + 30 * DAY)
        .add_extension(x509.BasicConstraints(ca=issues, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(not issues, False, False, False, False, issues, issues, False, False), critical=True
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(issuing_key, hashes.SHA256())
    )
    found = Certified(folder / f"{name}.key.pem", folder / f"{name}.pem")
    write_key(found.key, key)
    found.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return found
