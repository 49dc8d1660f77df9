"""A signal that was routed to another engine, as the engine's own process records it."""

from __future__ import annotations

from commands.request import RaiseSignal
from commands.signal import RouteSignal
from domain.direction import Direction
from domain.routed import SignalRouted
from domain.strategies import Intent
from tests.commands.outside import outside
from tests.commands.requests.asking import Asking
from tests.commands.requests.test_account import fresh
from tests.domain.history import D

AWAY = "BTCUSDT-LINEAR.BINANCE"
ROUTE = SignalRouted(
    instrument=AWAY,
    direction=Direction.LONG,
    intent=Intent.ENTER,
    price=D(101),
    stop=D(99),
    target=D(107),
)


def routed(eve: Asking, key: str = "routed", route: SignalRouted = ROUTE) -> str:
    """The chain of a signal that was routed and is not answered; `key` is that of the request of the signal."""
    eve.accepted(RaiseSignal(outside(fresh(eve, confidence=0.1))), key)
    chain = eve.desk.recorded[-1].meta.correlation_id
    eve.desk.ask(RouteSignal(chain, route), cause=f"clock:a route of {key}")
    return chain
