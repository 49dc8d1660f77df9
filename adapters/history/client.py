"""A ccxt client for public queries, and the errors of its queries as ours."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar, cast

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential_jitter,
)

from adapters.connection_fault import connection_fault
from domain.errors import ExchangeRefused, ExchangeUnreachable, InvalidInput
from domain.plain_text import meant

T = TypeVar("T")

_ATTEMPTS = 6
_SECONDS = 40.0
_log = logging.getLogger(__name__)


def _report(state: RetryCallState) -> None:
    """Logs a failed attempt, so that nobody takes the wait for a program that hangs."""
    fault = None if state.outcome is None else state.outcome.exception()
    _log.warning("%s; attempt %d of %d, it is tried again", fault, state.attempt_number, _ATTEMPTS)


PATIENT = Retrying(
    retry=retry_if_exception_type(ExchangeUnreachable),
    stop=stop_after_attempt(_ATTEMPTS) | stop_after_delay(_SECONDS),
    wait=wait_exponential_jitter(initial=1, max=30, jitter=1),
    before_sleep=_report,
    reraise=True,
)
"""Six attempts over about half a minute, none after 40 s. A query changes nothing, so it may be repeated."""


def opened(exchange: str, address: str | None = None) -> Any:
    """A client of an exchange that ccxt knows, which keeps the exchange's rate limits and its figures' digits.

    `address` replaces the exchange's own addresses, for a venue on this machine. Raises InvalidInput for an unknown
    exchange.
    """
    ccxt = _ccxt()
    if exchange not in ccxt.exchanges:
        raise InvalidInput(f"ccxt knows no exchange {exchange!r}{meant(exchange, ccxt.exchanges)}")
    client = getattr(ccxt, exchange)({"number": str, "enableLastJsonResponse": True})
    if address:
        client.urls["api"] = _replaced(client.urls["api"], address)
        client.has["fetchCurrencies"] = False
    return client


def answer(client: Any, query: Callable[[], T], patience: Retrying) -> T:
    """The result of a query, repeated as `patience` permits while the exchange cannot be reached.

    Raises ExchangeUnreachable and ExchangeRefused. A page instead of JSON counts as unreachable: ccxt takes it for a
    response without candles.
    """
    ccxt = _ccxt()

    def once() -> T:
        client.last_json_response = None
        try:
            result = query()
        except ccxt.OperationFailed as error:
            raise ExchangeUnreachable(_sentence(client, error)) from error
        except ccxt.BaseError as error:
            raise ExchangeRefused(_sentence(client, error)) from error
        if client.last_json_response is None:
            raise ExchangeUnreachable(f"{client.id} answered with something else than JSON")
        return result

    try:
        return patience(once)
    except ExchangeUnreachable as error:
        raise ExchangeUnreachable(f"{error}; run the same command again to go on from here") from error


def _ccxt() -> Any:
    return import_module("ccxt")


def _replaced(addresses: Any, address: str) -> Any:
    """The same tree of addresses, each replaced."""
    if isinstance(addresses, dict):
        return {name: _replaced(one, address) for name, one in cast("dict[str, Any]", addresses).items()}
    return address


def _sentence(client: Any, error: Exception) -> str:
    if found := connection_fault(error.__cause__):
        return f"{client.id} does not answer: {found}"
    return f"{client.id}: {str(error).removeprefix(client.id).strip()[:300]} ({type(error).__name__})"
