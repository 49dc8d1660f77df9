"""A long log of one account: the trading of one eager run, repeated with later times and other chains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

from commands.world import World
from domain.log import Envelope, Meta, event_id
from domain.opening import LogOpened
from domain.signal import SignalDetected
from domain.streams import parse
from tests.benchmarks.logs import owned
from tests.benchmarks.long_log import history_of_one
from tests.benchmarks.runs import renamed
from tests.replacing import replace

_BATCH = 2_000
_DIGITS = 5


def fill_one_account(address: str, events: int) -> int:
    """Writes at least `events` events of one account to the log and returns their exact number."""
    with closing(owned(address)) as log:
        waiting: list[Envelope] = []
        for envelope in one_account(events):
            waiting.append(envelope)
            if len(waiting) == _BATCH:
                log.append(waiting)
                waiting = []
        if waiting:
            log.append(waiting)
        return log.head()


def one_account(events: int) -> Iterator[Envelope]:
    """At least `events` events, in whole rounds of the trading of one run, which ends each time without exposure."""
    opening, trading = _parts(history_of_one())
    yield from opening
    rounds = -(-(events - len(opening)) // len(trading))
    repeated = _Repeated(opening, trading)
    for number in range(rounds):
        yield from repeated.round(number)


def _parts(history: Sequence[Envelope]) -> tuple[Sequence[Envelope], Sequence[Envelope]]:
    """The opening, and the trading up to the last moment without a position or an order."""
    begins = next(at for at, one in enumerate(history) if isinstance(one.event, SignalDetected))
    world, ends = World(), begins
    for at, envelope in enumerate(history, 1):
        world.fold(envelope)
        portfolio = world.portfolio
        if not portfolio.positions and not portfolio.entries and not portfolio.exits:
            ends = at
    return history[:begins], history[begins:ends]


class _Repeated:
    """Makes the rounds: streams that go on continue their versions, all others have new names."""

    def __init__(self, opening: Sequence[Envelope], trading: Sequence[Envelope]) -> None:
        first = opening[0].event
        assert isinstance(first, LogOpened)
        self._log_id, self._trading = first.log_id, trading
        self._begun = Counter(one.meta.stream for one in opening)
        self._each = Counter(one.meta.stream for one in trading)
        self._positions = Counter(_kind(stream) for stream in self._each if _is_position(stream))
        took = trading[-1].meta.recorded_at - opening[0].meta.recorded_at
        self._took = timedelta(days=took.days + 1)

    def round(self, number: int) -> Iterator[Envelope]:
        """The events of one round, counted from 0."""
        ids: dict[str, str] = {}
        for envelope in self._trading:
            yield self._moved(envelope, number, ids)

    def _moved(self, envelope: Envelope, number: int, ids: dict[str, str]) -> Envelope:
        meta, chain = envelope.meta, envelope.meta.correlation_id
        own = f"{chain[:-_DIGITS]}{number:0{_DIGITS}d}"
        stream, version = self._placed(meta, number, chain, own)
        name = event_id(self._log_id, stream, version)
        ids[str(meta.event_id)] = str(name)
        later = self._took * number
        changed: dict[str, Any] = {
            "event_id": name,
            "stream": stream,
            "version": version,
            "correlation_id": own,
            "causation_id": ids.get(meta.causation_id, meta.causation_id),
            "occurred_at": meta.occurred_at + later,
            "recorded_at": meta.recorded_at + later,
        }
        return Envelope(replace(meta, **changed), renamed(envelope.event, chain, own))

    def _placed(self, meta: Meta, number: int, chain: str, own: str) -> tuple[str, int]:
        """The stream and the version of an event in this round."""
        if _is_position(meta.stream):
            named, _, count = meta.stream.rpartition("-")
            return f"{named}-{int(count) + number * self._positions[named]}", meta.version
        if chain in meta.stream:
            return meta.stream.replace(chain, own), meta.version
        return meta.stream, meta.version + number * self._each[meta.stream]


def _is_position(stream: str) -> bool:
    return parse(stream).noun == "position"


def _kind(stream: str) -> str:
    return stream.rpartition("-")[0]
