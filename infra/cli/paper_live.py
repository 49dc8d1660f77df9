"""`whence paper --live`: a demo run on live prices, whose fills are simulated against the live order book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from domain.catalogue import known, real_rules
from domain.errors import InvalidInput
from domain.instrument import symbol_of
from domain.plain_text import meant

if TYPE_CHECKING:
    from adapters.snapshots import Snapshots
    from commands.input_tape import InputTape
    from domain.catalogue import Listing
    from domain.instrument import Instrument
    from domain.log import EventLog
    from infra.config import WhenceSettings
    from infra.run.live import LiveRun
    from infra.run.live_letters import LiveLetters
    from infra.run.live_plan import LivePlan
    from infra.run.paper_live import Demo
    from infra.run.place import Place
    from infra.run.watchers import Watchers

PROGRAM = "DEMO"
"""The name of a demo run in every line of its log."""

DEFAULT_EXCHANGE, DEFAULT_INTERVAL = "bybit", "5m"
_POLL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """The options of `whence paper` that only a run on live prices has."""

    exchange: str | None
    address: str | None
    interval: str | None

    def check_unused(self) -> None:
        """Raises InvalidInput where one of them was given."""
        given = {"--exchange": self.exchange, "--address": self.address, "--interval": self.interval}
        for name, value in given.items():
            if value is not None:
                raise InvalidInput(f"{name} is for a run on live prices: add --live, or leave it out")


def check_of_tape(given: dict[str, bool]) -> None:
    """Raises InvalidInput where an option of a run on a tape was given with --live."""
    for name, is_given in given.items():
        if is_given:
            raise InvalidInput(f"{name} is for a run on candles: leave out either it or --live")


def trade_demo(
    settings: WhenceSettings,
    symbols: Sequence[str],
    options: LiveOptions,
    port: int,
    *,
    adopts_settings: bool = False,
) -> None:
    """Trades until SIGINT or SIGTERM. Raises InvalidInput for what cannot be traded, before any network is used.

    Raises LogOwned where another engine owns the log, ExchangeError where past candles cannot be fetched, and the log's
    errors.
    """
    from adapters.log.address import parse_address, parse_store_address
    from infra.cli.exchange_options import instruments_of
    from infra.cli.live import live_plan
    from infra.cli.serving import ApiOptions, plan_of
    from infra.cli.trading_live import trade
    from infra.run.configuring import sessions_of
    from infra.run.demo_log import PAPER_LIVE
    from infra.run.live_plan import Rhythm
    from infra.run.place import Place

    parse_address(settings.log)
    if settings.store is not None:
        parse_store_address(settings.store)
    place = Place((options.exchange or DEFAULT_EXCHANGE).lower(), address=options.address or "")
    if not symbols:
        raise InvalidInput("--live needs at least one --symbol, as --symbol BTCUSDT")
    names = instruments_of(list(symbols), "--symbol", venue=place.venue)
    interval = options.interval or DEFAULT_INTERVAL
    rhythm = Rhythm(poll=_POLL_SECONDS)
    plan = live_plan(
        settings, names, interval, rhythm, cancels_entries=False, adopts_settings=adopts_settings
    )
    demo = demo_of(settings, plan)
    note = (
        f"{PROGRAM}: this process trades {settings.account} on live prices of {place}; fills are simulated, and no "
        "order is sent"
    )
    made = partial(_made, settings, sessions_of(plan), demo, place)
    trade(settings, made, note, plan_of(ApiOptions(port=port)), source=PAPER_LIVE, program=PROGRAM)


def demo_of(settings: WhenceSettings, plan: LivePlan) -> Demo:
    """Money and rules.

    Raises InvalidInput for an instrument without rules and for several quote currencies, InvalidSettings for money or
    leverage with which they cannot be traded, and for instruments that other engines trade.
    """
    from adapters.simulated.fitness import check_account, check_instrument
    from adapters.simulated.matched import MatchedRules
    from domain.quotes import check_stake
    from domain.venues.settings import check_unrouted
    from infra.cli.rules import imported_rules
    from infra.run.paper_live import Demo
    from infra.run.stake import Stake

    check_unrouted(plan.settings.venues)
    imported = imported_rules(settings)
    listed = [_rules(name, real_rules(name, imported), imported) for name in plan.instruments]
    currencies = sorted({one.quote for one in listed})
    if len(currencies) > 1:
        raise InvalidInput(
            f"--symbol: they are quoted in {' and '.join(currencies)}; an account has one currency"
        )
    simulation = plan.settings.simulation
    stake = Stake(currencies[0], check_stake(currencies[0], settings.starting_balance), plan.leverage)
    check_account(stake.balance, stake.leverage)
    for one in listed:
        check_instrument(one.id, one, stake.currency, stake.leverage)
    rules = MatchedRules(latency=timedelta(milliseconds=simulation.latency_ms), seed=simulation.seed)
    return Demo(stake, listed, rules)


def _rules(name: str, found: Listing | None, imported: Iterable[str]) -> Instrument:
    if found is None:
        symbols = [symbol_of(one) for one in (*imported, *(listing.instrument.id for listing in known()))]
        raise InvalidInput(
            f"--symbol {name}: its trading rules are unknown; `whence instruments update` imports those of an "
            f"exchange{meant(symbol_of(name), symbols)}"
        )
    return found.instrument


def _made(
    settings: WhenceSettings,
    plans: Iterator[LivePlan],
    demo: Demo,
    place: Place,
    log: EventLog,
    watchers: Watchers,
    *,
    tape: InputTape,
    letters: LiveLetters,
    snapshots: Snapshots | None,
) -> LiveRun:
    from infra.run.book_source import books_of
    from infra.run.live_feed import book_feed_of
    from infra.run.paper_live import demo_run
    from infra.run.scorers import live_models
    from infra.run.watchers import ignored

    plan = next(plans)
    feed = partial(book_feed_of, place, plan.interval)
    models = live_models(settings, watchers)
    return demo_run(
        log,
        plan,
        demo,
        feed,
        ignored,
        watchers,
        tape=tape,
        letters=letters,
        snapshots=snapshots,
        scorer=models.scorer,
        models=models.check,
        books_of=books_of(settings, place, watchers),
    )
