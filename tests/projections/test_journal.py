"""The journal table: every event with all its values."""

from __future__ import annotations

import pytest
from msgspec import structs

from domain.events import FULL_NAMES
from domain.log import Meta
from domain.order import OrderFilled
from domain.streams import parse
from projections.journal import JOURNAL
from projections.projection import Row
from projections.rows import MemoryRows
from projections.search import words
from projections.sentences import fill_of, sentence
from tests.commands.list_log import codec
from tests.domain.history import an_open_day, an_order
from tests.projections.folded import nothing_stored
from tests.projections.odd import an_odd_log
from tests.projections.stores import WrittenLog
from tests.projections.worlds import LOGS


def _rows(log: WrittenLog) -> dict[int, Row]:
    rows = MemoryRows(JOURNAL.tables, nothing_stored)
    for one in log.read():
        JOURNAL.folds[type(one.envelope.event)](rows, one)
    return {row["ordinal"]: row for row in rows.tables["journal"].dirty.values()}


@pytest.mark.parametrize("name", LOGS)
def test_every_event_has_a_row_with_its_recorded_values(name: str) -> None:
    log = LOGS[name]()
    rows = _rows(log)
    assert list(rows) == list(range(1, log.head() + 1))
    for at, envelope in enumerate(log.envelopes, 1):
        row, meta = rows[at], envelope.meta
        assert codec().decode(row["data"]) == envelope
        same = set(Meta.__struct_fields__) & set(row) - {"event_id"}
        assert len(same) == 7
        assert {name: row[name] for name in same} == {name: getattr(meta, name) for name in same}
        assert (row["event_id"], row["chain"]) == (str(meta.event_id), meta.correlation_id)
        assert (row["cause"], row["type"]) == (meta.causation_id, type(envelope.event).__name__)
        assert row["noun"] == parse(meta.stream).noun
        assert row["words"].endswith(" ".join(words(sentence(envelope.event))))


def test_the_subject_of_a_stream_without_an_id_is_the_streams_name() -> None:
    subjects = {row["stream"]: row["subject"] for row in _rows(an_odd_log()).values()}
    assert subjects["log"] == "log"
    assert subjects["account-main"] == "account-main"
    assert subjects["order-main-abc-e1"] == "abc-e1"


def test_the_words_of_a_row_are_the_words_of_its_type_and_its_sentence() -> None:
    log = an_odd_log()
    rows = _rows(log)
    filled = [at for at, one in enumerate(log.envelopes, 1) if isinstance(one.event, OrderFilled)]
    words = rows[filled[0]]["words"].split(" ")
    assert words[:2] == ["order", "filled"]
    assert {"100", "0.1", "usdt", "taker", "x1"} <= set(words)


def test_the_words_of_a_fill_have_the_side_and_the_instrument_of_its_order_and_the_base_currency() -> None:
    log = an_odd_log()
    rows = _rows(log)
    filled = [at for at, one in enumerate(log.envelopes, 1) if isinstance(one.event, OrderFilled)]
    line = fill_of(log.envelopes[filled[0] - 1].event, "BUY", "BTCUSDT-LINEAR.BYBIT")  # type: ignore[arg-type]
    assert rows[filled[0]]["words"] == "order filled btc " + " ".join(words(line))


def test_a_fill_of_an_order_that_the_log_does_not_place_has_the_words_of_its_own_sentence() -> None:
    rows = MemoryRows(JOURNAL.tables, nothing_stored)
    (fill,) = [one for one in an_odd_log().read() if isinstance(one.envelope.event, OrderFilled)][:1]
    JOURNAL.folds[OrderFilled](rows, fill)
    (row,) = rows.tables["journal"].dirty.values()
    assert row["words"] == "order filled " + " ".join(words(sentence(fill.envelope.event)))


@pytest.mark.parametrize(
    ("instrument", "base"),
    [("ETHBTC-SPOT.BINANCE", "eth "), ("DOTUSD-INVERSE.BYBIT", "dot "), ("ABCDEF-LINEAR.BYBIT", "")],
)
def test_the_words_of_an_event_have_the_base_currency_of_an_instrument_whose_quote_currency_is_known(
    instrument: str, base: str
) -> None:
    history = an_open_day()
    history.order("abc-1", structs.replace(an_order(), instrument=instrument))
    row = list(_rows(WrittenLog(history.envelopes)).values())[-1]
    assert row["words"].startswith(f"order placed {base}entry buy")


def test_the_journal_has_a_fold_for_every_type_of_event() -> None:
    assert set(JOURNAL.folds) == set(FULL_NAMES)
