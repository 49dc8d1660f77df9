"""pybit's HTTP client with our errors. It repeats no request that may have been executed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, TypeVar

from adapters.bybit.bucket import LEFT, Bucket
from adapters.bybit.codes import OF_RULES, Verdict, verdict
from adapters.bybit.connection import NotConnected
from adapters.bybit.failure import RAISED, code_of, headers_of, of_order, of_query
from adapters.bybit.leased import LeasedAdapter
from adapters.bybit.secrecy import LOGGERS, Credentials
from adapters.bybit.site import Site, Timing
from adapters.bybit.trade_socket import OPERATIONS, TradeSocket
from adapters.instruments.document import Table, is_table, rows, table
from adapters.lease import Lease
from domain.errors import ExchangeUnreachable, InvalidInput, OutcomeUnknown

_NO_RETRIES = -999
"""pybit takes an empty set of codes to repeat for its default set, so it gets one that no response has."""

Sleep = Callable[[float], None]
T = TypeVar("T")


def http(credentials: Credentials, site: Site, timing: Timing, lease: Lease | None = None) -> Any:
    """pybit's session, which repeats nothing by itself. Under a `lease` it changes nothing while that is not valid.

    Where nobody has configured logging, pybit adds a handler for each session; it is taken away again.
    """
    logger = logging.getLogger(LOGGERS[0])
    handlers = list(logger.handlers)
    session = import_module("pybit.unified_trading").HTTP(
        testnet=site.testnet,
        demo=site.demo,
        api_key=credentials.key,
        api_secret=credentials.secret,
        timeout=(timing.connect, timing.response),
        retry_codes={_NO_RETRIES},
        max_retries=1,
        return_response_headers=True,
    )
    logger.handlers = handlers
    if site.http:
        session.endpoint = site.http
    if lease is not None:
        for scheme in ("https://", "http://"):
            session.client.mount(scheme, LeasedAdapter(lease))
    return session


class Client:
    """Calls pybit's methods by their names, none more often than its limit (calls a second) in `limits` allows.

    `rules_refused` is called where a code may mean that rules have changed. Requests that change orders go over `trade`
    where there is one and it is connected, else by REST; both ways share the limits.
    """

    def __init__(
        self,
        session: Any,
        credentials: Credentials,
        limits: Mapping[str, int],
        rules_refused: Callable[[], None],
        sleep: Sleep = time.sleep,
        trade: TradeSocket | None = None,
    ) -> None:
        self.trade = trade
        self._session, self._credentials = session, credentials
        self._rules_refused, self._sleep = rules_refused, sleep
        self._buckets = {method: Bucket(limit) for method, limit in limits.items()}

    def send(self, method: str, params: Table) -> str:
        """Sends a request that changes an order; returns Bybit's id of the order.

        Empty where an order with this client order id had been placed already. Raises ExchangeUnreachable,
        ExchangeRefused or OutcomeUnknown, as `OrderEntry` says.
        """
        try:
            response = self._call(method, params, {Verdict.RETRY})
        except RAISED as error:
            if verdict(code_of(error)) is Verdict.PLACED:
                return ""
            self._heed(error)
            raise of_order(error, self._credentials) from None
        order_id = table(response.get("result")).get("orderId")
        if not isinstance(order_id, str) or not order_id:
            raise OutcomeUnknown("the response names no order")
        return order_id

    def ask(self, method: str, params: Table) -> Table:
        """The response to a query. Raises ExchangeUnreachable or ExchangeRefused, as `VenueQueries` says.

        A query is repeated once where it was refused for its frequency, as soon as the limit is whole again, and where
        its timestamp was too old.
        """
        try:
            response = self._call(method, params, {Verdict.RETRY, Verdict.RATE_LIMITED})
        except RAISED as error:
            self._heed(error)
            raise of_query(error, self._credentials) from None
        if not is_table(response.get("result")):
            raise ExchangeUnreachable("the response has no result")
        return response

    def _heed(self, error: Exception) -> None:
        if code_of(error) in OF_RULES:
            self._rules_refused()

    def pages(self, method: str, params: Table) -> Iterator[Table]:
        """The rows of every page of a query."""
        cursor = ""
        while True:
            result = table(self.ask(method, {**params, "cursor": cursor or None}).get("result"))
            if not isinstance(result.get("list"), list):
                raise ExchangeUnreachable("the response has no list")
            yield from rows(result.get("list"))
            following = str(result.get("nextPageCursor") or "")
            if not following or following == cursor:
                return
            cursor = following

    def _call(self, method: str, params: Table, repeated: set[Verdict]) -> Table:
        try:
            return self._once(method, params)
        except RAISED as error:
            if code_of(error) is None or verdict(code_of(error)) not in repeated:
                raise
            self._sleep(_wait(error))
        return self._once(method, params)

    def _once(self, method: str, params: Table) -> Table:
        self._await_turn(method)
        try:
            response, headers = self._answered(method, params)
        except RAISED as error:
            self._learn(method, headers_of(error))
            raise
        self._learn(method, headers)
        if not is_table(response) or response.get("retCode") != 0:
            raise ValueError("the response has no retCode")
        return response

    def _answered(self, method: str, params: Table) -> tuple[object, Mapping[str, str]]:
        """Only what was not written to the socket goes by REST: everything else may have been executed."""
        if self.trade is not None and method in OPERATIONS:
            with suppress(NotConnected):
                return self.trade.ask(method, params)
        response, _, headers = getattr(self._session, method)(**params)
        return response, headers

    def _await_turn(self, method: str) -> None:
        bucket = self._buckets.get(method)
        if bucket is None:
            return
        if wait := bucket.wait(time.monotonic()):
            self._sleep(wait)
        self._buckets[method] = bucket.called(time.monotonic())

    def _learn(self, method: str, headers: Mapping[str, str]) -> None:
        bucket = self._buckets.get(method)
        if bucket is not None:
            self._buckets[method] = bucket.learnt(headers, time.monotonic(), time.time())


def readable(query: Callable[[], T]) -> T:
    """The query's result; raises ExchangeUnreachable where the response could not be understood."""
    try:
        return query()
    except InvalidInput as fault:
        raise ExchangeUnreachable(f"the response cannot be read: {fault}") from None


def _wait(error: Exception) -> float:
    """Seconds until the limit of a refused call is whole again."""
    now = time.monotonic()
    return Bucket(1).learnt({LEFT: "0", **headers_of(error)}, now, time.time()).wait(now)
