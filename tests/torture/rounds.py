"""A round: one log and one account, through many lives of the engine, and the verdict at its end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NamedTuple, Self

from adapters.avro import AvroCodec
from adapters.log.recorder_log import RecordedLog
from commands.door import Door
from commands.in_flight import orders_in_flight
from commands.world import World
from domain.log import Envelope
from infra.config import WhenceSettings
from infra.inputs import taped_inputs
from infra.logs import open_reader
from infra.run.commanding import distant_door, has_command_topic
from infra.run.replaying import Replay
from tests.adversary.cut_broker import CutBroker
from tests.adversary.proxy import Proxy
from tests.torture.cuts import Cutter
from tests.torture.life import Job
from tests.torture.living import Life
from tests.torture.people import Mirror, People
from tests.torture.plans import BY_HAND, Course, Plan, course, plan
from tests.torture.states import digest
from tests.torture.tallies import Tally
from tests.torture.venue import KEY, SECRET, SYMBOLS, Exchange, exchange
from tests.torture.verdicts import Wrong, intents_of, wrongs
from tests.torture.zygote import Zygote

_ACCOUNT = "paper"
_PATIENCE = 30.0
"""Seconds within which an engine trades after its start, at any fault, and within which all is settled without one."""
_LINGER = 0.1
"""Seconds for which an engine lives on after the actions of its life."""
_OUTLASTS = 15.0
"""Seconds within which an engine trades again after a cut of its line to Kafka; after that it is killed."""
_LOG_UNAVAILABLE = 4
"""The exit code of a start whose log does not answer."""
_LAST = 3_000
"""Characters of the program's output that a fault shows."""
_RANDOM, _UNREACHED = "a random moment", "the end of its acts, where its step was not reached"
_TRADING: Mapping[str, str] = {
    "WHENCE_TRADING__RISK__COOLDOWN_SECONDS": "0",
    "WHENCE_TRADING__RISK__MAX_DAILY_LOSS": "0.9",
    "WHENCE_TRADING__RISK__MINIMUM_WIN_RATE": "0",
    "WHENCE_TRADING__CAPS__MAX_ORDERS_PER_MINUTE": "0",
}
"""Limits that would soon stop the trading of a round, switched off or wide."""
_REVERSING: Mapping[str, str] = {
    "WHENCE_TRADING__ON_OPPOSITE": "REVERSE",
    "WHENCE_TRADING__REVERSE_OTHERS": "true",
    "WHENCE_TRADING__SIZING__RISK": "0.003",
}
"""In a round with reversals a signal reverses whatever is held; its entry is small enough for the account."""


_ADOPTING: Mapping[str, str] = {
    "WHENCE_TRADING__RECONCILIATION__EXTERNAL_ORDERS": "ADOPT",
    "WHENCE_TRADING__RECONCILIATION__EXTERNAL_POSITIONS": "ADOPT",
}
"""In a round in which a person uses the exchange's own interface."""


class Broken(Exception):
    """The round ended in a fault; the text says what is wrong."""


class Place(NamedTuple):
    """Where a round is: a folder of its own, with its keys and the program's output, and the log's address.

    `line` is what the engine reaches the log's Kafka through, at its address `through`; None where it is not cut.
    """

    folder: Path
    log: str
    through: str = ""
    line: Proxy | None = None

    @property
    def settings(self) -> WhenceSettings:
        """The settings by which the harness reads the log and sends requests."""
        return WhenceSettings(log=self.log, keys=self.folder / "keys", index=self.folder / "index")

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def last_lines(self) -> str:
        """The end of the program's output."""
        return self.output.read_text()[-_LAST:] if self.output.exists() else ""


def on_kafka(folder: Path, behind: CutBroker, topic: str) -> Place:
    """A round with its log in this topic of a broker whose line to the engine is cut."""
    log, through = (f"kafka://{one}/{topic}" for one in (behind.broker.url, behind.through))
    return Place(folder, log, through, behind.line)


