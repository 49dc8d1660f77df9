"""The fees of an order or a trade in ccxt's unified structures: `fees`, a list, or `fee`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from adapters.ccxt.fields import figure, text
from adapters.instruments.document import Table, rows, table
from domain.arithmetic import EXACT, ZERO


def fees(row: Table, settlement: str) -> Mapping[str, Decimal]:
    """What was paid, by currency, negative for a rebate; never empty. Fees of one currency are added.

    The first is the fee in the settlement currency where one was paid, else the first that is listed. A fee that names
    no currency is in the settlement currency. Of fees of 0 there is only one, where nothing else was paid.
    """
    listed = rows(row.get("fees")) or [table(row.get("fee"))]
    paid: dict[str, Decimal] = {}
    for one in listed:
        currency, cost = text(one, "currency") or settlement, figure(one, "cost")
        paid[currency] = EXACT.add(paid.get(currency, ZERO), cost)
    first, *others = sorted(paid.items(), key=lambda one: (not one[1], one[0] != settlement))
    return dict([first, *(one for one in others if one[1])])
