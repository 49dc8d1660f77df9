"""What is held of one kind and instrument in one session: the number of rows, the first and the last one."""

from __future__ import annotations

import importlib
from typing import Any, Final, NamedTuple

READ: Final = ["number", "arrived_ns"]
"""The columns that it is computed from."""


class Held(NamedTuple):
    """How many rows, the first and the last number, and the times between which they arrived, in nanoseconds since
    1970. `digests` are those of the files and segments of the rows, each with the first number of its rows; a sealed
    file that no manifest lists has none.
    """

    rows: int
    first: int
    last: int
    begin_ns: int
    end_ns: int
    digests: tuple[tuple[int, str], ...] = ()

    def with_(self, other: Held) -> Held:
        """Both together."""
        return Held(
            self.rows + other.rows,
            min(self.first, other.first),
            max(self.last, other.last),
            min(self.begin_ns, other.begin_ns),
            max(self.end_ns, other.end_ns),
            tuple(sorted((*self.digests, *other.digests))),
        )

    @property
    def line(self) -> str:
        """The text that an identity is made of."""
        figures = (self.rows, self.first, self.last, self.begin_ns, self.end_ns)
        return "|".join(map(str, (*figures, *(digest for _, digest in self.digests))))


def held_in(rows: Any) -> Held:
    """What an Arrow batch or table has."""
    compute = importlib.import_module("pyarrow.compute")
    numbers, times = (compute.min_max(rows.column(name)).as_py() for name in READ)
    return Held(rows.num_rows, numbers["min"], numbers["max"], times["min"], times["max"])
