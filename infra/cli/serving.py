"""Serves the API until a stop: with an engine where no other process owns the log, otherwise read-only."""

from __future__ import annotations

import logging
import socket
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from adapters.dead_letters.keeper import LetterKeeper
from adapters.http.options import HttpOptions
from adapters.mailbox import Mailbox
from adapters.processes.announcement import ProcessRole
from commands.watchdog import Watchdog
from domain.catalogue import known
from domain.errors import KeyMissing, LogOwned, LogReadOnly, NotAdopted, NotSealed, OwnershipLost, WhenceError
from domain.log import EventLog
from domain.quotes import check_stake
from infra.cli.browsing import open_page
from infra.cli.stopping import Stopping, stoppable
from infra.config import WhenceSettings, shown
from infra.inputs import input_tape
from infra.logging import configure
from infra.logs import played_store
from infra.run.announcement import Announced
from infra.run.announcing import Loop, Program, announced
from infra.run.apart import ApiApart, Embedding
from infra.run.api_plan import ApiPlan, Closed, Hosted
from infra.run.beginning import Beginning
from infra.run.clock import utc_now
from infra.run.commanding import commands_served, distant_door, has_begun, has_command_topic
from infra.run.demo_log import BACKTEST, PAPER_LIVE
from infra.run.engine_standing import EngineStanding
from infra.run.last_prices import played_prices
from infra.run.letters import letters_kept
from infra.run.listening import ListenAddress
from infra.run.live import SOURCE as LIVE
from infra.run.log_account import of_its_account
from infra.run.manual import ManualRun
from infra.run.model_check import ModelCheck
from infra.run.narrator import Narrator
from infra.run.personal import personal_texts_of
from infra.run.resuming import differing
from infra.run.scorers import live_models
from infra.run.snapshots import owned_log
from infra.run.stake import Stake
from infra.run.watchers import Watchers, ignored
from infra.tracing import tracing
from infra.trading import trading_settings, unnamed_as_in

_log = logging.getLogger(__name__)
_ATTEND_SECONDS = 0.5
"""How long the engine waits for a request before it checks whether to stop."""

_LOOK_SECONDS = 1.0
"""How long an API without an engine waits before it looks again whether the log was opened."""


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """The API's options on the command line; see `whence api --help`."""

    host: str = "127.0.0.1"
    port: int = 8000
    tls_cert: Path | None = None
    tls_key: Path | None = None
    allow_host: tuple[str, ...] = ()
    cors_origin: tuple[str, ...] = ()
    rate: str = "600/minute"
    workers: int = 1
    introspection: bool = True
    graphiql: bool = True
    checkpoints: Path | None = None
    opens_page: bool = False


@dataclass(frozen=True, slots=True)
class Ownership:
    """Why this process does not own the log. With `closed` it refuses requests; with `elsewhere` it sends them to the
    engine of another program. Without either it owns the log, unless another process does."""

    closed: WhenceError | None = None
    elsewhere: WhenceError | None = None


def plan_of(options: ApiOptions) -> ApiPlan:
    """The plan of the API. Raises InvalidInput where the options are invalid."""
    place = ListenAddress(options.host, options.port, options.tls_cert, options.tls_key)
    hosts = options.allow_host if place.is_anywhere else (options.host, *options.allow_host)
    http = HttpOptions(hosts, options.cors_origin, options.rate, tls=options.tls_cert is not None)
    return ApiPlan(
        place,
        http,
        options.introspection,
        options.graphiql,
        workers=options.workers,
        checkpoints=options.checkpoints,
        opens_page=options.opens_page,
    )


def serve(settings: WhenceSettings, plan: ApiPlan, ownership: Ownership | None = None) -> None:
    """Serves until a stop; with an engine only where no reason against it is given."""
    configure(logging.INFO)
    plan.place.check()  # before a log is made
    given = ownership or Ownership()
    with stoppable() as stopping:
        if given.closed is not None:
            _read(settings, plan, given.closed, stopping)
        elif given.elsewhere is not None:
            _await_engine(settings, stopping)
            if not stopping.requested():
                _beside(settings, plan, given.elsewhere, stopping)
        else:
            _serve(settings, plan, stopping)


