"""The API in the foreground: with an engine where nobody else owns the log, reading where somebody does."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from adapters.graphql.limits import Limits
from adapters.http.options import HttpOptions
from commands.door import Door
from domain.catalogue import known
from domain.errors import LogOwned, OwnershipLost, WhenceError
from domain.log import Envelope
from infra.cli.stopping import Stopping, stoppable
from infra.config import WhenceSettings
from infra.logging import configure
from infra.logs import open_owned
from infra.run.api_plan import ApiPlan, Closed, Hosted
from infra.run.beginning import Beginning
from infra.run.commanding import commands_served, distant_door, has_command_topic
from infra.run.listening import ListenAddress
from infra.run.manual import ManualRun
from infra.run.narrator import Narrator
from infra.run.resuming import differing
from infra.run.serve import Api
from infra.run.stake import Stake
from infra.run.watchers import Watchers
from infra.tracing import tracing
from infra.trading import trading_settings

_log = logging.getLogger(__name__)
_ATTEND_SECONDS = 0.5
"""For how long the engine waits for a request before it looks whether it is to stop."""


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """What the command line says of an API; see `whence api --help`."""

    host: str = "127.0.0.1"
    port: int = 8000
    tls_cert: Path | None = None
    tls_key: Path | None = None
    allow_host: tuple[str, ...] = ()
    cors_origin: tuple[str, ...] = ()
    rate: str = "600/minute"
    introspection: bool = True
    graphiql: bool = True


def plan_of(asked: ApiOptions) -> ApiPlan:
    """The API as it was asked for. Raises InvalidInput for one that cannot be."""
    place = ListenAddress(asked.host, asked.port, asked.tls_cert, asked.tls_key)
    hosts = asked.allow_host if place.is_anywhere else (asked.host, *asked.allow_host)
    http = HttpOptions(hosts, asked.cors_origin, asked.rate, tls=asked.tls_cert is not None)
    return ApiPlan(place, http, Limits(introspection=asked.introspection), asked.graphiql)


def serve(settings: WhenceSettings, plan: ApiPlan, closed: WhenceError | None = None) -> None:
    """Serves until told to stop; reads only where `closed` says why."""
    configure(logging.INFO)
    with stoppable() as stopping:
        if closed is None:
            _serve(settings, plan, stopping)
        else:
            _read(settings, plan, closed, stopping)


def _serve(settings: WhenceSettings, plan: ApiPlan, stopping: Stopping) -> None:
    """Owns the log, or reads where somebody else does."""
    with ExitStack() as held:
        try:
            run, watchers = held.enter_context(_engine(settings))
        except LogOwned as owned:
            _beside(settings, plan, owned, stopping)
        else:
            _trade(settings, plan, run, watchers, stopping)


def _trade(
    settings: WhenceSettings, plan: ApiPlan, run: ManualRun, watchers: Watchers, stopping: Stopping
) -> None:
    """Whoever loses the log to another engine trades no more, and goes on reading."""
    told = f"this process owns {settings.account}'s log: orders by hand go to the simulated exchange"
    with Api(settings, plan, Hosted(run.door, settings.account, told, watchers)) as api:
        try:
            with commands_served(settings, run.door):
                announce(api)
                _attend(run, api, stopping)
        except OwnershipLost as lost:
            _log.error("%s; this process reads only from here on", lost)
            _wait(api, stopping)


def _attend(run: ManualRun, api: Api, stopping: Stopping) -> None:
    while not stopping.asked():
        run.attend(_ATTEND_SECONDS)
        api.check()
    run.close("the API is stopping")


@contextmanager
def served(
    settings: WhenceSettings, plan: ApiPlan, door: Door, told: str, watchers: Watchers
) -> Generator[Api]:
    """The API of an engine in this process, which answers at `door`; also by the command topic, on Kafka."""
    configure(logging.INFO)
    hosted = Hosted(door, settings.account, told, watchers)
    with Api(settings, plan, hosted) as api, commands_served(settings, door):
        announce(api)
        yield api


@contextmanager
def _engine(settings: WhenceSettings) -> Generator[tuple[ManualRun, Watchers]]:
    """The engine of a log that nobody else owns. Raises LogOwned, InvalidInput, LogError."""
    watchers = Watchers(Narrator())
    (currency,) = {instrument.quote for instrument in known()}
    stake = Stake(currency, settings.starting_balance, settings.leverage)
    beginning = Beginning(settings.account, stake, trading_settings(settings.trading))
    with closing(open_owned(settings)) as log, tracing(settings) as spans:
        if spans is not None:
            watchers.add(spans)
        run = ManualRun(log, beginning, _unseen, watchers)
        _warn_of_differences(run, beginning)
        yield run, watchers


def _warn_of_differences(run: ManualRun, beginning: Beginning) -> None:
    """Limits of a log are changed by requests, which are on record; whoever edits the file must not think otherwise."""
    found = differing(run.world.portfolio.settings.settings, beginning.settings)
    if found:
        _log.warning(
            "the log's settings hold, not the configured ones: %s; see changeSettings", "; ".join(found)
        )


def _unseen(_: Envelope) -> None:
    """The read models are made from the log itself."""


def _beside(settings: WhenceSettings, plan: ApiPlan, owned: LogOwned, stopping: Stopping) -> None:
    """Beside the log's owner: requests go to it where a way leads there, and are refused where none does."""
    if not has_command_topic(settings):
        _read(settings, plan, owned, stopping)
        return
    with distant_door(settings) as door:
        told = f"{owned}; requests go to it by the command topic"
        _watch(settings, plan, Hosted(door, settings.account, told), stopping)


def _read(settings: WhenceSettings, plan: ApiPlan, why: WhenceError, stopping: Stopping) -> None:
    _watch(settings, plan, Hosted(Closed(why), settings.account, f"reads only: {why}"), stopping)


def _watch(settings: WhenceSettings, plan: ApiPlan, hosted: Hosted, stopping: Stopping) -> None:
    """No engine runs in this process."""
    with Api(settings, plan, hosted) as serving:
        announce(serving)
        _wait(serving, stopping)


def _wait(api: Api, stopping: Stopping) -> None:
    while not stopping.asked():
        stopping.wait(_ATTEND_SECONDS)
        api.check()


def announce(api: Api) -> None:
    """A person reads lines; a program, the same in its log."""
    console = Console(stderr=True, highlight=False)
    for line in api.announcement:
        if console.is_terminal:
            console.print(line, markup=False, soft_wrap=True)
        else:
            _log.info("%s", line)
