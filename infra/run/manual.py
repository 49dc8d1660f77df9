"""Trading by hand: an engine for a log that no other engine owns, on the simulated exchange, in a market at rest.

No strategy runs here; people and external scanners ask at the door. The exchange is restored from the log, and every
instrument stands at its last known price (`adapters/simulated/still.py`), one flat candle a second: what is asked is
dealt with in the second that begins after it, and reported when that second is over.

    run = ManualRun(log, Beginning(account, stake, settings), summary.fold)
    while not stopping.asked():
        run.attend(0.5)
    run.close()

An empty log is opened for live trading. A log that was made from a tape keeps to what it holds until somebody asks for
something: from then on its days and its orders go on by the wall clock, and the tape cannot be played on it any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from adapters.simulated import SimulatedExchange
from adapters.simulated.still import SECOND, StillMarket
from commands.account import OpenAccount, decide
from commands.door import Answer, Door
from commands.engine import Engine
from commands.handler import ENGINE, Handler, Identity
from commands.instrument import ListInstrument
from commands.mailbox import Mailbox
from commands.observer import Observer
from commands.opening import OpenLog
from commands.outgoing import unconfirmed
from commands.recall import NOTHING_TO_RECALL
from commands.request import Requested
from commands.routes import Command
from commands.sender import Sender
from commands.settings import ChangeSettings
from commands.stimulus import Ask, Stimulus
from commands.world import World
from domain.account import UNOPENED
from domain.catalogue import known
from domain.errors import InvalidInput
from domain.log import Envelope, EventLog
from domain.opening import LogOpened, Mode
from domain.order import OrderAmendRequested
from domain.settings import Settings, check
from domain.streams import account_stream, parse
from infra.run.books import Books
from infra.run.clock import utc_now
from infra.run.paper import rules_of
from infra.run.tape_log import Stake

SOURCE = "manual"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What an empty log is opened with; the instruments listed in it are the catalogue's."""

    account: str
    stake: Stake
    settings: Settings


