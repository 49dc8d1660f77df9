"""Keeps a connection of ccxt.pro receiving, whatever a message is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapters.ccxt.failure import RAISED, shown
from adapters.secrecy import Credentials


def guard(socket: Any, refuse: Callable[[object, str], None], credentials: Credentials) -> None:
    """Passes a message that raises an exception to `refuse`, with the reason: ccxt stops to receive after one, without
    an end of the connection.
    """
    handle = socket.handle_message

    def guarded(message: Any) -> None:
        try:
            handle(message)
        except RAISED as fault:
            refuse(credentials.hide(str(getattr(message, "data", message))), shown(fault, credentials))

    socket.handle_message = guarded
