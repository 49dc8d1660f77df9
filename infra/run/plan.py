"""A plan: all inputs of a run on tapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from adapters.simulated import SimulatedExchange
from adapters.tapes import Tape, merge
from adapters.tapes.steps import first_unfit, seen_on
from commands.account import decide
from commands.instrument import ListInstrument
from commands.opening import OpenLog
from commands.routes import Command
from commands.settings import ChangeSettings
from commands.watching import Instance, coarser_for, readings_for
from domain.account import UNOPENED
from domain.catalogue import Catalogue, Listing, guessed_rules, on_the_market, real_rules
from domain.coarser import coarser_of
from domain.errors import InvalidInput
from domain.instrument import Instrument
from domain.interval import interval_of
from domain.opening import LogOpened
from domain.quotes import check_stake
from domain.settings import Settings
from domain.venues.settings import check_unrouted
from infra.run.log_id import opening_of
from infra.run.simulation import simulated
from infra.run.stake import Stake, plain
from infra.trading import instances_of

NOTHING_IMPORTED: Catalogue = {}


@dataclass(frozen=True, slots=True)
class Plan:
    """Two equal plans record equal logs. `listings` are in order of id.

    `stated` is false where nobody stated the starting balance, so that the stake has the default of its currency.
    `older` are the settings that an earlier version of the program had for the same configuration, if they differ: a
    log with these settings is resumed with them. With `adopt` a log with other settings is resumed, too, and `adopts`
    are then the settings to be put in force at its end.
    """

    tapes: Sequence[Tape]
    account: str
    stake: Stake
    settings: Settings
    instances: Sequence[Instance]
    listings: Sequence[Listing]
    opening: LogOpened
    stated: bool = True

    @property
    def instruments(self) -> Sequence[Instrument]:
        """The rules of the traded instruments, in order of id."""
        return [listing.instrument for listing in self.listings]

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
        return simulated(self.instruments, self.stake, self.settings.simulation, self.opening.simulator)

    def commands(self) -> Sequence[Command]:
        """The commands that open an empty log."""
        return (
            OpenLog(self.opening),
            self.stake.opening(),
            ChangeSettings(self.settings),
            *(ListInstrument(listing.instrument, listing.origin) for listing in self.listings),
        )


def plan_of(
    tapes: Sequence[Tape],
    account: str,
    balance: Decimal | None,
    leverage: Decimal,
    settings: Settings,
    older: Settings | None = None,
    *,
    imported: Catalogue = NOTHING_IMPORTED,
    quote: str = "",
) -> Plan:
    """Derives the instruments' rules, the currency and the log's opening from tapes and settings.

    Rules are real where `imported` or the built-in table has them, else guessed from the whole tape. `quote` is the
    quote currency of symbols that do not show it. Without a `balance` the stake is the default of the quote currency.

    Raises UnknownQuote where the quote currency of an instrument is not certain; InvalidInput where two tapes have one
    instrument, the instruments have different quote currencies, or balance or leverage is invalid; InvalidSettings for
    an unknown or repeated strategy, for invalid parameters, and for an interval that cannot be built from the tapes.
    """
    ordered = sorted(tapes, key=lambda tape: tape.instrument)
    listings = [_rules_of(tape, imported, quote, balance) for tape in ordered]
    currency = _currency_of([listing.instrument for listing in listings])
    stake = Stake(currency, plain(check_stake(currency, balance)), plain(leverage))
    instances = instances_of(settings)
    opening = opening_of(ordered, account, stake, settings, listings)
    stated = balance is not None
    plan = Plan(ordered, account, stake, settings, instances, listings, opening, stated, older)
    _check_playable(plan)
    return plan


def _rules_of(tape: Tape, imported: Catalogue, quote: str, balance: Decimal | None) -> Listing:
    real = real_rules(tape.instrument, imported)
    if real is None or quote not in ("", real.instrument.quote):
        return guessed_rules(tape.instrument, seen_on(tape), quote, balance)
    if first_unfit(tape.candles, real.instrument.tick) is None:
        return real
    return on_the_market(real, seen_on(tape).tick)


def _currency_of(instruments: Sequence[Instrument]) -> str:
    quotes = {instrument.quote: instrument.id for instrument in instruments}
    if len(quotes) > 1:
        named = ", ".join(f"{name} in {quote}" for quote, name in quotes.items())
        raise InvalidInput(f"one account has one currency, but {named}; trade them in separate runs")
    return next(iter(quotes))


def _check_playable(plan: Plan) -> None:
    check_unrouted(plan.settings.venues)
    merge(plan.tapes)
    plan.exchange()
    decide(plan.stake.opening(), UNOPENED)
    regimes, leverage = plan.settings.regimes, plan.settings.leverage
    for tape in plan.tapes:
        if regimes.is_on:
            coarser_of(interval_of(regimes.interval), tape.instrument, tape.interval, "regimes")
        if leverage.is_on:
            coarser_of(interval_of(leverage.interval), tape.instrument, tape.interval, "leverage")
        for instance in plan.instances:
            if instance.trades(tape.instrument):
                coarser_for(instance, tape.instrument, tape.interval)
                readings_for(instance, tape.instrument, tape.interval)
