"""The exchange port, implemented by simulation against candles."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

from adapters.simulated.admission import UNKNOWN_INSTRUMENT, UNKNOWN_ORDER, UNKNOWN_TO_AMEND
from adapters.simulated.clearing import Clearing
from adapters.simulated.fill_source import FillSource
from adapters.simulated.fitness import check_account, check_instrument
from adapters.simulated.idle import IdleBounds
from adapters.simulated.in_process import InProcessExchange
from adapters.simulated.market import Market
from adapters.simulated.requests import Amendment, Cancellation, Inbox, Request
from adapters.simulated.restoring import arrived, standing
from adapters.simulated.rules import SimulationRules
from adapters.simulated.version import RULES_VERSION, check_playable
from adapters.simulated.wallet import Wallet
from commands.exchange import Ticket
from commands.world import World
from domain.arithmetic import EXACT, ONE
from domain.candle import Candle
from domain.errors import ExchangeRefused, InvalidInput, InvalidSettings
from domain.instrument import Instrument
from domain.market import BookReading
from domain.venue import VenueBalance, VenueOrder, VenuePosition

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class SimulatedExchange(InProcessExchange):
    """One account on one exchange: one-way mode, isolated margin, linear contracts.

    `instruments` are keyed by id; `currency` is the quote currency of all of them and the unit of `balance`;
    `leverage` applies to every position until `set_leverage` sets another one for an instrument. `version` is that of
    the simulator's rules in the log's opening. `drawn_as` gives the name under which the slippage of an order is drawn,
    by its id: a backtest draws as the log that it is compared with. Raises InvalidSettings where balance, leverage or
    an instrument is invalid, InvalidInput for an unknown version.

    `on_candles` moves the market; `reports` returns what happened. The same calls over the same candles give the same
    reports, so the exchange can be rebuilt after a restart by repeating the calls. No call raises an ExchangeError, as
    the exchange runs in this process.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        currency: str,
        balance: Decimal,
        leverage: Decimal,
        rules: SimulationRules,
        seed: int,
        version: int = RULES_VERSION,
        drawn_as: Callable[[str], str] = str,
    ) -> None:
        super().__init__()
        check_playable(version)
        check_account(balance, leverage)
        self._rules = rules
        self._currency = currency
        self._leverage = leverage
        self._wallet = Wallet(balance)
        self._markets: dict[str, Market] = {}
        self._seed, self._version, self._drawn_as = seed, version, drawn_as
        for name, instrument in instruments.items():
            check_instrument(name, instrument, currency, leverage)
            self._markets[name] = self._market(instrument)
        self._inbox_of: dict[str, Inbox] = {}
        self._strays = Inbox()
        self._time = _LONG_AGO

    @classmethod
    def restored(cls, world: World, rules: SimulationRules, seed: int, at: datetime) -> SimulatedExchange:
        """Rebuilds the exchange from the state of a log whose account has been opened.

        The version of the simulator's rules is that of the log's opening.
        Requests that had been sent and had not arrived are not restored: the sender sends them again (`Sender.resume`).
        All restored orders carry the time `at`. Queries do not return executions before `at`, which are in the log.
        """
        portfolio = world.portfolio
        account = portfolio.account
        exchange = cls(
            portfolio.instruments,
            account.currency,
            account.balance,
            account.leverage,
            rules,
            seed,
            world.state("log").simulator,
        )
        for name, stood in standing(world).items():
            market = exchange._markets[name]
            market.restore(stood)
            known = (*stood.ended, *(order.id for order in stood.working))
            exchange._inbox_of.update(dict.fromkeys(known, market.inbox))
        for name, one in portfolio.leverages.items():
            exchange._markets[name].lever(one.state.in_force)
        for order_id, state in arrived(world):
            exchange._wire.history.restore(order_id, state, at)
        return exchange

    @property
    def balance(self) -> Decimal:
        """Starting balance + realised profit - fees + funding, in the account's currency, exactly."""
        return self._wallet.balance

    @property
    def available(self) -> Decimal:
        """The balance less the margin of positions and resting orders."""
        return self._wallet.available

    def position(self, instrument: str) -> Decimal:
        """The signed quantity held, in base currency; negative when short. Raises KeyError for an unlisted id."""
        return self._markets[instrument].position

    def trades(self, instrument: str) -> bool:
        """Whether the instrument is listed here."""
        return instrument in self._markets

    def submit(self, tickets: Sequence[Ticket]) -> None:
        """See `OrderEntry.submit`; a ticket with an order id used before has no effect."""
        for ticket in tickets:
            if ticket.order_id not in self._inbox_of:
                self._inbox_of[ticket.order_id] = self._inbox(ticket.terms.instrument)
                self._send(ticket, ticket.sent_at)

    def relist(self, instrument: Instrument) -> None:
        """Puts other rules in force for a traded instrument; orders that rest are not judged again.

        An instrument that is not traded yet is traded from now on. Raises InvalidSettings where the rules are invalid
        here.
        """
        market = self._markets.get(instrument.id)
        leverage = self._leverage if market is None else market.leverage
        check_instrument(instrument.id, instrument, self._currency, leverage)
        if market is None:
            self._markets[instrument.id] = self._market(instrument)
        else:
            market.relist(instrument)

    def set_leverage(self, instrument: str, leverage: Decimal) -> None:
        """See `LeverageEntry.set_leverage`; it is in force at once, and refused while a position is open."""
        market = self._markets.get(instrument)
        if market is None:
            raise ExchangeRefused(f"{instrument} is not traded here")
        if market.position:
            raise ExchangeRefused(f"{instrument} has a position: its leverage is not changed")
        if leverage < ONE:
            raise ExchangeRefused(f"{instrument}: leverage must be at least 1: {leverage}")
        try:
            check_instrument(instrument, market.instrument, self._currency, leverage)
        except InvalidSettings as fault:
            raise ExchangeRefused(str(fault)) from None
        market.lever(leverage)

    def leverage(self, instrument: str) -> Decimal:
        """The leverage of the instrument's positions. Raises KeyError for an unlisted id."""
        return self._markets[instrument].leverage

    def _market(self, instrument: Instrument) -> Market:
        clearing = Clearing(
            instrument, self._leverage, self._rules, self._seed, self._wallet, self._wire, self._drawn_as
        )
        return Market(clearing, self._wire, self._rules.price_band, self._version)

    def on_candles(self, candles: Sequence[Candle]) -> None:
        """Moves the market by candles that close at one instant, at most one for each instrument.

        Raises InvalidInput for a candle of an instrument that is not traded here and for a candle out of order.
        """
        busy: list[tuple[Market, Candle]] = []
        for candle in candles:
            market = self._markets.get(candle.instrument)
            if market is None:
                raise InvalidInput(f"received a candle of {candle.instrument}, which is not traded here")
            if not market.idle(candle):
                busy.append((market, candle))
        if candles:
            self._time = max(self._time, candles[0].close_time)
        if not busy and not self._strays.waiting:
            return
        with localcontext(EXACT):
            bars = [(market, market.begin(candle)) for market, candle in busy]
            for market, bar in bars:
                market.finish(bar)
        self._answer_strays(candles[:1])

    def on_readings(self, readings: Sequence[BookReading], at: datetime) -> None:
        """Moves markets by readings of their order books, which were received at `at` (UTC).

        Raises InvalidInput for a reading of an instrument that is not traded here.
        """
        self._time = max(self._time, at)
        with localcontext(EXACT):
            for reading in readings:
                market = self._markets.get(reading.instrument)
                if market is None:
                    raise InvalidInput(f"received a book of {reading.instrument}, which is not traded here")
                market.read(reading, at)

    def meet_books(self, until: datetime, patience: timedelta) -> None:
        """Carries out the requests that have arrived by `until` (UTC) in each market whose last reading is known.

        Call it before each `on_readings`, or a request meets a reading that came after it. A request that arrives later
        than `patience` after the reading waits for the next one, or for a candle.
        """
        with localcontext(EXACT):
            for market in self._markets.values():
                market.meet(until, patience)

    def forget_books(self) -> None:
        """Takes all books as unknown until their next readings, as after a pause of the recording."""
        for market in self._markets.values():
            market.forget_book()

    @property
    def fills(self) -> Mapping[FillSource, int]:
        """The number of executions by what filled them; liquidations are none."""
        return self._wire.fills

    def idle_bounds(self) -> Mapping[str, IdleBounds] | None:
        """By instrument what candles may do without any effect; None where the next candle may have one whatever it is.

        The bounds hold until the next request or the next call of `on_candles`.
        """
        if self._strays.waiting:
            return None
        return {name: market.idle_bounds() for name, market in self._markets.items()}

    def pass_over(self, last: Sequence[Candle]) -> None:
        """Takes candles as processed that are within `idle_bounds`; `last` is the last one of each instrument.

        Not for candles of unknown instruments or out of order.
        """
        for candle in last:
            self._markets[candle.instrument].pass_over(candle)
            self._time = max(self._time, candle.close_time)

    def fund(self, instrument: str, at: datetime, price: Decimal, rate: Decimal) -> None:
        """Settles funding of the position that is held now, if one is: quantity x price x rate, at `at` (UTC).

        It is for funding that no candle states (see `Candle.funding_rate`). Raises KeyError for an unlisted id.
        """
        with localcontext(EXACT):
            self._markets[instrument].fund(at, price, rate)

    def answer_unpriced(self, priced: Collection[str], moment: datetime) -> None:
        """Processes the requests that arrive before `moment` in every market but those of `priced`.

        Without a price nothing is admitted and nothing trades; resting orders are cancelled and amended.
        """
        with localcontext(EXACT):
            for name, market in self._markets.items():
                if name not in priced and market.inbox.waiting:
                    market.answer(moment)

    def open_orders(self) -> Sequence[VenueOrder]:
        """See `VenueQueries.open_orders`."""
        ids = (order_id for market in self._markets.values() for order_id in market.order_ids())
        return [order for order_id in ids if (order := self.order(order_id)) is not None]

    def positions(self) -> Sequence[VenuePosition]:
        """See `VenueQueries.positions`."""
        with localcontext(EXACT):
            shown = [market.shown_position() for market in self._markets.values()]
        return [position for position in shown if position is not None]

    def balances(self) -> Sequence[VenueBalance]:
        """See `VenueQueries.balances`; returns the balance in the account's only currency."""
        with localcontext(EXACT):
            available = self.available
        return [VenueBalance(currency=self._currency, balance=self.balance, available=available)]

    def instruments(self) -> Sequence[Instrument]:
        """See `VenueQueries.instruments`."""
        return [market.instrument for market in self._markets.values()]

    def server_time(self) -> datetime:
        """The latest time of any candle or request; `datetime.min` before the first."""
        return self._time

    def _inbox(self, instrument: str) -> Inbox:
        market = self._markets.get(instrument)
        return self._strays if market is None else market.inbox

    def _send(self, what: Ticket | Cancellation | Amendment, at: datetime) -> None:
        inbox = self._inbox_of.get(what.order_id, self._strays)
        inbox.add(Request(what, at, at + self._rules.latency))
        self._time = max(self._time, at)

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
