"""The requests that a person or a program may send to the engine from outside.

The engine turns a request into commands, depending on the current state (`commands/requests`). A request and its
command have the same name; if they also have the same fields, one class serves as both.
Prices are in quote currency, quantities in base currency. In a change, None keeps the current value; in a new order it
means that there is no such value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from commands.account import ForgetPersonalKey, ResetKillSwitch
from commands.model import RegisterModel
from commands.order import CancelOrder
from commands.pause import ResumeEntries
from commands.reconciliation import ResolveDiscrepancy
from domain.direction import Direction, Side
from domain.held import Review
from domain.model import ModelRole
from domain.order import OrderType
from domain.signal import SignalDetected
from domain.strategies import Intent

if TYPE_CHECKING:
    from commands.roles import Role

__all__ = [
    "AmendOrder",
    "CancelOrder",
    "ChangeSettings",
    "ClosePosition",
    "DraftEntry",
    "DraftOrder",
    "EndRoute",
    "ForgetPersonalKey",
    "ManualTerms",
    "MoveProtection",
    "OutsideSignal",
    "PauseStrategy",
    "PlaceOrder",
    "PromoteModel",
    "RaiseSignal",
    "RegisterModel",
    "ReportDrift",
    "Request",
    "Requested",
    "ResetKillSwitch",
    "ResolveDiscrepancy",
    "ResumeEntries",
    "ResumeStrategy",
    "RetireModel",
    "ReviewSettings",
    "SubmitSettings",
    "TripKillSwitch",
    "WithdrawClose",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualTerms:
    """The terms of a manual order.

    `reduce_only` orders only reduce a position. `stop` and `target` are the prices of the protective orders, which are
    active from the first fill on; a reducing order has none.
    """

    instrument: str
    side: Side
    type: OrderType
    quantity: Decimal
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    reduce_only: bool = False
    stop: Decimal | None = None
    target: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideSignal:
    """A signal in the form in which an external scanner sends it; it has the fields of `domain.signal.SignalDetected`.

    It has no grid: a scanner enters at the market. The fields are repeated because pydantic cannot read a Struct.
    `detected` copies each field by name, so the type checkers compare the fields of both classes.
    """

    strategy: str
    instrument: str
    interval_seconds: int
    candle_closed_at: datetime
    direction: Direction
    intent: Intent
    confidence: float
    trend: float
    price: Decimal
    stop: Decimal
    target: Decimal
    inputs: Mapping[str, float]

    def detected(self) -> SignalDetected:
        """The event that records this signal."""
        return SignalDetected(
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
            inputs=self.inputs,
        )


@dataclass(frozen=True, slots=True)
class RaiseSignal:
    """A signal from an external scanner: both committees judge it like any other."""

    signal: OutsideSignal


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """Checks the terms against the current rules and funds; records nothing."""

    terms: ManualTerms


@dataclass(frozen=True, slots=True)
class DraftEntry:
    """Sizes and judges an entry by the signal as if it were raised now, with its levels in the same proportion to the
    last price as they had to its own; records nothing."""

    signal: OutsideSignal


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Places the order of a draft."""

    terms: ManualTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendOrder:
    """Requests other terms from the exchange."""

    order_id: str
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ClosePosition:
    """Closes the whole position at the market.

    `position` is the name of its stream, or the part of the name after the account.
    """

    position: str
    reason: str


@dataclass(frozen=True, slots=True)
class WithdrawClose:
    """Keeps a position that is being closed: its attempts end, and a working order of them is cancelled."""

    position: str
    reason: str


@dataclass(frozen=True, slots=True)
class MoveProtection:
    """Moves the resting stop and target of an open position; None keeps the price."""

    position: str
    stop: Decimal | None = None
    target: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PauseStrategy:
    """Skips the strategy's entries from now on; its exits are still made."""

    strategy: str
    reason: str


@dataclass(frozen=True, slots=True)
class ResumeStrategy:
    """Ends the pause of a strategy, so that its entries are judged again."""

    strategy: str
    reason: str


@dataclass(frozen=True, slots=True)
class EndRoute:
    """Ends an open route, named by its chain, to an engine that never starts again; entries are made here again.

    `nothing_held` is the person's statement that the other account has neither a position nor an order of it.
    """

    route: str
    reason: str
    nothing_held: bool = False


@dataclass(frozen=True, slots=True)
class TripKillSwitch:
    """Stops all new exposure; open positions keep their stops and can be closed."""

    reason: str


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """Changes settings, given by dotted names (`risk.max_positions`) with values as text; the others are unchanged.

    `reason` is None where none was given.
    """

    changes: Mapping[str, str] = field(default_factory=dict[str, str])
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SubmitSettings:
    """Changes settings, named as in `ChangeSettings`, as far as that tightens a limit; the others are held.

    A value that is in force ends the holding of its setting.
    """

    changes: Mapping[str, str]
    reason: str


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """Puts the held changes of settings in force, or ends their holding.

    `held` is the id of the changes that the person has seen (`domain.held.id_of`).
    """

    held: str
    verdict: Review
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteModel:
    """Gives a registered model, named by the SHA-256 of its file, a role; the champion before has none from then on.

    `rule` names the rule that promotes it; None where a person does. `unproven` promotes a champion that its gate has
    not let pass.
    """

    sha256: str
    role: ModelRole
    reason: str
    rule: str | None = None
    unproven: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireModel:
    """Takes the role of a model; it stays registered."""

    sha256: str
    reason: str
    rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDrift:
    """A drift that a test has found; the fields are those of `domain.model.DriftFound`."""

    sha256: str
    subject: str
    test: str
    statistic: float
    limit: float
    count: int
    begin: datetime
    end: datetime
    reason: str


Request = (
    RaiseSignal
    | DraftOrder
    | DraftEntry
    | PlaceOrder
    | AmendOrder
    | CancelOrder
    | ClosePosition
    | WithdrawClose
    | MoveProtection
    | PauseStrategy
    | ResumeStrategy
    | ResumeEntries
    | EndRoute
    | ChangeSettings
    | SubmitSettings
    | ReviewSettings
    | TripKillSwitch
    | ResetKillSwitch
    | ForgetPersonalKey
    | ResolveDiscrepancy
    | RegisterModel
    | PromoteModel
    | RetireModel
    | ReportDrift
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """A request with its idempotency key `id` (1 to 64 of `[A-Za-z0-9_-]`) and its actor.

    The events that follow from it have the cause `command:<id>/<fingerprint>`. After `valid_until` it is declined and
    never carried out, so an engine that starts an hour later does not trade on it. `role` is the actor's role, by which
    the engine judges the request; None for a request of the program itself.
    """

    id: str
    account: str
    actor: str
    valid_until: datetime
    request: Request
    role: Role | None = None
