"""What the signature of one part of a snapshot covers."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Final, NamedTuple

from adapters.marks.mark import Link

_FORM: Final = Struct(">16sQ16sQ8sQQ32s")


class SignedPart(NamedTuple):
    """The part that ends at `link`; `body` and `beside` are its lengths in bytes, `digest` (32 bytes) is that of both.

    `fingerprint` is that of the code, `before` the signature of the part before (empty: the first part). It follows
    that nobody without a key of the installation can change a part, or give a log the part of another log, of another
    moment or of other code.
    """

    fingerprint: bytes
    before: bytes
    link: Link
    body: int
    beside: int
    digest: bytes

    @property
    def purpose(self) -> bytes:
        """See `adapters.marks.signature.Signable`."""
        return b"whence snapshot1"

    @property
    def parts(self) -> Sequence[bytes]:
        """See `adapters.marks.signature.Signable`."""
        return self.fingerprint, self.before, self.packed

    @property
    def packed(self) -> bytes:
        """The part's own fields, as they stand in the file."""
        return _FORM.pack(*self.link, self.body, self.beside, self.digest)

    @classmethod
    def unpacked(cls, fingerprint: bytes, before: bytes, stored: bytes) -> SignedPart:
        """The fields in `stored`, which has `PACKED` bytes."""
        *link, body, beside, digest = _FORM.unpack(stored)
        return cls(fingerprint, before, Link(*link), body, beside, digest)


PACKED: Final = _FORM.size
