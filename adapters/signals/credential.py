"""Which source sent a request, by its signature or by the secret in its body.

Signatures follow the Standard Webhooks specification, as this program's own alerts do: `webhook-signature` is `v1,` and
the base64 of HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>`.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from adapters.alerts.webhook import signature
from adapters.signals.settings import Access, SignalSettings, SourceSettings
from domain.errors import InvalidInput, NotAllowed, Unauthenticated

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
NO_CREDENTIAL = (
    "no credential: send `Authorization: Bearer …`, a signature in webhook-signature, or `secret` in the body"
)
_SECONDS = re.compile("[0-9]{1,12}")
_MOST_SIGNATURES = 10
"""The signatures of one request: a sender that changes its secret signs with both."""


@dataclass(frozen=True, slots=True)
class Known:
    """A source with the key of its secret, which is empty for a source with a token."""

    source: SourceSettings
    key: bytes = field(repr=False, default=b"")


class Sources:
    """The sources of the settings, found by what only they know. Every comparison takes constant time, and all sources
    are compared, so that the time of an answer depends on no secret.
    """

    def __init__(self, settings: SignalSettings, keys: Mapping[str, bytes]) -> None:
        """`keys` has the key of every source with a secret, by name."""
        self._replay_seconds = settings.replay_seconds
        self._known = [Known(one, keys.get(one.name, b"")) for one in settings.sources]

    def of_token(self, name: str) -> SourceSettings:
        """The source of this name. Raises NotAllowed where there is none, or it has no token."""
        for source in self._with(Access.TOKEN):
            if source.source.name == name:
                return source.source
        raise NotAllowed(f"the settings have no source {name} with access TOKEN")

    def of_signature(self, headers: Mapping[str, str], body: bytes, now: float) -> SourceSettings:
        """The source that signed the body. `now` is in seconds since 1970.

        Raises Unauthenticated where no source signed it, or a source signed it too long ago; InvalidInput where a
        header of the signature is missing or malformed.
        """
        sent_id, sent_at = headers.get(ID, ""), headers.get(TIMESTAMP, "")
        if not sent_id or not sent_id.isascii():
            raise InvalidInput(f"a signed request has the header {ID}")
        if not _SECONDS.fullmatch(sent_at):
            raise InvalidInput(f"a signed request has the header {TIMESTAMP}: whole seconds since 1970")
        given = headers.get(SIGNATURE, "").split(" ")[:_MOST_SIGNATURES]
        found = self._only(
            known
            for known in self._with(Access.SIGNATURE)
            if _is_one(signature(known.key, sent_id, sent_at, body), given)
        )
        away = abs(now - int(sent_at))
        if away > self._replay_seconds:
            raise Unauthenticated(
                f"the signature's time is {away:.0f} s from this machine's clock; {self._replay_seconds} s are accepted"
            )
        return found

    def of_secret(self, secret: object) -> SourceSettings:
        """The source whose body has this secret; None is a body without one. Raises Unauthenticated."""
        if secret is None:
            raise Unauthenticated(NO_CREDENTIAL)
        given = _digest(secret.encode() if isinstance(secret, str) else b"")
        return self._only(
            known for known in self._with(Access.BODY) if hmac.compare_digest(_digest(known.key), given)
        )

    def _with(self, access: Access) -> Iterable[Known]:
        return [known for known in self._known if known.source.access is access]

    @staticmethod
    def _only(found: Iterable[Known]) -> SourceSettings:
        all_found = list(found)
        if not all_found:
            raise Unauthenticated("no source of the settings has this credential")
        return all_found[0].source


def _digest(secret: bytes) -> bytes:
    """A digest to compare: the time to compare two texts would depend on their lengths."""
    return sha256(secret).digest()


def _is_one(expected: str, given: Iterable[str]) -> bool:
    """Whether one of the given signatures is the expected one; all are compared."""
    compared = [hmac.compare_digest(expected.encode(), one.encode()) for one in given]
    return any(compared)
