"""The filters of `whence log`, and the errors for filters that name nothing in the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.errors import InvalidInput
from domain.events import FULL_NAMES
from domain.instrument import Instrument
from domain.log import Recorded
from domain.plain_text import similar
from domain.position import PositionOrphaned
from domain.signal import SignalDetected


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of events; an empty field matches every event."""

    streams: frozenset[str]
    types: frozenset[str]
    chain: str | None
    account: str | None
    since: datetime | None
    until: datetime | None
    as_of: datetime | None = None
    instruments: frozenset[str] = frozenset()
    first: int = 1
    strategies: frozenset[str] = frozenset()

    def matches(self, recorded: Recorded, instrument: str | None = None, strategy: str | None = None) -> bool:
        """Whether the event passes the filter.

        `instrument` is what it concerns (see `Subjects`), `strategy` whose signal it follows from (see `Proposers`);
        only a filter that names one needs it.
        """
        meta = recorded.envelope.meta
        return (
            recorded.ordinal >= self.first
            and (not self.instruments or instrument in self.instruments)
            and (not self.strategies or strategy in self.strategies)
            and (not self.streams or meta.stream in self.streams)
            and (not self.types or type(recorded.envelope.event).__name__ in self.types)
            and self.chain in (None, meta.correlation_id)
            and self.account in (None, meta.account)
            and (self.since is None or meta.recorded_at >= self.since)
            and (self.until is None or meta.recorded_at < self.until)
            and (self.as_of is None or meta.recorded_at <= self.as_of)
        )

    @property
    def names_something(self) -> bool:
        """Whether the filter names a stream, a chain, an account, an instrument or a strategy, which the log may not
        have.
        """
        named = bool(self.streams) or bool(self.instruments) or bool(self.strategies)
        return named or self.chain is not None or self.account is not None

    @property
    def reads_after(self) -> int:
        """The ordinal after which the log is read: an event's instrument and strategy can follow from an earlier
        event.
        """
        return 0 if self.instruments or self.strategies else self.first - 1


class Subjects:
    """The instrument that each event of a log concerns, read in order: its own, or that of its stream."""

    def __init__(self) -> None:
        self._of_streams: dict[str, str] = {}

    def instrument_of(self, recorded: Recorded) -> str | None:
        """The instrument's id; None for an event that concerns none, or all."""
        stream, own = recorded.envelope.meta.stream, getattr(recorded.envelope.event, "instrument", None)
        if own is None:
            return self._of_streams.get(stream)
        if isinstance(own, Instrument):  # its rules, in the one stream of all instruments
            return own.id
        self._of_streams[stream] = str(own)
        return str(own)


class Proposers:
    """The strategy from whose signal each event of a log follows, read in order.

    An event has the strategy that it names, else that of its stream, else that of its chain. A stream of a signal, an
    order or a position is the strategy's whose chain it begins in, and a position that is handed over is the heir's: so
    a close that a person requests is an event of the strategy's position.
    """

    def __init__(self) -> None:
        self._of_chains: dict[str, str] = {}
        self._of_streams: dict[str, str] = {}

    def strategy_of(self, recorded: Recorded) -> str | None:
        """The strategy's id; None for an event that follows from no signal."""
        meta, event = recorded.envelope.meta, recorded.envelope.event
        if type(event) is SignalDetected:
            self._of_chains[meta.correlation_id] = event.strategy
        own = getattr(event, "strategy", None)
        found = own or self._of_streams.get(meta.stream) or self._of_chains.get(meta.correlation_id)
        if found is not None and meta.stream.startswith(_OF_ONE_STRATEGY):
            heir = event.heir if type(event) is PositionOrphaned else None
            self._of_streams[meta.stream] = heir or found
        return found


_OF_ONE_STRATEGY = ("signal-", "order-", "position-")


@dataclass(slots=True)
class Names:
    """The streams, chains and accounts of the events that were read, and their instruments and strategies where the
    filter `wanted` names one.
    """

    wanted: Filter
    streams: set[str] = field(default_factory=set[str])
    chains: set[str] = field(default_factory=set[str])
    accounts: set[str] = field(default_factory=set[str])
    instruments: set[str] = field(default_factory=set[str])
    strategies: set[str] = field(default_factory=set[str])

    def of(self, events: Iterable[Recorded]) -> Iterator[Recorded]:
        """The same events; their names are noted."""
        subjects, proposers = Subjects(), Proposers()
        for recorded in events:
            meta = recorded.envelope.meta
            if self.wanted.instruments and (instrument := subjects.instrument_of(recorded)) is not None:
                self.instruments.add(instrument)
            if self.wanted.strategies and (strategy := proposers.strategy_of(recorded)) is not None:
                self.strategies.add(strategy)
            self.streams.add(meta.stream)
            self.chains.add(meta.correlation_id)
            self.accounts.add(meta.account)
            yield recorded

    def unknown(self) -> Sequence[str]:
        """A sentence, with similar names, for each name in the filter that no event has."""
        named = (
            ("stream", sorted(self.wanted.streams), self.streams),
            ("chain", _given(self.wanted.chain), self.chains),
            ("account", _given(self.wanted.account), self.accounts),
            ("instrument", sorted(self.wanted.instruments), self.instruments),
            ("strategy", sorted(self.wanted.strategies), self.strategies),
        )
        return [
            f"no {noun} of this log is called {name!r}{_similar(name, known)}"
            for noun, names, known in named
            for name in names
            if name not in known
        ]


def types_of(names: Iterable[str]) -> frozenset[str]:
    """The types of events. Raises InvalidInput, with similar names, where there is no such type."""
    known = {event.__name__ for event in FULL_NAMES}
    every = f"; there are: {', '.join(sorted(known))}"
    unknown = sorted(set(names) - known)
    faults = [f"no event is called {name}{_similar(name, known) or every}" for name in unknown]
    if faults:
        raise InvalidInput("; ".join(faults))
    return frozenset(names)


def _given(name: str | None) -> Sequence[str]:
    return () if name is None else (name,)


def _similar(name: str, known: set[str]) -> str:
    near = similar(name, known)
    return f"; did you mean {' or '.join(near)}?" if near else ""
