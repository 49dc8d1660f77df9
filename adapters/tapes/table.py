"""A table: the cells of a candle file by what their columns mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.tapes.columns import OPTIONAL, PRICES, TIME
from adapters.tapes.commas import with_points
from adapters.tapes.layout import Layout
from adapters.tapes.named import named_layout
from adapters.tapes.sheet import Sheet
from adapters.tapes.unnamed import unnamed_layout
from domain.errors import InvalidTape


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One text for each row in `columns`, by meaning, and in `clocks`, further columns of times, by name.

    `numbers` are the rows' numbers in the file (1 = first). `unended`: the last row has no line end, so it may be
    truncated. `headed`: the file names its columns. `form` and `currency` are those of the layout. `unread` are the
    names of columns that are not read. `unconfirmed` are the numbers of rows that were left out because the exchange
    had marked their candle as incomplete.
    """

    file: str
    form: str
    numbers: Sequence[int]
    columns: Mapping[str, Sequence[str]]
    clocks: Mapping[str, Sequence[str]]
    headed: bool
    unended: bool
    unread: tuple[str, ...]
    unconfirmed: Sequence[int]
    currency: str | None
    notes: tuple[str, ...]

    def fault(self, index: int, sentence: str) -> InvalidTape:
        """An error that names the row of candle `index` (0 = first in the table)."""
        return InvalidTape(self.file, self.numbers[index], sentence)

    def taking(self, indexes: Sequence[int]) -> Table:
        """The table of these rows only, in rising order."""
        return Table(
            file=self.file,
            form=self.form,
            numbers=[self.numbers[index] for index in indexes],
            columns={name: [cells[index] for index in indexes] for name, cells in self.columns.items()},
            clocks={name: [cells[index] for index in indexes] for name, cells in self.clocks.items()},
            headed=self.headed,
            unended=self.unended and indexes[-1] == len(self.numbers) - 1,
            unread=self.unread,
            unconfirmed=self.unconfirmed,
            currency=self.currency,
            notes=self.notes,
        )


def table_of(sheet: Sheet) -> Table:
    """The table of a sheet. Raises InvalidTape where its columns are not those of candles."""
    layout = unnamed_layout(sheet) if sheet.header is None else named_layout(sheet, sheet.header)
    columns = {name: sheet.columns[place] for name, place in layout.columns.items()}
    if layout.clock is not None:
        clock = sheet.columns[layout.clock]
        columns[TIME] = [f"{day} {time}" for day, time in zip(columns[TIME], clock, strict=True)]
    figures = [name for name in (*PRICES, "volume", *OPTIONAL) if name in columns]
    columns |= with_points(sheet, {name: columns[name] for name in figures})
    confirmed, unconfirmed = _confirmed(sheet, layout)
    table = Table(
        file=sheet.file,
        form=layout.form,
        numbers=range(sheet.top, sheet.top + len(columns[TIME])),
        columns=columns,
        clocks={_name(sheet, place): sheet.columns[place] for place in layout.clocks},
        headed=sheet.header is not None,
        unended=sheet.unended,
        unread=(*layout.unread, *sheet.skipped),
        unconfirmed=unconfirmed,
        currency=layout.currency,
        notes=sheet.notes,
    )
    return table.taking(confirmed) if unconfirmed else table


def _name(sheet: Sheet, place: int) -> str:
    return f"column {place + 1}" if sheet.header is None else sheet.header[place].strip()


_CONFIRMED: Mapping[str, bool] = {"1": True, "0": False, "true": True, "false": False}


def _confirmed(sheet: Sheet, layout: Layout) -> tuple[Sequence[int], Sequence[int]]:
    """The indexes of the complete candles, and the row numbers of the others."""
    if layout.confirm is None:
        return (), ()
    cells = [cell.lower() for cell in sheet.columns[layout.confirm]]
    for row, cell in enumerate(cells, start=sheet.top):
        if cell not in _CONFIRMED:
            fault = f"{cell!r} does not state whether the candle is complete: expected 0, 1, true or false"
            raise InvalidTape(sheet.file, row, fault)
    complete = [index for index, cell in enumerate(cells) if _CONFIRMED[cell]]
    if not complete:
        raise sheet.fault("no row is a complete candle: each one is marked as unconfirmed")
    rows = [sheet.top + index for index, cell in enumerate(cells) if not _CONFIRMED[cell]]
    return complete, rows
