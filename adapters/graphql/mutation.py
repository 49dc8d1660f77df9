"""The requests that GraphQL takes: one mutation for each. Who may make which stands in `commands/roles.py`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import strawberry

from adapters.graphql.context import Info
from adapters.graphql.mutation_answers import CommandAnswer, DraftAnswer
from adapters.graphql.mutation_inputs import OrderTerms, SettingChange, SignalInput, by_name
from adapters.graphql.permission import requires
from adapters.graphql.requests import RequestInput, carried_out, drafted, placed
from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    DraftOrder,
    MoveProtection,
    PauseStrategy,
    PlaceOrder,
    RaiseSignal,
    ResetKillSwitch,
    ResolveDiscrepancy,
    ResumeStrategy,
    TripKillSwitch,
)
from commands.roles import LEAST_ROLE

Given = Annotated[RequestInput, strawberry.argument(description="Key, account and patience of the request.")]
Reason = Annotated[str, strawberry.argument(description="Why: it is recorded.")]
PositionId = Annotated[
    str, strawberry.argument(description="Like `BTCUSDT-LINEAR.BYBIT-LONG-1`, or its stream whole.")
]


def _making(request: type, description: str) -> Any:
    """The mutation that makes a request of this class, for whom the table of roles allows it."""
    return strawberry.mutation(description=description, extensions=[requires(LEAST_ROLE[request])])


@strawberry.type(description="What people, and programs of theirs, may request of the engine.")
class Mutation:
    @_making(RaiseSignal, "A signal from outside, which both committees judge.")
    async def raise_signal(self, info: Info, *, request: Given, signal: SignalInput) -> CommandAnswer:
        return await carried_out(info, request, RaiseSignal(signal.signal()))

    @_making(
        DraftOrder,
        "Holds an order against the rules and the money of this instant, and returns what it would cost; "
        "records nothing. Its confirmation is what `placeOrder` takes.",
    )
    async def draft_order(self, info: Info, *, request: Given, terms: OrderTerms) -> DraftAnswer:
        return await drafted(info, request, terms)

    @_making(
        PlaceOrder,
        "Places the order of a draft, with the draft's own key: so a draft places one order at most.",
    )
    async def place_order(
        self,
        info: Info,
        *,
        request: Given,
        confirmation: Annotated[str, strawberry.argument(description="As `draftOrder` returned it.")],
    ) -> CommandAnswer:
        return await placed(info, request, confirmation)

    @_making(AmendOrder, "Requests other terms of the exchange; what is left out stays.")
    async def amend_order(
        self,
        info: Info,
        *,
        request: Given,
        order_id: str,
        quantity: Decimal | None = None,
        limit_price: Decimal | None = None,
        trigger_price: Decimal | None = None,
    ) -> CommandAnswer:
        amended = AmendOrder(
            order_id=order_id, quantity=quantity, limit_price=limit_price, trigger_price=trigger_price
        )
        return await carried_out(info, request, amended)

    @_making(CancelOrder, "Requests of the exchange that it takes an order away.")
    async def cancel_order(
        self, info: Info, *, request: Given, order_id: str, reason: Reason
    ) -> CommandAnswer:
        return await carried_out(info, request, CancelOrder(order_id, reason))

    @_making(ClosePosition, "Takes a whole position off at the market.")
    async def close_position(
        self, info: Info, *, request: Given, position: PositionId, reason: Reason
    ) -> CommandAnswer:
        return await carried_out(info, request, ClosePosition(position, reason))

    @_making(MoveProtection, "Moves the resting stop and target of an open position; what is left out stays.")
    async def move_protection(
        self,
        info: Info,
        *,
        request: Given,
        position: PositionId,
        stop: Decimal | None = None,
        target: Decimal | None = None,
    ) -> CommandAnswer:
        return await carried_out(info, request, MoveProtection(position, stop, target))

    @_making(PauseStrategy, "A strategy's entries are skipped from here on, its exits are not.")
    async def pause_strategy(
        self, info: Info, *, request: Given, strategy: str, reason: Reason
    ) -> CommandAnswer:
        return await carried_out(info, request, PauseStrategy(strategy, reason))

    @_making(ResumeStrategy, "A paused strategy's signals are judged again.")
    async def resume_strategy(
        self, info: Info, *, request: Given, strategy: str, reason: Reason
    ) -> CommandAnswer:
        return await carried_out(info, request, ResumeStrategy(strategy, reason))

    @_making(ChangeSettings, "Changes the settings that are named; all others stay.")
    async def change_settings(
        self, info: Info, *, request: Given, changes: list[SettingChange]
    ) -> CommandAnswer:
        return await carried_out(info, request, ChangeSettings(by_name(changes)))

    @_making(TripKillSwitch, "No new exposure from here on; what is open stays protected and can be left.")
    async def trip_kill_switch(self, info: Info, *, request: Given, reason: Reason) -> CommandAnswer:
        return await carried_out(info, request, TripKillSwitch(reason))

    @_making(ResetKillSwitch, "Trading is allowed again.")
    async def reset_kill_switch(self, info: Info, *, request: Given, reason: Reason) -> CommandAnswer:
        return await carried_out(info, request, ResetKillSwitch(reason))

    @_making(ResolveDiscrepancy, "Records how a disagreement between the exchange and the log was settled.")
    async def resolve_discrepancy(
        self,
        info: Info,
        *,
        request: Given,
        discrepancy_id: str,
        resolution: Annotated[str, strawberry.argument(description="How: it is recorded.")],
    ) -> CommandAnswer:
        return await carried_out(info, request, ResolveDiscrepancy(discrepancy_id, resolution))
