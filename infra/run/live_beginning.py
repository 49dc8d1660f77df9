"""What a live run finds at the exchange before it trades: what can refuse a start is queried before terms are set."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from commands.other_logs import instruments_held_by_other_logs
from commands.venue_account import TradingTerms, check, check_market_time, set_terms
from commands.world import World
from domain.errors import Refused
from domain.instrument import Instrument
from infra.run.live_plan import LivePlan, LiveVenue, check_leverage, rules_of, stake_of
from infra.run.stake import Stake

_log = logging.getLogger(__name__)


class LiveBeginning:
    """`listed` are the rules of the instruments that the log does not have yet, `stake` the money of an empty log, and
    `traded` the ids of what the exchange trades now, all after `check`.
    """

    def __init__(self, world: World, venue: LiveVenue, plan: LivePlan, instruments: Sequence[str]) -> None:
        """`instruments` are those of the plan and those that the log trades."""
        self._world, self._venue, self._plan, self._instruments = world, venue, plan, instruments
        self._differing: Sequence[TradingTerms] = ()
        self.listed: Sequence[Instrument] = ()
        self.stake: Stake | None = None
        self.traded: frozenset[str] = frozenset()

    def leverages(self, instrument: str) -> Sequence[Decimal]:
        """Those that the log expects of an instrument; that of the plan where the log is empty."""
        return (
            (self._plan.leverage,) if self._is_empty else self._world.portfolio.possible_leverages(instrument)
        )

    @property
    def _of_account(self) -> Decimal:
        return self._plan.leverage if self._is_empty else self._world.portfolio.account.leverage

    def check(self, at: datetime) -> None:
        """Queries the account at `at` (UTC), and changes nothing.

        An instrument of the log that the exchange does not trade any more has no terms there: a comparison reports it.

        Raises Refused for an account that does not fit, for a market of another time than `at`, and where another log
        trades an instrument whose terms would have to be set; InvalidInput for instruments that the exchange does not
        trade, or not with this leverage, and ExchangeError.
        """
        exchange = self._venue.exchange
        stated = exchange.instruments()
        self.listed = rules_of(self._unlisted(), stated)
        check_leverage(self.listed, self._of_account)
        self.traded = frozenset(one.id for one in stated)
        named = [name for name in self._instruments if name in self.traded]
        self._differing = check(self._venue.account, named, self.leverages)
        if (
            named and not self._plan.is_resumed
        ):  # a later session must not end because a market is halted meanwhile
            check_market_time(self._venue.account, named[0], at)
        if self._is_empty:
            self.stake = stake_of(self.listed, exchange.balances(), self._plan.leverage)
        self._check_alone(at)

    def set_terms(self, at: datetime) -> None:
        """Sets what `check` has found to differ, at `at` (UTC).

        Another log may have begun since `check`, so that is queried again. Raises Refused for that and for terms that
        stay as they are, and ExchangeError.
        """
        self._check_alone(at)
        for one in self._differing:
            self._state_change(one)
        set_terms(self._venue.account, self._differing, self.leverages)

    def _state_change(self, found: TradingTerms) -> None:
        """Logs what is about to be set: an engine of another log that is flat loses its terms by it."""
        if not found.is_one_way:
            _log.warning(
                "setting the position mode of %s at the exchange: hedge -> one-way", found.instrument
            )
        leverages = self.leverages(found.instrument)
        if found.leverage not in leverages:
            _log.warning(
                "setting the leverage of %s at the exchange: %s -> %s",
                found.instrument,
                f"{found.leverage:f}",
                f"{leverages[0]:f}",
            )

    @property
    def _is_empty(self) -> bool:
        return self._world.log_id is None

    def _unlisted(self) -> Sequence[str]:
        if self._is_empty:
            return self._plan.instruments
        return [name for name in self._instruments if name not in self._world.portfolio.instruments]

    def _check_alone(self, at: datetime) -> None:
        """Raises Refused where terms would be set under a position or an order of another log."""
        if not self._differing:
            return
        others = instruments_held_by_other_logs(self._world, self._venue.exchange, at)
        shared = [
            f"{one.instrument}: an engine with another log trades it on this account with leverage "
            f"{one.leverage:f}, and this start would set {self.leverages(one.instrument)[0]:f}"
            for one in self._differing
            if one.instrument in others
        ]
        if shared:
            raise Refused("; ".join(shared) + ": give each log an account of its own")
