"""Balances, profits and reserved funds are exact for any fills, funding and ends of orders (real driver)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from commands.account import ReserveFunds
from commands.exchange import Cancelled, Filled, Rejected
from commands.identity import EXCHANGE
from commands.order import PlaceOrder
from domain.account import KillSwitchTripped
from domain.arithmetic import EXACT, ZERO, total
from domain.direction import Direction, Purpose, Side
from domain.log import chain_id, is_outside_fact
from domain.order import (
    Closed,
    OrderCancelRequested,
    OrderFilled,
    OrderOverfilled,
    OrderPlaced,
    OrderType,
    leaves,
)
from domain.position import (
    Ended,
    Open,
    PositionClosed,
    PositionEvent,
    PositionFunded,
    PositionIncreased,
    PositionOpened,
    PositionReduced,
)
from domain.streams import order_stream, position_stream
from projections.chain import missing_causes
from tests.commands.desk import Desk, a_fill_of, folded, funding, snapshot
from tests.domain.history import ACCOUNT, BTC, LOG_ID, D, an_instrument, an_order
from tests.replacing import replace

THOROUGHLY = settings(deadline=None, max_examples=100)
START, RESERVED = D(10_000), D("0.5")
RULES = an_instrument(BTC)
SIGN = {Side.BUY: D(1), Side.SELL: D(-1)}

lots = st.integers(1, 3_000).map(lambda lots: D(lots) / 1000)
prices = st.decimals("0.000000000001", "99999.9999", places=12, allow_nan=False, allow_infinity=False)
fees = st.decimals("-2", "2", places=10, allow_nan=False, allow_infinity=False)
amounts = st.decimals("-5", "5", places=9, allow_nan=False, allow_infinity=False)


@dataclass(frozen=True)
class Place:
    side: Side
    quantity: Decimal
    reduce_only: bool


@dataclass(frozen=True)
class Fill:
    """A fill of the `order`-th order placed so far; with `twice` it is reported two times."""

    order: int
    quantity: Decimal
    price: Decimal
    fee: Decimal
    twice: bool


@dataclass(frozen=True)
class End:
    order: int
    by: type[Cancelled | Rejected]


@dataclass(frozen=True)
class Fund:
    amount: Decimal
    twice: bool


Step = Place | Fill | End | Fund
orders = st.integers(0, 20)
steps = st.lists(
    st.one_of(
        st.builds(Place, st.sampled_from(Side), lots, st.booleans()),
        st.builds(Fill, orders, lots, prices, fees, st.booleans()),
        st.builds(Fill, orders, lots, prices, fees, st.booleans()),
        st.builds(End, orders, st.sampled_from([Cancelled, Rejected])),
        st.builds(Fund, amounts, st.booleans()),
    ),
    max_size=25,
)


class Trading:
    """A desk, and independent sums to compare with it."""

    def __init__(self) -> None:
        self.desk = Desk().opened()
        self.orders: list[tuple[str, OrderPlaced]] = []
        self.position = self.cash = self.fees = self.funding = ZERO

    def take(self, step: Step, number: int) -> None:
        match step:
            case Place():
                self._place(step, number)
            case Fund():
                self._fund(step, number)
            case Fill() if self.orders:
                self._fill(step, number)
            case End() if self.orders:
                self._end(step, number)
            case _:
                return

    def _place(self, step: Place, number: int) -> None:
        cause = f"command:{number}"
        order_id = f"{chain_id(LOG_ID, ACCOUNT, cause)}-e1"
        terms = an_order(
            side=step.side,
            quantity=step.quantity,
            type=OrderType.MARKET,
            reduce_only=step.reduce_only,
            purpose=Purpose.MANUAL,
        )
        place = PlaceOrder(order_id, terms, RULES)
        if step.reduce_only:
            self.desk.ask(place, cause=cause)
        elif self.desk.world.portfolio.account.available >= RESERVED:
            self.desk.ask(ReserveFunds(order_id, RESERVED), place, cause=cause)
        else:
            return
        self.orders.append((order_id, terms))

    def _fill(self, step: Fill, number: int) -> None:
        order_id, terms = self.orders[step.order % len(self.orders)]
        fill = a_fill_of(order_id, f"x{number}", step.quantity, step.price, step.fee)
        reports: list[Filled] = [fill, fill] if step.twice else [fill]
        beyond_order = step.quantity > leaves(self.desk.world.state(order_stream(ACCOUNT, order_id)))
        if beyond_order or (terms.reduce_only and step.quantity > -SIGN[terms.side] * self.position):
            # Past the check of reports: a report of it would only begin a comparison.
            self.desk.ask(*reports, cause=fill.fact, actor=EXCHANGE)
        else:
            self.desk.tell(*reports)
        signed = SIGN[terms.side] * step.quantity
        self.position += signed
        self.cash -= EXACT.multiply(signed, step.price)
        self.fees += step.fee

    def _end(self, step: End, number: int) -> None:
        order_id, _ = self.orders[step.order % len(self.orders)]
        self.desk.tell(
            step.by(order_id=order_id, at=self.desk.at, fact=f"exchange:test:end-{number}", reason="it ended")
        )

    def _fund(self, step: Fund, number: int) -> None:
        held = self.held
        report = replace(funding(f"funding-{number}", step.amount), at=self.desk.at)
        self.desk.tell(*([report, report] if step.twice else [report]))
        if step.twice:
            self.desk.tell(report)
        # Funding of more than a quarter of the position's cost is refused (0082).
        counts = held is not None and abs(step.amount) <= EXACT.multiply(held.cost, D("0.25"))
        self.funding += step.amount if counts else ZERO

    @property
    def held(self) -> Open | None:
        opened = self.desk.world.portfolio.positions.get(BTC)
        return None if opened is None else opened.state


def traded(taken: list[Step]) -> Trading:
    trading = Trading()
    for number, step in enumerate(taken):
        trading.take(step, number)
    return trading


def position_events(trading: Trading) -> list[PositionEvent]:
    events = (envelope.event for envelope in trading.desk.log.envelopes)
    return [event for event in events if isinstance(event, PositionEvent)]


Filling = PositionOpened | PositionIncreased | PositionReduced | PositionClosed


def realised(event: PositionEvent) -> Decimal:
    return event.realised if isinstance(event, PositionReduced | PositionClosed) else ZERO


def fee(event: PositionEvent) -> Decimal:
    return event.fee if isinstance(event, Filling) else ZERO


@given(steps)
@THOROUGHLY
def test_the_position_is_the_signed_sum_of_all_fills(taken: list[Step]) -> None:
    trading = traded(taken)
    held = trading.held
    signs = {Direction.LONG: D(1), Direction.SHORT: D(-1)}
    assert trading.position == (ZERO if held is None else signs[held.direction] * held.quantity)


@given(steps)
@THOROUGHLY
def test_the_balance_is_the_sum_of_trades_fees_and_funding(taken: list[Step]) -> None:
    """The balance is start + sales - purchases - fees + funding + open cost, exactly."""
    trading = traded(taken)
    held = trading.held
    at_cost = ZERO
    if held is not None:
        at_cost = held.cost if held.direction is Direction.LONG else -held.cost
    expected = total([START, trading.cash, EXACT.minus(trading.fees), trading.funding, at_cost])
    assert trading.desk.world.portfolio.account.balance == expected


@given(steps)
@THOROUGHLY
def test_realised_profit_less_fees_plus_funding_is_the_change_of_the_balance(
    taken: list[Step],
) -> None:
    trading = traded(taken)
    events = position_events(trading)
    profit, paid = total(map(realised, events)), total(map(fee, events))
    funded = total(event.amount for event in events if isinstance(event, PositionFunded))
    moved = EXACT.subtract(trading.desk.world.portfolio.account.balance, START)
    assert (paid, funded) == (trading.fees, trading.funding)
    assert moved == EXACT.add(EXACT.subtract(profit, paid), funded)


@given(steps)
@THOROUGHLY
def test_every_closed_position_records_its_net_and_the_balance(taken: list[Step]) -> None:
    """`net` is the change of the balance by the position, `balance` the balance of the account after it."""
    trading = traded(taken)
    moved: dict[str, Decimal] = {}
    balance = START
    for envelope in trading.desk.log.envelopes:
        event, stream = envelope.event, envelope.meta.stream
        if not isinstance(event, PositionEvent):
            continue
        change = EXACT.subtract(realised(event), fee(event))
        if isinstance(event, PositionFunded):
            change = event.amount
        balance = EXACT.add(balance, change)
        moved[stream] = EXACT.add(moved.get(stream, ZERO), change)
        if isinstance(event, PositionClosed):
            assert event.net == moved[stream]
            assert event.balance == balance
            assert isinstance(trading.desk.world.state(stream), Ended)


@given(steps)
@THOROUGHLY
def test_no_funds_stay_reserved_for_an_order_that_has_ended(taken: list[Step]) -> None:
    trading = traded(taken)
    world = trading.desk.world
    ended = {
        order_id
        for order_id, _ in trading.orders
        if isinstance(world.state(order_stream(ACCOUNT, order_id)), Closed)
    }
    entries = {order_id for order_id, terms in trading.orders if not terms.reduce_only}
    assert set(world.portfolio.account.reserved) == entries - ended
    assert set(world.portfolio.entries) == entries - ended


@given(steps)
@THOROUGHLY
def test_an_overfill_trips_the_kill_switch_and_nothing_else_does(
    taken: list[Step],
) -> None:
    trading = traded(taken)
    events = [envelope.event for envelope in trading.desk.log.envelopes]
    over = any(isinstance(event, OrderOverfilled) for event in events)
    assert bool(trading.desk.world.portfolio.account.tripped) is over


@given(steps)
@THOROUGHLY
def test_the_log_has_no_gap_and_no_missing_cause(taken: list[Step]) -> None:
    """Versions have no gaps, every cause is recorded before its effect, and every effect is in its cause's chain."""
    trading = traded(taken)
    log = trading.desk.log
    versions: Counter[str] = Counter()
    chains: dict[str, str] = {}
    for envelope in log.envelopes:
        meta = envelope.meta
        versions[meta.stream] += 1
        assert meta.version == versions[meta.stream]
        if not is_outside_fact(meta.causation_id):
            assert meta.correlation_id == chains[meta.causation_id]
        chains[str(meta.event_id)] = meta.correlation_id
    assert list(missing_causes(log.read())) == []
    assert folded(log) == snapshot(trading.desk.world)


