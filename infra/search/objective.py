"""The objective of a search: one of the analyser's measures, and whether more of it is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.errors import InvalidInput
from domain.plain_text import meant
from projections.analysis.measures import MEASURES, Measure

_MORE_IS_BETTER: Mapping[str, bool] = {
    "total_return": True,
    "annual_return": True,
    "sharpe": True,
    "sortino": True,
    "calmar": True,
    "profit_factor": True,
    "expectancy": True,
    "win_rate": True,
    "net": True,
    "max_drawdown": False,
}
"""The measures that can be searched for."""
_OF_MANY_DAYS = frozenset({"annual_return", "sharpe", "sortino", "calmar"})
"""Those that no part under `domain.ratios.LEAST_DAYS` days has."""

OBJECTIVES = tuple(name.replace("_", "-") for name in _MORE_IS_BETTER)
"""The names as the command line has them."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A measure, and whether its largest or its smallest value is the best."""

    measure: Measure
    more_is_better: bool

    @property
    def needs_days(self) -> bool:
        """Whether it is not defined under `domain.ratios.LEAST_DAYS` days."""
        return self.measure.name in _OF_MANY_DAYS

    def value(self, measures: Mapping[str, Any]) -> Decimal | None:
        """Its value among the measures in JSON; None where it is not defined, and where nothing was filled.

        Whoever never trades has no drawdown and no loss; that is no result of a search.
        """
        found = measures.get(self.measure.name)
        if found is None or not Decimal(measures.get("turnover") or 0):
            return None
        return Decimal(str(found))

    def rank(self, value: Decimal) -> Decimal:
        """The value with such a sign that more is better."""
        return value if self.more_is_better else -value


def objective_of(name: str) -> Objective:
    """The objective of this name, as `profit-factor`. Raises InvalidInput for any other name."""
    own = name.strip().lower().replace("-", "_")
    if own not in _MORE_IS_BETTER:
        raise InvalidInput(
            f"--objective {name!r}: no such objective{meant(name, OBJECTIVES)}; there are: {', '.join(OBJECTIVES)}"
        )
    (measure,) = (one for one in MEASURES if one.name == own)
    return Objective(measure, _MORE_IS_BETTER[own])
