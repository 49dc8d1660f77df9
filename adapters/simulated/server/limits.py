"""Rate limits: requests in the last second, by account and group of endpoints; requests in five seconds, by address."""

from __future__ import annotations

from collections import deque

from msgspec import Struct

_SECOND = 1_000
_ADDRESS_WINDOW = 5_000


class Allowance(Struct, frozen=True, gc=False):
    """What the headers state: the limit, what is left of it, and when it is whole again (ms). `granted` is the
    number of requests that may be executed.
    """

    limit: int
    left: int
    reset: int
    granted: int

    def headers(self) -> dict[str, str]:
        return {
            "X-Bapi-Limit": str(self.limit),
            "X-Bapi-Limit-Status": str(self.left),
            "X-Bapi-Limit-Reset-Timestamp": str(self.reset),
        }


class RateLimits:
    """A rolling window for each account and group. `scale` multiplies every limit; 0 takes the limits away."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self._sent: dict[tuple[int, str], deque[int]] = {}

    def ask(self, uid: int, group: str, limit: int, now: int, cost: int = 1) -> Allowance:
        """Grants of `cost` requests those that the limit admits, and counts them.

        `reset` never lies in the past, where clients would fail.
        """
        most = int(limit * self.scale)
        if not most:
            return Allowance(limit, limit, now + _SECOND, cost)
        sent = self._sent.setdefault((uid, group), deque())
        _forget(sent, now - _SECOND)
        granted = min(cost, most - len(sent))
        sent.extend([now] * granted)
        reset = (sent[0] if sent else now) + _SECOND
        return Allowance(most, most - len(sent), max(reset, now + 1), granted)


class AddressLimit:
    """At most `most` requests in five seconds from one address; who sends more is refused for `ban` ms."""

    def __init__(self, most: int = 0, ban: int = 600_000) -> None:
        self._most, self._ban = most, ban
        self._sent: dict[str, deque[int]] = {}
        self._banned: dict[str, int] = {}

    def refuses(self, address: str, now: int) -> bool:
        """Whether a request from the address is refused; counts it otherwise. `most` 0 refuses none."""
        if not self._most:
            return False
        if self._banned.get(address, 0) > now:
            return True
        sent = self._sent.setdefault(address, deque())
        _forget(sent, now - _ADDRESS_WINDOW)
        sent.append(now)
        if len(sent) > self._most:
            self._banned[address] = now + self._ban
        return len(sent) > self._most


def _forget(sent: deque[int], before: int) -> None:
    while sent and sent[0] <= before:
        sent.popleft()
