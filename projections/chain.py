"""The story of an id (of an order, a signal, an event …): every event that led to it and every event that followed.
A chain is the set of all events with one correlation id. It begins with an outside fact: a candle, a request, or a
report of an exchange.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from domain.command_fact import chain_fact, is_command
from domain.direction import Purpose
from domain.log import Envelope, Recorded, is_outside_fact
from domain.order import OrderAccepted, OrderFilled, OrderPlaced, OrderSubmitted
from domain.position import PositionClosed, PositionOpened
from domain.reconciliation import DiscrepancyFound, DiscrepancyResolved
from domain.streams import parse
from projections.exits import Closes
from projections.sentences import closed_by, sentence

_ORDINAL = re.compile(r"[0-9]{1,18}")


@dataclass(slots=True)
class Node:
    """One event and the events it caused, in log order. `exit` is what closed the position of a PositionClosed, by one
    word (`projections/exits.py`), and empty for every other event."""

    recorded: Recorded
    exit: str = ""
    caused: list[Node] = field(default_factory=list["Node"])

    @property
    def line(self) -> str:
        """The event's sentence; that of a closed position names the rule of the manager that closed it."""
        event = self.recorded.envelope.event
        return closed_by(event, self.exit) if isinstance(event, PositionClosed) else sentence(event)


@dataclass(frozen=True, slots=True)
class Story:
    """The outside facts that the chains began with, in log order, each with the events it caused.

    An event that was caused by a later outside fact (a report on an order) is listed under the first event of its
    stream.
    """

    roots: Sequence[tuple[str, Sequence[Node]]]
    chains: frozenset[str]

    @property
    def last(self) -> int:
        """The ordinal of the story's last event; 0 for a story without events."""
        return max((_last(node) for _, nodes in self.roots for node in nodes), default=0)


def _last(node: Node) -> int:
    return max([node.recorded.ordinal, *(_last(caused) for caused in node.caused)])


Read = Callable[[int, int | None], Iterable[Recorded]]
"""Reads the events of a log after an ordinal, up to another one or to its end (`domain.log.LogReader.read`)."""


def find_story(read: Read, wanted: str) -> Story | None:
    """The whole story of the order, signal, position, event, execution, discrepancy, chain or stream with the id
    `wanted`, or of the event at the ordinal `wanted`, as in `2088` or `#2088`; None where no event has this id or
    ordinal. An order has two ids: its client order id and the exchange's.

    The log is read once from its beginning, and then from the story's first event to its last. If one chain opened a
    position and another closed it, the position belongs to both chains, and the story contains both.
    """
    found = _found(read(0, None), wanted)
    if not found.chains:
        return None
    return story_of(_events_of(read(found.first - 1, found.last), found), found.chains)


def ids_in(log: Iterable[Recorded]) -> Iterator[str]:
    """The ids of chains, streams and discrepancies of these events; an id is repeated with each of its events."""
    for recorded in log:
        meta = recorded.envelope.meta
        yield from (meta.correlation_id, parse(meta.stream).id)
        if isinstance(event := recorded.envelope.event, DiscrepancyFound):
            yield event.discrepancy_id


def story_of(events: Iterable[Recorded], chains: Iterable[str]) -> Story:
    """The story of these events, which are all events of these chains in log order."""
    return Story(_tree(events), frozenset(chains))


@dataclass(frozen=True, slots=True)
class _Found:
    """The chains and the streams of positions of a story, and the ordinals of its first and its last event."""

    chains: set[str]
    positions: set[str]
    first: int
    last: int


