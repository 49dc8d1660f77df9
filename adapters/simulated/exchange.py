"""The simulated exchange: the port to an exchange, against candles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, localcontext

from adapters.simulated.admission import UNKNOWN_INSTRUMENT, UNKNOWN_ORDER, UNKNOWN_TO_AMEND
from adapters.simulated.clearing import Clearing
from adapters.simulated.ids import VENUE
from adapters.simulated.market import Market
from adapters.simulated.requests import Amendment, Cancellation, Inbox, Request
from adapters.simulated.restoring import arrived, standing
from adapters.simulated.rules import SimulationRules
from adapters.simulated.wallet import Wallet
from adapters.simulated.wire import Wire
from commands.exchange import AnyReport, Ticket
from commands.world import World
from domain.arithmetic import EXACT, ONE, ZERO
from domain.candle import Candle
from domain.errors import InvalidInput, InvalidSettings
from domain.instrument import Instrument
from domain.venue import Execution, VenueBalance, VenueOrder, VenuePosition

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class SimulatedExchange:
    """One account on one exchange, in one-way mode, isolated margin, linear contracts.

    `instruments` by id; `currency` that of all of them, in which `balance` is counted; `leverage` that of every
    position. Raises InvalidSettings for a balance, leverage or instrument it cannot trade with.

    `on_candles` feeds its market; what happens there is reported by `reports`. The same calls over the same candles
    give the same reports, so that after a restart it is rebuilt by repeating them. It is in this process: no call
    raises an ExchangeError.
    """

    venue = VENUE

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        currency: str,
        balance: Decimal,
        leverage: Decimal,
        rules: SimulationRules,
        seed: int,
    ) -> None:
        _check_account(balance, leverage)
        self._rules = rules
        self._currency = currency
        self._wallet = Wallet(balance, leverage)
        self._wire = Wire()
        self._markets: dict[str, Market] = {}
        for name, instrument in instruments.items():
            _check_instrument(name, instrument, currency, leverage)
            clearing = Clearing(instrument, rules, seed, self._wallet, self._wire)
            self._markets[name] = Market(clearing, self._wire, rules.price_band)
        self._inbox_of: dict[str, Inbox] = {}
        self._strays = Inbox()
        self._time = _LONG_AGO

    @classmethod
    def restored(cls, world: World, rules: SimulationRules, seed: int, at: datetime) -> SimulatedExchange:
        """The exchange as the log adds up to it, for an account that was opened.

        What was on its way is not here: the sender sends it again (`Sender.resume`). `at` stands for the times of the
        orders it has; executions before it are in the log only.
        """
        portfolio = world.portfolio
        account = portfolio.account
        exchange = cls(
            portfolio.instruments, account.currency, account.balance, account.leverage, rules, seed
        )
        for name, stood in standing(world).items():
            market = exchange._markets[name]
            market.restore(stood)
            known = (*stood.ended, *(order.id for order in stood.working))
            exchange._inbox_of.update(dict.fromkeys(known, market.inbox))
        for order_id, state in arrived(world):
            exchange._wire.history.restore(order_id, state, at)
        return exchange

    @property
    def balance(self) -> Decimal:
        """Starting balance + realised profit - fees + funding, in the account's currency, exactly."""
        return self._wallet.balance

    @property
    def available(self) -> Decimal:
        """The balance less the margin of positions and of resting orders."""
        return self._wallet.available

    def position(self, instrument: str) -> Decimal:
        """The signed quantity held, in base currency; negative when short. Raises KeyError for a stranger."""
        return self._markets[instrument].position

    def submit(self, tickets: Sequence[Ticket]) -> None:
        """See `OrderEntry.submit`; an order id that was used before changes nothing."""
        for ticket in tickets:
            if ticket.order_id not in self._inbox_of:
                self._inbox_of[ticket.order_id] = self._inbox(ticket.terms.instrument)
                self._send(ticket, ticket.sent_at)

    def cancel(self, order_id: str, at: datetime) -> None:
        """See `OrderEntry.cancel`."""
        self._send(Cancellation(order_id), at)

    def amend(
        self,
        order_id: str,
        at: datetime,
        *,
        quantity: Decimal | None,
        limit_price: Decimal | None,
        trigger_price: Decimal | None,
    ) -> None:
        """See `OrderEntry.amend`."""
        self._send(Amendment(order_id, quantity, limit_price, trigger_price), at)

    def on_candles(self, candles: Sequence[Candle]) -> None:
        """Lets the market do what these candles say.

        `candles` are those that close at one instant, at most one of an instrument. Raises InvalidInput for one
        of an instrument that is not traded here, or that is out of order.
        """
        busy: list[tuple[Market, Candle]] = []
        for candle in candles:
            market = self._markets.get(candle.instrument)
            if market is None:
                raise InvalidInput(f"a candle of {candle.instrument}, which is not traded here")
            if not market.idle(candle):
                busy.append((market, candle))
        self._pass(candles[:1])
        if not busy and not self._strays:
            return
        with localcontext(EXACT):
            bars = [(market, market.begin(candle)) for market, candle in busy]
            for market, bar in bars:
                market.finish(bar)
        self._answer_strays(candles[:1])

    def reports(self) -> Sequence[AnyReport]:
        """What happened since the last call, by time; see `ReportStream.reports`."""
        return self._wire.drain()

    def order(self, order_id: str) -> VenueOrder | None:
        """See `VenueQueries.order`; a ticket that has not arrived yet is no order."""
        return self._wire.history.order(order_id)

    def open_orders(self) -> Sequence[VenueOrder]:
        """See `VenueQueries.open_orders`."""
        ids = (order_id for market in self._markets.values() for order_id in market.order_ids())
        return [order for order_id in ids if (order := self.order(order_id)) is not None]

    def executions(self, since: datetime) -> Sequence[Execution]:
        """See `VenueQueries.executions`; a restored exchange has those since it was restored."""
        return self._wire.history.since(since)

    def positions(self) -> Sequence[VenuePosition]:
        """See `VenueQueries.positions`."""
        with localcontext(EXACT):
            shown = [market.shown_position() for market in self._markets.values()]
        return [position for position in shown if position is not None]

    def balances(self) -> Sequence[VenueBalance]:
        """See `VenueQueries.balances`: the one currency of the account."""
        with localcontext(EXACT):
            available = self.available
        return [VenueBalance(currency=self._currency, balance=self.balance, available=available)]

    def instruments(self) -> Sequence[Instrument]:
        """See `VenueQueries.instruments`."""
        return [market.instrument for market in self._markets.values()]

    def server_time(self) -> datetime:
        """The latest instant that a candle or a request has brought here; `datetime.min` before the first."""
        return self._time

    def _inbox(self, instrument: str) -> Inbox:
        market = self._markets.get(instrument)
        return self._strays if market is None else market.inbox

    def _send(self, what: Ticket | Cancellation | Amendment, at: datetime) -> None:
        inbox = self._inbox_of.get(what.order_id, self._strays)
        inbox.add(Request(what, at, at + self._rules.latency))
        self._time = max(self._time, at)

    def _pass(self, candles: Sequence[Candle]) -> None:
        for candle in candles:
            self._time = max(self._time, candle.close_time)

    def _answer_strays(self, candles: Sequence[Candle]) -> None:
        for candle in candles:
            for request in self._strays.take(candle):
                self._turn_away(request, request.at(candle))

    def _turn_away(self, request: Request, at: datetime) -> None:
        match request.what:
            case Ticket():
                self._wire.arrived(request.what, at)
                self._wire.rejected(request.order_id, at, UNKNOWN_INSTRUMENT)
            case Cancellation():
                self._wire.cancel_refused(request, at, UNKNOWN_ORDER)
            case Amendment():
                self._wire.amend_refused(request, at, UNKNOWN_TO_AMEND)


def _check_account(balance: Decimal, leverage: Decimal) -> None:
    if not balance.is_finite() or balance < ZERO:
        raise InvalidSettings(f"the starting balance must not be negative: {balance}")
    if not leverage.is_finite() or leverage < ONE:
        raise InvalidSettings(f"leverage must be at least 1: {leverage}")


def _check_instrument(name: str, instrument: Instrument, currency: str, leverage: Decimal) -> None:
    if name != instrument.id or "-LINEAR." not in name or instrument.quote != currency:
        raise InvalidSettings(
            f"{name}: the simulated exchange trades LINEAR instruments quoted in the account's currency {currency}"
        )
    if leverage > instrument.max_leverage or instrument.maintenance_margin * leverage >= ONE:
        raise InvalidSettings(
            f"leverage {leverage} is too much for {name}: at most {instrument.max_leverage}, and less than 1 / "
            f"maintenance margin ({instrument.maintenance_margin})"
        )
