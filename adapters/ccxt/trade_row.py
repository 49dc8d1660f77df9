"""A trade of the account and a funding payment, as ccxt unifies them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from adapters.ccxt.dialect import Dialect, is_forced
from adapters.ccxt.fees import fees
from adapters.ccxt.fields import known, moment, needed, positive, scaled, text
from adapters.ccxt.markets import Market
from adapters.ccxt.order_row import side_of
from adapters.instruments.document import Table, table
from commands.exchange import Funded
from domain.direction import Side
from domain.fee_bound import check_fee
from domain.order import Liquidity

_MOST_DIGITS = 30


class TradeRow(Struct, frozen=True, gc=False, kw_only=True):
    """`venue_order_id` is the exchange's id of the order; `fee` is what was paid in `fee_currency`, `other_fees`
    what was paid in further currencies, by currency.

    `sequence` orders the trades of one time, as far as the exchange states an order;
    `is_forced` for a trade by which the exchange closed a position.
    """

    id: str
    venue_order_id: str
    symbol: str
    instrument: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str
    liquidity: Liquidity
    at: datetime
    sequence: int
    is_forced: bool
    other_fees: Mapping[str, Decimal] = {}

    def fact(self, venue: str) -> str:
        """The fact of the trade, by the name of its exchange in facts."""
        return f"exchange:{venue}:{self.id}"


def trade_row(row: Table, market: Market, dialect: Dialect) -> TradeRow:
    """The trade of ccxt's structure.

    Raises InvalidInput where it is not complete, and for a fee in the settlement currency that no exchange takes.
    """
    price, quantity = positive(row, "price"), scaled(positive(row, "amount"), market.size)
    (currency, paid), *others = fees(row, market.settlement).items()
    if currency == market.settlement:
        check_fee("fee", paid, price, quantity)
    return TradeRow(
        id=needed(row, "id"),
        venue_order_id=needed(row, "order"),
        symbol=market.symbol,
        instrument=market.instrument,
        side=side_of(row),
        price=price,
        quantity=quantity,
        fee=paid,
        fee_currency=currency,
        liquidity=Liquidity.MAKER if row.get("takerOrMaker") == "maker" else Liquidity.TAKER,
        at=moment(row, "timestamp"),
        sequence=_sequence(row, dialect),
        is_forced=is_forced(table(row.get("info")), dialect.forced_trades),
        other_fees=dict(others),
    )


def funded(row: Table, market: Market, venue: str, *, is_paid: bool) -> Funded:
    """The report of a funding payment; `is_paid` where the exchange states a payment of ours as positive."""
    amount = known(row, "amount")
    return Funded(
        instrument=market.instrument,
        at=moment(row, "timestamp"),
        fact=f"exchange:{venue}:{needed(row, 'id')}",
        amount=-amount if is_paid else amount,
    )


def _sequence(row: Table, dialect: Dialect) -> int:
    """The exchange's own number of a trade, else its id where that is a number; 0 where neither is."""
    stated = (str(table(row.get("info")).get(dialect.sequence) or ""), text(row, "id"))
    return next((int(one) for one in stated if one.isdecimal() and len(one) <= _MOST_DIGITS), 0)
