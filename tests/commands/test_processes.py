"""The processes: the events and orders that follow from each event, with the real driver."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.exchange import Amended, Cancelled, Expired, OrderReport, Rejected
from commands.identity import ENGINE, EXCHANGE
from commands.order import AmendOrder, DenyOrder, PlaceOrder
from commands.signal import RaiseSignal
from commands.stimulus import Ask, Stimulus
from domain.direction import Direction, Purpose, Side
from domain.order import OrderPlaced, OrderStatus, OrderType
from domain.position import PositionClosed, PositionOpened
from domain.settings import Settings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.sizing.size import margin_required
from domain.strategies import Intent
from domain.streams import order_stream
from tests.commands.an_order import RULES
from tests.commands.desk import Desk, a_fill_of, chain_of, long, names
from tests.domain.history import ACCOUNT, BTC, NOW, D, an_order
from tests.replacing import replace

EXIT = long(direction=Direction.SHORT, intent=Intent.EXIT)
SHORT = long(direction=Direction.SHORT, stop=D(102), target=D(94), trend=-0.5)


def an_entry(settings: Settings | None = None) -> tuple[Desk, str]:
    """A desk with a sent entry, stop and target, and their chain."""
    desk = Desk().opened(settings)
    return desk, chain_of(desk.see(long()))


def a_position(quantity: str = "1", settings: Settings | None = None) -> tuple[Desk, str]:
    desk, chain = an_entry(settings)
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(quantity), D(100)))
    return desk, chain


def terms(desk: Desk, order_id: str) -> OrderPlaced:
    placed: OrderPlaced = desk.world.state(order_stream(ACCOUNT, order_id)).terms
    return placed


def test_an_approved_signal_leads_to_an_entry_with_stop_and_target() -> None:
    desk, chain = an_entry()
    entry, stop, target = (terms(desk, f"{chain}-{leg}") for leg in ("e1", "s1", "t1"))
    decision = next(e.event for e in desk.log.envelopes if isinstance(e.event, DecisionMade))
    assert (entry.type, entry.side, entry.purpose, entry.parent) == (
        OrderType.MARKET,
        Side.BUY,
        Purpose.ENTRY,
        None,
    )
    assert (stop.type, stop.side, stop.purpose, stop.trigger_price, stop.parent) == (
        OrderType.STOP,
        Side.SELL,
        Purpose.STOP,
        decision.stop,
        f"{chain}-e1",
    )
    assert (target.type, target.side, target.purpose, target.limit_price, target.parent) == (
        OrderType.LIMIT,
        Side.SELL,
        Purpose.TARGET,
        decision.target,
        f"{chain}-e1",
    )
    assert (entry.reduce_only, stop.reduce_only, target.reduce_only) == (False, True, True)
    assert {entry.quantity, stop.quantity, target.quantity} == {decision.quantity}
    freshness = timedelta(seconds=Settings().order_freshness_seconds)
    assert {entry.fresh_until, stop.fresh_until, target.fresh_until} == {desk.at + freshness}


def test_a_short_signal_leads_to_orders_on_the_opposite_sides() -> None:
    desk = Desk().opened()
    chain = chain_of(desk.see(SHORT))
    assert [terms(desk, f"{chain}-{leg}").side for leg in ("e1", "s1", "t1")] == [
        Side.SELL,
        Side.BUY,
        Side.BUY,
    ]


def test_the_margin_of_an_entry_is_reserved_with_it() -> None:
    desk, chain = an_entry()
    entry = terms(desk, f"{chain}-e1")
    margin = margin_required(RULES, entry.quantity, D(100), D(5))
    assert desk.world.portfolio.account.reserved == {f"{chain}-e1": margin}


def test_a_skipped_signal_is_recorded_and_places_no_order() -> None:
    desk = Desk().opened()
    assert names(desk.see(long(confidence=0.1))) == ["SignalDetected", "DecisionMade"]
    assert desk.exchange.letters == []


ENDINGS: list[OrderReport] = [
    Cancelled(order_id="", at=NOW, fact="exchange:test:end", reason="CancelByUser"),
    Rejected(order_id="", at=NOW, fact="exchange:test:end", reason="110007"),
    Expired(order_id="", at=NOW, fact="exchange:test:end", reason="GTD"),
]


@pytest.mark.parametrize("ending", ENDINGS)
def test_funds_are_released_when_the_entry_ends(ending: OrderReport) -> None:
    desk, chain = an_entry()
    recorded = desk.tell(replace(ending, order_id=f"{chain}-e1"))
    assert names(recorded)[1:] == ["FundsReleased"]
    assert desk.world.portfolio.account.reserved == {}


def test_funds_are_released_when_the_entry_is_denied() -> None:
    desk, chain = an_entry()
    recorded = desk.ask(DenyOrder(f"{chain}-e1", "STREAM_RECONCILING"), cause="command:deny")
    assert names(recorded) == ["OrderDenied", "FundsReleased"]


def test_funds_stay_reserved_while_the_entry_may_still_fill() -> None:
    desk, chain = a_position("0.5")
    assert set(desk.world.portfolio.account.reserved) == {f"{chain}-e1"}
    rest = terms(desk, f"{chain}-e1").quantity - D("0.5")
    assert "FundsReleased" in names(desk.tell(a_fill_of(f"{chain}-e1", "x2", rest, D(100))))


def test_funds_are_released_when_an_amendment_ends_the_entry() -> None:
    desk, chain = a_position("0.5")
    entry = f"{chain}-e1"
    desk.ask(
        AmendOrder(order_id=entry, quantity=D("0.5"), limit_price=None, trigger_price=None, rules=RULES),
        cause="command:less",
    )
    recorded = desk.tell(
        Amended(
            order_id=entry,
            at=NOW,
            fact="exchange:test:less",
            quantity=D("0.5"),
            limit_price=None,
            trigger_price=None,
        )
    )
    assert names(recorded) == ["OrderAmended", "FundsReleased"]
    assert desk.world.portfolio.entries == {}


def test_a_position_opens_with_the_levels_of_its_decision() -> None:
    desk, _chain = a_position()
    opened = next(e.event for e in desk.log.envelopes if isinstance(e.event, PositionOpened))
    decision = next(e.event for e in desk.log.envelopes if isinstance(e.event, DecisionMade))
    assert (opened.stop, opened.target) == (decision.stop, decision.target)


@pytest.mark.parametrize(("signal", "reason"), [(EXIT, "EXIT_SIGNAL"), (SHORT, "REVERSAL")])
def test_an_opposing_signal_closes_exactly_the_position(signal: SignalDetected, reason: str) -> None:
    desk, _entry = a_position("1")
    recorded = desk.see(signal)
    chain = chain_of(recorded)
    way_out = terms(desk, f"{chain}-x1")
    decision = recorded[1].event
    assert isinstance(decision, DecisionMade)
    assert (decision.verdict, decision.reasons) == (Verdict.CLOSE, (reason,))
    assert (way_out.type, way_out.side, way_out.quantity, way_out.reduce_only, way_out.purpose) == (
        OrderType.MARKET,
        Side.SELL,
        D(1),
        True,
        Purpose.REVERSAL,
    )


def test_the_fill_of_an_exit_closes_the_position_with_its_reason() -> None:
    desk, _entry = a_position("1")
    chain = chain_of(desk.see(EXIT))
    recorded = desk.tell(a_fill_of(f"{chain}-x1", "x9", D(1), D(103)))
    closed = recorded[1].event
    assert isinstance(closed, PositionClosed)
    assert (closed.reason, closed.gross, closed.net) == (Purpose.REVERSAL, D(3), D("2.9"))
    assert desk.world.portfolio.positions == {}


def test_an_opposing_signal_cancels_a_waiting_entry() -> None:
    desk, chain = an_entry()
    desk.see(EXIT)
    assert desk.exchange.sent[1:] == [("cancel", (f"{chain}-e1",))]
    assert desk.world.state(order_stream(ACCOUNT, f"{chain}-e1")).status is OrderStatus.CANCEL_REQUESTED


def test_two_strategies_against_each_other_on_one_candle_send_nothing() -> None:
    """The second signal opposes an entry that is not sent yet; if it were sent and then cancelled, it would fill."""
    desk = Desk().opened(Settings(reverse_others=True))
    signals = (long(candle_closed_at=desk.at), replace(SHORT, candle_closed_at=desk.at, strategy="other"))
    asks = [
        Ask(
            command=RaiseSignal(chain, signal),
            cause="candle:both",
            occurred_at=desk.at,
            actor=ENGINE,
            chain=chain,
        )
        for chain, signal in zip(("chain1", "chain2"), signals, strict=True)
    ]
    desk.handle(Stimulus(desk.at, tuple(asks)))
    decisions = [one.event.verdict for one in desk.log.envelopes if isinstance(one.event, DecisionMade)]
    assert decisions == [Verdict.ENTER, Verdict.CLOSE]
    assert desk.exchange.sent == []
    for leg in ("e1", "s1", "t1"):
        assert desk.world.state(order_stream(ACCOUNT, f"chain1-{leg}")).status is OrderStatus.DENIED
    assert desk.world.portfolio.account.reserved == {}
    assert not desk.world.portfolio.entries
    assert not desk.world.portfolio.exits


OTHERS = (replace(EXIT, strategy="other"), replace(SHORT, strategy="other"))


@pytest.mark.parametrize("signal", OTHERS, ids=["exit", "enter"])
def test_an_opposing_signal_of_another_strategy_closes_and_cancels_nothing(signal: SignalDetected) -> None:
    for desk, _chain in (a_position("1"), an_entry()):
        before = len(desk.exchange.sent)
        recorded = desk.see(signal)
        decision = recorded[1].event
        assert isinstance(decision, DecisionMade)
        assert names(recorded) == ["SignalDetected", "DecisionMade"]
        assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("HELD_BY_OTHER_STRATEGY",))
        assert len(desk.exchange.sent) == before


def test_with_reverse_others_an_entry_of_another_strategy_closes_the_position() -> None:
    desk, _entry = a_position("1", Settings(reverse_others=True))
    chain = chain_of(desk.see(OTHERS[1]))
    assert terms(desk, f"{chain}-x1").purpose is Purpose.REVERSAL
    assert names(desk.see(replace(OTHERS[0], strategy="third"))) == ["SignalDetected", "DecisionMade"]


def test_an_exit_leaves_waiting_entries_of_its_own_direction_alone() -> None:
    """A person's short entry waits while we are long; the signal closes the long and leaves the short entry alone."""
    desk, entry = a_position("1")
    waiting = an_order(side=Side.SELL, quantity=D(1), type=OrderType.LIMIT, limit_price=D(120))
    desk.ask(PlaceOrder("person-e1", waiting, RULES), cause="command:short")
    before = len(desk.exchange.sent)
    chain = chain_of(desk.see(EXIT))
    assert desk.exchange.sent[before:] == [("submit", (f"{chain}-x1",)), ("cancel", (f"{entry}-e1",))]


