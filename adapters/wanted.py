"""What a feed of any exchange is to receive."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from domain.errors import InvalidInput
from domain.instrument import check_instrument_id

MOST_INSTRUMENTS = 100


class Wanted(Struct, frozen=True, kw_only=True):
    """The market data of some linear perpetuals; `book` is the depth of their books, 0 for none.

    Raises InvalidInput for a text that is no instrument id, for the same instrument or interval twice, for no
    instrument or more than 100, for a negative depth, and where nothing is wanted of them.
    """

    instruments: tuple[str, ...]
    candles: tuple[timedelta, ...] = ()
    trades: bool = False
    quotes: bool = False
    book: int = 0

    def __post_init__(self) -> None:
        for instrument in self.instruments:
            check_instrument_id(instrument)
        if not 0 < len(self.instruments) <= MOST_INSTRUMENTS:
            raise InvalidInput(f"a feed has 1 to {MOST_INSTRUMENTS} instruments, not {len(self.instruments)}")
        for named in (self.instruments, self.candles):
            if len(set(named)) < len(named):
                raise InvalidInput("an instrument or interval is named twice")
        if self.book < 0:
            raise InvalidInput(f"a book has no depth of {self.book}")
        if not (self.candles or self.trades or self.quotes or self.book):
            raise InvalidInput("neither candles, trades, quotes nor books are wanted")
