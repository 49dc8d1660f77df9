"""An execution as Bybit's REST API and its topic `execution` show it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from adapters.bybit.fields import figure, moment, needed, positive, stated, text
from adapters.bybit.order_row import SIDES
from adapters.instruments.document import Table
from adapters.time_bound import check_time
from commands.exchange import Funded
from domain.direction import Side
from domain.errors import InvalidInput
from domain.fee_bound import check_fee
from domain.instrument import instrument_id
from domain.order import Liquidity

VENUE = "bybit"
TRADE, FUNDING = "Trade", "Funding"
FORCED = frozenset({"BustTrade", "AdlTrade"})
"""Executions by which Bybit closes a position itself: a liquidation, or auto-deleveraging."""

TRADES = FORCED | {TRADE}
"""The types of execution that change a position by a trade. Funding and settlement are not among them."""


class ExecutionRow(Struct, frozen=True, gc=False, kw_only=True):
    """`link` is the client order id, empty for an order without one.

    Of a funding, `fee` is what was paid, `price` the mark price, and `rate` the funding rate (`feeRate`); None where
    the row has none, and of a trade.
    """

    id: str
    type: str
    link: str
    venue_order_id: str
    instrument: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str
    liquidity: Liquidity
    at: datetime
    rate: Decimal | None = None

    @property
    def fact(self) -> str:
        return f"exchange:{VENUE}:{self.id}"


def execution_row(row: Table, settle: str) -> ExecutionRow:
    """The execution of a row; without a `feeCurrency` the fee is in the settlement currency.

    Raises InvalidInput for a row that is not complete.
    """
    side, kind = needed(row, "side"), needed(row, "execType")
    if side not in SIDES:
        raise InvalidInput(f"side {side[:40]!r} is unknown")
    if kind in TRADES or kind == FUNDING:
        _check_money(row, kind, settle)
    return ExecutionRow(
        id=needed(row, "execId"),
        type=kind,
        link=text(row, "orderLinkId"),
        venue_order_id=text(row, "orderId"),
        instrument=instrument_id(needed(row, "symbol")),
        side=SIDES[side],
        price=figure(row, "execPrice"),
        quantity=figure(row, "execQty"),
        fee=figure(row, "execFee"),
        fee_currency=text(row, "feeCurrency") or settle,
        liquidity=Liquidity.MAKER if row.get("isMaker") is True else Liquidity.TAKER,
        at=check_time("execTime", moment(row, "execTime")),
        rate=figure(row, "feeRate") if kind == FUNDING and text(row, "feeRate") else None,
    )


def _check_money(row: Table, kind: str, settle: str) -> None:
    """Raises InvalidInput for a row that moves money and does not state how much, or of which order, and for a fee in
    the settlement currency that no exchange takes.

    Other kinds lead to no report, and a query for executions must not fail by them.
    """
    needed(row, "execFee")
    if kind == FUNDING:
        return
    price, quantity = (positive(row, name) for name in ("execPrice", "execQty"))
    if text(row, "feeCurrency") in ("", settle):
        check_fee("execFee", figure(row, "execFee"), price, quantity)
    for name in ("orderLinkId", "orderId"):
        stated(row, name)
    if not isinstance(row.get("isMaker"), bool):
        raise InvalidInput("isMaker is missing or is neither true nor false")


def funded(row: ExecutionRow) -> Funded:
    """The report of a funding; Bybit's fee is positive where the account paid."""
    return Funded(
        instrument=row.instrument,
        at=row.at,
        fact=row.fact,
        amount=-row.fee,
        rate=row.rate,
        price=row.price if row.price > 0 else None,
    )
