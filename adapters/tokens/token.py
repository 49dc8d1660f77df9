"""A token as its bearer has it: `whence_<id>_<secret>`."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

_SPELLED = re.compile(r"whence_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
IN_A_TEXT = re.compile(r"whence_[0-9a-f]{12}_[A-Za-z0-9_-]+")
"""Finds tokens where there must be none, as in a log."""


@dataclass(frozen=True, slots=True)
class Token:
    """`id` may be seen by anybody; `secret` is 256 random bits and is never kept."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def mint(cls) -> Token:
        """A new one, from the operating system's randomness."""
        return cls(secrets.token_hex(6), secrets.token_urlsafe(32))

    @classmethod
    def read(cls, text: str) -> Token | None:
        """The token that is spelled there; None where it is none."""
        found = _SPELLED.fullmatch(text)
        return None if found is None else cls(found[1], found[2])

    @property
    def spelled(self) -> str:
        """What the bearer is told, once."""
        return f"whence_{self.id}_{self.secret}"

    @property
    def hash(self) -> bytes:
        """SHA-256 of the secret: what is kept.

        A slow hash protects what people make up; of 256 random bits nobody tries even a trifle, and every request
        would pay for it.
        """
        return hashlib.sha256(self.secret.encode()).digest()
