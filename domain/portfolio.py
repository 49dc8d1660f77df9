"""The portfolio: the positions, working orders, money and open questions of one account at one instant of its log.

The portfolio is folded from every event of the account, in the order of the log. Folding copies the recorded figures;
derived figures are computed when they are read, but for sums over events that are not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Protocol, TypedDict, TypeVar, Unpack, get_args

from msgspec import Struct
from msgspec.structs import replace

from domain import account, order, pause, position, reconciliation, settings, tiers
from domain.account import Account, AccountEvent, AccountState, KillSwitchReset, Unopened
from domain.arithmetic import EXACT, ZERO, distance, total
from domain.arms.split import side_of
from domain.breaker import Breaker, BreakerEvent, Service
from domain.direction import WAYS_OUT, Direction, Purpose, exit_side, towards
from domain.earlier_rows import EarlierRow, EarlierRows, with_row
from domain.errors import AccountNotOpened
from domain.grid import RunningGrid, chain_of, on_ticks, risk_at_stop
from domain.held import SettingsHeld
from domain.instrument import Catalogue, InstrumentEvent
from domain.leverage.change import Leverage, LeverageChangeRequested, LeverageEvent
from domain.log import Meta
from domain.managed import LastManaged, PositionManaged, Rule, followed, recorded
from domain.model import NO_MODELS, ModelEvent, ModelsInForce, in_force_after
from domain.opening import LogOpened
from domain.order import Closed, OrderAmended, OrderEvent, OrderPlaced, OrderStatus, OrderType, Working
from domain.order_id import is_of_an_engine
from domain.owner import PERSON
from domain.pause import ACCOUNT, NO_LOSSES, EntriesPaused, EntriesResumed, Pause, Streak
from domain.position import (
    Open,
    PositionClosed,
    PositionIncreased,
    PositionOpened,
    PositionOrphaned,
    ProtectionMoved,
)
from domain.reconciliation import Discrepancies, ReconciliationEvent
from domain.regime import RegimeChanged
from domain.routed import OpenRoute, RouteEnded, RouteOutcome, RouteReported, SignalRouted, left_now
from domain.scored import ScoreOutcome, SignalScored
from domain.settings import InForce, SettingsChanged
from domain.signal import (
    Decided,
    DecisionMade,
    Detected,
    GridEnded,
    ReversalDecided,
    SeriesEnded,
    SignalDetected,
    SignalIntent,
    Verdict,
)
from domain.sizing.results import Results, risk_of_both, risk_of_fill, with_result
from domain.strategies import Intent
from domain.streams import own_id, parse
from domain.tiers import NO_TRADES, Trades

UNBOUNDED = Decimal("Infinity")
"""The risk of exposure without a stop. It exceeds every limit, so no exposure is added while such exposure is open."""

_REMEMBERED = 256
"""The owners of the latest 256 entries are kept. A late fill of an older entry opens a position of `PERSON`."""

_NOTHING: Mapping[Any, Any] = MappingProxyType({})

_K = TypeVar("_K")
_V = TypeVar("_V")


class OpenPosition(Struct, frozen=True, gc=False, kw_only=True):
    """An open position: its stream, owner (see `domain/owner.py`), state, opening time and the order that opened it.

    `added` are the ids of the further orders that increased it, in order of their first fill. `entered_at_price` is the
    price (quote currency) of the last fill that opened or increased it. `risked` is the sum of what these fills risked
    (`domain/sizing/results.py`); None if the position had no stop at one of them. Where `risks_plan` is set, it has all
    levels of the grid that opened the position. `managed` is the last action on it of each rule of the manager.
    `stop_moved_at` and `target_moved_at` are when a move of it was last recorded (UTC); None before the first.
    """

    stream: str
    owner: str
    state: Open
    opened_at: datetime
    entry_order: str
    entered_at_price: Decimal
    added: tuple[str, ...] = ()
    risked: Decimal | None = None
    risks_plan: bool = False
    managed: Mapping[Rule, LastManaged] = _NOTHING
    stop_moved_at: datetime | None = None
    target_moved_at: datetime | None = None

    @property
    def id(self) -> str:
        """The part of the stream's name after the account, as requests and the API name the position."""
        return parse(self.stream).id

    @property
    def risk(self) -> Decimal:
        """The loss if the stop is hit, before fees, in quote currency: |average entry - stop|·quantity.

        The risk is zero if the stop has been moved beyond the entry price, so that it secures a profit. Without a stop
        the risk of a long is its cost, and that of a short is `UNBOUNDED`.
        """
        held = self.state
        if held.stop is None:
            return held.cost if held.direction is Direction.LONG else UNBOUNDED
        at_stop = position.notional(held.quantity, held.stop)
        return max(EXACT.minus(position.realised_profit(held.direction, at_stop, held.cost)), ZERO)


class Proposed(Struct, frozen=True, gc=False, kw_only=True):
    """The entry of a signal: its owner, reference price, stop and target, and the time of the signal or decision."""

    owner: str
    price: Decimal
    stop: Decimal
    target: Decimal
    at: datetime


class PendingReversal(Struct, frozen=True, gc=False):
    """A decision to REVERSE of `decided_at` (UTC) in this chain, while its second leg is not decided."""

    chain: str
    decided_at: datetime


class Row(Struct, frozen=True, gc=False):
    """The entries in a row that a strategy proposed in one direction, in one instrument."""

    direction: Direction
    count: int


class Repeated(Struct, frozen=True, gc=False, kw_only=True):
    """The entries in a row by which a strategy would open a position; see `domain/committees/repeated.py`.

    `first_at` and `last_at` are the closes (UTC) of the candles of the first and the last of them.
    """

    direction: Direction
    count: int
    first_at: datetime
    last_at: datetime


