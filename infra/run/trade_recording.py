"""The recording of public trades: a backtest feeds their candles to an engine, and the trades to its exchange."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import attrgetter

from adapters.tapes.trade_file import TradeTape, trades_identity
from commands.input_tape import Taped
from commands.inputs import MarketMoved
from domain.candle import Candle
from domain.market import Trade
from infra.run.candle_recording import NO_CANDLES, candle_recording
from infra.run.plan import Plan
from infra.run.recording import FilledBy, Recording


def trade_recording(
    plan: Plan, traded: Sequence[TradeTape], warming: Sequence[Candle] = NO_CANDLES
) -> Recording:
    """The recording of a plan whose candles are those of the trades; for `warming` see `candle_recording`.

    An instant at which candles close holds, before them, the trades since the instant before. Trades before the plan
    begins, and after its last candle, are left out.
    """
    candles = candle_recording(plan, warming)
    trades = sorted((one for tape in traded for one in tape.trades), key=attrgetter("at"))
    return replace(
        candles,
        inputs=lambda: _with_trades(candles.inputs(), trades, plan),
        filled_by=FilledBy.TRADES,
        tape=f"{candles.tape} filled by trades {trades_identity(traded)}",
    )


def _with_trades(inputs: Iterator[Taped], trades: Sequence[Trade], plan: Plan) -> Iterator[Taped]:
    following = iter(trades)
    waiting = next((one for one in following if one.at >= plan.begins), None)
    for given in inputs:
        if not isinstance(given, MarketMoved):
            yield given
            continue
        found: list[Trade] = []
        while waiting is not None and waiting.at < given.at:
            found.append(waiting)
            waiting = next(following, None)
        yield MarketMoved(given.at, (*found, *given.events))
