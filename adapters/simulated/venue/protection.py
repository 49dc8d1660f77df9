"""Take profit, stop loss and trailing stop: stop orders that belong to a position."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from adapters.simulated.venue.account import Account
from adapters.simulated.venue.clearing import POSITION_GONE, Clearing
from adapters.simulated.venue.codes import (
    NO_POSITION,
    STOP_UNCHANGED,
    TOO_MANY_PARTIAL,
    WRONG_INDEX,
    Declined,
)
from adapters.simulated.venue.ids import Ids
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order, Status, StopKind
from adapters.simulated.venue.position import Position
from adapters.simulated.venue.requests import SIDE_NAMES, Kind, Mode, OrderRequest, StopRequest, TriggerBy
from adapters.simulated.venue.stops import check_form, check_sizes, check_stops, check_trail, forms_of
from adapters.simulated.venue.triggers import direction_of
from domain.arithmetic import ZERO
from domain.direction import Side

MOST_PARTIAL = 20
_CREATED_BY = {
    StopKind.TAKE_PROFIT: "CreateByTakeProfit",
    StopKind.STOP_LOSS: "CreateByStopLoss",
    StopKind.PARTIAL_TAKE_PROFIT: "CreateByPartialTakeProfit",
    StopKind.PARTIAL_STOP_LOSS: "CreateByPartialStopLoss",
    StopKind.TRAILING_STOP: "CreateByTrailingStop",
}
_WITH_PROFIT = frozenset({StopKind.TAKE_PROFIT, StopKind.PARTIAL_TAKE_PROFIT})
_PARTIAL = frozenset({StopKind.PARTIAL_TAKE_PROFIT, StopKind.PARTIAL_STOP_LOSS})


class Protection:
    """Stop orders of the whole position are market orders, one of each kind; partial ones come in pairs, of which one
    ends the other.
    """

    def __init__(self, clearing: Clearing, ids: Ids) -> None:
        self._clearing, self._ids = clearing, ids

    def attach(self, market: Market, order: Order, now: int) -> None:
        """Sets the take profit and stop loss that an order carries once it has opened a position.

        Those of the whole position are set by the first fill. Those of a part are placed by the first fill and grow
        with the later ones.
        """
        request = order.request
        if not order.filled or (request.take_profit is None and request.stop_loss is None):
            return
        position = order.account.position(market.contract, request.position_idx, now)
        if position.side is not order.side:
            return
        if order.brackets:
            self._grow(order, position, now)
        elif request.tpsl_mode is Mode.FULL:
            order.brackets = tuple(self._whole_of(market, order, position, now))
        else:
            order.brackets = self._pair(market, order.account, position, _as_stop(order), now)
        for bracket in order.brackets:
            bracket.parent = order.link

    def change(self, market: Market, account: Account, request: StopRequest, now: int) -> None:
        """POST /v5/position/trading-stop. Raises Declined where nothing changes and where a part cannot be done."""
        if request.position_idx not in account.indexes(market.symbol):
            raise Declined(WRONG_INDEX)
        position = account.position(market.contract, request.position_idx, now)
        if not position.size:
            raise Declined(NO_POSITION)
        is_part = request.tpsl_mode is Mode.PARTIAL and bool(request.take_profit or request.stop_loss)
        distance = _distance(position, request)
        self._check(market, account, position, request, distance)
        changed = distance is not None and self._trail(
            market, account, position, distance, request.active_price, now
        )
        if is_part:
            self._pair(market, account, position, request, now)
        elif not self._change_whole(market, account, position, request, now) and not changed:
            raise Declined(STOP_UNCHANGED)

    def _check(
        self,
        market: Market,
        account: Account,
        position: Position,
        request: StopRequest,
        distance: Decimal | None,
    ) -> None:
        side, last = _held_side(position), market.last or position.entry_price
        check_stops(market, side, last, request.take_profit, request.stop_loss)
        for form in forms_of(request):
            check_form(market, request.tpsl_mode, form)
        check_sizes(market, request, position.size)
        check_trail(market, side, last, distance, request.active_price)
        placed = sum(order.stop_kind in _PARTIAL for order in account.working(market.symbol))
        if request.tpsl_mode is Mode.PARTIAL and placed >= MOST_PARTIAL:
            raise Declined(TOO_MANY_PARTIAL)

    def _change_whole(
        self, market: Market, account: Account, position: Position, request: StopRequest, now: int
    ) -> bool:
        changed = False
        wanted = (
            (StopKind.TAKE_PROFIT, request.take_profit, request.tp_trigger_by),
            (StopKind.STOP_LOSS, request.stop_loss, request.sl_trigger_by),
        )
        for kind, price, by in wanted:
            if price is not None:
                changed |= self._set_whole(market, account, position, kind, price, by, now)
        return changed

    def _set_whole(
        self,
        market: Market,
        account: Account,
        position: Position,
        kind: StopKind,
        price: Decimal,
        by: TriggerBy,
        now: int,
    ) -> bool:
        """Replaces the position's stop order of this kind; zero takes it away. Returns whether anything changed."""
        stands = position.guard(kind)
        if stands is None and not price:
            return False
        if stands is not None and (stands.trigger_price, stands.request.trigger_by) == (price, by):
            return False
        if stands is not None:
            self._clearing.end(market, stands, Status.CANCELLED, now, POSITION_GONE)
        if price:
            position.guards[kind] = self._place(
                market, account, position, kind, position.size, price, by, None, now
            )
        self._clearing.shown(account, position, now)
        return True

    def _trail(
        self,
        market: Market,
        account: Account,
        position: Position,
        distance: Decimal,
        activation: Decimal | None,
        now: int,
    ) -> bool:
        """Replaces the trailing stop; zero takes it away. Without a new activation price the one that stands remains,
        and the best price since it was reached. Returns whether anything changed.
        """
        stands = position.guard(StopKind.TRAILING_STOP)
        before = None if stands is None else stands.activation
        starts = before if activation is None else activation or None
        if stands is None and not distance:
            return False
        if stands is not None and (stands.distance, stands.activation) == (distance, starts):
            return False
        if stands is not None:
            self._clearing.end(market, stands, Status.CANCELLED, now, POSITION_GONE)
        if distance:
            order = self._place(
                market,
                account,
                position,
                StopKind.TRAILING_STOP,
                position.size,
                None,
                TriggerBy.LAST,
                None,
                now,
            )
            order.distance, order.activation = distance, starts
            order.extreme = stands.extreme if stands is not None and activation is None else None
            position.guards[StopKind.TRAILING_STOP] = order
        self._clearing.shown(account, position, now)
        return True

    def _whole_of(self, market: Market, order: Order, position: Position, now: int) -> Iterator[Order]:
        request = order.request
        wanted = (
            (StopKind.TAKE_PROFIT, request.take_profit, request.tp_trigger_by),
            (StopKind.STOP_LOSS, request.stop_loss, request.sl_trigger_by),
        )
        for kind, price, by in wanted:
            if price and self._set_whole(market, order.account, position, kind, price, by, now):
                yield position.guards[kind]

    def _pair(
        self, market: Market, account: Account, position: Position, request: StopRequest, now: int
    ) -> tuple[Order, ...]:
        size = min(request.tp_size or request.sl_size or position.size, position.size)
        wanted = (
            (
                StopKind.PARTIAL_TAKE_PROFIT,
                request.take_profit,
                request.tp_trigger_by,
                request.tp_limit_price,
            ),
            (StopKind.PARTIAL_STOP_LOSS, request.stop_loss, request.sl_trigger_by, request.sl_limit_price),
        )
        placed = tuple(
            self._place(market, account, position, kind, size, price, by, limit, now)
            for kind, price, by, limit in wanted
            if price
        )
        if len(placed) > 1:
            placed[0].partner, placed[1].partner = placed[1], placed[0]
        position.mode = Mode.PARTIAL
        self._clearing.shown(account, position, now)
        return placed

    def _grow(self, order: Order, position: Position, now: int) -> None:
        size = min(order.filled, position.size)
        for bracket in order.brackets:
            if bracket.waits and bracket.stop_kind in _PARTIAL and bracket.qty != size:
                bracket.qty = size
                self._clearing.changed(bracket, now)

    def _place(
        self,
        market: Market,
        account: Account,
        position: Position,
        kind: StopKind,
        size: Decimal,
        trigger: Decimal | None,
        by: TriggerBy,
        limit: Decimal | None,
        now: int,
    ) -> Order:
        side = _held_side(position).opposite
        request = OrderRequest(
            category="linear",
            symbol=market.symbol,
            side=SIDE_NAMES[side],
            order_type=Kind.MARKET if limit is None else Kind.LIMIT,
            qty=size,
            price=limit,
            position_idx=position.index,
            reduce_only=True,
            close_on_trigger=True,
            trigger_price=trigger,
            trigger_direction=direction_of(side, with_profit=kind in _WITH_PROFIT),
            trigger_by=by,
            tpsl_mode=Mode.PARTIAL if kind in _PARTIAL else Mode.FULL,
        )
        order = Order(
            id=self._ids.uuid(),
            account=account,
            request=request,
            created=now,
            qty=size,
            price=limit or ZERO,
            reduces=True,
            trigger_price=trigger,
            stop_kind=kind,
            status=Status.UNTRIGGERED,
            create_type=_CREATED_BY[kind],
            last_price_on_created=market.last or ZERO,
        )
        account.add(order)
        market.waiting[order.id] = order
        self._clearing.changed(order, now)
        return order


def _distance(position: Position, request: StopRequest) -> Decimal | None:
    """The distance of the trailing stop that is requested: for a new activation price alone, that which stands."""
    stands = position.guard(StopKind.TRAILING_STOP)
    if request.trailing_stop is None and request.active_price is not None and stands is not None:
        return stands.distance
    return request.trailing_stop


def _held_side(position: Position) -> Side:
    return position.side or Side.BUY


def _as_stop(order: Order) -> StopRequest:
    """The pair of stop orders that an order carries, for the quantity that it has filled."""
    request = order.request
    return StopRequest(
        category=request.category,
        symbol=request.symbol,
        position_idx=request.position_idx,
        tpsl_mode=Mode.PARTIAL,
        take_profit=request.take_profit,
        stop_loss=request.stop_loss,
        tp_trigger_by=request.tp_trigger_by,
        sl_trigger_by=request.sl_trigger_by,
        tp_size=order.filled,
        sl_size=order.filled,
        tp_limit_price=request.tp_limit_price if request.tp_order_type is Kind.LIMIT else None,
        sl_limit_price=request.sl_limit_price if request.sl_order_type is Kind.LIMIT else None,
    )
