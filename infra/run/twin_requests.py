"""People's requests of a recording in the words of a backtest: orders and positions have other names there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    EndRoute,
    MoveProtection,
    PromoteModel,
    RegisterModel,
    ReportDrift,
    Request,
    ResolveDiscrepancy,
    RetireModel,
    SubmitSettings,
    WithdrawClose,
)
from commands.world import World
from domain.errors import InvalidInput
from domain.streams import parse_position
from infra.run.twins import Twins

_OF_MODELS = (RegisterModel, PromoteModel, RetireModel, ReportDrift)


def _without_meaning(_request: Request) -> None:
    return None


class TwinRequests:
    """Translates requests for a backtest with these states; `changed` are the settings that the backtest changes.

    `has_own_model`: which model scores is the backtest's, so requests about models have no meaning.
    """

    def __init__(
        self, world: World, twins: Twins, changed: Collection[str], *, has_own_model: bool = False
    ) -> None:
        self._world, self._twins, self._changed = world, twins, changed
        self._translations: Mapping[type, Callable[[Any], Request | None]] = {
            AmendOrder: self._of_order,
            CancelOrder: self._of_order,
            ClosePosition: self._of_position,
            WithdrawClose: self._of_position,
            MoveProtection: self._of_position,
            ChangeSettings: self._of_settings,
            SubmitSettings: self._of_submitted,
            ResolveDiscrepancy: _without_meaning,
            EndRoute: _without_meaning,
            **(dict.fromkeys(_OF_MODELS, _without_meaning) if has_own_model else {}),
        }

    def translated(self, request: Request) -> Request | None:
        """The request of this backtest; None for one that has no meaning in it: on a difference with an exchange, a
        route to another engine, or on settings or models that the backtest changes itself.
        """
        translation = self._translations.get(type(request))
        return request if translation is None else translation(request)

    def _of_order(self, request: AmendOrder | CancelOrder) -> Request:
        return replace(request, order_id=self._twins.in_own(request.order_id))

    def _of_position(self, request: ClosePosition | WithdrawClose | MoveProtection) -> Request:
        """Names the open position in the same instrument and direction: their numbers count from 1 in each log."""
        name = request.position
        try:
            found = parse_position(name if name.startswith("position-") else f"position-twin-{name}")
        except InvalidInput:
            return request
        held = self._world.portfolio.positions.get(found.instrument)
        if held is None or held.state.direction is not found.direction:
            return request
        return replace(request, position=held.stream)

    def _of_settings(self, request: ChangeSettings) -> Request | None:
        left = {name: value for name, value in request.changes.items() if name not in self._changed}
        return ChangeSettings(left, request.reason) if left else None

    def _of_submitted(self, request: SubmitSettings) -> Request | None:
        left = {name: value for name, value in request.changes.items() if name not in self._changed}
        return SubmitSettings(left, request.reason) if left else None
