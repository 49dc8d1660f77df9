"""A tape that was changed after it was played on a log is refused at its first changed candle; a grown tape goes on."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.sqlite import open_sqlite
from adapters.played import SqlitePlayed
from adapters.tapes import read_tape
from domain.errors import TapeMismatch
from domain.log import Recorded
from domain.mark import AccountMarked
from infra.run.paper import PaperRun
from tests.cases.tapes import Prices, flat, plan, write
from tests.journeys.runs import events_at

ENTER = "2 * LONG ENTER 95 110"
FIRST: list[Prices] = [
    *[flat(100)] * 3,
    (100.0, 100.5, 99.8, 100.2),
    (100.2, 101.0, 99.5, 100.5),
    (100.5, 101.0, 100.0, 100.8),
    (100.8, 101.5, 100.2, 101.0),
]
GROWN: list[Prices] = [
    *FIRST,
    (101.0, 102.0, 100.5, 101.5),
    (101.5, 111.5, 101.0, 110.5),
    *[flat(110.5)] * 20,
]


def run(folder: Path, candles: Sequence[Prices], log: str = "log.db") -> list[Recorded]:
    """Plays the candles on the log in this file, with the record beside it; returns the log's events."""
    path = folder / log
    with closing(open_sqlite(path, AvroCodec())) as owned:
        the_plan = plan([write(folder / "ETHUSDT_5m.csv", candles)], ENTER)
        for _ in PaperRun(the_plan, owned, lambda _envelope: None, played=SqlitePlayed(path)).instants():
            pass
    return events(path)


def events(path: Path) -> list[Recorded]:
    return events_at(f"sqlite:///{path}")


def changed(candles: Sequence[Prices], number: int, prices: Prices) -> list[Prices]:
    return [*candles[:number], prices, *candles[number + 1 :]]


def forget(path: Path) -> None:
    """Removes the record beside the log, as on another machine."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM played_candles")
        connection.execute("DELETE FROM played_latest")


def test_a_grown_tape_goes_on_to_the_log_of_the_whole_tape(tmp_path: Path) -> None:
    run(tmp_path, FIRST)
    assert run(tmp_path, GROWN) == run(tmp_path, GROWN, "whole.db")


def test_a_changed_candle_is_refused_with_its_file_its_time_and_its_figures(tmp_path: Path) -> None:
    before = run(tmp_path, FIRST)
    with pytest.raises(TapeMismatch) as refused:
        run(tmp_path, changed(GROWN, 4, (100.2, 101.0, 94.0, 100.5)))
    message = str(refused.value)
    assert "ETHUSDT_5m.csv: the candle of 2024-03-01T00:20:00Z was changed" in message
    assert "low 99.50 was played, 94.00 is in the file; play" in message
    assert events(tmp_path / "log.db") == before


def test_a_changed_candle_before_the_last_mark_is_found_by_the_record(tmp_path: Path) -> None:
    before = run(tmp_path, GROWN)
    assert any(isinstance(one.envelope.event, AccountMarked) for one in before)
    with pytest.raises(
        TapeMismatch, match=r"candle of 2024-03-01T00:25:00Z.*high 101.00 was played, 101.10 is"
    ):
        run(tmp_path, changed(GROWN, 5, (100.5, 101.1, 100.0, 100.8)))


@pytest.mark.parametrize("number", range(1, 12))
def test_without_the_record_a_changed_candle_is_found_by_the_next_mark(tmp_path: Path, number: int) -> None:
    before = run(tmp_path, GROWN)
    forget(tmp_path / "log.db")
    open_, high, low, close = GROWN[number]
    with pytest.raises(TapeMismatch, match=r"not later than 2024-03-01 01:00 UTC differs"):
        run(tmp_path, changed(GROWN, number, (open_, high + 0.01, low, close)))
    assert events(tmp_path / "log.db") == before


def test_a_removed_candle_is_refused_where_the_next_one_stands_in_its_place(tmp_path: Path) -> None:
    run(tmp_path, FIRST)
    file = write(tmp_path / "ETHUSDT_5m.csv", GROWN)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines[:5], *lines[6:]]))
    path = tmp_path / "log.db"
    with closing(open_sqlite(path, AvroCodec())) as owned:
        again = PaperRun(plan([file], ENTER), owned, lambda _envelope: None, played=SqlitePlayed(path))
        with pytest.raises(
            TapeMismatch, match=r"00:25:00Z stands where the candle .* from 2024-03-01T00:20:00Z"
        ):
            list(again.instants())


def test_figures_written_with_other_zeros_are_the_same_candle(tmp_path: Path) -> None:
    run(tmp_path, FIRST)
    path, file = tmp_path / "log.db", tmp_path / "ETHUSDT_5m.csv"
    head, first, *rest = file.read_text().splitlines(keepends=True)
    file.write_text("".join([head, first, *(line.replace("9000000.0", "9000000.000") for line in rest)]))
    with closing(open_sqlite(path, AvroCodec())) as owned:
        list(
            PaperRun(plan([file], ENTER), owned, lambda _envelope: None, played=SqlitePlayed(path)).instants()
        )


def test_a_log_that_was_removed_and_begun_again_ignores_the_record_of_the_old_one(tmp_path: Path) -> None:
    """Logs of one tape have the same id, and on Kafka the record is in another file than the log."""
    record, file = tmp_path / "record.db", tmp_path / "ETHUSDT_5m.csv"
    for name, candles in (("old.db", FIRST), ("new.db", changed(FIRST, 4, (100.2, 101.0, 94.0, 100.5)))):
        with closing(open_sqlite(tmp_path / name, AvroCodec())) as owned:
            the_plan = plan([write(file, candles)], ENTER)
            list(PaperRun(the_plan, owned, lambda _envelope: None, played=SqlitePlayed(record)).instants())


def test_a_record_that_cannot_be_read_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run(tmp_path, FIRST)
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
        connection.execute("UPDATE played_latest SET candles = '{'")
    assert run(tmp_path, GROWN) == run(tmp_path, GROWN, "whole.db")
    assert "is not used: its signature was not made for this content" in caplog.text


def test_a_last_candle_that_was_not_closed_when_the_file_was_saved_is_left_out(tmp_path: Path) -> None:
    file = write(tmp_path / "ETHUSDT_5m.csv", FIRST)
    begun = plan([file], ENTER).begins.timestamp()
    now = plan([file], ENTER).tapes[0].candles[-1].close_time
    for minutes, left in ((35, 7), (34, 6), (31, 6), (30, 7)):
        os.utime(file, (begun + 60 * minutes, begun + 60 * minutes))
        tape = read_tape(file, now=now)
        assert len(tape.candles) == left
        assert any("the last candle ends after" in note for note in tape.notes) is (left == 6)