def _serve(settings: WhenceSettings, plan: ApiPlan, stopping: Stopping) -> None:
    """Serves with an engine, or read-only where another process owns the log."""
    with ExitStack() as held:
        try:
            run, watchers, watchdog, letters, models = held.enter_context(_engine(settings))
        except LogOwned as owned:
            _beside(settings, plan, owned, stopping)
        except (LogReadOnly, NotAdopted) as fault:
            _read(settings, plan, fault, stopping)
        except (KeyMissing, NotSealed) as fault:
            raise type(fault)(f"{fault}; `whence api --read-only` serves the log as unverified") from None
        else:
            _trade(settings, plan, run, watchers, watchdog, letters, models, stopping)


def _trade(
    settings: WhenceSettings,
    plan: ApiPlan,
    run: ManualRun,
    watchers: Watchers,
    watchdog: Watchdog,
    letters: LetterKeeper,
    models: ModelCheck,
    stopping: Stopping,
) -> None:
    """Serves with an engine; read-only from the moment when another engine has taken over the log."""
    orders = "manual orders go to the simulated exchange" if run.has_market else _NO_MARKET
    note = f"this process owns {settings.account}'s log: {orders}"
    with ApiApart(settings, plan, Embedding(run.door, settings.account, note, watchers, watchdog)) as api:
        try:
            with commands_served(settings, run.door, letters):
                announce(api, plan)
                loop = Loop()
                standing = EngineStanding(run, loop)
                with announced(settings, Program(ProcessRole.ENGINE, settings.account), standing):
                    _attend(run, api, models, stopping, loop)
        except OwnershipLost as lost:
            _log.error("%s; this process is read-only from now on", lost)
            _wait(api, stopping)


_NO_MARKET = "it has no market, since no candle was played on it, and orders are refused"


def _attend(run: ManualRun, api: ApiApart, models: ModelCheck, stopping: Stopping, loop: Loop) -> None:
    while not stopping.requested():
        loop.turn()
        models.look(run.world.portfolio.models)
        run.attend(_ATTEND_SECONDS)
        api.check()
    run.close("the API is stopping")


@contextmanager
def served(
    settings: WhenceSettings,
    plan: ApiPlan,
    engine: Embedding,
    letters: LetterKeeper,
    listening: socket.socket,
    *,
    is_awaited: bool = True,
) -> Generator[ApiApart]:
    """The API of an engine in this process. On Kafka, its mailbox also receives requests from the command topic.

    `listening` is opened at the plan's address before the log and the exchange are touched, so that a start that is
    refused for a port in use changes nothing. An API that is not awaited begins to serve, and is
    announced, after the block has begun.
    """
    late = None if is_awaited else partial(announce, plan=plan)
    with (
        ApiApart(settings, plan, engine, listening, late=late) as api,
        commands_served(settings, engine.mailbox, letters),
    ):
        if is_awaited:
            announce(api, plan)
        yield api


@contextmanager
def _engine(
    settings: WhenceSettings,
) -> Generator[tuple[ManualRun, Watchers, Watchdog, LetterKeeper, ModelCheck]]:
    """The engine of the log. Raises LogOwned where another process owns the log, InvalidInput, LogError."""
    watchers = Watchers(Narrator())
    (currency,) = {listing.instrument.quote for listing in known()}
    stake = Stake(currency, check_stake(currency, settings.starting_balance), settings.leverage)
    beginning = Beginning(settings.account, stake, trading_settings(settings.trading))
    with (
        owned_log(settings) as owned,
        played_store(settings) as played,
        tracing(settings) as spans,
        letters_kept(settings, owned.log) as letters,
    ):
        if spans is not None:
            watchers.add(spans)
        _check_not_live(owned.log)
        with input_tape(settings, owned.log, utc_now) if settings.inputs_at_rest else nullcontext() as tape:
            models = live_models(settings, watchers)
            run = ManualRun(
                owned.log,
                beginning,
                ignored,
                watchers,
                feed=played_prices(played),
                tape=tape,
                snapshots=owned.snapshots,
                scorer=models.scorer,
            )
            run.keep_personal(personal_texts_of(settings))
            watchdog = Watchdog(run.world, run.driver.engine.market, owned.log)
            watchers.add(watchdog)
            _warn_of_differences(run, settings, beginning)
            yield run, watchers, watchdog, letters, models.check


