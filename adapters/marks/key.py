"""A secret key of the installation, and its HMAC."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

SECRET_BYTES: Final = 32
ID_BYTES: Final = 8
CODE_BYTES: Final = 16

_BLOCK: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


class Key:
    """A key. `id` (8 bytes) is derived from the secret, and `repr` and `str` never show the secret."""

    __slots__ = ("_inner", "_outer", "id")

    def __init__(self, secret: bytes) -> None:
        """`secret` has 32 bytes."""
        assert len(secret) == SECRET_BYTES
        self.id = sha256(b"whence key id" + secret).digest()[:ID_BYTES]
        padded = secret.ljust(_BLOCK, b"\0")
        self._inner, self._outer = sha256(padded.translate(_INNER)), sha256(padded.translate(_OUTER))

    def code(self, message: bytes) -> bytes:
        """The first 16 bytes of HMAC-SHA256 (RFC 2104, truncated as in its section 5).

        The two hashes that have consumed the key are copied: `hmac.digest` takes more than twice the time.
        """
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()[:CODE_BYTES]

    def __repr__(self) -> str:
        return f"Key({self.id.hex()})"
