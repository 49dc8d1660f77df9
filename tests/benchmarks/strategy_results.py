"""What each built-in strategy alone would have made of recorded candles, and all of them at once: a table in Markdown.

`python -m tests.benchmarks.strategy_results > docs/strategies-results.md` with the recordings of `recorded_market`, on
a quiet machine: all but the last section is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import NamedTuple

from adapters.tapes import Tape, read_tape, synthetic_tape
from domain.committees import POLICY_VERSION
from domain.settings import Settings, StrategySettings
from domain.strategies.builtin import about
from infra.cli.backtest_report import figures_of
from infra.run.backtesting import Backtesting
from infra.run.candle_recording import candle_recording
from infra.run.plan import plan_of
from infra.trading import on_tapes
from projections.analysis.analysis import Analysis
from tests.benchmarks.bench_strategies import of_many_instruments
from tests.domain.strategies.nimble import ON_CANDLES

_DATA = Path(__file__).parents[3] / "shared" / "data"
BALANCE, LEVERAGE = Decimal(10_000), Decimal(1)
_SYMBOLS, _CANDLES = 100, 300
_DEFAULT = Settings()


class Market(NamedTuple):
    """A name, and the files whose candles are traded together on one account."""

    name: str
    files: Sequence[str]
    symbol: str | None = None


_FIVE = [f"bybit_klines/{symbol}_5m.csv" for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT")]
USED: Sequence[Market] = [Market(f"{Path(file).name[:3]} 5m", [file]) for file in _FIVE]
ASIDE: Sequence[Market] = (
    Market("BTC 1m, January 2022", ["btc_perp_1m_2022-01.csv"], "BTCUSDT"),
    Market("ETH 1m, June 2025", ["bybit_klines/ETHUSDT_1m.csv"]),
)
TOGETHER = Market("BTC, ETH and SOL", _FIVE)


class Result(NamedTuple):
    """One backtest: counts, shares (None where not defined), and amounts in USDT."""

    signals: int
    trades: int
    win_rate: Decimal | None
    profit_factor: Decimal | None
    drawdown: Decimal | float | None
    net: Decimal
    fees: Decimal


def result_of(
    tapes: Sequence[Tape], strategies: Sequence[StrategySettings], settings: Settings = _DEFAULT
) -> Result:
    """The result of these strategies on one account, with these settings, by default those for tapes."""
    return result_with(tapes, on_tapes(replace(settings, strategies=tuple(strategies))))


def result_with(tapes: Sequence[Tape], settings: Settings, leverage: Decimal = LEVERAGE) -> Result:
    """The result of these settings on one account."""
    plan = plan_of(tapes, "paper", BALANCE, leverage, settings)
    with closing(Backtesting(candle_recording(plan))) as made:
        for _ in made.steps():
            pass
        found = Analysis(figures_of(made))
        signals = sum(found.figures.counted("SIGNALS").values())
    trades = found.trades
    return Result(
        signals=signals,
        trades=trades["trades"],
        win_rate=found.of_trades["win_rate"],
        profit_factor=found.of_trades["profit_factor"],
        drawdown=found.figures.drawdown,
        net=trades["net"],
        fees=trades["fees"],
    )


def usual(name: str) -> StrategySettings:
    """The strategy with its default parameters and the limits of the Alpha committee that its description states."""
    known = about(name)
    limits: Mapping[str, str] = {} if known is None else known.alpha
    trend, ratio = limits.get("minimum_trend"), limits.get("minimum_reward_to_risk")
    return StrategySettings(
        name,
        minimum_trend=None if trend is None else float(trend),
        minimum_reward_to_risk=None if ratio is None else Decimal(ratio),
    )


def recorded_market(market: Market) -> Sequence[Tape]:
    """The tapes of a market, of which a candle that has not closed is left out."""
    now = datetime.now(UTC)
    return [read_tape(_DATA / file, symbol=market.symbol, now=now) for file in market.files]


def page() -> Iterator[str]:
    """The lines of the page."""
    yield from _INTRODUCTION.format(version=version("whence"), policy=POLICY_VERSION).splitlines()
    yield from _tapes((*USED, *ASIDE))
    for title, markets in (("Tapes of 2025", USED), ("Kept aside", ASIDE)):
        yield from ("", f"## {title}", "", *HEAD)
        for market in markets:
            tapes = recorded_market(market)
            for name in ON_CANDLES:
                yield row(market.name, name, result_of(tapes, [usual(name)]))
    tapes = recorded_market(TOGETHER)
    yield from ("", "## All at once", "", *_TOGETHER, "", *HEAD)
    yield row(TOGETHER.name, f"all {len(ON_CANDLES)}", result_of(tapes, [usual(name) for name in ON_CANDLES]))
    yield from ("", "## Speed", "", *_speed())


def _tapes(markets: Iterable[Market]) -> Iterator[str]:
    for market in markets:
        for tape in recorded_market(market):
            first, last = tape.candles[0].open_time, tape.candles[-1].close_time
            yield f"- {market.name}: {len(tape.candles):,} candles, {first:%Y-%m-%d} to {last:%Y-%m-%d}"


HEAD = (
    "| market | strategy | signals | trades | win rate | profit factor | drawdown | fees | net |",
    "|---|---|---:|---:|---:|---:|---:|---:|---:|",
)


def row(market: str, strategy: str, found: Result) -> str:
    """One row of a table."""
    cells = (
        market,
        strategy,
        f"{found.signals:,}",
        f"{found.trades:,}",
        _or_none(found.win_rate, ".0%"),
        _or_none(found.profit_factor, ".2f"),
        _or_none(found.drawdown, ".1%"),
        f"{found.fees:,.0f}",
        f"{found.net:,.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _or_none(figure: Decimal | float | None, form: str) -> str:
    return "" if figure is None else format(figure, form)


def _speed() -> Iterable[str]:
    alone = of_many_instruments()
    tapes = synthetic_tape(7, [f"S{number:03}USDT" for number in range(_SYMBOLS)], candles=_CANDLES)
    began = process_time()
    found = result_of(tapes, [usual(name) for name in ON_CANDLES])
    whole = _SYMBOLS * _CANDLES / (process_time() - began)
    made = f"{found.signals:,} signals, {found.trades:,} trades"
    return (
        f"{_SYMBOLS} symbols, all {len(ON_CANDLES)} strategies on each, one core, by processor time:",
        "",
        "| what | candles/s |",
        "|---|---:|",
        f"| the strategies alone, candle by candle | {alone.value:,.0f} |",
        f"| the whole backtest, strategies in one pass, with its report: {made} | {whole:,.0f} |",
    )


_INTRODUCTION = """\
# What the built-in strategies make

