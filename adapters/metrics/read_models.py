"""The figures of the recorded history, read from the read models in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from adapters.metrics.figures import (
    Count,
    HeldSettings,
    History,
    Levered,
    Measure,
    Money,
    PauseCause,
    Paused,
    Profit,
    Progress,
    Suspected,
    Trades,
)
from adapters.metrics.lateness import Lateness
from domain.errors import Refused
from projections.answering import answering
from projections.bookkeeping import BuildKind, BuildStatus
from projections.source import ReadModels, Source
from projections.standing import Standing, standings

_Row = Mapping[str, Any]


class ReadModelFigures:
    """`Figures` of one log's read models, read in one transaction of the store.

    `head` returns the ordinal of the log's last event. A read model that is not built yet contributes no figures.
    """

    def __init__(self, models: ReadModels, head: Callable[[], int], lateness: Lateness | None = None) -> None:
        self._models = models
        self._head = head
        self._lateness = lateness or Lateness()

    def __call__(self) -> History:
        """The current figures. Raises StoreError where the store does not answer, and what `head` raises."""
        with answering(self._models.engine), self._models.now() as source:
            accounts, performance = _rows(source, "accounts"), _rows(source, "performance")
            states = _rows(source, "trading_states")
            return History(
                counts=[_count(row) for row in _rows(source, "counts")],
                profits=_profits(performance, accounts),
                trades=[_trades(row) for row in performance if row["dimension"] == "ALL"],
                money=[_money(row) for row in accounts],
                pauses=[one for row in states for one in _paused(row)],
                leverages=[one for row in states for one in _levered(row)],
                held=[_held(row) for row in states],
                manipulations=_suspected(source),
                progress=self._progress(source),
            )

    def _progress(self, source: Source) -> Sequence[Progress]:
        found = [one for one in standings(source.connection, self._models.partition) if _is_live(one)]
        head = self._head()
        late = self._lateness.look(head, [one.ordinal for one in found])
        return [
            Progress(
                one.build.projection,
                max(head - one.ordinal, 0),
                late[one.ordinal],
                one.parked_events,
                one.parked_sequences,
            )
            for one in found
        ]


def _is_live(standing: Standing) -> bool:
    build = standing.build
    return (build.status, build.kind) == (BuildStatus.LIVE, BuildKind.TODAY)


def _suspected(source: Source) -> Sequence[Suspected]:
    try:
        rows = source.table("manipulations")
    except Refused:
        return ()
    of = (rows.c.account, rows.c.instrument, rows.c.kind)
    found = select(*of, func.count()).group_by(*of).order_by(*of)
    return [Suspected(*row) for row in source.connection.execute(found)]


def _rows(source: Source, name: str) -> Sequence[_Row]:
    try:
        table = source.table(name)
    except Refused:
        return ()
    return [dict(row) for row in source.connection.execute(select(table)).mappings()]


def _count(row: _Row) -> Count:
    named = (row["account"], row["strategy"], row["instrument"], row["label"])
    return Count(Measure(row["measure"]), *named, row["count"])


def _profits(performance: Sequence[_Row], accounts: Sequence[_Row]) -> Sequence[Profit]:
    currency = {row["account"]: row["currency"] for row in accounts}
    return [
        Profit(row["account"], row["value"], currency.get(row["account"], ""), row["net"])
        for row in performance
        if row["dimension"] == "STRATEGY"
    ]


def _trades(row: _Row) -> Trades:
    recent: str = row["recent"]
    return Trades(
        row["account"],
        row["trades"],
        row["wins"],
        len(recent),
        recent.count("1"),
        row["gross_profit"],
        row["gross_loss"],
    )


def _levered(row: _Row) -> Iterator[Levered]:
    for instrument, held in sorted(row["leverages"].items()):
        yield Levered(row["account"], instrument, Decimal(held["leverage"]))


def _held(row: _Row) -> HeldSettings:
    held = row["held_settings"]
    if not held:
        return HeldSettings(row["account"], 0, None)
    return HeldSettings(row["account"], len(held["changes"]), datetime.fromisoformat(held["since"]))


def _paused(row: _Row) -> Iterator[Paused]:
    for owner, pause in sorted(row["pauses"].items()):
        until = None if pause["until"] is None else datetime.fromisoformat(pause["until"])
        yield Paused(row["account"], owner, PauseCause.LOSSES, until)
    for strategy in row["paused"]:
        yield Paused(row["account"], strategy, PauseCause.PERSON, None)


def _money(row: _Row) -> Money:
    return Money(
        row["account"],
        row["currency"],
        row["balance"],
        row["equity"],
        row["exposure"],
        row["open_positions"],
        row["drawdown"],
        row["max_drawdown"],
        bool(row["tripped"]),
    )
