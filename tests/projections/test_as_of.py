"""Read models as of an ordinal equal the rows that the live builds had when the log ended at that ordinal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError

from domain.errors import InvalidInput, Refused
from domain.log import Envelope, Recorded
from domain.opening import LogOpened, Mode
from domain.order import OrderAccepted, OrderSubmitted
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from projections.bookkeeping import BuildKind
from projections.catalogue import PROJECTIONS
from projections.orders import ORDERS
from projections.runner import Runner
from projections.source import ReadModels
from projections.work import works
from tests.commands.list_log import ListLog
from tests.domain.history import LOG_ID, NOW, D, History, a_fill, an_open_day, an_order
from tests.projections.stores import WrittenLog
from tests.projections.travel import (
    Tables,
    all_tables,
    begun,
    embedded,
    histories,
    live_tables,
    models_of,
    run,
    sqlite_store,
)
from tests.replacing import replace

__all__ = ["embedded"]

SPECS = {spec.name: spec for one in PROJECTIONS.values() for spec in one.tables}

ENDS = (1, 31, 59, 60, 61, 180, 233, 421, 575)
"""Ordinals at checkpoints, one before or after a checkpoint, and far from any."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, Tables]:
    """For each ordinal in ENDS, the rows of the live builds when the log ended there."""
    with sqlite_store(tmp_path_factory.mktemp("seen")) as engine:
        return live_tables(engine, run(), ENDS)


def test_the_run_fills_most_tables(seen: Mapping[int, Tables]) -> None:
    assert len(run()) == ENDS[-1]
    assert any(one.meta.occurred_at < one.meta.recorded_at for one in run())
    full = {name for name, rows in seen[ENDS[-1]].items() if rows}
    assert len(full) > len(SPECS) * 0.6, SPECS.keys() - full


def test_every_table_as_of_an_ordinal_equals_the_live_table_at_that_time(
    store: Engine, seen: Mapping[int, Tables]
) -> None:
    log = WrittenLog(run())
    Runner(log, histories(store)).catch_up()
    models = models_of(store, log)
    for ordinal, expected in seen.items():
        with models.as_of(ordinal) as source:
            assert source.ordinal == ordinal
            assert all_tables(source) == expected, ordinal


def test_rows_as_of_an_ordinal_do_not_depend_on_a_history(
    embedded: Engine, seen: Mapping[int, Tables]
) -> None:
    models = models_of(embedded, WrittenLog(run()))
    for ordinal in (1, 233, 575):
        with models.as_of(ordinal) as source:
            assert all_tables(source) == seen[ordinal], ordinal


def test_from_a_history_that_is_behind_the_later_events_are_folded_up_to_the_ordinal(
    embedded: Engine, seen: Mapping[int, Tables]
) -> None:
    Runner(WrittenLog(run()[:150]), histories(embedded)).catch_up()
    with models_of(embedded, WrittenLog(run())).as_of(575) as source:
        assert all_tables(source) == seen[575]


def test_tables_that_are_only_added_to_are_read_from_the_live_build_and_folded_on_where_it_is_behind(
    store: Engine, seen: Mapping[int, Tables]
) -> None:
    """One live build is behind all these ordinals, at one of them, or ahead of them."""
    added = {name: one for name, one in PROJECTIONS.items() if any(spec.is_added_to for spec in one.tables)}
    assert {name for name, one in added.items() if one.is_added_to} == {
        "decisions",
        "journal",
        "manipulations",
    }
    assert set(added) == {"decisions", "journal", "equity", "fills", "manipulations"}
    live = works(store, begun(store, BuildKind.TODAY, added), added, 0)
    log = WrittenLog(run()[:1])
    runner, models = Runner(log, live), models_of(store, WrittenLog(run()), added)
    Runner(WrittenLog(run()[:400]), histories(store, added)).catch_up()
    for end in (40, 233, 575):
        log.append(run()[log.head() : end])
        runner.catch_up()
        for ordinal in (31, 61, 233, 421):
            with models.as_of(ordinal) as source:
                for name, rows in all_tables(source, added).items():
                    assert rows == seen[ordinal][name], (end, ordinal, name)


