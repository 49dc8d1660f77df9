"""Rows of a log in SQLite or PostgreSQL are changed under an engine that trades on it, or its clock is set back.

The engine's state is in its memory, so it never trades on a changed row. Each append checks the end of the chain of
marks; a change before the end is refused by every reader and by the next engine.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from commands.door import Declined
from commands.request import ClosePosition, PlaceOrder, TripKillSwitch
from domain.errors import LogCorrupt, LogLost
from domain.log import EventLog
from infra.config import WhenceSettings
from infra.logs import open_owned
from tests.adapters.log.days import days, opened
from tests.adapters.log.test_marks import Table, richer, table
from tests.commands.list_log import ListLog
from tests.domain.history import BTC
from tests.infra.run.test_manual import LIMIT, MARKET, Hand

__all__ = ["table"]

CLOSE = ClosePosition(f"{BTC}-LONG-1", "enough")
HOURS = timedelta(hours=2)


def in_a_position(log: EventLog) -> Hand:
    """A run by hand on this log, which holds a position."""
    hand = Hand(log)
    hand.accepted(PlaceOrder(LIMIT))
    hand.pass_seconds(2)
    assert hand.world.portfolio.positions
    return hand


def events(table: Table) -> object:
    return table.value("SELECT count(*) FROM stored_events")


_INSERT = (
    "INSERT INTO stored_events ({n}, originator_id, originator_version, topic, state) VALUES (?, ?, ?, ?, ?)"
)

Row = tuple[int, str, int, str, bytes, bytes]


def other_log(path: Path) -> tuple[Sequence[Row], bytes]:
    """The rows of another genuine log of this installation with their marks, and its head."""
    with closing(open_owned(WhenceSettings(log=f"sqlite:///{path}"))) as log:
        log.append([opened(), *days("account-paper", 1, 30)])
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute(
            "SELECT e.rowid, originator_id, originator_version, topic, state, mark FROM stored_events e "
            "JOIN event_marks m ON m.ordinal = e.rowid ORDER BY e.rowid"
        ).fetchall()
        return rows, file.execute("SELECT mark FROM log_head").fetchone()[0]


def with_rows(table: Table, rows: Sequence[Row], after: int = 0) -> None:
    """Inserts these rows with their marks, at their ordinals and `after` more."""
    for ordinal, *columns, mark in rows:
        table.execute(_INSERT, values=(ordinal + after, *columns))
        table.execute("INSERT INTO event_marks VALUES (?, ?)", values=(ordinal + after, mark))


def another_log_added(table: Table, path: Path) -> None:
    rows, head = other_log(path)
    last = table.value("SELECT max(ordinal) FROM event_marks")
    assert isinstance(last, int)
    # Without the first versions of streams that this log has, too.
    with_rows(table, [one for one in rows if one[2] > 20], after=last)
    table.execute("UPDATE log_head SET mark = ?", values=(head,))


def another_log_instead(table: Table, path: Path) -> None:
    rows, head = other_log(path)
    table.execute("DELETE FROM stored_events", "DELETE FROM event_marks")
    with_rows(table, rows)
    table.execute("UPDATE log_head SET mark = ?", values=(head,))


def an_event_added(table: Table, _path: Path) -> None:
    table.execute(
        "INSERT INTO stored_events (originator_id, originator_version, topic, state) "
        "VALUES ('account-main', 1, 'whence.account.BalanceChanged', ?)",
        values=(richer(1),),
    )


def by_sql(*statements: str) -> Callable[[Table, Path], None]:
    return lambda table, _path: table.execute(*statements)


_FOREIGN = "the mark of the log's head was changed|events were removed from outside"
AT_THE_END: dict[str, tuple[Callable[[Table, Path], None], str]] = {
    "the head removed": (by_sql("DELETE FROM log_head"), "the mark of the log's head was removed"),
    "the head of an earlier event": (
        by_sql("UPDATE log_head SET mark = (SELECT mark FROM event_marks ORDER BY ordinal DESC LIMIT 1)"),
        "the mark of the log's head was changed",
    ),
    "the last event removed": (
        by_sql(
            "DELETE FROM stored_events WHERE {n} = (SELECT max(ordinal) FROM event_marks)",
            "DELETE FROM event_marks WHERE ordinal = (SELECT max(ordinal) FROM event_marks)",
        ),
        "was removed from outside|events were removed from outside",
    ),
    "an event added": (an_event_added, "has no valid mark: it was inserted from outside"),
    "another log's events added": (another_log_added, _FOREIGN),
    "another log instead": (another_log_instead, _FOREIGN),
}
BEFORE_THE_END: dict[str, tuple[Sequence[str], str]] = {
    "a row removed": (("DELETE FROM stored_events WHERE {n} = 5",), "ordinal "),
    "a row and its mark removed": (
        ("DELETE FROM stored_events WHERE {n} = 5", "DELETE FROM event_marks WHERE ordinal = 5"),
        "ordinal 5 is missing|ordinal 6: ",
    ),
    "a mark changed": (
        ("UPDATE event_marks SET mark = (SELECT mark FROM event_marks WHERE ordinal = 2) WHERE ordinal = 5",),
        "ordinal 5: its mark is that of ordinal 2",
    ),
    "a mark removed": (("DELETE FROM event_marks WHERE ordinal = 5",), "ordinal 5: it has no mark"),
}  # fmt: skip


@pytest.mark.parametrize(("harm", "fault"), AT_THE_END.values(), ids=AT_THE_END)
def test_an_engine_records_and_sends_nothing_more_after_the_end_of_its_log_was_changed(
    table: Table, tmp_path: Path, harm: Callable[[Table, Path], None], fault: str
) -> None:
    hand = in_a_position(table.own())
    harm(table, tmp_path / "other.db")
    found, held = events(table), hand.world.portfolio
    for request in (CLOSE, TripKillSwitch("enough"), CLOSE):
        with pytest.raises((LogCorrupt, LogLost), match=fault):
            hand.ask(request)
    assert events(table) == found
    assert hand.world.portfolio == held
    hand.log.close()
    if harm is not another_log_instead:
        with pytest.raises((LogCorrupt, LogLost)):
            table.own()


@pytest.mark.parametrize(("statements", "fault"), BEFORE_THE_END.values(), ids=BEFORE_THE_END)
def test_a_change_before_the_end_of_a_log_is_refused_by_readers_and_by_the_next_engine(
    table: Table, statements: Sequence[str], fault: str
) -> None:
    """The engine that has the log goes on from its memory, in which nothing has changed."""
    hand, undisturbed = in_a_position(table.own()), in_a_position(ListLog())
    table.execute(*statements)
    for one in (hand, undisturbed):
        one.accepted(CLOSE)
        one.pass_seconds(3)
    assert not hand.world.portfolio.positions
    assert hand.world.portfolio.account == undisturbed.world.portfolio.account
    hand.log.close()
    with pytest.raises(LogCorrupt, match=fault):
        list(table.read().read())
    with pytest.raises(LogCorrupt, match=fault):
        table.own()


def test_a_clock_that_was_set_back_lets_a_position_be_closed_and_none_be_opened(table: Table) -> None:
    hand = in_a_position(table.own())
    hand.at -= HOURS
    answer = hand.ask(PlaceOrder(MARKET))
    assert isinstance(answer, Declined)
    assert "no new exposure until it is set right" in answer.reason
    hand.accepted(CLOSE)
    hand.pass_seconds(3)
    assert not hand.world.portfolio.positions
    times = [one.envelope.meta.recorded_at for one in table.read().read()]
    assert times == sorted(times)


def test_a_log_that_ends_in_the_future_is_resumed_to_close_and_not_to_open(table: Table) -> None:
    before = in_a_position(table.own())
    before.log.close()
    hand = Hand(table.own(), before.at - HOURS)
    answer = hand.ask(PlaceOrder(MARKET))
    assert isinstance(answer, Declined)
    assert "no new exposure until it is set right" in answer.reason
    hand.accepted(CLOSE)
    hand.pass_seconds(3)
    assert not hand.world.portfolio.positions
