"""The report of a search on the terminal, as JSON, as a page, and as a settings file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from textwrap import fill
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from adapters.avro import iso
from domain.ratios import LEAST_DAYS
from infra.cli.measured import written
from infra.cli.output import console_of
from infra.cli.page_file import write_page, write_text
from infra.config import WhenceSettings
from infra.run.demo_log import NOT_TRADED
from infra.run.plan import Plan
from infra.search.axis import Axis
from infra.search.market import Outcome
from infra.search.parts import Part
from infra.search.search import Chosen, Found, Luck, Search
from infra.search.settings_file import settings_text
from infra.search.study import Trial
from projections.analysis.measures import MEASURES, Measure, Unit

_BESIDE = ("total_return", "buy_and_hold", "sharpe", "max_drawdown", "profit_factor", "trades")
"""The measures beside the objective."""
_TOTAL_RETURN, _BUY_AND_HOLD = (
    next(one for one in MEASURES if one.name == name) for name in ("total_return", "buy_and_hold")
)
_BRIEF = frozenset({"total_return", "trades"})
"""Those in the table of trials on a terminal, which has a column for each setting, too."""
_BEST_TRIALS = 10
_STATES = {"undefined": "without a value"}
"""How trials ended, in words, where that is not the state's own word."""
_FEW = 10
_HEAD_WIDTH = 8
"""The letters of a line in the head of a column of figures; a longer word has its own line."""
SKILL = 0.95
"""The deflated Sharpe ratio from which on a result is usually taken for more than luck."""
NO_SKILL = (
    "Luck explains this result: searches of as many settings without skill often find as good a winner."
)
LOSES = "The best trial loses on its training: no setting that was tried shows an edge, and luck has none to explain."
Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OptimiseReport:
    """The report of a search. `plan` is that of its training without a change; `study` and `record` are its files."""

    search: Search
    found: Found
    plan: Plan
    study: Path
    record: Path

    def print(self, *, as_json: bool) -> None:
        """Prints the report."""
        if as_json:
            typer.echo(json.dumps(self.as_json(), indent=2))
        else:
            self._show(console_of())

    def write(self, file: Path) -> None:
        """Writes the page. Raises InvalidInput where the file cannot be written."""
        from infra.pages.optimise_page import optimise_page

        write_page(file, optimise_page(self), on_stderr=True)

    def write_settings(self, file: Path, given: WhenceSettings) -> None:
        """Writes the best settings. Raises InvalidInput where no trial has a value, or the file cannot be written."""
        from domain.errors import InvalidInput

        best = self.found.winner.trial
        if best is None:
            raise InvalidInput(f"--settings {file} was not written: no trial has a value of the objective")
        change = self.search.change(best.point)
        head = "\n".join(("Settings that `whence optimise` found.", *self.sentences()))
        write_text(
            "--settings", file, settings_text(given, change, change.settings(self.plan.settings), head)
        )
        typer.echo(f"{file}: the best settings, for --config", err=True)

    @property
    def objective(self) -> Measure:
        """The measure that was searched for."""
        return self.search.objective.measure

    @property
    def measures(self) -> Sequence[Measure]:
        """The objective, and the measures beside it."""
        beside = [one for one in MEASURES if one.name in _BESIDE and one is not self.objective]
        return [self.objective, *beside]

    def sentences(self) -> Iterator[str]:
        """What was searched, and how far luck explains the winner."""
        instruments = ", ".join(one.instrument for one in self.plan.tapes)
        training, held = self.found.winner.part, self.found.winner.follows
        yield f"{instruments}: searched on {training.spelled} for the {self.goal}"
        yield (
            "nothing was held out"
            if held is None
            else f"held out: {held.spelled}, {held.days} days that no search saw"
        )
        counts = ", ".join(
            f"{count:,} {_STATES.get(state, state)}" for state, count in sorted(self.found.counts.items())
        )
        yield f"{sum(self.found.counts.values()):,} trials: {counts}"
        yield from self.beside_holding()
        yield from self.cautions()
        yield self.luck

    def beside_holding(self) -> Iterator[str]:
        """The total return of the held-out days beside that of buy and hold; nothing without such days."""
        after = self.found.winner.after
        if after is not None and not after.fault:
            total, held = self.cells(after.measures, [_TOTAL_RETURN, _BUY_AND_HOLD])
            yield f"held-out days: total return {total}, buy and hold {held}"

    def cautions(self) -> Iterator[str]:
        """Which parts are too short for the objective, and which have too few trades to show more than chance."""
        rows = list(self.rows())
        short = [
            name for name, part, _ in rows if self.search.objective.needs_days and part.days < LEAST_DAYS
        ]
        few = [name for name, _, measures in rows if measures is not None and measures["trades"] < _FEW]
        if short:
            yield f"under {LEAST_DAYS} days, so that there is no {self.objective.words}: {', '.join(short)}"
        if few:
            yield f"under {_FEW} closed trades, so that one trade may turn the result: {', '.join(few)}"

    @property
    def goal(self) -> str:
        """The objective in words."""
        return f"{'largest' if self.search.objective.more_is_better else 'smallest'} {self.objective.words}"

    @property
    def luck(self) -> str:
        """How far luck explains the winner, in words."""
        best = self.found.winner.trial
        total = None if best is None else best.measures.get(_TOTAL_RETURN.name)
        return luck_in_words(self.found.luck, None if total is None else Decimal(str(total)))

    def rows(self) -> Iterator[tuple[str, Part, Mapping[str, Any] | None]]:
        """A row for each part with its measures: each fold's training and test, the training, and what was held out."""
        for one in (*self.found.folds, self.found.winner):
            yield one.part.name, one.part, None if one.trial is None else one.trial.measures
            if one.follows is not None:
                yield one.follows.name, one.follows, None if one.after is None else one.after.measures

    def cells(self, measures: Mapping[str, Any] | None, of: Sequence[Measure] = ()) -> Cells:
        """The values of `measures` for people, in the order of `of`; by default of `self.measures`."""
        return tuple(self._cell(one, measures) for one in of or self.measures)

    def short(self, axis: Axis) -> str:
        """The last words of the axis' name that no other axis has."""
        words = axis.name.split(".")
        others = [one.name.split(".") for one in self.search.axes if one is not axis]
        length = next(n for n in range(1, len(words) + 1) if all(one[-n:] != words[-n:] for one in others))
        return ".".join(words[-length:])

    def best_trials(self, most: int = _BEST_TRIALS) -> Sequence[Trial]:
        """The best trials of the training, at most so many, the best first."""
        rank = self.search.objective.rank
        defined = [one for one in self.found.trials if one.value is not None]
        return sorted(defined, key=lambda one: rank(one.value or Decimal(0)), reverse=True)[:most]

    def spelled(self, value: Decimal | None) -> str:
        """A value of the objective for people."""
        return self._cell(self.objective, None if value is None else {self.objective.name: value})

    def _cell(self, measure: Measure, measures: Mapping[str, Any] | None) -> str:
        found = None if measures is None else measures.get(measure.name)
        value = Decimal(str(found)) if found is not None and measure.unit is Unit.MONEY else found
        if isinstance(value, str):
            value = Decimal(value)
        return written(measure, value, self.plan.stake.currency)

    def as_json(self) -> Mapping[str, object]:
        """The report for programs."""
        found, luck = self.found, self.found.luck
        return {
            "notices": [NOT_TRADED],
            "instruments": [one.instrument for one in self.plan.tapes],
            "tape": self.search.market.identity,
            "search": [one.spelled for one in self.search.axes],
            "objective": self.objective.name,
            "study": str(self.study),
            "record": str(self.record),
            "trials": dict(found.counts),
            "best": _chosen_json(found.winner),
            "walk_forward": [_chosen_json(one) for one in found.folds],
            "walk_forward_joined": {
                "days": len(found.walked),
                "total_return": found.walked_return,
                "sharpe": found.walked_ratios.sharpe,
                "sortino": found.walked_ratios.sortino,
            },
            "luck": {
                "trials": luck.trials,
                "trials_with_sharpe": luck.compared,
                "daily_sharpe": None if luck.winner is None else luck.winner.sharpe,
                "skewness": None if luck.winner is None else luck.winner.skewness,
                "kurtosis": None if luck.winner is None else luck.winner.kurtosis,
                "days": None if luck.winner is None else luck.winner.days,
                "expected_best_daily_sharpe": luck.expected,
                "deflated_sharpe": luck.deflated,
            },
            "training_trials": [_trial_json(one) for one in found.trials],
        }

    def _show(self, console: Console) -> None:
        console.print(NOT_TRADED, style="yellow", soft_wrap=not console.is_terminal)
        for line in self.sentences():
            console.print(line, markup=False, soft_wrap=not console.is_terminal)
        console.print(f"study: {self.study}", markup=False, soft_wrap=not console.is_terminal)
        best = self.found.winner.trial
        if best is None:
            console.print(f"No trial has a {self.objective.words}.")
            return
        console.print()
        console.print(_table("Best settings", ("setting", "value"), best.point.items(), numbers=1))
        console.print()
        console.print(self._parts())
        if self.found.walked:
            console.print(self.walked, markup=False, soft_wrap=not console.is_terminal)
        console.print()
        console.print(self._best())

    @property
    def walked(self) -> str:
        """The tests joined, in words."""
        days, sharpe = len(self.found.walked), self.found.walked_ratios.sharpe
        return (
            f"The tests joined: {days} days, total return {self.found.walked_return:+.2%}, Sharpe "
            f"{'none' if sharpe is None else f'{sharpe:.2f}'}"
        )

    def _parts(self) -> Table:
        rows = [
            (name, f"{part.begin:%Y-%m-%d}", str(part.days), *self.cells(measures))
            for name, part, measures in self.rows()
        ]
        heads = ("part", "from", "days", *(one.words for one in self.measures))
        return _table("Training and what followed", heads, rows, numbers=len(heads) - 2)

    def _best(self) -> Table:
        names = [one.name for one in self.search.axes]
        brief = [one for one in self.measures if one is self.objective or one.name in _BRIEF]
        short = [self.short(one).replace("_", " ") for one in self.search.axes]
        rows = [
            (str(one.place + 1), *(one.point[name] for name in names), *self.cells(one.measures, brief))
            for one in self.best_trials()
        ]
        heads = ("trial", *short, *(one.words for one in brief))
        return _table("Best trials of the training", heads, rows, numbers=len(heads))


