"""The processes of a close: each attempt is sent, a failed attempt is recorded, a tripped kill switch may close."""

from __future__ import annotations

from collections.abc import Sequence

from commands.position import FailClose
from commands.processes.moment import Moment, fresh_until
from commands.routes import Command
from commands.way_out import attempt, begin_close
from domain.closing import CloseReason
from domain.log import chain_id
from domain.order import Closed, Working
from domain.portfolio import OpenPosition
from domain.position import PositionReduced
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
    if not isinstance(order, Working | Closed):
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
    """Closes a position that an entry opened after the trip, because the exchange filled it before the cancel."""
    held = moment.portfolio.of_stream(moment.envelope.meta.stream)
    if held is None or not moment.portfolio.account.tripped or not _closes_on_kill(moment):
        return ()
    return [_kill(moment, held)]


def _closes_on_kill(moment: Moment) -> bool:
    return moment.portfolio.settings.settings.risk.on_kill is OnKill.CLOSE


def _kill(moment: Moment, held: OpenPosition) -> Command:
    """A trip closes several positions in one chain, so the order ids are derived from the event and the position."""
    meta = moment.envelope.meta
    orders = chain_id(meta.event_id, moment.account, held.stream)
    return begin_close(held, CloseReason.KILL_SWITCH, meta.correlation_id, f"{orders}-x")


def _failed(moment: Moment, held: OpenPosition | None, order_id: str) -> Sequence[Command]:
    if held is None or held.state.closing is None or held.state.closing.retry_at is not None:
        return ()
    if moment.portfolio.closing_quantity(held) > 0:
        return ()
    return [FailClose(held.stream, order_id, moment.envelope.meta.occurred_at)]
