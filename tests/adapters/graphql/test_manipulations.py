"""Recorded suspicions of manipulation by GraphQL: their evidence, filters, and as of a past event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import create_engine

from adapters.graphql.context import Served
from adapters.graphql.readers import Readers
from domain.manipulation import BookSide, ManipulationKind, ManipulationSuspected
from projections.bookkeeping import METADATA
from projections.source import ReadModels
from projections.store import prepare, writing
from tests.adapters.graphql.reading import Reading
from tests.commands.desk import Desk
from tests.commands.list_log import codec
from tests.commands.test_manipulating import FIRST, reading
from tests.projections.stores import WrittenLog, built
from tests.replacing import replace

SUSPICIONS = """query Suspicions($where: ManipulationFilter, $at: AsOfInput) {
  manipulations(where: $where, asOf: $at) { totalCount edges { node {
    instrument episode kind side score lowest highest firstAt at line ordinal
    walls { price size multiple distance placedAt withdrawnAt away score }
    event { type causeId }
  } } }
}"""
SIDE = BookSide.ASK if FIRST.side is BookSide.BID else BookSide.BID
SECOND: ManipulationSuspected = replace(FIRST, kind=ManipulationKind.LAYERING, side=SIDE, score=0.8)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reading]:
    """A log whose last two events are suspicions."""
    desk = Desk().opened()
    reading(desk, FIRST)
    reading(desk, SECOND, number=8)
    log = WrittenLog(desk.recorded)
    engine = prepare(create_engine(f"sqlite:///{tmp_path_factory.mktemp('book') / 'read.db'}"))
    with writing(engine) as connection:
        METADATA.create_all(connection)
    models = ReadModels(engine, built(engine, log).projections, log=log)
    with closing(Readers(1)) as readers:
        yield Reading(log, engine, models, Served(models, codec().decode, readers))
    engine.dispose()


def test_the_latest_suspicion_is_first_and_each_has_its_evidence_and_cause(served: Reading) -> None:
    found = served.query(SUSPICIONS)["manipulations"]
    second, first = (one["node"] for one in found["edges"])
    assert found["totalCount"] == 2
    assert (first["kind"], first["side"], first["score"], first["episode"]) == (
        FIRST.kind.value,
        FIRST.side.value,
        FIRST.score,
        FIRST.episode,
    )
    assert (second["kind"], second["side"]) == ("LAYERING", SIDE.value)
    assert [float(one["price"]) for one in first["walls"]] == [float(one.price) for one in FIRST.walls]
    assert [one["score"] for one in first["walls"]] == [one.score for one in FIRST.walls]
    assert first["event"] == {"type": "ManipulationSuspected", "causeId": f"book:{FIRST.instrument}:7"}


@pytest.mark.parametrize(
    ("where", "kinds"),
    [
        ({"kind": "LAYERING"}, ["LAYERING"]),
        ({"side": FIRST.side.value}, ["SPOOFING"]),
        ({"instrument": "ETHUSDT-LINEAR.BYBIT"}, []),
        ({"minScore": 0.81}, ["SPOOFING"]),
    ],
)
def test_a_filter_leaves_the_suspicions_that_meet_it(
    served: Reading, where: dict[str, object], kinds: list[str]
) -> None:
    found = served.query(SUSPICIONS, where=where)["manipulations"]["edges"]
    assert [one["node"]["kind"] for one in found] == kinds


def test_as_of_an_earlier_event_later_suspicions_are_not_there(served: Reading) -> None:
    last = len(list(served.log.read()))
    counts = [
        served.query(SUSPICIONS, at={"ordinal": ordinal})["manipulations"]["totalCount"]
        for ordinal in (last - 2, last - 1, last)
    ]
    assert counts == [0, 1, 2]
