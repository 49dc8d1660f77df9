"""The manager of open positions: what its rules (`domain/management/`) lead to at a move of the market and at a tick.

It holds no state of its own: it reads the log's state, the last prices and the time. So a restart continues where the
log ends, and every decision is made again from the log (`infra/run/redeciding.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from commands.covering import reducing
from commands.guarding import Prices
from commands.identity import ENGINE
from commands.inputs import MarketMoved
from commands.position import ManagePosition
from commands.stimulus import Ask, Stimulus, clock_fact
from commands.stray_orders import is_gone
from commands.way_out import remaining
from commands.world import World
from domain.breaker import Mode, Service
from domain.candle import Candle
from domain.committees.regimes import regime_of
from domain.direction import Purpose
from domain.interval import interval_of
from domain.management import Reading, decide
from domain.management.idle import Idle, idle
from domain.management.in_force import intervals_of_signs, is_in_use, management_of, may_manage
from domain.management.signs_readers import SignsReaders
from domain.management.strong_book import strong_book
from domain.management.turned import Turned
from domain.market import BookReading, KnownPrice, LastPrice, MarketEvent, cause_of
from domain.order import OrderStatus
from domain.order_id import is_of_an_engine
from domain.portfolio import OpenPosition, Portfolio
from domain.settings import Settings
from domain.signal import Decided
from domain.streams import parse, signal_stream

Signs = Mapping[str, Turned] | None
"""The last turns of the signs of a reversal, by name; None where no candle has closed."""
RECENT = timedelta(seconds=10)
"""The greatest age of a price that the rules read. While the market is silent, only the time closes a position."""
_MOVABLE = frozenset({OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED})
_SHORTEST_NAMED = timedelta(minutes=1)
"""Shorter candles, as those of a market at rest, have no name for their interval."""


class Managing:
    """The manager of one engine. It remembers which owners have rules, by the settings in force, and reads the signs of
    a reversal from the market's candles while some owner needs them.
    """

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._managed: dict[str, bool] = {}
        self._is_in_use = False
        self._intervals: frozenset[timedelta | None] = frozenset()
        self._signs = SignsReaders()
        self._books: Mapping[str, BookReading] = {}
        self._idle: tuple[Portfolio, Mapping[str, Idle] | None] | None = None

    def read(self, events: Collection[MarketEvent], settings: Settings) -> None:
        """Takes the candles and the readings of order books among the events of one time.

        Raises InvalidInput as `SignsReaders.take` does.
        """
        self._follow(settings)
        self._books = {one.instrument: one for one in events if isinstance(one, BookReading)}
        if self._intervals:
            self._signs.take((one for one in events if isinstance(one, Candle)), self._intervals)

    def warm(
        self, candles: Iterable[Candle], settings: Settings, configured: Iterable[timedelta | None]
    ) -> None:
        """Takes candles of the past, in time order, at the intervals of all configured instances and of the market.

        The settings in force may follow, at a start. What no owner reads by them is dropped at the next `read`.

        Raises InvalidInput as `SignsReaders.take` does.
        """
        self._signs.take(candles, {None, *configured, *_intervals(settings)})
        self._settings = None

    def reads_candles(self, settings: Settings) -> bool:
        """Whether some owner's rules read the signs of a reversal."""
        self._follow(settings)
        return bool(self._intervals)

    def signs_of(self, held: OpenPosition, settings: Settings) -> Signs:
        """The signs of the position's instrument, where a candle of its owner's interval has just closed; else None."""
        own = settings.strategy_of(held.owner)
        return self._signs.closed(held.state.instrument, None if own is None else interval_of(own.interval))

    def book_of(self, instrument: str) -> BookReading | None:
        """The last reading of the instrument's order book among the events taken last; None without one."""
        return self._books.get(instrument)

    def _follow(self, settings: Settings) -> None:
        if settings is not self._settings:
            self._settings, self._managed, self._is_in_use = settings, {}, is_in_use(settings)
            self._intervals = _intervals(settings)
            self._signs.keep(self._intervals)

    def is_needed(self, portfolio: Portfolio) -> bool:
        """Whether the rules may act on an open position."""
        if not portfolio.positions:
            return False
        settings = portfolio.settings.settings
        self._follow(settings)
        return self._is_in_use and any(
            self._may_manage(held.owner, settings) for held in portfolio.positions.values()
        )

    def idle(self, world: World) -> Mapping[str, Idle] | None:
        """When no rule acts on the open positions, by instrument; None where each candle may lead to an action.

        It holds until the log has another event. What is left alone is not in it.
        """
        portfolio = world.portfolio
        if self._idle is None or self._idle[0] is not portfolio:
            self._idle = portfolio, _idle(world) if self.is_needed(portfolio) else {}
        return self._idle[1]

    def _may_manage(self, owner: str, settings: Settings) -> bool:
        found = self._managed.get(owner)
        if found is None:
            found = self._managed[owner] = may_manage(owner, settings)
        return found


def _idle(world: World) -> Mapping[str, Idle] | None:
    found: dict[str, Idle] = {}
    for held in world.portfolio.positions.values():
        reading = reading_of(held, world, held.opened_at, None)
        if reading is None:
            continue
        one = idle(reading)
        if one is None:
            return None
        found[held.state.instrument] = one
    return found


