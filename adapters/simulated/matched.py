"""An exchange in this process on the venue's own matching engine, fed by live market data: what demo runs trade on.

Orders, matching, clearing, fees, funding and liquidation are those of `adapters/simulated/venue`, which `whence venue`
serves over HTTP: one set of rules behind two doors. Nothing is sent anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Self

from adapters.simulated.fitness import check_account, check_instrument
from adapters.simulated.in_process import InProcessExchange
from adapters.simulated.matched_desk import MatchedDesk
from adapters.simulated.matched_market import MatchedMarket, at_ms, in_ms
from adapters.simulated.matched_orders import MatchedOrders, families
from adapters.simulated.matched_outcomes import MatchedOutcomes
from adapters.simulated.matched_restoring import MatchedRestoring, is_lost
from adapters.simulated.requests import Amendment, Cancellation, Request
from adapters.simulated.restoring import Standing, arrived, standing
from adapters.simulated.venue import Venue, contract_of
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.codes import LEVERAGE_UNCHANGED, Declined
from adapters.simulated.venue.fees import LEVELS, NO_LEVEL
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.matching import NO_QUANTITY
from adapters.simulated.venue.position import Position
from adapters.simulated.venue.requests import LeverageRequest
from commands.exchange import Ticket
from commands.feed import FeedState
from commands.world import World
from domain.arithmetic import EXACT, ONE, ZERO
from domain.candle import Candle
from domain.direction import towards
from domain.errors import ExchangeRefused, InvalidInput, InvalidSettings
from domain.instrument import Instrument, symbol_of
from domain.market import BookUpdate, MarketEvent, Trade
from domain.venue import VenueBalance, VenueOrder, VenuePosition

_KEY = "matched"


@dataclass(frozen=True, slots=True)
class MatchedRules:
    """`latency` is the time from sending a request to its arrival; where its market is closed, it waits for at most
    `patience` more. `price_band` is the share of the last price by which a limit may be worse and by which a market
    order walks the book; `level` decides the fees. Raises InvalidSettings.
    """

    latency: timedelta = timedelta(milliseconds=250)
    patience: timedelta = timedelta(seconds=5)
    price_band: Decimal = Decimal("0.01")
    level: str = NO_LEVEL
    seed: int = 7

    def __post_init__(self) -> None:
        for name, time in (("latency", self.latency), ("patience", self.patience)):
            if time < timedelta(0):
                raise InvalidSettings(f"{name} must not be negative: {time}")
        if not ZERO < self.price_band < ONE:
            raise InvalidSettings(f"price_band must be above 0 and below 1: {self.price_band}")
        if self.level not in LEVELS:
            raise InvalidSettings(f"no level {self.level!r}: there are {', '.join(LEVELS)}")


class MatchedExchange(InProcessExchange):
    """One account in one-way mode with isolated margin, on linear contracts.

    `instruments` are keyed by id; `currency` is their quote currency and the unit of `balance`; `leverage` applies to
    every position until `set_leverage` sets another one for an instrument; `began` is the time at which the venue
    begins (UTC); `market_of` makes each market. Raises InvalidSettings where one of them is invalid.

    `engine` is the venue's; only market data and requests change it. `on_market` moves the market and the clock. A
    request is carried out when it has arrived, at the prices shown then; while its market is closed (`MatchedMarket`)
    it waits, at most for the patience of the rules, as Bybit refuses what was signed too long ago. A target whose stop
    stands is not cancelled, because Bybit cancels both. The same calls give the same reports.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        currency: str,
        balance: Decimal,
        leverage: Decimal,
        rules: MatchedRules,
        began: datetime,
        market_of: Callable[[Venue, Market, Account], MatchedMarket] = MatchedMarket,
    ) -> None:
        super().__init__()
        check_account(balance, leverage)
        for name, instrument in instruments.items():
            check_instrument(name, instrument, currency, leverage)
        _check_symbols(instruments)
        self._rules, self._instruments, self._latest = rules, instruments, in_ms(began)
        contracts = [contract_of(one, n, rules.price_band) for n, one in enumerate(instruments.values(), 1)]
        self.engine = venue = Venue(contracts, self._latest, rules.seed)
        self._account = account = venue.open_account(_KEY, "", balance, currency, rules.level)
        account.leverage.update(dict.fromkeys(venue.markets, leverage))
        self._markets = {
            name: market_of(venue, venue.market(symbol_of(name)), account) for name in instruments
        }
        self._orders = MatchedOrders()
        named = {symbol_of(name): name for name in instruments}
        self._outcomes = MatchedOutcomes(self._wire, self._orders, named)
        self._desk = MatchedDesk(
            venue,
            account,
            self._orders,
            self._outcomes,
            self._wire,
            {name: symbol for symbol, name in named.items()},
        )
        self._waiting: list[Request] = []

    @classmethod
    def restored(
        cls, world: World, rules: MatchedRules, at: datetime, more: Sequence[Instrument] = ()
    ) -> Self:
        """Rebuilds the exchange from the state of a log whose account has been opened; it lists `more` instruments.

        Requests that had been sent and had not arrived are not restored: the sender sends them again (`Sender.resume`).
        What was left of a market order or of a triggered stop is cancelled, and reported so. All restored orders carry
        the time `at`. Queries do not return executions before `at`, which are in the log.
        """
        portfolio, account = world.portfolio, world.portfolio.account
        leverage, money = account.leverage, account.balance
        listed = {**{one.id: one for one in more}, **portfolio.instruments}
        exchange = cls(listed, account.currency, money, leverage, rules, at)
        for name, one in portfolio.leverages.items():
            exchange._account.leverage[symbol_of(name)] = one.state.in_force
        for order_id, state in arrived(world):
            exchange._orders.place(order_id, state.terms)
            exchange._wire.history.restore(order_id, state, at)
        for name, stood in standing(world).items():
            exchange._restore(exchange.engine.market(symbol_of(name)), stood)
        return exchange

    def _restore(self, market: Market, stood: Standing) -> None:
        restoring = MatchedRestoring(self._account, self._orders, self.engine.ids, self._latest)
        orders = restoring.restore(market, stood)
        self.engine.readmit(self._account, orders, self._latest)
        for order in orders:
            self._orders.name(order)
        for one in filter(is_lost, stood.working):
            self._wire.cancelled(one.id, at_ms(self._latest), NO_QUANTITY)

    # -- market and clock

    def on_market(self, events: Sequence[MarketEvent], now: datetime) -> None:
        """Plays market events and moves the clock to `now`.

        Events are played by their own times, of one time trades first; the venue's time never goes back. Raises
        InvalidInput for an instrument that is not traded here.
        """
        for event in sorted(events, key=_time_of):
            market = self._markets.get(event.instrument)
            if market is None:
                raise InvalidInput(f"received market data of {event.instrument}, which is not traded here")
            played = market if isinstance(event, Candle) else None
            for at, play in market.steps(event):
                self._deal(at, played)
                play(self._at(at))
                self._report()
        self.engine.advance(self._at(in_ms(now)))
        self._report()
        self._deal(in_ms(now))

    def on_states(self, states: Sequence[FeedState]) -> None:
        """Closes the markets whose data does not arrive, until it does again."""
        for state in states:
            market = self._markets.get(state.instrument)
            if market is not None:
                market.is_live = state.is_live

    @property
    def waiting(self) -> int:
        """The number of requests that have not been carried out."""
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Whether the account has no order, no position and no request: the market changes nothing of it."""
        account = self._account
        return not self._waiting and not account.orders and next(iter(account.held()), None) is None

    # -- order entry

    def submit(self, tickets: Sequence[Ticket]) -> None:
        """See `OrderEntry.submit`; a ticket with an order id used before has no effect.

        Raises ExchangeRefused where an entry cannot carry its stop and target.
        """
        for ticket, legs in families([one for one in tickets if one.order_id not in self._orders.terms]):
            self._orders.place(ticket.order_id, ticket.terms)
            for leg in legs:
                self._orders.place(leg.order_id, leg.terms, carried=True)
            self._send(ticket, ticket.sent_at)

    def set_leverage(self, instrument: str, leverage: Decimal) -> None:
        """See `LeverageEntry.set_leverage`: the venue sets it at once."""
        symbol = self._symbol(instrument)
        request = LeverageRequest(
            category=LINEAR, symbol=symbol, buy_leverage=leverage, sell_leverage=leverage
        )
        try:
            self.engine.set_leverage(self._account, request, self._latest)
        except Declined as declined:
            if declined.number != LEVERAGE_UNCHANGED.number:
                raise ExchangeRefused(str(declined)) from None

    def leverage(self, instrument: str) -> Decimal:
        """The leverage of the instrument's positions. Raises ExchangeRefused for an instrument that is not traded."""
        return self._account.leverage[self._symbol(instrument)]

    def _symbol(self, instrument: str) -> str:
        if instrument not in self._markets:
            raise ExchangeRefused(f"{instrument} is not traded here")
        return symbol_of(instrument)

    # -- queries

    def open_orders(self) -> Sequence[VenueOrder]:
        """See `VenueQueries.open_orders`."""
        return [order for one in self._orders.open if (order := self.order(one)) is not None]

    def positions(self) -> Sequence[VenuePosition]:
        """See `VenueQueries.positions`."""
        with localcontext(EXACT):
            return [self._shown(position) for position in self._account.held()]

    def balances(self) -> Sequence[VenueBalance]:
        """See `VenueQueries.balances`; returns the balance in the account's only currency."""
        wallet = self._account.wallet
        with localcontext(EXACT):
            available = wallet.available
        return [VenueBalance(currency=self._account.currency, balance=wallet.balance, available=available)]

    def instruments(self) -> Sequence[Instrument]:
        """See `VenueQueries.instruments`."""
        return list(self._instruments.values())

    def server_time(self) -> datetime:
        """The latest time that the market or a request had."""
        return at_ms(self._latest)

    def _shown(self, position: Position) -> VenuePosition:
        assert position.side is not None
        return VenuePosition(
            instrument=position.contract.instrument.id,
            direction=towards(position.side),
            quantity=position.size,
            average_price=position.entry_price,
            liquidation_price=position.liquidation_price,
        )

    def _send(self, what: Ticket | Cancellation | Amendment, at: datetime) -> None:
        self._waiting.append(Request(what, at, at + self._rules.latency))

    def _deal(self, until: int, played: MatchedMarket | None = None) -> None:
        """Carries out the requests that have arrived at a market that is open, or whose candle is being played.

        Gives up those that have waited too long.
        """
        if not self._waiting:
            return
        waiting, self._waiting = sorted(self._waiting, key=_arrival), []
        for request in waiting:
            if in_ms(request.arrives_at) > until:
                self._waiting.append(request)
            elif self._is_possible(request, played):
                self._carry_out(request, self._desk.deal, request.arrives_at)
            elif in_ms(given_up := request.arrives_at + self._rules.patience) <= until:
                self._carry_out(request, self._desk.give_up, given_up)
            else:
                self._waiting.append(request)

    def _carry_out(
        self, request: Request, how: Callable[[Request, datetime, int], None], at: datetime
    ) -> None:
        now = self._at(in_ms(at))
        how(request, at_ms(now), now)
        self._report()

    def _is_possible(self, request: Request, played: MatchedMarket | None) -> bool:
        terms = self._orders.terms.get(request.order_id)
        market = None if terms is None else self._markets.get(terms.instrument)
        return market is None or market is played or market.is_open

    def _at(self, now: int) -> int:
        """The venue's time, which does not go back."""
        self._latest = max(self._latest, now)
        return self._latest

    def _report(self) -> None:
        """Reports what the last call at the venue changed. Public trades are nobody's here."""
        self._outcomes.take(self.engine.outbox.drain(), at_ms(self._latest))
        self.engine.outbox.drain_trades()
        self.engine.outbox.drain_liquidations()


def _check_symbols(instruments: Collection[str]) -> None:
    """Raises InvalidInput for two instruments of one symbol: they are of two exchanges, and this is one."""
    seen: dict[str, str] = {}
    for name in instruments:
        other = seen.setdefault(symbol_of(name), name)
        if other != name:
            raise InvalidInput(
                f"{other} and {name} are of two exchanges, and a simulated account is at one: trade them in separate "
                "runs, as by --symbol with the id of an instrument"
            )


def _arrival(request: Request) -> datetime:
    return request.arrives_at


def _time_of(event: MarketEvent) -> tuple[datetime, int]:
    """Of one time trades come first: the books of that time show their effect."""
    at = event.open_time if isinstance(event, Candle) else event.at
    return at, _RANKS.get(type(event), 1)


_RANKS: Mapping[type[MarketEvent], int] = {Trade: 0, BookUpdate: 2}
