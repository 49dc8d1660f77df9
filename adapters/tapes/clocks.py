"""Two columns of times in one file: the first counts, and the others must agree with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time

from adapters.tapes.table import Table
from adapters.tapes.timestamps import instant

_MIDNIGHT = time()


def clock_notes(table: Table, opened: Sequence[datetime]) -> Iterator[str]:
    """A sentence for each further column of times. Raises InvalidTape at the first row that contradicts `opened`."""
    for name, texts in table.clocks.items():
        read = _read(texts)
        if read is None:
            yield f"column {name} is not read, and its times are not compared: {texts[0]!r} is not a time"
            continue
        _check(table, name, opened, read)
        yield f"column {name} is not read: its times agree with the candles' times"


def _read(texts: Sequence[str]) -> Sequence[datetime] | None:
    try:
        known: Mapping[str, datetime] = {text: _in_utc(instant(text)) for text in set(texts)}
    except (ValueError, OverflowError):
        return None
    return [known[text] for text in texts]


def _in_utc(read: datetime) -> datetime:
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def _check(table: Table, name: str, opened: Sequence[datetime], read: Sequence[datetime]) -> None:
    """Dates without a time of day must be the day of the open time; times must equal it to the second."""
    days_only = all(one.time() == _MIDNIGHT for one in read)
    for index, (known, other) in enumerate(zip(opened, read, strict=True)):
        if known.replace(microsecond=0) != other.replace(microsecond=0) and not (
            days_only and known.date() == other.date()
        ):
            raise table.fault(
                index, f"two columns of times disagree: {known} and, in {name}, {other}; remove the wrong one"
            )