def _intervals(settings: Settings) -> frozenset[timedelta | None]:
    return frozenset(interval_of(one) for one in intervals_of_signs(settings))


def managed_by_market(
    given: MarketMoved, world: World, prices: Prices, managing: Managing
) -> Stimulus | None:
    """What is recorded about the positions whose instruments have a newer price; None where nothing is.

    Each position is judged once, by the newest of the input's prices.
    """
    newest = {event.instrument: event for event in given.events}
    settings = world.portfolio.settings.settings
    asks = [
        ask
        for held in world.portfolio.positions.values()
        if (event := newest.get(held.state.instrument)) is not None
        for ask in _asks(
            held,
            world,
            prices,
            given.at,
            _fact(event, given.at),
            managing.signs_of(held, settings),
            managing.book_of(held.state.instrument),
        )
    ]
    return Stimulus(given.at, tuple(asks)) if asks else None


def managed_by_time(at: datetime, world: World, prices: Prices) -> Stimulus | None:
    """What is recorded about any position at this tick (UTC); None where nothing is."""
    held = world.portfolio.positions.values()
    asks = [ask for one in held for ask in _asks(one, world, prices, at, clock_fact(at))]
    return Stimulus(at, tuple(asks)) if asks else None


def _asks(
    held: OpenPosition,
    world: World,
    prices: Prices,
    at: datetime,
    cause: str,
    signs: Signs = None,
    book: BookReading | None = None,
) -> Iterator[Ask]:
    reading = reading_of(held, world, at, _recent(held, prices, at), signs, book)
    found = () if reading is None else decide(reading)
    if found:
        yield Ask(
            command=ManagePosition(held.stream, tuple(found)),
            cause=cause,
            occurred_at=at,
            actor=ENGINE,
            chain=world.chains[held.stream],
        )


def reading_of(
    held: OpenPosition,
    world: World,
    at: datetime,
    price: LastPrice | None,
    signs: Signs = None,
    book: BookReading | None = None,
    settings: Settings | None = None,
) -> Reading | None:
    """What the rules read of the position at `at` (UTC), with this price, these signs and this book; None where it is
    left alone. `settings` take the place of those in force.

    Left alone is a position without a rule that is on, one that a person, another program or a grid entered, one that
    is being closed, and all while the log is compared with the exchange or the exchange is known not to have it.
    """
    portfolio, instrument = world.portfolio, held.state.instrument
    settings = portfolio.settings.settings if settings is None else settings
    regime = regime_of(instrument, settings, portfolio)
    management = management_of(held.owner, regime, settings)
    if not management.is_on or held.state.closing is not None or not is_of_an_engine(held.entry_order):
        return None
    if portfolio.discrepancies.reconciling or is_gone(portfolio.discrepancies, instrument):
        return None
    if _is_of_a_grid(held, world) or remaining(held, portfolio) <= 0:
        return None
    return Reading(
        state=held.state,
        opened_at=held.opened_at,
        at=at,
        price=price,
        rules=portfolio.instruments[instrument],
        regime=regime,
        settings=management,
        last=held.managed,
        can_move_stop=_can_move(held, portfolio, Purpose.STOP),
        can_move_target=_can_move(held, portfolio, Purpose.TARGET),
        can_reduce=_reach_exchange(portfolio) and not portfolio.leaving(held),
        signs=signs,
        stop_moved_at=held.stop_moved_at,
        target_moved_at=held.target_moved_at,
        book=strong_book(book, management.book_strong),
    )


def _is_of_a_grid(held: OpenPosition, world: World) -> bool:
    signal = world.state(signal_stream(parse(held.stream).account, world.chains[held.stream]))
    return isinstance(signal, Decided) and signal.has_grid


def _can_move(held: OpenPosition, portfolio: Portfolio, purpose: Purpose) -> bool:
    """Whether such orders rest at the exchange, none awaits a response, and requests reach the exchange."""
    if not _reach_exchange(portfolio):
        return False
    found = [one.status for one in reducing(held, portfolio) if one.terms.purpose is purpose]
    return bool(found) and _MOVABLE.issuperset(found)


def _reach_exchange(portfolio: Portfolio) -> bool:
    orders = portfolio.breakers.get(Service.ORDERS)
    return orders is None or orders.mode is Mode.CLOSED


def _recent(held: OpenPosition, prices: Prices, at: datetime) -> LastPrice | None:
    """The last price, where it is of the position's time and recent; its bid and ask, where they are recent."""
    last = prices.last(held.state.instrument)
    if last is None or last.at < held.opened_at or at - last.at > RECENT:
        return None
    is_quoted = last.quoted_at is not None and at - last.quoted_at <= RECENT
    return last if is_quoted or last.bid is None else LastPrice(last.price, last.at, last.source)


def _fact(event: MarketEvent, at: datetime) -> str:
    if isinstance(event, KnownPrice) or (isinstance(event, Candle) and event.interval < _SHORTEST_NAMED):
        return clock_fact(at)
    return cause_of(event)
