"""The same questions have the same answers, whatever log and whatever store they are asked of."""

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
    """The demo's tape on a Kafka log, its read models in PostgreSQL."""
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    events = traded(tmp_path, "--log", log)
    with started(tmp_path, "--read-only", "--log", log, "--store", postgres_database) as api:
        yield caught_up(api, events)


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Started]:
    """The same on the embedded default."""
    events = traded(tmp_path)
    with started(tmp_path, "--read-only") as api:
        yield caught_up(api, events)


def traded(folder: Path, *words: str) -> int:
    """Trades the demo's market; returns how many events the log has."""
    done = whence(folder, "paper", "--json", *words)
    assert done.returncode == 0, done.stderr
    return int(json.loads(done.stdout)["events"])


def caught_up(api: Started, events: int) -> Started:
    deadline = time.monotonic() + PATIENCE
    while any(
        one["ordinal"] < events for one in api.ask(REACHED)["data"]["projections"] if one["kind"] == "TODAY"
    ):
        assert time.monotonic() < deadline, "the read models did not catch up"
    return api


def test_ten_questions_every_moment_and_every_story(on_kafka: Started, on_sqlite: Started) -> None:
    orders = [edge["node"]["id"] for edge in told(on_sqlite, MOMENTS, ordinal=500)["orders"]["edges"]]
    asked: list[tuple[str, dict[str, Any]]] = [
        *((question.query, question.variables) for question in questions()),
        *((MOMENTS, {"ordinal": ordinal}) for ordinal in (0, 1, 23, 99, 250, 421, 596)),
        *((STORY, {"id": order}) for order in orders[::7]),
        (FOLLOWED, {}),
    ]
    embedded, elsewhere = answers(on_sqlite, asked), answers(on_kafka, asked)
    assert len(orders) > 40
    for (query, variables), one, other in zip(asked, embedded, elsewhere, strict=True):
        assert one == other, (query, variables)


def answers(api: Started, asked: Sequence[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Several at once, as clients do."""
    queries, variables = zip(*asked, strict=True)
    with ThreadPoolExecutor(4) as several:
        return list(several.map(partial(_told, api), queries, variables))


def _told(api: Started, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    return told(api, query, **variables)


def told(api: Started, query: str, **variables: Any) -> dict[str, Any]:
    answer = api.ask(query, **variables)
    assert "errors" not in answer, (query, answer)
    data: dict[str, Any] = answer["data"]
    return data
