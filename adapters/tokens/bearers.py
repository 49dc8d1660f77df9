"""Who the bearer of a token is, asked of the store at most every few seconds."""

from __future__ import annotations

import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from adapters.tokens.book import Entry, TokenBook
from adapters.tokens.token import Token
from commands.caller import Caller
from domain.errors import Unauthenticated

REMEMBERED_SECONDS = 2.0
"""How long a revoked token may still be good."""
_REMEMBERED = 1_000


class Bearers:
    """Tells callers by their tokens; safe to call from any thread."""

    def __init__(self, book: TokenBook, clock: Callable[[], float] = time.monotonic) -> None:
        self._book = book
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, Entry]] = OrderedDict()

    def caller(self, text: str) -> Caller:
        """Who has this token. Raises Unauthenticated for one that is none, is unknown or was revoked.

        Reads the store where `remembered` has no answer.
        """
        return self.remembered(text) or self._asked(_read(text))

    def remembered(self, text: str) -> Caller | None:
        """As `caller`, without reading anything; None where the store has to be asked."""
        token = _read(text)
        until, entry = self._seen.get(token.id, (-math.inf, None))
        return None if self._clock() >= until else _caller(_in_force(token, entry))

    def _asked(self, token: Token) -> Caller:
        asked_at, entry = self._clock(), _in_force(token, self._book.find(token.id))
        self._seen[token.id] = (asked_at + REMEMBERED_SECONDS, entry)
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return _caller(entry)


def _read(text: str) -> Token:
    token = Token.read(text)
    if token is None:
        raise Unauthenticated("this is not a token of this program; `whence tokens create` makes one")
    return token


def _in_force(token: Token, entry: Entry | None) -> Entry:
    """The same words whatever is wrong, so that nobody learns which tokens there are."""
    if entry is None or entry.revoked_at is not None or not hmac.compare_digest(token.hash, entry.hash):
        raise Unauthenticated("this token is not in force")
    return entry


def _caller(entry: Entry) -> Caller:
    return Caller(entry.name, entry.role, entry.id)
