"""The strategies that come with the house, by the name settings call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.strategies import Strategy
from domain.strategies.parameters import Parameters
from domain.strategies.trend import TrendFollowing

# What an entry point of `whence.strategies` must be, too: parameters in, the strategy or InvalidSettings out.
StrategyFactory = Callable[[Parameters], Strategy]

BUILTIN: Mapping[str, StrategyFactory] = {"trend": TrendFollowing.from_parameters}
