"""A backtest: a recording is fed to an engine with the simulated exchange, and gives a log of its own.

The market and the requests of people are those of the recording, at their times, and so are the settlements of funding
that its exchange has reported with their rate. Other reports of an exchange and comparisons with it are left out: the
simulated exchange fills the orders, on candles, and from the levels of readings where the recording has any. Its clock
stands at the last close, as in `infra/run/paper.py`: what is sent between two closes arrives at the open of its candle,
or it would be stale before the next one opens. What follows from a reading of a book is sent at the time of the
reading, and arrives after the latency: it is filled from the levels of the last reading before its arrival. Where the
book is not known by then, it waits for the next reading or the next candle: the candle in which it was sent opened at a
price of before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from adapters.simulated.fill_source import FillSource
from commands.door import Declined
from commands.driver import Driver
from commands.engine import Engine
from commands.exchange import Exchange, Funded
from commands.guarding import Guard
from commands.identity import Identity
from commands.input_tape import SessionBegun, Taped
from commands.inputs import MarketMoved, Relisted, Reported, RequestMade, Started, Tick, Warmed, opening
from commands.instrument import ListInstrument
from commands.opening import OpenLog
from commands.routes import Command
from commands.scorer import NO_SCORER, Scorer, ScoresGiven
from commands.sender import Sender
from commands.settings import ChangeSettings
from commands.settlements import is_of_open_position
from commands.stimulus import Stimulus
from commands.world import World
from domain.adjusting import adjusted_before_opening
from domain.candle import Candle
from domain.committees import POLICY_VERSION
from domain.log import Envelope, EventLog
from domain.mark import AccountMarked
from domain.market import BookReading
from domain.opening import LogOpened, Mode
from domain.settings import Settings, StrategySettings
from infra.run.demo_log import BACKTEST
from infra.run.other_model import OtherModel
from infra.run.recording import SourceLog
from infra.run.simulation import simulated
from infra.run.skipped_inputs import SkippedInputs, can_skip
from infra.run.twin_requests import TwinRequests
from infra.run.twins import Twins
from infra.trading import instances_of

_GROUP = "trading."
"""What stands before the names of settings on the command line."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a what-if changes: settings by dotted name with values as text, the strategies (None: unchanged), the
    version of the policy by which signals are judged, and the model that scores (None: those of the recording).
    """

    values: Mapping[str, str] = field(default_factory=dict[str, str])
    strategies: tuple[StrategySettings, ...] | None = None
    policy: int = POLICY_VERSION
    model: OtherModel | None = None

    def settings(self, recorded: Settings) -> Settings:
        """The settings in place of the recorded ones. Raises InvalidSettings and Refused, which name each fault."""
        if self.strategies is not None:
            recorded = replace(recorded, strategies=self.strategies)
        return adjusted_before_opening(recorded, self.values, _GROUP)


NO_CHANGE = Change()


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A backtest's change, and the id of the log that it makes."""

    log_id: UUID
    change: Change = NO_CHANGE


class Unanswered(NamedTuple):
    """A person's request that the backtest declined: the name of its class, when it was made, and why."""

    request: str
    at: datetime
    reason: str


