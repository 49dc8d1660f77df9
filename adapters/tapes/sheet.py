"""A sheet: the cells of a candle file as columns of text, before it is known what each column means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import InvalidTape

# A cell takes some 60 bytes; five years of minutes in Binance's 12 columns have 32 million.
_MOST_CELLS = 40_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """`columns` have equal lengths, one text for each candle; `header` has a name for each column, or is None.

    `form` names the format, such as `CSV`. `top` is the number of the first candle's row (1 = first in the file).
    `unended`: the last line has no line end, so it may be truncated. `skipped` are names of columns that were not
    loaded. `symbol` is the symbol in the file, where it has one for all rows. `notes` are sentences for the user.
    """

    file: str
    form: str
    header: Sequence[str] | None
    columns: Sequence[Sequence[str]]
    top: int = 1
    unended: bool = False
    skipped: tuple[str, ...] = ()
    symbol: str | None = None
    notes: tuple[str, ...] = ()

    def fault(self, sentence: str) -> InvalidTape:
        """An error that concerns the columns. It names the header's row, or the first row where there is none."""
        row = self.top if self.header is None else self.top - 1
        return InvalidTape(self.file, row or None, sentence)


def check_cells(file: str, text: str, separator: str) -> None:
    """Raises InvalidTape for a text of so many cells that they would not fit in memory."""
    if text.count(separator) > _MOST_CELLS:
        raise InvalidTape(file, None, f"has more than {_MOST_CELLS:,} cells: split it by time")
