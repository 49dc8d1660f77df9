"""A live run on our venue, through the Bybit adapter and through ccxt, whose positions are managed by live quotes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest

from commands.world import World
from domain.closing import CloseReason
from domain.errors import InvalidSettings
from domain.managed import PositionManaged, Rule
from domain.management.settings import ManagementSettings
from domain.market import PriceSource, Quote
from domain.position import PositionClosed, PositionClosing
from infra.run.live_plan import LivePlan, LiveVenue, Wake
from infra.run.redeciding import Redecision
from projections.chain import missing_causes
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.test_managing_further import FALL, RISE, candles
from tests.infra.run.grid_desk import leg_of
from tests.infra.run.live_desk import BTC, FIVE, PLAN, D, Desks, Killed, LiveDesk, desks_at
from tests.infra.run.test_live_ccxt import CcxtDesk
from tests.infra.run.test_live_kill import is_flat, passes_until
from tests.replacing import replace

RULES = ManagementSettings(
    trailing_levels=("0.02:0.01",), break_even_at=D("0.005"), largest_loss=D("0.01"), time_limit_seconds=7_200
)
MANAGED = replace(PLAN, settings=replace(PLAN.settings, management=RULES))


@pytest.fixture(params=[LiveDesk, CcxtDesk], ids=["bybit", "ccxt"])
def desks(venue: RunningVenue, request: pytest.FixtureRequest) -> Iterator[Desks]:
    with desks_at(venue, request.param, plan=MANAGED) as made:
        yield made


def quoted(desk: LiveDesk, price: str) -> None:
    """The market trades at this price, and its quote arrives."""
    desk.trades_at(price)
    desk.passes(1)
    figure = D(price)
    desk.feed.waiting.append(
        Quote(instrument=BTC, at=desk.now(), bid=figure, bid_size=D(1), ask=figure, ask_size=D(1))
    )
    desk.run.attend()


def holding(desk: LiveDesk) -> LiveDesk:
    """The desk with a long from about 101, whose stop at 99 and target at 107 rest at the exchange."""
    desk.started().trades_at("101")
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened") and len(desk.exchange.open_orders()) == 2)
    return desk


def actions(desk: LiveDesk) -> list[PositionManaged]:
    return [one.event for one in desk.log.envelopes if isinstance(one.event, PositionManaged)]


def triggers(desk: LiveDesk, leg: str = "s") -> list[Any]:
    """The prices of the stops (leg `s`) or targets (`t`) that rest at the exchange; a target rests as a limit order."""
    found = [one for one in desk.exchange.open_orders() if leg_of(one.order_id).startswith(leg)]
    return [one.limit_price if one.trigger_price is None else one.trigger_price for one in found]


def assert_told_whole(desk: LiveDesk) -> None:
    """Every cause is in the log, its states are those of the run, and each decision is made again."""
    redecision = Redecision()
    for _ordinal in redecision.steps(desk.log.read()):
        pass
    assert redecision.is_equal, (redecision.divergences, redecision.impossible)
    assert redecision.made["PositionManaged"] == len(actions(desk))
    assert list(missing_causes(desk.log.read())) == []
    assert World().fold_all(desk.log.envelopes).portfolio == desk.run.world.portfolio


def closed_for(desk: LiveDesk) -> list[CloseReason]:
    """The reasons of the closes that were begun, once log and exchange are flat after one close; fails otherwise."""
    passes_until(desk, lambda: desk.has("PositionClosed") and is_flat(desk))
    assert desk.names().count("PositionClosed") == 1
    assert not desk.has("DiscrepancyFound")
    assert_told_whole(desk)
    return [one.event.reason for one in desk.log.envelopes if isinstance(one.event, PositionClosing)]


class AmendsNothing(LiveDesk):
    """The exchange refuses to amend stops and targets, as Binance and OKX do through ccxt."""

    def _connect(self, world: World, wake: Wake) -> LiveVenue:
        return dataclasses.replace(super()._connect(world, wake), amends_triggers=False)


def test_rules_that_move_a_stop_are_refused_at_the_start_where_the_exchange_amends_none(
    venue: RunningVenue,
) -> None:
    """Of a log that has such rules the start is refused, too, until changed ones are adopted."""
    with pytest.raises(InvalidSettings, match=r"break_even_at, trailing_levels: bybit does not amend"):
        AmendsNothing(venue, MANAGED).run.check()
    before = LiveDesk(venue, MANAGED).started()
    before.run.close()
    for adopts in (False, True):
        plan = replace(PLAN, adopts_settings=adopts)
        desk = AmendsNothing(venue, plan, log=before.log, key=before.key)
        with nullcontext() if adopts else pytest.raises(InvalidSettings, match="--adopt-settings"):
            desk.run.check()
        desk.run.close()


def test_a_live_quote_tightens_the_stop_that_rests_at_the_exchange_which_then_closes_the_position(
    desks: Desks,
) -> None:
    desk = holding(desks())
    assert triggers(desk) == [D(99)]
    quoted(desk, "102")
    assert [(one.rule, one.price_source) for one in actions(desk)] == [(Rule.BREAK_EVEN, PriceSource.QUOTE)]
    desk.until(lambda: triggers(desk) == [actions(desk)[-1].stop] and desk.has("ProtectionMoved"))
    quoted(desk, "105")
    desk.until(lambda: triggers(desk) == [D("103.9")])
    quoted(desk, "104")
    assert len(actions(desk)) == 2, "the stop is not moved back"
    desk.trades_at("103.8")
    desk.until(lambda: desk.has("PositionClosed"))
    passes_until(desk, lambda: is_flat(desk))
    (closed,) = [one.event for one in desk.log.envelopes if isinstance(one.event, PositionClosed)]
    assert closed.net > 0
    assert_told_whole(desk)


def test_a_live_loss_closes_the_position_before_its_stop_and_leaves_no_order(desks: Desks) -> None:
    desk = holding(desks())
    quoted(desk, "99.8")
    desk.until(lambda: desk.has("PositionClosed"))
    passes_until(desk, lambda: is_flat(desk))
    begun = [one.event.reason for one in desk.log.envelopes if isinstance(one.event, PositionClosing)]
    assert begun == [CloseReason.LARGEST_LOSS]
    assert desk.names().count("PositionClosed") == 1
    assert_told_whole(desk)


def test_the_time_limit_closes_a_position_while_the_market_is_silent(desks: Desks) -> None:
    desk = holding(desks())
    desk.passes(timedelta(hours=2).total_seconds())
    passes_until(desk, lambda: desk.has("PositionClosed") and is_flat(desk))
    (closed,) = actions(desk)
    assert (closed.rule, closed.price) == (Rule.TIME_LIMIT, None)
    assert_told_whole(desk)


@pytest.mark.parametrize("sends", [True, False], ids=["after it was sent", "before it was sent"])
def test_a_run_killed_as_it_amends_the_stop_goes_on_with_one_stop_where_it_was_moved(
    desks: Desks, *, sends: bool
) -> None:
    desk = holding(desks())
    amend = desk.exchange.amend

    def dying(*given: Any, **named: Any) -> None:
        if sends:
            amend(*given, **named)
        raise Killed

    desk.exchange.amend = dying  # type: ignore[method-assign]
    with pytest.raises(Killed):
        quoted(desk, "105")
    assert [one.stop for one in actions(desk)] == [D("103.9")]
    desk.run.close()
    again = desks(key=desk.key, log=desk.log)
    again.feed.past = [*again.feed.past, *desk.feed.past]
    again.trades_at("105")
    again.run.start()
    again.run.connect()
    for _second in range(40):
        if again.run.is_trading and triggers(again) == [D("103.9")]:
            break
        quoted(again, "105")
        again.arrived.wait(0.1)
    assert triggers(again) == [D("103.9")]
    passes_until(again, lambda: again.run.world.portfolio.positions[BTC].state.stop == D("103.9"))
    assert_told_whole(again)


def ruled_by(**rules: Any) -> LivePlan:
    """The plan with these rules of the manager alone."""
    return replace(PLAN, settings=replace(PLAN.settings, management=ManagementSettings(**rules)))


def test_a_level_of_profit_closes_its_share_and_the_stop_closes_the_rest(desks: Desks) -> None:
    desk = holding(desks(plan=ruled_by(partial_closes=("0.01:0.5",))))
    (opened,) = desk.exchange.positions()
    quoted(desk, "102.5")
    desk.until(lambda: desk.has("PositionReduced"))
    (left,) = desk.exchange.positions()
    assert left.quantity == desk.run.world.portfolio.positions[BTC].state.quantity
    assert left.quantity == opened.quantity - actions(desk)[0].quantity  # type: ignore[operator]
    assert (triggers(desk), triggers(desk, "t")) == ([D(99)], [D(107)])
    quoted(desk, "103")
    assert [one.rule for one in actions(desk)] == [Rule.PARTIAL_CLOSE], "the level is done"
    desk.trades_at("98.9")
    assert closed_for(desk) == []


def test_a_price_near_the_target_moves_target_and_stop_which_then_closes_the_position(desks: Desks) -> None:
    desk = holding(desks(plan=ruled_by(target_step=D("0.01"), target_activation=D("0.005"))))
    quoted(desk, "106.2")
    found = {one.rule: one for one in actions(desk)}
    stop, target = found[Rule.TARGET_STOP].stop, found[Rule.TRAILING_TARGET].target
    assert stop is not None
    assert D(105) < stop < D("105.2")
    assert target == D("108.1")
    passes_until(desk, lambda: (triggers(desk), triggers(desk, "t")) == ([stop], [target]))
    passes_until(desk, lambda: desk.names().count("ProtectionMoved") == 2)
    desk.trades_at("105.1")
    assert closed_for(desk) == []


def test_a_net_profit_closes_the_position_before_its_target(desks: Desks) -> None:
    desk = holding(desks(plan=ruled_by(early_profit=D("0.003"))))
    quoted(desk, "101.3")
    assert actions(desk) == [], "the fees are not earned"
    quoted(desk, "102")
    assert closed_for(desk) == [CloseReason.EARLY_PROFIT]


@pytest.mark.parametrize("closes", [False, True], ids=["its stop is tightened", "it is closed"])
def test_signs_that_turn_against_the_position_at_closed_candles_tighten_its_stop_or_close_it(
    desks: Desks, *, closes: bool
) -> None:
    rules = ruled_by(reversal_signs=3, reversal_distance=D("0.002"), reversal_closes=closes)
    desk = desks(plan=rules)
    desk.feed.past = candles(RISE, desk.now() - 61 * FIVE)
    holding(desk)
    for price in FALL[1:]:
        desk.later(FIVE.total_seconds())
        desk.trades_at(price)
        desk.closes_at(price)
        if actions(desk):
            break
    (found,) = actions(desk)
    assert (found.rule, found.price_source) == (Rule.REVERSAL, PriceSource.CANDLE)
    if closes:
        assert closed_for(desk) == [CloseReason.REVERSAL_SIGNS]
        return
    desk.until(lambda: triggers(desk) == [found.stop])
    passes_until(desk, lambda: desk.has("ProtectionMoved"))
    desk.trades_at("98")
    assert closed_for(desk) == []
