"""What a person may not change of a grid: its orders and its size were judged together, at their worst case."""

from __future__ import annotations

from commands.requests.situation import Situation
from domain.errors import Refused
from domain.grid import chain_of
from domain.portfolio import OpenPosition
from domain.signal import Decided
from domain.streams import signal_stream


def check_no_order_of_a_grid(order_id: str, situation: Situation) -> None:
    """Raises Refused for an order of a grid."""
    if _is_grid(chain_of(order_id), situation):
        raise Refused(
            f"order {order_id} belongs to a grid, whose orders were judged together: cancel its entries, or close the "
            "position, which ends the grid"
        )


def check_no_position_of_a_grid(held: OpenPosition, situation: Situation) -> None:
    """Raises Refused for a position of a grid, also after the grid's end."""
    if _is_grid(situation.world.chains[held.stream], situation):
        raise Refused(
            f"{held.id} belongs to a grid, whose levels have targets of their own and one stop: close the position, "
            "which ends the grid"
        )


def _is_grid(chain: str, situation: Situation) -> bool:
    if not chain:
        return False
    signal = situation.world.state(signal_stream(situation.identity.account, chain))
    return isinstance(signal, Decided) and signal.has_grid
