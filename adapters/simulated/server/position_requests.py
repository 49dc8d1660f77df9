"""GET and POST /v5/position/*."""

from __future__ import annotations

from adapters.simulated.server.call import Call, Row
from adapters.simulated.server.paging import page
from adapters.simulated.server.position_row import closing_row, position_row
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.codes import PARAMETER, Declined
from adapters.simulated.venue.position import Position
from adapters.simulated.venue.requests import LeverageRequest, ModeRequest, StopRequest, read

LATEST = 1 << 62
"""Later than any time in ms."""


def positions(call: Call) -> Row:
    """With a symbol also the flat position; with a settlement currency only those that are not flat."""
    call.contracts()
    symbol, settle = call.text("symbol"), call.text("settleCoin")
    if not symbol and not settle:
        raise Declined(PARAMETER, "symbol or settleCoin is missing")
    found = _of_symbol(call, symbol) if symbol else _of_currency(call, settle)
    shown, cursor = page(
        found,
        call,
        default=20,
        most=200,
        place=lambda one: (one.created, f"{one.contract.symbol}/{one.index}"),
    )
    rows = [position_row(one, call.venue.markets[one.contract.symbol].mark_price) for one in shown]
    return {"category": LINEAR, "list": rows, "nextPageCursor": cursor}


def closed_pnl(call: Call) -> Row:
    """GET /v5/position/closed-pnl: what orders closed, the newest first."""
    call.contracts()
    symbol, start, end = call.text("symbol"), call.time("startTime", 0), call.time("endTime", LATEST)
    found = [
        one
        for one in reversed(call.account.closings.values())
        if symbol in ("", one.symbol) and start <= one.created <= end
    ]
    shown, cursor = page(found, call, default=50, most=100, place=lambda one: (one.created, one.order_id))
    return {"category": LINEAR, "list": [closing_row(one) for one in shown], "nextPageCursor": cursor}


def set_leverage(call: Call) -> Row:
    call.contracts()
    call.venue.set_leverage(call.account, read(LeverageRequest, call.params), call.now)
    return {}


def switch_mode(call: Call) -> Row:
    call.contracts()
    call.venue.switch_mode(call.account, read(ModeRequest, call.params), call.now)
    return {}


def trading_stop(call: Call) -> Row:
    call.contracts()
    call.venue.set_stop(call.account, read(StopRequest, call.params), call.now)
    return {}


def _of_symbol(call: Call, symbol: str) -> list[Position]:
    contract = call.venue.market(symbol).contract
    account = call.account
    return [account.position(contract, index, call.now) for index in account.indexes(symbol)]


def _of_currency(call: Call, currency: str) -> list[Position]:
    held = [one for one in call.account.held() if one.contract.instrument.quote == currency]
    return sorted(held, key=lambda one: one.created, reverse=True)
