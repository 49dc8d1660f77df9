"""Runs live trading until a stop: the engine on this thread, its API in a process of its own."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import closing, contextmanager
from functools import partial
from typing import NamedTuple, Protocol

from adapters.lease import Lease
from adapters.log.address import KafkaAddress, parse_address
from adapters.processes.announcement import ProcessRole
from adapters.secrecy import Credentials
from adapters.snapshots import Snapshots
from commands.input_tape import InputTape
from commands.watchdog import Watchdog
from commands.world import World
from domain.log import EventLog
from infra.cli.serving import served
from infra.cli.stopping import Stopping, stoppable
from infra.config import WhenceSettings
from infra.dead_letters import FoundLetters
from infra.inputs import check_tape, input_tape
from infra.logging import configure
from infra.routes import check_routes, routed_books, routing_of
from infra.run.alerts_sent import positions_alerted
from infra.run.announcing import Loop, Program, announced
from infra.run.apart import ApiApart, Embedding
from infra.run.api_plan import ApiPlan
from infra.run.bare_positions import BarePositions
from infra.run.book_source import books_of
from infra.run.candle_keeping import candles_kept
from infra.run.clock import utc_now
from infra.run.configuring import sessions_of
from infra.run.connecting import connected
from infra.run.engine_standing import EngineStanding
from infra.run.foreign_fees import ForeignFees
from infra.run.fresh_log import FreshLog
from infra.run.holding import held
from infra.run.letters import letters_kept
from infra.run.live import SOURCE, LiveRun, check_source, placed_in
from infra.run.live_feed import feed_of
from infra.run.live_letters import LiveLetters
from infra.run.live_plan import LivePlan, LiveVenue, Wake
from infra.run.narrator import Narrator
from infra.run.opened_with import UnusedWarning
from infra.run.outage import Begun, outlast
from infra.run.personal import personal_texts_of
from infra.run.place import Place
from infra.run.pulse import Pulse
from infra.run.reloading import Reloading, reloading_of
from infra.run.routed_books import with_routed
from infra.run.scorers import live_models
from infra.run.snapshots import Owned, owned_log
from infra.run.watchers import Watchers, ignored
from infra.tracing import tracing

_log = logging.getLogger(__name__)
_ATTEND_SECONDS = 0.5


class Made(Protocol):
    """Makes the run on an open log, with those who watch it, its tape, its letters and the snapshot of the log."""

    def __call__(
        self,
        log: EventLog,
        watchers: Watchers,
        *,
        tape: InputTape,
        letters: LiveLetters,
        snapshots: Snapshots | None,
    ) -> LiveRun: ...


class Beside(NamedTuple):
    """What a run that trades attends to beside the exchange: the file for probes, and changes of `whence.toml`.

    An API that is not awaited is started while it trades: an account that a node takes over is traded seconds earlier.
    """

    pulse: Pulse
    reloading: Reloading | None
    is_api_awaited: bool = True


def trade_live(
    settings: WhenceSettings,
    plan: LivePlan,
    place: Place,
    credentials: Credentials,
    api: ApiPlan,
    *,
    is_key_checked: bool = False,
    lease: Lease | None = None,
) -> None:
    """Trades until SIGINT or SIGTERM, then settles what is in flight and logs what is held.

    `is_key_checked` and `lease` are those of `infra.run.connecting.connected`.

    Raises LogOwned where another engine owns the log, Refused where the account does not fit, ExchangeError where the
    exchange cannot be reached at the start, and the log's errors.
    """

    check_routes(settings, plan.settings)
    plans = sessions_of(plan)

    def connect(world: World, wake: Wake) -> LiveVenue:
        return connected(
            credentials,
            place,
            placed_in(world),
            wake,
            settings.order_entry,
            is_key_checked=is_key_checked,
            lease=lease,
        )

    def made(
        log: EventLog,
        watchers: Watchers,
        *,
        tape: InputTape,
        letters: LiveLetters,
        snapshots: Snapshots | None,
    ) -> LiveRun:
        feed = partial(feed_of, place, plan.interval)
        models = live_models(settings, watchers)
        routing = routing_of(settings, watchers)
        books = with_routed(
            books_of(settings, place, watchers), routed_books(settings, watchers), routing.why_closed
        )
        return LiveRun(
            log,
            next(plans),
            connect,
            feed,
            ignored,
            watchers,
            tape=tape,
            letters=letters,
            snapshots=snapshots,
            scorer=models.scorer,
            models=models.check,
            books_of=books,
            routing=routing,
        )

    note = f"this process trades live at {place}, as account {settings.account} of the log"
    trade(settings, made, note, api, is_api_awaited=lease is None)


def trade(
    settings: WhenceSettings,
    made: Made,
    note: str,
    api: ApiPlan,
    *,
    source: str = SOURCE,
    program: str = "",
    is_api_awaited: bool = True,
) -> None:
    """Trades with the run that is made, until SIGINT or SIGTERM; see `trade_live`. `note` describes this process.

    The log is new, or its first event has this `source`. Every line of its log names the `program`. Where a log on
    Kafka does not answer any more, another run is made as soon as it answers again.
    """
    check_tape(settings)
    configure(logging.INFO, program)
    with stoppable() as stopping, reloading_of(settings) as reloading:
        beside = Beside(Pulse(settings.pulse), reloading, is_api_awaited)
        session = partial(
            _session, settings, source, made, note, api, stopping, UnusedWarning(settings), beside
        )
        if isinstance(parse_address(settings.log), KafkaAddress):
            outlast(session, stopping)
        else:
            session(_has_begun)


@contextmanager
def _log_of(settings: WhenceSettings, source: str) -> Generator[Owned]:
    """The log, owned. A log of another program is refused before anything is made beside it."""
    with owned_log(settings) as owned:
        check_source(owned.log, source)
        yield owned


def _session(
    settings: WhenceSettings,
    source: str,
    made: Made,
    note: str,
    api: ApiPlan,
    stopping: Stopping,
    unused: UnusedWarning,
    beside: Beside,
    begun: Begun,
) -> None:
    """Trades until a stop, with a log, a tape and an API of its own. It calls `begun` as soon as it is connected."""
    watchers, fresh = Watchers(Narrator()), FreshLog(settings)
    with (
        api.place.listen() as listening,  # before the log is made and the exchange is changed
        _log_of(settings, source) as owned,
        fresh.removed_while_empty(owned.log),
        tracing(settings) as spans,
        letters_kept(settings, owned.log) as keeper,
        closing(FoundLetters(settings)) as found,
        closing(LiveLetters(keeper, found)) as letters,
        input_tape(settings, owned.log, utc_now) as tape,
    ):
        if spans is not None:
            watchers.add(spans)
        made_run = made(owned.log, watchers, tape=tape, letters=letters, snapshots=owned.snapshots)
        with closing(made_run) as run:
            run.keep_personal(personal_texts_of(settings))
            watchdog = Watchdog(run.world, run.driver.engine.market, owned.log)
            watchers.add(watchdog)
            watchers.add(ForeignFees(lambda: run.world.portfolio.account.currency))
            run.check()
            unused.log(owned.log)
            engine = Embedding(run.door, settings.account, note, watchers, watchdog)
            with (
                candles_kept(settings, run.driver),
                positions_alerted(settings, watchdog),
                served(settings, api, engine, keeper, listening, is_awaited=beside.is_api_awaited) as serving,
            ):
                run.start()
                run.connect()  # nobody would attend the run while its API starts
                begun()
                bare = BarePositions(watchdog, lambda: run.driver.engine.unprotected_for_good)
                _log.info("trading: %s; Ctrl-C or SIGTERM stops it", note)
                loop = Loop()
                standing = EngineStanding(run, loop, run.route_faults)
                with announced(settings, Program(ProcessRole.ENGINE, settings.account), standing):
                    _trade(run, serving, stopping, bare, loop, beside)
            _report(run)


def _trade(
    run: LiveRun, api: ApiApart, stopping: Stopping, bare: BarePositions, loop: Loop, beside: Beside
) -> None:
    try:
        while not stopping.requested():
            loop.turn()
            run.attend(_ATTEND_SECONDS)
            if beside.reloading is not None:
                beside.reloading.look(run)
            bare.look()
            api.check()
            is_trading = run.is_trading and not run.world.portfolio.discrepancies.reconciling
            beside.pulse.beat(is_trading=is_trading)
    finally:
        beside.pulse.end()
    _log.info("stopping: nothing more is decided; what is in flight is settled")
    if not run.stop():
        _log.warning("not everything was settled in time")
    bare.look()


def _report(run: LiveRun) -> None:
    for line in held(run.world.portfolio):
        _log.info("%s", line)


def _has_begun() -> None:
    """Does nothing: a file that does not answer is a matter for a person."""
