"""The input types that only some mutations have, in addition to `RequestInput`, which every mutation has."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import strawberry

from commands.request import ManualTerms, OutsideSignal
from domain.adjusting import names
from domain.direction import Direction, Side
from domain.errors import InvalidInput
from domain.order import OrderType
from domain.settings import Settings
from domain.strategies import Intent

_T = TypeVar("_T")


@strawberry.input(
    description="The terms of a person's order. Prices are in quote currency, the quantity in base currency."
)
class OrderTerms:
    instrument: str
    side: Side
    type: OrderType
    quantity: Decimal
    limit_price: Decimal | None = strawberry.field(default=None, description="For LIMIT: the worst price.")
    trigger_price: Decimal | None = strawberry.field(
        default=None, description="For STOP: the price that triggers it."
    )
    reduce_only: bool = strawberry.field(default=False, description="Whether it may only reduce a position.")
    stop: Decimal | None = strawberry.field(
        default=None, description="The protective stop that rests at the exchange from the first fill on."
    )
    target: Decimal | None = None

    def terms(self) -> ManualTerms:
        return ManualTerms(
            instrument=self.instrument,
            side=self.side,
            type=self.type,
            quantity=self.quantity,
            limit_price=self.limit_price,
            trigger_price=self.trigger_price,
            reduce_only=self.reduce_only,
            stop=self.stop,
            target=self.target,
        )


@strawberry.input(description="A figure that a signal was computed from.")
class SignalFigure:
    name: str
    value: float


@strawberry.input(description="A signal from an external scanner: both committees judge it like any other.")
class SignalInput:
    strategy: str
    instrument: str
    interval_seconds: int = strawberry.field(description="The interval of the signal's candle.")
    candle_closed_at: datetime
    direction: Direction
    intent: Intent = Intent.ENTER
    confidence: float = strawberry.field(description="0 to 1.")
    trend: float = strawberry.field(description="The longer trend, from -1 (down) to +1 (up).")
    price: Decimal
    stop: Decimal
    target: Decimal
    inputs: list[SignalFigure] = strawberry.field(default_factory=list)

    def signal(self) -> OutsideSignal:
        return OutsideSignal(
            strategy=self.strategy,
            instrument=self.instrument,
            interval_seconds=self.interval_seconds,
            candle_closed_at=self.candle_closed_at,
            direction=self.direction,
            intent=self.intent,
            confidence=self.confidence,
            trend=self.trend,
            price=self.price,
            stop=self.stop,
            target=self.target,
            inputs=_by_name([(figure.name, figure.value) for figure in self.inputs], "figure"),
        )


@strawberry.input(
    description="One setting by its dotted name, like `risk.max_positions`, and its value as text."
)
class SettingChange:
    name: str = strawberry.field(description=f"One of: {', '.join(names(Settings()))}.")
    value: str = strawberry.field(
        description="A number in the digits 0 to 9, `true` or `false`, a word in capitals, or instruments or "
        "weights (as `trend/*/RANGE=0.5`) parted by commas; empty for none."
    )


def by_name(changes: list[SettingChange]) -> dict[str, str]:
    """The changes by name. Raises InvalidInput where a setting is named twice."""
    return _by_name([(change.name, change.value) for change in changes], "setting")


def _by_name(pairs: list[tuple[str, _T]], noun: str) -> dict[str, _T]:
    named = dict(pairs)
    if len(named) < len(pairs):
        raise InvalidInput(f"a {noun} is named twice; name each once")
    return named
