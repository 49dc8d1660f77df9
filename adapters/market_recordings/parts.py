"""The parts of a segment: its rows, and notices of those that are lost because the file was damaged."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from adapters.market_recordings.kind import KINDS, Kind
from adapters.market_recordings.row import Notice, NoticeRow
from adapters.market_recordings.segment import Place, place_of
from adapters.market_recordings.stream import Loss, batches_of
from domain.plain_text import counted

OPEN: Final = "open"
"""The folder of the segments."""
_NOTICES: Final = KINDS["notices"]


class Part(NamedTuple):
    """Rows as an Arrow batch. `place` is that of their sealed files; `loss` states what a notice among them is of, and
    is empty for rows that were recorded.
    """

    place: Place
    batch: Any
    loss: str = ""


def parts_of(root: Path, segment: Path) -> Iterator[Part]:
    """The rows of the segment in their order. Where rows are lost, a notice LOST for each instrument of the session.

    Raises InvalidInput for a file that is no segment, and RecordingError for one that cannot be read.
    """
    place, lost = place_of(segment), None
    instruments = cache(lambda: instruments_of(root, place.session))
    for one in batches_of(segment, place, went_on=_went_on(root, place)):
        if isinstance(one, Loss):
            number = _number_of(one, place)
            lost = lost or _place_of_loss(place, number)
            why = _words(one, place.kind)
            yield Part(lost, _batch(number, one.arrived_ns, instruments(), why), why)
        else:
            yield Part(place, one)


def instruments_of(root: Path, session: int) -> Sequence[str]:
    """The instruments of which the session has rows, in order."""
    sealed = (path for kind in KINDS for path in (root / kind).glob(f"*/*/*-{session}-*.parquet"))
    found = {path.parent.name for path in sealed}
    for segment in (root / OPEN).glob(f"*-{session}-*.arrow"):
        for one in batches_of(segment, place_of(segment), went_on=False):
            if not isinstance(one, Loss):
                found.update(importlib.import_module("pyarrow.compute").unique(one["instrument"]).to_pylist())
    return sorted(found)


def _went_on(root: Path, place: Place) -> bool:
    """Whether the session has a later segment of this kind. Segments are sealed in their order, so it is still open."""
    later = (root / OPEN).glob(f"{place.kind.name}-*-{place.session}-*.arrow")
    return any(place_of(path).number > place.number for path in later)


def _number_of(loss: Loss, place: Place) -> int:
    """The number of the notices: one that no notice of another segment can have.

    It is that of the last row before them, which is of another kind; among notices it is that of the first lost one.
    """
    if loss.last is None:
        return place.number
    return loss.last + (place.kind is _NOTICES)


def _place_of_loss(place: Place, number: int) -> Place:
    return place if place.kind is _NOTICES else place._replace(kind=_NOTICES, number=number)


def _words(loss: Loss, kind: Kind) -> str:
    if loss.rows is None:
        return f"rows of the {kind.name} were damaged before they were sealed, it is not known how many"
    return f"{counted(loss.rows, 'row')} of the {kind.name} were damaged before they were sealed"


def _batch(number: int, arrived_ns: int, instruments: Sequence[str], why: str) -> Any:
    if not instruments:  # nothing of the session can be read
        return importlib.import_module("pyarrow").RecordBatch.from_pylist([], _NOTICES.schema())
    return _NOTICES.batch(
        [
            (number, NoticeRow(arrived_ns=arrived_ns, instrument=name, notice=Notice.LOST, detail=why))
            for name in instruments
        ]
    )
