"""The orders of a position include every stop that works at the exchange for it, however it came there."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import pytest
from sqlalchemy import Engine

from adapters.avro import AvroCodec
from adapters.graphql.context import Served
from adapters.tapes import synthetic_tape
from commands.exchange import Accepted
from commands.order import PlaceOrder
from domain.direction import Purpose, Side
from domain.order import OrderPlaced, OrderType
from domain.position import PositionIncreased
from domain.settings import IntentSettings, StrategySettings
from domain.streams import parse
from projections.chain import Node, find_story
from projections.source import ReadModels
from tests.adapters.graphql.reading import Reading
from tests.commands.list_log import ListLog
from tests.commands.test_gridding import Gridded
from tests.commands.test_reprotecting import Held
from tests.domain.history import BTC, D, an_order
from tests.journeys.runs import EAGER, plan, play
from tests.projections.stores import WrittenLog, built
from tests.replacing import replace

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
def reading_of(store: Engine, held: Held | WrittenLog) -> Generator[Reading]:
    log = held if isinstance(held, WrittenLog) else WrittenLog(held.desk.log.envelopes)
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


@cache
def with_additions() -> WrittenLog:
    """A run in which a strategy adds to a position."""
    log = ListLog()
    intents = IntentSettings(additions=1, reinforce_confidence=0.0, addition_spacing=D("0.0005"))
    settings = replace(EAGER, strategies=(StrategySettings("breakout"),), intents=intents)
    play(plan(synthetic_tape(4, ["BTCUSDT"], candles=1_200), settings), log)
    return WrittenLog(log.envelopes)


def test_stop_and_target_of_an_addition_are_orders_of_its_position_before_one_of_them_fills(
    store: Engine,
) -> None:
    log = with_additions()
    increased = next(one for one in log.read() if isinstance(one.envelope.event, PositionIncreased))
    fill = next(
        one for one in log.read() if str(one.envelope.meta.event_id) == increased.envelope.meta.causation_id
    )
    entry = parse(fill.envelope.meta.stream).id
    behind = {
        parse(one.meta.stream).id
        for one in log.envelopes
        if isinstance(one.event, OrderPlaced) and one.event.parent == entry
    }
    assert len(behind) == 2
    with reading_of(store, log) as reading:
        for variables in ({}, {"asOf": {"ordinal": increased.ordinal}}):
            found = reading.query(POSITIONS, **variables)["positions"]["edges"]
            (node,) = (
                edge["node"]
                for edge in found
                if edge["node"]["id"] == parse(increased.envelope.meta.stream).id
            )
            orders = {one["id"]: one for one in node["orders"]}
            assert orders.keys() >= {entry, *behind}
            assert all(one["held"] == {"id": node["id"]} for one in orders.values())
            if variables:
                assert "FILLED" not in {orders[one]["status"] for one in behind}


def test_stops_and_targets_of_the_levels_of_a_grid_are_orders_of_its_position(store: Engine) -> None:
    grid = Gridded()
    for leg, price in (("e1", 98), ("e2", 96)):
        grid.fill(leg, price)
    legs = {f"{leg}{number}" for leg in "est" for number in (1, 2)}
    with reading_of(store, WrittenLog(grid.desk.log.envelopes)) as reading:
        ((edge,),) = (reading.query(POSITIONS)["positions"]["edges"],)
        assert {one["id"].rpartition("-")[2] for one in edge["node"]["orders"]} == legs


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
