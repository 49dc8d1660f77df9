"""The bearer of a token: the caller that it identifies. A token is read from the store at most every few seconds."""

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
"""How long a revoked token may still be accepted."""
_REMEMBERED = 1_000


class Bearers:
    """Finds callers by their tokens; safe to call from any thread."""

    def __init__(self, book: TokenBook, clock: Callable[[], float] = time.monotonic) -> None:
        self._book = book
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, Entry]] = OrderedDict()

    def caller(self, text: str) -> Caller:
        """The bearer of the token. Raises Unauthenticated where it is malformed, unknown or revoked.

        Reads the store where `remembered` returns None.
        """
        return self.remembered(text) or self._found(_read(text))

    def remembered(self, text: str) -> Caller | None:
        """The bearer of the token where memory holds it; None where the store must be read.

        Raises what `caller` raises.
        """
        token = _read(text)
        until, entry = self._seen.get(token.id, (-math.inf, None))
        return None if self._clock() >= until else _caller(_in_force(token, entry))

    def _found(self, token: Token) -> Caller:
        read_at, entry = self._clock(), _in_force(token, self._book.find(token.id))
        self._seen[token.id] = (read_at + REMEMBERED_SECONDS, entry)
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return _caller(entry)


def _read(text: str) -> Token:
    token = Token.read(text)
    if token is None:
        raise Unauthenticated("this is not a token of this program; `whence tokens create` makes one")
    return token


def _in_force(token: Token, entry: Entry | None) -> Entry:
    """The entry of a valid token. One message for every fault, so that a guess does not reveal which tokens exist."""
    if entry is None or entry.revoked_at is not None or not hmac.compare_digest(token.hash, entry.hash):
        raise Unauthenticated("this token is not in force")
    return entry


def _caller(entry: Entry) -> Caller:
    return Caller(entry.name, entry.role, entry.id)
