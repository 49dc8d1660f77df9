"""The orders of a position include every stop that works at the exchange for it, however it came there."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine

from adapters.avro import AvroCodec
from adapters.graphql.context import Served
from commands.exchange import Accepted
from commands.order import PlaceOrder
from domain.direction import Purpose, Side
from domain.order import OrderType
from projections.chain import Node, find_story
from projections.source import ReadModels
from tests.adapters.graphql.reading import Reading
from tests.commands.test_reprotecting import Held
from tests.domain.history import BTC, D, an_order
from tests.projections.stores import WrittenLog, built

POSITIONS = """query ($asOf: AsOfInput) {positions(asOf: $asOf) {edges {node {
    id status orders {id purpose status held {id}}}}}}"""
_WORKING = ("ACCEPTED", "CANCEL_REQUESTED")
ADOPTED = "a-stop-of-a-person"


def with_stop_placed_again() -> Held:
    """A position whose first stop was cancelled at the exchange, and whose second works there."""
    held = Held()
    held.gone("s1")
    held.ticks(3)
    held.accepted("s2")
    return held


def adopts_a_stop(held: Held, side: Side = Side.SELL) -> None:
    """A stop at the price of the position's own, so that the position has no event of it."""
    terms = an_order(
        instrument=BTC,
        side=side,
        type=OrderType.STOP,
        purpose=Purpose.STOP,
        quantity=D(1),
        limit_price=None,
        trigger_price=D(98),
        reduce_only=True,
    )
    held.desk.ask(
        PlaceOrder(ADOPTED, terms, rules=None),
        Accepted(order_id=ADOPTED, at=held.desk.at, fact="exchange:test:adopted", venue_order_id="v9"),
        cause="exchange:test:v9-adopted",
    )


@contextmanager
def reading_of(store: Engine, held: Held) -> Generator[Reading]:
    log = WrittenLog(held.desk.log.envelopes)
    models = ReadModels(store, built(store, log).projections, log=log)
    served = Served(models, AvroCodec().decode)
    yield Reading(log, store, models, served)
    served.readers.close()


def working_stops(reading: Reading, **variables: object) -> dict[str, list[str]]:
    """The ids of the stops of each position that have not ended."""
    found = reading.query(POSITIONS, **variables)["positions"]["edges"]
    return {
        node["id"]: [
            one["id"] for one in node["orders"] if one["purpose"] == "STOP" and one["status"] in _WORKING
        ]
        for node in (edge["node"] for edge in found)
    }


def test_a_stop_that_the_engine_placed_again_is_among_the_orders_of_its_position(store: Engine) -> None:
    held = with_stop_placed_again()
    again, last = f"{held.chain}-s2", len(held.desk.log.envelopes)
    with reading_of(store, held) as reading:
        assert list(working_stops(reading).values()) == [[again]]
        assert list(working_stops(reading, asOf={"ordinal": last}).values()) == [[again]]
        (node,) = (edge["node"] for edge in reading.query(POSITIONS)["positions"]["edges"])
        assert all(one["held"] == {"id": node["id"]} for one in node["orders"])


def test_a_stop_placed_again_is_not_an_order_of_the_next_position_of_its_instrument(store: Engine) -> None:
    """Its end may be recorded after the next position was opened."""
    held = with_stop_placed_again()
    held.fills("t1", held.terms("t1").quantity, D(106))
    first = held.chain
    held.opens()
    with reading_of(store, held) as reading:
        stops = working_stops(reading).values()
        assert sorted(stops) == sorted([[f"{first}-s2"], [f"{held.chain}-s1"]])


@pytest.mark.parametrize(("side", "expected"), [(Side.SELL, 1), (Side.BUY, 0)])
def test_an_adopted_stop_is_among_the_orders_of_the_position_that_it_may_close(
    store: Engine, side: Side, expected: int
) -> None:
    held = Held()
    adopts_a_stop(held, side)
    with reading_of(store, held) as reading:
        (stops,) = working_stops(reading).values()
        assert stops.count(ADOPTED) == expected


@pytest.mark.parametrize("adopted", [False, True])
def test_the_story_of_a_position_has_its_later_stops(adopted: bool) -> None:
    held = Held() if adopted else with_stop_placed_again()
    if adopted:
        adopts_a_stop(held)
    (opened,) = held.desk.world.portfolio.positions.values()
    story = find_story(WrittenLog(held.desk.log.envelopes).read, opened.stream)
    assert story is not None
    streams = {node.recorded.envelope.meta.stream for _, roots in story.roots for node in below(roots)}
    wanted = ADOPTED if adopted else f"{held.chain}-s2"
    assert any(stream.endswith(wanted) for stream in streams)


def below(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from below(node.caused)
