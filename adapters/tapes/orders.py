"""Whether the prices of a file without a header stand in the assumed order: open, high, low, close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import permutations

from adapters.tapes.columns import PRICES, TIME
from adapters.tapes.samples import floats, sampled
from adapters.tapes.table import Table
from domain.errors import InvalidTape

_KNOWN: Mapping[tuple[str, ...], str] = {
    ("low", "high", "open", "close"): "Coinbase's",
    ("open", "close", "high", "low"): "KuCoin's",
    ("open", "close", "low", "high"): "KLineChart's",
}

Prices = Mapping[str, Sequence[float]]


def check_order(table: Table, opened: Sequence[datetime]) -> None:
    """Raises InvalidTape where the columns contradict the assumed order and fit another one, or fit another one better.

    Two orders that differ by open and close fit the same candles. In the true order a candle mostly opens near the
    close of the candle before, so the order in which those are closer is the more likely one. Files in which figures
    are invalid, or fit no order, are left to the rules of single rows.
    """
    columns = [floats(sampled(table.columns[name])) for name in PRICES]
    known = [column for column in columns if column is not None]
    if len(known) < len(PRICES):
        return
    if opened[0] > opened[-1]:
        known = [column[::-1] for column in known]
    _judge(table, known)


def _judge(table: Table, columns: Sequence[Sequence[float]]) -> None:
    fitting = {
        order: _jumps(prices)
        for order in permutations(PRICES)
        if _fits(prices := dict(zip(order, columns, strict=True)))
    }
    if not fitting:
        return
    best = min(fitting, key=lambda order: (fitting[order], order != PRICES))
    if PRICES not in fitting:
        raise _refusal(table, best, "the prices do not fit the order open, high, low, close; they fit")
    if fitting[best] < fitting[PRICES]:
        raise _refusal(table, best, "the prices fit the order open, high, low, close less well than")


def _refusal(table: Table, order: Sequence[str], fault: str) -> InvalidTape:
    named = f"{_KNOWN[tuple(order)]} order " if tuple(order) in _KNOWN else ""
    names = ",".join((TIME, *order, "volume"))
    advice = f"add a first line with the names of all columns, beginning with {names}"
    return table.fault(0, f"{fault} {named}{', '.join(order)}: {advice}")


def _fits(prices: Prices) -> bool:
    rows = zip(prices["open"], prices["high"], prices["low"], prices["close"], strict=True)
    return all(low <= first <= high and low <= last <= high for first, high, low, last in rows)


def _jumps(prices: Prices) -> float:
    """The sum of the distances between each close and the next open."""
    return sum(
        abs(opened - closed) for closed, opened in zip(prices["close"], prices["open"][1:], strict=False)
    )
