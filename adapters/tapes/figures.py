"""Parses the figures of a candle file as exact decimals and checks the rules for candles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import repeat
from operator import ge, gt, le, lt
from typing import cast

from adapters.tapes.columns import OPTIONAL, PRICES
from adapters.tapes.table import Table
from domain.arithmetic import ONE, ZERO
from domain.candle_bounds import LEAST_PRICE, MOST_PRICE, MOST_VOLUME
from domain.number import number

Column = Sequence[Decimal | None]

# A text of only these characters gives the same result in Decimal as in `number`, and Decimal is faster for a column.
_SIGNS = frozenset("0123456789.+-eE")
# Decimal arithmetic keeps 28 digits; a longer figure would be rounded silently.
_MOST_SIGNS = 28


@dataclass(frozen=True, slots=True)
class _Rule:
    """Requires `holds(column, other)` in each row. `other` is a column or a fixed bound; `fault` names a violation."""

    column: str
    holds: Callable[[Decimal, Decimal], bool]
    other: str | Decimal
    fault: str


_RULES = (
    *(_Rule(price, gt, ZERO, "not above") for price in PRICES),
    _Rule("volume", ge, ZERO, "negative, below"),
    _Rule("high", ge, "low", "below"),
    _Rule("open", le, "high", "above"),
    _Rule("open", ge, "low", "below"),
    _Rule("close", le, "high", "above"),
    _Rule("close", ge, "low", "below"),
    _Rule("low", ge, LEAST_PRICE, "below the smallest price,"),
    _Rule("high", le, MOST_PRICE, "above the largest price,"),
    _Rule("volume", le, MOST_VOLUME, "above the largest volume,"),
    _Rule("turnover", ge, ZERO, "negative, below"),
    _Rule("turnover", le, MOST_VOLUME, "above the largest turnover,"),
    _Rule("bid", gt, ZERO, "not above"),
    _Rule("ask", gt, ZERO, "not above"),
    _Rule("bid", le, "ask", "above"),
    _Rule("ask", le, MOST_PRICE, "above the largest price,"),
    _Rule("funding_rate", gt, -ONE, "not a fraction: not above"),
    _Rule("funding_rate", lt, ONE, "not a fraction: not below"),
)


def read_figures(table: Table) -> Mapping[str, Column]:
    """The decimals of each column, by name; an optional column may be absent, and its empty cells are None.

    Raises InvalidTape naming the first row of a column that is not a number or violates a rule.
    """
    figures: dict[str, Column] = {name: decimals(table, name) for name in (*PRICES, "volume")}
    figures |= {name: _some_decimals(table, name) for name in OPTIONAL if name in table.columns}
    for rule in _RULES:
        if rule.column in figures:
            _check(table, figures, rule)
    return figures


def decimals(table: Table, name: str) -> Sequence[Decimal]:
    """Parses a whole column at once, which is fast. Parses single cells only to find the row of an invalid one.

    Raises InvalidTape naming that row.
    """
    texts = table.columns[name]
    if set("".join(texts)) <= _SIGNS and max(map(len, texts)) <= _MOST_SIGNS:
        try:
            return list(map(Decimal, texts))
        except InvalidOperation:
            pass
    return [_decimal(table, name, index, text) for index, text in enumerate(texts)]


def _some_decimals(table: Table, name: str) -> Column:
    texts = enumerate(table.columns[name])
    return [_decimal(table, name, index, text) if text else None for index, text in texts]


def _decimal(table: Table, name: str, index: int, text: str) -> Decimal:
    if len(text) > _MOST_SIGNS:
        raise table.fault(index, f"{name} {text!r} has more than {_MOST_SIGNS} characters")
    if not text:
        raise table.fault(index, f"{name} is empty")
    try:
        return number(text, Decimal)
    except ValueError:
        raise table.fault(index, f"{name} {text!r} is not a number in the digits 0 to 9") from None


def _check(table: Table, figures: Mapping[str, Column], rule: _Rule) -> None:
    others = _others(figures, rule.other)
    if others is None or _all_hold(rule, figures[rule.column], others):
        return
    verdicts = _verdicts(rule, figures[rule.column], _others(figures, rule.other) or ())
    if False in verdicts:
        _refuse(table, figures, rule, verdicts.index(False))


def _all_hold(rule: _Rule, column: Column, others: Iterable[Decimal | None]) -> bool:
    """Whether every row complies, in one fast pass; False as well where a figure is absent."""
    try:
        return all(map(rule.holds, cast("Sequence[Decimal]", column), cast("Iterable[Decimal]", others)))
    except TypeError:
        return False


def _others(figures: Mapping[str, Column], other: str | Decimal) -> Iterable[Decimal | None] | None:
    return repeat(other) if isinstance(other, Decimal) else figures.get(other)


def _verdicts(rule: _Rule, column: Column, others: Iterable[Decimal | None]) -> list[bool]:
    """For each row, whether it complies with the rule; a row in which a figure is absent complies."""
    holds = rule.holds
    # `others` may be an infinite iterator over a fixed bound.
    pairs = zip(column, others, strict=False)
    return [one is None or other is None or holds(one, other) for one, other in pairs]


def _refuse(table: Table, figures: Mapping[str, Column], rule: _Rule, index: int) -> None:
    value = figures[rule.column][index]
    bound = rule.other if isinstance(rule.other, Decimal) else f"{rule.other} {figures[rule.other][index]}"
    raise table.fault(index, f"{rule.column} {value} is {rule.fault} {bound}")
