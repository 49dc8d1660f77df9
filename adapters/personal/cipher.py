"""AES-SIV (RFC 5297) of one personal text: deterministic, so that equal texts of one account give equal tokens."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from adapters.marks.key import Key

_PURPOSE = b"whence personal text 1"
_BLOCKS = 4
"""Blocks of 16 bytes: AES-SIV with AES-256 takes a key of 64."""


class Cipher:
    """Seals and opens the texts of one account under one key; `repr` shows the key's id only."""

    __slots__ = ("_account", "_siv", "key_id")

    def __init__(self, key: Key, account: str) -> None:
        self.key_id, self._account = key.id.hex(), account.encode()
        # The key in counter mode (NIST SP 800-108, section 4.1), with HMAC-SHA256 truncated to 16 bytes.
        derived = b"".join(key.code(bytes([block]) + _PURPOSE) for block in range(1, _BLOCKS + 1))
        self._siv = AESSIV(derived)

    def seal(self, field: str, text: str) -> str:
        """The text as `domain.sealed` describes it. The ciphertext is bound to the account and the field."""
        sealed = self._siv.encrypt(text.encode(), self._bound_to(field))
        return f"~{field}.{self.key_id}.{urlsafe_b64encode(sealed).decode().rstrip('=')}~"

    def opened(self, field: str, ciphertext: str) -> str | None:
        """The text of a ciphertext in base64url; None where it was not made by this key for this account and field."""
        try:
            sealed = urlsafe_b64decode(ciphertext + "=" * (-len(ciphertext) % 4))
            return self._siv.decrypt(sealed, self._bound_to(field)).decode()
        except (ValueError, InvalidTag):
            return None

    def _bound_to(self, field: str) -> list[bytes]:
        return [_PURPOSE, self._account, field.encode()]

    def __repr__(self) -> str:
        return f"Cipher({self.key_id})"
