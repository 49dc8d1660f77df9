"""The checks on take profit, stop loss and trailing stop of a contract. Each refuses with 10001: Bybit documents no
other code.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from adapters.simulated.bounds import is_off_step
from adapters.simulated.venue.codes import PARAMETER, Declined
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.requests import SIDE_NAMES, Kind, Mode, OrderRequest, StopRequest
from domain.direction import Side


class Form(Struct, frozen=True, gc=False):
    """How a take profit (`prefix` tp) or stop loss (sl) is executed: by a market order, or a limit order at `limit`."""

    prefix: str
    stop: Decimal | None
    kind: Kind
    limit: Decimal | None


def forms_of(request: OrderRequest | StopRequest) -> tuple[Form, Form]:
    """The forms of the take profit and of the stop loss that a request names."""
    return (
        Form("tp", request.take_profit, request.tp_order_type, request.tp_limit_price),
        Form("sl", request.stop_loss, request.sl_order_type, request.sl_limit_price),
    )


def check_form(market: Market, mode: Mode, form: Form) -> None:
    """Raises Declined for a limit that does not fit: only a stop of a part may be a limit order, with a price."""
    name, is_limit = f"{form.prefix}LimitPrice", bool(form.stop) and form.kind is Kind.LIMIT
    _check_tick(market, name, form.limit)
    if form.limit and not is_limit:
        raise Declined(PARAMETER, f"{name} needs {form.prefix}OrderType Limit and the price that triggers it")
    if is_limit and not form.limit:
        raise Declined(PARAMETER, f"{name} is missing")
    if is_limit and mode is Mode.FULL:
        raise Declined(PARAMETER, f"{form.prefix}OrderType must be Market where tpslMode is Full")


def check_stops(
    market: Market, side: Side, base: Decimal, profit: Decimal | None, loss: Decimal | None
) -> None:
    """Raises Declined where a take profit or stop loss of a position on this side is on the wrong side of `base`: the
    price of the order that opens the position, or the last price.
    """
    for name, price, above in (
        ("TakeProfit", profit, side is Side.BUY),
        ("StopLoss", loss, side is Side.SELL),
    ):
        _check_tick(market, name, price)
        if price and ((price <= base) if above else (price >= base)):
            bound, kind = "higher" if above else "lower", "??LastPrice" if base == market.last else ""
            raise Declined(
                PARAMETER,
                f"{name}:{price} set for {SIDE_NAMES[side]} position should be {bound} than "
                f"base_price:{base}{kind}",
            )


def check_sizes(market: Market, request: StopRequest, held: Decimal) -> None:
    """Raises Declined for sizes that differ, are no quantity of the instrument, or are more than is held."""
    sizes = [
        (name, size) for name, size in (("tpSize", request.tp_size), ("slSize", request.sl_size)) if size
    ]
    if len({size for _name, size in sizes}) > 1:
        raise Declined(PARAMETER, "tpSize and slSize must be equal")
    rules = market.contract.instrument
    for name, size in sizes:
        if request.tpsl_mode is Mode.FULL:
            raise Declined(PARAMETER, f"{name} needs tpslMode Partial")
        if is_off_step(size, rules.lot) or not rules.min_quantity <= size <= held:
            raise Declined(
                PARAMETER, f"{name} must be a multiple of {rules.lot} from {rules.min_quantity} to {held}"
            )


def check_trail(
    market: Market, side: Side, last: Decimal, distance: Decimal | None, activation: Decimal | None
) -> None:
    """Raises Declined for a distance that reaches beyond zero, and an activation price that is reached already."""
    _check_tick(market, "trailingStop", distance)
    _check_tick(market, "activePrice", activation)
    if distance is None and activation:
        raise Declined(PARAMETER, "activePrice needs trailingStop")
    if distance and distance >= last:
        raise Declined(PARAMETER, f"trailingStop must be below the last price, {last}")
    if activation and (activation <= last if side is Side.BUY else activation >= last):
        bound = "above" if side is Side.BUY else "below"
        raise Declined(
            PARAMETER, f"activePrice of a {SIDE_NAMES[side]} position must be {bound} the last price, {last}"
        )


def _check_tick(market: Market, name: str, price: Decimal | None) -> None:
    tick = market.contract.instrument.tick
    if price and is_off_step(price, tick):
        raise Declined(PARAMETER, f"{name} {price} is not a multiple of {tick}")
