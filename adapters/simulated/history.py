"""The venue's records of orders and executions, which answer queries; folded from the venue's reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from adapters.simulated.ids import venue_order_id
from commands.exchange import AnyReport, Filled, Funded, Liquidated, OrderReport
from commands.order import EVENTS
from domain.order import UNPLACED, Closed, Liquidity, OrderPlaced, OrderState, OrderStatus, Working, evolve
from domain.venue import Execution, VenueOrder, VenueStatus

_STATUSES = {
    OrderStatus.SUBMITTED: VenueStatus.ACCEPTED,
    **{OrderStatus[status.name]: status for status in VenueStatus},
}


@dataclass(slots=True)
class _Record:
    state: Working | Closed
    created_at: datetime
    updated_at: datetime


class _Arrived(Struct, frozen=True, gc=False):
    order_id: str
    terms: OrderPlaced
    at: datetime


class History:
    """Orders by client order id; executions in the order in which they happened.

    Reports are folded on the first query after them, because most runs never query.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Record] = {}
        self._executed: list[Execution] = []
        self._unfolded: list[AnyReport | _Arrived] = []

    def restore(self, order_id: str, state: Working | Closed, at: datetime) -> None:
        """Restores an order's state with the time `at`; its executions before `at` are not restored."""
        self._kept[order_id] = _Record(state, at, at)

    def arrived(self, order_id: str, terms: OrderPlaced, at: datetime) -> None:
        """Records that the order has reached the venue, which then admits or rejects it."""
        self._unfolded.append(_Arrived(order_id, terms, at))

    def take(self, report: AnyReport) -> None:
        """Records a report."""
        self._unfolded.append(report)

    def _fold(self) -> None:
        unfolded, self._unfolded = self._unfolded, []
        for report in unfolded:
            self._take(report)

    def _take(self, report: AnyReport | _Arrived) -> None:
        match report:
            case _Arrived(order_id, terms, at):
                self._kept[order_id] = _Record(_known(evolve(UNPLACED, terms)), at, at)
            case Funded():
                pass
            case Liquidated():
                self._executed.append(_liquidation(report))
            case Filled():
                self._executed.append(self._execution(report))
                self._move(report)
            case _:
                self._move(report)

    def order(self, order_id: str) -> VenueOrder | None:
        """The venue's record of an order; None for an unknown id."""
        self._fold()
        record = self._kept.get(order_id)
        return None if record is None else _shown(order_id, record)

    def since(self, moment: datetime) -> Sequence[Execution]:
        """The executions at or after `moment`, by time."""
        self._fold()
        return sorted(self._after(moment), key=lambda execution: execution.at)

    def _after(self, moment: datetime) -> Iterator[Execution]:
        return (execution for execution in self._executed if execution.at >= moment)

    def _move(self, report: OrderReport) -> None:
        record = self._kept.get(report.order_id)
        if record is None:
            return
        after = _known(evolve(record.state, EVENTS[type(report)](report)))
        if after != record.state:
            record.state, record.updated_at = after, report.at

    def _execution(self, fill: Filled) -> Execution:
        terms = self._kept[fill.order_id].state.terms
        return Execution(
            execution_id=fill.execution_id,
            order_id=fill.order_id,
            venue_order_id=venue_order_id(fill.order_id),
            instrument=terms.instrument,
            side=terms.side,
            price=fill.price,
            quantity=fill.quantity,
            fee=fill.fee,
            fee_currency=fill.fee_currency,
            liquidity=fill.liquidity,
            at=fill.at,
        )


def _liquidation(report: Liquidated) -> Execution:
    return Execution(
        execution_id=report.execution_id,
        order_id=None,
        venue_order_id=venue_order_id(report.execution_id),
        instrument=report.instrument,
        side=report.side,
        price=report.price,
        quantity=report.quantity,
        fee=report.fee,
        fee_currency=report.fee_currency,
        liquidity=Liquidity.TAKER,
        at=report.at,
    )


def _shown(order_id: str, record: _Record) -> VenueOrder:
    state, terms = record.state, record.state.terms
    return VenueOrder(
        order_id=order_id,
        venue_order_id=state.venue_order_id,
        instrument=terms.instrument,
        side=terms.side,
        type=terms.type,
        quantity=terms.quantity,
        limit_price=terms.limit_price,
        trigger_price=terms.trigger_price,
        reduce_only=terms.reduce_only,
        status=_STATUSES[state.restored if isinstance(state, Working) else state.status],
        filled=state.filled,
        notional=state.notional,
        fees=state.fees,
        reason=state.reason if isinstance(state, Closed) else "",
        created_at=record.created_at,
        updated_at=record.updated_at,
    )


def _known(state: OrderState) -> Working | Closed:
    assert isinstance(state, Working | Closed)
    return state
