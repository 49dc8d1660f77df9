"""The words of a what-if's report: why a decision differs, and the tables that the terminal and the page show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from adapters.avro import to_json
from adapters.simulated.fill_source import FillSource
from domain.committees import POLICY_VERSION
from domain.errors import InvalidInput
from domain.log import LogReader
from domain.mark import HOUR
from domain.plain_text import counted
from domain.ratios import LEAST_DAYS
from domain.settings import SettingsChanged, StrategySettings, limit_text
from domain.signal import DecisionMade, Vote
from domain.strategies import Intent
from infra.cli.money import money
from infra.cli.not_fed import NO_FUNDING, not_fed
from infra.cli.wording import changes as changed
from infra.layer import Tree
from infra.pages.tables import Column
from infra.run.backtest import Change
from infra.run.compared import Compared
from infra.run.other_model import model_words
from projections.behaviour import Behaviour
from projections.comparison import Comparison, DecisionPair, FigurePair, TradePair, VotePair, sum_of
from projections.paired_days import DayPair, PairedDays
from projections.sentences import plain
from projections.trades import Trade

_DIGIT_ABOVE_ZERO = re.compile("[1-9]")
_STRETCHES = 3
"""So many gaps are named."""
_HOURS = 12
"""The equity is listed at so many hours."""


EQUITY = "Equity"
"""The title of the table beside which the curves stand."""
DECISIONS = "Decisions that changed"
"""The beginning of the title of the table of decisions."""


_NOT_FUNDED = (
    "No funding: neither backtest held a position at a settlement of the tape that states its rate, so the figures "
    "are without it."
)


class Listed(NamedTuple):
    """A table: its title, its columns, and the cells of each row."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]


def changes(change: Change) -> Iterator[str]:
    """What the candidate has otherwise than the log, one text each."""
    yield from (f"trading.{name} = {value}" for name, value in change.values.items())
    if change.policy != POLICY_VERSION:
        yield f"policy {change.policy} in place of {POLICY_VERSION}"
    if change.model is not None:
        yield change.model.words
    yield from _strategies(change.strategies or ())


def _strategies(settings: Sequence[StrategySettings]) -> Iterator[str]:
    for one in settings:
        limits = {name: limit_text(value) for name, value in one.own_limits.items()}
        given = {**one.parameters, **limits}
        parameters = " ".join(f"{name}={value}" for name, value in given.items())
        where = " ".join(filter(None, (one.interval, ",".join(one.instruments))))
        yield " ".join(filter(None, (f"strategy {one.instance}", f"({one.kind})", parameters, where)))


def recorded_changes(found: Comparison, control: LogReader, candidate: LogReader) -> Iterator[str]:
    """What the candidate has otherwise than the control, as both logs have recorded it, one text each."""
    before, after = map(_opened_with, (control, candidate))
    yield from changed(_without_strategies(before), _without_strategies(after), "trading.")
    if before.settings.strategies != after.settings.strategies:
        yield from _strategies(after.settings.strategies)
    older, newer = (
        ", ".join(sorted({str(one.policy_version) for one in side.decisions.values()}))
        for side in (found.control, found.candidate)
    )
    if older and newer and older != newer:
        yield f"policy {newer} in place of {older}"
    yield from model_words(control, candidate)


def _opened_with(log: LogReader) -> SettingsChanged:
    """The settings of the log's opening. Raises InvalidInput where it has none."""
    for recorded in log.read():
        if isinstance(event := recorded.envelope.event, SettingsChanged):
            return event
    raise InvalidInput("the log does not begin with its settings: it is not that of a backtest")


def _without_strategies(event: SettingsChanged) -> Tree:
    settings: Tree = to_json(event)["settings"]
    return {name: value for name, value in settings.items() if name != "strategies"}


_NOUNS: Mapping[Intent, tuple[str, str]] = {
    Intent.ENTER: ("entry", "entries"),
    Intent.EXIT: ("exit", "exits"),
}


def routed_words(log: Behaviour) -> Iterator[str]:
    """What the log has left to other engines, of which a backtest has none."""
    found = [
        f"{number:,} {_NOUNS[intent][number != 1]} to the engine of {instrument}"
        for (intent, instrument), number in sorted(log.routed.items())
    ]
    if found:
        yield (
            f"The log has routed {', '.join(found)}. A backtest has one account, so both make every entry in the "
            "instruments of this engine."
        )


