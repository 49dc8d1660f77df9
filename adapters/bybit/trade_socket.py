"""Orders over Bybit's socket /v5/trade: a request is written once, and answered once or its outcome is unknown.

An answer is an acknowledgement and no state of an order, as by REST. The socket is supervised like that of the reports.
pybit's own calls are not used: they record a request after they have sent it, so that a quick answer finds no request;
they have no timeout, and do not report that a connection has ended.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from queue import SimpleQueue
from uuid import uuid4

import msgspec
from websocket import WebSocketConnectionClosedException, WebSocketTimeoutException

from adapters.bybit.failure import refusal
from adapters.bybit.line import TRADE, Line
from adapters.bybit.pace import TRADE_SHARE, Turns
from adapters.bybit.secrecy import Credentials
from adapters.bybit.site import Site, Timing
from adapters.bybit.stream import UNREADABLE, Stream, StreamState
from adapters.drained import drained
from adapters.instruments.document import Table, is_table, table
from commands.exchange import Unread

OPERATIONS: Mapping[str, str] = {
    "place_order": "order.create",
    "amend_order": "order.amend",
    "cancel_order": "order.cancel",
}
"""The operations of the socket by pybit's method for the same request."""

RECEIVE_WINDOW = "5000"
"""Milliseconds after its timestamp within which Bybit takes a request; the same as pybit's by REST."""

_log = logging.getLogger(__name__)


class TradeSocket:
    """`on_change` is called, in a thread of the stream, where `state` has changed or a text could not be understood.

    `ask` is called from one thread.
    """

    def __init__(
        self, site: Site, credentials: Credentials, timing: Timing, on_change: Callable[[], None]
    ) -> None:
        line = Line(site=site, channel=TRADE, topics=(), credentials=credentials)
        self._credentials, self._timing, self._on_change = credentials, timing, on_change
        self._stream = Stream(line, timing, Turns(TRADE_SHARE), self, self._changed)
        self._waiting: dict[str, Future[Table]] = {}
        self._unread: SimpleQueue[Unread] = SimpleQueue()
        self._seen = self._stream.state
        self._logged_live: bool | None = None
        self._is_ending = False

    @property
    def state(self) -> StreamState:
        """Whether requests can be written now."""
        return self._stream.state

    def start(self) -> None:
        """Connects, in a thread."""
        self._stream.start()

    def end(self) -> None:
        """Begins to end the connection; returns at once."""
        self._is_ending = True
        self._stream.end()

    def close(self) -> None:
        """Ends the connection and its threads."""
        self._is_ending = True
        self._stream.close()

    def unread(self) -> list[Unread]:
        """The texts since the last call that were no answer."""
        return drained(self._unread)

    def ask(self, method: str, params: Table) -> tuple[Table, Mapping[str, str]]:
        """The answer to the request of pybit's method, with its result under `result` as by REST, and its headers.

        Raises NotConnected where nothing was written, pybit's InvalidRequestError for a refusal, and an exception of
        `adapters.bybit.connection.FAILURES` where the outcome is unknown. A request without an answer ends the
        connection, so that the next one does not wait as long.
        """
        request_id, operation = uuid4().hex, OPERATIONS[method]
        answer: Future[Table] = Future()
        self._waiting[request_id] = answer
        try:
            self._stream.write(_message(request_id, operation, params))
            found = answer.result(self._timing.response)
        except TimeoutError:
            reason = f"{operation} was not answered within {self._timing.response:g} s"
            self._stream.drop(reason)
            raise WebSocketTimeoutException(reason) from None
        finally:
            self._waiting.pop(request_id, None)
        return result_of(method, found)

    # -- the listener of the stream

    def begin(self) -> None:
        """Forgets since when reports may be missing: this socket brings none."""
        self._stream.gaps()

    def take(self, text: str) -> None:
        """An answer to a request. Where it cannot be understood, whoever waits learns that at once: one request is
        under way at a time, so that the text may be its answer.
        """
        try:
            answer: object = msgspec.json.decode(text)
        except UNREADABLE as fault:
            self._cannot_use(text, f"it is not JSON that can be read: {fault}")
            return
        request_id = answer.get("reqId") if is_table(answer) else None
        if not is_table(answer) or not isinstance(request_id, str):
            self._cannot_use(text, "it names no request")
            return
        waiting = self._waiting.pop(request_id, None)
        if waiting is None:
            self._keep(text, "no request waits for it: it was repeated, or came too late")
        else:
            waiting.set_result(answer)

    def fault(self) -> str:
        """A socket without requests is silent."""
        return ""

    def _cannot_use(self, text: str, reason: str) -> None:
        self._keep(text, reason)
        self._give_up(f"an answer cannot be used: {reason}")

    def _keep(self, text: str, reason: str) -> None:
        self._unread.put(Unread(self._credentials.hide(text), f"an answer on /v5/trade: {reason}"))
        self._on_change()

    def _changed(self) -> None:
        """Also called for every text, which changes no state."""
        state = self._stream.state
        if state is self._seen:
            return
        self._seen = state
        self._log_way(state)
        if not state.is_live:
            self._give_up(f"the connection ended before the answer: {state.fault}")
        self._on_change()

    def _log_way(self, state: StreamState) -> None:
        """Logs where the way of requests has changed, at the change. A first connection that has not failed yet has no
        fault.
        """
        is_undecided = not state.is_live and not state.fault
        if self._is_ending or is_undecided or state.is_live == self._logged_live:
            return
        self._logged_live = state.is_live
        if state.is_live:
            _log.info("orders go over the socket")
        else:
            _log.warning("orders go by REST: the socket of orders is not connected: %s", state.fault)

    def _give_up(self, reason: str) -> None:
        while self._waiting:
            try:
                _, waiting = self._waiting.popitem()
            except KeyError:  # the other thread took it
                return
            waiting.set_exception(WebSocketConnectionClosedException(reason))


def result_of(method: str, answer: Table) -> tuple[Table, Mapping[str, str]]:
    """The answer as the one by REST, and its headers. Raises pybit's InvalidRequestError for a refusal."""
    headers = {name: str(value) for name, value in table(answer.get("header")).items()}
    code = answer.get("retCode")
    if isinstance(code, int) and code:
        raise refusal(method, code, str(answer.get("retMsg")), headers)
    return {"retCode": code, "result": answer.get("data")}, headers


def _message(request_id: str, operation: str, params: Table) -> str:
    header = {"X-BAPI-TIMESTAMP": str(time.time_ns() // 1_000_000), "X-BAPI-RECV-WINDOW": RECEIVE_WINDOW}
    message = {"reqId": request_id, "header": header, "op": operation, "args": [params]}
    return msgspec.json.encode(message).decode()
