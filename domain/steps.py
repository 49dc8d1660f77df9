"""The steps of a market's figures, seen in its candles: the finest price step, the finest volume step.

A figure that a program computed in binary floating point may carry noise in its last digits (58000.100000000006). A
double holds 15 significant digits for certain, and sums of doubles lose some more; figures are therefore read to 12.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from decimal import Context, Decimal

from msgspec import Struct

from domain.arithmetic import EXACT, ONE

TELLING = 100
"""A market with this many different prices shows its tick: the last digit of one of them is not zero."""

_DIGITS = 12
_CERTAIN = 15
_CLEAN = Context(prec=_DIGITS)
_SINGLE_DIGITS = range(6, 10)


class Seen(Struct, frozen=True, gc=False, kw_only=True):
    """Steps and prices seen in all candles of a market; prices in quote currency.

    `tick` is the finest price step. `written` is the finest step that the prices are written with, closing zeros
    included; None where the prices are so many that `tick` alone decides. `lot` is the finest volume step, in base
    currency; None where no candle has volume.
    """

    tick: Decimal
    written: Decimal | None
    lot: Decimal | None
    lowest: Decimal
    highest: Decimal


def finest_step(figures: Iterable[Decimal]) -> Decimal:
    """The largest power of ten, at most 1, of which every figure is a multiple apart from noise."""
    step, remainder = ONE, EXACT.remainder
    for figure in figures:
        if remainder(figure, step):
            step = min(step, _step(clean(figure)))
    return step


def finest_written(figures: Iterable[Decimal]) -> Decimal:
    """The finest step of the digits that the figures are written with; a figure with noise counts without it."""
    return min(map(_step_written, figures), default=ONE)


def is_multiple(figure: Decimal, step: Decimal) -> bool:
    """Whether the figure is a multiple of the step, apart from noise."""
    return not EXACT.remainder(figure, step) or not EXACT.remainder(clean(figure), step)


def clean(figure: Decimal) -> Decimal:
    """The figure without noise and closing zeros: the decimal of a 32-bit float, else 12 significant digits."""
    exact = figure.normalize(EXACT)
    if len(exact.as_tuple().digits) > _CERTAIN:
        exact = _of_single(exact) or exact
    return exact.normalize(_CLEAN)


def power_of_ten(value: Decimal) -> Decimal:
    """The largest power of ten that is not above `value` (value > 0)."""
    return ONE.scaleb(value.adjusted())


def _step(figure: Decimal) -> Decimal:
    exponent = figure.as_tuple().exponent
    return ONE.scaleb(min(exponent, 0)) if isinstance(exponent, int) else ONE


def _step_written(figure: Decimal) -> Decimal:
    return _step(figure if len(figure.as_tuple().digits) <= _DIGITS else clean(figure))


def _of_single(figure: Decimal) -> Decimal | None:
    """The shortest decimal that reads as the same 32-bit float: 0.334 of 0.33399999141693115; None where it is none."""
    number = float(figure)
    try:
        single = struct.pack("<f", number)
    except OverflowError:
        return None
    if struct.unpack("<f", single)[0] != number:
        return None
    texts = (f"{number:.{digits}g}" for digits in _SINGLE_DIGITS)
    return next((Decimal(text) for text in texts if struct.pack("<f", float(text)) == single), None)
