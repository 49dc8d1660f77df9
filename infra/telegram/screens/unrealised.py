"""The unrealised profit of open positions at the last prices that the engine has seen.

The marks of the equity curve are an hour apart, these figures are as recent as the prices. A profit is that of a linear
contract, before fees, in quote currency: `(price - average price) x quantity`; a short position has the other sign.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from infra.telegram.screens.screen import Data

_SIGNS = {"LONG": Decimal(1), "SHORT": Decimal(-1)}


@dataclass(frozen=True, slots=True)
class Unrealised:
    """A profit in quote currency, and the time of the oldest price that it is of."""

    profit: Decimal
    at: str


def unrealised_of(positions: Iterable[Data], prices: Iterable[Data] | None) -> Unrealised | None:
    """The sum over the positions; None without a position, and where one has no price."""
    last: dict[str, Data] = {one["instrument"]: one for one in prices or ()}
    found = [_profit(one, last.get(one["instrument"])) for one in positions]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found):
        return None
    return Unrealised(sum((one.profit for one in known), Decimal(0)), min(one.at for one in known))


def _profit(position: Data, price: Any) -> Unrealised | None:
    if price is None:
        return None
    moved = Decimal(price["price"]) - Decimal(position["averagePrice"])
    profit = _SIGNS[position["direction"]] * moved * Decimal(position["quantity"])
    return Unrealised(profit, price["at"])
