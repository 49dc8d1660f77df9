"""Positions and balances as ccxt unifies them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from adapters.ccxt.dialect import Wallet
from adapters.ccxt.fields import figure, known, level, needed, scaled
from adapters.ccxt.markets import Markets
from adapters.instruments.document import Table, is_table, rows, table
from domain.direction import Direction
from domain.errors import ExchangeRefused, InvalidInput
from domain.venue import VenueBalance, VenuePosition

_DIRECTIONS: Mapping[str, Direction] = {"long": Direction.LONG, "short": Direction.SHORT}


def positions(listed: Sequence[Table], markets: Markets) -> Sequence[VenuePosition]:
    """The open positions in linear perpetuals.

    Raises ExchangeRefused for a position of hedge mode, InvalidInput for a row that is not complete.
    """
    return list(_positions(listed, markets))


def balances(response: Table, wallet: Wallet | None) -> Sequence[VenueBalance]:
    """One balance for each currency that the account has or had. Raises InvalidInput for an incomplete response."""
    if wallet is None:
        return list(_unified(response))
    return list(_stated(_descend(response.get("info"), wallet.rows), wallet))


def _positions(listed: Sequence[Table], markets: Markets) -> Iterator[VenuePosition]:
    for row in listed:
        market = markets.named(needed(row, "symbol"))
        contracts = abs(figure(row, "contracts"))
        if market is None or not contracts:
            continue
        if row.get("hedged") is True:
            raise ExchangeRefused(
                f"{market.instrument} is in hedge mode; this program trades in one-way mode"
            )
        side = needed(row, "side")
        if side not in _DIRECTIONS:
            raise InvalidInput(f"side {side[:40]!r} is unknown")
        yield VenuePosition(
            instrument=market.instrument,
            direction=_DIRECTIONS[side],
            quantity=scaled(contracts, market.size),
            average_price=known(row, "entryPrice"),
            liquidation_price=level(row, "liquidationPrice"),
        )


def _unified(response: Table) -> Iterator[VenueBalance]:
    totals = response.get("total")
    if not is_table(totals):
        raise InvalidInput("no balance is listed")
    for currency, whole in totals.items():
        if whole is not None:
            row = table(response.get(currency))
            yield VenueBalance(
                currency=currency, balance=known(totals, currency), available=figure(row, "free")
            )


def _stated(listed: Sequence[Table], wallet: Wallet) -> Iterator[VenueBalance]:
    for row in listed:
        yield VenueBalance(
            currency=needed(row, wallet.currency),
            balance=known(row, wallet.balance),
            available=figure(row, wallet.available),
        )


def _descend(info: object, keys: tuple[str | int, ...]) -> Sequence[Table]:
    found = info
    for key in keys:
        if isinstance(key, str):
            found = table(found).get(key)
        else:
            listed = cast("list[object]", found) if isinstance(found, list) else []
            found = listed[key] if len(listed) > key else None
    if not isinstance(found, list):
        raise InvalidInput("no balance is listed")
    return rows(cast("list[object]", found))
