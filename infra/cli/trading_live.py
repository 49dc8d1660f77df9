"""Runs live trading until a stop: the engine on this thread, its API in a process of its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from typing import Protocol

from adapters.bybit import BybitExchange, Credentials
from adapters.bybit.account import BybitAccount
from commands.input_tape import InputTape
from commands.watchdog import Watchdog
from commands.world import World
from domain.log import EventLog
from domain.order import OrderPlaced
from infra.cli.serving import served
from infra.cli.stopping import Stopping, stoppable
from infra.config import WhenceSettings
from infra.dead_letters import FoundLetters
from infra.inputs import check_tape, input_tape
from infra.logging import configure
from infra.logs import open_owned
from infra.run.alerts_sent import positions_alerted
from infra.run.apart import ApiApart, Embedding
from infra.run.api_plan import ApiPlan
from infra.run.clock import utc_now
from infra.run.holding import held
from infra.run.letters import letters_kept
from infra.run.live import LiveRun, placed_in
from infra.run.live_feed import feed_of
from infra.run.live_letters import LiveLetters
from infra.run.live_plan import LivePlan, LiveVenue, Wake
from infra.run.narrator import Narrator
from infra.run.place import Place
from infra.run.watchers import Watchers, ignored
from infra.tracing import tracing

_log = logging.getLogger(__name__)
_ATTEND_SECONDS = 0.5


class Made(Protocol):
    """Makes the run on an open log, with those who watch it, its tape and its letters."""

    def __call__(
        self, log: EventLog, watchers: Watchers, *, tape: InputTape, letters: LiveLetters
    ) -> LiveRun: ...


def trade_live(
    settings: WhenceSettings, plan: LivePlan, place: Place, credentials: Credentials, api: ApiPlan
) -> None:
    """Trades until SIGINT or SIGTERM, then settles what is in flight and logs what is held.

    Raises LogOwned where another engine owns the log, Refused where the account does not fit, ExchangeError where the
    exchange cannot be reached at the start, and the log's errors.
    """

    def connect(world: World, wake: Wake) -> LiveVenue:
        return connected(credentials, place, placed_in(world), wake)

    def made(log: EventLog, watchers: Watchers, *, tape: InputTape, letters: LiveLetters) -> LiveRun:
        feed = partial(feed_of, place, plan.interval)
        return LiveRun(log, plan, connect, feed, ignored, watchers, tape=tape, letters=letters)

    trade(settings, made, f"this process trades {settings.account} live at {place}", api)


def trade(settings: WhenceSettings, made: Made, note: str, api: ApiPlan, *, program: str = "") -> None:
    """Trades with the run that is made, until SIGINT or SIGTERM; see `trade_live`. `note` describes this process.

    Every line of its log names the `program`.
    """
    check_tape(settings)
    configure(logging.INFO, program)
    watchers = Watchers(Narrator())
    with (
        closing(open_owned(settings)) as log,
        tracing(settings) as spans,
        letters_kept(settings, log) as keeper,
        closing(FoundLetters(settings)) as found,
        input_tape(settings, log, utc_now) as tape,
        stoppable() as stopping,
    ):
        if spans is not None:
            watchers.add(spans)
        with closing(made(log, watchers, tape=tape, letters=LiveLetters(keeper, found))) as run:
            watchdog = Watchdog(run.world, run.driver.engine.market)
            watchers.add(watchdog)
            run.start()
            engine = Embedding(run.door, settings.account, note, watchers, watchdog)
            with (
                positions_alerted(settings, watchdog),
                served(settings, api, engine, keeper) as serving,
            ):
                run.connect()  # nobody would attend the run while its API starts
                _trade(run, serving, stopping)
            _report(run)


def connected(
    credentials: Credentials, place: Place, placed: Mapping[str, OrderPlaced], wake: Wake
) -> LiveVenue:
    """Bybit at this place, not connected yet; `placed` are the terms of the log's working orders."""
    exchange = BybitExchange(credentials, place.site, placed, on_arrival=wake)
    return LiveVenue(exchange, BybitAccount(exchange), exchange.start, exchange.close)


def _trade(run: LiveRun, api: ApiApart, stopping: Stopping) -> None:
    while not stopping.requested():
        run.attend(_ATTEND_SECONDS)
        api.check()
    _log.info("stopping: nothing more is decided; what is in flight is settled")
    if not run.stop():
        _log.warning("not everything was settled in time")


def _report(run: LiveRun) -> None:
    for line in held(run.world.portfolio):
        _log.info("%s", line)
