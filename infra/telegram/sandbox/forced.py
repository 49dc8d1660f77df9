"""A signal that an administrator forces in the sandbox: its terms from a symbol, a direction and the last price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from domain.direction import Direction
from domain.errors import InvalidInput
from domain.instrument import symbol_of
from domain.interval import interval_of
from infra.telegram.sandbox.plan import ACCOUNT, INTERVAL

SOURCE: Final = "debug"
"""The strategy under whose name forced signals are recorded."""
STOP: Final = Decimal("0.01")
TARGET: Final = Decimal("0.02")
"""Distances of stop and target from the last price, as fractions of it."""
_SIGN: Final = {Direction.LONG: 1, Direction.SHORT: -1}
RAISE_SIGNAL: Final = """mutation ($key: String!, $account: String!, $signal: SignalInput!) {
  raiseSignal(request: {idempotencyKey: $key, account: $account, timeoutSeconds: 10}, signal: $signal) {
    ... on Completed { repeated events { type } }
    ... on Refused { code reason }
    ... on TimedOut { known }
  }
}"""


class NoPrice(Exception):
    """The sandbox has seen no price of this symbol; `symbols` are those that it has seen."""

    def __init__(self, symbols: Sequence[str]) -> None:
        super().__init__(", ".join(symbols))
        self.symbols = symbols


def read(argument: str) -> tuple[str, Direction]:
    """The symbol and the direction of `/debug_signal SYMBOL LONG|SHORT`. Raises InvalidInput for anything else."""
    words = argument.upper().split()
    if len(words) != 2 or words[1] not in Direction.__members__:
        raise InvalidInput("a forced signal is a symbol and LONG or SHORT")
    return words[0], Direction[words[1]]


def signal_of(symbol: str, direction: Direction, prices: Sequence[Mapping[str, Any]]) -> Mapping[str, object]:
    """The signal as GraphQL's `SignalInput`. Its stop is 1 % from the last price, its target 2 %, with as many
    decimals as the price; confidence and trend are the greatest. Raises NoPrice."""
    found = next((one for one in prices if symbol_of(one["instrument"]) == symbol), None)
    if found is None:
        raise NoPrice([symbol_of(one["instrument"]) for one in prices])
    price, sign, interval = Decimal(found["price"]), _SIGN[direction], interval_of(INTERVAL)
    assert interval is not None
    return {
        "strategy": SOURCE,
        "instrument": found["instrument"],
        "intervalSeconds": int(interval.total_seconds()),
        "candleClosedAt": found["at"],
        "direction": direction.value,
        "confidence": 1.0,
        "trend": float(sign),
        "price": str(price),
        "stop": str((price * (1 - sign * STOP)).quantize(price)),
        "target": str((price * (1 + sign * TARGET)).quantize(price)),
    }


def request_of(key: str, signal: Mapping[str, object]) -> Mapping[str, object]:
    """The variables of `RAISE_SIGNAL`; an engine of another account refuses them."""
    return {"key": key, "account": ACCOUNT, "signal": signal}
