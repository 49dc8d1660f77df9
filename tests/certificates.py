"""Certificates for servers on loopback, from authorities that exist for a test only."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


class Certificate(NamedTuple):
    """PEM files: the certificate, its key (PKCS #8, which Java requires, too), and the authority of its own."""

    chain: Path
    key: Path
    authority: Path


def certificate(folder: Path, name: str) -> Certificate:
    """A certificate for the host of this name or address, and its authority, in a new folder."""
    folder.mkdir(mode=0o755, exist_ok=True)
    made = Certificate(folder / "chain.pem", folder / "key.pem", folder / "authority.pem")
    authority: Any = trustme.CA()
    issued: Any = authority.issue_cert(name)
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    made.key.touch(mode=0o600)
    made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    made.chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    made.authority.write_bytes(authority.cert_pem.bytes())
    return made
