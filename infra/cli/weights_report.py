"""The report of fitted weights, and the weights of a log, on the terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from adapters.avro import iso
from domain.ratios import LEAST_DAYS
from domain.weights.fitting import Fit, FitSettings, Performance
from domain.weights.scale import WeightScale
from domain.weights.settings import ANY, WeightSettings
from infra.cli.output import console_of
from infra.cli.page_file import write_text
from infra.run.demo_log import NOT_TRADED
from infra.search.market import Outcome
from infra.weights.history import WeightsChange
from infra.weights.walk_forward import Joined, Walked, WalkedFold
from projections.paired_days import Finding

_VERDICTS: Mapping[Finding | None, str] = {
    Finding.BETTER: "the weighted tests earn more by more than chance explains",
    Finding.WORSE: "the weighted tests earn less by more than chance explains",
    Finding.NONE: "chance explains the difference: these weights are not shown to earn more",
    None: f"under {LEAST_DAYS} days of tests: too few to tell a difference from chance",
}


@dataclass(frozen=True, slots=True)
class WeightsReport:
    """A fit of the trades of `days`, and the walk-forward where it was made on candles.

    `made` is how many logs were read, or backtests traded, and not taken from the cache. `strategies` are all that were
    configured, or had a signal.
    """

    fit: Fit
    settings: FitSettings
    scales: WeightScale
    walked: Walked | None
    days: str
    made: int
    strategies: Sequence[str] = ()

    @property
    def untraded(self) -> Sequence[str]:
        """The strategies without a closed trade that counts."""
        traded = {one.strategy for one in self.fit.groups}
        return [one for one in self.strategies if one not in traded]

    @property
    def weights(self) -> WeightSettings:
        """The weights as settings."""
        return WeightSettings(scales=self.scales, table=self.fit.table)

    def print(self, *, as_json: bool) -> None:
        """Prints the report."""
        if as_json:
            typer.echo(json.dumps(self.as_json(), indent=2))
        else:
            self._show(console_of())

    def write(self, file: Path) -> None:
        """Writes the weights as a settings file. Raises InvalidInput where it cannot be written."""
        from infra.weights.weights_file import weights_file

        head = ("Weights that `whence weights fit` found.", *self.sentences())
        write_text("--settings", file, weights_file(self.weights, head))
        typer.echo(f"{file}: the weights, for whence weights apply and --config", err=True)

    def sentences(self) -> Iterator[str]:
        """What was fitted and how, and what the walk-forward shows."""
        fit, settings = self.fit, self.settings
        yield f"{fit.trades:,} closed trades of {self.days}, grouped by {settings.by}"
        if fit.without_stop:
            yield f"{fit.without_stop:,} trades without a stop have no R-multiple and are left out"
        yield (
            f"mean of all {fit.mean:+.3f} R, deviation of one trade {fit.within:.3f} R, of the groups' means "
            f"{fit.between:.3f} R"
        )
        yield (
            f"weight = 1 + {settings.gain:g} x (shrunk mean - mean of all) / deviation, within {settings.minimum:f} … "
            f"{settings.maximum:f}; 1 below {settings.least_trades:,} trades, at most 1 where the shrunk mean is not "
            f"above 0; scales {self.scales}"
        )
        if fit.trades and not fit.table:
            yield "no weight differs from 1: the groups do not differ by more than chance, or have too few trades"
        if self.walked is not None:
            yield self.verdict

    @property
    def verdict(self) -> str:
        """What the walk-forward shows, with the interval of the mean difference of a day's return."""
        assert self.walked is not None
        if not self.walked.is_tried:
            return "no test had a weight that differs from 1, so that nothing was tried"
        found, words = self.walked.interval, _VERDICTS[self.walked.finding]
        if found is None:
            return words
        return (
            f"mean difference of a day's return, 95 % interval by blocks of {found.block} days: {found.low:+.4%} … "
            f"{found.high:+.4%}; {words}"
        )

    def as_json(self) -> Mapping[str, object]:
        """The report for programs. R-multiples and fractions are numbers, amounts and weights text."""
        fit, settings = self.fit, self.settings
        return {
            "days": self.days,
            "made": self.made,
            "fit": {
                "by": settings.by,
                "gain": settings.gain,
                "least_trades": settings.least_trades,
                "minimum": f"{settings.minimum:f}",
                "maximum": f"{settings.maximum:f}",
                "trades": fit.trades,
                "without_stop": fit.without_stop,
                "mean": fit.mean,
                "within": fit.within,
                "between": fit.between,
                "groups": [_group_json(one) for one in fit.groups],
                "untraded": list(self.untraded),
            },
            "weights": _weights_json(self.weights),
            "walk_forward": None if self.walked is None else _walked_json(self.walked),
        }

    def _show(self, console: Console) -> None:
        if self.walked is not None:
            console.print(NOT_TRADED, style="yellow", soft_wrap=not console.is_terminal)
        for line in self.sentences():
            console.print(line, markup=False, soft_wrap=not console.is_terminal)
        if self.fit.groups or self.untraded:
            console.print()
            console.print(_groups(self.fit, self.untraded))
        if self.walked is not None:
            console.print()
            console.print(_tests(self.walked))