def _found(log: Iterable[Recorded], wanted: str) -> _Found:
    """The chains with an event that has the id, the chains that share a position with them, and these positions.

    A stop that is placed without a parent while a position is open shares it, because it may close it: an adopted stop
    begins a chain. An ordinal without `#` counts only where no event has it as an id.
    """
    with_id, at_ordinal = set[str](), set[str]()
    held: dict[tuple[str, str], str] = {}
    chains_of: dict[str, set[str]] = defaultdict(set)
    ends: dict[str, tuple[int, int]] = {}
    ordinal = _ordinal_of(wanted)
    for recorded in log:
        meta, at = recorded.envelope.meta, recorded.ordinal
        ends[meta.correlation_id] = (ends.get(meta.correlation_id, (at, at))[0], at)
        if meta.stream.startswith("position-"):
            chains_of[meta.stream].add(meta.correlation_id)
        match recorded.envelope.event:
            case PositionOpened(instrument=instrument):
                held[meta.account, instrument] = meta.stream
            case PositionClosed():
                held = {place: stream for place, stream in held.items() if stream != meta.stream}
            case OrderPlaced(parent=None, purpose=Purpose.STOP, instrument=instrument):
                if stream := held.get((meta.account, instrument)):
                    chains_of[stream].add(meta.correlation_id)
            case _:
                pass
        if at == ordinal:
            at_ordinal.add(meta.correlation_id)
        if _has_id(recorded.envelope, wanted):
            with_id.add(meta.correlation_id)
    own = with_id or at_ordinal
    positions = {stream for stream, chains in chains_of.items() if chains & own}
    chains = own.union(*(chains_of[stream] for stream in positions))
    places = [ends[chain] for chain in chains]
    first, last = min((one for one, _ in places), default=0), max((one for _, one in places), default=0)
    return _Found(chains, positions, first, last)


def _ordinal_of(wanted: str) -> int | None:
    digits = wanted.removeprefix("#")
    return int(digits) if _ORDINAL.fullmatch(digits) else None


def _has_id(envelope: Envelope, wanted: str) -> bool:
    meta = envelope.meta
    if wanted in (meta.correlation_id, meta.stream, meta.causation_id) or str(meta.event_id) == wanted:
        return True
    if is_command(meta.causation_id) and wanted == chain_fact(meta.causation_id):
        return True
    match envelope.event:
        case (
            DiscrepancyFound(discrepancy_id=own)
            | DiscrepancyResolved(discrepancy_id=own)
            | OrderFilled(execution_id=own)
            | OrderSubmitted(venue_order_id=own)
            | OrderAccepted(venue_order_id=own)
        ):
            if wanted and own == wanted:
                return True
        case _:
            pass
    return bool(wanted) and meta.stream.endswith(wanted) and parse(meta.stream).id == wanted


def _events_of(log: Iterable[Recorded], found: _Found) -> Iterator[Recorded]:
    for recorded in log:
        meta = recorded.envelope.meta
        if meta.correlation_id in found.chains or meta.stream in found.positions:
            yield recorded


def _tree(events: Iterable[Recorded]) -> Sequence[tuple[str, Sequence[Node]]]:
    nodes: dict[str, Node] = {}
    begun: dict[str, Node] = {}
    roots: dict[str, list[Node]] = {}
    closes = Closes()
    for recorded in events:
        meta, event = recorded.envelope.meta, recorded.envelope.event
        closes.fold(meta.stream, event)
        exit_name = closes.exit_of(meta.stream, event) if isinstance(event, PositionClosed) else ""
        node = nodes[str(meta.event_id)] = Node(recorded, exit_name)
        above = nodes.get(meta.causation_id)
        if above is None and meta.causation_id not in roots:
            above = begun.get(meta.stream)
        siblings = roots.setdefault(meta.causation_id, []) if above is None else above.caused
        siblings.append(node)
        begun.setdefault(meta.stream, node)
    return list(roots.items())


def missing_causes(log: Iterable[Recorded]) -> Iterator[Recorded]:
    """Every event whose cause is neither an outside fact nor an earlier event."""
    seen: set[str] = set()
    for recorded in log:
        meta = recorded.envelope.meta
        if not is_outside_fact(meta.causation_id) and meta.causation_id not in seen:
            yield recorded
        seen.add(str(meta.event_id))
