"""Two looks at the simulated exchange: what is taken in, what is in doubt, what is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from commands.account import SettleBalance
from commands.reconciliation import ResolveDiscrepancy
from commands.reconciling import Reconciled, Reconciler
from commands.stray_orders import is_gone
from domain.account import BalanceReason
from domain.direction import Direction
from domain.errors import ExchangeUnreachable
from domain.reconciliation import DiscrepancyFound, DiscrepancyResolved
from domain.venue import VenueBalance, VenueOrder, VenuePosition
from tests.commands.desk import long
from tests.commands.test_reconciling import Trader
from tests.domain.history import BTC, NOW, D
from tests.replacing import replace

SHORT = Direction.SHORT


class Wealthy:
    """An exchange whose balances are what a test says."""

    def __init__(self, exchange: Any) -> None:
        self._exchange, self.balance = exchange, D(10_000)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def balances(self) -> Sequence[VenueBalance]:
        return [VenueBalance(currency="USDT", balance=self.balance, available=self.balance)]


class Emptied:
    """An exchange that has no position as long as `is_empty`."""

    def __init__(self, exchange: Any) -> None:
        self._exchange, self.is_empty = exchange, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def positions(self) -> Sequence[VenuePosition]:
        found: Sequence[VenuePosition] = self._exchange.positions()
        return () if self.is_empty else found


class Turned(Emptied):
    """An exchange that has every position in this direction, or none."""

    direction: Direction | None = None

    def positions(self) -> Sequence[VenuePosition]:
        found: Sequence[VenuePosition] = self._exchange.positions()
        return [replace(one, direction=self.direction) for one in found if self.direction is not None]


class Looking:
    """A trader whose reports get lost, and a reconciler of the same engine."""

    def __init__(self, trader: Trader | None = None) -> None:
        self.trader = trader or Trader()
        self.desk = self.trader.desk
        self.venue: Any = self.trader.venue
        self.reconciler = self.over(self.venue)

    def over(self, venue: Any) -> Reconciler:
        return Reconciler(self.desk.world, venue, self.desk.driver.handle, self._clock)

    def _clock(self) -> datetime:
        return self.desk.at

    def found(self) -> list[str]:
        events = (one.event for one in self.desk.log.envelopes)
        return [event.found for event in events if isinstance(event, DiscrepancyFound)]


def test_missed_reports_are_taken_in_at_the_first_look_and_leave_no_doubt() -> None:
    looking = Looking()
    looking.desk.see(long())
    looking.trader.trades_at("100", lost=True)
    outcome = looking.reconciler.run(NOW, ())
    assert (outcome.taken_in > 0, outcome.left, outcome.in_doubt) == (True, 0, 0)
    assert looking.desk.world.portfolio.positions
    assert looking.reconciler.run(NOW, ()) == Reconciled(0, 0, 0)
    assert looking.found() == []


def test_a_difference_is_recorded_at_the_second_look_and_never_again() -> None:
    looking = Looking()
    wealthy = Wealthy(looking.venue)
    reconciler = looking.over(wealthy)
    wealthy.balance = D(9_000)
    assert reconciler.run(NOW, ()) == Reconciled(0, 1, 1)
    assert (looking.found(), reconciler.in_doubt) == ([], True)
    assert reconciler.run(NOW, ()) == Reconciled(0, 1, 0)
    assert len(looking.found()) == 1
    for again in (reconciler, looking.over(wealthy)):
        assert again.run(NOW, ()) == Reconciled(0, 1, 0)
    assert len(looking.found()) == 1


def test_an_amount_that_is_missing_from_another_balance_by_then_is_stated_anew_and_the_earlier_one_is_over() -> (
    None
):
    looking = Looking()
    wealthy = Wealthy(looking.venue)
    reconciler = looking.over(wealthy)
    for balance in (9_000, 9_000):
        wealthy.balance = D(balance)
        reconciler.run(NOW, ())
    (earlier,) = looking.desk.world.portfolio.discrepancies.unresolved
    looking.desk.ask(SettleBalance(BalanceReason.FUNDING, D(-3)), cause="exchange:test:funding")
    for in_doubt in (1, 0, 0):
        wealthy.balance = D(8_997)
        assert reconciler.run(NOW, ()) == Reconciled(0, 1, in_doubt)
    state = looking.desk.world.portfolio.discrepancies
    assert list(state.unresolved) == [f"{earlier}#2"]
    assert state.over == {earlier}
    assert looking.found()[-1] == "BalanceDiffers: the balance is 9997 here and 8997 at the exchange"


def test_a_resolved_difference_is_accepted_while_it_stands_and_recorded_anew_when_it_comes_back() -> None:
    looking = Looking()
    wealthy = Wealthy(looking.venue)
    reconciler = looking.over(wealthy)
    for times in (1, 2):
        wealthy.balance = D(9_000)
        reconciler.run(NOW, ())
        assert reconciler.run(NOW, ()) == Reconciled(0, 1, 0)
        assert len(looking.found()) == times
        (unresolved,) = looking.desk.world.portfolio.discrepancies.unresolved
        looking.desk.ask(ResolveDiscrepancy(unresolved, "a transfer"), cause=f"command:{times}")
        for _ in range(2):
            assert reconciler.run(NOW, ()) == Reconciled(0, 1, 0)
        assert len(looking.found()) == times
        wealthy.balance = D(10_000)
        for _ in range(2):
            assert reconciler.run(NOW, ()) == Reconciled(0, 0, 0)


def test_a_resolved_difference_that_one_late_list_does_not_show_is_accepted_still() -> None:
    looking = Looking()
    wealthy = Wealthy(looking.venue)
    reconciler = looking.over(wealthy)
    for balance in (9_000, 9_000):
        wealthy.balance = D(balance)
        reconciler.run(NOW, ())
    (unresolved,) = looking.desk.world.portfolio.discrepancies.unresolved
    looking.desk.ask(ResolveDiscrepancy(unresolved, "known"), cause="command:1")
    for balance in (9_000, 10_000, 9_000, 9_000):
        wealthy.balance = D(balance)
        reconciler.run(NOW, ())
    assert len(looking.found()) == 1


def test_the_same_amount_that_is_missing_again_is_recorded_again_by_a_later_process() -> None:
    looking = Looking()
    wealthy = Wealthy(looking.venue)
    wealthy.balance = D(9_000)
    reconciler = looking.over(wealthy)
    for _ in range(2):
        reconciler.run(NOW, ())
    (first,) = looking.desk.world.portfolio.discrepancies.unresolved
    looking.desk.ask(ResolveDiscrepancy(first, "known"), cause="command:1")
    wealthy.balance = D(10_000)
    for _ in range(2):
        reconciler.run(NOW, ())
    wealthy.balance = D(9_000)
    restarted = looking.over(wealthy)
    for _ in range(2):
        restarted.run(NOW, ())
    assert looking.desk.world.portfolio.discrepancies.unresolved == {f"{first}#2"}


def test_an_unresolved_difference_of_the_balance_ends_by_itself_after_two_looks_without_it() -> None:
    looking = Looking()
    wealthy = Wealthy(looking.venue)
    reconciler = looking.over(wealthy)
    for balance in (9_000, 9_000, 9_500):
        wealthy.balance = D(balance)
        reconciler.run(NOW, ())
    state = looking.desk.world.portfolio.discrepancies
    assert len(state.unresolved) == 1, "one look proves nothing"
    reconciler.run(NOW, ())
    (second,) = looking.desk.world.portfolio.discrepancies.unresolved
    assert second.endswith(":-500")
    wealthy.balance = D(10_000)
    for _ in range(2):
        reconciler.run(NOW, ())
    assert not looking.desk.world.portfolio.discrepancies.unresolved


def test_a_process_that_begins_ends_nothing_with_its_first_look() -> None:
    looking = Looking()
    wealthy = Wealthy(looking.venue)
    reconciler = looking.over(wealthy)
    wealthy.balance = D(9_000)
    for _ in range(2):
        reconciler.run(NOW, ())
    wealthy.balance = D(10_000)
    restarted = looking.over(wealthy)
    restarted.run(NOW, ())
    assert len(looking.desk.world.portfolio.discrepancies.unresolved) == 1
    restarted.run(NOW, ())
    assert not looking.desk.world.portfolio.discrepancies.unresolved


def test_a_position_that_is_gone_in_another_way_stays_gone_in_the_log_without_a_gap() -> None:
    looking = Looking()
    turned = Turned(looking.venue)
    reconciler = looking.over(turned)
    looking.desk.see(long())
    looking.trader.trades_at("100")
    gone: list[bool] = []
    for turned.direction in (None, None, SHORT, SHORT, SHORT, None, None, None):
        reconciler.run(NOW, ())
        gone.append(is_gone(looking.desk.world.portfolio.discrepancies, BTC))
    assert gone == [False, *[True] * 7]
    assert len(looking.desk.world.portfolio.discrepancies.unresolved) == 1
    resolutions = {
        one.event.resolution
        for one in looking.desk.log.envelopes
        if isinstance(one.event, DiscrepancyResolved)
    }
    assert not any("on the same side again" in one for one in resolutions), resolutions


def test_a_position_that_the_exchange_does_not_have_is_never_accepted_and_resolved_once_it_is_there() -> None:
    looking = Looking()
    emptied = Emptied(looking.venue)
    reconciler = looking.over(emptied)
    looking.desk.see(long())
    looking.trader.trades_at("100")
    for number in (1, 2):
        for _ in range(2):
            reconciler.run(NOW, ())
        assert len(looking.found()) == number
        (unresolved,) = looking.desk.world.portfolio.discrepancies.unresolved
        if number == 1:
            looking.desk.ask(
                ResolveDiscrepancy(unresolved, "as an earlier version permitted"), cause="command:1"
            )
    emptied.is_empty = False
    assert reconciler.run(NOW, ()) == Reconciled(0, 0, 0)
    assert looking.desk.world.portfolio.discrepancies.unresolved == frozenset()


def test_a_difference_that_is_gone_at_the_second_look_is_not_recorded() -> None:
    looking = Looking()
    wealthy = Wealthy(looking.venue)
    reconciler = looking.over(wealthy)
    wealthy.balance = D(9_000)
    reconciler.run(NOW, ())
    wealthy.balance = D(10_000)
    assert reconciler.run(NOW, ()) == Reconciled(0, 0, 0)
    wealthy.balance = D(9_000)
    assert reconciler.run(NOW, ()) == Reconciled(0, 1, 1)
    assert looking.found() == []


def test_an_order_that_may_still_arrive_is_not_compared() -> None:
    looking = Looking()
    exchange = looking.desk.exchange
    looking.desk.sends_to(exchange)
    looking.desk.see(long())
    placed = list(looking.desk.world.portfolio.entries)
    under_way = [*placed, *looking.desk.world.portfolio.exits]
    assert looking.reconciler.run(NOW, under_way) == Reconciled(0, 0, 0)
    assert looking.reconciler.run(NOW, ()).taken_in == len(under_way)
    assert not looking.desk.world.portfolio.entries


class Blind:
    """An exchange whose queries find no order, or fail."""

    def __init__(self, exchange: Any) -> None:
        self._exchange, self.is_cut = exchange, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def open_orders(self) -> Sequence[VenueOrder]:
        if self.is_cut:
            raise ExchangeUnreachable("cut")
        return []

    def order(self, _order_id: str) -> VenueOrder | None:
        return None


def test_an_unseen_order_is_given_up_after_ten_minutes_of_answers_and_a_failed_query_begins_them_again() -> (
    None
):
    looking = Looking()
    blind = Blind(looking.venue)
    reconciler = looking.over(blind)
    looking.desk.see(long())
    looking.trader.trades_at("100")
    stop, target = looking.desk.world.portfolio.exits

    def looks_after(minutes: int) -> int:
        looking.desk.at += timedelta(minutes=minutes)
        return reconciler.run(NOW, ()).taken_in

    assert (looks_after(0), looks_after(9)) == (0, 0)
    assert len(looking.found()) == 2
    blind.is_cut = True
    with pytest.raises(ExchangeUnreachable):
        looks_after(1)
    blind.is_cut = False
    assert (looks_after(1), looks_after(9)) == (0, 0)
    assert {*looking.desk.world.portfolio.exits} == {stop, target}
    assert looks_after(1) == 2
    assert not looking.desk.world.portfolio.exits
    assert looking.desk.world.portfolio.discrepancies.unresolved == frozenset()


def test_an_order_that_is_unseen_again_is_recorded_under_a_new_id() -> None:
    looking = Looking()
    looking.desk.see(long())
    looking.trader.trades_at("100")
    for number in (1, 2):
        blind = looking.over(Blind(looking.venue))
        blind.run(NOW, ())
        assert blind.run(NOW, ()).in_doubt == 0
        names = looking.desk.world.portfolio.discrepancies.unresolved
        assert [name.endswith("#2") for name in names] == [number == 2] * 2
        looking.reconciler.run(NOW, ())
        assert looking.desk.world.portfolio.discrepancies.unresolved == frozenset()
