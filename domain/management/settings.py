"""The settings of the manager of open positions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct

from domain.arithmetic import ONE, ZERO, is_within, total
from domain.management.turned import SIGN_NAMES
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

    Once it was held for `early_seconds`, the position is closed at a net profit, after fees and funding, of
    `early_profit` of its cost, and at a net loss of `early_loss`. From the profit `target_activation` on the target is
    moved by `target_step` of the average entry price where the price is within one step of it, each time
    `target_acceleration` times as far. `partial_closes` are levels as `profit:share`: at this profit this share of the
    opened quantity is closed. A reversal is detected where `reversal_signs` signs have turned against the position in
    the last `reversal_window` candles, at least `reversal_cooldown_seconds` and a move of `reversal_change` of the
    price after the last detection; then the stop is moved to `reversal_distance` of the price from the price, or with
    `reversal_closes` the position is closed.

    A level of the order book is strong from `book_strong` median sizes of its side on. From the profit `book_stop_at`
    on the stop is `book_behind` behind the nearest strong level that leaves it `book_distance` from the price. Where a
    strong level ahead is within `book_exit_distance` of a price in profit, `book_exit_share` of the opened quantity is
    closed, once. Distances are fractions of the price.
    """

    trailing_levels: tuple[str, ...] = ()
    break_even_at: Decimal = ZERO
    break_even_offset: Decimal = ZERO
    minimum_step: Decimal = Decimal("0.0005")
    largest_loss: Decimal = ZERO
    time_limit_seconds: int = 0
    early_profit: Decimal = ZERO
    early_loss: Decimal = ZERO
    early_seconds: int = 0
    target_activation: Decimal = Decimal("0.01")
    target_step: Decimal = ZERO
    target_acceleration: Decimal = Decimal("1.5")
    partial_closes: tuple[str, ...] = ()
    reversal_signs: int = 0
    reversal_window: int = 5
    reversal_cooldown_seconds: int = 60
    reversal_change: Decimal = Decimal("0.002")
    reversal_closes: bool = False
    reversal_distance: Decimal = Decimal("0.005")
    book_stop_at: Decimal = ZERO
    book_strong: Decimal = Decimal(3)
    book_behind: Decimal = Decimal("0.0001")
    book_distance: Decimal = Decimal("0.0005")
    book_exit_share: Decimal = ZERO
    book_exit_distance: Decimal = Decimal("0.0005")

    @property
    def is_on(self) -> bool:
        """Whether any rule is on."""
        return bool(
            self.trailing_levels
            or self.break_even_at
            or self.largest_loss
            or self.time_limit_seconds
            or self.early_profit
            or self.early_loss
            or self.target_step
            or self.partial_closes
            or self.reversal_signs
            or self.book_stop_at
            or self.book_exit_share
        )

    @property
    def reads_books(self) -> bool:
        """Whether a rule reads the strong levels of order books."""
        return bool(self.book_stop_at or self.book_exit_share)

    @property
    def moving(self) -> frozenset[str]:
        """The names of the settings that switch on a rule which moves a resting stop or target."""
        is_on = {
            "trailing_levels": bool(self.trailing_levels),
            "break_even_at": bool(self.break_even_at),
            "target_step": bool(self.target_step),
            "book_stop_at": bool(self.book_stop_at),
            "reversal_signs": bool(self.reversal_signs) and not self.reversal_closes,
        }
        return frozenset(name for name, on in is_on.items() if on)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnManagementSettings(OwnSettings):
    """The settings of `ManagementSettings` that one instance has otherwise; None is that of all instances."""

    trailing_levels: tuple[str, ...] | None = None
    break_even_at: Decimal | None = None
    break_even_offset: Decimal | None = None
    minimum_step: Decimal | None = None
    largest_loss: Decimal | None = None
    time_limit_seconds: int | None = None
    early_profit: Decimal | None = None
    early_loss: Decimal | None = None
    early_seconds: int | None = None
    target_activation: Decimal | None = None
    target_step: Decimal | None = None
    target_acceleration: Decimal | None = None
    partial_closes: tuple[str, ...] | None = None
    reversal_signs: int | None = None
    reversal_window: int | None = None
    reversal_cooldown_seconds: int | None = None
    reversal_change: Decimal | None = None
    reversal_closes: bool | None = None
    reversal_distance: Decimal | None = None
    book_stop_at: Decimal | None = None
    book_strong: Decimal | None = None
    book_behind: Decimal | None = None
    book_distance: Decimal | None = None
    book_exit_share: Decimal | None = None
    book_exit_distance: Decimal | None = None


NO_MANAGEMENT = ManagementSettings()
"""No rule is on."""

