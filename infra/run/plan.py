"""A plan: all inputs of a run on tapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from adapters.simulated import SimulatedExchange
from adapters.tapes import Tape, merge
from commands.account import decide
from commands.instrument import ListInstrument
from commands.opening import OpenLog
from commands.routes import Command
from commands.settings import ChangeSettings
from commands.watching import Instance, coarser_for
from domain.account import UNOPENED
from domain.catalogue import on_the_market, rules_for
from domain.errors import InvalidInput
from domain.instrument import Instrument
from domain.opening import LogOpened
from domain.settings import Settings
from infra.run.log_id import opening_of
from infra.run.simulation import simulated
from infra.run.stake import Stake, plain
from infra.trading import instances_of


@dataclass(frozen=True, slots=True)
class Plan:
    """Two equal plans record equal logs. `instruments` are in order of id.

    `older` are the settings that an earlier version of the program had for the same configuration, if they differ: a
    log with these settings is resumed with them. With `adopt` a log with other settings is resumed, too, and `adopts`
    are then the settings to be put in force at its end.
    """

    tapes: Sequence[Tape]
    account: str
    stake: Stake
    settings: Settings
    instances: Sequence[Instance]
    instruments: Sequence[Instrument]
    opening: LogOpened
    older: Settings | None = None
    adopt: bool = False
    adopts: Settings | None = None

    @property
    def begins(self) -> datetime:
        """The open time of the first candle of all tapes (UTC)."""
        return min(tape.candles[0].open_time for tape in self.tapes)

    def exchange(self) -> SimulatedExchange:
        """The simulated exchange before the first candle.

        Raises InvalidSettings where the exchange does not support the plan.
        """
        return simulated(self.instruments, self.stake, self.settings.simulation)

    def commands(self) -> Sequence[Command]:
        """The commands that open an empty log."""
        return (
            OpenLog(self.opening),
            self.stake.opening(),
            ChangeSettings(self.settings),
            *(ListInstrument(instrument) for instrument in self.instruments),
        )


def plan_of(
    tapes: Sequence[Tape],
    account: str,
    balance: Decimal,
    leverage: Decimal,
    settings: Settings,
    older: Settings | None = None,
) -> Plan:
    """Derives the instruments' rules, the currency and the log's opening from tapes and settings.

    Raises InvalidInput where two tapes have one instrument, the instruments have different quote currencies, or
    balance or leverage is invalid; InvalidSettings for an unknown or repeated strategy, for invalid parameters, and
    for an interval that cannot be built from the tapes.
    """
    ordered = sorted(tapes, key=lambda tape: tape.instrument)
    instruments = [_rules_of(tape) for tape in ordered]
    stake = Stake(_currency_of(instruments), plain(balance), plain(leverage))
    instances = instances_of(settings)
    opening = opening_of(ordered, account, stake, settings, instruments)
    plan = Plan(ordered, account, stake, settings, instances, instruments, opening, older)
    _check_playable(plan)
    return plan


def tick_seen(tape: Tape) -> Decimal:
    """The finest price step in the tape's first candle only, because later candles are unknown when trading begins."""
    first = tape.candles[0]
    return Decimal(1).scaleb(min(map(_places, (first.open, first.high, first.low, first.close))))


def _places(price: Decimal) -> int:
    exponent = price.as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0


def _rules_of(tape: Tape) -> Instrument:
    tick = tick_seen(tape)
    return on_the_market(rules_for(tape.instrument, tick), tick)


def _currency_of(instruments: Sequence[Instrument]) -> str:
    quotes = {instrument.quote: instrument.id for instrument in instruments}
    if len(quotes) > 1:
        named = ", ".join(f"{name} in {quote}" for quote, name in quotes.items())
        raise InvalidInput(f"one account has one currency, but {named}; trade them in separate runs")
    return next(iter(quotes))


def _check_playable(plan: Plan) -> None:
    merge(plan.tapes)
    plan.exchange()
    decide(plan.stake.opening(), UNOPENED)
    for tape in plan.tapes:
        for instance in plan.instances:
            if instance.trades(tape.instrument):
                coarser_for(instance, tape.instrument, tape.interval)
