"""The volume profile of the last five minutes: the traded volume by price."""

from __future__ import annotations

from collections import deque
from math import exp, floor, log

from msgspec import Struct

from domain.book.analysis.ladder import BPS

SPAN_MS = 300_000
"""The trades of so many milliseconds are in the profile."""
AREA = 0.7
"""The part of the volume that the value area has at least."""
_SLICE_MS = 1_000


class ProfileShape(Struct, frozen=True, gc=False):
    """The point of control, the edges of the value area (quote currency), and the control's part of the volume."""

    control: float
    low: float
    high: float
    share: float


class Profile:
    """Volume by price: prices are divided into steps of one basis point, trades forgotten by whole seconds.

    Source: Steidlmayer, "Steidlmayer on Markets" (2003): point of control and value area.
    """

    __slots__ = ("_slices", "_trades", "_volumes")

    def __init__(self) -> None:
        self._volumes: dict[int, float] = {}
        self._trades: dict[int, int] = {}
        self._slices: deque[tuple[int, dict[int, tuple[float, int]]]] = deque()

    def take(self, price: float, size: float, at: int) -> None:
        """Takes the next trade; `at` in Unix milliseconds."""
        number = at // _SLICE_MS
        if not self._slices or self._slices[-1][0] < number:
            self._slices.append((number, {}))
            self._forget(number - SPAN_MS // _SLICE_MS)
        place = floor(log(price) * BPS)
        volumes, trades, last = self._volumes, self._trades, self._slices[-1][1]
        volumes[place] = volumes.get(place, 0.0) + size
        trades[place] = trades.get(place, 0) + 1
        volume, count = last.get(place, (0.0, 0))
        last[place] = (volume + size, count + 1)

    def _forget(self, until: int) -> None:
        while self._slices and self._slices[0][0] <= until:
            for place, (size, trades) in self._slices.popleft()[1].items():
                # A price without trades is removed by their number: a difference of sums need not end at zero.
                if self._trades[place] == trades:
                    del self._volumes[place], self._trades[place]
                else:
                    self._volumes[place] -= size
                    self._trades[place] -= trades

    def shape(self, at: int) -> ProfileShape | None:
        """Point of control and value area of the trades in the last 300 s before `at`; None without a trade.

        The value area grows from the control by the larger neighbour, the upper of equal ones, until it has 70 %.
        """
        self._forget((at - SPAN_MS) // _SLICE_MS)
        volumes = self._volumes
        if not volumes:
            return None
        whole = sum(volumes.values())
        most = max(volumes.values())
        control = max([place for place, volume in volumes.items() if volume == most])
        low, high = _area(volumes, control, AREA * whole)
        return ProfileShape(_middle(control), exp(low / BPS), exp((high + 1) / BPS), volumes[control] / whole)


def _area(volumes: dict[int, float], control: int, wanted: float) -> tuple[int, int]:
    low = high = control
    least, most = min(volumes), max(volumes)
    held = volumes[control]
    while held < wanted and (low > least or high < most):
        above = volumes.get(high + 1, 0.0) if high < most else -1.0
        below = volumes.get(low - 1, 0.0) if low > least else -1.0
        if above >= below:
            high += 1
            held += above
        else:
            low -= 1
            held += below
    return low, high


def _middle(place: int) -> float:
    return exp((place + 0.5) / BPS)
