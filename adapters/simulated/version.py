"""The version of the simulator's rules. A log records the version that filled its orders."""

from __future__ import annotations

from typing import Final

from adapters.simulated.matching import AT_OPEN
from domain.errors import InvalidInput

RULES_VERSION: Final = 2
"""The current version of the rules, by which new logs are made.

Raise it with every change after which the same calls over the same candles lead to other reports: whether an order
fills, at which price, quantity, fee and time; the order of events inside a candle; margin and liquidation; refusals and
their wording; the ids of orders, executions and facts. It stays the same for a new setting whose default changes no
report, and for a new query. `matching.AT_OPEN` has what differs between the versions.
"""


def check_playable(version: int) -> None:
    """Raises InvalidInput, naming the version, where this program cannot fill orders by that version's rules."""
    if version not in AT_OPEN:
        raise InvalidInput(
            f"this log was made by version {version} of the simulator's rules, and this program plays "
            f"{', '.join(map(str, sorted(AT_OPEN)))}: resume it with the program that made it"
        )
