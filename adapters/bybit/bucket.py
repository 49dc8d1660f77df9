"""How often a kind of call may be made: a pure rule, which learns from the headers of the responses.

Bybit counts the calls of an account by endpoint in a rolling second. A call beyond the limit is refused with a code
that does not prove that nothing was executed (10006), so it is better to wait than to be refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from adapters.bybit.fields import count

LIMIT, LEFT, RESET = "x-bapi-limit", "x-bapi-limit-status", "x-bapi-limit-reset-timestamp"
LIMITS: Mapping[str, int] = {
    **dict.fromkeys(("place_order", "amend_order", "cancel_order", "set_leverage"), 10),
    **dict.fromkeys(("get_open_orders", "get_order_history", "get_executions"), 50),
    **dict.fromkeys(("get_positions", "get_wallet_balance"), 50),
}
"""Calls a second by pybit's method, of an account without a VIP level."""

LONGEST_WAIT = 1.0
_SECOND = 1.05
"""Bybit's second, with a margin for requests of which the first travels longer than the last."""


class Bucket(Struct, frozen=True, gc=False):
    """The calls of one kind. `sent` are the times of the last calls, `shut_until` when a used-up limit is whole again.

    Times are seconds of any one clock that does not go back.
    """

    limit: int
    sent: tuple[float, ...] = ()
    shut_until: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until a call is within the limit."""
        full = self.sent[-self.limit] + _SECOND - now if len(self.sent) >= self.limit else 0.0
        return max(full, self.shut_until - now, 0.0)

    def called(self, now: float) -> Self:
        """After a call."""
        return replace(self, sent=(*(one for one in self.sent if one > now - _SECOND), now))

    def learnt(self, headers: Mapping[str, str], now: float, wall: float) -> Self:
        """After a response; `wall` is the time since 1970 by this machine's clock, at the moment `now`.

        Another process may use up the same account's limit. A time of the header that this machine's clock puts far off
        makes nobody wait longer than a second.
        """
        named = {name.lower(): value for name, value in headers.items()}
        limit, left, reset = (count(named.get(name, "")) for name in (LIMIT, LEFT, RESET))
        shut = self.shut_until
        if left == 0 and reset is not None:
            shut = now + min(max(reset / 1000 - wall, 0.0), LONGEST_WAIT)
        return replace(self, limit=limit or self.limit, shut_until=shut)
