"""The built-in strategies, by their names in the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pkgutil import resolve_name

from domain.strategies import Strategy
from domain.strategies.about import About
from domain.strategies.parameters import Parameters
from domain.strategy_places import STRATEGY_PLACES

# Entry points of `whence.strategies` have this type, too. A factory raises InvalidSettings for bad parameters.
StrategyFactory = Callable[[Parameters], Strategy]


def about(name: str) -> About | None:
    """What is known of a built-in strategy beside its rule; None for any other name."""
    place = STRATEGY_PLACES.get(name)
    return None if place is None else resolve_name(place).about


def _factory(place: str) -> StrategyFactory:
    """The factory of the class at this place. A module is imported when its strategy is first made."""

    def made(given: Parameters) -> Strategy:
        strategy: Strategy = resolve_name(place).from_parameters(given)
        return strategy

    return made


BUILTIN: Mapping[str, StrategyFactory] = {name: _factory(place) for name, place in STRATEGY_PLACES.items()}
