from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from commands.world import World
from domain.account import FundsReleased, FundsReserved, KillSwitchReset, KillSwitchTripped
from domain.direction import Direction, Purpose, Side
from domain.errors import AccountNotOpened
from domain.events import BY_FULL_NAME
from domain.instrument import InstrumentRulesChanged
from domain.manipulation import ManipulationSuspected
from domain.mark import AccountMarked
from domain.moving import LogMoved
from domain.opening import LogOpened, Mode
from domain.order import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderCancelRequested,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderOutcomeUnknown,
    OrderOverfilled,
    OrderRejected,
    OrderStatus,
    OrderSubmitted,
    OrderTriggered,
    OrderType,
)
from domain.portfolio import EMPTY, FOLDS, UNBOUNDED, altered
from domain.position import (
    PositionFunded,
    PositionIncreased,
    PositionOrphaned,
    PositionReduced,
    ProtectionMoved,
)
from domain.reconciliation import DiscrepancyFound, DiscrepancyResolved
from domain.settings import Settings
from domain.signal import Verdict
from domain.streams import instruments_stream, reconciliation_stream
from tests.domain.history import (
    ACCOUNT,
    BTC,
    ETH,
    LOG_ID,
    NOW,
    History,
    a_closing,
    a_decision,
    a_fill,
    a_signal,
    a_stop,
    an_instrument,
    an_open_day,
    an_opening,
    an_order,
    money,
)

D = Decimal


def an_entered_signal() -> History:
    """A signal, its decision, and its entry with stop and target, placed and not filled."""
    return (
        an_open_day()
        .signal(a_signal(), a_decision())
        .account(FundsReserved("abc-e1", D(211)))
        .order("abc-e1", an_order())
        .order("abc-s1", a_stop())
        .order("abc-t1", a_target())
    )


def a_target() -> OrderEvent:
    return a_stop(type=OrderType.LIMIT, limit_price=D("105.9"), trigger_price=None, purpose=Purpose.TARGET)


def a_held_position() -> History:
    return an_entered_signal().order("abc-e1", a_fill(D(10))).position(an_opening())


def test_every_event_is_folded_except_marks_and_moves_of_the_log() -> None:
    assert set(BY_FULL_NAME.values()) - set(FOLDS) == {AccountMarked, LogMoved, ManipulationSuspected}


def test_the_opening_of_the_log_leaves_only_its_time() -> None:
    opening = History().record("log", LogOpened(log_id=LOG_ID, mode=Mode.TAPE, tape="tape", synthetic=False))
    assert opening.portfolio() == altered(EMPTY, began_at=opening.envelopes[0].meta.recorded_at)


def test_reading_an_unopened_account_raises() -> None:
    with pytest.raises(AccountNotOpened, match="never opened"):
        _ = EMPTY.account


def test_account_settings_and_instruments_are_the_states_of_their_streams() -> None:
    changed = an_instrument(BTC, tick=D("0.5"))
    portfolio = (
        an_open_day()
        .account(money(D(-5), D(9_995)), KillSwitchTripped("overfill"))
        .settings(Settings(order_freshness_seconds=5))
        .record(instruments_stream(ACCOUNT), InstrumentRulesChanged(changed))
        .portfolio()
    )
    assert (portfolio.account.balance, portfolio.account.tripped) == (D(9_995), "overfill")
    assert (portfolio.settings.version, portfolio.settings.settings.order_freshness_seconds) == (2, 5)
    assert portfolio.instruments == {BTC: changed, ETH: an_instrument(ETH)}


def test_a_placed_entry_has_the_signals_price_and_the_decisions_stop_and_target() -> None:
    portfolio = an_entered_signal().portfolio()
    entry = portfolio.entries["abc-e1"]
    assert (entry.instrument, entry.direction, entry.decided_at) == (BTC, Direction.LONG, NOW)
    assert (entry.price, entry.stop, entry.target) == (D(100), D("97.9"), D("105.9"))
    assert entry.risk == D("21.0")
    assert portfolio.exposures() == (BTC,)
    assert portfolio.account.reserved == {"abc-e1": D(211)}
    assert set(portfolio.exits) == {"abc-s1", "abc-t1"}
    assert portfolio.proposed == {}


