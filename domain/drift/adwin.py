"""Adaptive windowing: a change of the mean of a stream, found as values arrive.

Bifet and Gavaldà (2007), "Learning from Time-Changing Data with Adaptive Windowing", algorithm ADWIN2. The window is
kept as an exponential histogram: buckets of 1, 2, 4 … values, each with its sum and its squared deviations (Babcock,
Datar, Motwani and O'Callaghan, 2003, "Maintaining Variance and k-Medians over Data Stream Windows"). The oldest bucket
is dropped while two parts of the window have means that differ by more than the bound of the paper (its section 4.1,
with the observed variance).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from domain.errors import InvalidInput

_ROW: Final = 5
"""The most buckets of one size; one more merges the two oldest of them."""
_GRACE: Final = 10
"""No window of so few values or fewer is examined."""
_SHORTEST: Final = 5
"""Neither part of the window is shorter."""


class Change(NamedTuple):
    """A change of the mean: `before` and `after` it; `kept` is how many values the window holds now."""

    before: float
    after: float
    kept: int


class _Bucket(NamedTuple):
    """A run of values: their sum and the sum of their squared deviations from their mean."""

    total: float
    deviation: float


def _rows() -> list[deque[_Bucket]]:
    return [deque()]


@dataclass(slots=True)
class Adwin:
    """A window that ends with the newest value; `delta` (0..1) bounds the probability of a false change at one look.

    The window is examined at every `every`-th value.
    """

    delta: float = 0.002
    every: int = 32
    _rows: list[deque[_Bucket]] = field(default_factory=_rows)
    _taken: int = 0
    _width: int = 0
    _total: float = 0.0
    _deviation: float = 0.0

    @property
    def width(self) -> int:
        """How many values the window holds."""
        return self._width

    @property
    def mean(self) -> float | None:
        """The mean of the window; None for an empty one."""
        return self._total / self._width if self._width else None

    def add(self, value: float) -> Change | None:
        """Takes the next value; the change that it shows, if any.

        Raises InvalidInput for a value that is not finite.
        """
        if not math.isfinite(value):
            raise InvalidInput(f"drift: an outcome must be a finite number, not {value!r}")
        self._taken += 1
        self._insert(value)
        if self._taken % self.every or self._width <= _GRACE:
            return None
        return self._shrunk()

    def _insert(self, value: float) -> None:
        if self._width:
            self._deviation += (value - self._total / self._width) ** 2 * self._width / (self._width + 1)
        self._width += 1
        self._total += value
        self._rows[0].append(_Bucket(value, 0.0))
        self._merge()

    def _merge(self) -> None:
        """Makes one bucket of the two oldest of each row that is too long."""
        for power, row in enumerate(self._rows):
            if len(row) <= _ROW:
                return
            if power + 1 == len(self._rows):
                self._rows.append(deque())
            self._rows[power + 1].append(_united(row.popleft(), row.popleft(), 1 << power))

    def _shrunk(self) -> Change | None:
        """Drops the oldest buckets until no two parts of the window differ."""
        before = self._total / self._width
        changed = False
        while self._differs():
            self._drop()
            changed = True
        return Change(before, self._total / self._width, self._width) if changed else None

    def _differs(self) -> bool:
        """Whether some older part of the window has another mean than the rest."""
        older, total = 0, 0.0
        for size, bucket in self._from_the_oldest():
            older += size
            total += bucket.total
            newer = self._width - older
            if newer < _SHORTEST:
                return False
            if older >= _SHORTEST:
                distance = abs(total / older - (self._total - total) / newer)
                if distance > self._bound(older, newer):
                    return True
        return False

    def _from_the_oldest(self) -> Iterator[tuple[int, _Bucket]]:
        for power in range(len(self._rows) - 1, -1, -1):
            for bucket in self._rows[power]:
                yield 1 << power, bucket

    def _bound(self, older: int, newer: int) -> float:
        """sqrt(2/m * v * ln(2 ln(n)/delta)) + 2/(3 m) * ln(2 ln(n)/delta), with 1/m = 1/n0 + 1/n1 and the variance v.

        Each part counts `_SHORTEST` - 1 values less, as the reference implementation of the authors has it.
        """
        spared = _SHORTEST - 1
        inverse = 1 / (older - spared) + 1 / (newer - spared)
        doubt = math.log(2 * math.log(self._width) / self.delta)
        return math.sqrt(2 * inverse * self._deviation / self._width * doubt) + 2 / 3 * doubt * inverse

    def _drop(self) -> None:
        """Removes the oldest bucket."""
        row = self._rows[-1]
        size = 1 << (len(self._rows) - 1)
        oldest = row.popleft()
        self._width -= size
        self._total -= oldest.total
        apart = (oldest.total / size - self._total / self._width) ** 2
        lost = oldest.deviation + apart * size * self._width / (size + self._width)
        self._deviation = max(0.0, self._deviation - lost)
        while len(self._rows) > 1 and not self._rows[-1]:
            self._rows.pop()


def _united(one: _Bucket, other: _Bucket, size: int) -> _Bucket:
    """One bucket of two that hold `size` values each."""
    apart = (one.total - other.total) / size
    return _Bucket(one.total + other.total, one.deviation + other.deviation + apart * apart * size / 2)
