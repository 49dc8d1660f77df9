"""The version of the simulator's rules: a log says by which its orders were filled."""

from __future__ import annotations

from typing import Final

from domain.errors import InvalidInput

RULES_VERSION: Final = 1
"""The version of the rules that this exchange plays by; a log records the one it was made with.

It rises with every change after which the same calls over the same candles lead to other reports: when an order
fills, at which price, quantity, fee and time, in which order things happen inside a candle, margin and liquidation,
what is refused and in which words, and the ids of orders, executions and facts. A new setting whose default changes
nothing does not raise it, nor does a new query.
"""

_PLAYABLE: Final = frozenset({1})


def check_playable(version: int) -> None:
    """Raises InvalidInput, naming the version, where orders cannot be filled by these rules any more."""
    if version not in _PLAYABLE:
        raise InvalidInput(
            f"this log was made by version {version} of the simulator's rules, and this program plays "
            f"{', '.join(map(str, sorted(_PLAYABLE)))}: resume it with the program that made it"
        )
