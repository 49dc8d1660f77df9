"""A consumer of WebSocket messages."""

from __future__ import annotations

from typing import Final

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.protocol import State
from websockets.sync.client import ClientConnection, connect

from adapters.alerts.place import Undelivered
from domain.errors import Refused

_SECONDS: Final = 10.0
_NAME: Final = "the consumer"


class WebSocketConsumer:
    """Sends each batch as one text message of JSON lines. The answer to a ping that follows it confirms that the peer
    has received it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: ClientConnection | None = None

    def send(self, body: bytes) -> None:
        """See `Consumer`. The URL is in no error, because it may hold a secret."""
        connection = self._connection or self._connected()
        try:
            connection.send(body.decode())
            confirmed = connection.ping(ack_on_close=True).wait(_SECONDS)
        except ConnectionClosed:
            self._connection = None
            raise Undelivered(f"{_NAME} ended the connection") from None
        if connection.state is not State.OPEN:
            self._connection = None
            raise Undelivered(f"{_NAME} ended the connection")
        if not confirmed:
            self.close()
            raise Undelivered(f"{_NAME} did not answer within {_SECONDS:.0f} s")

    def close(self) -> None:
        """See `Consumer`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self) -> ClientConnection:
        try:
            self._connection = connect(self._url, open_timeout=_SECONDS, close_timeout=_SECONDS, proxy=None)
        except InvalidStatus as fault:
            status = fault.response.status_code
            if status >= 500:
                raise Undelivered(f"{_NAME} answered with status {status}") from None
            raise Refused(f"{_NAME} refused the connection with status {status}") from None
        except InvalidHandshake:
            raise Refused(f"{_NAME} does not speak WebSocket") from None
        except OSError:
            raise Undelivered(
                f"the connection to {_NAME} was refused, or its host cannot be reached"
            ) from None
        return self._connection
