"""Decimal commas: `100,5` is read as 100.5 where nothing else can be meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from adapters.tapes.sheet import Sheet

_DECIMAL = re.compile(r"[+-]?[0-9]+,[0-9]*([eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_ADVICE = "write the figures with a decimal point and without separators of thousands"


def with_points(sheet: Sheet, columns: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """The columns of figures with points for decimal commas; empty where no figure has a comma.

    Raises InvalidTape where a comma may separate thousands: a figure has a point as well, or more than one comma, or
    every figure with a comma has exactly three digits after it (1,234).
    """
    figures = [
        text for column in columns.values() if "," in "".join(column) for text in column if "," in text
    ]
    if not figures:
        return {}
    doubtful = next((text for text in figures if not _DECIMAL.fullmatch(text)), None)
    if doubtful is not None:
        raise sheet.fault(f"the comma in {doubtful!r} may separate thousands: {_ADVICE}")
    if all(map(_THOUSANDS.fullmatch, figures)):
        raise sheet.fault(f"{figures[0]!r} may be a decimal or thousands: {_ADVICE}")
    if any("." in text for column in columns.values() for text in column):
        raise sheet.fault(f"some figures have a decimal point, others a comma ({figures[0]!r}): {_ADVICE}")
    return {name: [text.replace(",", ".") for text in column] for name, column in columns.items()}
