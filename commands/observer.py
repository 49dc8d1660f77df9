"""The observers: are notified of the engine's candles and units, and change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from domain.candle import Candle
from domain.log import Envelope


class Observer(Protocol):
    """The engine's thread calls these methods between two units; they must return at once and raise nothing."""

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """A candle of the instrument closed at the price `close` (quote currency), at the market's time `at`."""
        ...

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """One unit of work is durable. Not called for recalled units.

        `worked` is the time from the stimulus to its last decision, `appended` the time from that decision until the
        log responded, both in wall-clock seconds. If `envelopes` hold a DecisionMade, `worked` is the time from signal
        to decision. If they hold an OrderPlaced, `appended` is the time from decision to durable order intent.
        """
        ...


class CandleObserver(Protocol):
    """The engine's thread calls this method between two units; it must return at once and raise nothing."""

    def closed(self, candles: Sequence[Candle]) -> None:
        """The engine has taken these closed candles, in order: those of the market, and past ones that warm strategies.
        A candle can come again, after a restart or a recall of the log.
        """
        ...
