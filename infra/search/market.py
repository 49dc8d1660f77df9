"""The market of a search: its candles and what does not vary, from which each process makes its backtests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from adapters.tapes import Tape, tape_identity
from commands.watching import coarser_for, readings_for
from domain.candle import Candle
from domain.deflated_sharpe import Moments, moments
from domain.errors import InvalidInput, Refused, StrategyFailed
from domain.settings import Settings
from domain.weights.result import TradeResult
from infra.cli.backtest_report import figures_of
from infra.cli.measured import measures_json
from infra.cli.planning import planned
from infra.config import WhenceSettings
from infra.run.backtest import NO_CHANGE, Change
from infra.run.backtesting import Backtesting
from infra.run.candle_recording import candle_recording
from infra.run.plan import Plan
from infra.search.parts import Part
from infra.trading import instances_of
from projections.analysis.analysis import Analysis
from projections.trade_results import trade_results

_LOOKED_EVERY = 1_000
"""The inputs between two looks at whether a stop was requested."""


class Stopped(Exception):
    """The search ended before the backtest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a backtest gave.

    `id` identifies market, period and settings; it is that of the log with the end of the period. `measures` are the
    analyser's in JSON, `returns` those of the UTC days (fractions), `trades` the closed ones where they were wanted.
    `fault` is why there are none: the settings were
    refused, or the strategy raised; else empty.
    """

    id: str
    measures: Mapping[str, Any] = field(default_factory=dict[str, Any])
    returns: Sequence[float] = ()
    fault: str = ""
    trades: Sequence[TradeResult] = ()

    @property
    def moments(self) -> Moments | None:
        """The moments of the returns; None where there are too few, and where they do not vary."""
        return moments(self.returns)


@dataclass(frozen=True, slots=True)
class Market:
    """The tapes as they were read, the configuration, and the change of its settings that every backtest has.

    It is sent to each process; the configuration has no secrets (`without_secrets`).
    """

    tapes: Sequence[Tape]
    settings: WhenceSettings
    quote: str
    change: Change = NO_CHANGE

    @property
    def identity(self) -> str:
        """Identifies the tapes; a tape that was extended at its end keeps it."""
        return tape_identity(self.tapes)

    def plan(self, part: Part, change: Change) -> Plan:
        """The plan of a backtest. Raises what `planned` raises, and InvalidInput where a tape has no candle then."""
        return planned([part.stretch.of(one) for one in self.tapes], self.settings, self.quote, change)

    def warming(self, part: Part) -> Sequence[Candle]:
        """The candles before the part, which the strategies read."""
        return part.stretch.before(self.tapes)

    def check(self, settings: Settings) -> None:
        """Raises InvalidInput where a strategy refuses its parameters, or its candles cannot be built from these."""
        for instance in instances_of(settings):
            for tape in self.tapes:
                if instance.trades(tape.instrument):
                    coarser_for(instance, tape.instrument, tape.interval)
                    readings_for(instance, tape.instrument, tape.interval)

    def configured(self, part: Part) -> Settings:
        """The settings that do not vary, with the market's defaults."""
        return self.plan(part, self.change).settings

    def outcome(
        self, part: Part, change: Change, stops: Callable[[], bool], *, with_trades: bool = False
    ) -> Outcome:
        """Trades the part with this change. Raises Stopped where a stop was requested before its end."""
        try:
            plan = self.plan(part, change)
        except (InvalidInput, Refused) as fault:
            return Outcome(id=_refused_id(self.identity, part, change), fault=f"refused: {fault}")
        with closing(Backtesting(candle_recording(plan, self.warming(part)))) as made:
            name = f"{made.log_id} to {part.end:%Y-%m-%d}"
            try:
                for number in made.steps():
                    if number % _LOOKED_EVERY == 0 and stops():
                        raise Stopped
            except StrategyFailed as fault:
                return Outcome(id=name, fault=f"failed: {fault}")
            found = Analysis(figures_of(made))
            returns = [one for _, one in found.figures.returns]
            trades = trade_results(made.events()) if with_trades else ()
            return Outcome(id=name, measures=measures_json(found), returns=returns, trades=trades)


def without_secrets(settings: WhenceSettings) -> WhenceSettings:
    """The settings that a backtest reads: those of other processes, with their secrets, are left out."""
    return WhenceSettings(
        log="memory:",
        account=settings.account,
        starting_balance=settings.starting_balance,
        leverage=settings.leverage,
        instruments=settings.instruments,
        trading=settings.trading,
    )


def _refused_id(identity: str, part: Part, change: Change) -> str:
    """Of settings that no log can be opened with: the values themselves."""
    strategies = [(one.instance, sorted(one.parameters.items())) for one in change.strategies or ()]
    return f"refused {identity} {part.spelled} {sorted(change.values.items())} {strategies}"