<!-- Generated by `python -m tests.benchmarks.strategy_results > docs/strategies-results.md`. -->

**Nearly all of them lose after fees.** They are rules of the field with their usual figures. None has an edge
that we have found. A row with a profit is one of many rows, and a few trades prove nothing. On the tapes of 2025 the
scales of trend's confidence were set, and the descriptions of momentum, explosion and the SAR wave cite them; no other
parameter was chosen by them. The tapes kept aside were used for none of this, but ETH 1m shares its days with ETH 5m.

Each strategy trades alone, on an account of its own of 10,000 USDT, with leverage 1, default parameters and the default
settings for tapes: 1 % of the balance at risk a trade, a taker fee of 0.055 %, slippage of 0.02 %. The limits of the
Alpha committee are those that `whence strategies describe` states for it. Signals are all that it raised. Trades are
those that the committees let through and that were closed. Amounts are in USDT. The drawdown is of the marked equity.
The tapes have no funding, so the figures are without it.

Made by version {version} with policy {policy}, of these tapes (recordings that are no part of the project):
"""
_TOGETHER = (
    "All strategies on one account of 10,000 USDT. A position has one owner, so a strategy is refused where another",
    "one holds the instrument, and five positions are the most.",
)

if __name__ == "__main__":
    for line in page():
        print(line)
