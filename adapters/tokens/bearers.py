"""The bearer of a token: the caller that it identifies. All tokens in force are read together, every few seconds."""

from __future__ import annotations

import hmac
import math
import time
from collections.abc import Callable, Mapping

from adapters.tokens.book import Entry, TokenBook
from adapters.tokens.token import Token
from commands.caller import Caller
from domain.errors import Unauthenticated

REMEMBERED_SECONDS = 2.0
"""How long a revoked token may still be accepted."""


class Bearers:
    """Finds callers by their tokens; safe to call from any thread.

    Memory holds every token in force, so that a valid token is found whatever invalid ones are tried beside it.
    """

    def __init__(self, book: TokenBook, clock: Callable[[], float] = time.monotonic) -> None:
        self._book = book
        self._clock = clock
        self._read: tuple[float, Mapping[str, Entry]] = (-math.inf, {})

    def caller(self, text: str) -> Caller:
        """The bearer of the token. Raises Unauthenticated where it is malformed, unknown or revoked.

        Reads the store where `remembered` returns None.
        """
        remembered = self.remembered(text)
        if remembered is not None:
            return remembered
        self.refresh()
        return self.found(text)

    def remembered(self, text: str) -> Caller | None:
        """The bearer of the token where memory holds it; None where the store must be read, because the last reading
        is old or does not have the token.

        Raises Unauthenticated where the token is malformed, or its secret is not that of the token in force.
        """
        token = _parsed(text)
        read_at, entries = self._read
        if self._clock() >= read_at + REMEMBERED_SECONDS or token.id not in entries:
            return None
        return _caller(token, entries[token.id])

    def refresh(self) -> None:
        """Reads the tokens in force. Raises StoreError."""
        began = self._clock()
        self._read = (began, {entry.id: entry for entry in self._book.in_force()})

    def found(self, text: str) -> Caller:
        """The bearer of the token by the last reading. Raises Unauthenticated where it is malformed or not in it."""
        token = _parsed(text)
        return _caller(token, self._read[1].get(token.id))


def _parsed(text: str) -> Token:
    token = Token.read(text)
    if token is None:
        raise Unauthenticated("this is not a token of this program; `whence tokens create` makes one")
    return token


def _caller(token: Token, entry: Entry | None) -> Caller:
    """The bearer of a valid token. One message for every fault, so that a guess does not reveal which tokens exist."""
    if entry is None or not hmac.compare_digest(token.hash, entry.hash):
        raise Unauthenticated("this token is not in force")
    return Caller(entry.name, entry.role, entry.id)
