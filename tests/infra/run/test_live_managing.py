"""A live run on our Bybit venue, and a demo over its prices, whose positions are managed by live quotes."""

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
from infra.run.live_plan import LiveVenue, Wake
from infra.run.redeciding import Redecision
from projections.chain import missing_causes
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.live_desk import BTC, PLAN, D, Desks, Killed, LiveDesk, desks_at
from tests.infra.run.test_live_kill import is_flat, passes_until
from tests.infra.run.test_live_rest import stops
from tests.replacing import replace

RULES = ManagementSettings(
    trailing_levels=("0.02:0.01",), break_even_at=D("0.005"), largest_loss=D("0.01"), time_limit_seconds=7_200
)
MANAGED = replace(PLAN, settings=replace(PLAN.settings, management=RULES))


@pytest.fixture
def desks(venue: RunningVenue) -> Iterator[Desks]:
    with desks_at(venue, plan=MANAGED) as made:
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


def triggers(desk: LiveDesk) -> list[Any]:
    return [one.trigger_price for one in stops(desk)]


def assert_told_whole(desk: LiveDesk) -> None:
    """Every cause is in the log, its states are those of the run, and each decision is made again."""
    redecision = Redecision()
    for _ordinal in redecision.steps(desk.log.read()):
        pass
    assert redecision.is_equal, (redecision.divergences, redecision.impossible)
    assert redecision.made["PositionManaged"] == len(actions(desk))
    assert list(missing_causes(desk.log.read())) == []
    assert World().fold_all(desk.log.envelopes).portfolio == desk.run.world.portfolio


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
