"""The same queries return the same responses on every kind of log and store."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.graphql.test_docs import questions
from tests.journeys.program import PATIENCE, whence
from tests.journeys.serving import Started, started

REACHED = "{ projections { kind ordinal } }"
MOMENTS = """query Then($ordinal: Ordinal!) {
  orders(first: 200, asOf: {ordinal: $ordinal}) { totalCount edges { node {
    id status filled leaves averagePrice fees reason updatedOrdinal } } }
  positions(first: 200, asOf: {ordinal: $ordinal}) { edges { node { id status quantity cost net stop target } } }
  accounts(asOf: {ordinal: $ordinal}) { account balance reserved exposure openRisk drawdown ordinal }
}"""
STORY = "query Story($id: ID!) { chain(id: $id) { ids roots lines } explain(orderId: $id) { lines } }"
FOLLOWED = "{ events(first: 200) { edges { node { ordinal id type line stream version causeId json } } } }"


@pytest.fixture
def on_kafka(
    kafka_bootstrap_servers: str, kafka_topic: str, postgres_database: str, tmp_path: Path
) -> Iterator[Started]:
    """An API that serves a run of the demo's tape on a Kafka log, with read models in PostgreSQL."""
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    events = traded(tmp_path, "--log", log)
    with started(tmp_path, "--read-only", "--log", log, "--store", postgres_database) as api:
        yield caught_up(api, events)


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Started]:
    """An API that serves a run of the same tape on the default log and store, which are SQLite files."""
    events = traded(tmp_path)
    with started(tmp_path, "--read-only") as api:
        yield caught_up(api, events)


def traded(folder: Path, *words: str) -> int:
    """Plays the demo's tape; returns the number of events in the log."""
    done = whence(folder, "paper", "--json", *words)
    assert done.returncode == 0, done.stderr
    return int(json.loads(done.stdout)["events"])


def caught_up(api: Started, events: int) -> Started:
    deadline = time.monotonic() + PATIENCE
    while any(
        one["ordinal"] < events for one in api.query(REACHED)["data"]["projections"] if one["kind"] == "TODAY"
    ):
        assert time.monotonic() < deadline, "the read models did not catch up"
    return api


def test_queries_moments_and_stories_are_equal_on_kafka_with_postgresql_and_on_sqlite(
    on_kafka: Started, on_sqlite: Started
) -> None:
    orders = [edge["node"]["id"] for edge in data_of(on_sqlite, MOMENTS, ordinal=500)["orders"]["edges"]]
    queries: list[tuple[str, dict[str, Any]]] = [
        *((question.query, question.variables) for question in questions()),
        *((MOMENTS, {"ordinal": ordinal}) for ordinal in (0, 1, 23, 99, 250, 421, 596)),
        *((STORY, {"id": order}) for order in orders[::7]),
        (FOLLOWED, {}),
    ]
    embedded, elsewhere = answers(on_sqlite, queries), answers(on_kafka, queries)
    assert len(orders) > 30
    for (query, variables), one, other in zip(queries, embedded, elsewhere, strict=True):
        assert one == other, (query, variables)


def answers(api: Started, queries: Sequence[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Sends the queries concurrently; returns the data of their responses."""
    documents, variables = zip(*queries, strict=True)
    with ThreadPoolExecutor(4) as several:
        return list(several.map(partial(_answered, api), documents, variables))


def _answered(api: Started, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    return data_of(api, query, **variables)


def data_of(api: Started, query: str, **variables: Any) -> dict[str, Any]:
    answer = api.query(query, **variables)
    assert "errors" not in answer, (query, answer)
    data: dict[str, Any] = answer["data"]
    return data
