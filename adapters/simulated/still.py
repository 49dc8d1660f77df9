"""A market that stands still: each instrument trades at its last known price, second after second.

Without a tape or a price stream, a price comes from a market feed that was played on the log before: from the record of
the last candles, from the close that a strategy read, or from an execution on the tape. The price of a signal from
outside, and the limits, triggers and targets of orders, are wishes of their senders and never a price of the market.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import CEILING
from domain.candle import Candle, is_candle
from domain.instrument import Instrument
from domain.log import Envelope
from domain.market import KnownPrice
from domain.order import OrderFilled, OrderPlaced
from domain.signal import SignalDetected

SECOND = timedelta(seconds=1)


class KeptPrices(Struct, frozen=True, gc=False):
    """The last prices (quote currency, by instrument) with their times, and those of executions by hand."""

    prices: Mapping[str, tuple[Decimal, datetime]]
    executed: Mapping[str, Decimal]


class StillMarket:
    """`prices` (in quote currency, by instrument) are those of a market feed; runs by hand never change them.

    `executed` are the prices of the last fills in runs by hand of instruments that no feed has priced. Logs of earlier
    versions hold such positions. They can be closed at that price, and nothing else is judged or bought at it.
    """

    def __init__(self, by_hand: str) -> None:
        """`by_hand` is the source (`Meta.source`) of the events of runs without a market feed."""
        self.prices: dict[str, Decimal] = {}
        self.executed: dict[str, Decimal] = {}
        self._by_hand = by_hand
        self._since: dict[str, datetime] = {}
        self._traded: dict[str, str] = {}
        self._traded_before: Callable[[str], str] = self._traded.__getitem__

    def observe(self, envelope: Envelope) -> None:
        """Updates the prices from an event; events are passed in the order of the log."""
        match envelope.event:
            case OrderPlaced():
                self._traded[envelope.meta.stream] = envelope.event.instrument
            case OrderFilled():
                self._filled(self._instrument(envelope.meta.stream), envelope, envelope.event.price)
            case SignalDetected() if is_candle(envelope.meta.causation_id):
                self._fed(envelope.event.instrument, envelope.meta.recorded_at, envelope.event.price)
            case _:
                pass

    def take(self, feed: Sequence[KnownPrice]) -> None:
        """Takes the last prices of a market feed; a price older than the known one changes nothing."""
        for one in feed:
            if one.at >= self._since.get(one.instrument, one.at):
                self._fed(one.instrument, one.at, one.price)

    def known(self, at: datetime) -> Sequence[KnownPrice]:
        """The prices of the market, dated `at`."""
        return [KnownPrice(instrument=name, at=at, price=price) for name, price in self.prices.items()]

    def kept(self) -> KeptPrices:
        """The prices for a snapshot."""
        prices = {name: (price, self._since[name]) for name, price in self.prices.items()}
        return KeptPrices(prices, dict(self.executed))

    def restore(self, kept: KeptPrices, traded: Callable[[str], str]) -> None:
        """Takes the prices of a snapshot; `traded` returns the instrument of an earlier order, by stream."""
        self.prices = {name: price for name, (price, _) in kept.prices.items()}
        self._since = {name: since for name, (_, since) in kept.prices.items()}
        self.executed, self._traded_before = dict(kept.executed), traded

    def _instrument(self, stream: str) -> str:
        return self._traded.get(stream) or self._traded_before(stream)

    def _filled(self, instrument: str, envelope: Envelope, price: Decimal) -> None:
        if envelope.meta.source != self._by_hand:
            self._fed(instrument, envelope.meta.recorded_at, price)
        elif instrument not in self.prices:
            self.executed[instrument] = price

    def _fed(self, instrument: str, at: datetime, price: Decimal) -> None:
        self.prices[instrument], self._since[instrument] = price, at
        self.executed.pop(instrument, None)

    def candles(
        self, open_time: datetime, rules: Mapping[str, Instrument], volume_share: Decimal
    ) -> Sequence[Candle]:
        """One-second candles that open at `open_time`, one for each instrument with a price or an execution.

        Their volume suffices to fill the largest order although one order takes at most the share `volume_share` of it.
        """
        return [
            _flat(name, open_time, price, CEILING.divide(rules[name].max_quantity, volume_share))
            for name, price in {**self.executed, **self.prices}.items()
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
