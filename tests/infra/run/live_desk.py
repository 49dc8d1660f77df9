"""A live run on our Bybit venue, in a market that a test moves; the market's time is the run's clock."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from threading import Event
from typing import Any

from adapters.bybit import BybitExchange, Credentials, Site
from adapters.bybit.account import BybitAccount
from adapters.bybit.client import http
from adapters.bybit.fields import at_ms
from adapters.order_way import OrderWay
from adapters.simulated.server import VenueServer, VirtualClock
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.order import StopKind
from adapters.snapshots import Snapshots
from commands.door import Answer, Declined, TimedOut
from commands.exchange import Gap, Unread
from commands.feed import FeedState, MarketFeed
from commands.input_tape import InputTape
from commands.request import ManualTerms, PlaceOrder, Request, Requested
from commands.watching import Instance
from commands.world import World
from domain.candle import Candle
from domain.direction import Direction, Side
from domain.errors import ExchangeUnreachable, InvalidInput
from domain.log import Envelope
from domain.market import MarketEvent
from domain.order import OrderType
from domain.settings import RiskSettings, Settings
from infra.run.live import LiveRun, placed_in
from infra.run.live_letters import LiveLetters
from infra.run.live_plan import LivePlan, LiveVenue, Wake
from tests.adapters.bybit.bench import QUICK, SYMBOL, trade_at
from tests.adapters.simulated.server.serving import SECRET, RunningVenue
from tests.commands.list_log import ListLog
from tests.infra.run import left_open
from tests.infra.run.proposing import Proposing, Way

BTC = "BTCUSDT-LINEAR.BYBIT"
FIVE = timedelta(minutes=5)
ENTERS = Decimal(101)
"""The close at which the strategy of these tests proposes a long."""
FAILS = Decimal(102)
"""The close at which that strategy raises."""
D = Decimal
_NUMBERS = count(1)


class OnPrice(Proposing):
    """Proposes a long with stop and target where a candle closes at `ENTERS`."""

    def way(self, candle: Candle) -> Way | None:
        if candle.close == FAILS:
            raise ArithmeticError("no opinion")
        return Way(Direction.LONG, D(99), D(107)) if candle.close == ENTERS else None


class HandFeed:
    """A `MarketFeed` whose candles a test makes."""

    def __init__(self, past: Sequence[Candle]) -> None:
        self.past, self.waiting, self.is_cut = list(past), list[MarketEvent](), False
        self.unlisted: dict[str, str] = {}

    def start(self) -> None: ...

    def close(self) -> None: ...

    def events(self) -> Sequence[MarketEvent]:
        waiting, self.waiting = self.waiting, []
        return waiting

    def candles(
        self, instrument: str, interval: timedelta, since: datetime, until: datetime
    ) -> Sequence[Candle]:
        if self.is_cut:
            raise ExchangeUnreachable("cut")
        if instrument in self.unlisted:
            raise InvalidInput(self.unlisted[instrument])
        return [one for one in self.past if one.instrument == instrument and since <= one.open_time < until]

    def unread(self) -> Sequence[Unread]:
        return []

    def states(self) -> Sequence[FeedState]:
        return []


PLAN = LivePlan(
    account="main",
    leverage=D(5),
    settings=Settings(risk=RiskSettings(freshness_seconds=3600)),
    instances=(Instance(id="trend", strategy=OnPrice()),),
    instruments=(BTC,),
    interval=FIVE,
)


LIMIT = PlaceOrder(
    ManualTerms(
        instrument=BTC,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=D("0.1"),
        limit_price=D(99),
        stop=D(90),
        target=D(120),
    )
)


class LiveDesk:
    """A run with an account of its own; `passes` moves the clock of its checks, and nothing else does."""

    def __init__(
        self,
        venue: RunningVenue,
        plan: LivePlan = PLAN,
        log: ListLog | None = None,
        key: str = "",
        wrapped: Callable[[Any], Any] = lambda exchange: exchange,
        letters: LiveLetters | None = None,
        way: OrderWay = OrderWay.REST,
        snapshots: Snapshots | None = None,
        tape: InputTape | None = None,
    ) -> None:
        self._way = way
        self.venue, self.key = venue, key or f"live-{next(_NUMBERS)}"
        self.log, self.feed = log or ListLog(), HandFeed([a_candle(self.now() - 2 * FIVE, "100")])
        self.account: Account = venue.do(self._account)
        self.arrived, self.seconds = Event(), 0.0
        self._wrapped, self.reason = wrapped, ""
        self.run = LiveRun(
            self.log,
            plan,
            self._connect,
            self._feed_of,
            list[Envelope]().append,
            clock=self.now,
            monotonic=lambda: self.seconds,
            letters=letters,
            snapshots=snapshots,
            tape=tape,
        )
        left_open.opened(self.run)

    def _connect(self, world: World, wake: Wake) -> LiveVenue:
        def arrived() -> None:
            wake()
            self.arrived.set()

        self.exchange = BybitExchange(
            Credentials(self.key, SECRET),
            Site(http=self.venue.url, socket=self.venue.socket_url),
            placed_in(world),
            timing=QUICK,
            limits={},
            on_arrival=arrived,
            way=self._way,
            monotonic=lambda: self.seconds,
        )
        account = BybitAccount(self.exchange)
        return LiveVenue(self._wrapped(self.exchange), account, self.exchange.start, self.exchange.close)

    def _feed_of(self, _instruments: Sequence[str], _wake: Wake) -> MarketFeed:
        return self.feed

    def started(self, price: str = "100") -> LiveDesk:
        """Starts at this price and returns when the log was compared for the first time."""
        self.trades_at(price)
        self.run.start()
        self.run.connect()
        self.until(lambda: self.run.is_trading)
        return self

    def now(self) -> datetime:
        return at_ms(self.venue.server.clock.market())

    def trades_at(self, price: str) -> None:
        self.venue.do(partial(trade_at, price=D(price), volume=D(1000)))

    def closes_at(self, price: str) -> None:
        """A candle closes at this price, now."""
        self.feed.waiting.append(a_candle(self.now() - FIVE, price))
        self.run.attend()

    def asks(self, request: Request) -> Answer:
        """The answer to a request of a person, with a key of its own; `reason` is why it was declined."""
        made = Requested(
            id=f"r{next(_NUMBERS)}",
            account="main",
            actor="eve",
            valid_until=self.now() + FIVE,
            request=request,
        )
        answer = self.run.answer(made)
        self.reason = answer.reason if isinstance(answer, Declined) else ""
        return answer

    def refused_at_the_door(self) -> str:
        """Why the closed door refuses a request."""
        until = self.now() + FIVE
        answer = self.run.door.ask(
            Requested(id="late", account="main", actor="eve", valid_until=until, request=LIMIT), 5
        )
        assert isinstance(answer, TimedOut)
        return answer.known

    def stranger_buys(self) -> None:
        """Another program places a limit order on the same account."""
        self.stranger(side="Buy", orderType="Limit", qty="0.1", price="95")

    def stranger(self, **order: object) -> str:
        """Another program places this order on the same account; returns the exchange's id of it."""
        self.venue.do(self._account)
        session = http(Credentials(self.key, SECRET), Site(http=self.venue.url), QUICK)
        placed: Any = session.place_order(category="linear", symbol=SYMBOL, **order)
        return str(placed[0]["result"]["orderId"])

    def sets_leverage(self, leverage: str) -> None:
        """Another program, or a person, sets the leverage of the instrument on the same account."""
        self.venue.do(self._account)
        session = http(Credentials(self.key, SECRET), Site(http=self.venue.url), QUICK)
        session.set_leverage(category="linear", symbol=SYMBOL, buyLeverage=leverage, sellLeverage=leverage)

    def started_in_doubt(self) -> LiveDesk:
        """Starts, and lets the time pass after which a difference is looked at again."""
        self.trades_at("100")
        self.run.start()
        self.run.connect()
        self.until(lambda: self.exchange.stream_state.is_live)
        self.passes(1)
        self.passes(PLAN.rhythm.in_flight)
        self.until(lambda: self.run.is_trading)
        return self

    def passes(self, seconds: float) -> None:
        """Time passes for the checks of the run, and for the market."""
        self.seconds += seconds
        self.later(seconds)
        self.run.attend()

    def later(self, seconds: float) -> None:
        """The market's time passes; the run is not attended."""

        def advance(server: VenueServer) -> None:
            assert isinstance(server.clock, VirtualClock)
            server.clock.advance(int(seconds * 1000))

        self.venue.do(advance)

    def until(self, reached: Callable[[], bool]) -> None:
        """Attends until the state is reached; fails after 30 seconds without an arrival."""
        self.run.attend()
        while not reached():
            assert self.arrived.wait(30), (self.exchange.stream_state, self.names()[-8:])
            self.arrived.clear()
            self.run.attend()

    def has_way(self) -> bool:
        """Whether the socket of orders is connected, or not wanted."""
        state = self.exchange.trade_state
        return state is None or state.is_live

    def names(self) -> list[str]:
        return [type(one.event).__name__ for one in self.log.envelopes]

    def has(self, name: str) -> bool:
        return name in self.names()

    def entries(self) -> list[Any]:
        """The orders that the venue has of this account and that are no stop or target."""
        return [one for one in self.account.orders.values() if one.stop_kind is StopKind.NONE]

    def close(self) -> None:
        left_open.closed(self.run)
        self.run.close()
        self.venue.do(self._end_orders)

    def _account(self, server: VenueServer) -> Account:
        known = server.venue.accounts.get(self.key)
        return known or server.venue.open_account(self.key, SECRET, D(10_000))

    def _end_orders(self, server: VenueServer) -> None:
        for order in list(self.account.orders.values()):
            server.venue.end(order, "CancelByAdmin", server.clock.market())


