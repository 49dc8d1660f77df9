"""Rows that cannot be read, each kept once: polls list the same rows again and again."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from adapters.ccxt.failure import RAISED
from adapters.instruments.document import Table
from domain.errors import InvalidInput

T = TypeVar("T")
_REMEMBERED = 10_000
_PARSERS = ("parse_order", "parse_trade")
_IS_UNREADABLE = "whenceUnreadable"


class Unreadable:
    """`keep` gets the content of a row and why it cannot be read, in the thread that has read it.

    The newest 10,000 are remembered. Any thread may call it.
    """

    def __init__(self, keep: Callable[[object, str], None]) -> None:
        self._keep, self._lock = keep, Lock()
        self._seen: dict[tuple[str, str], None] = {}

    def refuse(self, row: object, reason: str, key: str = "") -> None:
        """Keeps the row, unless one of this key was kept for this reason; without a key its content is the key."""
        seen = (key or str(row), reason)
        with self._lock:
            if seen in self._seen:
                return
            self._seen[seen] = None
            if len(self._seen) > _REMEMBERED:
                del self._seen[next(iter(self._seen))]
        self._keep(row, reason)

    def read(self, row: object, reader: Callable[[], T], key: str = "") -> T | None:
        """What the reader makes of the row; None where that raises InvalidInput, after the row was kept."""
        try:
            return reader()
        except InvalidInput as fault:
            self.refuse(row, str(fault), key)
            return None


def skip_unreadable(ccxt: Any, unreadable: Unreadable) -> None:
    """Makes a client of ccxt list the other rows where it cannot parse one, which otherwise fails the whole list.

    In the place of the row it returns one of no market, which `is_skipped` recognises.
    """
    for name in _PARSERS:
        setattr(ccxt, name, _skipping(getattr(ccxt, name), unreadable))


def is_skipped(row: Table) -> bool:
    """Whether ccxt could not parse the row that was in this place."""
    return row.get(_IS_UNREADABLE) is True


def _skipping(parse: Callable[..., Any], unreadable: Unreadable) -> Callable[..., Any]:
    def skipping(row: object, market: object = None) -> Any:
        try:
            return parse(row, market)
        except RAISED as fault:
            unreadable.refuse(row, f"ccxt cannot parse it: {type(fault).__name__}: {fault}")
            return {_IS_UNREADABLE: True, "id": "", "symbol": None, "timestamp": 0, "info": row}

    return skipping
