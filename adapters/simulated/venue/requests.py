"""The parameters of the requests that change something, read and checked for their form.

Names are Bybit's in snake case. An empty text is the same as a missing parameter. Names that the exchange does not
know are ignored, as there; what it knows and the venue does not serve is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from adapters.simulated.venue.codes import PARAMETER, Declined
from domain.direction import Side


class Kind(StrEnum):
    """`orderType`."""

    LIMIT = "Limit"
    MARKET = "Market"


class TimeInForce(StrEnum):
    """`timeInForce`."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    POST_ONLY = "PostOnly"


class Prevention(StrEnum):
    """`smpType`: what ends where an order would trade with an order of the same account; the taker's decides."""

    NONE = "None"
    CANCEL_MAKER = "CancelMaker"
    CANCEL_TAKER = "CancelTaker"
    CANCEL_BOTH = "CancelBoth"


class TriggerBy(StrEnum):
    """The price that a trigger is compared with."""

    LAST = "LastPrice"
    MARK = "MarkPrice"
    INDEX = "IndexPrice"


class Mode(StrEnum):
    """`tpslMode`: protection of the whole position, or of a part."""

    FULL = "Full"
    PARTIAL = "Partial"


SideName = Literal["Buy", "Sell"]
SIDES: Mapping[SideName, Side] = {"Buy": Side.BUY, "Sell": Side.SELL}
SIDE_NAMES: Mapping[Side, SideName] = {Side.BUY: "Buy", Side.SELL: "Sell"}


class OrderRequest(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """POST /v5/order/create. Prices are in quote currency; `qty` is in base currency, of a spot market order in the one
    that `market_unit` names.
    """

    category: str
    symbol: str
    side: SideName
    order_type: Kind
    qty: Decimal
    price: Decimal | None = None
    time_in_force: TimeInForce | None = None
    order_link_id: str = ""
    position_idx: int = 0
    reduce_only: bool = False
    close_on_trigger: bool = False
    trigger_price: Decimal | None = None
    trigger_direction: int = 0
    trigger_by: TriggerBy = TriggerBy.LAST
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    tp_trigger_by: TriggerBy = TriggerBy.LAST
    sl_trigger_by: TriggerBy = TriggerBy.LAST
    tpsl_mode: Mode = Mode.FULL
    tp_order_type: Kind = Kind.MARKET
    sl_order_type: Kind = Kind.MARKET
    tp_limit_price: Decimal | None = None
    sl_limit_price: Decimal | None = None
    smp_type: Prevention = Prevention.NONE
    market_unit: str = ""
    order_filter: str = ""
    is_leverage: int = 0


class AmendRequest(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """POST /v5/order/amend: what is None stays as it is; 0 takes a take profit or stop loss away."""

    category: str
    symbol: str
    order_id: str = ""
    order_link_id: str = ""
    qty: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    trigger_by: TriggerBy | None = None
    tp_trigger_by: TriggerBy | None = None
    sl_trigger_by: TriggerBy | None = None
    tpsl_mode: Mode | None = None
    tp_limit_price: Decimal | None = None
    sl_limit_price: Decimal | None = None


class CancelRequest(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """POST /v5/order/cancel."""

    category: str
    symbol: str
    order_id: str = ""
    order_link_id: str = ""


class CancelAllRequest(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """POST /v5/order/cancel-all: a symbol, or every symbol of a base or settlement currency."""

    category: str
    symbol: str = ""
    base_coin: str = ""
    settle_coin: str = ""
    order_filter: str = ""
    stop_order_type: str = ""


class LeverageRequest(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """POST /v5/position/set-leverage."""

    category: str
    symbol: str
    buy_leverage: Decimal
    sell_leverage: Decimal


class ModeRequest(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """POST /v5/position/switch-mode: 0 is one-way, 3 is hedge mode."""

    category: str
    mode: int
    symbol: str = ""
    coin: str = ""


class StopRequest(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """POST /v5/position/trading-stop: what is None stays as it is, 0 is taken away."""

    category: str
    symbol: str
    position_idx: int = 0
    tpsl_mode: Mode = Mode.FULL
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    trailing_stop: Decimal | None = None
    active_price: Decimal | None = None
    tp_trigger_by: TriggerBy = TriggerBy.LAST
    sl_trigger_by: TriggerBy = TriggerBy.LAST
    tp_size: Decimal | None = None
    sl_size: Decimal | None = None
    tp_limit_price: Decimal | None = None
    sl_limit_price: Decimal | None = None
    tp_order_type: Kind = Kind.MARKET
    sl_order_type: Kind = Kind.MARKET


_UNSERVED: Mapping[type[Struct], tuple[str, ...]] = {
    OrderRequest: ("bboSideType", "bboLevel", "slippageToleranceType", "slippageTolerance", "orderIv", "mmp"),
    AmendRequest: ("orderIv",),
}
"""Parameters of the exchange that would change an order and that the venue does not serve."""

_MOST_DIGITS = 20
_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]*([eE][+-]?[0-9]+)?")
R = TypeVar("R", bound=Struct)


def read(form: type[R], body: Mapping[str, object]) -> R:
    """The request in the body's parameters. Raises Declined (10001) for a missing, unknown or unfit value, and for a
    parameter of the exchange that is not served.
    """
    given = {name: value for name, value in body.items() if value not in ("", None)}
    for name in _UNSERVED.get(form, ()):
        if given.get(name):
            raise Declined(PARAMETER, f"{name} is not served")
    try:
        request = msgspec.convert(given, form, strict=False)
    except msgspec.ValidationError as error:
        raise Declined(PARAMETER, str(error)) from None
    for field, name in zip(form.__struct_fields__, form.__struct_encode_fields__, strict=True):
        value = getattr(request, field)
        if isinstance(value, Decimal) and not (_is_plain(given.get(name)) and _is_usable(value)):
            raise Declined(
                PARAMETER, f"{name} must be a number of at least 0 with at most 20 digits on each side"
            )
    return request


def _is_plain(given: object) -> bool:
    """Whether a text is a number in plain digits: `Decimal` also reads blanks, `1_000` and digits of other scripts."""
    return not isinstance(given, str) or _NUMBER.fullmatch(given) is not None


def _is_usable(value: Decimal) -> bool:
    if not value.is_finite() or value < 0:
        return False
    exponent = value.as_tuple().exponent
    return value.adjusted() < _MOST_DIGITS and isinstance(exponent, int) and exponent >= -_MOST_DIGITS
