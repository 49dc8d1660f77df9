"""A person gives up an accepted order that the exchange does not state in any list."""

from __future__ import annotations

from collections.abc import Sequence

from commands.reconciliation import ResolveDiscrepancy
from commands.requests.situation import Situation
from commands.routes import Command
from commands.unseen_orders import ended, unseen_order
from domain.errors import Refused


def given_up(request: ResolveDiscrepancy, situation: Situation) -> Sequence[Command]:
    """Ends the order of the discrepancy as cancelled, and resolves it. Fills that are reported later are counted.

    Raises Refused with a transfer, which does not explain it.
    """
    if request.transfer is not None:
        raise Refused(
            f"{request.discrepancy_id} is no discrepancy of a balance: resolve it without a transfer"
        )
    order_id = unseen_order(request.discrepancy_id)
    assert order_id is not None
    return [ended(order_id, situation.at, f"given up by a person: {request.resolution}"), request]