class WorkingEntry(Struct, frozen=True, gc=False, kw_only=True):
    """An entry order that may still fill, or whose last fill is not yet counted in a position.

    `price` is the price at which its risk is computed: its limit or trigger, else the price of its signal; None for a
    manual market order. `stop` and `target` are the prices of its protection. All prices are in quote currency. The
    margin that it may need is in the account's `reserved`. An order that increases a position has the position's owner.
    `adds` is whether a strategy's entry was placed to increase its open position. `plan_risk` is what the grid of the
    entry risks with all its levels (`RunningGrid.risk`); None for an entry of no grid.
    """

    owner: str
    order: Working | Closed
    price: Decimal | None
    stop: Decimal | None
    target: Decimal | None
    decided_at: datetime
    adds: bool = False
    plan_risk: Decimal | None = None

    @property
    def instrument(self) -> str:
        """The instrument that the order trades."""
        return self.order.terms.instrument

    @property
    def direction(self) -> Direction:
        """The direction of the position that the order opens or increases."""
        return towards(self.order.terms.side)

    @property
    def risk(self) -> Decimal:
        """|price - stop|·quantity still to be filled, in quote currency, before fees."""
        leaves = order.leaves(self.order)
        if not leaves:
            return ZERO
        if self.price is None or self.stop is None:
            return UNBOUNDED
        return EXACT.multiply(distance(self.price, self.stop), leaves)


class Levered(Struct, frozen=True, gc=False, kw_only=True):
    """The leverage of an instrument, the chain of its last request, and when that was recorded (UTC).

    `last_at` is when the last event of it was recorded.
    """

    state: Leverage
    chain: str
    requested_at: datetime
    last_at: datetime


