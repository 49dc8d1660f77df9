"""The tables of `whence export`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapters.avro import to_json
from adapters.exports.sheet import Sheet
from adapters.log.recorder_log import RecordedLog
from domain.log import Recorded, id_text
from projections.columns import COUNT, JSON_TEXT, MOMENT, MONEY, TEXT, Kind
from projections.positions import TABLE
from projections.projection import Row
from projections.reports.figures import Figures
from projections.reports.period import Period
from projections.sentences import sentence

JOURNAL: Mapping[str, Kind] = {
    "ordinal": COUNT,
    "occurred_at": MOMENT,
    "recorded_at": MOMENT,
    "type": TEXT,
    "stream": TEXT,
    "version": COUNT,
    "account": TEXT,
    "actor": TEXT,
    "source": TEXT,
    "chain": TEXT,
    "cause": TEXT,
    "event_id": TEXT,
    "sentence": TEXT,
    "data": JSON_TEXT,
}
"""`data` are the event's fields as `whence log --json` prints them."""
_OF_OPEN_POSITIONS = frozenset({"quantity", "cost"})
"""They are 0 in every closed position."""
TRADES: Mapping[str, Kind] = {
    "strategy": TEXT,
    **{name: kind for name, kind in TABLE.columns.items() if name not in _OF_OPEN_POSITIONS},
    "exit_price": MONEY,
}
"""The columns of the read model of positions, the strategy that opened the position, and the mean price of its exits,
as on the page of a report."""


def journal(log: RecordedLog, account: str, period: Period, upto: int) -> Sheet:
    """Every event of the period up to `upto`, by the day on which it occurred; of all accounts where `account` is
    empty. The log is read as the rows are."""
    return Sheet(JOURNAL, _events(log, account, period, upto))


def trades(found: Figures) -> Sheet:
    """The positions that were closed in the period of the figures, in the order of their closing."""
    rows = {one["id"]: one for one in found.positions}
    return Sheet(
        TRADES,
        [{"strategy": one.strategy, **rows[one.position], "exit_price": one.price} for one in found.closings],
    )


def _events(log: RecordedLog, account: str, period: Period, upto: int) -> Iterator[Row]:
    for recorded in log.read(0, upto):
        meta = recorded.envelope.meta
        if account in ("", meta.account) and period.has(meta.occurred_at.date()):
            yield _row(recorded)


def _row(recorded: Recorded) -> Row:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    return {
        "ordinal": recorded.ordinal,
        "occurred_at": meta.occurred_at,
        "recorded_at": meta.recorded_at,
        "type": type(event).__name__,
        "stream": meta.stream,
        "version": meta.version,
        "account": meta.account,
        "actor": meta.actor,
        "source": meta.source,
        "chain": meta.correlation_id,
        "cause": meta.causation_id,
        "event_id": id_text(meta.event_id),
        "sentence": sentence(event),
        "data": to_json(event),
    }
