"""The confirmation of a draft: a signed text with the order's terms, which `placeOrder` accepts for a limited time.

So the placed order has the terms that the person was shown. Confirmations are not stored: each contains its actor,
account, idempotency key and expiry. The processes of one API share the signing secret, which is never stored, so after
a restart of the program an order must be drafted again.
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
"""How long a draft's order can be placed."""

_DRAFT_AGAIN = "draft the order again"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`key` is the draft's idempotency key. The order is placed with the same key, so it is placed at most once."""

    actor: str
    account: str
    key: str
    terms: ManualTerms
    expires_at: datetime


_WIRE = TypeAdapter(Confirmation)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs confirmations with HMAC-SHA256 (RFC 2104), and refuses confirmations with another signature."""

    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def sign(self, confirmation: Confirmation) -> str:
        """The confirmation as text, with its signature."""
        body = _WIRE.dump_json(confirmation)
        return f"{_text(body)}.{_text(self._signature(body))}"

    def read(self, text: str, now: datetime) -> Confirmation:
        """Reads a confirmation. Raises InvalidInput where this program has not signed it, Refused where it expired."""
        body, _, signature = text.partition(".")
        if not hmac.compare_digest(_bytes(signature), self._signature(_bytes(body))):
            raise InvalidInput(f"this program has not signed that confirmation; {_DRAFT_AGAIN}")
        confirmation = unverified(text)
        if confirmation is None:
            raise InvalidInput(f"that confirmation cannot be read; {_DRAFT_AGAIN}")
        if now >= confirmation.expires_at:
            raise Refused(
                f"the draft was valid until {confirmation.expires_at:%Y-%m-%d %H:%M:%S} UTC; {_DRAFT_AGAIN}"
            )
        return confirmation

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self.secret, body, sha256)


def unverified(text: str) -> Confirmation | None:
    """The confirmation's content without a check of its signature; None where it cannot be read.

    The content may only be used to look up the response to an earlier request, never to place an order.
    """
    try:
        return _WIRE.validate_json(_bytes(text.partition(".")[0]))
    except ValidationError:
        return None


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    """The bytes of one part of a confirmation; empty unless `_text` returns exactly this text for the bytes, because
    the decoder ignores invalid characters."""
    try:
        data = urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
    return data if _text(data) == text else b""
