"""A market that stands still: each instrument trades at its last known price, second after second.

Without a tape or a price stream, the last known price comes from the log: the last fill or signal of an instrument, or
the limit price of its first entry where the instrument has neither fill nor signal.
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
    """`prices` (in quote currency, by instrument) change only by the events passed to `observe`."""

    def __init__(self) -> None:
        self.prices: dict[str, Decimal] = {}
        self._traded: dict[str, str] = {}

    def observe(self, envelope: Envelope) -> None:
        """Updates the prices from an event; events are passed in the order of the log."""
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
        """The last known prices, dated `at`."""
        return [KnownPrice(instrument=name, at=at, price=price) for name, price in self.prices.items()]

    def _placed(self, stream: str, terms: OrderPlaced) -> None:
        self._traded[stream] = terms.instrument
        if terms.limit_price is not None and not terms.reduce_only:
            self.prices.setdefault(terms.instrument, terms.limit_price)

    def candles(
        self, open_time: datetime, rules: Mapping[str, Instrument], volume_share: Decimal
    ) -> Sequence[Candle]:
        """One-second candles that open at `open_time`, one for each instrument with a price.

        Their volume suffices to fill the largest order although one order takes at most the share `volume_share` of it.
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
