"""The row of a read model as it is right after an event, folded from the event's stream up to that event."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from domain.log import Envelope, Recorded
from projections.projection import Projection, Row
from projections.rows import MemoryRows

_STREAMS = 256
"""The number of streams whose rows a subscription keeps; the rows of other streams are folded again from the log."""

History = Callable[[str, int], Awaitable[Sequence[Envelope]]]
"""Returns the events of a stream up to a version."""


class Folded:
    """The rows for one subscription. The projection must have a single table, with one row for each stream."""

    def __init__(self, projection: Projection, history: History) -> None:
        self._projection, self._history = projection, history
        self._rows: OrderedDict[str, tuple[int, MemoryRows]] = OrderedDict()

    async def after(self, recorded: Recorded) -> Row | None:
        """The row as it is after the event; None where the event changes no row. Raises LogError.

        An `ordinal` in the row is 0 where its event was read from the history of the stream, which has no ordinals.
        """
        meta = recorded.envelope.meta
        if type(recorded.envelope.event) not in self._projection.folds:
            return None
        version, rows = self._rows.pop(meta.stream, (0, fresh(self._projection)))
        if version != meta.version - 1:
            rows = await self._before(meta.stream, meta.version - 1)
        self._rows[meta.stream] = (meta.version, rows)
        while len(self._rows) > _STREAMS:
            self._rows.popitem(last=False)
        return fold(self._projection, rows, recorded)

    async def _before(self, stream: str, version: int) -> MemoryRows:
        rows = fresh(self._projection)
        for envelope in await self._history(stream, version):
            fold(self._projection, rows, Recorded(0, envelope))
        return rows


def fresh(projection: Projection) -> MemoryRows:
    """Empty rows that are not read from a store."""
    return MemoryRows(projection.tables, lambda _table, _key: None)


def fold(projection: Projection, rows: MemoryRows, recorded: Recorded) -> Row | None:
    """The row as it is after the event, in the projection's only table; None where the event changes no row."""
    apply = projection.folds.get(type(recorded.envelope.event))
    if apply is None:
        return None
    apply(rows, recorded)
    put = rows.put_last()
    rows.kept()
    return next((row for table in put.values() for row in table.values()), None)