@pytest.mark.parametrize("verdict", [Verdict.SKIP, Verdict.CLOSE])
def test_a_signal_that_does_not_enter_is_dropped(verdict: Verdict) -> None:
    assert an_open_day().signal(a_signal(), a_decision(verdict=verdict)).portfolio().proposed == {}


def test_the_risk_of_a_partly_filled_entry_moves_to_its_position() -> None:
    history = an_entered_signal().order("abc-e1", a_fill(D(4)))
    portfolio = history.position(an_opening(quantity=D(4), cost=D(400))).portfolio()
    assert portfolio.entries["abc-e1"].risk == D("12.6")
    assert portfolio.positions[BTC].risk == D("8.4")
    assert portfolio.open_risk == D("21.0")
    assert portfolio.exposures() == (BTC,)


def test_a_repeated_execution_counts_once() -> None:
    portfolio = an_entered_signal().order("abc-e1", a_fill(D(4)), a_fill(D(4))).portfolio()
    assert portfolio.entries["abc-e1"].risk == D("12.6")


def test_a_filled_entry_stays_until_its_fill_is_in_a_position() -> None:
    filled = an_entered_signal().order("abc-e1", OrderSubmitted("v1"), OrderAccepted("v1"), a_fill(D(10)))
    before = filled.portfolio()
    assert (before.entries["abc-e1"].stop, before.exposures()) == (D("97.9"), (BTC,))
    after = filled.position(an_opening()).portfolio()
    assert (after.entries, after.exposures()) == ({}, (BTC,))


def test_an_increase_by_the_last_fill_removes_the_entry() -> None:
    history = an_entered_signal().order("abc-e1", a_fill(D(4)))
    history.position(an_opening(quantity=D(4), cost=D(400))).order("abc-e1", a_fill(D(6), "x2"))
    assert set(history.portfolio().entries) == {"abc-e1"}
    portfolio = history.position(
        PositionIncreased(order_id="abc-e1", quantity=D(6), price=D(101), cost=D(606), fee=D(0))
    ).portfolio()
    assert portfolio.entries == {}
    assert portfolio.positions[BTC].state.cost == D(1006)


ENDINGS: tuple[OrderEvent, ...] = (
    OrderCancelled("user"),
    OrderRejected("110007"),
    OrderExpired("not sent in time"),
    OrderDenied("kill switch"),
)


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: type(ending).__name__)
def test_an_entry_that_ended_unfilled_is_removed(ending: OrderEvent) -> None:
    portfolio = an_entered_signal().order("abc-e1", ending).portfolio()
    assert (portfolio.entries, portfolio.exposures(), portfolio.open_risk) == ({}, (), D(0))


@pytest.mark.parametrize("late", [a_fill(D(10)), OrderOutcomeUnknown("timeout"), OrderOverfilled(D(1))])
def test_an_event_after_the_end_of_an_entry_does_not_restore_it(late: OrderEvent) -> None:
    history = an_entered_signal().order("abc-e1", OrderCancelled("user"))
    assert history.order("abc-e1", late).portfolio().entries == {}


@pytest.mark.parametrize("order_id", ["abc-e1", "abc-s1"])
def test_an_order_of_unknown_outcome_is_listed_until_the_outcome_is_known(order_id: str) -> None:
    history = an_entered_signal().order(order_id, OrderOutcomeUnknown("timeout"))
    assert history.portfolio().unknown_orders == (order_id,)
    assert history.order(order_id, OrderAccepted("v9")).portfolio().unknown_orders == ()


def test_a_closed_exit_is_removed() -> None:
    portfolio = an_entered_signal().order("abc-t1", OrderCancelled("entry cancelled")).portfolio()
    assert set(portfolio.exits) == {"abc-s1"}