class Portfolio(Struct, frozen=True, gc=False, kw_only=True):
    """One account at one instant.

    `positions` holds the open positions by instrument, `entries` and `exits` the working orders by order id; exits
    can only reduce. `opened` counts all positions ever opened. `lost_at` is the time of the last losing close in each
    instrument. `proposed` holds, by chain, the signals whose entry order is not placed yet. `reset_at` is the number of
    closed trades when a person last reset the kill switch. `owners` holds, by chain, the owners of the latest entries;
    a fill that arrives after its order was dropped needs them. `configured` holds every strategy instance that was ever
    configured, `signalled` every strategy and scanner that ever raised a signal. `breakers` holds the circuit breakers
    that ever had an event. `reversals` holds, by instrument, the decisions to REVERSE whose entry is not decided yet.
    `began_at` is when the log was opened (UTC); None before its first event. `rows` holds, by strategy and instrument,
    its latest recorded entries in one direction, while a setting needs them. `flipped_at` is the time (UTC) of the last
    decision on a strategy's entry that closed its own position, by strategy and instrument. `repeated` holds, by
    strategy and instrument, the entries in a row that opened no position yet, where the strategy's entries have to be
    repeated. `regimes` holds, by instrument, the regime in force, and `grids` the decided grids that have not ended.
    `results` holds, by owner, the R-multiples of the latest closed trades of strategies and scanners.
    `streaks` holds, by strategy and as `ACCOUNT` for all owners, the losing positions in a row, `pauses` the pauses in
    force that follow from them. `leverages` holds, by instrument, the leverage of those that ever had a change of it.
    `models` are the models that are registered, and those that score. `scored_rows` are the feature rows of the last
    scored signals, and `unscored` has, by the SHA-256 of a model that decides, the entries in a row
    that it had to score and did not. `routes` holds, by chain, what other engines carry out or may carry out.
    """

    account_state: AccountState = account.UNOPENED
    settings: InForce = settings.NONE_IN_FORCE
    instruments: Catalogue = _NOTHING
    positions: Mapping[str, OpenPosition] = _NOTHING
    entries: Mapping[str, WorkingEntry] = _NOTHING
    exits: Mapping[str, Working] = _NOTHING
    discrepancies: Discrepancies = reconciliation.NONE_FOUND
    opened: Mapping[tuple[str, Direction], int] = _NOTHING
    trades: Trades = NO_TRADES
    lost_at: Mapping[str, datetime] = _NOTHING
    proposed: Mapping[str, Proposed] = _NOTHING
    reset_at: int = 0
    owners: Mapping[str, str] = _NOTHING
    configured: frozenset[str] = frozenset()
    signalled: frozenset[str] = frozenset()
    breakers: Mapping[Service, Breaker] = _NOTHING
    reversals: Mapping[str, PendingReversal] = _NOTHING
    began_at: datetime | None = None
    rows: Mapping[tuple[str, str], Row] = _NOTHING
    flipped_at: Mapping[tuple[str, str], datetime] = _NOTHING
    repeated: Mapping[tuple[str, str], Repeated] = _NOTHING
    regimes: Mapping[str, RegimeChanged] = _NOTHING
    grids: Mapping[str, RunningGrid] = _NOTHING
    results: Results = _NOTHING
    streaks: Mapping[str, Streak] = _NOTHING
    pauses: Mapping[str, Pause] = _NOTHING
    leverages: Mapping[str, Levered] = _NOTHING
    models: ModelsInForce = NO_MODELS
    scored_rows: EarlierRows = _NOTHING
    unscored: Mapping[str, int] = _NOTHING
    routes: Mapping[str, OpenRoute] = _NOTHING

    @property
    def account(self) -> Account:
        """The account; raises AccountNotOpened before its first event."""
        if isinstance(self.account_state, Unopened):
            raise AccountNotOpened("the account was never opened: no money to trade with is on record")
        return self.account_state

    @property
    def open_risk(self) -> Decimal:
        """The loss if every stop is hit, in quote currency, before fees; `UNBOUNDED` if one of the risks is."""
        held = total(opened.risk for opened in self.positions.values())
        return EXACT.add(held, total(entry.risk for entry in self.entries.values()))

    @property
    def unknown_orders(self) -> tuple[str, ...]:
        """The ids of orders that may or may not exist at the exchange: entries first, then exits."""
        return tuple(order_id for order_id, state in self._orders() if state.status is _UNKNOWN)

    def leverage_in_force(self, instrument_id: str) -> Decimal:
        """The leverage by which the instrument is traded: that of the account until it was changed.

        While a change waits for its outcome, it is the one before. Raises AccountNotOpened without an account.
        """
        held = self.leverages.get(instrument_id)
        return self.account.leverage if held is None else held.state.in_force

    def possible_leverages(self, instrument_id: str) -> tuple[Decimal, ...]:
        """The leverage in force, then the one that is requested, where a change waits for its outcome.

        Raises AccountNotOpened without an account.
        """
        held = self.leverages.get(instrument_id)
        waiting = () if held is None or held.state.requested is None else (held.state.requested,)
        return (self.leverage_in_force(instrument_id), *waiting)

    def next_position(self, instrument_id: str, direction: Direction) -> int:
        """The number, in its stream's name, of the next position of this instrument and direction."""
        return self.opened.get((instrument_id, direction), 0) + 1

    def of_stream(self, stream: str) -> OpenPosition | None:
        """The open position of this stream; None for a stream without one."""
        return next((held for held in self.positions.values() if held.stream == stream), None)

    def exposures(self) -> tuple[str, ...]:
        """The instrument of each open position, and of each entry that has not opened a position yet.

        An addition to an open position is no exposure beside it. The entries of a grid count once, and not beside a
        position that one of them has opened.
        """
        filled = {_plan_of(held.entry_order) for held in self.positions.values()}
        plans = {
            _plan_of(order_id): entry.instrument
            for order_id, entry in self.entries.items()
            if not (entry.adds and entry.instrument in self.positions)
        }
        return (*self.positions, *(name for plan, name in plans.items() if plan not in filled))

    def is_engaged(self, instrument_id: str) -> bool:
        """Whether a position, an entry or a grid is in the instrument."""
        waiting = any(entry.instrument == instrument_id for entry in self.entries.values())
        return waiting or instrument_id in self.positions or instrument_id in self.grids

    def routed_to(self, *instruments: str) -> tuple[OpenRoute, ...]:
        """The open routes of entries to or from any of the instruments."""
        return tuple(
            one
            for one in self.routes.values()
            if one.is_entry and (one.routed.instrument in instruments or one.proposed in instruments)
        )

    def routed_against(
        self, owner: str, instrument_id: str, direction: Direction, at: datetime
    ) -> OpenRoute | None:
        """The open route of an entry of this owner that a proposal in this direction opposes at `at` (UTC); None
        without one, while an exit of it is not answered, and while the other engine is closing it.

        It may have been proposed in any instrument that settings call equal to this one.
        """
        if not self.routes:
            return None
        equal = self.settings.settings.venues.equal_to(instrument_id)
        found = [one for one in self.routed_to(instrument_id, *equal) if one.owner == owner]
        opposed = next((one for one in found if one.routed.direction is direction.opposite), None)
        if opposed is None or opposed.is_being_left(at):
            return None
        return None if any(one.is_exit_of(opposed) for one in self.routes.values()) else opposed

    def against(self, instrument_id: str, direction: Direction) -> OpenPosition | None:
        """The open position that a signal in this direction opposes; None without one."""
        held = self.positions.get(instrument_id)
        return held if held is not None and held.state.direction is direction.opposite else None

    def waiting_against(self, instrument_id: str, direction: Direction) -> Mapping[str, WorkingEntry]:
        """The entries, by order id, that a signal in this direction opposes."""
        return {
            order_id: entry
            for order_id, entry in self.entries.items()
            if entry.instrument == instrument_id and entry.direction is direction.opposite
        }

    def leaving(self, held: OpenPosition) -> tuple[str, ...]:
        """The ids of the orders that are already closing a position.

        They are working reversals, manual orders and liquidations, and triggered stops. A resting stop or target does
        not count.
        """
        return tuple(order_id for order_id, working in self.exits.items() if _leaves(working, held.state))

    def closing_quantity(self, held: OpenPosition) -> Decimal:
        """The quantity, in base currency, that orders close at once: market orders and triggered stops, not yet filled.

        Orders whose outcome is unknown count. The sum may exceed the position, because triggered stops are not cut.
        """
        return total(
            order.leaves(working) for working in self.exits.values() if closes_at_once(working, held.state)
        )

    def _orders(self) -> Iterator[tuple[str, Working | Closed]]:
        yield from ((order_id, entry.order) for order_id, entry in self.entries.items())
        yield from self.exits.items()


class Changes(TypedDict, total=False):
    """The fields of a portfolio that an event replaces."""

    account_state: AccountState
    settings: InForce
    instruments: Catalogue
    positions: Mapping[str, OpenPosition]
    entries: Mapping[str, WorkingEntry]
    exits: Mapping[str, Working]
    discrepancies: Discrepancies
    opened: Mapping[tuple[str, Direction], int]
    trades: Trades
    lost_at: Mapping[str, datetime]
    proposed: Mapping[str, Proposed]
    reset_at: int
    owners: Mapping[str, str]
    configured: frozenset[str]
    signalled: frozenset[str]
    breakers: Mapping[Service, Breaker]
    reversals: Mapping[str, PendingReversal]
    began_at: datetime | None
    rows: Mapping[tuple[str, str], Row]
    flipped_at: Mapping[tuple[str, str], datetime]
    repeated: Mapping[tuple[str, str], Repeated]
    regimes: Mapping[str, RegimeChanged]
    grids: Mapping[str, RunningGrid]
    results: Results
    streaks: Mapping[str, Streak]
    pauses: Mapping[str, Pause]
    leverages: Mapping[str, Levered]
    models: ModelsInForce
    scored_rows: EarlierRows
    unscored: Mapping[str, int]
    routes: Mapping[str, OpenRoute]


