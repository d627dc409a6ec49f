"""Certificates of a test's own."""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def self_signed(ends: datetime.datetime) -> bytes:
    """PEM, valid for 90 days until then."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gateway")])
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, ends - datetime.timedelta(days=90), ends)
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
