"""The moment of a signal: everything that features may read."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from domain.features.bars import Bars
from domain.portfolio import Portfolio
from domain.signal import SignalDetected


class Moment(Struct, frozen=True, gc=False, kw_only=True):
    """A signal at `at` (UTC), with the bars of its instrument and of BTC, and the account before its decision.

    `bars` and `bitcoin` are None where no candle of them was read lately. They may be one object.
    """

    signal: SignalDetected
    at: datetime
    bars: Bars | None
    bitcoin: Bars | None
    portfolio: Portfolio
