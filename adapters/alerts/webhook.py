"""Delivers messages by HTTP POST as JSON, signed as the Standard Webhooks specification 1.0 describes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping

from adapters.alerts.http import status_of
from adapters.alerts.notice import Message
from adapters.alerts.place import Undelivered

_PREFIX = "whsec_"


class Webhook:
    """Posts to `url`. Every status from 200 to 299 confirms the message; a redirect is not followed.

    With a `secret` the header `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over
    `<webhook-id>.<webhook-timestamp>.<body>`. A secret `whsec_…` is base64, as in the specification; any other secret
    is the key itself.
    """

    name = "webhook"

    def __init__(self, url: str, secret: str = "", clock: Callable[[], float] = time.time) -> None:
        self._url, self._key, self._clock = url, key_of(secret) if secret else b"", clock

    def deliver(self, message: Message) -> None:
        """See `Place`. The URL and the response are not in the error, because both may hold secrets."""
        body = message.body()
        headers = self._headers(message.id, body)
        status = status_of("the webhook", "POST", self._url, body=body, headers=headers)
        if not 200 <= status < 300:
            raise Undelivered(f"the webhook answered with status {status}")

    def _headers(self, message_id: str, body: bytes) -> Mapping[str, str]:
        sent_at = str(int(self._clock()))
        headers = {
            "content-type": "application/json",
            "user-agent": "whence",
            "webhook-id": message_id,
            "webhook-timestamp": sent_at,
        }
        if not self._key:
            return headers
        return headers | {"webhook-signature": signature(self._key, message_id, sent_at, body)}


def key_of(secret: str) -> bytes:
    """The key of a secret. Raises ValueError where the part after `whsec_` is not base64."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"a secret that begins with {_PREFIX} is base64 after it") from None


def signature(key: bytes, message_id: str, sent_at: str, body: bytes) -> str:
    """The value of `webhook-signature`: `v1,` and the base64 of the HMAC-SHA256."""
    signed = b".".join((message_id.encode(), sent_at.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