def basis(made: Compared) -> Iterator[str]:
    """What the figures stand on, in sentences."""
    if made.is_live:
        yield (
            "Simulated fills differ from recorded ones. So the control is not the log but the same backtest with the "
            "log's own settings, and the candidate is compared with the control. What was sent between two candles is "
            "filled from the open of its candle on, and where the tape has readings of an order book from their levels."
        )
    yield from _filled(made)
    yield from routed_words(made.reproduced.control)
    differing = counts(made.reproduced)
    if any(differing.values()):
        found = (counted(count, name.removesuffix("s")) for name, count in differing.items())
        yield f"The control differs from the log in {', '.join(found)}."
    else:
        yield "The control makes every decision, order and fill of the log again."
    if made.is_live and not made.comparison.is_funded:
        yield NO_FUNDING if not made.reproduced.control.summary.settlements else _NOT_FUNDED
    yield from made.notes
    if made.left_out is None:
        yield (
            "What of the inputs had no effect, and which requests of people were declined, is not in the logs: "
            "`whence shadow run` states it at its end."
        )
    elif left_out := made.left_out:
        yield f"Not fed: {'; '.join(not_fed(left_out))}."
    for one in made.declined:
        yield f"A request of {one.at:%Y-%m-%d %H:%M:%S} UTC was declined ({one.request}): {one.reason}."


def _filled(made: Compared) -> Iterator[str]:
    """What filled the candidate, where the tape had readings that did."""
    if made.fills and (read := made.fills.get(FillSource.READING, 0)):
        by_candles = made.fills.get(FillSource.CANDLE, 0)
        yield (
            f"The candidate has {counted(read, 'fill')} from the levels of order-book readings, and "
            f"{by_candles:,} from candles."
        )


def daily(found: PairedDays, currency: str) -> str:
    """The mean of the daily differences, and what it shows."""
    if found.mean is None:
        return f"No whole UTC day is in both logs yet, so the daily profits are not compared.{_gaps(found)}"
    head = (
        f"Daily profit, candidate less control: {_plus(found.mean, currency)} in the mean of "
        f"{counted(len(found.days), 'whole UTC day')}"
    )
    if found.interval is None:
        return f"{head}. An interval and a verdict begin with {LEAST_DAYS} days.{_gaps(found)}"
    low, high = (_plus(Decimal(one), currency) for one in (found.interval.low, found.interval.high))
    return (
        f"{head}, 95 % interval {low} to {high} (block bootstrap, blocks of "
        f"{counted(found.interval.block, 'day')}): {found.finding}.{_gaps(found)}"
    )


def _gaps(found: PairedDays) -> str:
    """The days that are left out because an hour has no mark: the engine did not run, or had no candles."""
    if not found.left_out:
        return ""
    stretches: list[list[date]] = []
    for day in found.left_out:
        if stretches and day - stretches[-1][-1] == timedelta(days=1):
            stretches[-1].append(day)
        else:
            stretches.append([day])
    named = [" to ".join(dict.fromkeys((str(one[0]), str(one[-1])))) for one in stretches[:_STRETCHES]]
    if (more := len(stretches) - _STRETCHES) > 0:
        named.append(f"{more} more")
    days = counted(len(found.left_out), "day")
    return f" Left out: {days} with a gap between the hourly marks ({', '.join(named)})."


def _plus(amount: Decimal, currency: str) -> str:
    return f"{'+' if amount > 0 else ''}{money(amount, currency)}"


def counts(found: Comparison) -> Mapping[str, int]:
    """The numbers of decisions, orders and fills that differ."""
    return {"decisions": len(found.decisions), "orders": found.orders, "fills": found.fills}


def why(pair: DecisionPair) -> str:
    """Why the two decisions differ: the members that vote differently, with the figures that they read."""
    if pair.control is None or pair.candidate is None:
        return "no such signal in the " + ("control" if pair.control is None else "candidate")
    if pair.has_other_members:
        reasons = (", ".join(one.reasons) for one in (pair.control, pair.candidate))
        return f"the signal met another position or order: {' -> '.join(reasons)}"
    if votes := pair.votes:
        return "; ".join(map(_vote, votes))
    sizes = (
        (name, getattr(pair.control, name), getattr(pair.candidate, name))
        for name in ("quantity", "stop", "target")
    )
    changed = ", ".join(
        f"{name} {plain(one)} -> {plain(other)}" for name, one, other in sizes if one != other
    )
    return changed or "the reasons differ"


def _vote(pair: VotePair) -> str:
    """The member's vote: its reasons where it votes no, and the figures that differ."""
    figures = ", ".join(
        f"{name} {one or '-'} -> {other or '-'}" for name, (one, other) in pair.figures.items()
    )
    both = pair.control is not None and pair.candidate is not None
    spelled = f"{pair.member} {_spelled_vote(pair.control)} -> {_spelled_vote(pair.candidate)}"
    return f"{spelled} ({figures})" if figures and both else spelled


def _spelled_vote(vote: Vote | None) -> str:
    if vote is None:
        return "did not vote"
    return "yes" if vote.approves else ", ".join(vote.reasons) or "no"


def kinds_of_trades(found: Comparison) -> Mapping[str, Sequence[TradePair]]:
    """The trades that differ, by what became of them."""
    return {"lost": found.lost, "gained": found.gained, "that ended otherwise": found.changed}


