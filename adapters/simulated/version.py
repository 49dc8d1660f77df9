"""Which rules this exchange plays by, and which logs can be played on it."""

from __future__ import annotations

from domain.errors import InvalidInput

RULES_VERSION = 1
"""The version of the matching rules that this exchange plays by; a log records the one it was made with.

It rises with every change after which the same calls over the same candles lead to other reports: when an order
fills, at which price, quantity, fee and time, in which order things happen inside a candle, margin and liquidation,
what is refused and in which words, and the ids of orders, executions and facts. New settings whose defaults change
nothing do not raise it, nor do new queries.
"""

_PLAYABLE = frozenset({RULES_VERSION})


def playable(version: int) -> None:
    """Raises InvalidInput unless a log made with this version of the rules can be played on."""
    if version not in _PLAYABLE:
        known = ", ".join(str(one) for one in sorted(_PLAYABLE))
        raise InvalidInput(
            f"this log was made with version {version} of the simulated exchange's rules; this program plays {known}"
        )