def test_the_risk_of_an_amended_entry_follows_its_new_quantity() -> None:
    portfolio = an_entered_signal().order("abc-e1", OrderAmended(D(5), None, None)).portfolio()
    assert portfolio.entries["abc-e1"].risk == D("10.5")


def test_a_persons_entry_is_judged_at_its_own_price_and_stop() -> None:
    entry = an_order(type=OrderType.LIMIT, limit_price=D(99), purpose=Purpose.MANUAL)
    history = an_open_day().order("man-e1", entry)
    assert history.portfolio().open_risk == UNBOUNDED
    history.order("man-s1", a_stop(parent="man-e1", trigger_price=D(95)))
    assert history.portfolio().open_risk == D(40)


def test_the_risk_of_a_market_order_without_a_signal_is_unbounded() -> None:
    history = an_open_day().order("man-e1", an_order(purpose=Purpose.MANUAL))
    assert history.order("man-s1", a_stop(parent="man-e1")).portfolio().open_risk == UNBOUNDED


def test_a_position_is_listed_from_its_opening_to_its_closing() -> None:
    history = a_held_position()
    held = history.portfolio().positions[BTC]
    assert (held.opened_at, held.entry_order, held.risk) == (NOW, "abc-e1", D("21.0"))
    history.position(
        PositionReduced(
            order_id="abc-x1", quantity=D(4), price=D(101), released=D(400), realised=D(4), fee=D(0)
        ),
        PositionFunded(D("-0.5")),
        ProtectionMoved(D(99), D(110)),
    )
    held = history.portfolio().positions[BTC]
    assert (held.state.quantity, held.state.funding, held.risk) == (D(6), D("-0.5"), D(6))
    assert history.position(a_closing(D(50), D(10_050))).portfolio().positions == {}


def test_a_stop_beyond_the_entry_risks_nothing() -> None:
    long = a_held_position().position(ProtectionMoved(D(103), None)).portfolio()
    assert long.positions[BTC].risk == 0
    short = an_open_day().position(
        an_opening(direction=Direction.SHORT, stop=D(99)), direction=Direction.SHORT
    )
    assert short.portfolio().positions[BTC].risk == 0


def test_the_risk_of_a_short_is_the_distance_up_to_its_stop() -> None:
    opening = an_opening(direction=Direction.SHORT, stop=D(103))
    assert an_open_day().position(opening, direction=Direction.SHORT).portfolio().open_risk == D(30)


@pytest.mark.parametrize(("direction", "risk"), [(Direction.LONG, D(1000)), (Direction.SHORT, UNBOUNDED)])
def test_without_a_stop_a_long_risks_its_cost_and_a_short_is_unbounded(
    direction: Direction, risk: Decimal
) -> None:
    opening = an_opening(direction=direction, stop=None)
    assert an_open_day().position(opening, direction=direction).portfolio().open_risk == risk


def test_positions_are_counted_by_instrument_and_direction() -> None:
    history = an_open_day()
    assert history.portfolio().next_position(BTC, Direction.LONG) == 1
    history.position(an_opening(), a_closing(D(50), D(10_050))).position(an_opening(), n=2)
    history.position(an_opening(instrument=ETH), instrument=ETH)
    portfolio = history.portfolio()
    assert portfolio.next_position(BTC, Direction.LONG) == 3
    assert portfolio.next_position(BTC, Direction.SHORT) == 1
    assert portfolio.next_position(ETH, Direction.LONG) == 2


def test_only_a_losing_close_sets_the_time_for_the_cooldown() -> None:
    history = an_open_day().position(an_opening(), a_closing(D(-50), D(9_950)), at=NOW)
    later = NOW + timedelta(hours=1)
    history.position(an_opening(), a_closing(D(50), D(10_000)), n=2, at=later)
    history.position(an_opening(), a_closing(D(0), D(10_000)), n=3, at=later)
    assert history.portfolio().lost_at == {BTC: NOW}


