"""Positions and balances as Bybit's REST API shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.bybit.fields import figure, known, needed, positive, price
from adapters.bybit.order_row import SIDES
from adapters.instruments.document import Table, rows, table
from domain.arithmetic import EXACT, total
from domain.direction import towards
from domain.errors import ExchangeRefused, InvalidInput
from domain.instrument import instrument_id
from domain.venue import VenueBalance, VenuePosition

_RESERVED = ("totalPositionIM", "totalOrderIM", "locked")
"""They may be empty: in portfolio margin, which is not traded here, and of another kind of account."""


def positions(listed: Sequence[Table]) -> Sequence[VenuePosition]:
    """The open positions of rows of /v5/position/list.

    Raises ExchangeRefused for a position of hedge mode, InvalidInput for a row that is not complete.
    """
    return [_position(row) for row in listed if known(row, "size")]


def balances(response: Table) -> Sequence[VenueBalance]:
    """One balance for each currency of /v5/account/wallet-balance. Raises InvalidInput for an incomplete row."""
    accounts = rows(table(response.get("result")).get("list"))
    if not accounts:
        raise InvalidInput("no account is listed")
    return list(_balances(accounts))


def _position(row: Table) -> VenuePosition:
    if row.get("positionIdx") != 0:
        raise ExchangeRefused(
            f"{needed(row, 'symbol')} is in hedge mode; this program trades in one-way mode"
        )
    side = needed(row, "side")
    if side not in SIDES:
        raise InvalidInput(f"side {side[:40]!r} is unknown")
    return VenuePosition(
        instrument=instrument_id(needed(row, "symbol")),
        direction=towards(SIDES[side]),
        quantity=known(row, "size"),
        average_price=positive(row, "avgPrice"),
        liquidation_price=price(row, "liqPrice"),
    )


def _balances(accounts: Sequence[Table]) -> Iterator[VenueBalance]:
    for coin in (one for account in accounts for one in rows(account.get("coin"))):
        balance = known(coin, "walletBalance")
        reserved = total(figure(coin, name) for name in _RESERVED)
        yield VenueBalance(
            currency=needed(coin, "coin"),
            balance=balance,
            available=EXACT.subtract(balance, reserved),
        )
