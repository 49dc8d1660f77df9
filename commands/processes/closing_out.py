"""The processes of a close: each attempt is sent, a failed attempt is recorded, a tripped kill switch may close."""

from __future__ import annotations

from collections.abc import Sequence

from commands.position import FailClose
from commands.processes.moment import Moment, fresh_until
from commands.routes import Command
from commands.way_out import attempt, begin_close, give_back
from domain.closing import CloseReason
from domain.log import chain_id
from domain.order import PLACED
from domain.portfolio import OpenPosition
from domain.position import PositionIncreased, PositionReduced
from domain.settings import OnKill


def send_attempt(moment: Moment) -> Sequence[Command]:
    """Places the order of the attempt that has just begun."""
    held = moment.portfolio.of_stream(moment.envelope.meta.stream)
    if held is None or held.state.closing is None:
        return ()
    order = attempt(held, held.state.closing, moment.portfolio, fresh_until(moment))
    return () if order is None else [order]


def fail_after_order(moment: Moment) -> Sequence[Command]:
    """Records that the attempt failed, if the order that ended was the last one that closed the position at once."""
    order = moment.branch.state(moment.envelope.meta.stream)
    if not isinstance(order, PLACED):
        return ()
    return _failed(moment, moment.portfolio.positions.get(order.terms.instrument), moment.subject)


def fail_after_fill(moment: Moment) -> Sequence[Command]:
    """Records that the attempt failed, if its orders have filled and the position is still open."""
    event = moment.envelope.event
    assert isinstance(event, PositionReduced)
    return _failed(moment, moment.portfolio.of_stream(moment.envelope.meta.stream), event.order_id)


def close_on_trip(moment: Moment) -> Sequence[Command]:
    """Closes every position after a trip of the kill switch, with the setting `risk.on_kill = CLOSE`."""
    if not _closes_on_kill(moment):
        return ()
    return [_kill(moment, held) for held in moment.portfolio.positions.values()]


def close_after_trip(moment: Moment) -> Sequence[Command]:
    """Closes a position that an entry opened after the trip, because the exchange filled it before the cancel.

    The setting `risk.on_kill` is about the positions of the moment of the trip, so HOLD does not keep this one.
    """
    held = _of_tripped(moment)
    return () if held is None else [_kill(moment, held)]


def reduce_after_trip(moment: Moment) -> Sequence[Command]:
    """Closes what an entry added after the trip to a position that `risk.on_kill = HOLD` keeps."""
    event, held = moment.envelope.event, _of_tripped(moment)
    assert isinstance(event, PositionIncreased)
    if held is None or held.state.closing is not None:
        return ()
    order_id = f"{orders_of(moment, held)}1"
    order = give_back(held, event.quantity, order_id, moment.portfolio, fresh_until(moment))
    return () if order is None else [order]


def _of_tripped(moment: Moment) -> OpenPosition | None:
    """The position of the event; None while the kill switch is not tripped."""
    held = moment.portfolio.of_stream(moment.envelope.meta.stream)
    return held if moment.portfolio.account.tripped else None


def _closes_on_kill(moment: Moment) -> bool:
    return moment.portfolio.settings.settings.risk.on_kill is OnKill.CLOSE


def _kill(moment: Moment, held: OpenPosition) -> Command:
    chain = moment.envelope.meta.correlation_id
    return begin_close(held, CloseReason.KILL_SWITCH, chain, orders_of(moment, held))


def orders_of(moment: Moment, held: OpenPosition) -> str:
    """The beginning of the order ids. A trip closes several positions in one chain, so it is a function of the event
    and the position.
    """
    return f"{chain_id(moment.envelope.meta.event_id, moment.account, held.stream)}-x"


def _failed(moment: Moment, held: OpenPosition | None, order_id: str) -> Sequence[Command]:
    if held is None or held.state.closing is None or held.state.closing.retry_at is not None:
        return ()
    if moment.portfolio.closing_quantity(held) > 0:
        return ()
    return [FailClose(held.stream, order_id, moment.envelope.meta.occurred_at)]
