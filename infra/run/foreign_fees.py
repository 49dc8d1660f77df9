"""A warning for each currency other than the account's in which the exchange takes fees, such as Binance's BNB."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from domain.log import Envelope
from domain.order import OrderFilled
from projections.sentences import plain

_log = logging.getLogger(__name__)


class ForeignFees:
    """An `Observer` that logs the first such fee of each currency. Every one is on its OrderFilled."""

    def __init__(self, currency: Callable[[], str]) -> None:
        """`currency` gives the account's currency."""
        self._currency = currency
        self._named: set[str] = set()

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """See `Observer`."""

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """See `Observer`."""
        for envelope in envelopes:
            event = envelope.event
            if isinstance(event, OrderFilled) and event.fee:
                self._name(event, envelope.meta.stream)

    def _name(self, fill: OrderFilled, stream: str) -> None:
        ours, theirs = self._currency(), fill.fee_currency
        if theirs == ours or theirs in self._named:
            return
        self._named.add(theirs)
        _log.warning(
            "the exchange takes fees in %s (first: %s %s for execution %s, %s): they are recorded with their fills, "
            "and neither the balance nor a result of this log, which are in %s, contains them",
            theirs,
            plain(fill.fee),
            theirs,
            fill.execution_id,
            stream,
            ours,
        )