class _Alter(Protocol):
    def __call__(self, portfolio: Portfolio, /, **changes: Unpack[Changes]) -> Portfolio: ...


altered: _Alter = replace
"""The portfolio with these fields replaced; typed, unlike `msgspec.structs.replace`."""

EMPTY = Portfolio()
_UNKNOWN = OrderStatus.OUTCOME_UNKNOWN


def unchanged(portfolio: Portfolio, _meta: Meta, _event: object, _state: object) -> Portfolio:
    """The fold of an event that does not concern the portfolio."""
    return portfolio


def with_levels(entry: WorkingEntry, *, stop: Decimal | None, target: Decimal | None) -> WorkingEntry:
    """The entry with its protection at these prices (quote currency)."""
    return replace(entry, stop=stop, target=target)


def with_price(entry: WorkingEntry, *, price: Decimal) -> WorkingEntry:
    """The entry with this price (quote currency) for its risk."""
    return replace(entry, price=price)


def with_stop(held: OpenPosition, *, stop: Decimal) -> OpenPosition:
    """The position with its stop at this price (quote currency)."""
    return replace(held, state=position.with_protection(held.state, stop=stop, target=held.state.target))


def _plan_of(order_id: str) -> str:
    """The chain of an entry of an engine, which is that of all entries of its grid; any other id as it is."""
    return chain_of(order_id) if is_of_an_engine(order_id) else order_id


def _leaves(working: Working, held: Open) -> bool:
    leads_out = working.terms.purpose in WAYS_OUT or working.status is OrderStatus.TRIGGERED
    return leads_out and _reduces(working, held)


def closes_at_once(working: Working, held: Open) -> bool:
    """Whether the order reduces the position at the market's price, without waiting for another price."""
    at_once = working.terms.type is OrderType.MARKET or working.status is OrderStatus.TRIGGERED
    return at_once and _reduces(working, held)


def _reduces(working: Working, held: Open) -> bool:
    terms = working.terms
    return terms.instrument == held.instrument and terms.side is exit_side(held.direction)


def _account(portfolio: Portfolio, _meta: Meta, _event: AccountEvent, state: AccountState) -> Portfolio:
    return altered(portfolio, account_state=state)


def _reset(portfolio: Portfolio, _meta: Meta, _event: KillSwitchReset, state: AccountState) -> Portfolio:
    return altered(portfolio, account_state=state, reset_at=portfolio.trades.count)


def _settings(portfolio: Portfolio, _meta: Meta, event: SettingsChanged, state: InForce) -> Portfolio:
    configured = portfolio.configured.union(event.settings.instances)
    return altered(portfolio, settings=state, configured=configured)


def _instrument(portfolio: Portfolio, _meta: Meta, _event: InstrumentEvent, state: Catalogue) -> Portfolio:
    return altered(portfolio, instruments=state)


def _reconciliation(
    portfolio: Portfolio, _meta: Meta, _event: ReconciliationEvent, state: Discrepancies
) -> Portfolio:
    return altered(portfolio, discrepancies=state)


def _regime(portfolio: Portfolio, _meta: Meta, event: RegimeChanged, _state: object) -> Portfolio:
    return altered(portfolio, regimes={**portfolio.regimes, event.instrument: event})


def _leverage(portfolio: Portfolio, meta: Meta, event: LeverageEvent, state: Leverage) -> Portfolio:
    before, at = portfolio.leverages.get(event.instrument), meta.recorded_at
    begun = at if before is None or isinstance(event, LeverageChangeRequested) else before.requested_at
    held = Levered(state=state, chain=meta.correlation_id, requested_at=begun, last_at=at)
    return altered(portfolio, leverages={**portfolio.leverages, event.instrument: held})


def _breaker(portfolio: Portfolio, _meta: Meta, event: BreakerEvent, state: Breaker) -> Portfolio:
    return altered(portfolio, breakers={**portfolio.breakers, event.service: state})


def _signal(portfolio: Portfolio, meta: Meta, event: SignalDetected, _state: object) -> Portfolio:
    proposed = Proposed(
        owner=event.strategy, price=event.price, stop=event.stop, target=event.target, at=meta.occurred_at
    )
    signalled = portfolio.signalled
    if event.strategy not in signalled:
        signalled = signalled.union((event.strategy,))
    everything = {**portfolio.proposed, meta.correlation_id: proposed}
    moved = _repeated(altered(portfolio, proposed=everything, signalled=signalled), event)
    return _counted(moved, event) if portfolio.settings.settings.counts_repeats else moved


def _repeated(portfolio: Portfolio, event: SignalDetected) -> Portfolio:
    """Counts an entry of a strategy that holds no position in the instrument; one with a position ends the row."""
    key, settings = (event.strategy, event.instrument), portfolio.settings.settings
    if event.intent is not Intent.ENTER or settings.intents_of(event.strategy).repeats <= 1:
        return portfolio
    held, row = portfolio.positions.get(event.instrument), portfolio.repeated.get(key)
    if held is not None and held.owner == event.strategy:
        return altered(portfolio, repeated=_without(portfolio.repeated, key))
    longest = settings.intents_of(event.strategy).repeat_seconds
    goes_on = row is not None and _goes_on(row, event, longest)
    counted = Repeated(
        direction=event.direction,
        count=row.count + 1 if row is not None and goes_on else 1,
        first_at=row.first_at if row is not None and goes_on else event.candle_closed_at,
        last_at=event.candle_closed_at,
    )
    return altered(portfolio, repeated={**portfolio.repeated, key: counted})


def _goes_on(row: Repeated, event: SignalDetected, longest: int) -> bool:
    apart = (event.candle_closed_at - row.last_at).total_seconds()
    return row.direction is event.direction and (not longest or apart <= longest)


