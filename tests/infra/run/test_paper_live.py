"""Demo runs on live prices: opening, trading, restarts, a market that is not known."""

from __future__ import annotations

from typing import NoReturn

import pytest

from adapters.simulated.matched import MatchedRules
from commands.door import Completed
from commands.request import CancelOrder
from commands.scorer import ModelScorer
from domain.account import AccountOpened
from domain.errors import InvalidInput, InvalidSettings
from domain.features.core import CORE_1
from domain.log import Envelope
from domain.order import OrderFilled
from domain.scored import ScoreOutcome, SignalScored
from infra.run.live import LiveRun
from infra.run.paper_live import Demo
from infra.run.stake import Stake
from tests.commands.models_of_tests import FIRST, FakeModel, Folder, promotion, registration
from tests.infra.run.demo_desk import DEMO, LATENCY, RULES, DemoDesk
from tests.infra.run.live_desk import LIMIT, PLAN, D
from tests.replacing import replace


def fills(desk: DemoDesk) -> list[OrderFilled]:
    return [one.event for one in desk.log.envelopes if isinstance(one.event, OrderFilled)]


def test_an_empty_log_is_opened_with_the_money_of_the_demo() -> None:
    desk = DemoDesk().started()
    assert desk.log.envelopes[1].event == AccountOpened("USDT", D(10_000), D(5))
    assert {one.meta.source for one in desk.log.envelopes} == {"paper-live"}


def test_a_signal_is_filled_at_the_price_that_the_live_book_shows() -> None:
    desk = DemoDesk().started()
    desk.shows("100.9", "101.1")
    desk.closes_at("101")
    (filled,) = fills(desk)
    assert filled.price == D("101.1")
    assert filled.fee == filled.quantity * D("101.1") * RULES.taker_fee
    assert desk.names().count("PositionOpened") == 1


def test_a_champion_scores_the_entries_of_a_demo_run() -> None:
    desk = DemoDesk(scorer=ModelScorer(Folder(FakeModel(FIRST, feature_set=CORE_1.id)).model_of)).started()
    desk.asks(replace(registration(), feature_set=CORE_1.id))
    desk.asks(promotion())
    desk.shows("100.9", "101.1")
    desk.closes_at("101")
    (score,) = [one.event for one in desk.log.envelopes if isinstance(one.event, SignalScored)]
    assert (score.outcome, score.model) == (ScoreOutcome.OK, FIRST)


def test_a_restored_stop_closes_the_position_once() -> None:
    desk = DemoDesk().started()
    desk.shows("100.9", "101.1")
    desk.closes_at("101")
    again = desk.again().started()
    again.shows("98", "98.2")
    again.passes(1)
    assert [one.price for one in fills(again)] == [D("101.1"), D(98)]
    assert again.names().count("PositionClosed") == 1
    assert again.run.world.portfolio.positions == {}
    assert again.run.world.portfolio.exits == {}
    assert "DiscrepancyFound" not in again.names()


def test_a_restored_entry_rests_behind_what_the_book_shows_and_keeps_its_stop_and_target() -> None:
    desk = DemoDesk().started()
    desk.shows("100", "100.1")
    assert isinstance(desk.asks(LIMIT), Completed)
    again = desk.again().started()
    again.shows("99", "99.1", size="2")
    assert fills(again) == []
    again.shows("98.8", "98.9")
    assert [(one.price, one.quantity) for one in fills(again)] == [(D(99), D("0.1"))]
    (held,) = again.run.world.portfolio.positions.values()
    assert len(again.run.world.portfolio.exits) == 2
    third = again.again().started()
    third.shows("121", "121.1")
    third.passes(1)
    assert third.run.world.portfolio.positions == {}
    assert held.state.quantity == D("0.1")
    assert "DiscrepancyFound" not in third.names()


