"""A token as its bearer sends it: `whence_<id>_<secret>`."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

_SPELLED = re.compile(r"whence_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
IN_A_TEXT = re.compile(r"whence_[0-9a-f]{12}_[A-Za-z0-9_-]+")
"""Finds tokens in texts that must not hold any, such as a log."""


@dataclass(frozen=True, slots=True)
class Token:
    """`id` is public; `secret` is 256 random bits and is never stored."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def mint(cls) -> Token:
        """A new token, from the operating system's randomness."""
        return cls(secrets.token_hex(6), secrets.token_urlsafe(32))

    @classmethod
    def read(cls, text: str) -> Token | None:
        """The token in `text`; None where `text` is not a token."""
        found = _SPELLED.fullmatch(text)
        return None if found is None else cls(found[1], found[2])

    @property
    def spelled(self) -> str:
        """The token as text, which is shown to its bearer once."""
        return f"whence_{self.id}_{self.secret}"

    @property
    def hash(self) -> bytes:
        """SHA-256 of the secret. The store holds this hash instead of the secret.

        A slow hash would only protect secrets that can be guessed, and would slow down every request. 256 random bits
        cannot be guessed.
        """
        return hashlib.sha256(self.secret.encode()).digest()
