"""The loggers of pybit, and how the API key and its secret are kept out of them."""

from __future__ import annotations

from contextlib import AbstractContextManager

from adapters.secrecy import Credentials, hidden_from

__all__ = ["LOGGERS", "Credentials", "hidden_from_logs"]

LOGGERS = ("pybit._http_manager", "pybit._websocket_stream", "pybit.unified_trading", "websocket")
"""The loggers of pybit and of the library of its sockets."""


def hidden_from_logs(credentials: Credentials) -> AbstractContextManager[None]:
    """Within the context, whatever pybit and its libraries log at any level holds neither key, secret nor signature."""
    return hidden_from(credentials, LOGGERS)
