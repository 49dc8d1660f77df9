"""Live runs through ccxt on our venue as ccxt's `bybit`: a candle is traded, a killed run doubles nothing, and the stop
and target of a position that others closed are cancelled.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from adapters.ccxt import CcxtAccount, CcxtExchange, Credentials, Site
from adapters.simulated.venue.order import Order, Status
from commands.world import World
from domain.order import OrderCancelRequested
from infra.run.live import placed_in
from infra.run.live_plan import LivePlan, LiveVenue, Wake
from tests.adapters.ccxt.bench import QUICK, RECENT
from tests.adapters.simulated.server.serving import SECRET, RunningVenue
from tests.infra.run.live_desk import BTC, FIVE, LIMIT, PLAN, D, Dying, Killed, LiveDesk
from tests.infra.run.test_live import ruled
from tests.infra.run.test_live_adoption import ADOPTING
from tests.replacing import replace


class CcxtDesk(LiveDesk):
    """A run whose exchange is used through ccxt."""

    def started(self, price: str = "100") -> CcxtDesk:
        """Returns when the log was compared after the streams are subscribed, which ccxt does not show."""
        super().started(price)
        return self._subscribed()

    def started_in_doubt(self) -> CcxtDesk:
        """Like `started`, where differences are left."""
        super().started_in_doubt()
        return self._subscribed()

    def _subscribed(self) -> CcxtDesk:
        self.venue.await_account(self.account, frozenset({"order", "execution"}))
        self.until(lambda: not self.run.world.portfolio.discrepancies.reconciling)
        return self

    def sent(self) -> list[Order]:
        """The orders that the exchange has or had, stops and targets left out."""
        orders = (*self.account.orders.values(), *self.account.ended.values())
        return [one for one in orders if not one.reduces]

    def _connect(self, world: World, wake: Wake) -> LiveVenue:
        def arrived() -> None:
            wake()
            self.arrived.set()

        self.exchange: Any = CcxtExchange(
            "bybit",
            Credentials(self.key, SECRET),
            Site(http=self.venue.url, socket=self.venue.socket_url, is_paced=False),
            placed_in(world),
            dialect=RECENT,
            timing=QUICK,
            on_arrival=arrived,
            monotonic=lambda: self.seconds,
        )
        account = CcxtAccount(self.exchange)
        return LiveVenue(self._wrapped(self.exchange), account, self.exchange.start, self.exchange.close)


def test_a_candle_becomes_a_position_with_its_stop_and_target_at_the_exchange(venue: RunningVenue) -> None:
    desk = CcxtDesk(venue).started()
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened"))
    (held,) = desk.run.world.portfolio.positions.values()
    open_orders = [one for one in desk.account.orders.values() if one.is_open]
    assert sorted(str(one.trigger_price) for one in open_orders) == ["107", "99"]
    assert {one.link.rpartition("-")[2][0] for one in open_orders} == {"s", "t"}
    assert all(one.qty == held.state.quantity for one in open_orders)
    desk.close()


@pytest.mark.parametrize("sends", [False, True], ids=["before it is sent", "after it was sent"])
def test_a_run_killed_at_a_submit_has_one_entry_and_one_position_after_the_restart(
    venue: RunningVenue, *, sends: bool
) -> None:
    desk = CcxtDesk(venue, wrapped=lambda exchange: Dying(exchange, sends=sends)).started()
    with pytest.raises(Killed):
        desk.closes_at("101")
    desk.run.close()
    again = CcxtDesk(venue, log=desk.log, key=desk.key).started()
    # What fills before the executions are subscribed is found by the next comparison.
    again.passes(PLAN.rhythm.poll)
    again.until(lambda: again.has("PositionOpened"))
    assert again.names().count("PositionOpened") == 1
    assert [one.status for one in again.sent()] == [Status.FILLED]
    again.close()


def test_a_run_whose_exchange_lost_nothing_has_no_difference_with_it(venue: RunningVenue) -> None:
    desk = CcxtDesk(venue).started()
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened"))
    desk.passes(31)
    desk.until(lambda: not desk.run.world.portfolio.discrepancies.reconciling)
    assert not desk.has("DiscrepancyFound")
    desk.close()


def test_a_new_log_on_an_account_that_has_traded_is_not_halted_by_earlier_trades(venue: RunningVenue) -> None:
    """The first poll states the trades of the last hour."""
    desk = CcxtDesk(venue)
    for side in ("Buy", "Sell"):
        desk.stranger(side=side, orderType="Market", qty="0.1")
        desk.trades_at("100")
    desk.later(1)
    desk.started()
    desk.until(lambda: desk.exchange.poll_state.polls > 0)
    assert len(desk.exchange.executions(desk.now() - FIVE)) == 2, "the exchange lists them"
    assert not desk.has("DiscrepancyFound")
    desk.stranger(side="Buy", orderType="Market", qty="0.1")
    desk.trades_at("100")
    desk.until(lambda: desk.has("DiscrepancyFound"))
    desk.close()


def held_by(desk: CcxtDesk) -> str:
    """The stream of the open position; empty without one."""
    held = desk.run.world.portfolio.positions.get(BTC)
    return "" if held is None else held.stream


def legs(desk: CcxtDesk) -> list[str]:
    """The kinds of the stops and targets that work at the exchange: s, t."""
    return sorted(one.link.rpartition("-")[2][0] for one in desk.account.orders.values() if one.reduces)


def opened(venue: RunningVenue, plan: LivePlan = ADOPTING) -> CcxtDesk:
    """A desk with a long of its strategy and the long's legs at the exchange."""
    desk = CcxtDesk(venue, plan=plan).started()
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened") and legs(desk) == ["s", "t"])
    desk.until(lambda: {one.status.name for one in desk.run.world.portfolio.exits.values()} == {"ACCEPTED"})
    return desk


