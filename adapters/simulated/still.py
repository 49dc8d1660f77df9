"""A market that stands still: each instrument at its last known price, second after second.

Where there is no tape and no stream, the log itself is the last that is known of prices: the last fill or signal of
an instrument, or the first limit that somebody names for one nobody has traded yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from domain.arithmetic import CEILING
from domain.candle import Candle
from domain.instrument import Instrument
from domain.log import Envelope
from domain.market import KnownPrice
from domain.order import OrderFilled, OrderPlaced
from domain.signal import SignalDetected

SECOND = timedelta(seconds=1)


class StillMarket:
    """`prices` (quote currency, by instrument) move only by what `hear` is told."""

    def __init__(self) -> None:
        self.prices: dict[str, Decimal] = {}
        self._traded: dict[str, str] = {}

    def hear(self, envelope: Envelope) -> None:
        """Takes up the price that this event tells, if any; events come in the order of the log."""
        match envelope.event:
            case OrderFilled():
                self.prices[self._traded[envelope.meta.stream]] = envelope.event.price
            case SignalDetected():
                self.prices[envelope.event.instrument] = envelope.event.price
            case OrderPlaced():
                self._placed(envelope.meta.stream, envelope.event)
            case _:
                pass

    def known(self, at: datetime) -> Sequence[KnownPrice]:
        """The last known prices, as they are at `at`."""
        return [KnownPrice(instrument=name, at=at, price=price) for name, price in self.prices.items()]

    def _placed(self, stream: str, terms: OrderPlaced) -> None:
        self._traded[stream] = terms.instrument
        if terms.limit_price is not None and not terms.reduce_only:
            self.prices.setdefault(terms.instrument, terms.limit_price)

    def candles(
        self, open_time: datetime, rules: Mapping[str, Instrument], volume_share: Decimal
    ) -> Sequence[Candle]:
        """One second from `open_time` on, of every instrument with a price.

        One order takes `volume_share` of a candle at most; there is enough of it for the largest.
        """
        return [
            _flat(name, open_time, price, CEILING.divide(rules[name].max_quantity, volume_share))
            for name, price in self.prices.items()
        ]


def _flat(instrument: str, open_time: datetime, price: Decimal, volume: Decimal) -> Candle:
    return Candle(
        instrument=instrument,
        interval=SECOND,
        open_time=open_time,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=volume,
    )
