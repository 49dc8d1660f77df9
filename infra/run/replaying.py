"""Replays a taped run: feeds the inputs to a new engine, and compares its events with the log, byte by byte.

Nothing is sent, and no clock is read. A session of the tape is one engine, from its start to its end. The events of an
append that did not become durable are not in the log; this can only be what followed from a session's last input.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import NamedTuple, NoReturn

from adapters.inputs.batch import TapedInput
from adapters.log.recorder_log import Codec, RecordedLog
from commands.engine import Engine
from commands.identity import Identity
from commands.input_tape import SessionBegun, Taped
from commands.inputs import Input, RequestMade
from commands.unit import Unit
from commands.watching import Instance
from commands.world import World
from domain.errors import InvalidEvent, InvalidInput, Refused, StrategyFailed
from domain.log import Envelope, EventLog
from domain.moving import LogMoved
from domain.settings import Settings
from infra.run.origin import of_this_log
from infra.trading import instances_of

_AT_ONCE = 500
"""The number of events that are copied in one append."""


class Difference(NamedTuple):
    """Where log and replay part: at this ordinal, after input `number` was fed.

    `recorded` is the event of the log there, `replayed` that of the replay; None where there is none.
    """

    reason: str
    ordinal: int
    number: int
    given: Taped
    recorded: Envelope | None = None
    replayed: Envelope | None = None


class Until(NamedTuple):
    """Where a replay ends, by the ordinal of an event or the time of an input; by default at the end of the tape."""

    ordinal: int | None = None
    at: datetime | None = None


class _End(NamedTuple):
    """The end of a session. `ordinal` is the last one that it recorded, as the next session states it; None where the
    tape ends with this session."""

    ordinal: int | None


class _Parted(Exception):
    """Carries the first difference."""

    def __init__(self, difference: Difference) -> None:
        super().__init__(difference.reason)
        self.difference = difference


class Replay:
    """One replay. `ordinal` is that of the last compared event, `folded` the number of events before the first session.

    `snapshot` is the ordinal of the states that it begins with; 0 where all events before were read from the log.
    `inputs` and `sessions` count what was fed. `difference` is the first one; None where there is none so far.
    """

    def __init__(
        self,
        log: RecordedLog,
        codec: Codec,
        tape: Iterable[TapedInput],
        until: Until = Until(),  # noqa: B008  (immutable)
        into: EventLog | None = None,
        world: World | None = None,
    ) -> None:
        """`codec` encodes events as the log's does. `into` is an empty log, which receives the replayed events.

        `world` holds the states that a snapshot has at its ordinal, up to which the log is not read.
        """
        self._log, self._codec, self._tape, self._until, self._into = log, codec, tape, until, into
        self._frames = Frames(log)
        self._world = world or World()
        self.snapshot = self._world.ordinal
        self._engine: Engine | None = None
        self._head = log.head()
        self.ordinal = self.folded = self.inputs = self.sessions = 0
        self.difference: Difference | None = None

    def steps(self) -> Iterator[int]:
        """Replays, and yields the ordinal reached after each input. Ends with the tape or the first difference.

        Sessions of another log, which was at the same place before, are passed over. Raises what the tape, the log and
        the settings of the strategies raise, and InvalidInput for a tape without a session of this log.
        """
        try:
            for taped, end in _with_ends(of_this_log(self._tape, self._log)):
                if self._is_reached(taped.given):
                    return
                self._feed(taped, end)
                self.inputs += 1
                yield self.ordinal
        except _Parted as parted:
            self.difference = parted.difference

    @property
    def _is_complete(self) -> bool:
        return self._until.ordinal is not None and self.ordinal >= self._until.ordinal

    def _is_reached(self, given: Taped) -> bool:
        return self._is_complete or (self._until.at is not None and given.at > self._until.at)

    def _feed(self, taped: TapedInput, end: _End | None) -> None:
        given = taped.given
        if isinstance(given, SessionBegun):
            self._begin(taped, given)
        else:
            self._process(taped, given, end)
        if end is not None and not self._is_complete:
            self._check_end(taped, end)

    @property
    def _running(self) -> Engine:
        assert self._engine is not None  # the first input of a tape is a SessionBegun
        return self._engine

    def _begin(self, taped: TapedInput, session: SessionBegun) -> None:
        if self._engine is None:
            self._fold(taped, session)
        elif session.folded != self.ordinal:
            self._part(f"the session states {session.folded} events before it", taped)
        self.sessions += 1
        self._engine = Engine(
            self._world,
            Identity(session.log_id, session.account, session.source),
            since=session.since,
            instances=_instances(session),
            regimes=session.regimes,
            leverage=session.leverage,
            marks=session.marks,
        )

    def _fold(self, taped: TapedInput, session: SessionBegun) -> None:
        """Takes the events before the first session from the snapshot and the log: no tape holds what led to them."""
        if self._head < session.folded:
            self._part(
                f"the tape begins after {session.folded} events, and the log holds {self._head}", taped
            )
        known = self.snapshot
        recorded = self._log.read(after=known if self._into is None else 0, upto=session.folded)
        while page := list(islice(recorded, _AT_ONCE)):
            self._world.fold_all(one.envelope for one in page if one.ordinal > known)
            self._add([one.envelope for one in page])
        self.ordinal = self.folded = session.folded

    def _process(self, taped: TapedInput, given: Input, end: _End | None) -> None:
        try:
            for unit in self._running.process(given):
                if not self._is_recorded(end):
                    return
                self._compare(unit, taped)
                self._running.confirm(unit)
        except _REFUSALS as fault:
            # The driver declines a request that leads to an invalid event; else the run ended with this error, too.
            declined = isinstance(fault, InvalidEvent) and isinstance(given, RequestMade)
            if not declined and end is None:
                self._part(f"the replay was refused: {fault}", taped)

    def _is_recorded(self, end: _End | None) -> bool:
        """Whether the log holds the next unit: only the last one of a session can be missing."""
        if end is None:
            return True
        if self._move() is not None:
            return False
        if end.ordinal is None:
            return self._frames.at(self.ordinal + 1) is not None
        return self.ordinal < end.ordinal

    def _compare(self, unit: Unit, taped: TapedInput) -> None:
        bodies = [self._codec.canonical(self._codec.encode(one)) for one in unit.envelopes]
        for ordinal, (envelope, body) in enumerate(
            zip(unit.envelopes, bodies, strict=True), self.ordinal + 1
        ):
            recorded = self._frames.at(ordinal)
            if recorded != body:
                reason = "the log ends" if recorded is None else "the events differ"
                self._part(reason, taped, ordinal, recorded, envelope)
        self._add(unit.envelopes)
        self.ordinal += len(bodies)

    def _check_end(self, taped: TapedInput, end: _End) -> None:
        """Parts where the log holds more events of the session than its inputs led to.

        No input leads to a move: those at the end of the log are passed over, others are taken from the log.
        """
        expected = self._head if end.ordinal is None else end.ordinal
        while self.ordinal < expected:
            move = self._move()
            if move is None:
                self._part("no input led to this event", taped, recorded=self._frames.at(self.ordinal + 1))
            if end.ordinal is None:
                return
            self._world.fold(move)
            self._add([move])
            self.ordinal += 1

    def _move(self) -> Envelope | None:
        """The next event of the log where that is the move to another storage."""
        recorded = self._frames.at(self.ordinal + 1)
        found = None if recorded is None else self._log.decode(recorded)
        return found if found is not None and isinstance(found.event, LogMoved) else None

    def _add(self, envelopes: Sequence[Envelope]) -> None:
        if self._into is not None:
            self._into.append(envelopes)

    def _part(
        self,
        reason: str,
        taped: TapedInput,
        ordinal: int | None = None,
        recorded: bytes | None = None,
        replayed: Envelope | None = None,
    ) -> NoReturn:
        found = None if recorded is None else self._log.decode(recorded)
        place = self.ordinal + 1 if ordinal is None else ordinal
        raise _Parted(Difference(reason, place, taped.number, taped.given, found, replayed))


_REFUSALS = (Refused, InvalidInput, StrategyFailed)


class Frames:
    """The log's events as bytes, read in order; looks once more where the log seems to end."""

    def __init__(self, log: RecordedLog) -> None:
        self._log = log
        self._page: Sequence[bytes] = ()
        self._first = 1

    def at(self, ordinal: int) -> bytes | None:
        """The canonical bytes of the event; None where the log holds none. Ordinals never decrease."""
        if not self._first <= ordinal < self._first + len(self._page):
            upto = min(self._log.head(), ordinal + _AT_ONCE - 1)
            self._page = [body for _, body in self._log.frames(ordinal - 1, upto)] if upto >= ordinal else ()
            self._first = ordinal
        return self._page[ordinal - self._first] if self._page else None


def _instances(session: SessionBegun) -> Sequence[Instance]:
    if not session.strategies:
        return ()
    return instances_of(replace(Settings(), strategies=session.strategies, filters=session.filters))


def _with_ends(tape: Iterable[TapedInput]) -> Iterator[tuple[TapedInput, _End | None]]:
    """Each input; the last one of a session with the session's end."""
    inputs = iter(tape)
    taped = next(inputs, None)
    while taped is not None:
        following = next(inputs, None)
        if following is None:
            yield taped, _End(None)
        elif isinstance(following.given, SessionBegun):
            yield taped, _End(following.given.folded)
        else:
            yield taped, None
        taped = following