def run_round(place: Place, zygote: Zygote, tally: Tally, kills: int, pace: float) -> None:
    """Kills the engine so often and judges; what was wrong is noted in the tally."""
    first, until = tally.lives, tally.kills + kills
    place.folder.mkdir(parents=True)
    with exchange(tally.seed + first) as venue, ThreadPoolExecutor(16) as pool, ExitStack() as held:
        here = Round.of(place, zygote, tally, pace, venue, pool, held)
        try:
            while tally.kills < until:
                here.live(plan(tally.seed, tally.lives, here.course))
            here.judge()
        except Broken as broken:
            tally.broken.append(
                f"{place.folder}, seed {tally.seed}, lives {first} to {tally.lives}: {broken}"
            )
        tally.rounds += 1
        tally.add(tally.faults, venue.struck)


def log_of(place: Place, held: ExitStack) -> RecordedLog:
    """The log of the round, open for reading until `held` is closed."""
    return held.enter_context(closing(open_reader(place.settings)))


@dataclass(slots=True)
class Round:
    """The seed of the tally and the numbers of the lives repeat the plans; what the machine does besides, nothing
    repeats. `first` is the number of its first life, `pace` divides the engine's patience. `has_traded` is whether one
    of its engines has come so far.
    """

    place: Place
    zygote: Zygote
    tally: Tally
    pace: float
    venue: Exchange
    people: People
    held: ExitStack
    first: int
    course: Course
    cutter: Cutter | None
    distant: Door | None = None
    has_traded: bool = False

    @classmethod
    def of(
        cls,
        place: Place,
        zygote: Zygote,
        tally: Tally,
        pace: float,
        venue: Exchange,
        pool: ThreadPoolExecutor,
        held: ExitStack,
    ) -> Self:
        """A round at this exchange; what it opens is closed with `held`."""
        people = People(_ACCOUNT, venue, lambda: Mirror(log_of(place, held)), pool, tally.answers)
        of_round = course(tally.seed, tally.lives)
        cutter = None if place.line is None else held.enter_context(Cutter(place.line, venue.count))
        return cls(place, zygote, tally, pace, venue, people, held, tally.lives, of_round, cutter)

    # -- lives

    def live(self, planned: Plan) -> None:
        """One life, from its start to its end by SIGKILL, or by itself where a fault of the exchange ends its start."""
        chance = Random(f"{self.tally.seed}/{planned.number}/acts")
        self.venue.spoil(planned.faults)
        is_cut = self.cutter is not None and planned.cut is not None
        with self.begun(planned.step, planned.nth, is_cut=is_cut) as life:
            killer = threading.Timer(planned.moment * self._longest, life.kill)
            if not planned.step:
                killer.start()
            if self.trades(life):
                door = self._door(life)
                self.people.repeats(life, door)
                self._act(planned, life, door, chance)
                self._outlast(planned, life)
                life.passes(_LINGER)
            killer.cancel()
            life.kill()
            self._count(planned, life)
        self.venue.mend()
        for action in planned.while_dead:
            # The first start takes what was traded by hand before the log as it finds it, without the trades.
            if self.has_traded or action not in BY_HAND:
                self.people.market_does(action, chance)

    def _act(self, planned: Plan, life: Life, door: Door, chance: Random) -> None:
        when = chance.randrange(len(planned.actions))
        for number, action in enumerate(planned.actions):
            if not life.lives:
                return
            if number == when and planned.on_sockets is not None:
                name, more = planned.on_sockets
                self.venue.acts(name, **more)
            if number == when and self.cutter is not None and planned.cut is not None:
                self.cutter.cut(planned.cut)
            self.people.does(action, life, door, chance)

    def _outlast(self, planned: Plan, life: Life) -> None:
        """Lets the engine live until the cut of its line is over and it trades again, if the plan says so."""
        if self.cutter is None or planned.cut is None or not planned.cut.is_outlasted:
            return
        self.cutter.wait()
        life.passes(_LINGER)
        life.until(lambda: is_settled(self.people.world()), _OUTLASTS)

    def begun(self, step: str = "", nth: int = 1, *, is_cut: bool = False) -> Life:
        settings, environment = self.place.settings, dict(_TRADING)
        environment |= {"WHENCE_KEYS": str(settings.keys), "WHENCE_INDEX": str(settings.index)}
        environment |= _REVERSING if self.course.reverses else {}
        environment |= _ADOPTING if self.course.by_hand else {}
        environment |= {"WHENCE_ORDER_ENTRY": self.course.way}
        environment |= {"BYBIT_API_KEY": KEY, "BYBIT_API_SECRET": SECRET}
        log = self.place.through or self.place.log
        words = ["--address", self.venue.url, "--log", log, "--instruments", ",".join(SYMBOLS)]
        return Life(
            self.zygote,
            Job(
                words=["live", *words, "--interval", "1m", "--leverage", "5", "--port", "0"],
                folder=str(self.place.folder),
                environment=environment,
                output=str(self.place.output),
                step=step,
                nth=nth,
                pace=self.pace,
                is_cut=is_cut,
            ),
        )

    @property
    def _longest(self) -> float:
        """Seconds after its fork within which a life is ended at a random moment: the start on Kafka takes longer."""
        return 4.0 if has_command_topic(self.place.settings) else 1.2

    def _door(self, life: Life) -> Door:
        """The API's door to this engine; on Kafka that of another process, through the command topic."""
        if self.distant is None and has_command_topic(self.place.settings):
            self.distant = self.held.enter_context(distant_door(self.place.settings))
        return self.distant or life.door

    def trades(self, life: Life) -> bool:
        """Waits until the engine trades; returns whether it does. Raises Broken where it neither trades nor ends."""
        life.until(lambda: life.trades_since is not None, _PATIENCE)
        if life.trades_since is None and life.lives:
            raise Broken(f"the engine does not trade after {_PATIENCE:g} s:\n{self.place.last_lines()}")
        self.has_traded |= life.trades_since is not None
        return life.trades_since is not None

    def _count(self, planned: Plan, life: Life) -> None:
        tally, code = self.tally, life.end()
        tally.lives += 1
        if life.trades_since is not None:
            tally.recoveries.append(round(life.trades_since, 3))
        if code == -signal.SIGKILL:
            tally.add(tally.kills_at, {life.step or (_UNREACHED if planned.step else _RANDOM): 1})
        elif planned.faults or (code == _LOG_UNAVAILABLE and self._was_cut(life)):
            tally.gave_up += 1
        else:
            raise Broken(f"the engine ended by itself with code {code}:\n{self.place.last_lines()}")

    def _was_cut(self, life: Life) -> bool:
        return self.cutter is not None and self.cutter.has_cut_since(life.began)

    # -- verdict

    def judge(self) -> None:
        """The last life runs without a fault, in a market that stands still, until everything is settled."""
        if self.cutter is not None:
            self.cutter.wait()
        self.venue.stands_still()
        with self.begun() as life:
            self.trades(life)
            life.until(lambda: is_settled(self.people.world()), _PATIENCE)
            life.stop()
            code, state = life.end(), life.state
        if code:
            raise Broken(f"the engine ended with code {code}:\n{self.place.last_lines()}")
        with closing(open_reader(self.place.settings)) as log:
            events = [one.envelope for one in log.read()]
            world = World().fold_all(events)
            people = self.people
            found = [
                *wrongs(events, world, self.venue, people.promised, people.hands),
                *_repeated(world, state),
            ]
            replay = Replay(log, AvroCodec(), taped_inputs(self.place.settings))
            for _ in replay.steps():
                pass
        if replay.difference is not None or replay.ordinal != len(events):
            text = f"the replay ends at event {replay.ordinal} of {len(events)}: {replay.difference}"
            found.append(Wrong("differs", text))
        self._sum_up(events, found)

    def _sum_up(self, events: Sequence[Envelope], found: Sequence[Wrong]) -> None:
        tally = self.tally
        tally.orders += len(intents_of(events))
        tally.executions += len(self.venue.executions())
        tally.events += len(events)
        for kind, _text in found:
            tally.add(tally.wrong, {kind: 1})
        broken = [f"{kind}: {text}" for kind, text in found]
        if broken:
            raise Broken("\n".join(broken))


def is_settled(world: World) -> bool:
    """Whether the log was compared with the exchange and waits for nothing."""
    portfolio = world.portfolio
    return not (portfolio.discrepancies.reconciling or any(orders_in_flight(portfolio)))


def _repeated(world: World, state: str) -> Iterator[Wrong]:
    if digest(world) != state:
        yield Wrong("differs", "a fold of the whole log gives another state than the engine had")
