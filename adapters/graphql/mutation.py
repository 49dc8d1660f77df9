"""The mutations: one for each class of request. `commands/roles.py` has the least role that may send each request."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from adapters.graphql.context import Info
from adapters.graphql.model_inputs import DriftInput, ModelInput
from adapters.graphql.mutation_answers import CommandAnswer, DraftAnswer, EntryDraftAnswer
from adapters.graphql.mutation_inputs import OrderTerms, SettingChange, SignalInput, by_name
from adapters.graphql.notice import acknowledged
from adapters.graphql.permission import requires
from adapters.graphql.requests import RequestInput, carried_out, drafted, entry_drafted, placed
from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    DraftEntry,
    DraftOrder,
    EndRoute,
    ForgetPersonalKey,
    MoveProtection,
    PauseStrategy,
    PlaceOrder,
    PromoteModel,
    RaiseSignal,
    RegisterModel,
    ReportDrift,
    ResetKillSwitch,
    ResolveDiscrepancy,
    ResumeEntries,
    ResumeStrategy,
    RetireModel,
    ReviewSettings,
    SubmitSettings,
    TripKillSwitch,
    WithdrawClose,
)
from commands.roles import LEAST_ROLE, Role
from domain.held import Review
from domain.learning.rule_names import check_reason, registration_reason
from domain.model import ModelRole
from domain.pause import ACCOUNT

Given = Annotated[RequestInput, strawberry.argument(description="Key, account and timeout of the request.")]
Reason = Annotated[str, strawberry.argument(description="The reason; it is recorded.")]
Sha256 = Annotated[str, strawberry.argument(description="The SHA-256 of the model's file, in hexadecimal.")]
RuleName = Annotated[
    str | None, strawberry.argument(description="The rule that leads to it; None where a person does.")
]
PositionId = Annotated[
    str,
    strawberry.argument(description="Its id, like `BTCUSDT-LINEAR.BYBIT-LONG-1`, or the name of its stream."),
]


def _making(request: type, description: str) -> Any:
    """The decorator of the mutation for this class of request; it requires the role in the table of roles."""
    return strawberry.mutation(description=description, extensions=[requires(LEAST_ROLE[request])])


@strawberry.type(description="The requests that people and their programs may send to the engine.")
class Mutation:
    @_making(RaiseSignal, "A signal from outside, which both committees judge.")
    async def raise_signal(self, info: Info, *, request: Given, signal: SignalInput) -> CommandAnswer:
        return await carried_out(info, request, RaiseSignal(signal.signal()))

    @_making(
        DraftOrder,
        "Checks an order against the rules and the balance now, and returns what it would cost; records nothing. "
        "`placeOrder` takes its confirmation.",
    )
    async def draft_order(self, info: Info, *, request: Given, terms: OrderTerms) -> DraftAnswer:
        return await drafted(info, request, terms)

    @_making(
        DraftEntry,
        "Sizes and judges an entry by this signal as if it were raised now, at the last price; records nothing.",
    )
    async def draft_entry(self, info: Info, *, request: Given, signal: SignalInput) -> EntryDraftAnswer:
        return await entry_drafted(info, request, signal)

    @_making(
        PlaceOrder,
        "Places the order of a draft, with the draft's idempotency key, so that a draft places one order at most.",
    )
    async def place_order(
        self,
        info: Info,
        *,
        request: Given,
        confirmation: Annotated[str, strawberry.argument(description="As `draftOrder` returned it.")],
    ) -> CommandAnswer:
        return await placed(info, request, confirmation)

    @_making(AmendOrder, "Requests other terms for an order at the exchange; terms left out stay.")
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

    @_making(CancelOrder, "Requests the cancellation of an order at the exchange.")
    async def cancel_order(
        self, info: Info, *, request: Given, order_id: str, reason: Reason
    ) -> CommandAnswer:
        return await carried_out(info, request, CancelOrder(order_id, reason))

    @_making(
        ClosePosition,
        "Closes a whole position with market orders: what an attempt leaves is sent again until it is flat.",
    )
    async def close_position(
        self, info: Info, *, request: Given, position: PositionId, reason: Reason
    ) -> CommandAnswer:
        return await carried_out(info, request, ClosePosition(position, reason))

    @_making(
        WithdrawClose, "Keeps a position that is being closed; a working order of the close is cancelled."
    )
    async def withdraw_close(
        self, info: Info, *, request: Given, position: PositionId, reason: Reason
    ) -> CommandAnswer:
        return await carried_out(info, request, WithdrawClose(position, reason))

    @_making(MoveProtection, "Moves the resting stop and target of an open position; one left out stays.")
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

    @_making(
        PauseStrategy,
        "Pauses a configured strategy, or a scanner whose signal is in the log: its entries are skipped from now on, "
        "its exits are not.",
    )
    async def pause_strategy(
        self, info: Info, *, request: Given, strategy: str, reason: Reason
    ) -> CommandAnswer:
        return await carried_out(info, request, PauseStrategy(strategy, reason))

    @_making(ResumeStrategy, "Resumes a paused strategy: its entries are judged again.")
    async def resume_strategy(
        self, info: Info, *, request: Given, strategy: str, reason: Reason
    ) -> CommandAnswer:
        return await carried_out(info, request, ResumeStrategy(strategy, reason))

    @_making(
        ResumeEntries,
        "Ends a pause of entries after losses in a row before its time: entries are judged again, and the next pause "
        "needs as many losses as the first.",
    )
    async def resume_entries(
        self,
        info: Info,
        *,
        request: Given,
        strategy: Annotated[
            str,
            strawberry.argument(
                description="The id of the strategy whose entries are paused; empty for those of the account."
            ),
        ] = ACCOUNT,
        reason: Reason,
    ) -> CommandAnswer:
        return await carried_out(info, request, ResumeEntries(reason, strategy))

    @_making(
        EndRoute,
        "Ends an open route to an engine that never starts again, so that entries are made here. Look at the other "
        "account first: what it holds of the route stays there. Refused without the statement that it holds nothing.",
    )
    async def end_route(
        self,
        info: Info,
        *,
        request: Given,
        route: Annotated[
            str, strawberry.argument(description="The id of the route's chain, as `whence routes` lists it.")
        ],
        nothing_held: Annotated[
            bool,
            strawberry.argument(
                description="Your statement that the other account has neither a position nor an order of the route."
            ),
        ],
        reason: Reason,
    ) -> CommandAnswer:
        return await carried_out(info, request, EndRoute(route, reason, nothing_held))

    @_making(ChangeSettings, "Changes the settings that are named; all others stay.")
    async def change_settings(
        self,
        info: Info,
        *,
        request: Given,
        changes: list[SettingChange],
        reason: Annotated[
            str | None, strawberry.argument(description="The reason; it is recorded. None: no reason.")
        ] = None,
    ) -> CommandAnswer:
        return await carried_out(info, request, ChangeSettings(by_name(changes), reason))

    @_making(
        SubmitSettings,
        "Changes the settings that are named, as far as that tightens a limit. What loosens one, or has no tighter "
        "direction, is held until `reviewSettings`; `tradingStates` has it.",
    )
    async def submit_settings(
        self, info: Info, *, request: Given, changes: list[SettingChange], reason: Reason
    ) -> CommandAnswer:
        return await carried_out(info, request, SubmitSettings(by_name(changes), reason))

    @_making(ReviewSettings, "Puts the held changes of settings in force, or ends their holding.")
    async def review_settings(
        self,
        info: Info,
        *,
        request: Given,
        held: Annotated[
            strawberry.ID,
            strawberry.argument(
                description="The id of the changes that you have seen. Where others are held by now, the review is "
                "refused."
            ),
        ],
        verdict: Review,
        reason: Reason,
    ) -> CommandAnswer:
        return await carried_out(info, request, ReviewSettings(str(held), verdict, reason))

    @_making(
        TripKillSwitch,
        "Trips the kill switch: no new exposure from now on, and waiting entries are cancelled. Open positions stay "
        "protected and can be closed; with risk.on_kill = CLOSE they are closed at the market.",
    )
    async def trip_kill_switch(self, info: Info, *, request: Given, reason: Reason) -> CommandAnswer:
        return await carried_out(info, request, TripKillSwitch(reason))

    @_making(ResetKillSwitch, "Resets the kill switch: trading is allowed again.")
    async def reset_kill_switch(self, info: Info, *, request: Given, reason: Reason) -> CommandAnswer:
        return await carried_out(info, request, ResetKillSwitch(reason))

    @_making(
        ForgetPersonalKey,
        "Records that a key of personal texts is forgotten, and removes it from the engine's machine: nobody can read "
        "any more what it sealed. This cannot be undone.",
    )
    async def forget_personal_key(
        self,
        info: Info,
        *,
        request: Given,
        key_id: Annotated[
            str,
            strawberry.argument(
                description="The id of the key (16 hexadecimal digits), of `whence personal list`."
            ),
        ],
        reason: Reason,
    ) -> CommandAnswer:
        return await carried_out(info, request, ForgetPersonalKey(key_id, reason))

    @_making(ResolveDiscrepancy, "Records how a discrepancy between the exchange and the log was resolved.")
    async def resolve_discrepancy(
        self,
        info: Info,
        *,
        request: Given,
        discrepancy_id: str,
        resolution: Annotated[str, strawberry.argument(description="The resolution; it is recorded.")],
        transfer: Annotated[
            Decimal | None,
            strawberry.argument(
                description="Of a discrepancy of the balance: the amount deposited, or withdrawn (negative), in the "
                "account's currency. The balance of the log changes by it."
            ),
        ] = None,
        closed_at: Annotated[
            Decimal | None,
            strawberry.argument(
                description="Of a position that the exchange does not have (PositionUnknownToThem): the price, in "
                "quote currency, at which it was closed there. The log records that close; nothing is sent."
            ),
        ] = None,
        fee: Annotated[
            Decimal | None,
            strawberry.argument(
                description="Together with closedAt: the fee of that close in the account's currency, a rebate below "
                "zero. It is in the result of the position; without it the fee is left as a difference of the balance."
            ),
        ] = None,
    ) -> CommandAnswer:
        resolved = ResolveDiscrepancy(discrepancy_id, resolution, transfer, closed_at, fee)
        return await carried_out(info, request, resolved)

    @_making(
        RegisterModel,
        "Makes a model known by the SHA-256 of its file; it scores nothing before it is promoted.",
    )
    async def register_model(
        self, info: Info, *, request: Given, model: ModelInput, reason: Reason, rule: RuleName = None
    ) -> CommandAnswer:
        return await carried_out(info, request, model.request(registration_reason(rule, reason)))

    @_making(
        PromoteModel,
        "Gives a registered model a role. A new champion replaces the one before, from the next signal on; it is "
        "refused where its gate has not let it pass.",
    )
    async def promote_model(
        self,
        info: Info,
        *,
        request: Given,
        sha256: Sha256,
        role: ModelRole,
        reason: Reason,
        rule: RuleName = None,
        unproven: Annotated[
            bool,
            strawberry.argument(
                description="Promotes a champion that its gate has not let pass, all the same."
            ),
        ] = False,
    ) -> CommandAnswer:
        if rule is None:
            check_reason(reason)
        promoted = PromoteModel(sha256=sha256, role=role, reason=reason, rule=rule, unproven=unproven)
        return await carried_out(info, request, promoted)

    @_making(RetireModel, "Takes the role of a model; it stays registered, and can be promoted again.")
    async def retire_model(
        self, info: Info, *, request: Given, sha256: Sha256, reason: Reason, rule: RuleName = None
    ) -> CommandAnswer:
        return await carried_out(info, request, RetireModel(sha256=sha256, reason=reason, rule=rule))

    @_making(ReportDrift, "Records a drift of a registered model that a test has found.")
    async def report_drift(
        self, info: Info, *, request: Given, sha256: Sha256, drift: DriftInput, reason: Reason
    ) -> CommandAnswer:
        return await carried_out(info, request, drift.request(sha256, reason))

    @strawberry.mutation(
        description="Acknowledges notices, so that they are not sent again; returns the ids of those that were open.",
        extensions=[requires(Role.TRADER)],
    )
    async def acknowledge_notices(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="The notices' ids, 1 to 100.")],
    ) -> list[strawberry.ID]:
        return await acknowledged(info, ids, datetime.now(UTC))
