"""The rows of a read model right after each event of a subscription, folded from exactly the prefix of its stream."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from domain.log import Envelope, Recorded
from projections.projection import Projection, Row
from projections.rows import MemoryRows

_STREAMS = 256
"""Streams whose last row a subscription keeps; what comes back later is folded again from the log."""

History = Callable[[str, int], Awaitable[Sequence[Envelope]]]
"""The events of a stream up to a version."""


class Folded:
    """One subscription's. The projection has one table, with one row a stream."""

    def __init__(self, projection: Projection, history: History) -> None:
        self._projection, self._history = projection, history
        self._rows: OrderedDict[str, tuple[int, MemoryRows]] = OrderedDict()

    async def after(self, recorded: Recorded) -> Row | None:
        """The row that the event leaves; None where it leaves none. Raises LogError.

        Of what came before the subscription began no ordinal is known: `ordinal` may be 0 there.
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
    """No rows yet, and none anywhere else."""
    return MemoryRows(projection.tables, lambda _table, _key: None)


def fold(projection: Projection, rows: MemoryRows, recorded: Recorded) -> Row | None:
    """The row that the event leaves in the projection's one table; None where it leaves none."""
    told = projection.folds.get(type(recorded.envelope.event))
    if told is None:
        return None
    told(rows, recorded)
    put = rows.put_last()
    rows.kept()
    return next((row for table in put.values() for row in table.values()), None)
