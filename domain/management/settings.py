"""The settings of the manager of open positions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import ONE, ZERO, is_within
from domain.number import number
from domain.own_settings import OwnSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementSettings:
    """The rules of the manager; 0, or no levels, switches a rule off. Profits and losses are fractions of the average
    entry price, whatever the leverage; fees are not in them.

    `trailing_levels` are the levels of the trailing stop, each as `profit:distance`, in order of the profit: from this
    profit on the stop follows the price in this distance, a fraction of the price. From the profit `break_even_at` on
    the stop is at the price at which entry and exit pay their taker fees, and beyond it by `break_even_offset`.
    `minimum_step` is the least move of a stop or target, as a fraction of the price. From a loss of `largest_loss` on
    the position is closed, and once it was held for `time_limit_seconds`.
    """

    trailing_levels: tuple[str, ...] = ()
    break_even_at: Decimal = ZERO
    break_even_offset: Decimal = ZERO
    minimum_step: Decimal = Decimal("0.0005")
    largest_loss: Decimal = ZERO
    time_limit_seconds: int = 0

    @property
    def is_on(self) -> bool:
        """Whether any rule is on."""
        return bool(
            self.trailing_levels or self.break_even_at or self.largest_loss or self.time_limit_seconds
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnManagementSettings(OwnSettings):
    """The settings of `ManagementSettings` that one instance has otherwise; None is that of all instances."""

    trailing_levels: tuple[str, ...] | None = None
    break_even_at: Decimal | None = None
    break_even_offset: Decimal | None = None
    minimum_step: Decimal | None = None
    largest_loss: Decimal | None = None
    time_limit_seconds: int | None = None


NO_MANAGEMENT = ManagementSettings()
"""No rule is on."""

BOUNDS: Mapping[str, tuple[Decimal | float, Decimal | float]] = {
    "break_even_at": (ZERO, ONE),
    "break_even_offset": (ZERO, ONE),
    "minimum_step": (ZERO, Decimal("0.1")),
    "largest_loss": (ZERO, ONE),
    "time_limit_seconds": (0, 31_536_000),
}
"""The least and the greatest value of each number."""


class TrailingLevel(Struct, frozen=True, gc=False):
    """From `profit` on the stop follows the price in `distance`; both are fractions."""

    profit: Decimal
    distance: Decimal


def trailing_levels(texts: Sequence[str]) -> Sequence[TrailingLevel]:
    """The levels of these texts, as `0.02:0.01`. Raises ValueError for text that is no pair of numbers."""
    return [_level(text) for text in texts]


def _level(text: str) -> TrailingLevel:
    profit, colon, gap = text.partition(":")
    if not colon:
        raise ValueError(f"{text!r} has no colon")
    return TrailingLevel(number(profit.strip(), Decimal), number(gap.strip(), Decimal))


_FORM = 'write each level as profit:distance, as in ["0.02:0.01", "0.05:0.015"]'


def faults_of_levels(where: str, of: str, texts: Sequence[str]) -> Iterator[str]:
    """The faults of trailing levels, each as a sentence that begins with `where`; `of` names the instance."""
    spelled = f"{where} = {', '.join(texts)}{of}"
    try:
        levels = trailing_levels(texts)
    except ValueError as fault:
        yield f"{spelled}: {fault}; {_FORM}"
        return
    profits = [one.profit for one in levels]
    if not all(is_within(value, ZERO, ONE) for one in levels for value in (one.profit, one.distance)):
        yield f"{spelled}: profits and distances must be in 0 … 1; {_FORM}"
    elif not all(ZERO < one.distance < ONE for one in levels):
        yield f"{spelled}: a distance must be above 0 and below 1; {_FORM}"
    elif profits != sorted(set(profits)):
        yield f"{spelled}: the profits must rise from level to level"
