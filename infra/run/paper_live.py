"""A demo run: live prices, and fills that the venue's matching engine simulates in this process; no order is sent.

The loop is that of a live run (`infra/run/live.py`), with another exchange: the order book of the live feed moves
`MatchedExchange`. After a stop the exchange is restored from the log, and the run compares both as a live run does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from adapters.simulated.matched import MatchedRules
from adapters.simulated.matched_feed import FedExchange, MatchedFeed
from adapters.snapshots import Snapshots
from commands.clock_reading import ClockReading
from commands.exchange import Funded, Liquidated
from commands.feed import MarketFeed
from commands.input_tape import InputTape
from commands.observer import Observer
from commands.scorer import NO_SCORER, Scorer
from commands.venue_account import KeyRights, TradingTerms
from commands.world import World
from domain.instrument import Instrument
from domain.log import Envelope, EventLog
from infra.run.clock import SteadyClock, utc_now
from infra.run.demo_log import PAPER_LIVE
from infra.run.live import LiveRun
from infra.run.live_letters import LiveLetters
from infra.run.live_plan import BooksOf, FeedOf, LivePlan, LiveVenue, Wake
from infra.run.model_check import ModelCheck
from infra.run.stake import Stake


@dataclass(frozen=True, slots=True)
class Demo:
    """What an exchange would state: the money of a new account, and the rules of the instruments, which its currency
    quotes. A log keeps the money that it was opened with, and the rules of the instruments that it lists.
    """

    stake: Stake
    listed: Sequence[Instrument]
    rules: MatchedRules


def demo_run(
    log: EventLog,
    plan: LivePlan,
    demo: Demo,
    feed_of: FeedOf,
    seen: Callable[[Envelope], None],
    observer: Observer | None = None,
    *,
    clock: Callable[[], datetime] = utc_now,
    monotonic: Callable[[], float] = time.monotonic,
    name: Callable[[], UUID] = uuid4,
    tape: InputTape | None = None,
    letters: LiveLetters | None = None,
    snapshots: Snapshots | None = None,
    scorer: Scorer = NO_SCORER,
    models: ModelCheck | None = None,
    books_of: BooksOf | None = None,
) -> LiveRun:
    """The run, not started yet. `feed_of` makes a feed with order books; `tape`, `letters`, `snapshots`, `scorer`,
    `models` and `books_of` are those of `LiveRun`.

    Raises InvalidInput for a log that was not opened by a demo run of this account, InvalidSettings where the exchange
    does not support the account, and the log's errors.
    """
    steady = SteadyClock(clock)
    market = DemoMarket(demo, feed_of, steady.tick)
    return LiveRun(
        log,
        plan,
        market.connect,
        market.feed,
        seen,
        observer,
        clock=clock,
        monotonic=monotonic,
        name=name,
        source=PAPER_LIVE,
        tape=tape,
        letters=letters,
        snapshots=snapshots,
        steady=steady,
        scorer=scorer,
        models=models,
        books_of=books_of,
    )


class DemoMarket:
    """Makes the exchange, and the feed that moves it; `connect` is called before `feed`."""

    def __init__(self, demo: Demo, feed_of: FeedOf, clock: Callable[[], datetime]) -> None:
        self._demo, self._feed_of, self._clock = demo, feed_of, clock
        self._exchange: FedExchange | None = None

    def connect(self, world: World, _wake: Wake) -> LiveVenue:
        """The exchange of a new account, or that of the log."""
        demo, now = self._demo, self._clock()
        listed, stake = {one.id: one for one in demo.listed}, demo.stake
        if world.log_id is None:
            exchange = FedExchange(listed, stake.currency, stake.balance, stake.leverage, demo.rules, now)
        else:
            exchange = FedExchange.restored(world, demo.rules, now, demo.listed)
        self._exchange = exchange
        return LiveVenue(exchange, DemoAccount(exchange), _nothing, _nothing)

    def feed(self, instruments: Sequence[str], wake: Wake) -> MarketFeed:
        """The feed of these instruments."""
        assert self._exchange is not None
        return MatchedFeed(self._feed_of(instruments, wake), self._exchange, self._clock)


class DemoAccount:
    """See `commands.venue_account.VenueAccount`: it fits, because this process has made it."""

    def __init__(self, exchange: FedExchange) -> None:
        self._exchange = exchange

    def clock_reading(self) -> ClockReading:
        """No difference: the exchange has this machine's clock."""
        return ClockReading(timedelta(0), timedelta(0))

    def market_time(self, instrument: str) -> datetime | None:
        """None: executions have the time of this machine's clock."""
        return None

    def rights(self) -> KeyRights:
        """There is no key."""
        return KeyRights(may_trade=True, may_withdraw=False)

    def terms(self, instruments: Sequence[str]) -> Sequence[TradingTerms]:
        """See `VenueAccount.terms`."""
        return [
            TradingTerms(
                instrument=name, is_one_way=True, is_isolated=True, leverage=self._exchange.leverage(name)
            )
            for name in instruments
        ]

    def set_one_way(self, instrument: str) -> None:
        """Every instrument is in one-way mode."""

    def set_leverage(self, instrument: str, leverage: Decimal) -> None:
        """See `VenueAccount.set_leverage`."""
        self._exchange.set_leverage(instrument, leverage)

    def settlements(self, since: datetime) -> Sequence[Funded | Liquidated]:
        """None that was not reported: where this process ended before a report was recorded, it did not happen."""
        return ()

    def silence(self) -> str:
        """Reports always arrive."""
        return ""


def _nothing() -> None:
    """Nothing connects and nothing has to be ended."""
