"""A position as REST and the topic `position` show it."""

from __future__ import annotations

from decimal import Decimal

from adapters.simulated.server.numbers import exact, in_steps, rounded
from adapters.simulated.venue.closing import Closing
from adapters.simulated.venue.order import Order, StopKind
from adapters.simulated.venue.position import Position
from adapters.simulated.venue.requests import SIDE_NAMES
from domain.arithmetic import ONE, ZERO

Row = dict[str, object]

_RISK_LIMIT = "2000000"


def position_row(position: Position, mark: Decimal) -> Row:
    """GET /v5/position/list. A flat position has an empty side and size 0."""
    return {
        **_common(position, mark),
        "avgPrice": rounded(position.entry_price),
        "mmrSysUpdateTime": "",
        "mmrSysUpdatedTime": "",
    }


def position_push(position: Position, mark: Decimal) -> Row:
    """The topic `position`, whose average price is `entryPrice`."""
    return {
        **_common(position, mark),
        "entryPrice": rounded(position.entry_price),
        "category": "linear",
        "mmrSysUpdatedTime": "",
    }


def closing_row(closing: Closing) -> Row:
    """GET /v5/position/closed-pnl."""
    return {
        "symbol": closing.symbol,
        "orderType": closing.order_type,
        "leverage": exact(closing.leverage),
        "updatedTime": str(closing.updated),
        "side": closing.side,
        "orderId": closing.order_id,
        "closedPnl": rounded(closing.profit),
        "avgEntryPrice": rounded(closing.entry_value / closing.closed),
        "qty": exact(closing.qty),
        "cumEntryValue": rounded(closing.entry_value),
        "createdTime": str(closing.created),
        "orderPrice": exact(closing.order_price),
        "closedSize": exact(closing.closed),
        "avgExitPrice": rounded(closing.exit_value / closing.closed),
        "execType": closing.exec_type,
        "fillCount": str(closing.fills),
        "cumExitValue": rounded(closing.exit_value),
    }


def _common(position: Position, mark: Decimal) -> Row:
    rules = position.contract.instrument
    side = position.side
    initial, maintenance = rounded(position.margin), rounded(position.maintenance)
    return {
        "positionIdx": position.index,
        "riskId": 1,
        "riskLimitValue": _RISK_LIMIT,
        "symbol": position.contract.symbol,
        "side": "" if side is None else SIDE_NAMES[side],
        "size": in_steps(position.size, rules.lot),
        "positionValue": rounded(position.holding.cost),
        "tradeMode": 1,
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "adlRankIndicator": 0,
        "leverage": exact(position.leverage),
        "breakEvenPrice": _break_even(position),
        "positionBalance": initial,
        "markPrice": exact(mark),
        "liqPrice": _price(position.liquidation_price, position),
        "bustPrice": _price(position.bankruptcy_price, position),
        "positionMM": maintenance,
        "positionMMByMp": maintenance,
        "positionIM": initial,
        "positionIMByMp": initial,
        "tpslMode": position.mode,
        "takeProfit": exact(_trigger(position.guard(StopKind.TAKE_PROFIT))),
        "stopLoss": exact(_trigger(position.guard(StopKind.STOP_LOSS))),
        "trailingStop": exact(_distance(position.guard(StopKind.TRAILING_STOP))),
        "unrealisedPnl": rounded(position.profit_at(mark)) if position.size else "0",
        "curRealisedPnl": rounded(position.realised),
        "cumRealisedPnl": rounded(position.total_realised),
        "sessionAvgPrice": "",
        "createdTime": str(position.created),
        "updatedTime": str(position.updated or position.created),
        "leverageSysUpdatedTime": "",
        "seq": position.seq or -1,
        "isReduceOnly": False,
    }


def _trigger(order: Order | None) -> Decimal:
    return ZERO if order is None else order.trigger_price or ZERO


def _distance(order: Order | None) -> Decimal:
    return ZERO if order is None else order.distance or ZERO


def _price(value: Decimal | None, position: Position) -> str:
    if value is None:
        return ""
    tick = position.contract.instrument.tick
    return in_steps(max(value, tick), tick)


def _break_even(position: Position) -> str:
    """The price at which closing as a taker leaves neither profit nor loss, with the fees paid since the opening."""
    if not position.size:
        return "0"
    paid, rate = -position.realised, position.fee_rate
    long = position.holding.quantity > 0
    worth = position.holding.cost + paid if long else position.holding.cost - paid
    return rounded(worth / position.size / (ONE - rate if long else ONE + rate))
