"""A draft of an order as the bot keeps it: what the second tap needs, and what the screen shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

_KEPT: Final = timedelta(hours=1)
"""How long an expired draft is kept: where the outcome of its order is not known, the same button is tapped again."""

_GOOD_FOR: Final = timedelta(minutes=2)
"""How long the engine's API offers a draft."""
_LATE: Final = Decimal("0.01")
"""The share by which a figure of a draft may differ from the one that was shown, for a late tap to place its order."""
_FIGURES: Final = ("price", "notional", "margin", "fee", "risk")


class Vote(msgspec.Struct, frozen=True):
    """The vote of a committee's member, with its reasons where it rejects."""

    member: str
    chamber: str
    approves: bool
    reasons: tuple[str, ...] = ()


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The engine's draft of a user's order.

    `confirmation` is empty and `reason` filled where the engine refused the order. `price` is in quote currency,
    `notional`, `margin`, `fee` and `risk` are in the account's currency, as text with every digit. `terms` are
    those that were drafted, which the entered values may give otherwise by now: a size depends on the last price.
    One that `is_compared` was demanded by a late tap: each tap is compared with what the engine would draft now, until
    its figures hold. One that `is_changed` did not hold at the last tap.
    """

    user: int
    account: str
    expires_at: datetime
    confirmation: str = ""
    reason: str = ""
    price: str | None = None
    notional: str | None = None
    margin: str | None = None
    fee: str | None = None
    risk: str | None = None
    warnings: tuple[str, ...] = ()
    votes: tuple[Vote, ...] = ()
    terms: dict[str, str | bool] = {}
    is_compared: bool = False
    is_changed: bool = False


def draft_of(
    response: Mapping[str, Any], user: int, account: str, now: datetime, terms: Mapping[str, str | bool]
) -> Draft:
    """The draft of these terms in the API's `Draft` or `Refused`; a refused one expires at once. `now` is in UTC."""
    expires_at = response.get("expiresAt")
    votes = tuple(
        Vote(one["member"], one["chamber"], one["approves"], tuple(one["reasons"]))
        for one in response["votes"]
    )
    return Draft(
        user=user,
        account=account,
        expires_at=now if expires_at is None else datetime.fromisoformat(expires_at),
        confirmation=response.get("confirmation", ""),
        reason=response.get("reason", ""),
        price=response.get("price"),
        notional=response.get("notional"),
        margin=response.get("margin"),
        fee=response.get("fee"),
        risk=response.get("risk"),
        warnings=tuple(response.get("warnings", ())),
        votes=votes,
        terms=dict(terms),
    )


def without_old(drafts: Mapping[str, Draft], now: datetime) -> dict[str, Draft]:
    """The drafts that may still be confirmed, or whose outcome may still be looked up."""
    return {key: one for key, one in drafts.items() if now < one.expires_at + _KEPT}


def still_holds(shown: Draft, now: Draft) -> bool:
    """Whether what a person confirmed holds for a draft of the same terms made now: the engine accepts it, it has no
    other warning, and each of price, notional, margin, fee and risk is within 1 % of the one that was shown, because a
    sale at a lower price loses money as a purchase at a higher one does. A figure that is known for one of both only
    does not hold."""
    if not now.confirmation or not set(now.warnings) <= set(shown.warnings):
        return False
    return all(_is_within(getattr(shown, name), getattr(now, name)) for name in _FIGURES)


def is_over(shown: Draft, now: Draft) -> bool:
    """Whether the shown draft has expired, by the clock of the API, which made the other one now; for one that the
    engine refuses, by the bot's clock two minutes later. The API places no order of such a draft, and returns the
    response to an earlier request with its key."""
    return now.expires_at >= shown.expires_at + _GOOD_FOR


def _is_within(shown: str | None, now: str | None) -> bool:
    if shown is None or now is None:
        return shown is now
    return abs(Decimal(now) - Decimal(shown)) <= abs(Decimal(shown)) * _LATE