def _series(portfolio: Portfolio, _meta: Meta, event: SeriesEnded, _state: object) -> Portfolio:
    """Entries in the position's direction begin a row of their own; noise neither continues a row nor ends it."""
    if event.intent is not SignalIntent.HOLD or not portfolio.settings.settings.counts_repeats:
        return portfolio
    key = (event.strategy, event.instrument)
    return altered(portfolio, rows={**portfolio.rows, key: Row(event.direction, event.count)})


def _counted(portfolio: Portfolio, event: SignalDetected) -> Portfolio:
    """An exit neither continues a row nor ends it."""
    if event.intent is not Intent.ENTER:
        return portfolio
    key = (event.strategy, event.instrument)
    before = portfolio.rows.get(key)
    count = before.count + 1 if before is not None and before.direction is event.direction else 1
    return altered(portfolio, rows={**portfolio.rows, key: Row(event.direction, count)})


_ENTERS = frozenset({Verdict.ENTER, Verdict.REVERSE})
_CLOSES = frozenset({Verdict.CLOSE, Verdict.REVERSE})


def _decision(portfolio: Portfolio, meta: Meta, event: DecisionMade, state: object) -> Portfolio:
    chain = meta.correlation_id
    signal = portfolio.proposed.get(chain)
    if event.verdict in _CLOSES:
        portfolio = _flipped(portfolio, meta, _is(Decided, state).signal)
    if portfolio.repeated and event.verdict in _ENTERS:
        entered = _is(Decided, state).signal
        left = _without(portfolio.repeated, (entered.strategy, entered.instrument))
        portfolio = altered(portfolio, repeated=left)
    if signal is None or event.verdict not in _ENTERS:
        return altered(portfolio, proposed=_without(portfolio.proposed, chain))
    decided = Proposed(
        owner=signal.owner, price=signal.price, stop=event.stop, target=event.target, at=meta.occurred_at
    )
    moved = altered(portfolio, proposed={**portfolio.proposed, chain: decided})
    if event.verdict is Verdict.ENTER:
        owned = altered(moved, owners=_remembered(portfolio.owners, chain, signal.owner))
        return _gridded(owned, meta, event, _is(Decided, state).signal)
    instrument = _is(Decided, state).signal.instrument
    pending = PendingReversal(chain, meta.occurred_at)
    return altered(moved, reversals={**portfolio.reversals, instrument: pending})


def _gridded(portfolio: Portfolio, meta: Meta, event: DecisionMade, signal: SignalDetected) -> Portfolio:
    if signal.grid is None:
        return portfolio
    on_tick = on_ticks(signal.grid, signal.direction, portfolio.instruments[signal.instrument].tick)
    running = RunningGrid(
        chain=meta.correlation_id,
        owner=signal.strategy,
        instrument=signal.instrument,
        direction=signal.direction,
        grid=signal.grid,
        stop=event.stop,
        bound=event.target,
        decided_at=meta.occurred_at,
        risk=risk_at_stop(on_tick, event.stop, EXACT.divide(event.quantity, Decimal(len(on_tick.levels)))),
    )
    return altered(portfolio, grids={**portfolio.grids, signal.instrument: running})


def _grid_ended(portfolio: Portfolio, _meta: Meta, _event: GridEnded, state: object) -> Portfolio:
    return altered(portfolio, grids=_without(portfolio.grids, _is(Decided, state).signal.instrument))


def _routed(portfolio: Portfolio, meta: Meta, event: SignalRouted, state: object) -> Portfolio:
    opened = _route_of(meta, event, _is(Decided, state).signal)
    return altered(portfolio, routes={**portfolio.routes, opened.chain: opened})


def _route_of(meta: Meta, routed: SignalRouted, signal: SignalDetected) -> OpenRoute:
    return OpenRoute(
        chain=meta.correlation_id,
        owner=signal.strategy,
        proposed=signal.instrument,
        routed=routed,
        routed_at=meta.recorded_at,
        closed_at=signal.candle_closed_at,
        interval_seconds=signal.interval_seconds,
        confidence=signal.confidence,
        trend=signal.trend,
    )


def _route_reported(portfolio: Portfolio, meta: Meta, event: RouteReported, state: object) -> Portfolio:
    """The route after the report; one that a person had ended is open again where the other engine has taken it."""
    chain, decided = meta.correlation_id, _is(Decided, state)
    assert decided.routed is not None
    route = portfolio.routes.get(chain) or _route_of(meta, decided.routed, decided.signal)
    left = route.after(event)
    if left is not None:
        return altered(portfolio, routes={**portfolio.routes, chain: left})
    routes = _without(portfolio.routes, chain)
    if event.outcome is RouteOutcome.TAKEN:
        routes = {
            name: left_now(one, at=meta.recorded_at) if route.is_exit_of(one) else one
            for name, one in routes.items()
        }
    return altered(portfolio, routes=routes)


def _route_ended(portfolio: Portfolio, meta: Meta, _event: RouteEnded, _state: object) -> Portfolio:
    return altered(portfolio, routes=_without(portfolio.routes, meta.correlation_id))


def _flipped(portfolio: Portfolio, meta: Meta, signal: SignalDetected) -> Portfolio:
    """Notes the time of a flip: an entry that closes a position of the signal's own strategy."""
    held = portfolio.against(signal.instrument, signal.direction)
    if signal.intent is not Intent.ENTER or held is None or held.owner != signal.strategy:
        return portfolio
    key = (signal.strategy, signal.instrument)
    return altered(portfolio, flipped_at={**portfolio.flipped_at, key: meta.occurred_at})