BOUNDS: Mapping[str, tuple[Decimal | float, Decimal | float]] = {
    "break_even_at": (ZERO, ONE),
    "break_even_offset": (ZERO, ONE),
    "minimum_step": (ZERO, Decimal("0.1")),
    "largest_loss": (ZERO, ONE),
    "time_limit_seconds": (0, 31_536_000),
    "early_profit": (ZERO, ONE),
    "early_loss": (ZERO, ONE),
    "early_seconds": (0, 31_536_000),
    "target_activation": (ZERO, ONE),
    "target_step": (ZERO, Decimal("0.2")),
    "target_acceleration": (ONE, Decimal(10)),
    "reversal_signs": (0, len(SIGN_NAMES)),
    "reversal_window": (1, 1_000),
    "reversal_cooldown_seconds": (0, 31_536_000),
    "reversal_change": (ZERO, ONE),
    "reversal_distance": (Decimal("0.0001"), Decimal("0.5")),
    "book_stop_at": (ZERO, ONE),
    "book_strong": (ONE, Decimal(1_000)),
    "book_behind": (ZERO, Decimal("0.1")),
    "book_distance": (ZERO, Decimal("0.5")),
    "book_exit_share": (ZERO, Decimal("0.99")),
    "book_exit_distance": (ZERO, Decimal("0.1")),
}
"""The least and the greatest value of each number."""


class TrailingLevel(Struct, frozen=True, gc=False):
    """From `profit` on the stop follows the price in `distance`; both are fractions."""

    profit: Decimal
    distance: Decimal


def trailing_levels(texts: Sequence[str]) -> Sequence[TrailingLevel]:
    """The levels of these texts, as `0.02:0.01`. Raises ValueError for text that is no pair of numbers."""
    return [TrailingLevel(*_pair(text)) for text in texts]


class PartialLevel(Struct, frozen=True, gc=False):
    """At `profit` this `share` of the opened quantity is closed; both are fractions."""

    profit: Decimal
    share: Decimal


def partial_levels(texts: Sequence[str]) -> Sequence[PartialLevel]:
    """The levels of these texts, as `0.01:0.5`. Raises ValueError for text that is no pair of numbers."""
    return [PartialLevel(*_pair(text)) for text in texts]


def _pair(text: str) -> tuple[Decimal, Decimal]:
    profit, colon, gap = text.partition(":")
    if not colon:
        raise ValueError(f"{text!r} has no colon")
    return number(profit.strip(), Decimal), number(gap.strip(), Decimal)


_FORM = 'write each level as profit:distance, as in ["0.02:0.01", "0.05:0.015"]'
_PARTIAL_FORM = 'write each level as profit:share, as in ["0.01:0.5", "0.02:0.25"]'


def faults_of_levels(where: str, of: str, texts: Sequence[str]) -> Iterator[str]:
    """The faults of trailing levels, each as a sentence that begins with `where`; `of` names the instance."""
    yield from _faults_of_texts(where, of, texts, trailing_levels, _fault_of_trailing, _FORM)


def faults_of_partial_closes(where: str, of: str, texts: Sequence[str]) -> Iterator[str]:
    """The faults of partial closes, each as a sentence that begins with `where`; `of` names the instance."""
    found = list(_faults_of_texts(where, of, texts, partial_levels, _fault_of_partial, _PARTIAL_FORM))
    yield from found
    if not found and total(one.share for one in partial_levels(texts)) > ONE:
        spelled = f"{where} = {', '.join(texts)}{of}"
        yield f"{spelled}: the shares add up to more than 1, which is the whole position"


_Level = TypeVar("_Level", TrailingLevel, PartialLevel)


def _faults_of_texts(
    where: str,
    of: str,
    texts: Sequence[str],
    read: Callable[[Sequence[str]], Sequence[_Level]],
    fault_of: Callable[[Sequence[_Level]], str],
    form: str,
) -> Iterator[str]:
    """`fault_of` returns the fault of the numbers of the levels, or empty text."""
    spelled = f"{where} = {', '.join(texts)}{of}"
    try:
        levels = read(texts)
    except ValueError as fault:
        yield f"{spelled}: {fault}; {form}"
        return
    profits = [one.profit for one in levels]
    if found := fault_of(levels):
        yield f"{spelled}: {found}; {form}"
    elif profits != sorted(set(profits)):
        yield f"{spelled}: the profits must rise from level to level"


def _fault_of_trailing(levels: Sequence[TrailingLevel]) -> str:
    if not all(is_within(value, ZERO, ONE) for one in levels for value in (one.profit, one.distance)):
        return "profits and distances must be in 0 … 1"
    if not all(ZERO < one.distance < ONE for one in levels):
        return "a distance must be above 0 and below 1"
    return ""


def _fault_of_partial(levels: Sequence[PartialLevel]) -> str:
    is_valid = all(ZERO < value <= ONE for one in levels for value in (one.profit, one.share))
    return "" if is_valid else "profits and shares must be above 0 and at most 1"
