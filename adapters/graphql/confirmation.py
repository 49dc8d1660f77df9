"""A draft's confirmation: its terms, signed, so that what is placed is what was shown, and soon after.

Nothing is kept: the confirmation itself says whose it is, for which account and key, and until when. Its secret is this
process's own; after a restart one drafts again.
"""

from __future__ import annotations

import binascii
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from pydantic import TypeAdapter, ValidationError

from commands.request import ManualTerms
from domain.errors import InvalidInput, Refused

GOOD_FOR = timedelta(minutes=2)
"""How long the prices of a draft are taken for those of the order."""

_DRAFT_AGAIN = "draft the order again"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`key` is the idempotency key of the draft: with it the order is placed, and so at most once."""

    actor: str
    account: str
    key: str
    terms: ManualTerms
    expires_at: datetime


_WIRE = TypeAdapter(Confirmation)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs confirmations by HMAC-SHA256 (RFC 2104), and reads none but its own."""

    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def sign(self, confirmation: Confirmation) -> str:
        """The confirmation as its owner takes it along."""
        body = _WIRE.dump_json(confirmation)
        return f"{_text(body)}.{_text(self._mark(body))}"

    def read(self, text: str, now: datetime) -> Confirmation:
        """Raises InvalidInput for one that this process has not signed, Refused for one whose time is over."""
        body, _, mark = text.partition(".")
        if not hmac.compare_digest(_bytes(mark), self._mark(_bytes(body))):
            raise InvalidInput(f"this program has not signed that confirmation; {_DRAFT_AGAIN}")
        confirmation = spelled(text)
        if confirmation is None:
            raise InvalidInput(f"that confirmation cannot be read; {_DRAFT_AGAIN}")
        if now >= confirmation.expires_at:
            raise Refused(
                f"the draft was good until {confirmation.expires_at:%Y-%m-%d %H:%M:%S} UTC; {_DRAFT_AGAIN}"
            )
        return confirmation

    def _mark(self, body: bytes) -> bytes:
        return hmac.digest(self.secret, body, sha256)


def spelled(text: str) -> Confirmation | None:
    """What a confirmation says, whoever signed it: good for asking what became of it, never for placing an order."""
    try:
        return _WIRE.validate_json(_bytes(text.partition(".")[0]))
    except ValidationError:
        return None


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