def test_read_models_as_of_an_ordinal_of_a_kafka_log_equal_the_live_read_models(
    embedded: Engine, seen: Mapping[int, Tables], kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    settings = WhenceSettings(log=f"kafka://{kafka_bootstrap_servers}/{kafka_topic}")
    with closing(open_owned(settings)) as owned:
        owned.append(run())
    with closing(open_reader(settings)) as log:
        Runner(log, histories(embedded)).catch_up()
        for ordinal in (61, 421):
            with models_of(embedded, log).as_of(ordinal) as source:
                assert all_tables(source) == seen[ordinal], ordinal


def test_before_the_first_event_every_table_is_empty(embedded: Engine) -> None:
    models = models_of(embedded, WrittenLog(run()))
    first = run()[0].meta.recorded_at
    for moment in (0, first - timedelta(microseconds=1)):
        with models.as_of(moment) as source:
            assert source.ordinal == 0
            assert not any(all_tables(source).values())


def test_a_fill_recorded_late_is_missing_before_it_was_recorded(store: Engine) -> None:
    order = an_open_day().order(
        "abc-e1", an_order(), OrderSubmitted("v1"), OrderAccepted("v1"), a_fill(D(10))
    )
    *before, fill = [*an_opening(), *order.envelopes]
    hour = timedelta(hours=1)
    late = replace(fill, meta=replace(fill.meta, occurred_at=NOW - 6 * hour, recorded_at=NOW + hour))
    log = ListLog([*before, late])
    Runner(log, histories(store, interval=4)).catch_up()
    models = ReadModels(store, PROJECTIONS, log=log, interval=4)
    came = len(log.envelopes)
    for moment in (came - 1, NOW, NOW + hour - timedelta(seconds=1)):
        with models.as_of(moment) as source:
            tables = all_tables(source)
            assert not tables["fills"]
            assert tables["orders"]["main", "abc-e1"]["filled"] == 0
    for moment in (came, NOW + hour):
        with models.as_of(moment) as source:
            (row,) = all_tables(source)["fills"].values()
            assert (row["at"], row["ordinal"]) == (NOW - 6 * hour, came)


def an_opening() -> Sequence[Envelope]:
    """LogOpened, the first event of a hand-made log."""
    return (
        History()
        .record("log", LogOpened(log_id=LOG_ID, mode=Mode.TAPE, tape="by hand", synthetic=True))
        .envelopes
    )


class CountedLog(WrittenLog):
    """Counts how often it is read."""

    reads = 0

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Recorded]:
        self.reads += 1
        return super().read(after, upto)


@pytest.mark.parametrize("journalled", [0, 200, 575])
def test_a_time_names_the_last_event_recorded_at_or_before_it(embedded: Engine, journalled: int) -> None:
    if journalled:
        journal = {"journal": PROJECTIONS["journal"]}
        Runner(
            WrittenLog(run()[:journalled]),
            works(embedded, begun(embedded, BuildKind.TODAY, journal), journal, 0),
        ).catch_up()
    log = CountedLog(run())
    models = models_of(embedded, log)
    times = [one.meta.recorded_at for one in run()]
    for moment in (
        times[0],
        times[100],
        times[300] - timedelta(microseconds=1),
        times[-1],
        times[-1] + timedelta(days=9),
    ):
        log.reads = 0
        with models.as_of(moment) as source:
            assert source.ordinal == sum(time <= moment for time in times)
        assert log.reads <= (1 if journalled == len(times) else 10)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (-1, "there is no ordinal -1: this log's go from 1 to 575"),
        (576, "there is no ordinal 576"),
        (datetime(2025, 4, 3, 14), "names no time zone"),  # noqa: DTZ001  (that is the fault)
    ],
)
def test_an_ordinal_beyond_the_log_and_a_time_without_zone_are_refused(
    embedded: Engine, moment: int | datetime, words: str
) -> None:
    with pytest.raises(InvalidInput, match=words), models_of(embedded, WrittenLog(run())).as_of(moment):
        pass


def test_read_models_without_a_log_refuse_the_past(embedded: Engine) -> None:
    with pytest.raises(Refused, match="opened without one"), ReadModels(embedded, PROJECTIONS).as_of(1):
        pass


def test_a_history_of_another_log_is_refused(embedded: Engine) -> None:
    Runner(WrittenLog(run()), histories(embedded)).catch_up()
    other = WrittenLog(an_opening())
    with models_of(embedded, other).as_of(1) as source, pytest.raises(InvalidInput, match="made from log"):
        source.table("orders")


def test_after_a_failed_query_the_next_query_succeeds(store: Engine) -> None:
    models = models_of(store, WrittenLog(run()))
    for _ in range(2):
        with pytest.raises(DBAPIError), models.as_of(575) as source:
            source.connection.execute(select(source.table("orders"), text("nothing")))
    for _ in range(2):
        with models.as_of(575) as source:
            assert (
                source.connection.execute(select(func.count()).select_from(source.table("orders"))).scalar()
                == 67
            )


def test_money_is_ordered_and_compared_by_value(store: Engine) -> None:
    log = WrittenLog(run())
    Runner(log, histories(store, {"orders": ORDERS})).catch_up()
    with models_of(store, log).as_of(430) as source:
        rows = source.table("orders")
        notional = rows.c.notional
        by_value = list(source.connection.execute(select(notional).order_by(notional)).scalars())
        middle = by_value[len(by_value) // 2]
        above = source.connection.execute(select(func.count()).where(notional >= middle)).scalar()
    assert by_value == sorted(by_value)
    assert by_value != sorted(by_value, key=str)
    assert above == sum(value >= middle for value in by_value)
