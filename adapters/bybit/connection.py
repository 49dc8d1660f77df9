"""One connection of pybit's WebSocket: private, public or of orders. It is used once; after its end another is made.

pybit's own handling of messages and its own reconnection are left out. They die for good where a callback raises,
where a topic is unknown, where a subscription is refused and after ten quick failures; and they connect a hundred times
a second where they are configured not to give up. Its `subscribe` waits for ever for a connection that has died.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from socket import SHUT_RDWR
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

from websocket import WebSocketException, setdefaulttimeout

from adapters.bybit.line import TRADE, Line
from adapters.bybit.site import Timing

_ATTEMPTS = 2
"""pybit raises after its last attempt, also where it has connected; so it gets one more than it needs."""

_AUTH_EXPIRES = 10
_LOGGER = "websocket"
FAILURES = (WebSocketException, OSError, AttributeError)
"""What pybit raises where a connection fails; AttributeError where it ends while pybit uses it."""


class NotConnected(Exception):
    """A text was not written, because there is no connection."""


class Connection:
    """`on_text` gets every text and `on_sign` is called for every frame, both in the socket's thread.

    `ended` is set when the connection has ended; `fault` is why.
    """

    def __init__(
        self,
        line: Line,
        timing: Timing,
        on_text: Callable[[str], None],
        on_sign: Callable[[], None],
    ) -> None:
        self.ended, self.fault = Event(), ""
        self._line = line
        # The library's own default is to wait for ever for the answer to a handshake, and pybit waits for the library.
        setdefaulttimeout(timing.answer)
        kind = _socket_type(line, self._failed, self._closed, on_text, on_sign)
        self._pybit = kind(
            testnet=line.site.testnet,
            demo=line.site.demo,
            ping_interval=timing.ping,
            ping_timeout=timing.pong,
            retries=_ATTEMPTS,
            restart_on_error=False,
            **({} if line.channel == TRADE else {"channel_type": line.channel}),
            **_authentication(line),
        )
        self._socket = getattr(self._pybit.ws.sock, "sock", None)
        _validate_once(self._pybit.ws.sock)

    @property
    def is_alive(self) -> bool:
        return not self.ended.is_set() and bool(self._pybit.wst.is_alive())

    def send(self, operation: str, topics: Sequence[str]) -> None:
        """Sends `subscribe` or `unsubscribe`, from any thread. Raises one of `FAILURES`."""
        self._pybit.ws.send(json.dumps({"op": operation, "req_id": operation, "args": topics}))

    def write(self, text: str) -> None:
        """Writes a text, from any thread. Raises NotConnected where nothing was written; one of `FAILURES` where it may
        have been.
        """
        socket = self._pybit.ws.sock
        if socket is None or self.ended.is_set():
            raise NotConnected(self.fault)
        socket.send(text)

    def close(self) -> None:
        """Ends the connection and its thread.

        The connection is shut down under the socket's thread, which notices that at once. pybit's `exit` would take
        the connection away from the thread, which then sleeps until its next look for a pong. The library leaves the
        socket open where Bybit has closed the connection with a handshake.
        """
        self._pybit.exited = True
        self._pybit._stop_custom_ping_timer()  # noqa: SLF001 - only pybit's `exit` ends it otherwise
        with _without_errors_of(self._pybit.wst):
            if self._socket is not None:
                with suppress(OSError):  # it has ended already
                    self._socket.shutdown(SHUT_RDWR)
            self._pybit.wst.join()
        if self._socket is not None:
            self._socket.close()

    def _failed(self, error: object) -> None:
        self.fault = self._line.hide(str(error))

    def _closed(self) -> None:
        self.ended.set()


@contextmanager
def _without_errors_of(thread: Thread) -> Generator[None]:
    """Leaves out what the library logs in this thread: it takes the end that is made here for a lost connection."""

    def is_of_another(record: logging.LogRecord) -> bool:
        return record.thread != thread.ident

    logger = logging.getLogger(_LOGGER)
    logger.addFilter(is_of_another)
    try:
        yield
    finally:
        logger.removeFilter(is_of_another)


def _authentication(line: Line) -> dict[str, Any]:
    if line.credentials is None:
        return {}
    return {
        "api_key": line.credentials.key,
        "api_secret": line.credentials.secret,
        "private_auth_expire": _AUTH_EXPIRES,
    }


def _validate_once(socket: Any) -> None:
    """The library decodes every text, which ends the connection where it is no UTF-8. Before that it checks the same
    byte by byte in Python, which takes longer than everything else.
    """
    for part in (getattr(socket, name, None) for name in ("frame_buffer", "cont_frame")):
        if part is not None:
            part.skip_utf8_validation = True


def _socket_type(
    line: Line,
    failed: Callable[[object], None],
    closed: Callable[[], None],
    on_text: Callable[[str], None],
    on_sign: Callable[[], None],
) -> Any:
    """pybit's class with the site's address, and with what this program does where pybit would reconnect."""
    classes, site = import_module("pybit.unified_trading"), line.site
    base: Any = classes.WebSocketTrading if line.channel == TRADE else classes.WebSocket

    def connect(socket: Any, url: str) -> None:
        base._connect(socket, f"{site.socket}{urlsplit(url).path}" if site.socket else url)  # noqa: SLF001

    def on_message(_socket: Any, message: str) -> None:
        on_sign()
        on_text(message)

    def on_pong(socket: Any) -> None:
        on_sign()
        base._on_pong(socket)  # noqa: SLF001

    def on_error(_socket: Any, error: object) -> None:
        failed(error)

    def on_close(_socket: Any) -> None:
        closed()

    return type(
        "Connection",
        (base,),
        {
            "_connect": connect,
            "_on_message": on_message,
            "_on_pong": on_pong,
            "_on_error": on_error,
            "_on_close": on_close,
        },
    )