def by_hand(desk: CcxtDesk, side: str, quantity: Decimal) -> None:
    """A person trades at the exchange, and the run compares twice: it adopts or records the trade."""
    desk.stranger(side=side, orderType="Market", qty=str(quantity))
    desk.trades_at("100")
    desk.passes(PLAN.rhythm.poll)
    desk.passes(PLAN.rhythm.in_flight)


def quantity(desk: CcxtDesk) -> Decimal:
    return desk.run.world.portfolio.positions[BTC].state.quantity


def cancel_follows(desk: CcxtDesk) -> None:
    """One in-flight rhythm later the cancels of the legs are recorded, and the exchange ends both."""
    desk.passes(PLAN.rhythm.in_flight)
    desk.until(lambda: desk.names().count("OrderCancelled") == 2)
    reasons = [one.event.reason for one in desk.log.envelopes if isinstance(one.event, OrderCancelRequested)]
    assert reasons == ["POSITION_CLOSED"] * 2
    assert legs(desk) == []
    desk.passes(PLAN.rhythm.in_flight)
    desk.until(lambda: not desk.run.world.portfolio.discrepancies.reconciling)
    assert World().fold_all(desk.log.envelopes).portfolio == desk.run.world.portfolio


def test_the_stop_and_target_of_a_position_that_a_trade_by_hand_flips_are_cancelled(
    venue: RunningVenue,
) -> None:
    desk = opened(venue)
    by_hand(desk, "Sell", quantity(desk) * 2)
    assert "SHORT-1" in held_by(desk)
    assert legs(desk) == ["s", "t"], "the exchange leaves them"
    assert desk.run.world.portfolio.discrepancies.reconciling, "nothing is opened beside them"
    cancel_follows(desk)
    desk.close()


def test_the_stop_and_target_of_a_position_that_was_closed_and_opened_again_by_hand_are_cancelled(
    venue: RunningVenue,
) -> None:
    desk = opened(venue)
    size = quantity(desk)
    desk.stranger(side="Sell", orderType="Market", qty=str(size))
    by_hand(desk, "Buy", size / 2)
    assert "LONG-2" in held_by(desk)
    cancel_follows(desk)
    desk.close()


def test_a_run_killed_before_the_cancel_does_it_after_the_restart(venue: RunningVenue) -> None:
    desk = opened(venue)
    by_hand(desk, "Sell", quantity(desk) * 2)
    desk.run.close()
    again = CcxtDesk(venue, plan=ADOPTING, log=desk.log, key=desk.key)
    again.later(1)
    again.started()
    cancel_follows(again)
    again.close()


def test_rules_that_the_exchange_has_changed_are_recorded_and_orders_by_the_new_step_are_sent(
    venue: RunningVenue,
) -> None:
    """ccxt keeps steps of its own, by which it rounds."""
    desk = CcxtDesk(venue).started()
    known = desk.run.world.portfolio.instruments[BTC]
    venue.do(partial(ruled, D("0.05")))
    desk.passes(60)
    assert not desk.has("InstrumentRulesChanged")
    venue.fails("/v5/order/create", "code", value=10001)
    desk.asks(LIMIT)
    desk.passes(60)
    assert desk.names().count("InstrumentRulesChanged") == 1
    desk.asks(replace(LIMIT, terms=replace(LIMIT.terms, limit_price=D("99.05"))))
    desk.until(lambda: desk.has("OrderAccepted"))
    venue.do(partial(ruled, known.tick))
    desk.close()


@pytest.mark.parametrize("times", [1, 2], ids=["closes", "flips"])
def test_a_trade_by_hand_that_ends_a_position_cancels_its_stop_and_target_also_where_it_is_only_reported(
    venue: RunningVenue, times: int
) -> None:
    desk = opened(venue, PLAN)
    by_hand(desk, "Sell", quantity(desk) * times)
    desk.until(lambda: desk.names().count("OrderCancelled") == 2)
    reasons = [one.event.reason for one in desk.log.envelopes if isinstance(one.event, OrderCancelRequested)]
    assert reasons == ["POSITION_GONE"] * 2
    assert legs(desk) == []
    assert "LONG-1" in held_by(desk), "what others trade is reported, not adopted"
    assert desk.run.world.portfolio.discrepancies.unresolved
    desk.passes(PLAN.rhythm.poll)
    assert not desk.run.world.portfolio.exits, "nothing is placed again where nothing is held"
    assert World().fold_all(desk.log.envelopes).portfolio == desk.run.world.portfolio
    desk.close()


def test_a_trade_by_hand_that_reduces_a_position_leaves_its_stop_and_target(venue: RunningVenue) -> None:
    desk = opened(venue, PLAN)
    by_hand(desk, "Sell", quantity(desk) / 2)
    assert desk.run.world.portfolio.discrepancies.unresolved
    desk.passes(PLAN.rhythm.poll)
    assert legs(desk) == ["s", "t"]
    desk.close()


def test_a_leverage_changed_by_others_halts_entries_until_it_is_put_right(venue: RunningVenue) -> None:
    desk = CcxtDesk(venue).started()
    for leverage, left in (("7", 1), ("5", 0)):
        desk.sets_leverage(leverage)
        desk.passes(PLAN.rhythm.poll)
        desk.passes(PLAN.rhythm.in_flight)
        assert len(desk.run.world.portfolio.discrepancies.unresolved) == left
    desk.close()