def listed(found: Comparison, currency: str) -> Iterator[Listed]:
    """The tables of the report; those without rows are left out."""
    yield Listed(
        f"Figures in {currency}", _FIGURE_COLUMNS, [figure_row(one, currency) for one in found.figures]
    )
    if found.equity:
        yield Listed(EQUITY, _EQUITY_COLUMNS, list(_equity(found)))
    if found.days.days:
        yield Listed("Profit of whole days (UTC)", _DAY_COLUMNS, [_day(one) for one in found.days.days])
    if found.decisions:
        verdicts = sum(one.has_other_verdict for one in found.decisions)
        title = f"{DECISIONS}: {len(found.decisions):,}, of them {verdicts:,} with another verdict"
        yield Listed(title, _DECISION_COLUMNS, [_decision(one) for one in found.decisions])
    for name, pairs in kinds_of_trades(found).items():
        if pairs:
            total = sum_of(pairs)
            title = f"Trades {name}: {len(pairs):,}, {_plus(total, currency)}"
            yield Listed(title, _TRADE_COLUMNS, [_trade(one) for one in pairs])


def _numbers(*heads: str, signed: bool = False) -> Sequence[Column]:
    return [Column(head, is_number=True, signed=signed) for head in heads]


_FIGURE_COLUMNS = (Column(""), *_numbers("control", "candidate", "difference"))
_DECISION_COLUMNS = tuple(map(Column, ("candle closed", "symbol", "strategy", "control", "candidate", "why")))
_TRADE_COLUMNS = (
    *map(Column, ("opened", "symbol", "side", "by")),
    *_numbers("control", "candidate", "difference", signed=True),
)
_EQUITY_COLUMNS = (
    Column("end of the hour"),
    *_numbers("control", "candidate"),
    *_numbers("difference", signed=True),
)
_DAY_COLUMNS = (Column("day"), *_numbers("control", "candidate", "difference", signed=True))
_UNITS: Mapping[str, Callable[[Any, str], str]] = {
    "money": lambda value, currency: money(value, currency).removesuffix(f" {currency}"),
    "fraction": lambda value, _currency: f"{value:.2%}",
    "number": lambda value, _currency: f"{value:.2f}",
    "count": lambda value, _currency: f"{value:,}",
}


def figure_row(figure: FigurePair, currency: str) -> Sequence[str]:
    """The cells of one figure: its name, both values, and their difference, which is empty where there is none."""
    spelled = _UNITS[figure.unit]
    sides = (figure.control, figure.candidate)
    cells = ["none" if value is None else spelled(value, currency) for value in sides]
    change: Any = None if None in sides else sides[1] - sides[0]  # type: ignore[operator]  # both are of one type
    return figure.name, *cells, _change(change, spelled(change, currency)) if change else ""


def _change(change: Any, text: str) -> str:
    """The difference with its sign; one that is written as zero has none."""
    if not _DIGIT_ABOVE_ZERO.search(text):
        return text.removeprefix("-")
    return f"{'+' if change > 0 else ''}{text}"


def _day(pair: DayPair) -> Sequence[str]:
    amounts = (pair.control, pair.candidate, pair.difference)
    return f"{pair.day:%y-%m-%d}", *(f"{one:+,.2f}" if one else "0.00" for one in amounts)


def _decision(pair: DecisionPair) -> Sequence[str]:
    signal = pair.signal
    return (
        f"{signal.candle_closed_at:%y-%m-%d %H:%M}",
        signal.instrument.partition("-")[0],
        signal.strategy,
        verdict_of(pair.control),
        verdict_of(pair.candidate),
        why(pair),
    )


def verdict_of(decision: DecisionMade | None) -> str:
    """The verdict with its quantity; a dash where there is no decision."""
    if decision is None:
        return "-"
    return f"{decision.verdict} {plain(decision.quantity)}" if decision.quantity else decision.verdict.value


def _trade(pair: TradePair) -> Sequence[str]:
    trade = pair.control or pair.candidate
    assert trade is not None  # a pair has at least one
    return (
        f"{trade.opened_at:%y-%m-%d %H:%M}",
        trade.instrument.partition("-")[0],
        trade.direction.value.lower(),
        trade.opened_by,
        _net(pair.control),
        _net(pair.candidate),
        f"{pair.difference:+,.2f}",
    )


def _net(trade: Trade | None) -> str:
    if trade is None:
        return "-"
    return "open" if trade.closed_at is None else f"{trade.net:+,.2f}"


def _equity(found: Comparison) -> Iterator[Sequence[str]]:
    pairs = found.equity
    places = sorted({at * (len(pairs) - 1) // (_HOURS - 1) for at in range(_HOURS)})
    for one in (pairs[at] for at in places):
        before, after = one.control.equity, one.candidate.equity
        difference: Decimal = after - before
        yield f"{one.hour + HOUR:%y-%m-%d %H:%M}", f"{before:,.2f}", f"{after:,.2f}", f"{difference:+,.2f}"
