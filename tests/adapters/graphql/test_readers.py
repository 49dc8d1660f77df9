"""Of several concurrent operations each reads its own snapshot; callers share the places, and none is blocked."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Engine
from strawberry.types import ExecutionResult

from adapters.avro import AvroCodec
from adapters.graphql.context import Context, Served
from adapters.graphql.readers import Busy, Places, Readers
from adapters.graphql.schema import schema
from commands.caller import ANONYMOUS
from domain.order import OrderPlaced
from infra.config import WhenceSettings
from infra.logs import open_reader
from projections import builds
from projections.bookkeeping import BuildKind, BuildStatus
from projections.catalogue import PROJECTIONS
from projections.questions.orders import ORDERS
from projections.questions.page import count
from projections.runner import Runner
from projections.source import ReadModels, Source
from projections.store import writing
from projections.work import works
from tests.adapters.graphql.reading import Reading

SCHEMA = schema()
TWO = """{now: orders(first: 2) {totalCount edges {node {fills {price}}}}
    then: orders(first: 2, asOf: {ordinal: 100}) {totalCount}}"""


def test_fifty_concurrent_operations_complete_with_few_connections(reading: Reading) -> None:
    readers = Readers(2)
    served = Served(reading.models, reading.served.decode, readers)

    async def all_at_once() -> list[ExecutionResult]:
        executions = (SCHEMA.execute(TWO, context_value=Context(ANONYMOUS, served)) for _ in range(50))
        found = await asyncio.gather(*executions)
        return list(found)

    answers = asyncio.run(all_at_once())
    readers.close()
    assert len(answers) == 50
    assert {str(one.data) for one in answers} == {str(answers[0].data)}
    assert all(one.errors is None for one in answers)
    assert _taken(reading.engine) == 0


def _taken(engine: Engine) -> int:
    """The number of connections that are in use."""
    return int(engine.pool.checkedout())  # type: ignore[attr-defined]  # the pools of both databases have it


def test_an_operation_reads_one_snapshot_while_rows_are_written(store: Engine, demo_log: str) -> None:
    with writing(store) as connection:
        begun = [
            builds.begin(connection, one, BuildKind.TODAY, BuildStatus.LIVE) for one in PROJECTIONS.values()
        ]
    served = Served(ReadModels(store, PROJECTIONS), AvroCodec().decode)

    async def count_twice(runner: Runner) -> tuple[int, int, int]:
        context = Context(ANONYMOUS, served)
        moment = await context.moment()
        before = await moment.run(_count)
        await asyncio.to_thread(runner.catch_up)
        same = await moment.run(_count)
        await context.close()
        now = await (await context.moment()).run(_count)
        await context.close()
        return before, same, now

    with closing(open_reader(WhenceSettings(log=demo_log))) as log:
        runner = Runner(log, works(store, begun, PROJECTIONS, 0))
        runner.step(300)
        before, same, now = asyncio.run(count_twice(runner))
        placed = sum(isinstance(one.envelope.event, OrderPlaced) for one in log.read())
    served.readers.close()
    assert before == same
    assert (before < now, now) == (True, placed)


def _count(source: Source) -> int:
    return count(source, ORDERS, {})


async def _taken_in_turn(places: Places, callers: list[str]) -> list[str]:
    """The order in which these operations get a place, if each gives its place back after three steps of the loop."""
    order: list[str] = []

    async def operation(caller: str) -> None:
        await places.take(caller)
        order.append(caller)
        for _ in range(3):
            await asyncio.sleep(0)
        places.give_back(caller)

    await asyncio.gather(*(operation(caller) for caller in callers))
    return order


def test_freed_places_go_round_the_callers_and_one_caller_never_has_all() -> None:
    order = asyncio.run(_taken_in_turn(Places(3), ["mallory"] * 40 + ["vera", "tess", "vera"]))
    assert order[:3] == ["mallory", "mallory", "vera"]
    assert order.index("tess") < 8
    assert order.count("mallory") == 40


def test_a_caller_with_too_many_waiting_operations_is_refused_and_others_are_not() -> None:
    async def refused() -> tuple[int, str]:
        places = Places(2)
        await places.take("mallory")
        waiting = [asyncio.create_task(places.take("mallory")) for _ in range(64)]
        await asyncio.sleep(0)
        with pytest.raises(Busy) as busy:
            await places.take("mallory")
        await places.take("vera")
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        places.give_back("mallory")
        await places.take("mallory")
        return busy.value.seconds, str(busy.value)

    assert asyncio.run(refused()) == (1, "too many of your queries are waiting; try again in 1 s")


def test_an_operation_that_is_cancelled_as_it_gets_its_place_frees_it() -> None:
    async def freed() -> None:
        places = Places(1)
        await places.take("vera")
        waiting = asyncio.create_task(places.take("vera"))
        await asyncio.sleep(0)
        places.give_back("vera")
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.wait_for(places.take("tess"), 1)

    asyncio.run(freed())


class Counted(Readers):
    """Counts the works."""

    done = 0

    async def run(self, work: Any) -> Any:
        self.done += 1
        return await super().run(work)


def works_of(reading: Reading, document: str) -> int:
    """The number of works in which the operation was executed without errors; no place is left taken."""
    readers = Counted()
    served = Served(reading.models, reading.served.decode, readers)
    result = asyncio.run(SCHEMA.execute(document, context_value=Context(ANONYMOUS, served)))
    readers.close()
    assert isinstance(result, ExecutionResult)
    assert (result.errors, _taken(reading.engine)) == (None, 0)
    return readers.done


@pytest.mark.parametrize(
    ("document", "works"),
    [
        ("{orders(first: 2) {edges {cursor node {id}} pageInfo {hasNextPage}}}", 1),
        ("{orders(first: 2) {edges {node {id}} totalCount}}", 3),
        ("{orders(first: 2) {edges {node {fills {price}}}}}", 3),
        ("{orders(first: 2) {edges {node {id}}} fills(first: 1) {edges {node {price}}}}", 3),
    ],
    ids=["a page alone", "with a count", "with another list below", "two pages"],
)
def test_a_page_alone_is_read_and_its_snapshot_closed_in_one_work(
    reading: Reading, document: str, works: int
) -> None:
    assert works_of(reading, document) == works


def test_an_operation_that_shares_the_fragment_of_a_page_alone_keeps_its_snapshot_for_what_it_reads_below(
    reading: Reading,
) -> None:
    document = """query page {...f} query both {...f orders(first: 2) {edges {node {fills {price}}}}}
        fragment f on Query {orders(first: 2) {pageInfo {hasNextPage}}}"""
    read_once: list[bool] = []
    for name in ("page", "both", "page"):
        with closing(Readers()) as readers:
            context = Context(ANONYMOUS, Served(reading.models, reading.served.decode, readers))
            result = asyncio.run(SCHEMA.execute(document, context_value=context, operation_name=name))
        assert isinstance(result, ExecutionResult)
        assert result.errors is None
        read_once.append(context.reads_once)
    assert read_once == [True, False, True]
