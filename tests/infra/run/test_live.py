"""Live runs on our Bybit venue over loopback: start, trading, gaps, restarts and stops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from adapters.bybit.account import BybitAccount
from adapters.bybit.fields import at_ms
from adapters.order_way import OrderWay
from adapters.simulated.server import VenueServer
from adapters.simulated.server.account_queries import PERMISSIONS
from commands.door import Completed, Declined
from commands.order import CancelOrder
from commands.request import AmendOrder, ChangeSettings, RaiseSignal, TripKillSwitch
from domain.account import AccountOpened
from domain.errors import InvalidInput, InvalidSettings, LogUnavailable, Refused, StrategyFailed
from domain.log import Envelope
from domain.opening import LogOpened, Mode
from domain.settings import RiskSettings, Settings
from domain.signal import DecisionMade
from infra.config import WhenceSettings
from infra.logs import open_any, open_owned, open_reader
from infra.run.log_copy import LogCopy
from infra.run.log_move import LogMove
from tests.adapters.bybit.bench import SYMBOL
from tests.commands.list_log import ListLog
from tests.commands.outside import outside
from tests.domain.history import a_signal, an_open_day
from tests.infra.run.live_desk import (
    BTC,
    FAILS,
    FIVE,
    LIMIT,
    PLAN,
    D,
    Desks,
    Dying,
    Killed,
    LiveDesk,
    Losing,
    Reconnecting,
    a_candle,
)
from tests.infra.run.stores import filled
from tests.replacing import replace


def test_an_empty_log_is_opened_with_the_money_and_rules_that_the_exchange_states(desks: Desks) -> None:
    desk = desks().started()
    opened, account = desk.log.envelopes[0].event, desk.log.envelopes[1].event
    assert isinstance(opened, LogOpened)
    assert opened.mode is Mode.LIVE
    assert account == AccountOpened("USDT", D(10_000), D(5))
    assert desk.names()[2:] == [
        "SettingsChanged", "InstrumentListed", "ReconciliationBegun", "DayOpened", "ReconciliationEnded",
    ]  # fmt: skip
    assert desk.account.hedged == set()


def test_a_signal_becomes_an_entry_with_its_stop_at_the_exchange(desks: Desks) -> None:
    desk = desks().started()
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened"))
    assert desk.names().count("OrderPlaced") == 3
    assert len(desk.run.world.portfolio.positions) == 1


class _Unanswered(ListLog):
    """A log whose store does not answer from some time on; appends are not tried meanwhile."""

    is_away = False

    def check_answers(self) -> None:
        if self.is_away:
            raise LogUnavailable("Kafka has not answered for 31 s")


def test_a_log_that_does_not_answer_ends_the_run_although_nothing_is_recorded(desks: Desks) -> None:
    log = _Unanswered()
    desk, recorded = desks(log=log).started(), log.head()
    log.is_away = True
    with pytest.raises(LogUnavailable, match="has not answered"):
        desk.run.attend(0)
    assert log.head() == recorded


def test_before_the_log_was_compared_an_entry_is_denied_and_nothing_is_decided(desks: Desks) -> None:
    desk = desks()
    desk.trades_at("100")
    desk.venue.fails("/v5/execution/list", "code", value=10016, times=0)
    desk.run.start()
    desk.run.connect()
    desk.until(lambda: desk.exchange.stream_state.is_live)
    desk.closes_at("101")
    assert isinstance(desk.asks(LIMIT), Declined)
    assert "being compared with the exchange" in desk.reason
    assert isinstance(desk.asks(TripKillSwitch("by hand")), Completed)
    desk.venue.do(lambda one: one.faults.clear())
    desk.passes(30)
    desk.until(lambda: desk.run.is_trading)
    assert desk.names()[-1] == "ReconciliationEnded"
    assert not desk.has("SignalDetected")


def test_an_adopted_copy_of_a_lost_log_adds_no_exposure_before_it_was_compared_and_names_what_it_lacks(
    desks: Desks, tmp_path: Path
) -> None:
    desk = desks().started()
    known = list(desk.log.envelopes)
    desk.asks(LIMIT)
    desk.until(lambda: desk.has("OrderAccepted"))
    desk.run.close()
    again = desks(key=desk.key, log=ListLog(adopted_without_source(tmp_path, known, desk.now)))
    assert again.names()[-1] == "LogMoved"
    again.run.start()
    again.run.connect()
    assert isinstance(again.asks(LIMIT), Declined)
    assert "being compared with the exchange" in again.reason
    again.until(lambda: again.exchange.stream_state.is_live)
    again.passes(1)
    again.passes(PLAN.rhythm.in_flight)
    again.until(lambda: again.run.is_trading)
    assert again.has("DiscrepancyFound")
    assert isinstance(again.asks(LIMIT), Declined)
    assert "disagree" in again.reason


def adopted_without_source(
    folder: Path, envelopes: Sequence[Envelope], clock: Callable[[], datetime]
) -> Sequence[Envelope]:
    """The events of a copy of this log, which was adopted after the log was lost."""
    source, copy = (WhenceSettings(log=f"sqlite:///{folder / name}.db") for name in ("lost", "copy"))
    filled(source.log, envelopes)
    with closing(open_reader(source)) as lost, closing(open_any(copy, copies=True)) as target:
        assert list(LogCopy(lost, target, lambda: open_reader(copy), copy.log).steps())
        LogMove(target, copy.log, "ana", clock).without_source()
    with closing(open_owned(copy)) as log:
        return [one.envelope for one in log.read()]


def test_fills_that_a_cut_stream_missed_are_taken_in_and_exposure_is_denied_until_then(desks: Desks) -> None:
    desk = desks().started()
    desk.asks(LIMIT)
    desk.until(lambda: desk.has("OrderAccepted"))
    desk.venue.act("refuse", ms=300)
    desk.until(lambda: not desk.exchange.stream_state.is_live)
    assert desk.run.world.portfolio.discrepancies.reconciling.startswith("reports do not arrive")
    assert isinstance(desk.asks(LIMIT), Declined)
    desk.trades_at("98")
    desk.until(lambda: desk.names()[-1] == "ReconciliationEnded")
    (held,) = desk.run.world.portfolio.positions.values()
    assert held.state.quantity == D("0.1")
    assert desk.names().count("OrderFilled") == 1


def test_an_order_of_somebody_else_halts_entries_and_is_recorded_once(desks: Desks) -> None:
    desk = desks()
    desk.stranger_buys()
    desk.started_in_doubt()
    assert desk.names().count("DiscrepancyFound") == 1
    assert isinstance(desk.asks(LIMIT), Declined)
    assert "disagree" in desk.reason
    desk.run.close()
    again = desks(key=desk.key, log=desk.log)
    again.started_in_doubt()
    assert again.names().count("DiscrepancyFound") == 1


@pytest.mark.parametrize("sends", [False, True], ids=["before the request", "after the request"])
def test_an_engine_that_ended_at_a_submit_has_exactly_one_order_after_a_restart(
    desks: Desks, *, sends: bool
) -> None:
    desk = desks(wrapped=partial(Dying, sends=sends)).started()
    with pytest.raises(Killed):
        desk.asks(LIMIT)
    assert len(desk.entries()) == sends
    desk.run.close()
    again = desks(key=desk.key, log=desk.log).started()
    again.until(lambda: again.has("OrderAccepted"))
    assert len(again.entries()) == 1


def test_after_a_restart_the_fill_of_a_stop_that_closed_a_position_is_no_difference(desks: Desks) -> None:
    desk = desks().started()
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened"))
    desk.trades_at("98")
    desk.until(lambda: desk.has("PositionClosed"))
    desk.run.close()
    again = desks(key=desk.key, log=desk.log).started()
    assert again.names()[-1] == "ReconciliationEnded"
    assert not again.has("DiscrepancyFound")


def test_an_intent_that_was_not_sent_while_it_was_fresh_expires(desks: Desks) -> None:
    desk = desks(wrapped=partial(Dying, sends=False)).started()
    with pytest.raises(Killed):
        desk.asks(LIMIT)
    desk.run.close()
    desk.later(120)
    again = desks(key=desk.key, log=desk.log).started()
    assert again.names().count("OrderExpired") == 3
    assert again.entries() == []


def test_an_order_without_news_is_resolved_by_a_query(desks: Desks) -> None:
    desk = desks().started()
    desk.venue.fails("order", "missing", times=0)
    desk.venue.fails("/v5/order/create", "drop", commit=True)
    desk.asks(LIMIT)
    assert desk.has("OrderOutcomeUnknown")
    desk.passes(4)
    assert not desk.has("OrderAccepted")
    desk.passes(2)
    assert desk.names().count("OrderAccepted") == 3
    assert desk.run.world.portfolio.unknown_orders == ()


def test_an_order_whose_answer_over_the_socket_was_lost_is_one_order_and_resolved_by_a_query(
    desks: Desks,
) -> None:
    desk = desks(way=OrderWay.WEBSOCKET).started()
    desk.until(desk.has_way)
    desk.venue.fails("order", "missing", times=0)
    desk.venue.fails("order.create", "drop", commit=True)
    desk.asks(LIMIT)
    assert desk.has("OrderOutcomeUnknown")
    desk.passes(6)
    assert desk.names().count("OrderAccepted") == 3
    assert desk.run.world.portfolio.unknown_orders == ()
    assert len(desk.entries()) == 1


def test_an_order_that_the_exchange_does_not_have_is_rejected_only_when_it_cannot_arrive_any_more(
    desks: Desks,
) -> None:
    desk = desks().started()
    desk.venue.fails("/v5/order/create", "drop")
    desk.asks(LIMIT)
    desk.passes(6)
    assert desk.has("OrderOutcomeUnknown")
    assert not desk.has("OrderRejected")
    desk.passes(6)
    assert desk.names().count("OrderRejected") == 3
    assert desk.entries() == []


def test_after_a_restart_an_unknown_outcome_has_the_same_time_to_arrive_and_nothing_is_sent_before(
    desks: Desks,
) -> None:
    desk = desks().started()
    desk.venue.fails("/v5/order/create", "drop")
    desk.asks(LIMIT)
    assert desk.has("OrderOutcomeUnknown")
    desk.run.close()
    again = desks(key=desk.key, log=desk.log)
    again.run.start()
    again.run.connect()
    again.until(lambda: again.exchange.stream_state.is_live)
    again.passes(6)
    assert not again.has("OrderRejected")
    assert not again.run.is_trading
    again.passes(6)
    again.until(lambda: again.run.is_trading)
    assert again.names().count("OrderRejected") == 3
    assert again.entries() == []


def test_candles_that_cannot_be_fetched_as_trading_begins_do_not_end_the_run(desks: Desks) -> None:
    desk = desks()
    desk.trades_at("100")
    desk.run.start()
    desk.run.connect()
    desk.feed.is_cut = True
    desk.feed.waiting.append(a_candle(desk.now() + FIVE, "104"))
    desk.until(lambda: desk.run.is_trading)
    assert desk.has("CallFailed")


def test_queries_that_stay_without_an_answer_open_their_circuit_breaker(desks: Desks) -> None:
    desk = desks().started()
    desk.venue.fails("/v5/order/realtime", "drop", times=0)
    desk.passes(PLAN.rhythm.poll)
    for seconds in (2, 4, 8, 8):
        assert not desk.has("BreakerOpened")
        desk.passes(seconds)
    assert desk.has("BreakerOpened")


def test_a_request_that_arrives_seconds_after_the_market_was_taken_in_is_judged_at_the_time_of_its_arrival(
    desks: Desks,
) -> None:
    desk = desks().started()
    desk.run.attend()
    desk.later(8)
    arrived = desk.now()
    signal = a_signal(instrument=BTC, candle_closed_at=arrived, stop=D(90), target=D(130))
    assert isinstance(desk.asks(RaiseSignal(outside(signal))), Completed), desk.reason
    assert desk.run.at >= arrived
    (decision,) = [one.envelope.event for one in desk.log.read() if type(one.envelope.event) is DecisionMade]
    assert decision.reasons == ("ALL_APPROVE",)


def test_a_log_whose_settings_permit_unprotected_positions_is_refused(desks: Desks) -> None:
    desk = desks().started()
    desk.asks(ChangeSettings({"risk.max_total_risk": "1"}))
    assert desk.reason == ""
    desk.run.close()
    with pytest.raises(InvalidSettings, match="without a protective stop"):
        desks(key=desk.key, log=desk.log).run.start()


@pytest.mark.parametrize(
    ("cancels", "left"), [(False, 1), (True, 0)], ids=["keeps entries", "cancels entries"]
)
def test_a_stop_settles_what_is_in_flight_and_treats_entries_as_planned(
    desks: Desks, *, cancels: bool, left: int
) -> None:
    desk = desks(plan=replace(PLAN, cancels_entries=cancels)).started()
    desk.asks(LIMIT)
    assert desk.run.stop()
    assert desk.run.world.portfolio.discrepancies.reconciling == "the engine stops"
    assert len(desk.run.world.portfolio.entries) == left
    assert len(desk.entries()) == left


@pytest.mark.parametrize(
    ("group", "names", "words"),
    [("Wallet", ["Withdraw"], "may withdraw money"), ("ContractTrade", ["Position"], "may not trade")],
    ids=["withdrawal", "no trade"],
)
def test_a_key_with_other_rights_is_refused_before_anything_is_recorded(
    desks: Desks, monkeypatch: pytest.MonkeyPatch, group: str, names: list[str], words: str
) -> None:
    desk = desks()
    monkeypatch.setitem(PERMISSIONS, group, names)
    with pytest.raises(Refused, match=words):
        desk.run.start()
    assert desk.log.envelopes == []


@pytest.mark.parametrize("is_resumed", [False, True], ids=["first session", "after an outage"])
def test_a_market_of_another_day_is_refused_at_the_first_session_before_anything_is_recorded(
    desks: Desks, monkeypatch: pytest.MonkeyPatch, *, is_resumed: bool
) -> None:
    def a_day_later(desk: LiveDesk) -> datetime:
        return at_ms(desk.venue.server.clock.market()) + timedelta(days=1)

    monkeypatch.setattr(LiveDesk, "now", a_day_later)
    desk = desks(plan=replace(PLAN, is_resumed=is_resumed))
    if is_resumed:
        desk.run.check()
        return
    with pytest.raises(Refused, match="the exchange's market has the time 20"):
        desk.run.start()
    assert desk.log.envelopes == []


def test_a_clock_that_differs_by_more_than_a_second_is_refused(desks: Desks) -> None:
    desk = desks()
    desk.venue.act("skew", ms=1_600)
    try:
        with pytest.raises(Refused, match=r"clock is 1\.[56]\d* s behind the exchange's"):
            desk.run.start()
    finally:
        desk.venue.act("skew", ms=0)
    assert desk.log.envelopes == []


@pytest.mark.parametrize(
    ("refused", "seconds"),
    [(True, 60), (False, 3601)],
    ids=["after an order was refused by them", "after an hour"],
)
def test_rules_that_the_exchange_has_changed_are_recorded(
    desks: Desks, refused: bool, seconds: float
) -> None:
    """They are kept for an hour, so a comparison does not fetch them each time."""
    desk = desks().started()
    known = desk.run.world.portfolio.instruments[BTC]
    desk.venue.do(partial(ruled, D("0.5")))
    desk.passes(60)
    assert not desk.has("InstrumentRulesChanged")
    if refused:
        desk.venue.fails("/v5/order/create", "code", value=10001)
        desk.asks(LIMIT)
    desk.passes(seconds)
    desk.venue.do(partial(ruled, known.tick))
    assert desk.names().count("InstrumentRulesChanged") == 1
    assert desk.run.world.portfolio.instruments[BTC] == replace(known, tick=D("0.5"))


def ruled(tick: Decimal, server: VenueServer) -> None:
    """The venue's contract has this price step from now on."""
    listed = server.venue.listed("linear")[SYMBOL]
    listed.contract = replace(listed.contract, instrument=replace(listed.contract.instrument, tick=tick))


