"""Whether a failure of a request over HTTP proves that nothing was sent."""

from __future__ import annotations

from requests.exceptions import ConnectionError as Disconnected
from requests.exceptions import ConnectTimeout
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError


def is_never_sent(error: BaseException | None) -> bool:
    """Whether no connection was made: refused, not found, or not answered in time."""
    if isinstance(error, ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, Disconnected) and error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