def luck_in_words(luck: Luck, total_return: Decimal | None) -> str:
    """The deflated Sharpe ratio, and what follows from it where the winner gains.

    `total_return` is that of the training. A winner whose return or Sharpe ratio is not above zero has no result
    that luck or skill could explain.
    """
    loses = total_return is not None and total_return <= 0
    if luck.deflated is None or luck.winner is None:
        words = (
            f"deflated Sharpe ratio: none; {luck.trials:,} trials of this tape, of which {luck.compared:,} in this "
            "period have a Sharpe ratio (30 days with trades)"
        )
        return f"{words}. {LOSES}" if loses else words
    words = f"deflated Sharpe ratio {luck.deflated:.2f}: {luck.trials:,} trials of this tape"
    if luck.expected is not None:
        words += (
            f", whose best has a daily Sharpe ratio of {luck.expected:.3f} by luck; this one has "
            f"{luck.winner.sharpe:.3f}"
        )
    if loses or luck.winner.sharpe <= 0:
        return f"{words}. {LOSES}"
    return f"{words}. {NO_SKILL}" if luck.deflated < SKILL else words


def _table(title: str, heads: Sequence[str], rows: Any, *, numbers: int) -> Table:
    """The last `numbers` columns stand right."""
    table = Table(
        title=title, box=None, title_style="bold", title_justify="left", pad_edge=False, padding=(0, 2, 0, 0)
    )
    for at, head in enumerate(heads):
        is_number = at >= len(heads) - numbers
        # The lines of a head are ours: where a terminal is narrow, the library would cut words in two.
        table.add_column(
            fill(head, _HEAD_WIDTH, break_long_words=False) if is_number else head,
            justify="right" if is_number else "left",
            no_wrap=not is_number,
        )
    for row in rows:
        table.add_row(*row)
    return table


def _part_json(part: Part | None) -> Mapping[str, object] | None:
    if part is None:
        return None
    return {"name": part.name, "from": iso(part.begin), "to": iso(part.end), "days": part.days}


def _chosen_json(one: Chosen) -> Mapping[str, object]:
    return {
        "trained_on": _part_json(one.part),
        "trial": None if one.trial is None else _trial_json(one.trial),
        "followed_by": _part_json(one.follows),
        "after": None if one.after is None else _outcome_json(one.after),
    }


def _trial_json(one: Trial) -> Mapping[str, object]:
    return {
        "number": one.place + 1,
        "settings": dict(one.point),
        "state": one.state,
        "fault": one.fault,
        "measures": dict(one.measures),
    }


def _outcome_json(one: Outcome) -> Mapping[str, object]:
    return {"measures": dict(one.measures), "fault": one.fault}