def test_leverage_and_one_way_mode_are_set_at_the_start_and_the_change_is_logged(
    desks: Desks, caplog: pytest.LogCaptureFixture
) -> None:
    desk = desks()
    desk.sets_leverage("3")
    desk.account.hedged.add(SYMBOL)
    desk.started()
    (terms,) = BybitAccount(desk.exchange).terms([BTC])
    assert (terms.is_one_way, terms.leverage) == (True, D(5))
    assert [one.getMessage() for one in caplog.records if one.name == "infra.run.live_beginning"] == [
        f"setting the position mode of {BTC} at the exchange: hedge -> one-way",
        f"setting the leverage of {BTC} at the exchange: 3 -> 5",
    ]


def test_candles_of_the_past_warm_strategies_and_lead_to_no_signal(desks: Desks) -> None:
    desk = desks()
    desk.feed.past = [a_candle(desk.now() - FIVE, "101")]
    desk.started()
    assert desk.run.driver.engine.market.prices[BTC] == 101
    desk.closes_at("101")
    assert not desk.has("SignalDetected")


def test_a_log_that_another_kind_of_run_opened_is_refused(desks: Desks) -> None:
    history = an_open_day()
    with pytest.raises(InvalidInput, match="not opened by `whence live`"):
        desks(log=ListLog(history.envelopes))


