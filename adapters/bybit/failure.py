"""What each failure of pybit proves about a request.

Only a connection that was never made proves that nothing arrived. A structured refusal proves that a request was not
executed. Everything else proves nothing: time-outs, resets, any HTTP status but 200, pages, half of a text, JSON of
another shape, ambiguous and unknown codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from requests.exceptions import RequestException
from websocket import WebSocketException

from adapters.bybit.advice import advised
from adapters.bybit.codes import Verdict, verdict
from adapters.bybit.secrecy import Credentials
from adapters.connection_fault import connection_fault
from adapters.never_sent import is_never_sent
from adapters.shown_address import without_query
from domain.errors import ExchangeError, ExchangeRefused, ExchangeUnreachable, OutcomeUnknown

_pybit: Any = import_module("pybit.exceptions")

RAISED: tuple[type[Exception], ...] = (
    _pybit.InvalidRequestError,
    _pybit.FailedRequestError,
    RequestException,
    WebSocketException,
    OSError,
    # pybit takes every JSON for an object with `retCode` and `retMsg`.
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
)
"""What pybit and the libraries of its connections raise for a request."""

_PROVEN = frozenset({Verdict.REJECTED, Verdict.FATAL, Verdict.RETRY})
_UNANSWERED = frozenset({Verdict.AMBIGUOUS})
_MOST_TEXT = 300
_NOT_FOUND = 404
"""The HTTP status of another server. Bybit's own API answers a path that it does not know with a return code."""
_NO_JSON = "Conflict. Could not decode JSON."
"""pybit's message, with its own code 409, for a response with status 200 that is no JSON."""


def refusal(method: str, code: int, text: str, headers: Mapping[str, str]) -> Exception:
    """The refusal of a request over the socket as pybit raises the one over HTTP."""
    refused: Exception = _pybit.InvalidRequestError(
        request=method, message=text, status_code=code, time="", resp_headers=headers
    )
    return refused


def code_of(error: Exception) -> object:
    """The return code of a refusal; None for another failure."""
    return getattr(error, "status_code", None) if isinstance(error, _pybit.InvalidRequestError) else None


def headers_of(error: Exception) -> dict[str, str]:
    """The headers of the response, as far as there is one."""
    return dict(getattr(error, "resp_headers", None) or {})


def of_order(error: Exception, credentials: Credentials) -> ExchangeError:
    """The error of a request that changes something."""
    text = _text(error, credentials)
    if is_never_sent(error):
        return ExchangeUnreachable(text)
    code = code_of(error)
    return ExchangeRefused(text) if code is not None and verdict(code) in _PROVEN else OutcomeUnknown(text)


def of_query(error: Exception, credentials: Credentials) -> ExchangeError:
    """The error of a query: refused, or without a usable response."""
    text, code = _text(error, credentials), code_of(error)
    is_answered = code is not None and verdict(code) not in _UNANSWERED
    return ExchangeRefused(text) if is_answered else ExchangeUnreachable(text)


def _text(error: Exception, credentials: Credentials) -> str:
    """Without the request, which pybit adds to its texts. What is hidden is hidden before the text is cut, and before a
    sentence of ours is added, which a short secret must not mask.
    """
    code, message = getattr(error, "status_code", None), getattr(error, "message", None)
    if message == _NO_JSON:
        return "the response is not JSON: a page, or cut off"
    if code == _NOT_FOUND and isinstance(error, _pybit.FailedRequestError):
        return (
            f"no API of Bybit at {_address_of(error)}, which answers with HTTP status 404: check the address"
        )
    if message is not None:
        return advised(code, f"{code}: {_stated(message, credentials)}")[:_MOST_TEXT]
    return (connection_fault(error) or f"{type(error).__name__}: {_stated(error, credentials)}")[:_MOST_TEXT]


def _address_of(error: Exception) -> str:
    """Scheme, host and port of a failed request; pybit keeps its method, address and parameters as one text."""
    words = str(getattr(error, "request", "")).split()
    parts = urlsplit(words[1] if len(words) > 1 else "")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else "this address"


def _stated(given: object, credentials: Credentials) -> str:
    return credentials.hide(without_query(str(given)))
