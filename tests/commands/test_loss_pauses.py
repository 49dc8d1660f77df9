"""Pauses after losses in a row: how they begin, whom they stop, how they end, and that a recalled log has them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from commands.inputs import MarketMoved, Tick
from commands.request import ChangeSettings, PlaceOrder, ResumeEntries
from commands.roles import LEAST_ROLE, Role
from domain.limits.settings import LimitSettings, OwnLimitSettings
from domain.log import Envelope
from domain.pause import EntriesPaused, EntriesResumed
from domain.position import PositionClosed
from domain.settings import RiskSettings, Settings, StrategySettings
from domain.signal import DecisionMade
from projections.chain import missing_causes
from projections.sentences import sentence
from tests.commands.desk import Desk, a_fill_of, chain_of, folded, long, names, snapshot
from tests.commands.requests.asking import Asking, terms
from tests.domain.history import ACCOUNT, BTC, ETH, D
from tests.replacing import replace

HOUR = timedelta(hours=1)
WON, LOST, EVEN = D(106), D(98), D(100)
NO_FEE = D(0)


def settings(strategies: tuple[StrategySettings, ...] = (), **limits: Any) -> Settings:
    tiers = replace(Settings().tiers, strict_confidence=0.0, normal_confidence=0.0, relaxed_confidence=0.0)
    risk = replace(RiskSettings(), cooldown_seconds=0, max_daily_loss=D(1), minimum_win_rate=D(0))
    chosen = strategies or (StrategySettings("trend"), StrategySettings("breakout"))
    return Settings(tiers=tiers, risk=risk, strategies=chosen, limits=LimitSettings(**limits))


def a_desk(**limits: Any) -> Desk:
    return Desk().opened(settings(**limits))


def trade(desk: Desk, price: Decimal, strategy: str = "trend", fee: Decimal = NO_FEE) -> list[Envelope]:
    """One complete trade of 100 that is closed at this price; returns what followed from its last fill."""
    chain = chain_of(desk.see(long(strategy=strategy)))
    quantity = desk.world.portfolio.entries[f"{chain}-e1"].order.terms.quantity
    desk.tell(a_fill_of(f"{chain}-e1", f"in-{chain}", quantity, D(100), fee))
    leg = "t1" if price > D(98) else "s1"
    return desk.tell(a_fill_of(f"{chain}-{leg}", f"out-{chain}", quantity, price, fee))


def paused(envelopes: list[Envelope]) -> list[EntriesPaused]:
    return [one.event for one in envelopes if isinstance(one.event, EntriesPaused)]


def reasons(desk: Desk, strategy: str = "trend", instrument: str = ETH) -> tuple[str, ...]:
    seen = desk.see(long(strategy=strategy, instrument=instrument))
    (decision,) = (one.event for one in seen if isinstance(one.event, DecisionMade))
    return decision.reasons


def test_the_last_loss_of_the_row_pauses_the_account_and_names_the_losing_positions() -> None:
    desk = a_desk(account_losses=2, account_pause_seconds=3_600)
    assert not paused(trade(desk, LOST))
    followed = trade(desk, LOST)
    (event,) = paused(followed)
    streams = tuple(f"position-{ACCOUNT}-{BTC}-LONG-{n}" for n in (1, 2))
    assert (event.owner, event.losses, event.positions) == ("", 2, streams)
    assert event.until == desk.at + HOUR
    closed = [one.event for one in desk.log.envelopes if isinstance(one.event, PositionClosed)]
    assert event.net == sum(one.net for one in closed)
    record = next(one for one in followed if one.event == event)
    assert record.meta.stream == f"pause-{ACCOUNT}"
    cause = next(one for one in followed if str(one.meta.event_id) == record.meta.causation_id)
    assert names([cause]) == ["PositionClosed"]
    assert list(missing_causes(desk.log.read())) == []
    assert folded(desk.log) == snapshot(desk.world)


def test_entries_of_every_strategy_are_refused_while_the_account_is_paused() -> None:
    desk = a_desk(account_losses=1)
    trade(desk, LOST)
    for strategy in ("trend", "breakout"):
        assert reasons(desk, strategy) == ("ACCOUNT_PAUSED_AFTER_LOSSES",)


def test_a_strategys_losses_pause_that_strategy_alone() -> None:
    desk = a_desk(strategy_losses=2)
    trade(desk, LOST)
    trade(desk, LOST, "breakout")
    (event,) = paused(trade(desk, LOST))
    assert (event.owner, event.losses) == ("trend", 2)
    assert reasons(desk) == ("STRATEGY_PAUSED_AFTER_LOSSES",)
    assert reasons(desk, "breakout") == ("ALL_APPROVE",)


def test_an_instance_has_a_limit_and_a_length_of_its_own() -> None:
    own = StrategySettings("trend", limits=OwnLimitSettings(strategy_losses=1, strategy_pause_seconds=60))
    desk = Desk().opened(settings((own, StrategySettings("breakout")), strategy_losses=2))
    (event,) = paused(trade(desk, LOST))
    assert event.until == desk.at + timedelta(minutes=1)
    assert not paused(trade(desk, LOST, "breakout"))


@pytest.mark.parametrize(
    ("between", "fee", "pauses"),
    [(WON, "0", False), (EVEN, "0", True), (EVEN, "0.1", True), (D("100.001"), "0.1", True)],
    ids=["a gain", "a result of zero", "a loss by fees", "a gain that fees make a loss"],
)
def test_a_gain_ends_the_row_and_a_result_of_zero_does_not(
    between: Decimal, fee: str, *, pauses: bool
) -> None:
    desk = a_desk(account_losses=3)
    trade(desk, LOST)
    trade(desk, between, fee=D(fee))
    if between == EVEN and fee == "0":
        assert not paused(trade(desk, LOST)), "the trade at zero added nothing"
    assert bool(paused(trade(desk, LOST))) is pauses


def test_a_position_that_is_closed_in_parts_counts_once() -> None:
    desk = a_desk(account_losses=2)
    chain = chain_of(desk.see(long()))
    quantity = desk.world.portfolio.entries[f"{chain}-e1"].order.terms.quantity
    desk.tell(a_fill_of(f"{chain}-e1", "in", quantity, D(100)))
    for part in range(4):
        desk.tell(a_fill_of(f"{chain}-s1", f"out-{part}", quantity / 4, LOST))
    assert desk.world.portfolio.streaks[""].losses == 1
    assert not desk.world.portfolio.pauses


def a_candle(at: datetime) -> MarketMoved:
    return MarketMoved(at, ())


@pytest.mark.parametrize("given", [Tick, a_candle], ids=["a tick", "a candle"])
def test_the_pause_ends_with_the_first_input_at_its_end_and_entries_are_made_again(given: Any) -> None:
    desk = a_desk(account_losses=1, account_pause_seconds=60)
    trade(desk, LOST)
    ends = desk.at + timedelta(minutes=1)
    assert names(desk.handle(given(ends - timedelta(microseconds=1)))) == []
    (ended,) = desk.handle(given(ends))
    assert ended.event == EntriesResumed("")
    assert ended.meta.causation_id.startswith("clock:")
    desk.at = ends
    assert reasons(desk) == ("ALL_APPROVE",)


def test_the_next_pause_needs_as_many_losses_as_the_first() -> None:
    desk = a_desk(account_losses=2, account_pause_seconds=60)
    trade(desk, LOST)
    assert paused(trade(desk, LOST))
    desk.at += timedelta(minutes=2)
    desk.handle(Tick(desk.at))
    assert not paused(trade(desk, LOST))
    assert paused(trade(desk, LOST))


def test_a_loss_during_a_pause_does_not_prolong_it() -> None:
    desk = a_desk(account_losses=1, account_pause_seconds=3_600)
    first, second = (chain_of(desk.see(long(instrument=name))) for name in (BTC, ETH))
    for chain in (first, second):
        quantity = desk.world.portfolio.entries[f"{chain}-e1"].order.terms.quantity
        desk.tell(a_fill_of(f"{chain}-e1", f"in-{chain}", quantity, D(100)))
    held = {name: one.state.quantity for name, one in desk.world.portfolio.positions.items()}
    assert paused(desk.tell(a_fill_of(f"{first}-s1", "out-1", held[BTC], LOST)))
    until = desk.world.portfolio.pauses[""].until
    assert not paused(desk.tell(a_fill_of(f"{second}-s1", "out-2", held[ETH], LOST)))

    assert desk.world.portfolio.pauses[""].until == until


def lost(eve: Asking, count: int = 1) -> None:
    for _ in range(count):
        trade(eve.desk, LOST)


def test_a_person_ends_a_pause_with_a_reason_and_one_without_a_time_ends_by_a_person_alone() -> None:
    eve = Asking(settings(account_losses=1, account_pause_seconds=0))
    lost(eve)
    eve.desk.at += timedelta(days=30)
    eve.desk.handle(Tick(eve.desk.at))
    assert reasons(eve.desk)[0] == "ACCOUNT_PAUSED_AFTER_LOSSES"
    assert eve.accepted(ResumeEntries("the feed was wrong")) == ["EntriesResumed"]
    (record,) = (one for one in eve.desk.log.envelopes if isinstance(one.event, EntriesResumed))
    assert (record.event, record.meta.actor) == (EntriesResumed("", "the feed was wrong"), "eve")
    assert reasons(eve.desk) == ("ALL_APPROVE",)


def test_a_pause_of_a_strategy_is_ended_by_its_id_and_an_unknown_id_is_declined() -> None:
    eve = Asking(settings(strategy_losses=1))
    lost(eve)
    assert "no strategy is called 'tend'" in eve.declined(ResumeEntries("why", "tend"))
    assert eve.accepted(ResumeEntries("why", "breakout")) == []
    assert eve.accepted(ResumeEntries("why", "trend")) == ["EntriesResumed"]


def test_ending_a_pause_needs_an_administrator_as_a_reset_of_the_kill_switch_does() -> None:
    assert LEAST_ROLE[ResumeEntries] is Role.ADMIN


def test_a_persons_entry_is_declined_while_the_account_is_paused_and_not_while_a_strategy_is() -> None:
    eve = Asking(settings(account_losses=1))
    lost(eve)
    assert "entries are paused after 1 losing position in a row" in eve.declined(PlaceOrder(terms()))
    other = Asking(settings(strategy_losses=1))
    lost(other)
    assert other.accepted(PlaceOrder(terms()))


def test_a_persons_entry_beyond_the_group_is_declined_and_names_what_is_held() -> None:
    eve = Asking(settings(max_group_positions=1))
    chain = chain_of(eve.desk.see(long(instrument=ETH)))
    quantity = eve.desk.world.portfolio.entries[f"{chain}-e1"].order.terms.quantity
    eve.desk.tell(a_fill_of(f"{chain}-e1", "in", quantity, D(100)))
    assert f"2 positions of the group majors, with {ETH}" in eve.declined(PlaceOrder(terms()))
    assert eve.accepted(ChangeSettings({"limits.max_group_positions": "2"}))
    assert eve.accepted(PlaceOrder(terms()))


def test_a_run_that_stopped_during_a_pause_has_it_and_ends_it() -> None:
    limits: dict[str, Any] = {"account_losses": 1, "account_pause_seconds": 60}
    desk = a_desk(**limits)
    trade(desk, LOST)
    again = Desk(desk.log, recalling=True).opened(settings(**limits))
    trade(again, LOST)
    assert not again.driver.engine.recalling
    assert again.world.portfolio.pauses == desk.world.portfolio.pauses
    assert reasons(again) == ("ACCOUNT_PAUSED_AFTER_LOSSES",)
    again.at += timedelta(minutes=1)
    assert [one.event for one in again.handle(Tick(again.at))] == [EntriesResumed("")]


def test_the_sentences_name_the_owner_the_losses_and_the_end() -> None:
    desk = a_desk(account_losses=1, account_pause_seconds=60)
    (event,) = paused(trade(desk, LOST))
    assert sentence(event).startswith("entries of the account: 1 losing position in a row of -")
    assert event.until is not None
    assert sentence(event).endswith(f"together, until {event.until:%Y-%m-%d %H:%M:%S} UTC")
    assert sentence(EntriesResumed("trend", "calm")) == "entries of trend: calm"
    assert sentence(EntriesResumed("")) == "entries of the account, the pause is over"
