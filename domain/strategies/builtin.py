"""The built-in strategies, by their names in the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.strategies import Strategy
from domain.strategies.parameters import Parameters
from domain.strategies.trend import TrendFollowing

# Entry points of `whence.strategies` have this type, too. A factory raises InvalidSettings for bad parameters.
StrategyFactory = Callable[[Parameters], Strategy]

BUILTIN: Mapping[str, StrategyFactory] = {"trend": TrendFollowing.from_parameters}