def test_a_waiting_entry_is_cancelled_without_adding_to_the_position() -> None:
    """We are long and a person's short entry waits; a long signal cancels that entry and buys nothing."""
    desk, _entry = a_position("1", Settings(reverse_others=True))
    waiting = an_order(side=Side.SELL, quantity=D(1), type=OrderType.LIMIT, limit_price=D(120))
    desk.ask(PlaceOrder("person-e1", waiting, RULES), cause="command:short")
    before = len(desk.exchange.sent)
    recorded = desk.see(long())
    assert names(recorded) == ["SignalDetected", "DecisionMade", "OrderCancelRequested"]
    assert desk.exchange.sent[before:] == [("cancel", ("person-e1",))]


def test_an_overfill_that_a_comparison_takes_in_trips_the_kill_switch_with_the_reason() -> None:
    desk, chain = an_entry()
    too_much = terms(desk, f"{chain}-e1").quantity + D("0.5")
    fill = a_fill_of(f"{chain}-e1", "x1", too_much, D(100))
    recorded = desk.ask(fill, cause=fill.fact, actor=EXCHANGE)
    assert names(recorded)[:2] == ["OrderFilled", "OrderOverfilled"]
    assert desk.world.portfolio.account.tripped == f"order {chain}-e1 was filled 0.500 beyond its quantity"
    assert desk.world.portfolio.positions[BTC].state.quantity == too_much
    decision = desk.see(long(instrument="ETHUSDT-LINEAR.BYBIT"))[1].event
    assert isinstance(decision, DecisionMade)
    assert "KILL_SWITCH" in decision.reasons