class ManualRun:
    """The engine of one log, on the thread that owns it; its door may be used from any."""

    def __init__(
        self,
        log: EventLog,
        beginning: Beginning,
        seen: Callable[[Envelope], None],
        observer: Observer | None = None,
        clock: Callable[[], datetime] = utc_now,
        name: Callable[[], UUID] = uuid4,
    ) -> None:
        """Reads the whole log (`seen` is shown all of it), and opens an empty one by the id that `name` gives.

        Raises InvalidInput for a log that is not ours or of another account, InvalidSettings for a stake or settings
        that cannot be traded with, and what the log raises.
        """
        self._clock, self._seen, self._observer = clock, seen, observer
        self._market, self._mailbox, self._now = StillMarket(), Mailbox(), _LONG_AGO
        self._asked: dict[str, OrderAmendRequested] = {}
        world = World()
        for recorded in log.read():
            world.fold(recorded.envelope)
            self._take(recorded.envelope)
        self._began = self._tick()
        self._until = _second_of(self._began)
        if world.log_id is None:
            exchange, log_id = _fresh(beginning), name()
        else:
            _check_account(world, beginning.account)
            exchange, log_id = self._restored(world), world.log_id
        self._exchange = exchange
        identity = Identity(log_id, beginning.account, SOURCE)
        self._sender = Sender(exchange, self._tick)
        self.handler = Handler(log, world, identity, self._sender, NOTHING_TO_RECALL, observer)
        self._books = Books(self.handler, self._take)
        self._engine = Engine(self.handler, self._books.handle, clock)
        if world.log_id is None:
            self._open(beginning, log_id)
        self._trading = world.state("log").mode is Mode.LIVE
        if self._trading:
            self._resume()

    @property
    def door(self) -> Door:
        """Where requests go in, from any thread; `attend` answers them."""
        return self._mailbox

    def attend(self, patience: float = 0) -> int:
        """Steps, answers what was asked and what is asked within `patience` seconds; returns how many were answered.

        Call it about once a second. Raises what the log raises; whoever waits at the door is told then.
        """
        try:
            self.step()
            return self._mailbox.answer_all(self.answer, patience)
        except Exception as fault:
            self.close(f"the engine stopped: {fault}")
            raise

    def close(self, why: str = "the engine has stopped") -> None:
        """Answers no more requests: whoever waits at the door, or comes there, is told why; idempotent."""
        self._mailbox.close(why)

    def step(self) -> None:
        """Lets the market stand for the last second that is over by now, and turns the day when it is another."""
        if not self._trading:
            return
        now = self._tick()
        second = _second_of(now)
        if second - SECOND >= self._until:
            self._stand(second)
        if self._is_another_day(now):
            self._books.turn(now, (), self._began)

    def _resume(self) -> None:
        """Sends what the log left unconfirmed; a tape's log is left as it is until somebody trades on it."""
        unsent = unconfirmed(self.handler.world, self._asked)
        reports = self._sender.resume(unsent, self._exchange)
        self._books.report(self._tick(), reports)

    def _stand(self, second: datetime) -> None:
        share = self._settings.simulation.volume_share
        candles = self._market.candles(second - SECOND, self.handler.world.portfolio.instruments, share)
        self._until = second
        self._exchange.on_candles(candles)
        reports = self._exchange.reports()
        if self._is_another_day(second):
            reports = self._books.turn(second, reports, self._began)
        self._books.report(second, reports)
        if self._observer is not None:
            for candle in candles:
                self._observer.saw(candle.instrument, candle.close, second)

    def answer(self, requested: Requested) -> Answer:
        """Carries one request out, on this thread; see `Engine.answer` for what it raises.

        What was answered before, or never will be carried out, starts nothing; anything else is judged on a day that
        is open.
        """
        settled = self._engine.settled(requested)
        if settled is not None:
            return settled
        if not self._trading:
            self._trading = True
            self._resume()
        self.step()
        return self._engine.answer(requested, self._tick(), self._market.prices)

    @property
    def _settings(self) -> Settings:
        return self.handler.world.portfolio.settings.settings

    def _is_another_day(self, at: datetime) -> bool:
        return self.handler.world.portfolio.account.day < at.date().isoformat()

    def _tick(self) -> datetime:
        """The wall clock, which never goes back here: the log's times do not."""
        self._now = max(self._clock(), self._now)
        return self._now

    def _take(self, envelope: Envelope) -> None:
        self._now = max(self._now, envelope.meta.recorded_at)
        self._market.hear(envelope)
        if isinstance(envelope.event, OrderAmendRequested):
            self._asked[parse(envelope.meta.stream).id] = envelope.event
        self._seen(envelope)

    def _restored(self, world: World) -> SimulatedExchange:
        simulation = world.portfolio.settings.settings.simulation
        rules = rules_of(simulation)
        return SimulatedExchange.restored(world, rules, simulation.seed, self._now)

    def _open(self, beginning: Beginning, log_id: UUID) -> None:
        stake = beginning.stake
        commands: list[Command] = [
            OpenLog(LogOpened(log_id=log_id, mode=Mode.LIVE, tape="", synthetic=False)),
            OpenAccount(stake.currency, stake.balance, stake.leverage),
            ChangeSettings(beginning.settings),
            *(ListInstrument(instrument) for instrument in known()),
        ]
        asks = (
            Ask(command=command, cause=f"command:open-{log_id}", occurred_at=self._began, actor=ENGINE)
            for command in commands
        )
        self._books.handle(Stimulus(self._began, tuple(asks)))


def _second_of(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _fresh(beginning: Beginning) -> SimulatedExchange:
    """Whatever is wrong with a beginning shows here, before there is a log."""
    stake, simulation = beginning.stake, beginning.settings.simulation
    check(beginning.settings)
    decide(OpenAccount(stake.currency, stake.balance, stake.leverage), UNOPENED)
    instruments = {instrument.id: instrument for instrument in known()}
    rules = rules_of(simulation)
    return SimulatedExchange(
        instruments, stake.currency, stake.balance, stake.leverage, rules, simulation.seed
    )


def _check_account(world: World, account: str) -> None:
    if account_stream(account) in world.versions:
        return
    found = ", ".join(parse(stream).account for stream in world.versions if parse(stream).noun == "account")
    raise InvalidInput(
        f"this log is of the account {found or 'of nobody'}, not of {account}; name it with --account"
    )


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
