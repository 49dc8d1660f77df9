"""What a backtest was traded with: account, strategies, rules and fees of instruments, and the rules of the fills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import NamedTuple

from domain.account import AccountOpened
from domain.adjusting import names
from domain.arithmetic import EXACT
from domain.candle import interval_name
from domain.instrument import InstrumentListed, RulesOrigin
from domain.settings import Settings, SettingsChanged, StrategySettings, limit_text
from infra.cli.money import money
from infra.cli.strategy_texts import parameters_of
from infra.cli.what_if_words import Listed
from infra.pages.tables import Column
from infra.run.backtesting import Backtesting
from infra.run.recording import FilledBy
from infra.trading import strategy_of
from projections.sentences import plain

TITLE = "Traded with"
_KINDS = (AccountOpened, SettingsChanged, InstrumentListed)
_COLUMNS = (Column("what"), Column("value"))
_SPREAD: Mapping[FilledBy, str] = {
    FilledBy.CANDLES: "that of the candles, where they state bid and ask",
    FilledBy.TRADES: "that of the recorded trades",
    FilledBy.BOOKS: "that of the recorded order books",
}
"""Where the spread comes from."""


class Fact(NamedTuple):
    """One thing that a backtest was traded with, and its value in words."""

    what: str
    value: str


def traded_with(made: Backtesting) -> Listed:
    """The table of a backtest whose steps have ended, as the log has recorded it. Reads the whole log."""
    return Listed(TITLE, _COLUMNS, list(_facts(made)))


def traded_json(table: Listed) -> Mapping[str, str]:
    """The table's facts for programs, by what they are."""
    return {row[0]: row[1] for row in table.rows}


def _facts(made: Backtesting) -> Iterator[Fact]:
    events = [one.envelope.event for one in made.events() if isinstance(one.envelope.event, _KINDS)]
    for account in (one for one in events if isinstance(one, AccountOpened)):
        yield Fact("starting balance", money(account.balance, account.currency))
        yield Fact("leverage", f"at most {plain(account.leverage)}")
    settings = next(one.settings for one in events if isinstance(one, SettingsChanged))
    if settings.leverage.is_on:
        yield Fact(
            "leverage by volatility", f"at most, from each volatility: {', '.join(settings.leverage.steps)}"
        )
    for one in settings.strategies:
        yield Fact(f"strategy {one.instance}", _strategy(one))
    for listed in made.market.candles.values():
        yield Fact(f"candles {listed[0].instrument}", interval_name(listed[0].interval))
    for listing in (one for one in events if isinstance(one, InstrumentListed)):
        rules = listing.instrument
        yield Fact(
            f"fees {rules.id}", f"maker {_percent(rules.maker_fee)}, taker {_percent(rules.taker_fee)}"
        )
        yield Fact(f"rules {rules.id}", _origin(listing.origin))
    yield from _values(settings, made.recording.filled_by)


def _strategy(one: StrategySettings) -> str:
    """The strategy's kind, where and at which interval it trades, every parameter, defaults too, and its own limits."""
    parameters = {**parameters_of(strategy_of(one)), **one.parameters}
    limits = {name: limit_text(value) for name, value in one.own_limits.items()}
    own = " ".join(f"{name}={value}" for name, value in {**parameters, **limits}.items())
    where = ", ".join(filter(None, (one.interval, *one.instruments)))
    return " ".join(filter(None, (one.kind, own, f"on {where}" if where else "")))


def _origin(origin: RulesOrigin | None) -> str:
    if origin is None:
        return "source not recorded"
    if origin.guessed:
        return f"guessed from the tape ({origin.source})"
    return origin.source if origin.as_of is None else f"{origin.source}, {origin.as_of:%Y-%m-%d}"


def _values(settings: Settings, filled_by: FilledBy) -> Iterator[Fact]:
    """The rules of the fills, and every other setting that is not the default."""
    yield Fact("spread", _SPREAD[filled_by])
    for rule in fields(settings.simulation):
        yield Fact(f"trading.simulation.{rule.name}", str(getattr(settings.simulation, rule.name)))
    defaults = names(Settings())
    for name, value in names(settings).items():
        if value != defaults[name]:
            yield Fact(f"trading.{name}", str(value))


def _percent(fraction: Decimal) -> str:
    return f"{plain(EXACT.multiply(fraction, Decimal(100)))}%"
