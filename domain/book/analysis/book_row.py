"""The figures of one book at one time."""

from __future__ import annotations

from msgspec import Struct


class BookRow(Struct, frozen=True, gc=False, kw_only=True):
    """A row of `domain/book/analysis/table.py`: `values` in the order of `FIGURES`; None is missing.

    `at` is the time of the levels and trades that it was computed from, by the exchange's clock, in Unix milliseconds.
    """

    instrument: str
    at: int
    values: tuple[float | None, ...]
