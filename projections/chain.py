"""The story of an id (of an order, a signal, an event …): every event that led to it and every event that followed.
A chain is the set of all events with one correlation id. It begins with an outside fact: a candle, a request, or a
report of an exchange.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from domain.command_fact import chain_fact, is_command
from domain.log import Envelope, Recorded, is_outside_fact
from domain.order import OrderFilled
from domain.streams import parse


@dataclass(slots=True)
class Node:
    """One event and the events it caused, in log order."""

    recorded: Recorded
    caused: list[Node] = field(default_factory=list["Node"])


@dataclass(frozen=True, slots=True)
class Story:
    """The outside facts that the chains began with, in log order, each with the events it caused.

    An event that was caused by a later outside fact (a report on an order) is listed under the first event of its
    stream.
    """

    roots: Sequence[tuple[str, Sequence[Node]]]
    chains: frozenset[str]


def find_story(read: Callable[[], Iterable[Recorded]], wanted: str) -> Story | None:
    """The whole story of the order, signal, position, event, execution, chain or stream with the id `wanted`; None
    where no event has this id.

    `read` returns the log from its beginning and is called twice. If one chain opened a position and another closed it,
    the position belongs to both chains, and the story contains both.
    """
    chains, positions = _found(read(), wanted)
    if not chains:
        return None
    return story_of(_events_of(read(), chains, positions), chains)


def story_of(events: Iterable[Recorded], chains: Iterable[str]) -> Story:
    """The story of these events, which are all events of these chains in log order."""
    return Story(_tree(events), frozenset(chains))


def _found(log: Iterable[Recorded], wanted: str) -> tuple[set[str], set[str]]:
    """The chains with an event that has the id, the chains that share a position with them, and the streams of these
    positions."""
    with_id: set[str] = set()
    chains_of: dict[str, set[str]] = defaultdict(set)
    for recorded in log:
        meta = recorded.envelope.meta
        if meta.stream.startswith("position-"):
            chains_of[meta.stream].add(meta.correlation_id)
        if _has_id(recorded.envelope, wanted):
            with_id.add(meta.correlation_id)
    positions = {stream for stream, chains in chains_of.items() if chains & with_id}
    return with_id.union(*(chains_of[stream] for stream in positions)), positions


def _has_id(envelope: Envelope, wanted: str) -> bool:
    meta = envelope.meta
    if wanted in (meta.correlation_id, meta.stream, meta.causation_id) or str(meta.event_id) == wanted:
        return True
    if is_command(meta.causation_id) and wanted == chain_fact(meta.causation_id):
        return True
    if isinstance(envelope.event, OrderFilled) and envelope.event.execution_id == wanted:
        return True
    return bool(wanted) and meta.stream.endswith(wanted) and parse(meta.stream).id == wanted


def _events_of(log: Iterable[Recorded], chains: set[str], positions: set[str]) -> Iterator[Recorded]:
    for recorded in log:
        meta = recorded.envelope.meta
        if meta.correlation_id in chains or meta.stream in positions:
            yield recorded


def _tree(events: Iterable[Recorded]) -> Sequence[tuple[str, Sequence[Node]]]:
    nodes: dict[str, Node] = {}
    begun: dict[str, Node] = {}
    roots: dict[str, list[Node]] = {}
    for recorded in events:
        meta = recorded.envelope.meta
        node = nodes[str(meta.event_id)] = Node(recorded)
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