def a_candle(opened: datetime, price: str) -> Candle:
    figure = D(price)
    return Candle(
        instrument=BTC,
        interval=FIVE,
        open_time=opened,
        open=figure,
        high=figure,
        low=figure,
        close=figure,
        volume=D(1000),
    )


Desks = Callable[..., LiveDesk]
"""Makes a desk of the options that it is given."""


@contextmanager
def desks_at(venue: RunningVenue, kind: Callable[..., LiveDesk] = LiveDesk, **usual: Any) -> Generator[Desks]:
    """Desks of this kind at this venue with these options where a test gives no others.

    Closes them and ends the venue's faults.
    """
    made: list[LiveDesk] = []

    def desk(**given: Any) -> LiveDesk:
        made.append(kind(venue, **{**usual, **given}))
        return made[-1]

    try:
        yield desk
    finally:
        with ExitStack() as closing:
            for one in made:
                closing.callback(one.close)
            venue.do(lambda one: one.faults.clear())


class Killed(BaseException):
    """The process ends here."""


class Dying:
    """An exchange whose process ends at a call of `submit`, before or after the request was sent."""

    def __init__(self, exchange: Any, *, sends: bool) -> None:
        self._exchange, self._sends = exchange, sends

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def submit(self, tickets: Any) -> None:
        if self._sends:
            self._exchange.submit(tickets)
        raise Killed


class Losing:
    """An exchange that acknowledges the first call of one kind and does not carry it out."""

    def __init__(self, exchange: Any, call: str) -> None:
        self._exchange, self._lost = exchange, call

    def __getattr__(self, name: str) -> Any:
        if name != self._lost:
            return getattr(self._exchange, name)
        self._lost = ""
        return _does_nothing


class Reconnecting:
    """An exchange whose stream connects again while the first comparison queries it."""

    def __init__(self, exchange: Any) -> None:
        self._exchange, self._gaps, self._queries = exchange, list[Gap](), 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def open_orders(self) -> Any:
        found = self._exchange.open_orders()
        self._queries += 1
        if self._queries == 1:
            self._gaps.append(Gap(None, datetime.now(UTC), "cut"))
        return found

    def gaps(self) -> list[Gap]:
        found = [*self._exchange.gaps(), *self._gaps]
        self._gaps.clear()
        return found


def _does_nothing(*_given: object, **_named: object) -> None:
    """Takes a request and forgets it."""
