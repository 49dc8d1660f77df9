"""The rules by which open positions are managed: stops and targets are moved, and positions closed, by the market.

The rules are pure: `rules.decide` makes of a `Reading` the events that are recorded. Each rule has a file of its own.
"""

from domain.management.reading import Reading
from domain.management.rules import RULES, RULES_VERSION, decide

__all__ = ["RULES", "RULES_VERSION", "Reading", "decide"]
