"""Follows the volatility of the instruments, and requests the leverage of its step while nothing depends on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from commands.identity import ENGINE, Identity
from commands.leverage import RequestLeverage
from commands.reconciliation import subject_of
from commands.stimulus import Ask
from commands.stray_orders import GONE
from domain.account import Account
from domain.arithmetic import ONE
from domain.breaker import Mode
from domain.candle import Candle, cause_of
from domain.instrument import Instrument
from domain.leverage.change import LeverageChangeRequested
from domain.leverage.reader import Confirmed, VolatilityReaders
from domain.leverage.settings import LeverageSettings
from domain.log import chain_id
from domain.market import MarketEvent
from domain.portfolio import Portfolio
from domain.reconciliation.differences import PositionQuantityDiffers, PositionUnknownToUs

_LEVERAGE = "/leverage"
"""What follows a candle's fact in the fact from which the chain of a change is made."""
_AT_ONCE = 5
"""The most requests at one instant: they are sent one after another, and prices and reports wait meanwhile."""
_POSITIONS = (PositionQuantityDiffers, PositionUnknownToUs, *GONE)
"""The kinds of difference that state another position at the exchange than in the log."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Leveraging:
    """The readers of one engine, and the changes that follow from them."""

    def __init__(self, settings: LeverageSettings, identity: Identity) -> None:
        self._readers = VolatilityReaders(settings)
        self._least = timedelta(seconds=settings.least_seconds)
        self._identity = identity

    def take(self, candle: Candle) -> None:
        """Reads a closed candle of the market. Raises what `VolatilityReaders.take` raises."""
        self._readers.take(candle)

    def due(self, at: datetime, events: Sequence[MarketEvent], portfolio: Portfolio) -> Sequence[Ask]:
        """The changes that are due at `at` (UTC), of instruments of which one of these events is a closed candle.

        At most `_AT_ONCE` at one instant, those first that were attempted longest ago. The rest is looked at again at
        the next candle of its instrument.
        """
        found = {event.instrument: event for event in events if type(event) is Candle}
        wanted = [one for one in self._wanted(portfolio, found) if at >= self._earliest(one, portfolio)]
        if not wanted:
            return ()
        left = _AT_ONCE - sum(one.requested_at == at for one in portfolio.leverages.values())
        first = sorted(wanted, key=lambda name: self._earliest(name, portfolio))[: max(left, 0)]
        return [self._change(found[name], portfolio) for name in first]

    def idle_before(self, portfolio: Portfolio) -> datetime | None:
        """Before this time (UTC) no candle leads to a change unless another step is confirmed; None: no time is known.

        A change that waits for a close is looked at again when that is reported.
        """
        wanted = self._wanted(portfolio, self._readers.confirmed)
        return min((self._earliest(name, portfolio) for name in wanted), default=None)

    def _wanted(self, portfolio: Portfolio, instruments: Iterable[str]) -> Sequence[str]:
        """Those of the instruments whose leverage in force is another one than is confirmed, and may be changed now."""
        if not isinstance(portfolio.account_state, Account):
            return ()
        found = [
            name
            for name in instruments
            if (confirmed := self._readers.confirmed_of(name)) is not None
            and _is_wanted(confirmed, portfolio)
        ]
        return found if found and _is_certain(portfolio) else ()

    def _earliest(self, instrument: str, portfolio: Portfolio) -> datetime:
        before = portfolio.leverages.get(instrument)
        return _LONG_AGO if before is None else before.last_at + self._least

    def _change(self, candle: Candle, portfolio: Portfolio) -> Ask:
        name, cause = candle.instrument, cause_of(candle)
        confirmed = self._readers.confirmed_of(name)
        assert confirmed is not None
        change = LeverageChangeRequested(
            instrument=name,
            leverage=_leverage(confirmed, portfolio.instruments[name]),
            before=portfolio.leverage_in_force(name),
            step_leverage=confirmed.step.leverage,
            from_volatility=confirmed.step.volatility,
            volatility=confirmed.volatility,
            candles=confirmed.candles,
            interval_seconds=int(confirmed.candle.interval.total_seconds()),
            candle_closed_at=confirmed.candle.close_time,
        )
        return Ask(
            command=RequestLeverage(change),
            cause=cause,
            occurred_at=candle.close_time,
            actor=ENGINE,
            chain=chain_id(self._identity.log_id, self._identity.account, cause + _LEVERAGE),
        )


def _leverage(confirmed: Confirmed, rules: Instrument) -> Decimal:
    """The step's leverage, at most the instrument's maximum in whole numbers: some exchanges take no others."""
    most = max(rules.max_leverage.to_integral_value(ROUND_FLOOR), ONE)
    return min(confirmed.step.leverage, most)


def _is_wanted(confirmed: Confirmed, portfolio: Portfolio) -> bool:
    """Whether the leverage in force is another one, and may be changed now."""
    name = confirmed.candle.instrument
    rules, before = portfolio.instruments.get(name), portfolio.leverages.get(name)
    if rules is None:
        return False
    if before is not None and before.state.requested is not None:
        return False
    wanted = _leverage(confirmed, rules)
    return wanted != portfolio.leverage_in_force(name) and is_flat(name, portfolio)


def is_flat(instrument: str, portfolio: Portfolio) -> bool:
    """Whether nothing in the instrument depends on its leverage: no position, order, grid or pending reversal.

    A position that only the exchange has, and that a person has accepted, depends on it, too.
    """
    return not (
        portfolio.is_engaged(instrument)
        or instrument in portfolio.reversals
        or any(order.terms.instrument == instrument for order in portfolio.exits.values())
        or any(subject_of(one, *_POSITIONS) == instrument for one in portfolio.discrepancies.accepted)
    )


def _is_certain(portfolio: Portfolio) -> bool:
    """Whether the log is known to agree with the exchange, which answers, also requests for another leverage."""
    found = portfolio.discrepancies
    return (
        not found.reconciling
        and not found.unresolved
        and not any(one.mode is not Mode.CLOSED for one in portfolio.breakers.values())
        and not any(one.state.is_unclear for one in portfolio.leverages.values())
    )
