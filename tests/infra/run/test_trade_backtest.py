"""A backtest of recorded trades: candles of the trades are decided on, and the trades fill the orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from domain.signal import SignalDetected, Verdict
from domain.sizing.settings import SizingSettings
from domain.strategies.builtin import StrategyFactory
from infra.run.backtest import NO_CHANGE
from infra.run.backtesting import Backtesting
from infra.run.candle_recording import Stretch, candle_recording
from infra.run.lookahead import LookaheadCheck
from infra.run.plan import Plan, plan_of
from infra.run.recording import Recording
from infra.run.trade_recording import trade_recording
from projections.behaviour import Behaviour, Fact
from projections.fill_differences import SimulatorError
from tests.infra.run.demo_desk import START, DemoDesk
from tests.infra.run.live_desk import BTC, FIVE, PLAN, OnPrice
from tests.infra.run.test_live_and_demo import UNSLIPPED, behaviour, decided
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


_ENDS = ("100", "101", "98.2", "101", "100", "101", "108", "105", "105")
"""Where the price moves in the middle of each candle. The first entry is stopped out by a price that leaps over its
stop, a signal comes too soon after the loss, and the last entry reaches its target."""
_TICK = Decimal("0.1")


def moves() -> Iterator[tuple[datetime, str]]:
    """The price at each time: a second after the open of a candle as before, in its middle the new one. The first and
    the last candle have a price at their open alone, because the backtest leaves those intervals out."""
    price, opened = "100", START - FIVE
    yield opened + timedelta(seconds=1), price
    for move in _ENDS:
        opened += FIVE
        yield opened + timedelta(seconds=1), price
        yield opened + timedelta(seconds=150), move
        price = move
    yield opened + FIVE + timedelta(seconds=1), price


def pairs() -> Iterator[tuple[datetime, str, Sequence[Trade]]]:
    """At each time of `moves` a buyer's trade at the ask and a seller's at the bid, which is the price."""
    for number, (at, price) in enumerate(moves()):
        bid = Decimal(price)
        sides = ((Side.BUY, bid + _TICK), (Side.SELL, bid))
        made = [
            Trade(
                instrument=BTC,
                at=at,
                trade_id=f"{number}-{side}",
                side=side,
                price=each,
                quantity=Decimal(1_000),
            )
            for side, each in sides
        ]
        yield at, price, made


def test_a_demo_on_live_prices_and_a_backtest_that_have_the_same_trades_decide_and_fill_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The demo's book has the quotes that the backtest takes from the trades."""
    built_in: Mapping[str, StrategyFactory] = {"trend": lambda _given: OnPrice()}
    monkeypatch.setattr("infra.trading.BUILTIN", built_in)
    tape = TradeTape(BTC, tuple(one for _, _, made in pairs() for one in made), (Path("pairs"),))
    candles = candles_of_trades(tape, FIVE)
    assert len(candles.candles) == len(_ENDS)
    planned = plan_of([candles], "main", Decimal(10_000), Decimal(5), UNSLIPPED)
    found = decided(backtested(trade_recording(planned, [tape])))

    desk = DemoDesk(plan=replace(PLAN, settings=UNSLIPPED), at=START - timedelta(seconds=100)).started()
    closed = iter(candles.candles)
    for at, price, made in pairs():
        if at < START:
            continue
        if at - timedelta(seconds=1) > START and at.minute % 5 == 0 and at.second == 1:
            desk.passes((at - timedelta(seconds=1) - desk.now).total_seconds())
            desk.feed.waiting.append(next(closed))
            desk.run.attend()
        desk.passes((at - desk.now).total_seconds())
        desk.shows(price, f"{Decimal(price) + _TICK}", "1000")
        desk.feed.waiting.extend(made)
        desk.passes(1)
    assert next(closed, None) is None
    assert [one[0] for one in found].count("fill") == 4
    assert [one for one in found if one[0] == "decision" and one[1] is Verdict.SKIP]
    assert decided(desk.log.envelopes) == found
    desk.run.close()


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