def test_a_closed_position_counts_as_a_trade() -> None:
    trades = a_held_position().position(a_closing(D(50), D(10_050))).portfolio().trades
    assert (trades.count, trades.wins(20), trades.peak, trades.balance) == (1, 1, D(10_050), D(10_050))


def test_a_discrepancy_is_unresolved_until_its_resolution() -> None:
    stream = reconciliation_stream(ACCOUNT)
    history = an_open_day().record(
        stream, DiscrepancyFound("d1", BTC, "1 more"), DiscrepancyFound("d2", BTC, "x")
    )
    history.record(stream, DiscrepancyResolved("d1", "a late fill"))
    assert history.portfolio().discrepancies.unresolved == {"d2"}


def test_a_signal_opposes_only_the_position_of_the_other_direction() -> None:
    portfolio = a_held_position().portfolio()
    assert portfolio.against(BTC, Direction.SHORT) is portfolio.positions[BTC]
    assert portfolio.against(BTC, Direction.LONG) is None
    assert portfolio.against(ETH, Direction.SHORT) is None


def test_a_signal_opposes_only_waiting_entries_of_the_other_direction() -> None:
    portfolio = an_entered_signal().portfolio()
    assert set(portfolio.waiting_against(BTC, Direction.SHORT)) == {"abc-e1"}
    assert portfolio.waiting_against(BTC, Direction.LONG) == {}
    assert portfolio.waiting_against(ETH, Direction.SHORT) == {}


def test_a_triggered_stop_and_a_reversal_close_a_position_and_resting_protection_does_not() -> None:
    history = a_held_position()
    portfolio = history.portfolio()
    assert portfolio.leaving(portfolio.positions[BTC]) == ()
    history.order("abc-s1", OrderTriggered(D("97.9")))
    history.order(
        "zzz-x1", a_stop(parent=None, type=OrderType.MARKET, trigger_price=None, purpose=Purpose.REVERSAL)
    )
    history.order("yyy-x1", a_stop(parent=None, side=Side.BUY, purpose=Purpose.REVERSAL))
    history.order("xxx-x1", a_stop(parent=None, instrument=ETH, purpose=Purpose.REVERSAL))
    portfolio = history.portfolio()
    assert portfolio.leaving(portfolio.positions[BTC]) == ("abc-s1", "zzz-x1")


def test_released_funds_are_no_longer_reserved() -> None:
    history = an_entered_signal().account(FundsReleased("abc-e1", D(211)))
    assert history.portfolio().account.reserved == {}


def test_a_requested_cancel_keeps_the_entry() -> None:
    portfolio = an_entered_signal().order("abc-e1", OrderCancelRequested("REVERSAL")).portfolio()
    assert portfolio.entries["abc-e1"].order.status is OrderStatus.CANCEL_REQUESTED


@pytest.mark.parametrize("n", [1, 2])
def test_an_event_of_a_position_that_is_not_open_raises(n: int) -> None:
    history = an_open_day() if n == 1 else a_held_position()
    with pytest.raises(ValueError, match="PositionFunded was recorded on a position that is not open"):
        history.position(PositionFunded(D(1)), n=n).portfolio()


def test_a_second_opening_in_one_instrument_raises() -> None:
    opening = an_opening(direction=Direction.SHORT)
    with pytest.raises(ValueError, match=f"while {re.escape(BTC)} was held"):
        a_held_position().position(opening, direction=Direction.SHORT).portfolio()


def test_folding_is_repeatable_and_leaves_earlier_portfolios_unchanged() -> None:
    history = a_held_position()
    world = World().fold_all(history.envelopes)
    before = world.portfolio
    kept = (dict(before.positions), dict(before.exits), dict(before.opened))
    history.position(a_closing(D(50), D(10_050)))
    world.fold(history.envelopes[-1])
    assert (before.positions, before.exits, before.opened) == kept
    assert history.portfolio() == history.portfolio()