def _reversal(portfolio: Portfolio, meta: Meta, event: ReversalDecided, state: object) -> Portfolio:
    """A withdrawn entry is dropped; another one is placed at the price at which it was judged."""
    chain = meta.correlation_id
    left = altered(portfolio, reversals=_without(portfolio.reversals, _is(Decided, state).signal.instrument))
    decided = portfolio.proposed.get(chain)
    if decided is None or event.price is None or event.verdict is not Verdict.ENTER:
        return altered(left, proposed=_without(portfolio.proposed, chain))
    judged = Proposed(
        owner=decided.owner,
        price=event.price,
        stop=decided.stop,
        target=decided.target,
        at=meta.occurred_at,
    )
    return altered(
        left,
        proposed={**portfolio.proposed, chain: judged},
        owners=_remembered(portfolio.owners, chain, decided.owner),
    )


def _remembered(owners: Mapping[str, str], chain: str, owner: str) -> Mapping[str, str]:
    # `dict | dict` clones the table of a dict that an entry was deleted from; {**owners} would insert 256 entries anew.
    remembered = owners | {chain: owner} if isinstance(owners, dict) else {**owners, chain: owner}
    if len(remembered) > _REMEMBERED:
        del remembered[next(iter(remembered))]
    return remembered


def _placed(portfolio: Portfolio, meta: Meta, event: OrderPlaced, state: object) -> Portfolio:
    order_id, working = own_id(meta.stream), _is(Working, state)
    if event.reduce_only:
        exits = {**portfolio.exits, order_id: working}
        return altered(portfolio, exits=exits, entries=_protected(portfolio.entries, event))
    entry = _entry(working, portfolio.proposed.get(meta.correlation_id), meta, portfolio)
    return altered(
        portfolio,
        entries={**portfolio.entries, order_id: entry},
        proposed=_without(portfolio.proposed, meta.correlation_id),
    )


def _entry(working: Working, proposed: Proposed | None, meta: Meta, portfolio: Portfolio) -> WorkingEntry:
    named = working.terms.limit_price or working.terms.trigger_price
    grid = portfolio.grids.get(working.terms.instrument)
    if grid is not None and grid.chain == meta.correlation_id:
        return WorkingEntry(
            owner=grid.owner,
            order=working,
            price=named,
            stop=grid.stop,
            target=None,
            decided_at=grid.decided_at,
            plan_risk=grid.risk,
        )
    if proposed is None:
        owner, at = _grown(working.terms, portfolio), meta.occurred_at
        return WorkingEntry(owner=owner, order=working, price=named, stop=None, target=None, decided_at=at)
    return WorkingEntry(
        owner=proposed.owner,
        order=working,
        price=named or proposed.price,
        stop=proposed.stop,
        target=proposed.target,
        decided_at=proposed.at,
        adds=_grown(working.terms, portfolio) == proposed.owner != PERSON,
    )


def _grown(terms: OrderPlaced, portfolio: Portfolio) -> str:
    """The owner of an entry without a signal: the owner of the position that the entry increases, else a person."""
    held = portfolio.positions.get(terms.instrument)
    grows = held is not None and held.state.direction is towards(terms.side)
    return held.owner if held is not None and grows else PERSON


def _protected(entries: Mapping[str, WorkingEntry], placed: OrderPlaced) -> Mapping[str, WorkingEntry]:
    """The entries, where the parent of the order `placed` (a stop or target) has the order's price as its level."""
    entry = entries.get(placed.parent) if placed.parent is not None else None
    if entry is None or placed.parent is None:
        return entries
    stop = placed.trigger_price if placed.purpose is Purpose.STOP else entry.stop
    target = placed.limit_price if placed.purpose is Purpose.TARGET else entry.target
    return {**entries, placed.parent: with_levels(entry, stop=stop, target=target)}


def _began(portfolio: Portfolio, meta: Meta, _event: LogOpened, _state: object) -> Portfolio:
    return altered(portfolio, began_at=portfolio.began_at or meta.recorded_at)


def _order(portfolio: Portfolio, meta: Meta, event: Any, state: Working | Closed) -> Portfolio:
    """Drops an order that is known to have ended. A late fill of the order still reaches the positions.

    An exit that has grown after its end (`domain/order.py`) is taken up again.
    """
    order_id = own_id(meta.stream)
    entry = portfolio.entries.get(order_id)
    if entry is not None:
        return altered(portfolio, entries=_entry_after(portfolio.entries, order_id, entry, event, state))
    if isinstance(state, Closed):
        known = order_id in portfolio.exits
        return altered(portfolio, exits=_without(portfolio.exits, order_id)) if known else portfolio
    moved = altered(portfolio, exits={**portfolio.exits, order_id: state})
    if not isinstance(event, OrderAmended):
        return moved
    return altered(moved, entries=_protected(portfolio.entries, state.terms))


def _entry_after(
    entries: Mapping[str, WorkingEntry],
    order_id: str,
    entry: WorkingEntry,
    event: OrderEvent,
    after: Working | Closed,
) -> Mapping[str, WorkingEntry]:
    """Keeps a filled entry until its last fill is counted in a position, so that its exposure is always counted.

    An entry that is filled because an amendment reduced its quantity is removed at once: its fills are counted already.
    """
    if isinstance(after, Closed) and not _just_filled(after, event):
        return _without(entries, order_id)
    named = after.terms.limit_price or after.terms.trigger_price
    price = named if isinstance(event, OrderAmended) and named is not None else entry.price
    moved = WorkingEntry(
        owner=entry.owner,
        order=after,
        price=price,
        stop=entry.stop,
        target=entry.target,
        decided_at=entry.decided_at,
        adds=entry.adds,
        plan_risk=entry.plan_risk,
    )
    return {**entries, order_id: moved}


def _just_filled(after: Closed, event: OrderEvent) -> bool:
    return after.status is OrderStatus.FILLED and not isinstance(event, OrderAmended)


