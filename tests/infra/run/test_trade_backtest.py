"""A backtest of recorded trades: candles of the trades are decided on, and the trades fill the orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from adapters.tapes.trade_candles import candles_of_trades
from adapters.tapes.trade_file import TradeTape
from commands.inputs import MarketMoved
from domain.candle import Candle
from domain.direction import Purpose, Side
from domain.log import Envelope
from domain.market import Trade
from domain.order import OrderFilled, OrderPlaced
from domain.settings import SizingSettings
from domain.signal import SignalDetected
from infra.run.backtest import NO_CHANGE
from infra.run.backtesting import Backtesting
from infra.run.candle_recording import Stretch, candle_recording
from infra.run.lookahead import LookaheadCheck
from infra.run.plan import Plan
from infra.run.recording import Recording
from infra.run.trade_recording import trade_recording
from projections.behaviour import Behaviour, Fact
from projections.fill_differences import SimulatorError
from tests.infra.run.live_desk import BTC
from tests.infra.run.test_live_and_demo import behaviour
from tests.journeys.runs import EAGER, plan
from tests.replacing import replace

BEGUN = datetime(2025, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def walked(seed: int, hours: int) -> TradeTape:
    """A random walk of trades, some five a minute, whose drift turns now and then."""
    random, price, drift, at = Random(seed), 600_000, 0, BEGUN
    trades: list[Trade] = []
    while at < BEGUN + timedelta(hours=hours):
        at += timedelta(milliseconds=random.randint(20, 24_000))
        drift = random.randint(-120, 120) if random.random() < 0.01 else drift
        price += drift + random.randint(-150, 150)
        side = random.choice((Side.BUY, Side.SELL))
        quantity = Decimal(random.randint(1, 3000)) / 100
        trades.append(
            Trade(
                instrument=BTC,
                at=at,
                trade_id=str(len(trades)),
                side=side,
                price=Decimal(price) / 10,
                quantity=quantity,
            )
        )
    return TradeTape(BTC, tuple(trades), (Path("walked"),))


WALKED = walked(3, 24)
TAPE = candles_of_trades(WALKED, MINUTE)


def recording(end: datetime | None = None) -> Recording:
    return trade_recording(plan([Stretch(end=end).of(TAPE)], EAGER), [WALKED])


def backtested(made_of: Recording) -> list[Envelope]:
    with closing(Backtesting(made_of)) as made:
        assert list(made.steps())[-1] == made_of.total
        return [one.envelope for one in made.events()]


def of(envelopes: Sequence[Envelope], kind: type) -> list[Envelope]:
    return [one for one in envelopes if isinstance(one.event, kind)]


def test_each_fill_happens_at_the_time_of_a_trade_and_not_before_the_order_has_arrived() -> None:
    envelopes = backtested(recording())
    fills, sent = of(envelopes, OrderFilled), {one.meta.stream: one for one in of(envelopes, OrderPlaced)}
    times = {one.at for one in WALKED.trades}
    latency = timedelta(milliseconds=EAGER.simulation.latency_ms)
    assert len(fills) == 10
    for fill in fills:
        assert fill.meta.occurred_at in times
        assert fill.meta.occurred_at >= sent[fill.meta.stream].meta.occurred_at + latency


def test_signals_are_equal_until_a_position_differs_and_each_decision_that_differs_names_such_a_fill() -> (
    None
):
    sized = plan([TAPE], replace(EAGER, sizing=SizingSettings(risk=Decimal("0.0006"))))
    ways = candle_recording(sized), trade_recording(sized, [WALKED])
    one, other = (behaviour(backtested(way)) for way in ways)
    error = SimulatorError(one, other, TAPE.candles[-1].close_time)
    first = error.differing[0]
    assert first.order.purpose is Purpose.ENTRY
    assert until(first.at, one) == until(first.at, other) != {}
    (found,) = error.decisions  # the balance differs by then, and with it the size
    assert found.after is not None
    assert found.after.differs
    assert first.at <= found.after.at <= found.decision.signal.candle_closed_at


def until(at: datetime, found: Behaviour) -> Mapping[Fact, SignalDetected]:
    return {fact: signal for fact, signal in found.signals.items() if signal.candle_closed_at <= at}


def test_the_same_trades_make_the_same_bytes_and_one_trade_more_or_less_is_another_log() -> None:
    first, again = backtested(recording()), backtested(recording())
    assert first == again
    shorter = TradeTape(BTC, WALKED.trades[:-1], WALKED.paths)
    other = trade_recording(plan([TAPE], EAGER), [shorter])
    with closing(Backtesting(recording())) as one, closing(Backtesting(other)) as two:
        assert one.log_id != two.log_id


def test_no_signal_of_a_shortened_recording_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.run.lookahead.CUTS", 2)
    check = LookaheadCheck(recording, NO_CHANGE)
    list(check.steps())
    assert check.findings.signals == 5
    assert check.findings.differences == []


def test_an_instant_holds_the_trades_since_the_one_before_and_none_from_before_the_run() -> None:
    begin = TAPE.candles[10].open_time
    cut: Plan = plan([Stretch(begin=begin).of(TAPE)], EAGER)
    moves = [one for one in trade_recording(cut, [WALKED]).inputs() if isinstance(one, MarketMoved)]
    found = [event for one in moves for event in one.events]
    trades = [one for one in found if isinstance(one, Trade)]
    assert trades == [one for one in WALKED.trades if begin <= one.at < TAPE.candles[-1].close_time]
    for one in moves:
        *before, candle = one.events
        assert isinstance(candle, Candle)
        assert all(isinstance(trade, Trade) and trade.at < candle.close_time for trade in before)
