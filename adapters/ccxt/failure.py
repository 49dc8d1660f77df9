"""What each failure of ccxt proves about a request.

Only a connection that was never made proves that nothing arrived, and only the classes of `PROOFS` that are REFUSED
prove a refusal. ccxt raises its bare ExchangeError for every code that it does not know, and for codes of servers that
failed after they had executed a request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from importlib import import_module
from typing import Any

from adapters.connection_fault import connection_fault
from adapters.never_sent import is_never_sent
from adapters.secrecy import Credentials
from adapters.shown_address import paths_only
from domain.errors import ExchangeError, ExchangeRefused, ExchangeUnreachable, OutcomeUnknown

_ccxt: Any = import_module("ccxt")

RAISED: tuple[type[Exception], ...] = (
    _ccxt.BaseError,
    # ccxt takes every JSON for a response of the shape that it expects.
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    AssertionError,
)
"""What ccxt raises for a request."""
WATCH_RAISED: tuple[type[Exception], ...] = (*RAISED, OSError, import_module("aiohttp").ClientError)
"""What ccxt.pro raises for a watch; it hands on what aiohttp raises where a connection closes as ccxt writes to it."""

_MOST_TEXT = 300


class Proof(StrEnum):
    """REFUSED: a structured refusal, or a request that ccxt did not send. NONE: the request may have been executed."""

    REFUSED = "refused"
    NONE = "none"


PROOFS: Mapping[str, Proof] = {
    "BaseError": Proof.NONE,
    "ExchangeError": Proof.NONE,  # every unknown code
    "AuthenticationError": Proof.REFUSED,
    "PermissionDenied": Proof.REFUSED,
    "AccountNotEnabled": Proof.REFUSED,
    "AccountSuspended": Proof.REFUSED,
    "ArgumentsRequired": Proof.REFUSED,
    "BadRequest": Proof.REFUSED,
    "BadSymbol": Proof.REFUSED,
    "OperationRejected": Proof.REFUSED,
    "NoChange": Proof.REFUSED,
    "MarginModeAlreadySet": Proof.REFUSED,
    "MarketClosed": Proof.REFUSED,
    "ManualInteractionNeeded": Proof.REFUSED,
    "RestrictedLocation": Proof.REFUSED,
    "InsufficientFunds": Proof.REFUSED,
    "InvalidAddress": Proof.REFUSED,
    "AddressPending": Proof.REFUSED,
    "InvalidOrder": Proof.REFUSED,
    "OrderNotFound": Proof.REFUSED,
    "OrderNotCached": Proof.REFUSED,
    "OrderImmediatelyFillable": Proof.REFUSED,
    "OrderNotFillable": Proof.REFUSED,
    "DuplicateOrderId": Proof.NONE,  # the first request with this id was executed
    "ContractUnavailable": Proof.REFUSED,
    "NotSupported": Proof.REFUSED,
    "InvalidProxySettings": Proof.REFUSED,
    "ExchangeClosedByUser": Proof.NONE,
    "OperationFailed": Proof.NONE,
    "NetworkError": Proof.NONE,
    "DDoSProtection": Proof.NONE,
    "RateLimitExceeded": Proof.NONE,  # orders were found behind it
    "ExchangeNotAvailable": Proof.NONE,
    "OnMaintenance": Proof.NONE,
    "InvalidNonce": Proof.NONE,
    "ChecksumError": Proof.NONE,
    "RequestTimeout": Proof.NONE,
    "BadResponse": Proof.NONE,
    "NullResponse": Proof.NONE,
    "CancelPending": Proof.NONE,
    "UnsubscribeError": Proof.NONE,
}
"""By the name of ccxt's class; a class of an exchange's own counts as its nearest base in the table."""


class PlacedBefore(OutcomeUnknown):
    """The exchange has had an order with this client order id."""


_DUPLICATE = re.compile(r'"(?:retCode|sCode|code)"\s*:\s*"?(?:110072|170141|10014|51016|-4116)\b')
"""Codes of a repeated client order id at Bybit (linear, spot, request), OKX and Binance, some of which ccxt takes for
invalid orders."""


def of_order(error: Exception, credentials: Credentials) -> ExchangeError:
    """The error of a request that changes something."""
    text = shown(error, credentials)
    if is_never_sent(error.__cause__):
        return ExchangeUnreachable(text)
    if type(error).__name__ == "DuplicateOrderId" or _DUPLICATE.search(str(error)):
        return PlacedBefore(text)
    return ExchangeRefused(text) if proof(error) is Proof.REFUSED else OutcomeUnknown(text)


def of_query(error: Exception, credentials: Credentials) -> ExchangeError:
    """The error of a query: refused, or without a usable response."""
    text = shown(error, credentials)
    return ExchangeRefused(text) if proof(error) is Proof.REFUSED else ExchangeUnreachable(text)


def proof(error: Exception) -> Proof:
    """What the error proves; an error that is not of ccxt proves nothing."""
    named = (PROOFS.get(kind.__name__) for kind in type(error).__mro__)
    return next((one for one in named if one is not None), Proof.NONE)


def is_not_found(error: Exception) -> bool:
    """Whether the exchange has no such order."""
    return isinstance(error, _ccxt.OrderNotFound)


def shown(error: Exception, credentials: Credentials) -> str:
    """Name and text of the error, or what happened to the connection; shortened, without secrets, and with the paths of
    addresses alone.
    """
    stated = f"{type(error).__name__}: {credentials.hide(paths_only(str(error)))}"
    return (connection_fault(error.__cause__) or stated)[:_MOST_TEXT]