def _opened(portfolio: Portfolio, meta: Meta, event: PositionOpened, state: object) -> Portfolio:
    if event.instrument in portfolio.positions:
        raise ValueError(f"PositionOpened was recorded on {meta.stream} while {event.instrument} was held")
    entry = portfolio.entries.get(event.order_id)
    plan_risk = None if entry is None else entry.plan_risk
    held = OpenPosition(
        stream=meta.stream,
        owner=_opener(portfolio, meta, event),
        state=_is(Open, state),
        opened_at=meta.occurred_at,
        entry_order=event.order_id,
        entered_at_price=event.price,
        risked=risk_of_fill(event.quantity, event.price, event.stop) if plan_risk is None else plan_risk,
        risks_plan=plan_risk is not None,
    )
    kind = (event.instrument, event.direction)
    return altered(
        portfolio,
        positions={**portfolio.positions, event.instrument: held},
        entries=_taken_up(portfolio.entries, event.order_id),
        opened={**portfolio.opened, kind: portfolio.opened.get(kind, 0) + 1},
    )


def _opener(portfolio: Portfolio, meta: Meta, event: PositionOpened) -> str:
    entry = portfolio.entries.get(event.order_id)
    return portfolio.owners.get(meta.correlation_id, PERSON) if entry is None else entry.owner


def _orphaned(portfolio: Portfolio, meta: Meta, event: PositionOrphaned, _state: object) -> Portfolio:
    held = _held(portfolio, meta, event)
    if not event.heir:
        return portfolio
    positions = {**portfolio.positions, held.state.instrument: _owned(held, owner=event.heir)}
    return altered(portfolio, positions=positions)


def _managed(portfolio: Portfolio, meta: Meta, event: PositionManaged, _state: object) -> Portfolio:
    held = _held(portfolio, meta, event)
    last = recorded(held.managed, event, meta.occurred_at)
    managed = _with_managed(held, managed={**held.managed, event.rule: last})
    return altered(portfolio, positions={**portfolio.positions, held.state.instrument: managed})


def _moved_to(portfolio: Portfolio, meta: Meta, event: ProtectionMoved, state: object) -> Portfolio:
    before = _held(portfolio, meta, event)
    moved = _moved(portfolio, meta, event, state)
    stop_at = before.stop_moved_at if event.stop == before.state.stop else meta.recorded_at
    target_at = before.target_moved_at if event.target == before.state.target else meta.recorded_at
    timed = _with_moves(moved.positions[before.state.instrument], stop_at=stop_at, target_at=target_at)
    held = _with_managed(timed, managed=followed(timed.managed, event.stop, event.target))
    return altered(moved, positions={**moved.positions, before.state.instrument: held})


def _with_managed(held: OpenPosition, *, managed: Mapping[Rule, LastManaged]) -> OpenPosition:
    return replace(held, managed=managed)


def _owned(held: OpenPosition, *, owner: str) -> OpenPosition:
    return replace(held, owner=owner)


def _increased(portfolio: Portfolio, meta: Meta, event: PositionIncreased, state: object) -> Portfolio:
    moved = _filled(portfolio, meta, event, state)
    held = _held(moved, meta, event)
    is_known = event.order_id == held.entry_order or event.order_id in held.added
    added = held.added if is_known else (*held.added, event.order_id)
    is_planned = held.risks_plan and chain_of(event.order_id) == chain_of(held.entry_order)
    more = ZERO if is_planned else risk_of_fill(event.quantity, event.price, held.state.stop)
    entered = _entered(held, price=event.price, added=added, risked=risk_of_both(held.risked, more))
    positions = {**moved.positions, held.state.instrument: entered}
    return altered(moved, positions=positions)


def _entered(
    held: OpenPosition, *, price: Decimal, added: tuple[str, ...], risked: Decimal | None
) -> OpenPosition:
    return replace(held, entered_at_price=price, added=added, risked=risked)


def _filled(portfolio: Portfolio, meta: Meta, event: Any, state: object) -> Portfolio:
    moved = _moved(portfolio, meta, event, state)
    entries = _taken_up(moved.entries, event.order_id)
    return moved if entries is moved.entries else altered(moved, entries=entries)


def _moved(portfolio: Portfolio, meta: Meta, event: Any, state: object) -> Portfolio:
    held, after = _held(portfolio, meta, event), _is(Open, state)
    moved = OpenPosition(
        stream=held.stream,
        owner=held.owner,
        state=after,
        opened_at=held.opened_at,
        entry_order=held.entry_order,
        entered_at_price=held.entered_at_price,
        added=held.added,
        risked=held.risked,
        risks_plan=held.risks_plan,
        managed=held.managed,
        stop_moved_at=held.stop_moved_at,
        target_moved_at=held.target_moved_at,
    )
    return altered(portfolio, positions={**portfolio.positions, after.instrument: moved})


def _with_moves(held: OpenPosition, *, stop_at: datetime | None, target_at: datetime | None) -> OpenPosition:
    return replace(held, stop_moved_at=stop_at, target_moved_at=target_at)


def _closed(portfolio: Portfolio, meta: Meta, event: PositionClosed, _state: object) -> Portfolio:
    held = _held(portfolio, meta, event)
    name, lost, results = held.state.instrument, event.net < 0, portfolio.results
    if held.owner != PERSON:
        results = with_result(results, held.owner, event.net, held.risked)
    return altered(
        portfolio,
        positions=_without(portfolio.positions, name),
        entries=_taken_up(portfolio.entries, event.order_id),
        trades=tiers.evolve(portfolio.trades, event),
        lost_at={**portfolio.lost_at, name: meta.occurred_at} if lost else portfolio.lost_at,
        results=results,
        streaks=_counted_result(portfolio.streaks, held, event.net),
    )


def _counted_result(streaks: Mapping[str, Streak], held: OpenPosition, net: Decimal) -> Mapping[str, Streak]:
    """The losses in a row of the account and of the position's owner; a person has those of the account alone."""
    owners = (ACCOUNT,) if held.owner == PERSON else (ACCOUNT, held.owner)
    after = {owner: pause.after_close(streaks.get(owner, NO_LOSSES), held.stream, net) for owner in owners}
    return {name: streak for name, streak in {**streaks, **after}.items() if streak.losses}


