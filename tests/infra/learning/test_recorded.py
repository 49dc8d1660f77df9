"""Signals of a log: read with the candles that were known then, sessions, units of work, and closed trades."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from adapters.inputs.batch import TapedInput
from commands.input_tape import SessionBegun, Taped
from commands.inputs import MarketMoved, Tick, Warmed
from domain.candle import Candle
from domain.direction import Purpose
from domain.errors import InvalidInput
from domain.features.core import CORE_1
from domain.features.reader import FeatureReader
from domain.opening import LogOpened, Mode
from domain.portfolio import EMPTY
from domain.position import PositionIncreased
from infra.learning.detected import Detected, RecordedSignals
from infra.learning.moves import TapedMoves
from infra.learning.outcomes import Outcome, Outcomes
from tests.commands.list_log import ListLog
from tests.domain.features.markets import a_market, a_signal_at
from tests.domain.history import (
    BTC,
    ETH,
    LOG_ID,
    NOW,
    D,
    History,
    a_closing,
    a_decision,
    a_signal,
    an_open_day,
    an_opening,
)
from tests.replacing import replace

MARKET = a_market(21, 400)
OPENED = LogOpened(log_id=LOG_ID, mode=Mode.LIVE, tape="", synthetic=False)


def session(at: datetime) -> SessionBegun:
    return SessionBegun(at=at, folded=0, log_id=LOG_ID, account="main", source="test", since=at)


def moved(candles: Sequence[Candle]) -> list[Taped]:
    return [MarketMoved(one.close_time, (one,)) for one in candles]


def taped(*given: Taped) -> list[TapedInput]:
    return [TapedInput(number, one.at, one) for number, one in enumerate(given, 1)]


def with_signals(times: Sequence[datetime]) -> ListLog:
    """A log of a live run with a signal of ETH at each of these times."""
    history = History().record("log", OPENED, at=MARKET[ETH][0].open_time)
    history.envelopes += an_open_day().envelopes
    for number, at in enumerate(times):
        chain = f"abc{number}"
        history.record(f"signal-main-{chain}", a_signal_at(MARKET, at), chain=chain, at=at)
    return ListLog(history.envelopes)


def detected(log: ListLog, *given: Taped) -> list[tuple[Detected, tuple[float | None, ...]]]:
    """The signals, each with its row."""
    signals = RecordedSignals(log, log.head(), TapedMoves(log, lambda: taped(*given)))
    found = list[tuple[Detected, tuple[float | None, ...]]]()
    for one in signals.steps():
        if one is not None:
            found.append((one, one.reader.row(one.signal, one.at, one.portfolio).values))
    assert signals.progress == (log.head(), log.head())
    return found


def test_each_signal_has_the_candles_that_were_on_the_tape_before_it() -> None:
    eth = MARKET[ETH]
    times = [eth[299].close_time, eth[399].close_time]
    begins = eth[0].open_time
    found = detected(with_signals(times), session(begins), *moved(eth))
    for at, (one, values) in zip(times, found, strict=True):
        reader = FeatureReader()
        for candle in eth:
            if candle.close_time <= at:
                reader.take(candle)
        assert values == reader.row(one.signal, at, one.portfolio).values
        assert one.at == at


def test_a_session_begins_with_a_reader_that_has_read_its_warm_up_alone() -> None:
    eth = MARKET[ETH]
    again = eth[350].close_time
    log = with_signals([eth[399].close_time])
    warm = Warmed(again, tuple(eth[250:351]))
    given = [
        session(eth[0].open_time),
        *moved(eth[:351]),
        session(again),
        warm,
        Tick(again),
        *moved(eth[351:]),
    ]
    ((one, values),) = detected(log, *given)
    reader = FeatureReader()
    for candle in eth[250:]:
        reader.take(candle)
    assert values == reader.row(one.signal, one.at, one.portfolio).values
    assert values[CORE_1.names.index("atr_percentile")] is None


def test_inputs_after_the_end_of_a_cut_tape_are_left_out() -> None:
    eth, log = MARKET[ETH], with_signals([])
    given = taped(session(eth[0].open_time), *moved(eth))
    cut = TapedMoves(log, lambda: given, eth[9].close_time)
    assert [one.open_time for move in cut for one in move.candles] == [one.open_time for one in eth[:10]]
    longer = TapedMoves(log, lambda: given[:200], eth[9].close_time)
    assert cut.identity == longer.identity != TapedMoves(log, lambda: given).identity


def test_a_tape_without_candles_is_refused() -> None:
    log = with_signals([])
    with pytest.raises(InvalidInput, match="holds no candle: give the candle files"):
        TapedMoves(log, lambda: taped(session(NOW), Tick(NOW)))


def test_signals_of_one_unit_of_work_have_the_portfolio_before_it() -> None:
    at = MARKET[ETH][299].close_time
    history = History().record("log", OPENED, at=NOW)
    history.envelopes += an_open_day().envelopes
    signal = a_signal_at(MARKET, at)
    for chain in ("first", "other"):
        history.record(f"signal-main-{chain}", replace(signal, strategy=chain), chain=chain, at=at)
        history.position(replace(an_opening(), instrument=f"{chain.upper()}-LINEAR.BYBIT"),
                         instrument=f"{chain.upper()}-LINEAR.BYBIT", at=at)  # fmt: skip
    later = at + timedelta(minutes=5)
    history.record("signal-main-later", replace(signal, strategy="later"), chain="later", at=later)
    found = detected(ListLog(history.envelopes), session(NOW), *moved(MARKET[ETH]))
    assert [(one.signal.strategy, len(one.portfolio.positions)) for one, _values in found] == [
        ("first", 0),
        ("other", 0),
        ("later", 2),
    ]


def test_a_closed_trade_is_its_net_over_what_was_paid_for_it() -> None:
    history = an_open_day().signal(a_signal(), a_decision()).position(an_opening(cost=D(1_000)))
    log = ListLog(history.envelopes)
    outcomes = Outcomes()
    list(outcomes.steps(log, log.head()))
    assert (outcomes.closed, outcomes.opened) == ({}, frozenset({"abc"}))
    more = PositionIncreased(order_id="abc-e2", quantity=D(10), price=D(100), cost=D(1_000), fee=D(0))
    closed = replace(a_closing(D(-50), D(9_950)), reason=Purpose.STOP)
    history.position(more, closed)
    log = ListLog(history.envelopes)
    outcomes = Outcomes()
    assert list(outcomes.steps(log, log.head()))[-1] == log.head()
    at = (NOW - datetime.fromisoformat("1970-01-01T00:00:00Z")) // timedelta(microseconds=1)
    assert outcomes.closed == {"abc": Outcome(net=-0.025, stopped=True, closed_at=at)}
    assert outcomes.opened == frozenset()


def test_the_account_of_a_proposal_on_candles_is_missing() -> None:
    row = FeatureReader().row(a_signal(instrument=BTC), NOW, EMPTY)
    assert row.values[CORE_1.names.index("drawdown")] is None
