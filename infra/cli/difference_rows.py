"""The rows of `whence reconcile`: what differs now, what is open in the log, and what a person has accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from adapters.avro.moment import iso
from commands.by_a_person import BY_A_PERSON, Steps
from commands.endings import RESOLVED_BY_COMPARISONS
from commands.reconciliation import recorded, unnumbered
from commands.remedies import Remedy, remedy
from commands.stimulus import Ask
from domain.plain_text import counted
from domain.reconciliation.differences import (
    Difference,
    OrderAmendedOutside,
    OrderUnknownToUs,
    PositionUnknownToThem,
)
from domain.reconciliation.discrepancy_id import REPORTED, kind_of
from domain.reconciliation.statement import StatedPosition
from infra.cli.closed_by_hand import place_of_close, steps_of_close
from infra.run.recorded_discrepancies import RecordedDiscrepancies, RecordedDiscrepancy

Row = Mapping[str, str]
"""`id` (as the log has it), `kind`, `subject`, `found`, `status`, `found_at`, `resolved_at`, `resolved_by`,
`resolution`, `remedy` and `steps`.

Times are ISO 8601 in UTC. `steps` is empty where the engine does the rest and where a person has accepted the
difference; the record of the log is empty where it has none that counts, and its resolution while it is open.
"""


class Status(StrEnum):
    """OPEN: recorded and unresolved, so that entries are refused. NEW: it differs now, and the log has no record of it
    that counts. ACCEPTED: it differs now, and a person has resolved it.
    """

    OPEN = "open"
    NEW = "new"
    ACCEPTED = "accepted"


PERSON = "a person"
NOBODY = "none: it was accepted"
_ENGINE = "the engine"
_RECORD = ("found_at", "resolved_at", "resolved_by", "resolution")
"""What a row has of its record in the log."""
_UNNAMED = "look at the account; then resolve"
_OVER = "nothing differs there any more; then resolve"
_OVER_BY_ITSELF = (
    "nothing differs there any more; then nothing: the engine resolves it within two comparisons"
)
_NOT_COMPARED: Mapping[str, Steps] = {
    REPORTED: Steps(BY_A_PERSON[OrderUnknownToUs].first, "resolve; an adoption resolves it"),
    OrderAmendedOutside.__name__: BY_A_PERSON[OrderAmendedOutside],
}
"""The kinds that no comparison finds: a report came once, and of an amended order the log has the new terms."""
_RESOLVED_BY_ENGINE = frozenset(kind.__name__ for kind in RESOLVED_BY_COMPARISONS)


def rows(found: Sequence[Difference], log: RecordedDiscrepancies, venue: str) -> Sequence[Row]:
    """The open ones first, then the new and the accepted ones. `found` are the differences of a comparison.

    Where a position was closed at the exchange, the steps of that close come first, in their order.
    """
    now = {recorded(one).discrepancy_id for one in found}
    over = [one for one in log.unresolved() if unnumbered(one.found.discrepancy_id) not in now]
    every = [*(row_of(one, log, venue) for one in found), *map(row_of_open, over)]
    gone = [one.ours for one in found if isinstance(one, PositionUnknownToThem)]
    order = list(Status)

    def place(row: Row) -> tuple[int, int]:
        return order.index(Status(row["status"])), place_of_close(row) if gone else 0

    return sorted((_within_close(row, gone) for row in every), key=place)


def _within_close(row: Row, gone: Sequence[StatedPosition]) -> Row:
    if row["status"] == Status.ACCEPTED:
        return {**row, "steps": "", "remedy": NOBODY}
    steps = steps_of_close(row, gone)
    return {**row, "steps": steps, "remedy": PERSON} if steps else row


def row_of(difference: Difference, log: RecordedDiscrepancies, venue: str) -> Row:
    """The difference as it is found now, with its record in the log."""
    cure, record = remedy(difference, venue, datetime.now(UTC)), recorded(difference)
    steps = BY_A_PERSON.get(type(difference), _UNNAMED) if cure is None else ""
    earlier = log.latest(record.discrepancy_id)
    status = _status(earlier)
    counts = earlier if status is not Status.NEW else None
    return {
        "id": record.discrepancy_id if counts is None else counts.found.discrepancy_id,
        "kind": type(difference).__name__,
        "subject": difference.subject,
        "found": difference.found,
        "status": status,
        **_record_of(counts),
        "remedy": PERSON if cure is None else _name(cure),
        "steps": str(steps),
    }


def _name(cure: Remedy) -> str:
    return type(cure.command if isinstance(cure, Ask) else cure).__name__


def row_of_open(one: RecordedDiscrepancy) -> Row:
    """An unresolved discrepancy that a comparison does not find now."""
    discrepancy_id = one.found.discrepancy_id
    kind = kind_of(discrepancy_id)
    return {
        "id": discrepancy_id,
        "kind": kind,
        "subject": one.found.subject,
        "found": one.found.found.removeprefix(f"{kind}: "),
        "status": Status.OPEN,
        **_record_of(one),
        "remedy": _ENGINE if kind in _RESOLVED_BY_ENGINE else PERSON,
        "steps": _steps_of_open(kind),
    }


def _steps_of_open(kind: str) -> str:
    if kind in _NOT_COMPARED:
        return str(_NOT_COMPARED[kind])
    return _OVER_BY_ITSELF if kind in _RESOLVED_BY_ENGINE else _OVER


def _status(earlier: RecordedDiscrepancy | None) -> Status:
    if earlier is None:
        return Status.NEW
    if earlier.is_open:
        return Status.OPEN
    return Status.ACCEPTED if earlier.is_accepted else Status.NEW


def _record_of(one: RecordedDiscrepancy | None) -> Row:
    if one is None:
        return dict.fromkeys(_RECORD, "")
    resolved_at = "" if one.resolved_at is None else iso(one.resolved_at)
    return dict(zip(_RECORD, (iso(one.found_at), resolved_at, one.resolved_by, one.resolution), strict=True))


def _recorded(row: Row) -> str:
    if row["resolved_at"]:
        return f", {_clock(row['resolved_at'])} by {row['resolved_by']}: {row['resolution']}"
    return f", found {_clock(row['found_at'])}" if row["found_at"] else ""


def _clock(time: str) -> str:
    return f"{datetime.fromisoformat(time):%Y-%m-%d %H:%M:%S} UTC"


def lines(given: Sequence[Row]) -> Iterator[str]:
    """Each row over several lines, so that its id and subject can be copied, and their number by status."""
    if not given:
        yield "the log and the exchange are equal"
        return
    for row in given:
        yield row["id"]
        yield f"  {row['found']}"
        yield f"  subject: {row['subject']}"
        yield f"  status:  {row['status']}{_recorded(row)}"
        yield f"  remedy:  {_cure(row)}"
    by_status = Counter(row["status"] for row in given)
    listed = ", ".join(f"{by_status[one]:,} {one}" for one in Status if one in by_status)
    yield f"{counted(len(given), 'difference')}: {listed}"


def _cure(row: Row) -> str:
    if row["status"] == Status.ACCEPTED:
        return row["remedy"]
    if row["steps"]:
        return f"{row['steps']} (docs/live.md)"
    return f"the engine of the log takes it in at its next comparison ({row['remedy']})"