def _paused(portfolio: Portfolio, _meta: Meta, event: EntriesPaused, state: object) -> Portfolio:
    return altered(portfolio, pauses={**portfolio.pauses, event.owner: _is(Pause, state)})


def _resumed(portfolio: Portfolio, _meta: Meta, event: EntriesResumed, _state: object) -> Portfolio:
    return altered(
        portfolio,
        pauses=_without(portfolio.pauses, event.owner),
        streaks=_without(portfolio.streaks, event.owner),
    )


def _model(portfolio: Portfolio, _meta: Meta, event: ModelEvent, _state: object) -> Portfolio:
    models = in_force_after(portfolio.models, event)
    unscored = portfolio.unscored
    if unscored:
        kept = {one.sha256 for role, one in models.scoring if portfolio.models.role_of(one.sha256) is role}
        unscored = {sha256: count for sha256, count in unscored.items() if sha256 in kept}
    return altered(portfolio, models=models, unscored=unscored)


def _scored(portfolio: Portfolio, meta: Meta, event: SignalScored, state: object) -> Portfolio:
    """Keeps the row of the first model that read this feature set for the signal, and was not in want of features.

    Counts the entries in a row that the model that decides them has not scored.
    """
    detected = _is(Detected, state)
    portfolio = _counted_score(portfolio, event, detected)
    known = {one.feature_set for one in detected.scores[:-1] if _was_read(one)}
    if not _was_read(event) or event.feature_set in known:
        return portfolio
    row = EarlierRow(meta.recorded_at, event.values)
    rows = with_row(portfolio.scored_rows, detected.signal.instrument, event.feature_set, row)
    return altered(portfolio, scored_rows=rows)


def _counted_score(portfolio: Portfolio, event: SignalScored, detected: Detected) -> Portfolio:
    """Both arms are counted apart: one that lacks its scores would else be hidden by the other."""
    model = side_of(detected.signal.fact, portfolio.settings.settings.arms, portfolio.models).model
    if model is None or model.sha256 != event.model:
        return portfolio
    if event.outcome is not ScoreOutcome.OK:
        count = portfolio.unscored.get(event.model, 0) + 1
        return altered(portfolio, unscored={**portfolio.unscored, event.model: count})
    if event.model not in portfolio.unscored:
        return portfolio
    return altered(portfolio, unscored=_without(portfolio.unscored, event.model))


def _was_read(score: SignalScored) -> bool:
    """Whether a model has read the row: a late score was computed, a failed one or one without features was not."""
    return bool(score.values) and score.outcome in _READ


_READ = frozenset({ScoreOutcome.OK, ScoreOutcome.LATE})


def _taken_up(entries: Mapping[str, WorkingEntry], order_id: str) -> Mapping[str, WorkingEntry]:
    entry = entries.get(order_id)
    return _without(entries, order_id) if entry is not None and isinstance(entry.order, Closed) else entries


def _held(portfolio: Portfolio, meta: Meta, event: object) -> OpenPosition:
    held = portfolio.positions.get(own_id(meta.stream).rsplit("-", 2)[0])
    if held is None or held.stream != meta.stream:
        raise ValueError(f"{type(event).__name__} was recorded on {meta.stream}, which is not open")
    return held


def _is(kind: type[_V], state: object) -> _V:
    if isinstance(state, kind):
        return state
    raise ValueError(f"the state of the stream is {state}, expected {kind.__name__}")


def _held_settings(portfolio: Portfolio, _meta: Meta, _event: SettingsHeld, state: InForce) -> Portfolio:
    return altered(portfolio, settings=state)


def _without(held: Mapping[_K, _V], key: _K) -> Mapping[_K, _V]:
    if key not in held:
        return held
    left = dict(held)
    del left[key]
    return left


Fold = Callable[[Portfolio, Meta, Any, Any], Portfolio]

FOLDS: Mapping[type, Fold] = {
    LogOpened: _began,
    **dict.fromkeys(get_args(AccountEvent), _account),
    KillSwitchReset: _reset,
    SettingsChanged: _settings,
    SettingsHeld: _held_settings,
    RegimeChanged: _regime,
    **dict.fromkeys(get_args(LeverageEvent), _leverage),
    **dict.fromkeys(get_args(InstrumentEvent), _instrument),
    **dict.fromkeys(get_args(ReconciliationEvent), _reconciliation),
    **dict.fromkeys(get_args(BreakerEvent), _breaker),
    SignalDetected: _signal,
    DecisionMade: _decision,
    ReversalDecided: _reversal,
    SeriesEnded: _series,
    GridEnded: _grid_ended,
    SignalScored: _scored,
    SignalRouted: _routed,
    RouteReported: _route_reported,
    RouteEnded: _route_ended,
    **dict.fromkeys(get_args(OrderEvent), _order),
    OrderPlaced: _placed,
    PositionOpened: _opened,
    PositionIncreased: _increased,
    position.PositionReduced: _filled,
    position.PositionFunded: _moved,
    ProtectionMoved: _moved_to,
    PositionOrphaned: _orphaned,
    PositionManaged: _managed,
    position.PositionClosing: _moved,
    position.PositionCloseFailed: _moved,
    position.PositionCloseRetried: _moved,
    position.PositionCloseWithdrawn: _moved,
    PositionClosed: _closed,
    EntriesPaused: _paused,
    EntriesResumed: _resumed,
    **dict.fromkeys(get_args(ModelEvent), _model),
}
"""The fold of each event; an event that is not listed leaves the portfolio unchanged.

The arguments are the portfolio, the event with its meta, and the state of the event's stream after the event. The
portfolio stores this state and does not fold the event a second time. Raises ValueError for an event of an account or a
position that is not open.
"""