def chains_of(trading: Trading, kind: type) -> dict[str, str]:
    """The chain of each event of this kind, by the event's id."""
    return {
        str(one.meta.event_id): one.meta.correlation_id
        for one in trading.desk.log.envelopes
        if isinstance(one.event, kind)
    }


@given(steps)
@example(
    [
        Place(Side.BUY, D("0.001"), reduce_only=False),
        Place(Side.SELL, D("0.001"), reduce_only=False),
        Fill(0, D("0.001"), D(100), D(0), twice=False),
        Place(Side.BUY, D("0.001"), reduce_only=False),
        Fill(1, D("0.001"), D(100), D(0), twice=False),
    ]
)
@THOROUGHLY
def test_events_of_an_order_continue_its_chain_except_what_follows_from_a_tripped_switch_or_a_closed_position(
    taken: list[Step],
) -> None:
    trading = traded(taken)
    tripped, closed = chains_of(trading, KillSwitchTripped), chains_of(trading, PositionClosed)
    for envelope in trading.desk.log.envelopes:
        meta = envelope.meta
        if meta.causation_id in tripped:
            assert envelope.event == OrderCancelRequested("KILL_SWITCH")
            assert meta.correlation_id == tripped[meta.causation_id]
        elif meta.causation_id in closed and isinstance(envelope.event, OrderCancelRequested):
            assert envelope.event == OrderCancelRequested("POSITION_CLOSED")
            assert meta.correlation_id == closed[meta.causation_id]
        elif isinstance(envelope.event, OrderPlaced) and tripped and not meta.stream.endswith("-e1"):
            assert envelope.event.reduce_only, "it gives back what an entry added after the trip"
        elif meta.stream.startswith("order-"):
            assert meta.stream == order_stream(ACCOUNT, f"{meta.correlation_id}-e1")