def test_a_restored_entry_with_a_fill_goes_on_and_its_stop_grows_with_it() -> None:
    desk = DemoDesk().started()
    desk.shows("100", "100.1")
    desk.asks(LIMIT)
    desk.shows("98.8", "98.9", size="0.04")
    assert [one.quantity for one in fills(desk)] == [D("0.04")]
    again = desk.again().started()
    again.shows("98.8", "98.9", size="0.5")
    assert [one.quantity for one in fills(again)] == [D("0.04"), D("0.06")]
    assert {one.terms.quantity for one in again.run.world.portfolio.exits.values()} == {D("0.1")}
    again.shows("89", "89.1")
    again.passes(1)
    assert fills(again)[-1].quantity == D("0.1")
    assert again.run.world.portfolio.positions == {}
    assert again.run.world.portfolio.exits == {}
    assert "DiscrepancyFound" not in again.names()


def test_a_restored_stop_that_finds_too_little_still_ends_its_target() -> None:
    desk = DemoDesk().started()
    desk.shows("98.8", "98.9")
    desk.asks(LIMIT)
    desk.passes(1)
    again = desk.again().started()
    again.shows("89", "89.1", size="0.04")
    again.passes(1)
    assert [one.quantity for one in fills(again)] == [D("0.1"), D("0.04")]
    assert again.names().count("OrderCancelled") == 2
    assert again.run.world.portfolio.exits == {}


@pytest.mark.parametrize("after", [0, 3600])
def test_a_restored_account_has_the_balance_and_positions_of_the_log(after: float) -> None:
    desk = DemoDesk().started()
    desk.shows("100.9", "101.1")
    desk.closes_at("101")
    again = desk.again(after).started()
    assert again.names()[-1] == "ReconciliationEnded"
    assert "DiscrepancyFound" not in again.names()
    assert again.run.world.portfolio.account.balance < D(10_000)


def test_an_entry_is_rejected_where_the_market_is_not_known_for_longer_than_the_patience() -> None:
    desk = DemoDesk().started()
    desk.shows("100", "100.1")
    desk.feed.is_live = False
    desk.passes(1)
    desk.asks(LIMIT)
    for _ in range(6):
        desk.passes(1)
    assert desk.names().count("OrderRejected") == 3
    assert desk.run.world.portfolio.entries == {}


def test_an_intent_that_was_recorded_and_not_carried_out_is_sent_again_while_it_is_fresh() -> None:
    desk = DemoDesk().started()
    desk.shows("100", "100.1")
    desk.feed.is_live = False
    desk.passes(1)
    desk.asks(LIMIT)
    again = desk.again(1).started()
    again.shows("100", "100.1")
    again.passes(1)
    assert again.names().count("OrderAccepted") == 3


def test_a_stop_of_the_run_lets_what_is_in_flight_arrive() -> None:
    desk = DemoDesk(demo=replace(DEMO, rules=MatchedRules(latency=LATENCY * 20))).started()
    desk.shows("100", "100.1")
    desk.asks(LIMIT)
    assert "OrderAccepted" not in desk.names()
    desk.passes(2)
    assert desk.run.stop()
    assert desk.names().count("OrderAccepted") == 3


def test_a_cancelled_entry_ends_with_its_stop_and_target() -> None:
    desk = DemoDesk().started()
    desk.shows("100", "100.1")
    desk.asks(LIMIT)
    (order_id,) = desk.run.world.portfolio.entries
    desk.asks(CancelOrder(order_id, "by hand"))
    desk.passes(1)
    assert desk.names().count("OrderCancelled") == 3


def test_a_log_of_a_demo_run_and_one_of_a_live_run_are_not_mixed() -> None:
    desk = DemoDesk().started()
    with pytest.raises(InvalidInput, match="not opened by `whence live`"):
        LiveRun(desk.log, PLAN, _nobody, _nobody, _unseen)
    of_live = [replace(one, meta=replace(one.meta, source="live")) for one in desk.log.envelopes]
    with pytest.raises(InvalidInput, match="not opened by `whence paper --live`"):
        DemoDesk(type(desk.log)(of_live))


def test_a_leverage_beyond_the_instruments_is_refused_before_anything_is_recorded() -> None:
    demo = Demo(Stake("USDT", D(10_000), D(1_000)), [RULES], MatchedRules())
    with pytest.raises(InvalidSettings, match="leverage"):
        DemoDesk(demo=demo)


def _nobody(*_given: object) -> NoReturn:
    raise AssertionError("nobody is contacted")


def _unseen(_: Envelope) -> None:
    """Ignores the event."""
