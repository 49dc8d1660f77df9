"""What an id names in a story: an order, a signal, a position, an event, an execution, a discrepancy, a
chain or a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from domain.command_fact import chain_fact
from domain.errors import InvalidInput
from domain.log import Recorded, is_outside_fact
from domain.order import OrderAccepted, OrderFilled, OrderSubmitted
from domain.reconciliation import DiscrepancyFound, DiscrepancyResolved
from domain.streams import parse
from projections.chain import Node, Story

_MOST_NAMED = 5


class Kind(StrEnum):
    """The kinds of ids, in the order in which an id is read."""

    EVENT = "event"
    STREAM = "stream"
    ORDER = "client order id"
    SIGNAL = "signal"
    POSITION = "position"
    EXCHANGE_ORDER = "exchange order id"
    EXECUTION = "execution id"
    OF_STREAM = "id of a stream"
    DISCREPANCY = "discrepancy"
    CHAIN = "chain"
    FACT = "outside fact"
    ORDINAL = "ordinal"


_OF_NOUN: Mapping[str, Kind] = {"order": Kind.ORDER, "signal": Kind.SIGNAL, "position": Kind.POSITION}


class Subject(NamedTuple):
    """What an id names. `name` is the thing's stream; of an event, a discrepancy, a chain or an outside fact
    it is the id itself, and of an ordinal the ordinal as in #2088.
    """

    kind: Kind
    name: str


def subject_of(found: Story, wanted: str) -> Subject:
    """The one thing of the story that the id names.

    A signal and its chain have one id, and the signal is returned. Raises InvalidInput where the id names several
    things, such as the same client order id in two accounts; the message names them.
    """
    named = list(dict.fromkeys(_subjects(found, wanted)))
    things = list(dict.fromkeys(one.name for one in named if one.kind in OF_STREAMS))
    if len(things) > 1:
        shown = [f"{one.kind} of {one.name}" for one in named if one.kind in OF_STREAMS]
        more = f", and {len(shown) - _MOST_NAMED:,} more" if len(shown) > _MOST_NAMED else ""
        raise InvalidInput(
            f"{wanted!r} is ambiguous: {', '.join(shown[:_MOST_NAMED])}{more}; "
            "give the name of the stream, as in order-main-01hx3k9zq2m4c-e1, or the id of an event"
        )
    if not named:
        raise InvalidInput(f"{wanted!r} names nothing in this story")
    return min(named, key=lambda one: _RANKS[one.kind])


_RANKS: Mapping[Kind, int] = {kind: rank for rank, kind in enumerate(Kind)}
OF_STREAMS = frozenset(Kind) - {
    *(Kind.EVENT, Kind.STREAM, Kind.DISCREPANCY, Kind.CHAIN, Kind.FACT, Kind.ORDINAL)
}
"""The kinds whose subject is named by its stream, though the id is another text: two streams can share such an id."""


def nodes_of(found: Story) -> Iterator[Node]:
    """Every event of the story, each after the event above it."""
    for _, roots in found.roots:
        for root in roots:
            yield from _below(root)


def _below(node: Node) -> Iterator[Node]:
    yield node
    for caused in node.caused:
        yield from _below(caused)


def _subjects(found: Story, wanted: str) -> Iterator[Subject]:
    for node in nodes_of(found):
        for kind, name_of in _NAMES.items():
            name = name_of(node.recorded, wanted)
            if name:
                yield Subject(kind, name)
        stream = node.recorded.envelope.meta.stream
        if (parsed := parse(stream)).id == wanted:
            yield Subject(_OF_NOUN.get(parsed.noun, Kind.OF_STREAM), stream)


def _event(recorded: Recorded, wanted: str) -> str:
    return wanted if str(recorded.envelope.meta.event_id) == wanted else ""


def _stream(recorded: Recorded, wanted: str) -> str:
    return wanted if recorded.envelope.meta.stream == wanted else ""


def _exchange_order(recorded: Recorded, wanted: str) -> str:
    event, meta = recorded.envelope.event, recorded.envelope.meta
    return meta.stream if wanted and wanted == venue_order_id(event) else ""


def venue_order_id(event: object) -> str:
    """The id that the exchange gave the order in this event; empty for every other event."""
    return event.venue_order_id if isinstance(event, OrderSubmitted | OrderAccepted) else ""


def _execution(recorded: Recorded, wanted: str) -> str:
    event, meta = recorded.envelope.event, recorded.envelope.meta
    return meta.stream if isinstance(event, OrderFilled) and event.execution_id == wanted else ""


def _discrepancy(recorded: Recorded, wanted: str) -> str:
    event = recorded.envelope.event
    is_of_one = isinstance(event, DiscrepancyFound | DiscrepancyResolved) and event.discrepancy_id == wanted
    return wanted if is_of_one else ""


def _chain(recorded: Recorded, wanted: str) -> str:
    return wanted if recorded.envelope.meta.correlation_id == wanted else ""


def _fact(recorded: Recorded, wanted: str) -> str:
    cause = recorded.envelope.meta.causation_id
    return wanted if is_outside_fact(wanted) and wanted in (cause, chain_fact(cause)) else ""


def _ordinal(recorded: Recorded, wanted: str) -> str:
    return f"#{recorded.ordinal}" if wanted.removeprefix("#") == str(recorded.ordinal) else ""


_NAMES: Mapping[Kind, Callable[[Recorded, str], str]] = {
    Kind.EVENT: _event,
    Kind.STREAM: _stream,
    Kind.EXCHANGE_ORDER: _exchange_order,
    Kind.EXECUTION: _execution,
    Kind.DISCREPANCY: _discrepancy,
    Kind.CHAIN: _chain,
    Kind.FACT: _fact,
    Kind.ORDINAL: _ordinal,
}
"""What an event's id, stream and causes name, by kind: the name, or an empty text."""