def test_a_fill_that_turns_the_position_is_split_exactly() -> None:
    trading = traded(
        [
            Place(Side.BUY, D("0.003"), reduce_only=False),
            Fill(0, D("0.003"), D("100.01"), D("0.1"), twice=False),
            Place(Side.SELL, D("0.010"), reduce_only=False),
            Fill(1, D("0.010"), D("99.99"), D("0.1"), twice=False),
        ]
    )
    closed, opened = (event for event in position_events(trading)[1:])
    assert isinstance(closed, PositionClosed)
    assert isinstance(opened, PositionOpened)
    assert (closed.quantity, closed.fee, closed.realised) == (D("0.003"), D("0.03"), D("-0.00006"))
    assert trading.held is not None
    assert (trading.held.direction, trading.held.quantity, trading.held.fees) == (
        Direction.SHORT,
        D("0.007"),
        D("0.07"),
    )
    assert opened.order_id == closed.order_id
    assert position_stream(ACCOUNT, BTC, Direction.SHORT, 1) in trading.desk.world.versions


def test_parts_of_an_indivisible_cost_release_all_of_it() -> None:
    taken: list[Step] = [Place(Side.BUY, D(3), reduce_only=False)]
    taken += [Fill(0, quantity, D("0.3333"), D(0), twice=False) for quantity in (D("0.7"), D("2.3"))]
    taken += [Place(Side.SELL, D(3), reduce_only=True)]
    taken += [Fill(1, D(1), D("0.3333"), D(0), twice=False) for _ in range(3)]
    trading = traded(taken)
    assert trading.held is None
    assert trading.desk.world.portfolio.account.balance == START


def test_an_exit_booked_before_its_entry_gives_the_same_balance_and_a_discrepancy() -> None:
    trading = traded(
        [
            Place(Side.BUY, D(1), reduce_only=False),
            Place(Side.SELL, D(1), reduce_only=True),
            Fill(1, D(1), D(98), D("0.1"), twice=False),
            Fill(0, D(1), D(100), D("0.1"), twice=False),
        ]
    )
    assert trading.held is None
    assert trading.desk.world.portfolio.account.balance == START - 2 - D("0.2")
    assert trading.desk.world.portfolio.discrepancies.unresolved == {"x2"}


def test_a_repeated_fill_is_recorded_once() -> None:
    trading = traded([Place(Side.BUY, D(1), reduce_only=False), Fill(0, D("0.4"), D(1), D(0), twice=True)])
    fills = [e.event for e in trading.desk.log.envelopes if isinstance(e.event, OrderFilled)]
    assert [fill.execution_id for fill in fills] == ["x1"]
