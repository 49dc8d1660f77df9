"""The candles of one partition's log in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, RowMapping, Select, delete, insert, select

from adapters.candle_store.table import CANDLES, CHARTED, SERIES
from domain.candle import Candle
from projections.answering import answering
from projections.store import insert_unless_there, reading, writing

_SECOND = timedelta(seconds=1)
_ROWS = 1_000
"""Candles of one statement."""


@dataclass(frozen=True, slots=True)
class Series:
    """The stored candles of an instrument and interval: when the first one opened, and the last one closed (UTC)."""

    instrument: str
    interval: timedelta
    begin: datetime
    end: datetime


class CandleBook:
    """Errors of the database are raised as StoreError."""

    def __init__(self, engine: Engine, partition: int = 0) -> None:
        self._engine, self._partition = engine, partition

    def put(self, log_id: str, candles: Sequence[Candle]) -> None:
        """Adds the candles, in one transaction; a candle that is there already stays as it is.

        Candles of another log than this one are removed first: the partition of a store has one log.
        """
        if not candles:
            return
        rows = [_row(self._partition, candle) for candle in candles]
        with answering(self._engine), writing(self._engine) as connection:
            self._begin(connection, log_id)
            self._add_series(connection, candles)
            added = insert_unless_there(connection, CANDLES)
            for first in range(0, len(rows), _ROWS):
                connection.execute(added, rows[first : first + _ROWS])

    def clear(self) -> None:
        """Removes all candles of the partition."""
        with answering(self._engine), writing(self._engine) as connection:
            self._clear(connection)

    def series(self) -> Sequence[Series]:
        """What is stored, by instrument and interval; the finest interval of an instrument first."""
        found = (
            select(SERIES.c.instrument, SERIES.c.seconds)
            .where(SERIES.c.partition == self._partition)
            .order_by(SERIES.c.instrument, SERIES.c.seconds)
        )
        with answering(self._engine), reading(self._engine) as connection:
            return [self._series(connection, *row) for row in connection.execute(found)]

    def latest(
        self,
        instrument: str,
        interval: timedelta,
        most: int,
        *,
        before: datetime | None = None,
        closed: datetime | None = None,
    ) -> Sequence[Candle]:
        """The latest `most` candles, in order of time: of those that open before `before`, and closed at `closed` or
        earlier, where given (UTC)."""
        found = self._of(instrument, interval)
        if closed is not None:
            found = found.where(CANDLES.c.closes_at <= closed)
        if before is not None:
            found = found.where(CANDLES.c.opens_at < before)
        return self._read(found.order_by(CANDLES.c.opens_at.desc()).limit(most))[::-1]

    def later(self, instrument: str, interval: timedelta, since: datetime, most: int) -> Sequence[Candle]:
        """The first `most` candles that open at `since` or later, in order of time."""
        found = self._of(instrument, interval).where(CANDLES.c.opens_at >= since)
        return self._read(found.order_by(CANDLES.c.opens_at).limit(most))

    def _series(self, connection: Connection, instrument: str, seconds: int) -> Series:
        ends = (CANDLES.c.opens_at.asc(), CANDLES.c.opens_at.desc())
        own = self._of(instrument, seconds * _SECOND)
        first, last = (
            _candle(connection.execute(own.order_by(end).limit(1)).mappings().one()) for end in ends
        )
        return Series(instrument, seconds * _SECOND, first.open_time, last.close_time)

    def _of(self, instrument: str, interval: timedelta) -> Select[tuple[object, ...]]:
        return select(*CANDLES.c).where(
            CANDLES.c.partition == self._partition,
            CANDLES.c.instrument == instrument,
            CANDLES.c.seconds == interval // _SECOND,
        )

    def _read(self, found: Select[tuple[object, ...]]) -> Sequence[Candle]:
        with answering(self._engine), reading(self._engine) as connection:
            return [_candle(row) for row in connection.execute(found).mappings()]

    def _begin(self, connection: Connection, log_id: str) -> None:
        here = CHARTED.c.partition == self._partition
        known = connection.scalar(select(CHARTED.c.log_id).where(here))
        if known != log_id:
            self._clear(connection)
            connection.execute(insert(CHARTED).values(partition=self._partition, log_id=log_id))

    def _add_series(self, connection: Connection, candles: Sequence[Candle]) -> None:
        found = {(candle.instrument, candle.interval // _SECOND) for candle in candles}
        rows = [
            {"partition": self._partition, "instrument": name, "seconds": seconds}
            for name, seconds in sorted(found)
        ]
        connection.execute(insert_unless_there(connection, SERIES), rows)

    def _clear(self, connection: Connection) -> None:
        for table in (CANDLES, SERIES, CHARTED):
            connection.execute(delete(table).where(table.c.partition == self._partition))


def _row(partition: int, candle: Candle) -> dict[str, object]:
    return {
        "partition": partition,
        "instrument": candle.instrument,
        "seconds": candle.interval // _SECOND,
        "opens_at": candle.open_time,
        "closes_at": candle.close_time,
        "open": candle.open,
        "high": candle.high,
        "low": candle.low,
        "close": candle.close,
        "volume": candle.volume,
        "turnover": candle.turnover,
    }


def _candle(found: RowMapping) -> Candle:
    return Candle(
        instrument=found["instrument"],
        interval=found["seconds"] * _SECOND,
        open_time=found["opens_at"],
        open=found["open"],
        high=found["high"],
        low=found["low"],
        close=found["close"],
        volume=found["volume"],
        turnover=found["turnover"],
    )