def test_settings_without_a_limit_on_unprotected_entries_are_refused() -> None:
    with pytest.raises(InvalidSettings, match="without a protective stop"):
        replace(PLAN, settings=Settings(risk=RiskSettings(max_total_risk=D(1))))


def test_funding_that_nobody_reported_is_taken_in_before_a_balance_is_called_wrong(desks: Desks) -> None:
    desk = desks().started()
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened"))
    desk.venue.fails("execution", "missing", times=0)
    desk.later(1)
    desk.venue.act("fund", symbol=SYMBOL, rate="0.001")
    desk.passes(PLAN.rhythm.poll)
    assert desk.run.world.portfolio.discrepancies.reconciling.startswith(
        "1 difference with the exchange is looked at again"
    )
    desk.passes(PLAN.rhythm.in_flight)
    assert desk.names().count("PositionFunded") == 1
    assert desk.names()[-1] == "ReconciliationEnded"
    assert not desk.has("DiscrepancyFound")


def test_a_strategy_that_fails_ends_the_run_and_its_door_states_why(desks: Desks) -> None:
    desk = desks().started()
    with pytest.raises(StrategyFailed, match="no opinion"):
        desk.closes_at(str(FAILS))
    assert "the engine stopped" in desk.refused_at_the_door()


def test_a_comparison_during_which_a_gap_came_does_not_end_the_reconciliation(desks: Desks) -> None:
    desk = desks(wrapped=Reconnecting).started()
    desk.run.attend()
    assert desk.names().count("ReconciliationBegun") == 1, "an older comparison had permitted new exposure"
    assert desk.names().count("ReconciliationEnded") == 1


