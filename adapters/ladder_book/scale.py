"""The whole numbers in which a ladder has prices and sizes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Final

from msgspec import Struct

from domain.book.frame import Row
from domain.book.side import not_a_size, price_key
from domain.errors import InvalidInput

MOST_UNITS: Final = 2**53 - 1
"""Larger whole numbers are not all exact as floats."""

PRICE_CHARACTERS: Final = 16
SIZE_CHARACTERS: Final = 40
SLOTS: Final = 16_384
"""Ticks of a side of a ladder unless stated otherwise: 128 KiB."""

_MOST_PLACES = 15


class Scale(Struct, frozen=True, kw_only=True, dict=True):
    """`tick` is the step of prices in quote currency, `size_places` the decimals of sizes in base currency (0 to 15).

    Raises InvalidInput for a tick that is not above 0 or has more than 15 decimals, and for other places.
    """

    tick: Decimal
    size_places: int

    def __post_init__(self) -> None:
        if not (self.tick.is_finite() and self.tick > 0 and self.price_places <= _MOST_PLACES):
            raise InvalidInput(f"the tick of a ladder is above 0 with at most 15 decimals, not {self.tick}")
        if not 0 <= self.size_places <= _MOST_PLACES:
            raise InvalidInput(f"sizes of a ladder have 0 to 15 decimals, not {self.size_places}")

    @cached_property
    def price_places(self) -> int:
        """The decimals of a tick."""
        return places_of(self.tick)

    @cached_property
    def units(self) -> tuple[int, int, int]:
        """What `kernel.read_push` takes: decimals of prices, the tick in units of the last one, decimals of sizes."""
        return self.price_places, int(self.tick.scaleb(self.price_places)), self.size_places

    def row(self, row: Row) -> tuple[int, int]:
        """Ticks and units of a row, never rounded. Raises InvalidInput for a row that the ladder cannot have."""
        price, size = row
        price_key(price)
        ticks, rest = divmod(Decimal(price), self.tick)
        if rest:
            raise InvalidInput(f"price {price} is no multiple of the tick {self.tick}")
        return int(ticks), self._size(size)

    def misfit(self, rows: Iterable[Row]) -> str:
        """Why the first row that the ladder cannot have does not fit it; empty where all rows do."""
        try:
            for row in rows:
                self.row(row)
        except InvalidInput as fault:
            return str(fault)
        return ""

    def price_text(self, ticks: int) -> str:
        """The price with the decimals of the tick."""
        return format((ticks * self.tick).quantize(Decimal(1).scaleb(-self.price_places)), "f")

    def size_text(self, units: int) -> str:
        """The size with `size_places` decimals."""
        return format(Decimal(units).scaleb(-self.size_places), "f")

    def _size(self, text: str) -> int:
        if len(text) > SIZE_CHARACTERS or not text.replace(".", "", 1).isdecimal():
            raise not_a_size(text)
        units = Decimal(text).scaleb(self.size_places)
        if units != int(units) or units > MOST_UNITS:
            raise InvalidInput(
                f"size {text} is no whole number of 10**-{self.size_places} of at most {MOST_UNITS}"
            )
        return int(units)


def places_of(step: Decimal) -> int:
    """The decimals of a step."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
