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

    def matches(self, recorded: Recorded, instrument: str | None = None) -> bool:
        """Whether the event passes the filter.

        `instrument` is what it concerns (see `Subjects`); only a filter that names an instrument needs it.
        """
        meta = recorded.envelope.meta
        return (
            recorded.ordinal >= self.first
            and (not self.instruments or instrument in self.instruments)
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
        """Whether the filter names a stream, a chain, an account or an instrument, which the log may not have."""
        named = bool(self.streams) or bool(self.instruments)
        return named or self.chain is not None or self.account is not None

    @property
    def reads_after(self) -> int:
        """The ordinal after which the log is read: an event's instrument can follow from an earlier event."""
        return 0 if self.instruments else self.first - 1


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


@dataclass(slots=True)
class Names:
    """The streams, chains and accounts of the events that were read, and their instruments where the filter `wanted`
    names one.
    """

    wanted: Filter
    streams: set[str] = field(default_factory=set[str])
    chains: set[str] = field(default_factory=set[str])
    accounts: set[str] = field(default_factory=set[str])
    instruments: set[str] = field(default_factory=set[str])

    def of(self, events: Iterable[Recorded]) -> Iterator[Recorded]:
        """The same events; their names are noted."""
        subjects = Subjects()
        for recorded in events:
            meta = recorded.envelope.meta
            if self.wanted.instruments and (instrument := subjects.instrument_of(recorded)) is not None:
                self.instruments.add(instrument)
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
