"""The commands of requests that close a position, or withdraw its close."""

from __future__ import annotations

from collections.abc import Sequence

from commands import position as position_commands
from commands.order import CancelOrder
from commands.request import ClosePosition, WithdrawClose
from commands.requests.situation import Situation
from commands.routes import Command
from commands.stray_orders import check_not_gone
from commands.way_out import begin_close, remaining, resting
from domain.closing import CloseReason, Closing
from domain.errors import Refused


def close(request: ClosePosition, situation: Situation, chain: str) -> Sequence[Command]:
    """Closes the whole position at the market, and cancels orders of people that rest to reduce it.

    What fills of a resting order before its cancel arrives reduces the position; the exchange cuts a reduce-only order
    to what is held, so never more is closed than that. Raises Refused if the position is being closed already, if
    orders under way close all of it, or if the exchange is known not to have it.
    """
    held = situation.position(request.position)
    if held.state.closing is not None:
        raise Refused(
            f"{held.id} is being closed already, {_stage(held.state.closing)}: wait for it, or withdraw that close"
        )
    portfolio = situation.portfolio
    check_not_gone(held, portfolio.discrepancies)
    if remaining(held, portfolio) <= 0:
        leaving = ", ".join(portfolio.leaving(held))
        raise Refused(f"{leaving} closes {held.id} already: cancel that first, or wait for it")
    return [*resting(held, portfolio), begin_close(held, CloseReason.PERSON, chain)]


def _stage(closing: Closing) -> str:
    waits = "" if closing.retry_at is None else f" ended; the next one follows from {closing.retry_at} on"
    return f"attempt {closing.attempts}{waits}"


def withdraw(request: WithdrawClose, situation: Situation, _chain: str) -> Sequence[Command]:
    """Ends the attempts to close the position, and cancels the order of the latest attempt if it still works."""
    held = situation.position(request.position)
    withdrawn = position_commands.WithdrawClose(held.stream, request.reason)
    closing, exits = held.state.closing, situation.portfolio.exits
    if closing is None or closing.order_id not in exits:
        return [withdrawn]
    return [withdrawn, CancelOrder(closing.order_id, "CLOSE_WITHDRAWN")]
