"""What the manager of open positions decided about one position, and from which figures; see `domain/management/`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.closing import CloseReason
from domain.market import PriceSource
from domain.regime import Regime


class Rule(StrEnum):
    """A rule of the manager; each has its file in `domain/management/`."""

    LARGEST_LOSS = "LARGEST_LOSS"
    TIME_LIMIT = "TIME_LIMIT"
    EARLY_PROFIT = "EARLY_PROFIT"
    REVERSAL = "REVERSAL"
    PARTIAL_CLOSE = "PARTIAL_CLOSE"
    BREAK_EVEN = "BREAK_EVEN"
    TRAILING_STOP = "TRAILING_STOP"
    TRAILING_TARGET = "TRAILING_TARGET"
    TARGET_STOP = "TARGET_STOP"
    BOOK_STOP = "BOOK_STOP"
    BOOK_EXIT = "BOOK_EXIT"


class ManagedBy(StrEnum):
    """What the manager does: it moves the resting stop or target, or closes a part of the position or all of it."""

    MOVE_STOP = "MOVE_STOP"
    MOVE_TARGET = "MOVE_TARGET"
    REDUCE = "REDUCE"
    CLOSE = "CLOSE"


class PositionManaged(Struct, frozen=True, gc=False, kw_only=True):
    """A rule of the manager acts on the position.

    `stop_before` and `target_before` (quote currency) are where stop and target were, `stop` and `target` where the
    action moves them; each is None without one, or where the action does not move it. `close_reason` is that of a
    CLOSE. `price` is the last price, of `price_source` at `price_at` (UTC); all three are None where no price was known
    that is recent. `profit` is the price's distance from the average entry in the position's favour, as a fraction of
    the average entry, whatever the leverage. `figures` are the other figures that the rule compared, by name.
    `rules_version` is the version of the rules (`domain/management/rules.py`). `close_price` is the bid for a long and
    the ask for a short, where recent ones were known. A REDUCE closes `quantity` (base currency), with
    which so many `levels` of the partial closes are done.
    """

    rule: Rule
    action: ManagedBy
    rules_version: int
    stop_before: Decimal | None
    target_before: Decimal | None
    stop: Decimal | None
    target: Decimal | None
    close_reason: CloseReason | None
    price: Decimal | None
    price_source: PriceSource | None
    price_at: datetime | None
    profit: Decimal | None
    regime: Regime | None
    figures: Mapping[str, str]
    close_price: Decimal | None = None
    quantity: Decimal | None = None
    levels: int | None = None


class LastManaged(Struct, frozen=True, gc=False, kw_only=True):
    """The last action of a rule on an open position, at `at` (UTC).

    `stop` and `target` are the prices (quote currency) that it wanted; None where it moved neither. `is_done` states
    whether the position's stop or target was moved there since, and `moves` counts the rule's moves that were.
    `undone_before` counts the actions of this kind, by any rule, in a row before this one that were not done. `price`
    is the last price that it read, `levels` the number of partial closes that are done and `from_profit` the profit of
    the last of them; both are None for other actions.
    """

    at: datetime
    action: ManagedBy
    stop: Decimal | None
    target: Decimal | None
    moves: int = 0
    is_done: bool = False
    undone_before: int = 0
    price: Decimal | None = None
    levels: int | None = None
    from_profit: Decimal | None = None


def recorded(managed: Mapping[Rule, LastManaged], event: PositionManaged, at: datetime) -> LastManaged:
    """The record of a rule's last action after this event, which occurred at `at` (UTC); `managed` are those before."""
    before, latest = managed.get(event.rule), latest_of(event.action, managed)
    return LastManaged(
        at=at,
        action=event.action,
        stop=event.stop,
        target=event.target,
        moves=0 if before is None else before.moves,
        undone_before=0 if latest is None or latest.is_done else latest.undone_before + 1,
        price=event.price,
        levels=event.levels,
        from_profit=None if event.levels is None else Decimal(event.figures["from_profit"]),
    )


def latest_of(action: ManagedBy, managed: Mapping[Rule, LastManaged]) -> LastManaged | None:
    """The latest action of this kind; None without one."""
    return max(
        (one for one in managed.values() if one.action is action), key=lambda one: one.at, default=None
    )


def followed(
    managed: Mapping[Rule, LastManaged], stop: Decimal | None, target: Decimal | None
) -> Mapping[Rule, LastManaged]:
    """The records after the position's stop and target were moved to these prices (quote currency)."""
    done = {rule: _done(one) for rule, one in managed.items() if _is_reached(one, stop, target)}
    return {**managed, **done} if done else managed


def _is_reached(last: LastManaged, stop: Decimal | None, target: Decimal | None) -> bool:
    wanted = {ManagedBy.MOVE_STOP: (last.stop, stop), ManagedBy.MOVE_TARGET: (last.target, target)}
    level, now = wanted.get(last.action, (None, None))
    return level is not None and level == now and not last.is_done


def _done(last: LastManaged) -> LastManaged:
    return replace(last, is_done=True, moves=last.moves + 1)