def print_changes(changes: Sequence[WeightsChange], *, as_json: bool) -> None:
    """Prints the weights of these changes."""
    if as_json:
        typer.echo(json.dumps([_change_json(one) for one in changes], indent=2))
        return
    console = console_of()
    if not changes:
        console.print("the log has no settings of this account")
    for one in changes:
        why = f": {one.reason}" if one.reason else ""
        count = f"{len(one.weights.table)} of {one.weights.scales}" if one.weights.table else "none"
        console.print(
            f"{one.at:%Y-%m-%d %H:%M:%S} UTC #{one.ordinal} settings {one.version} by {one.actor}, weights: "
            f"{count}{why}",
            markup=False,
            highlight=False,
            soft_wrap=not console.is_terminal,
        )
        if one.weights.table:
            rows = [
                (row.strategy, row.instrument, row.regime, f"{row.weight:f}") for row in one.weights.table
            ]
            console.print(_table("", ("strategy", "instrument", "regime", "weight"), rows, words=3))


def _table(title: str, heads: Sequence[str], rows: Sequence[tuple[str, ...]], *, words: int) -> Table:
    """The first `words` columns stand left, the others right."""
    table = Table(
        title=title or None,
        box=None,
        title_style="bold",
        title_justify="left",
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at < words else "right", no_wrap=at >= words)
    for row in rows:
        table.add_row(*row)
    return table


def _groups(fit: Fit, untraded: Sequence[str]) -> Table:
    rows = [
        (
            one.strategy,
            _short(one.instrument),
            one.regime,
            f"{one.trades:,}",
            f"{one.win_rate:.0%}",
            f"{one.net:,.0f}",
            f"{one.mean:+.2f}",
            "none" if one.deviation is None else f"{one.deviation:.2f}",
            f"{one.shrunk:+.2f}",
            "none" if one.weight is None else f"{one.weight:f}",
        )
        for one in fit.groups
    ]
    rows += [(name, ANY, ANY, "0", *("none",) * 6) for name in untraded]
    heads = ("strategy", "symbol", "regime", "trades", "won", "net", "mean", "dev", "shrunk", "weight")
    return _table("Performance in R-multiples, and weights", heads, rows, words=3)


def _short(instrument: str) -> str:
    """The symbol without market and venue, so that a row has one line at 80 columns; JSON has the whole name."""
    return instrument.partition("-")[0]


def _tests(walked: Walked) -> Table:
    rows: list[tuple[str, ...]] = []
    for one in walked.tests:
        name = one.fold.test.spelled
        rows.append((name, "no", *_measures(one.without)))
        rows.append(("", f"{len(one.fit.table)} rows", *_measures(one.weighted)))
    for words, joined in (("no", walked.without), ("yes", walked.weighted)):
        name = "joined" if words == "no" else ""
        rows.append((name, words, *_joined(joined)))
    heads = ("test", "weights", "net", "return", "drawdown", "Sharpe", "trades")
    return _table("Walk-forward", heads, rows, words=2)


def _measures(found: Outcome) -> tuple[str, ...]:
    values = found.measures
    return (
        f"{float(values['net']):,.2f}",
        _share(values["total_return"], "+"),
        _share(values["max_drawdown"]),
        _ratio(values["sharpe"]),
        f"{values['trades']:,}",
    )


def _joined(found: Joined) -> tuple[str, ...]:
    return (
        f"{found.net:,.2f}",
        _share(found.total, "+"),
        _share(found.drawdown),
        _ratio(found.ratios.sharpe),
        "",
    )


def _share(value: float | None, sign: str = "") -> str:
    return "none" if value is None else format(value, f"{sign}.2%")


def _ratio(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def _group_json(one: Performance) -> Mapping[str, object]:
    return {
        "strategy": one.strategy,
        "instrument": one.instrument,
        "regime": one.regime,
        "trades": one.trades,
        "win_rate": one.win_rate,
        "net": f"{one.net:f}",
        "mean": one.mean,
        "deviation": one.deviation,
        "shrunk": one.shrunk,
        "weight": None if one.weight is None else f"{one.weight:f}",
    }


def _weights_json(weights: WeightSettings) -> Mapping[str, object]:
    return {
        "scales": weights.scales.value,
        "table": [
            {
                "strategy": row.strategy,
                "instrument": row.instrument,
                "regime": row.regime,
                "weight": f"{row.weight:f}",
            }
            for row in weights.table
        ],
    }


def _walked_json(walked: Walked) -> Mapping[str, object]:
    found = walked.interval
    return {
        "tests": [_test_json(one) for one in walked.tests],
        "joined": {
            name: {
                "days": len(joined.returns),
                "net": f"{joined.net:f}",
                "total_return": joined.total,
                "max_drawdown": joined.drawdown,
                "sharpe": joined.ratios.sharpe,
            }
            for name, joined in (("without", walked.without), ("weighted", walked.weighted))
        },
        "difference": None if found is None else {"low": found.low, "high": found.high, "block": found.block},
        "finding": None if walked.finding is None else walked.finding.value,
    }


def _test_json(one: WalkedFold) -> Mapping[str, object]:
    test = one.fold.test
    return {
        "from": iso(test.begin),
        "to": iso(test.end),
        "trades_before": one.fit.trades,
        "weights": [str(row) for row in one.fit.table],
        "without": dict(one.without.measures),
        "weighted": dict(one.weighted.measures),
    }


def _change_json(one: WeightsChange) -> Mapping[str, object]:
    return {
        "version": one.version,
        "ordinal": one.ordinal,
        "at": iso(one.at),
        "actor": one.actor,
        "reason": one.reason,
        **_weights_json(one.weights),
    }
