"""Search by words finds the same rows with PostgreSQL's index, with SQLite's index and without an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from random import Random

import pytest
from sqlalchemy import Engine, FromClause, delete, select, update

from domain.errors import InvalidInput
from domain.order import OrderRejected
from projections import builds
from projections.bookkeeping import BuildKind, BuildStatus
from projections.journal import JOURNAL
from projections.late_indexes import make_late_indexes
from projections.projection import Key, Row
from projections.rows import MemoryRows
from projections.runner import Runner
from projections.search import matching, words
from projections.sentences import sentence
from projections.source import Source
from projections.store import reading, writing
from projections.work import works
from projections.writing import write_rows
from tests.commands.list_log import codec
from tests.domain.history import D, a_fill, an_open_day, an_order
from tests.projections.folded import nothing_stored
from tests.projections.stores import WrittenLog, built
from tests.projections.travel import begun, models_of

_REASONS = (
    "BTCUSDT-LINEAR.BYBIT: Order price 83123.5 is too high",
    "btcusdt refused, code 110007 (balance 0.50 USDT)",
    "ÄÖÜ straße № 12 · «Zwölf» 十二 12.5.",
    "it's 12,5 % of x_12.5",
    'quoted "words" AND OR NOT NEAR(a b) * ^ : 0x1F',
)


def _ordinals(source: Source, rows: FromClause, sought: str) -> Sequence[int]:
    found = select(rows.c.ordinal).where(matching(rows, sought)).order_by(rows.c.ordinal)
    return list(source.connection.execute(found).scalars())


def _rows() -> Mapping[Key, Row]:
    rows = MemoryRows(JOURNAL.tables, nothing_stored)
    for recorded in _log().read():
        JOURNAL.folds[type(recorded.envelope.event)](rows, recorded)
    return rows.tables["journal"].dirty


def _log() -> WrittenLog:
    history = an_open_day()
    for number, reason in enumerate(_REASONS):
        history.order(f"abc-{number}", an_order(), OrderRejected(reason))
    return WrittenLog(history.envelopes)


_FOUND = {
    "BTCUSDT": [0, 1],
    "btcusdt-linear.bybit": [0],
    "high PRICE": [0],
    "83123.5": [0],
    "83123": [],
    "USDT": [1],
    "usd": [],
    "0.50": [1],
    "12": [2, 3],
    "12.5": [2, 3],
    "äöü STRASSE": [],
    "äöü Straße": [2],
    "十二": [2],
    "and or not near": [4],
    '"quoted" (words)*': [4],
    "rejected order too": [0],
}


@pytest.fixture
def source(store: Engine) -> Iterator[Source]:
    with built(store, _log(), {"journal": JOURNAL}).now() as source:
        yield source


def test_a_search_finds_the_rows_that_hold_all_its_words(source: Source) -> None:
    rows = source.table("journal")
    only = select(rows).where(rows.c.type == "OrderRejected").subquery()
    at = list(source.connection.execute(select(only.c.ordinal).order_by(only.c.ordinal)).scalars())
    for searched in (rows, only):
        hits = {sought: _ordinals(source, searched, sought) for sought in _FOUND}
        numbers = {sought: [at.index(hit) for hit in found if hit in at] for sought, found in hits.items()}
        assert numbers == _FOUND


def test_each_row_is_found_by_each_of_its_words(source: Source) -> None:
    rows = source.table("journal")
    events = source.connection.execute(select(rows.c.ordinal, rows.c.data, rows.c.type)).all()
    words_at = {
        ordinal: {*words(line := sentence(codec().decode(data).event)), *_parts(kind), *_bases(line)}
        for ordinal, data, kind in events
    }
    random = Random(7)
    for word in sorted({one for held in words_at.values() for one in held}):
        other = random.choice(sorted(words_at[1]))
        for sought in ({word}, {word, other}):
            assert _ordinals(source, rows, " ".join(sought)) == sorted(
                at for at in words_at if sought <= words_at[at]
            )


def _parts(kind: str) -> Sequence[str]:
    return words("".join(f" {letter}" if letter.isupper() else letter for letter in kind))


def _bases(line: str) -> Sequence[str]:
    return ["btc"] if "BTCUSDT-LINEAR" in line else []


def test_a_fill_is_found_by_the_side_and_the_instrument_of_its_order_also_as_of_an_ordinal(
    store: Engine,
) -> None:
    history = an_open_day()
    history.order("abc-1", an_order(), OrderRejected("too late"))
    history.order("abc-2", an_order())
    history.order("abc-2", a_fill(D("0.1")))
    whole = WrittenLog(history.envelopes)
    log, journal, end = WrittenLog(whole.envelopes[:-1]), {"journal": JOURNAL}, whole.head()
    live = begun(store, BuildKind.TODAY, journal)
    models = models_of(store, whole, journal)
    Runner(log, works(store, live, journal, 0)).catch_up()
    _check_fill(models.as_of(end), end)
    log.append(whole.envelopes[-1:])
    Runner(log, works(store, live, journal, 0)).catch_up()
    _check_fill(models.now(), end)


def _check_fill(moment: AbstractContextManager[Source], fill: int) -> None:
    with moment as source:
        rows = source.table("journal")
        fills = select(rows).where(rows.c.type == "OrderFilled").subquery()
        for sought in ("BTC buy", "btcusdt-linear.bybit", "filled buy btcusdt"):
            assert _ordinals(source, fills, sought) == [fill]
        assert _ordinals(source, fills, "BTC sell") == []


def test_a_search_without_a_word_is_refused(source: Source) -> None:
    with pytest.raises(InvalidInput, match="no word"):
        matching(source.table("journal"), " -*- ")


def test_a_search_of_the_live_table_uses_its_index(store: Engine) -> None:
    with writing(store) as connection:
        build = builds.begin(connection, JOURNAL, BuildKind.TODAY, BuildStatus.LIVE)
        make_late_indexes(connection, JOURNAL, build)
        rows = builds.tables_of(JOURNAL, build)["journal"]
        found = select(rows.c.ordinal).where(matching(rows, "83123.5"))
        statement = str(found.compile(connection, compile_kwargs={"literal_binds": True}))
        setting, explain, index = _EXPLAIN[connection.dialect.name]
        connection.exec_driver_sql(setting)
        plan = [str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}")]
    assert any(index in step for step in plan)


_EXPLAIN = {
    "postgresql": ("SET LOCAL enable_seqscan = off", "EXPLAIN", "Index Scan on ix_journal_b1_words"),
    "sqlite": ("SELECT 1", "EXPLAIN QUERY PLAN", "journal_b1_words VIRTUAL TABLE INDEX"),
}


def test_changed_and_deleted_rows_of_one_partition_are_found_by_their_current_words(store: Engine) -> None:
    with writing(store) as connection:
        build = builds.begin(connection, JOURNAL, BuildKind.TODAY, BuildStatus.LIVE)
        table = builds.tables_of(JOURNAL, build)["journal"]
        source = _rows()
        for partition in (0, 3):
            write_rows(connection, table, partition, source, set())
        changed = update(table).where(table.c.ordinal == 6, table.c.partition == 3)
        connection.execute(changed.values(words="nothing else"))
        connection.execute(delete(table).where(table.c.ordinal == 7, table.c.partition == 3))
    with reading(store) as connection:
        for partition in (0, 3):
            own = select(table).where(table.c.partition == partition).subquery()
            found = select(own.c.ordinal).where(matching(own, "order")).order_by(own.c.ordinal)
            expected = [key[0] for key, row in source.items() if "order" in row["words"].split()]
            gone = {6, 7} if partition else set[int]()
            assert list(connection.execute(found).scalars()) == [at for at in expected if at not in gone]
    with writing(store) as connection:
        builds.metadata_of(JOURNAL, build).drop_all(connection)
        left = "SELECT name FROM sqlite_master WHERE name LIKE 'journal%'"
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql(left).all() == []
