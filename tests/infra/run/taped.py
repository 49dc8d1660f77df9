"""A small run as live trading has it: it folds its log, warms its strategies up, and keeps its inputs on a tape.

The candles are synthetic, and the exchange is simulated and is restored from the log at each start.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from adapters.avro import AvroCodec
from adapters.inputs.sqlite import SqliteTape, read_sqlite
from adapters.log.sqlite import open_sqlite
from adapters.log.sqlite import read_sqlite as read_log
from adapters.simulated import SimulatedExchange
from adapters.tapes import merge, synthetic_tape
from commands.driver import Driver
from commands.engine import Engine
from commands.guarding import Guard
from commands.identity import Identity
from commands.input_tape import InputTape, SessionBegun, Taped
from commands.inputs import MarketMoved, Reported, RequestMade, Started, Tick, Warmed, opening
from commands.request import ManualTerms, PlaceOrder, Requested
from commands.sender import Sender
from commands.world import World
from domain.direction import Side
from domain.log import Envelope, EventLog
from domain.order import OrderType
from infra.run.plan import Plan
from infra.run.replaying import Replay, Until
from infra.run.simulation import rules_of
from tests.domain.history import BTC
from tests.infra.run.asking import near
from tests.journeys.runs import EAGER, SYMBOLS, plan

TAPES = synthetic_tape(4, SYMBOLS[:2], candles=300)
PLAN = plan(TAPES, EAGER)
INSTANTS = [(at, tuple(candles)) for at, candles in merge(TAPES)]
SOURCE = "taped"
_WARM_UP = 200
"""The number of instants before a session whose candles warm the strategies up."""
_REQUEST_EVERY = 25
"""The number of instants between two orders by hand."""


class TapedRun:
    """One session on one log: it ends where its object is given up."""

    def __init__(self, log: EventLog, tape: InputTape | None, first: int, plan: Plan = PLAN) -> None:
        """`first` is the number of the first instant that is traded; `plan` has the tapes of `PLAN`."""
        self._plan = plan
        self._at = INSTANTS[first][0] - timedelta(seconds=1)
        self._world = World().fold_all(one.envelope for one in log.read())
        identity = Identity(self._plan.opening.log_id, self._plan.account, SOURCE)
        begins = self._world.ordinal == 0
        self._exchange = self._plan.exchange() if begins else self._restored()
        if tape is not None:
            tape.take(self._session())
        engine = Engine(
            self._world,
            identity,
            since=self._plan.begins,
            instances=self._plan.instances,
            regimes=self._plan.settings.regimes,
            leverage=self._plan.settings.leverage,
        )
        sender = Sender(self._exchange, lambda: self._at, Guard(self._world, engine.market), self._exchange)
        self.driver = Driver(engine, log, sender, lambda _envelope: None, tape=tape)
        self._warm_up(first)
        if begins:
            self.driver.handle(opening(self._plan.opening.log_id, self._plan.commands(), self._at))
        else:
            self.driver.handle(Started(self._at, self._plan.settings))

    def trade(self, first: int, upto: int) -> None:
        """Trades these instants, a request by hand now and then, and a tick after each."""
        for number in range(first, upto):
            self._at, candles = INSTANTS[number]
            self._exchange.on_candles(candles)
            self.driver.handle(Reported(self._at, tuple(self._exchange.reports())))
            self.driver.handle(MarketMoved(self._at, candles))
            if number % _REQUEST_EVERY == 0:
                self.driver.handle(self._order(number))
            self._at += timedelta(seconds=1)
            self.driver.handle(Tick(self._at))

    def _restored(self) -> SimulatedExchange:
        simulation = self._world.portfolio.settings.settings.simulation
        return SimulatedExchange.restored(self._world, rules_of(simulation), simulation.seed, self._at)

    def _session(self) -> SessionBegun:
        return SessionBegun(
            at=self._at,
            folded=self._world.ordinal,
            log_id=self._plan.opening.log_id,
            account=self._plan.account,
            source=SOURCE,
            since=self._plan.begins,
            strategies=self._plan.settings.strategies,
            filters=self._plan.settings.filters,
            regimes=self._plan.settings.regimes,
            leverage=self._plan.settings.leverage,
        )

    def _warm_up(self, first: int) -> None:
        for instrument in self._plan.instruments:
            past = INSTANTS[max(first - _WARM_UP, 0) : first]
            candles = tuple(one for _, closed in past for one in closed if one.instrument == instrument.id)
            self.driver.handle(Warmed(self._at, candles))

    def _order(self, number: int) -> RequestMade:
        candle = next(one for one in INSTANTS[number][1] if one.instrument == BTC)
        tick = next(one.tick for one in self._plan.instruments if one.id == BTC)
        terms = ManualTerms(
            instrument=BTC,
            side=Side.BUY,
            type=OrderType.LIMIT,
            quantity=Decimal("0.01"),
            limit_price=near(candle, tick, "0.99"),
            stop=near(candle, tick, "0.9"),
            target=near(candle, tick, "1.1"),
        )
        requested = Requested(
            id=f"by-hand-{number}",
            account=self._plan.account,
            actor="eve",
            valid_until=self._at + timedelta(minutes=1),
            request=PlaceOrder(terms),
        )
        return RequestMade(self._at, self._at, requested)


class Stepped(Protocol):
    """Called at each named step of a run; a test ends the process there."""

    def __call__(self, step: str, /) -> None: ...


class SteppedLog:
    """A log that names its steps."""

    def __init__(self, log: EventLog, step: Stepped) -> None:
        self._log, self._step = log, step
        self.head, self.read, self.read_stream = log.head, log.read, log.read_stream
        self.check, self.check_answers, self.close = log.check, log.check_answers, log.close

    def append(self, envelopes: Sequence[Envelope]) -> int:
        self._step("inputs kept")
        last = self._log.append(envelopes)
        self._step("unit recorded")
        return last


class SteppedTape:
    """A tape that names its steps."""

    def __init__(self, tape: InputTape, step: Stepped) -> None:
        self._tape, self._step = tape, step
        self.close = tape.close

    def take(self, given: Taped) -> None:
        self._tape.take(given)
        self._step("input taken")

    def keep(self) -> None:
        self._step("unit decided")
        self._tape.keep()


def no_step(_step: str) -> None:
    """Lets the run pass every step."""


def trade(path: Path, first: int, upto: int, step: Stepped = no_step, plan: Plan = PLAN) -> None:
    """One session on the log in this file, with its tape beside it."""
    with closing(open_sqlite(path, AvroCodec())) as log, closing(SqliteTape(path, _clock)) as tape:
        TapedRun(SteppedLog(log, step), SteppedTape(tape, step), first, plan).trade(first, upto)


def replayed(path: Path, until: Until = Until(), into: EventLog | None = None) -> Replay:  # noqa: B008  (immutable)
    """The replay of the log in this file, to its end."""
    with closing(read_log(path, AvroCodec())) as log:
        replay = Replay(log, AvroCodec(), read_sqlite(path), until, into)
        for _ordinal in replay.steps():
            pass
        return replay


def frames(path: Path) -> Sequence[tuple[int, bytes]]:
    """The events of the log in this file, as bytes."""
    with closing(read_log(path, AvroCodec())) as log:
        return list(log.frames(0, log.head()))


def _clock() -> datetime:
    return INSTANTS[0][0]
