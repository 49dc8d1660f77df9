"""`whence api`: GraphQL over a log, and manual trading where no other engine owns it."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from adapters.graphql.limits import Limits
from adapters.http.options import HttpOptions
from domain.catalogue import known
from domain.errors import LogOwned, Refused, WhenceError
from domain.log import Envelope
from infra.cli.options import AccountOption, ConfigOption, LogOption, StoreOption
from infra.cli.stopping import Stopping, stoppable
from infra.config import WhenceSettings, load
from infra.logging import configure
from infra.logs import open_owned
from infra.run.api_plan import ApiPlan, Closed, Hosted
from infra.run.commanding import commands_served, distant_door, has_command_topic
from infra.run.listening import Place
from infra.run.manual import Beginning, ManualRun
from infra.run.serve import Api
from infra.run.tape_log import Stake
from infra.run.watchers import Watchers
from infra.trading import trading_settings

_log = logging.getLogger(__name__)
_ATTEND_SECONDS = 0.5
"""For how long the engine waits for a request before it looks whether it is to stop."""


def api(
    log: LogOption = None,
    store: StoreOption = None,
    account: AccountOption = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine need tokens.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8000,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate chain, PEM.")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its private key, PEM.")] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Another name it is asked by; may be given again."),
    ] = None,
    cors_origin: Annotated[
        list[str] | None, typer.Option(metavar="ORIGIN", help="A page that may ask; may be given again.")
    ] = None,
    rate: Annotated[
        str, typer.Option(help="Requests of each token (or address), as 600/minute.")
    ] = "600/minute",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Own no log: queries and subscriptions only.")
    ] = False,
    no_introspection: Annotated[
        bool, typer.Option("--no-introspection", help="Do not tell the schema.")
    ] = False,
    no_graphiql: Annotated[bool, typer.Option("--no-graphiql", help="Serve no page.")] = False,
    config: ConfigOption = None,
) -> None:
    """Serves GraphQL at /graphql: questions, live events, and orders by hand where no other engine owns the log."""
    settings = load(log=log, store=store, account=account, config=config)
    place = Place(host, port, tls_cert, tls_key)
    http = HttpOptions(
        _names(place, allow_host or []), tuple(cors_origin or ()), rate, tls=tls_cert is not None
    )
    plan = ApiPlan(place, http, Limits(introspection=not no_introspection), not no_graphiql)
    configure(logging.INFO)
    with stoppable() as stopping:
        if read_only:
            _read(settings, plan, Refused("this API was started with --read-only"), stopping)
        else:
            _serve(settings, plan, stopping)


def _names(place: Place, allowed: list[str]) -> tuple[str, ...]:
    return tuple(allowed) if place.is_anywhere else (place.host, *allowed)


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
    told = f"this process owns {settings.account}'s log: orders by hand go to the simulated exchange"
    with (
        Api(settings, plan, Hosted(run.door, settings.account, told, watchers)) as serving,
        commands_served(settings, run.door),
    ):
        _announce(serving)
        while not stopping.asked():
            run.attend(_ATTEND_SECONDS)
            serving.check()
        run.close("the API is stopping")


@contextmanager
def _engine(settings: WhenceSettings) -> Generator[tuple[ManualRun, Watchers]]:
    """The engine of a log that nobody else owns. Raises LogOwned, InvalidInput, LogError."""
    watchers = Watchers()
    (currency,) = {instrument.quote for instrument in known()}
    stake = Stake(currency, settings.starting_balance, settings.leverage)
    beginning = Beginning(settings.account, stake, trading_settings(settings.trading))
    with closing(open_owned(settings)) as log:
        yield ManualRun(log, beginning, _unseen, watchers), watchers


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
        _announce(serving)
        while not stopping.asked():
            stopping.wait(_ATTEND_SECONDS)
            serving.check()


def _announce(serving: Api) -> None:
    """A person reads lines; a program, the same in its log."""
    console = Console(stderr=True, highlight=False)
    for line in serving.announcement:
        if console.is_terminal:
            console.print(line, markup=False, soft_wrap=True)
        else:
            _log.info("%s", line)
