"""Counts a request against its account's limit and calls its handler: the same by REST and by the trade socket."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.simulated.server.call import Answer, Call
from adapters.simulated.server.clock import Clock
from adapters.simulated.server.endpoints import Endpoint
from adapters.simulated.server.json_values import orders_in
from adapters.simulated.server.limits import RateLimits
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.codes import TOO_OFTEN, Declined
from adapters.simulated.venue.venue import Venue

Params = Mapping[str, object]


class Handling:
    """`headers` of a call takes the headers of the limit. Raises Declined where the request is refused."""

    def __init__(self, venue: Venue, clock: Clock, limits: RateLimits) -> None:
        self._venue, self._clock, self._limits = venue, clock, limits

    def handled(
        self,
        endpoint: Endpoint,
        account: Account | None,
        params: Params,
        wall: int,
        headers: dict[str, str],
    ) -> Answer:
        """What the endpoint's handler answers."""
        granted = 1 if account is None else self._count(endpoint, account, params, wall, headers)
        result = endpoint.handler(Call(self._venue, self._clock.market(), wall, params, account, granted))
        return result if isinstance(result, Answer) else Answer(result, {})

    def _count(
        self, endpoint: Endpoint, account: Account, params: Params, wall: int, headers: dict[str, str]
    ) -> int:
        """How many orders of the request the limit admits; Bybit executes those, and refuses the others one by one."""
        group, limit = endpoint.allowance(str(params.get("category", "")))
        allowance = self._limits.ask(account.uid, group, limit, wall, orders_in(params))
        headers.update(allowance.headers())
        if not allowance.granted:
            raise Declined(TOO_OFTEN)
        return allowance.granted
