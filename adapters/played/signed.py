"""What the signature of a record of played candles covers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

EMPTY: Final = b""
"""The digest of no candles."""


class SignedRecord(NamedTuple):
    """The record of `candles` candles of one log: the digest of their checksums, and the figures of the last as text.

    It follows that nobody without a key of the installation can change a checksum or a figure, or give a log the record
    of another log.
    """

    log_id: UUID
    candles: int
    digest: bytes
    latest: str

    @property
    def purpose(self) -> bytes:
        """See `adapters.marks.signature.Signable`."""
        return b"whence played 01"

    @property
    def parts(self) -> Sequence[bytes]:
        """See `adapters.marks.signature.Signable`."""
        return self.log_id.bytes, self.candles.to_bytes(8, "big"), self.digest, self.latest.encode()


def digest_after(before: bytes, pieces: Iterable[bytes]) -> bytes:
    """The digest (SHA-256 of the one before and the next piece) after these pieces of checksums, as they were added."""
    for piece in pieces:
        before = sha256(before + piece).digest()
    return before
