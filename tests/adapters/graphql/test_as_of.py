"""After a run, queries with `asOf` return the same data as queries did during the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import create_engine

from adapters.avro import AvroCodec
from adapters.graphql.context import Served
from infra.config import WhenceSettings
from infra.logs import open_reader
from projections import builds
from projections.bookkeeping import METADATA, BuildKind, BuildStatus
from projections.catalogue import PROJECTIONS
from projections.runner import Runner
from projections.source import ReadModels
from projections.store import prepare, writing
from projections.work import works
from tests.adapters.graphql.reading import Reading

STATE = """query ($asOf: AsOfInput) {
  orders(first: 200, asOf: $asOf) {totalCount edges {node {
      id status reason quantity filled leaves notional averagePrice fees feeCurrency updatedAt closedAt updatedOrdinal
      fills {executionId price} held {id status quantity}}}}
  positions(first: 200, orderBy: NET, asOf: $asOf) {edges {node {
      id status quantity cost stop target net updatedOrdinal orders {id status}}}}
  signals(first: 200, asOf: $asOf) {edges {node {id status verdict decision {reasons votes {member approves}}}}}
  fills(asOf: $asOf) {totalCount}
  accounts(asOf: $asOf) {
      balance reserved exposure openPositions openRisk day dayRealised peak drawdown settings ordinal}
  performance(asOf: $asOf) {trades wins net sharpe sortino maxDrawdown}
  byDay: performance(by: DAY, asOf: $asOf) {value trades net}
  equity(first: 3, asOf: $asOf) {totalCount edges {node {balance}}}
  alerts(asOf: $asOf) {totalCount}
  objections(asOf: $asOf) {member reason count}
  events(first: 2, asOf: $asOf) {totalCount edges {node {ordinal line}}}
}"""
STEP = 97


@pytest.fixture(scope="module")
def recorded(demo_log: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, object]]:
    """The data that the query returned during the run, by the ordinal that the read models had reached."""
    engine = prepare(create_engine(f"sqlite:///{tmp_path_factory.mktemp('run') / 'read.db'}"))
    with writing(engine) as connection:
        METADATA.create_all(connection)
        begun = [
            builds.begin(connection, one, BuildKind.TODAY, BuildStatus.LIVE) for one in PROJECTIONS.values()
        ]
    with closing(open_reader(WhenceSettings(log=demo_log))) as log:
        models = ReadModels(engine, PROJECTIONS)
        served = Served(models, AvroCodec().decode)
        reading = Reading(log, engine, models, served)
        runner = Runner(log, works(engine, begun, PROJECTIONS, 0))
        answers: dict[int, object] = {}
        while runner.step(STEP):
            answers[runner.works[0].ordinal] = reading.query(STATE)
        yield answers
        served.readers.close()
    engine.dispose()


def test_a_query_as_of_an_ordinal_returns_the_same_data_as_during_the_run(
    reading: Reading, recorded: dict[int, object]
) -> None:
    assert len(recorded) > 5
    for ordinal, answer in recorded.items():
        assert reading.query(STATE, asOf={"ordinal": ordinal}) == answer
    assert len({str(answer) for answer in recorded.values()}) == len(recorded)


def test_a_time_names_the_last_event_recorded_at_or_before_it(reading: Reading) -> None:
    log = reading.events()
    middle = log[len(log) // 2]
    at = middle.envelope.meta.recorded_at
    last = max(one.ordinal for one in log if one.envelope.meta.recorded_at <= at)
    by_time = reading.query(STATE, asOf={"time": at.isoformat()})
    assert by_time == reading.query(STATE, asOf={"ordinal": last})


def test_as_of_ordinal_zero_every_list_is_empty(reading: Reading) -> None:
    data = reading.query(STATE, asOf={"ordinal": 0})
    assert (data["accounts"], data["orders"]["totalCount"], data["events"]["totalCount"]) == ([], 0, 0)


def test_one_operation_queries_several_moments(reading: Reading) -> None:
    fields = " ".join(
        f"at{ordinal}: events(first: 1, asOf: {{ordinal: {ordinal}}}) {{totalCount}}"
        for ordinal in (10, 20, 30, 40)
    )
    data = reading.query(f"{{{fields} now: events {{totalCount}}}}")
    assert {name: one["totalCount"] for name, one in data.items()} == {
        "at10": 10,
        "at20": 20,
        "at30": 30,
        "at40": 40,
        "now": reading.log.head(),
    }


def test_an_operation_with_too_many_moments_is_refused(reading: Reading) -> None:
    fields = " ".join(
        f"at{ordinal}: events(first: 1, asOf: {{ordinal: {ordinal}}}) {{totalCount}}" for ordinal in range(9)
    )
    result = reading.execute(f"{{{fields}}}")
    assert result.errors
    assert {(error.extensions or {})["code"] for error in result.errors} == {"BAD_INPUT"}
    assert "moments" in result.errors[0].message
