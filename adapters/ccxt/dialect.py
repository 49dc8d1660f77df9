"""What ccxt does not unify: how each exchange takes client order ids, finds orders and states money.

An exchange without an entry gets `ANY`: ids of 32 letters and digits, orders searched in the lists of open and ended
orders, wallets as ccxt states them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from adapters.instruments.document import Table


class Search(StrEnum):
    """BY_ID: `fetch_order` takes a client order id. FILTER: the lists of orders take it. LISTS: they are searched."""

    BY_ID = "by id"
    FILTER = "filter"
    LISTS = "lists"


class Wallet(Struct, frozen=True, gc=False):
    """Where a response states balances without unrealised profit: the keys to its rows, and the fields of a row."""

    rows: tuple[str | int, ...]
    currency: str
    balance: str
    available: str


class Forced(Struct, frozen=True, gc=False):
    """The field by which an exchange marks what it did itself, and the beginnings of its values: liquidation and
    auto-deleveraging."""

    field: str
    begins: tuple[str, ...]


def is_forced(info: Table, forced: Forced | None) -> bool:
    """Whether the exchange did this itself."""
    return forced is not None and str(info.get(forced.field) or "").startswith(forced.begins)


class Dialect(Struct, frozen=True, gc=False, kw_only=True):
    """`order_id` is the pattern of a client order id; another id is replaced by a digest of it.

    `id_filter` is the parameter of a list of orders, `trigger_id` that of a new conditional order, and `link_fields`
    are the fields of a row that hold the client order id beside ccxt's own. `trigger` are the parameters of the lists
    of conditional orders, where those are apart. `child_fields` hold the id of the order that a conditional one has
    become, where it becomes another one. `amends_whole` where an amendment states all terms; `amends_triggers` where
    conditional orders can be amended. `history_days` is how far back trades are kept. `sequence` is the field of a
    trade by which those of one time are ordered, where its id does not. `trade_type` is the field of a trade that
    states its kind, of which `trade_types` are queried one by one; others are funding and settlement. `forced` marks
    orders and `forced_trades` trades.
    `states_funding_paid` where a positive funding was paid; `states_funding_currency` where the currency that ccxt
    states of it is the exchange's: of Bybit ccxt states USDT, whatever the contract. `candles_in_base` where ccxt
    states the volume of candles in base currency although a contract is not one unit of it. `request_seconds` is for
    how long the exchange takes a request after the time that was signed: ccxt's `recvWindow`, or what the exchange
    documents.
    """

    order_id: str = "[A-Za-z0-9]{1,32}"
    search: Search = Search.LISTS
    id_filter: str = ""
    trigger_id: str = ""
    link_fields: tuple[str, ...] = ()
    trigger: Mapping[str, object] = {}
    child_fields: tuple[str, ...] = ()
    amends_whole: bool = True
    amends_triggers: bool = False
    wallet: Wallet | None = None
    forced: Forced | None = None
    history_days: int = 90
    sequence: str = ""
    trade_type: str = ""
    trade_types: tuple[str, ...] = ()
    forced_trades: Forced | None = None
    states_funding_paid: bool = False
    states_funding_currency: bool = True
    candles_in_base: bool = False
    request_seconds: float = 60.0
    options: Mapping[str, object] = {}


DIALECTS: Mapping[str, Dialect] = {
    "bybit": Dialect(
        order_id="[A-Za-z0-9_-]{1,36}",
        request_seconds=5.0,
        search=Search.FILTER,
        id_filter="orderLinkId",
        amends_whole=False,
        amends_triggers=True,
        history_days=730,
        sequence="seq",
        trade_type="execType",
        trade_types=("Trade", "BustTrade", "AdlTrade"),
        forced_trades=Forced("execType", ("BustTrade", "AdlTrade")),
        states_funding_paid=True,
        states_funding_currency=False,
        options={
            "enableUnifiedMargin": False,
            "enableUnifiedAccount": True,
            "fetchMarkets": {"types": ["linear"]},
        },
    ),
    "binanceusdm": Dialect(
        order_id="[.A-Z:/a-z0-9_-]{1,36}",
        request_seconds=10.0,
        search=Search.BY_ID,
        trigger={"trigger": True},
        child_fields=("actualOrderId",),
        wallet=Wallet(("assets",), "asset", "walletBalance", "availableBalance"),
        forced=Forced("clientOrderId", ("autoclose-", "adl_autoclose", "settlement_autoclose-")),
        history_days=180,
        options={"fetchOpenOrders": {"warnWithoutSymbol": False}},
    ),
    "okx": Dialect(
        search=Search.BY_ID,
        candles_in_base=True,
        request_seconds=30.0,
        trigger_id="algoClOrdId",
        link_fields=("algoClOrdId",),
        trigger={"trigger": True, "ordType": "conditional"},
        child_fields=("ordId",),
        amends_whole=False,
        wallet=Wallet(("data", 0, "details"), "ccy", "cashBal", "availBal"),
        forced=Forced("category", ("full_liquidation", "partial_liquidation", "adl")),
        options={
            "createOrder": "privatePostTradeOrder",
            "defaultMarginMode": "isolated",
            "defaultType": "swap",
            "fetchMarkets": {"types": ["swap"]},
        },
    ),
}

ANY = Dialect(trigger={"trigger": True}, options={"defaultType": "swap"})


def dialect_of(exchange: str) -> Dialect:
    """The dialect of an exchange by its name in ccxt."""
    return DIALECTS.get(exchange, ANY)
