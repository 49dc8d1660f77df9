"""The volume of a column that is named after a currency must be in the instrument's base currency."""

from __future__ import annotations

from adapters.tapes.table import Table
from domain.instrument import symbol_of
from domain.quotes import split_symbol


def check_currency(table: Table, instrument: str) -> None:
    """Raises InvalidTape where the volume's name has another currency than the base, as in `Volume USDT` of BTCUSDT."""
    base, _ = split_symbol(symbol_of(instrument))
    if table.currency is not None and table.currency != base:
        raise table.fault(
            0,
            f"the only volume is in {table.currency}; needed is the volume in {base}, in a column named volume",
        )
