"""The last prices of a market feed: of the candles that were last played on a log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from adapters.played import PlayedStore
from adapters.played.record import Figures
from domain.market import KnownPrice

_log = logging.getLogger(__name__)

Feed = Callable[[UUID, int], Sequence[KnownPrice]]
"""The last prices of the market of the log with this id; empty where no feed is known.

The number is that of the candles that the log's last mark counts: prices from before that mark are not the last.
"""


def no_feed(_log_id: UUID, _marked: int) -> Sequence[KnownPrice]:
    """The feed of a log without a market."""
    return ()


def played_prices(store: PlayedStore | None) -> Feed:
    """The closes of the last candles in the record of played candles; no feed without a record."""
    return no_feed if store is None else lambda log_id, marked: _prices(store, log_id, marked)


def _prices(store: PlayedStore, log_id: UUID, marked: int) -> Sequence[KnownPrice]:
    """The closes; none, with a warning, where the record is older than the log's last mark, or holds other figures than
    candles have.
    """
    played = store.read(log_id)
    if played.latest and len(played.checksums) < marked:
        _log.warning(
            "the record of played candles gives no prices: it ends at candle %d, and the log's last mark was made at "
            "candle %d",
            len(played.checksums),
            marked,
        )
        return ()
    try:
        return list(_closes(played.latest))
    except (KeyError, ValueError, ArithmeticError) as fault:
        _log.warning("the record of played candles gives no prices: %s", fault)
        return ()


def _closes(latest: Sequence[Figures]) -> Iterator[KnownPrice]:
    by_instrument: dict[str, list[Figures]] = {}
    for candle in latest:
        by_instrument.setdefault(candle["instrument"] or "", []).append(candle)
    for name, candles in by_instrument.items():
        opened = [datetime.fromisoformat(candle["open_time"] or "") for candle in candles]
        yield KnownPrice(
            instrument=name, at=opened[-1] + _interval(opened), price=Decimal(candles[-1]["close"] or "")
        )


def _interval(opened: Sequence[datetime]) -> timedelta:
    """The shortest time between two candles, because the record holds no intervals; 0 for a single candle."""
    return min((later - earlier for earlier, later in pairwise(opened)), default=timedelta())
