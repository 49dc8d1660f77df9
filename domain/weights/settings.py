"""The settings of the weights: by how much the entries of a strategy are scaled in an instrument and a regime."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.arithmetic import ONE, is_within
from domain.instrument import is_instrument_id
from domain.number import number
from domain.regime import Regime
from domain.weights.scale import WeightScale

ANY = "*"
"""In place of an instrument or a regime: every one that no other row names."""
LEAST, MOST = Decimal(0), Decimal(2)
"""The bounds of a weight. Twice the default risk of an entry is the default limit of the risk of one trade."""
MOST_ROWS = 1_000
_SEPARATORS = "/=,"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """The weight of the entries of `strategy`, the id of an instance or of a source of signals.

    `instrument` and `regime` may be `*`. `weight` is a multiple from 0, which enters nothing, to 2; 1 changes nothing.
    """

    strategy: str
    instrument: str = ANY
    regime: str = ANY
    weight: Decimal = ONE

    def __str__(self) -> str:
        return f"{self.row}={self.weight:f}"

    @property
    def row(self) -> str:
        """What the weight is of, as `trend/BTCUSDT-LINEAR.BYBIT/TREND`."""
        return f"{self.strategy}/{self.instrument}/{self.regime}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightSettings:
    """The weights in force, and what they scale; an empty `table` scales nothing.

    Of the rows that fit an entry the most specific one counts: instrument and regime, then the instrument alone, then
    the regime alone, then neither.
    """

    scales: WeightScale = WeightScale.SIZE
    table: tuple[Weight, ...] = ()

    def of(self, strategy: str, instrument: str, regime: Regime | None) -> Weight | None:
        """The row that counts for an entry; None where none fits. `regime` is the one in force, None without one."""
        best: Weight | None = None
        for one in self.table:
            if (
                one.strategy == strategy
                and one.instrument in (instrument, ANY)
                and (one.regime == ANY or (regime is not None and one.regime == regime.value))
                and (best is None or _specific(one) > _specific(best))
            ):
                best = one
        return best


NO_WEIGHTS = WeightSettings()
"""No entry is scaled."""


def _specific(one: Weight) -> tuple[bool, bool]:
    return one.instrument != ANY, one.regime != ANY


def weights_text(table: Sequence[Weight]) -> str:
    """The rows on one line, as `weights_of_text` reads them."""
    return ",".join(map(str, table))


def weights_of_text(text: str) -> tuple[Weight, ...]:
    """The rows of a text like `trend/*/TREND=0.8,trend/BTCUSDT-LINEAR.BYBIT/*=1.2`; none of an empty one.

    Raises ValueError for any other text.
    """
    return tuple(_weight(row.strip()) for row in text.split(",")) if text.strip() else ()


def _weight(text: str) -> Weight:
    row, _, weight = text.rpartition("=")
    strategy, instrument, regime = row.split("/")
    return Weight(strategy=strategy, instrument=instrument, regime=regime, weight=number(weight, Decimal))


def faults(settings: WeightSettings) -> Iterator[str]:
    """The faults of the table, each as a sentence that begins with the setting's dotted name."""
    if len(settings.table) > MOST_ROWS:
        yield f"weights.table has {len(settings.table):,} rows; at most {MOST_ROWS:,} are possible"
        return
    for number_, one in enumerate(settings.table):
        yield from _faults_of(f"weights.table.{number_}", one)
    count = Counter(one.row for one in settings.table)
    twice = sorted(row for row, times in count.items() if times > 1)
    if twice:
        yield f"weights.table: more than one row is of {', '.join(twice)}; leave one of each"


def _faults_of(where: str, one: Weight) -> Iterator[str]:
    if not one.strategy or not one.strategy.isprintable() or one.strategy != one.strategy.strip():
        yield f"{where}.strategy = {one.strategy[:100]!r} is not the id of a strategy instance or source"
    elif any(sign in one.strategy for sign in _SEPARATORS):
        yield f"{where}.strategy = {one.strategy[:100]!r}: an id with one of {_SEPARATORS} can have no weight"
    if one.instrument != ANY and not is_instrument_id(one.instrument):
        yield (
            f"{where}.instrument = {one.instrument[:100]!r} is not an instrument; spell it like BTCUSDT-LINEAR.BYBIT, "
            f"or {ANY} for every one"
        )
    if one.regime != ANY and one.regime not in Regime.__members__:
        yield f"{where}.regime = {one.regime[:100]!r} is none of {', '.join(Regime)}, and not {ANY} for every one"
    if not is_within(one.weight, LEAST, MOST):
        yield f"{where}.weight = {one.weight} of {one.row[:200]} must be in {LEAST} … {MOST}"