def test_a_partly_filled_exit_keeps_working() -> None:
    event = OrderFilled(
        execution_id="x7",
        price=D(98),
        quantity=D(4),
        fee=D(0),
        fee_currency="USDT",
        liquidity=a_fill(D(1)).liquidity,
    )
    assert a_held_position().order("abc-s1", event).portfolio().exits["abc-s1"].filled == D(4)


def test_a_reset_records_the_number_of_trades_so_far() -> None:
    history = an_open_day().position(an_opening(), a_closing(D(-1), D(9_999)))
    assert history.portfolio().reset_at == 0
    tripped = history.account(KillSwitchTripped("enough"), KillSwitchReset("looked into it"))
    assert (tripped.portfolio().reset_at, tripped.portfolio().account.tripped) == (1, "")


def test_the_risk_of_an_amended_entry_follows_its_new_price_and_stop() -> None:
    limit = an_order(type=OrderType.LIMIT, limit_price=D(100))
    history = an_open_day().order("abc-e1", limit).order("abc-s1", a_stop())
    history.order("abc-e1", OrderAmended(D(10), D(99), None))
    entry = history.order("abc-s1", OrderAmended(D(10), None, D(98))).portfolio().entries["abc-e1"]
    assert (entry.price, entry.stop, entry.risk) == (D(99), D(98), D(10))


def owner_of(history: History) -> str:
    return history.portfolio().positions[BTC].owner


def test_a_position_belongs_to_the_strategy_whose_signal_opened_its_chain() -> None:
    signalled = an_open_day().signal(a_signal(strategy="trend-fast"), a_decision())
    assert owner_of(signalled.order("abc-e1", an_order()).position(an_opening())) == "trend-fast"


def test_a_position_without_a_signal_belongs_to_a_person() -> None:
    assert owner_of(an_open_day().position(an_opening())) == "person"
    assert owner_of(an_open_day().order("abc-e1", an_order()).position(an_opening())) == "person"


def test_a_late_fill_of_a_dropped_order_opens_a_position_of_the_strategy() -> None:
    history = an_open_day().signal(a_signal(strategy="slow"), a_decision())
    history.order("abc-e1", an_order(), OrderCancelled("REVERSAL"), a_fill(D(10)))
    assert history.portfolio().entries == {}
    assert owner_of(history.position(an_opening())) == "slow"


def test_a_signal_that_was_skipped_owns_nothing() -> None:
    history = an_open_day().signal(a_signal(), a_decision(verdict=Verdict.SKIP)).position(an_opening())
    assert owner_of(history) == "person"


def test_a_manual_entry_that_increases_a_position_belongs_to_its_owner() -> None:
    history = (
        an_open_day().signal(a_signal(), a_decision()).order("abc-e1", an_order()).position(an_opening())
    )
    history.order("zzz-e1", an_order()).order("yyy-e1", an_order(side=Side.SELL))
    owners = {order_id: entry.owner for order_id, entry in history.portfolio().entries.items()}
    assert owners == {"abc-e1": "trend", "zzz-e1": "trend", "yyy-e1": "person"}


def test_only_the_owners_of_the_latest_entries_are_kept() -> None:
    history = an_open_day()
    for n in range(300):
        history.signal(a_signal(), a_decision(), chain=f"c{n}")
    owners = history.portfolio().owners
    assert (len(owners), next(iter(owners)), "c299" in owners) == (256, "c44", True)


def test_a_position_keeps_its_owner_until_it_is_handed_over() -> None:
    history = an_open_day().signal(a_signal(), a_decision()).position(an_opening())
    history.position(ProtectionMoved(D(99), D(110)), PositionOrphaned("trend", ""))
    assert owner_of(history) == "trend"
    assert owner_of(history.position(PositionOrphaned("trend", "slow"))) == "slow"
    assert owner_of(history.position(PositionFunded(D(1)))) == "slow"
