"""The process after a stop or target was placed or moved: the position records its price."""

from __future__ import annotations

from collections.abc import Sequence

from commands.position import MoveProtection
from commands.processes.moment import Moment
from commands.routes import Command
from domain.direction import Purpose, exit_side
from domain.order import OrderPlaced, Working
from domain.portfolio import OpenPosition


def follow_protection(moment: Moment) -> Sequence[Command]:
    """Records the new stop or target in the position; nothing follows while the entry has not filled."""
    order = moment.branch.state(moment.envelope.meta.stream)
    if not isinstance(order, Working) or order.terms.purpose not in _LEVELS:
        return ()
    held = moment.portfolio.positions.get(order.terms.instrument)
    if held is None or order.terms.side is not exit_side(held.state.direction):
        return ()
    return [_LEVELS[order.terms.purpose](held, order.terms)]


def _stop(held: OpenPosition, terms: OrderPlaced) -> MoveProtection:
    return MoveProtection(held.stream, terms.trigger_price, held.state.target)


def _target(held: OpenPosition, terms: OrderPlaced) -> MoveProtection:
    return MoveProtection(held.stream, held.state.stop, terms.limit_price)


_LEVELS = {Purpose.STOP: _stop, Purpose.TARGET: _target}