class Backtest:
    """One backtest on one empty log; `declined` and `left_out` state what of the recording had no effect.

    `left_out` counts the inputs by the name of their class, and the settlements of funding whose report has no rate as
    `Funded`.
    """

    def __init__(
        self,
        source: SourceLog,
        variant: Variant,
        log: EventLog,
        seen: Callable[[Envelope], None],
        scorer: Scorer = NO_SCORER,
    ) -> None:
        """`seen` receives every event once. `scorer` makes the scores of the models in force: what the recording holds
        of them is of its own signals.

        Raises InvalidSettings where the simulated exchange does not support the account, an instrument or its settings.
        """
        self.left_out = Counter[str]()
        self.declined: list[Unanswered] = []
        self._source, self._variant, self._log, self._seen = source, variant, log, seen
        self._identity = Identity(variant.log_id, source.account, BACKTEST, variant.change.policy)
        self._world = World()
        self._twins = Twins(variant.log_id, source.opening.log_id, source.account)
        change = variant.change
        self._requests = TwinRequests(
            self._world, self._twins, frozenset(change.values), has_own_model=change.model is not None
        )
        self._exchange = simulated(
            source.instruments,
            source.stake,
            variant.change.settings(source.settings).simulation,
            source.opening.simulator,
            self._twins.in_source,
        )
        self._driver: Driver | None = None
        self._scorer = scorer
        self._sent_at = _LONG_AGO
        self._read_at: datetime | None = None
        self._has_read = False
        self._closed: dict[str, datetime] = {}
        self._settled: dict[str, datetime] = {}
        self._steps: Mapping[type, Callable[[Any], None]] = {
            SessionBegun: self._begin,
            Stimulus: self._command,
            Started: self._start,
            Warmed: self._warm,
            MarketMoved: self._move,
            RequestMade: self._request,
            Relisted: self._relist,
            Tick: self._tick,
            Reported: self._settle,
            ScoresGiven: lambda _given: None,
        }

    def steps(self, inputs: Iterable[Taped], *, skips: bool = False) -> Iterator[int]:
        """Feeds the inputs, and yields their number after each one. Raises what `feed` raises.

        With `skips` the inputs are held in memory, and where they are one session on candles, those that lead to
        nothing are passed over; the log is the same.
        """
        if skips:
            inputs = held = list(inputs)
            if can_skip(held):
                yield from self._skipped_steps(held)
                return
        for number, given in enumerate(inputs, 1):
            self.feed(given)
            yield number

    def _skipped_steps(self, inputs: Sequence[Taped]) -> Iterator[int]:
        skipped, reached = SkippedInputs(inputs, self._exchange), 0
        while reached < len(inputs):
            begin = reached
            if self._driver is not None and (reached := skipped.next(self._driver, begin)) > begin:
                self._pass_over(skipped.pass_over(self._driver, begin, reached))
                yield from range(begin + 1, reached + 1)
            given = inputs[reached]
            self.feed(given)
            if type(given) is SessionBegun:
                skipped.begin(self._running)
            reached += 1
            yield reached

    def _pass_over(self, last: Sequence[Candle]) -> None:
        self._closed.update((one.instrument, one.close_time) for one in last)
        self._sent_at = max(self._closed.values())

    def feed(self, given: Taped) -> None:
        """Feeds the next input; the first one of a log is a `SessionBegun`.

        Raises InvalidInput and InvalidSettings where the recording cannot be traded with these settings, StrategyFailed
        where a strategy raises, and the log's errors.
        """
        self._steps[type(given)](given)

    @property
    def exchange(self) -> Exchange:
        """The exchange that fills the orders."""
        return self._exchange

    @property
    def fills(self) -> Mapping[FillSource, int]:
        """The number of executions by what filled them, where the recording is not one of trades or books."""
        return self._exchange.fills

    @property
    def latest_mark(self) -> AccountMarked | None:
        """The account at the last candle, also if its hour is not over; None before the first candle."""
        return None if self._driver is None else self._driver.engine.latest_mark

    @property
    def _running(self) -> Driver:
        assert self._driver is not None  # the first input of a recording is a SessionBegun
        return self._driver

    def _begin(self, session: SessionBegun) -> None:
        recorded = replace(
            self._source.settings,
            strategies=session.strategies,
            filters=session.filters,
            regimes=session.regimes,
            leverage=session.leverage,
        )
        changed = self._variant.change.settings(recorded)
        of_session = replace(Settings(), strategies=changed.strategies, filters=changed.filters)
        instances = instances_of(of_session) if changed.strategies else ()
        engine = Engine(
            self._world,
            self._identity,
            since=session.since,
            instances=instances,
            regimes=changed.regimes,
            leverage=changed.leverage,
            marks=session.marks,
            scorer=self._scorer,
        )
        self._exchange.forget_books()
        self._has_read = False
        if not self._closed:
            self._sent_at = session.at
        sender = Sender(self.exchange, self._sending_time, Guard(self._world, engine.market), self._exchange)
        self._driver = Driver(engine, self._log, sender, self._see)

    def _see(self, envelope: Envelope) -> None:
        self._twins.observe(envelope)
        self._seen(envelope)

    def _command(self, stimulus: Stimulus) -> None:
        """Opens the log. Every later stimulus of a recording is of a comparison with an exchange or of a stop."""
        if not any(isinstance(ask.command, OpenLog) for ask in stimulus.asks):
            self._leave_out(stimulus)
            return
        model = self._variant.change.model
        own = () if model is None else model.commands
        commands = [*(self._of_opening(ask.command) for ask in stimulus.asks), *own]
        self._running.handle(opening(self._variant.log_id, commands, stimulus.at))

    def _of_opening(self, command: Command) -> Command:
        match command:
            case OpenLog():
                return OpenLog(opening_of(self._source, self._variant))
            case ChangeSettings():
                return ChangeSettings(self._variant.change.settings(command.settings), command.reason)
            case _:
                return command

    def _start(self, given: Started) -> None:
        self._running.handle(Started(given.at, self._variant.change.settings(given.configured)))

    def _warm(self, given: Warmed) -> None:
        """Candles that closed while no engine ran move the exchange, too: stops rest there."""
        missed = sorted(filter(self._is_missed, given.candles), key=_close_time)
        for at, closed in groupby(missed, key=_close_time):
            self._move_exchange(at, tuple(closed))
        if missed:
            self._report(given.at)
        self._running.handle(given)

    def _is_missed(self, candle: Candle) -> bool:
        return candle.instrument in self._closed and self._is_new(candle)

    def _is_new(self, candle: Candle) -> bool:
        """Whether the exchange has not had the candle: a session may move the market by one that it was warmed with."""
        known = self._closed.get(candle.instrument)
        return known is None or candle.open_time >= known

    def _move(self, given: MarketMoved) -> None:
        given = self._of_this_engine(given)
        self._meet_books(given.at)
        candles = tuple(one for one in given.events if type(one) is Candle and self._is_new(one))
        if candles:
            self._move_exchange(max(map(_close_time, candles)), candles)
        readings = [one for one in given.events if type(one) is BookReading]
        if readings:
            self._has_read = True
            self._exchange.on_readings(readings, given.at)
            self._meet_books(given.at)
        if candles or readings:
            self._report(given.at)
        self._read_at = given.at if readings else None
        self._running.handle(given)
        self._read_at = None

    def _meet_books(self, at: datetime) -> None:
        """Carries out what has arrived by `at` in markets whose books are known, and reports it."""
        if not self._has_read:
            return
        patience = self._world.portfolio.settings.settings.book.stale_seconds
        self._exchange.meet_books(at, timedelta(seconds=patience))
        self._report(at)

    def _of_this_engine(self, given: MarketMoved) -> MarketMoved:
        """The market without the books of instruments that another engine trades, so that every entry is made in the
        instruments of this one.

        A change may have put them in force, or out of force, in the middle of the recording; they are not listed.
        """
        if all(type(one) is not BookReading or self._is_here(one.instrument) for one in given.events):
            return given
        events = (
            one for one in given.events if type(one) is not BookReading or self._is_here(one.instrument)
        )
        return MarketMoved(given.at, tuple(events))

    def _is_here(self, instrument: str) -> bool:
        venues = self._world.portfolio.settings.settings.venues
        return self._exchange.trades(instrument) and not venues.is_elsewhere(instrument)

    def _sending_time(self) -> datetime:
        """The time of what is sent now. What is sent after it is not earlier, or a cancel would precede its order."""
        if self._read_at is not None:
            self._sent_at = max(self._sent_at, self._read_at)
        return self._sent_at

    def _move_exchange(self, at: datetime, candles: Sequence[Candle]) -> None:
        self._sent_at = max(at, self._sent_at) if self._closed else at
        self._exchange.on_candles(candles)
        self._closed.update(dict.fromkeys((one.instrument for one in candles), at))

    def _report(self, at: datetime) -> None:
        if reports := self.exchange.reports():
            self._running.handle(Reported(at, tuple(reports)))

    def _settle(self, given: Reported) -> None:
        """Funding is a fact of the market and is settled on what is held here; other reports are of other orders."""
        fundings = [one for one in given.reports if isinstance(one, Funded)]
        for one in fundings:
            self._fund(one)
        self._report(given.at)
        if not fundings or len(fundings) < len(given.reports):
            self._leave_out(given)

    def _fund(self, report: Funded) -> None:
        """A position of after the settlement is not funded; a settlement that is reported twice is settled once."""
        if report.rate is None or report.price is None:
            self._leave_out(report)
        elif report.at > self._settled.get(report.instrument, _LONG_AGO):
            self._settled[report.instrument] = report.at
            if is_of_open_position(report, self._world):
                self._exchange.fund(report.instrument, report.at, report.price, report.rate)

    def _request(self, given: RequestMade) -> None:
        request = self._requests.translated(given.requested.request)
        if request is None:
            self._leave_out(given)
            return
        requested = replace(given.requested, request=request)
        answer = self._running.handle(RequestMade(given.at, given.now, requested))
        if isinstance(answer, Declined):
            self.declined.append(Unanswered(type(request).__name__, given.at, answer.reason))

    def _relist(self, given: Relisted) -> None:
        self._running.handle(given)
        for ask in given.asks:
            if isinstance(ask.command, ListInstrument):
                name = ask.command.instrument.id
                self._exchange.relist(self._world.portfolio.instruments[name])

    def _tick(self, given: Tick) -> None:
        self._meet_books(given.at)
        self._running.handle(given)

    def _leave_out(self, given: Taped | Funded) -> None:
        self.left_out[type(given).__name__] += 1


def opening_of(source_log: SourceLog, variant: Variant) -> LogOpened:
    """The first event of the backtest's log."""
    source = source_log.opening
    return LogOpened(
        log_id=variant.log_id,
        mode=Mode.BACKTEST,
        tape=source_log.tape or f"log {source.log_id}",
        synthetic=source.synthetic,
        simulator=source.simulator,
    )


def _close_time(candle: Candle) -> datetime:
    return candle.close_time