def test_a_cancel_that_the_exchange_lost_is_sent_again(desks: Desks) -> None:
    desk = desks(wrapped=partial(Losing, call="cancel")).started()
    desk.asks(LIMIT)
    desk.until(lambda: desk.has("OrderAccepted"))
    (entry,) = desk.run.world.portfolio.entries
    desk.asks(CancelOrder(entry, "not today"))
    desk.passes(PLAN.rhythm.patience)
    desk.until(lambda: not desk.run.world.portfolio.entries)
    assert desk.names().count("OrderCancelRequested") == 1
    assert desk.entries() == []


def test_an_amendment_that_the_exchange_lost_is_given_up(desks: Desks) -> None:
    desk = desks(wrapped=partial(Losing, call="amend")).started()
    desk.asks(LIMIT)
    desk.until(lambda: desk.has("OrderAccepted"))
    (entry,) = desk.run.world.portfolio.entries
    desk.asks(AmendOrder(order_id=entry, limit_price=D(98)))
    assert desk.has("OrderAmendRequested")
    desk.passes(PLAN.rhythm.patience)
    assert desk.has("OrderAmendRefused")
    assert desk.run.world.portfolio.entries[entry].order.terms.limit_price == LIMIT.terms.limit_price


def test_missing_candles_that_cannot_be_fetched_now_are_fetched_with_the_next_one(desks: Desks) -> None:
    desk = desks().started()
    desk.closes_at("100")
    desk.later(2 * FIVE.total_seconds())
    desk.feed.past.append(a_candle(desk.now() - 2 * FIVE, "104"))
    desk.feed.is_cut = True
    desk.closes_at("101")
    assert not desk.has("SignalDetected")
    desk.feed.is_cut = False
    desk.feed.past.append(a_candle(desk.now() - FIVE, "101"))
    desk.later(FIVE.total_seconds())
    desk.closes_at("103")
    assert desk.run.driver.engine.market.prices[BTC] == 103
    assert not desk.has("SignalDetected")
