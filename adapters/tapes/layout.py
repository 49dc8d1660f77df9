"""The layout of a candle file: which column means what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`columns` are indexes of a sheet's columns by what they mean; `form` names the format.

    `clocks` are further columns of times, which must agree with the first. `clock` is a column of times of day that
    belongs to the dates of the first. `confirm` has 1 or true in the row of each complete candle. `currency` is what
    the volume's name states its currency to be. `unread` are names of columns that are not read.
    """

    form: str
    columns: Mapping[str, int]
    clocks: tuple[int, ...] = ()
    clock: int | None = None
    confirm: int | None = None
    currency: str | None = None
    unread: tuple[str, ...] = field(default=())