def _check_not_live(log: EventLog) -> None:
    """Raises LogReadOnly for the log of a run on live prices or of a backtest: nothing else may be simulated on it."""
    first = next(log.read(upto=1), None)
    why = None if first is None else _OF_OTHERS.get(first.envelope.meta.source)
    if why is not None:
        raise LogReadOnly(why)


_OF_OTHERS: Mapping[str, str] = {
    LIVE: "this log trades on an exchange: only `whence live` may be its engine",
    PAPER_LIVE: "this log is a demo on live prices: only `whence paper --live` may be its engine",
    BACKTEST: "this log is a backtest: nothing is traded on it",
}


def _warn_of_differences(run: ManualRun, settings: WhenceSettings, beginning: Beginning) -> None:
    """Warns of configured settings that differ from the log's. The log's are in force until a request changes them."""
    in_force, configured = run.world.portfolio.settings.settings, beginning.settings
    configured = unnamed_as_in(in_force, configured, settings.trading)
    found = differing(in_force, configured)
    if found:
        _log.warning(
            "the log's settings are in force, not the configured ones: %s; see changeSettings",
            "; ".join(found),
        )


def _await_engine(settings: WhenceSettings, stopping: Stopping) -> None:
    """Waits until an engine has opened the log on Kafka, which has no topic and no account before, or until a stop."""
    if not has_command_topic(settings) or has_begun(settings):
        return
    _log.info("waiting for the engine that opens %s", shown(settings.log))
    while not (stopping.requested() or has_begun(settings)):
        stopping.wait(_LOOK_SECONDS)


def _beside(settings: WhenceSettings, plan: ApiPlan, why: WhenceError, stopping: Stopping) -> None:
    """Serves without an engine. Requests go to the log's owner by the command topic, else are refused."""
    if not has_command_topic(settings):
        _read(settings, plan, why, stopping)
        return
    settings = of_its_account(settings)
    with distant_door(settings) as door:
        note = f"{why}; requests go to the engine through the command topic"
        if plan.workers > 1:
            distant = Embedding(Mailbox(), settings.account, note, Watchers(), is_distant=True)
            _watch_apart(settings, plan, distant, stopping)
            return
        _watch(settings, plan, Hosted(door, settings.account, note), stopping)


def _read(settings: WhenceSettings, plan: ApiPlan, why: WhenceError, stopping: Stopping) -> None:
    note = f"reads only: {why}"
    if plan.workers > 1:
        closed = Embedding(Mailbox(), settings.account, note, Watchers(), closed=why)
        _watch_apart(settings, plan, closed, stopping)
        return
    _watch(settings, plan, Hosted(Closed(why), settings.account, note), stopping)


def _watch_apart(settings: WhenceSettings, plan: ApiPlan, engine: Embedding, stopping: Stopping) -> None:
    """Serves until a stop in several processes, without an engine in this one."""
    with ApiApart(settings, plan, engine) as api:
        announce(api, plan)
        _wait(api, stopping)


def _watch(settings: WhenceSettings, plan: ApiPlan, hosted: Hosted, stopping: Stopping) -> None:
    """Serves until a stop, without an engine in this process."""
    from infra.run.serve import Api

    with Api(settings, plan, hosted) as serving:
        announce(serving, plan)
        _wait(serving, stopping)


def _wait(api: Announced, stopping: Stopping) -> None:
    while not stopping.requested():
        stopping.wait(_ATTEND_SECONDS)
        api.check()


def announce(api: Announced, plan: ApiPlan) -> None:
    """Prints the announcement where the output is a terminal; logs it otherwise. Opens the dashboard where the plan
    demands it.
    """
    console = Console(stderr=True, highlight=False)
    for line in api.announcement:
        if console.is_terminal:
            console.print(line, markup=False, soft_wrap=True)
        else:
            _log.info("%s", line)
    if plan.opens_page:
        open_page(f"{api.url}/")
