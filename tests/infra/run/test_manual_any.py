"""Any manual requests in any order: the log is consistent, and a restart changes no relevant state."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from commands.door import Completed, Declined, Drafted
from commands.request import (
    AmendOrder,
    CancelOrder,
    ClosePosition,
    DraftOrder,
    ManualTerms,
    MoveProtection,
    PlaceOrder,
    RaiseSignal,
    Request,
)
from commands.world import World
from domain.direction import Direction, Side
from domain.order import OrderStatus, OrderType, Working
from domain.portfolio import Portfolio
from domain.settings import RiskSettings, Settings
from infra.run.beginning import Beginning
from infra.run.stake import Stake
from projections.chain import missing_causes
from tests.commands.desk import snapshot
from tests.commands.list_log import ListLog
from tests.commands.outside import outside
from tests.domain.history import BTC, ETH, a_signal
from tests.infra.run.test_manual import Hand

D = Decimal
FREE = Settings(
    risk=RiskSettings(max_daily_loss=D(1), max_risk_per_trade=D(1), max_total_risk=D(1), cooldown_seconds=0)
)
BEGINNING = Beginning("paper", Stake("USDT", D(10_000), D(5)), FREE)
MARKET = {BTC: D(100), ETH: D(100)}
PRICES = st.integers(90, 110).map(D)
QUANTITIES = st.integers(1, 40).map(D)
Step = Callable[[Hand], Request | None]

terms = st.builds(
    ManualTerms,
    instrument=st.sampled_from([BTC, ETH]),
    side=st.sampled_from(Side),
    type=st.sampled_from(OrderType),
    quantity=QUANTITIES,
    limit_price=st.none() | PRICES,
    trigger_price=st.none() | PRICES,
    reduce_only=st.booleans(),
    stop=st.none() | PRICES,
    target=st.none() | PRICES,
)


def _worded(wanted: ManualTerms) -> ManualTerms:
    """The terms with exactly the prices that their order type needs; most random terms would otherwise be declined."""
    limit = (wanted.limit_price or D(100)) if wanted.type is OrderType.LIMIT else None
    trigger = (wanted.trigger_price or D(101)) if wanted.type is OrderType.STOP else None
    bare = wanted.reduce_only
    return ManualTerms(
        instrument=wanted.instrument,
        side=wanted.side,
        type=wanted.type,
        quantity=wanted.quantity,
        limit_price=limit,
        trigger_price=trigger,
        reduce_only=wanted.reduce_only,
        stop=None if bare else wanted.stop,
        target=None if bare else wanted.target,
    )


def _working(hand: Hand, number: int) -> str | None:
    portfolio = hand.world.portfolio
    found = [*portfolio.entries, *portfolio.exits]
    return found[number % len(found)] if found else None


def _amend(number: int, quantity: Decimal | None, limit: Decimal | None, trigger: Decimal | None) -> Step:
    def step(hand: Hand) -> Request | None:
        order_id = _working(hand, number)
        return (
            None
            if order_id is None
            else AmendOrder(order_id=order_id, quantity=quantity, limit_price=limit, trigger_price=trigger)
        )

    return step


def _cancel(number: int) -> Step:
    def step(hand: Hand) -> Request | None:
        order_id = _working(hand, number)
        return None if order_id is None else CancelOrder(order_id, "changed my mind")

    return step


def _of_position(make: Callable[[str], Request]) -> Step:
    def step(hand: Hand) -> Request | None:
        held = next(iter(hand.world.portfolio.positions.values()), None)
        return None if held is None else make(held.stream)

    return step


def _signal(price: Decimal, direction: Direction, instrument: str) -> Step:
    away = D(1) if direction is Direction.LONG else D(-1)
    return lambda hand: RaiseSignal(
        outside(
            a_signal(
                instrument=instrument,
                candle_closed_at=hand.at,
                price=price,
                direction=direction,
                trend=0.5 * float(away),
                stop=price - 2 * away,
                target=price + 6 * away,
            )
        )
    )


def _place(wanted: ManualTerms) -> Step:
    return lambda _hand: PlaceOrder(_worded(wanted))


def _draft(wanted: ManualTerms) -> Step:
    return lambda _hand: DraftOrder(_worded(wanted))


def _close() -> Step:
    return _of_position(lambda stream: ClosePosition(stream, "enough"))


def _move(stop: Decimal | None, target: Decimal | None) -> Step:
    return _of_position(lambda stream: MoveProtection(stream, stop, target))


def _nothing() -> Step:
    return lambda _hand: None


MAYBE = st.none() | PRICES
steps = st.lists(
    st.one_of(
        st.builds(_place, terms),
        st.builds(_draft, terms),
        st.builds(_amend, st.integers(0, 5), st.none() | QUANTITIES, MAYBE, MAYBE),
        st.builds(_cancel, st.integers(0, 5)),
        st.builds(_close),
        st.builds(_move, MAYBE, MAYBE),
        st.builds(_signal, PRICES, st.sampled_from(Direction), st.sampled_from([BTC, ETH])),
        st.builds(_nothing),
    ),
    min_size=4,
    max_size=30,
)


def _withdraws_an_unsent_entry(hand: Hand) -> bool:
    orders = (entry.order for entry in hand.world.portfolio.entries.values())
    return any(
        isinstance(order, Working)
        and (order.status, order.restored) == (OrderStatus.CANCEL_REQUESTED, OrderStatus.PLACED)
        for order in orders
    )


def lived(wanted: list[Step], restarts: frozenset[int]) -> Hand:
    """Runs the steps, one every two seconds, and restarts the engine on the same log at some steps.

    `restarts` holds numbers of steps. A positive number restarts the engine before that step. A negative number
    restarts it after the step's request and before the request takes effect. It does not restart there while an entry
    is to be cancelled that the exchange has not confirmed: the restarted engine does not send such an entry
    (decision 0034), so it cannot fill before the cancel arrives.
    """
    hand = Hand(ListLog(), beginning=BEGINNING, prices=MARKET)
    hand.ask(
        PlaceOrder(
            ManualTerms(
                instrument=BTC,
                side=Side.BUY,
                type=OrderType.LIMIT,
                quantity=D(1),
                limit_price=D(100),
                stop=D(95),
            )
        ),
        "first",
    )
    for number, step in enumerate(wanted):
        if number in restarts:
            hand = Hand(hand.log, hand.at, BEGINNING, MARKET)
        request = step(hand)
        if request is not None:
            answer = hand.ask(request, f"k{number}")
            assert isinstance(answer, Completed | Declined | Drafted)
        if -number in restarts and not _withdraws_an_unsent_entry(hand):
            hand = Hand(hand.log, hand.at, BEGINNING, MARKET)
        hand.pass_seconds(2)
    return hand


def held(portfolio: Portfolio) -> object:
    """The balance, reservations, positions and orders, without times."""
    entries = {name: entry.order.filled for name, entry in portfolio.entries.items()}
    exits = {name: (order.terms.quantity, order.filled) for name, order in portfolio.exits.items()}
    positions = {name: position.state for name, position in portfolio.positions.items()}
    return portfolio.account.balance, portfolio.account.reserved, positions, entries, exits


@given(steps, st.frozensets(st.integers(-30, 30), max_size=4))
@settings(deadline=None, max_examples=100)
def test_any_requests_leave_a_consistent_log_and_restarts_change_no_state(
    wanted: list[Step], restarts: frozenset[int]
) -> None:
    whole = lived(wanted, frozenset())
    portfolio = whole.world.portfolio
    assert not portfolio.discrepancies.known
    assert not portfolio.account.tripped
    assert set(portfolio.account.reserved) <= set(portfolio.entries)
    assert list(missing_causes(whole.log.read())) == []
    assert snapshot(World().fold_all(one.envelope for one in whole.log.read())) == snapshot(whole.world)
    times = [one.envelope.meta.recorded_at for one in whole.log.read()]
    assert times == sorted(times)
    assert held(lived(wanted, restarts).world.portfolio) == held(portfolio)
