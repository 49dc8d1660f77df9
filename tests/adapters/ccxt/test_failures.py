"""What each exception of ccxt proves about a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import pytest
from requests.exceptions import ConnectionError as Disconnected
from requests.exceptions import ConnectTimeout, ReadTimeout
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from adapters.ccxt.failure import PROOFS, RAISED, Proof, of_order, of_query, proof
from adapters.secrecy import Credentials
from domain.errors import ExchangeError, ExchangeRefused, ExchangeUnreachable, OutcomeUnknown

CCXT: Any = import_module("ccxt")
CREDENTIALS = Credentials("key", "secret")
UNKNOWN = (
    "ExchangeError",
    "RequestTimeout",
    "ExchangeNotAvailable",
    "OnMaintenance",
    "DDoSProtection",
    "RateLimitExceeded",
    "BadResponse",
    "NullResponse",
    "NetworkError",
    "InvalidNonce",
    "DuplicateOrderId",
    "CancelPending",
)
REFUSED = ("InvalidOrder", "InsufficientFunds", "BadSymbol", "AuthenticationError", "OrderNotFound")


QUERIED = "https://fapi.binance.com/fapi/v2/account?timestamp=1&recvWindow=5000&signature=ab12"


def every_class(tree: Mapping[str, Any]) -> Iterator[str]:
    """The names of ccxt's whole tree of exceptions."""
    for name, below in tree.items():
        yield name
        yield from every_class(below)


def test_every_exception_of_ccxt_is_in_the_table() -> None:
    assert set(PROOFS) == set(every_class(import_module("ccxt.base.errors").error_hierarchy))


@pytest.mark.parametrize("name", PROOFS)
def test_an_exception_of_a_class_of_an_exchange_counts_as_its_base(name: str) -> None:
    kind = type("OfAnExchange", (getattr(CCXT, name),), {})
    assert proof(kind("text")) is PROOFS[name]


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_order_with_this_exception_has_an_unknown_outcome(name: str) -> None:
    assert isinstance(of_order(getattr(CCXT, name)("text"), CREDENTIALS), OutcomeUnknown)


@pytest.mark.parametrize("name", REFUSED)
def test_an_order_with_this_exception_was_refused(name: str) -> None:
    assert type(of_order(getattr(CCXT, name)("text"), CREDENTIALS)) is ExchangeRefused


@pytest.mark.parametrize("kind", [kind for kind in RAISED if kind is not CCXT.BaseError])
def test_an_exception_that_is_not_of_ccxt_proves_nothing(kind: type[Exception]) -> None:
    assert proof(kind("text")) is Proof.NONE
    assert type(of_query(kind("text"), CREDENTIALS)) is ExchangeUnreachable


_POOL = HTTPConnectionPool("127.0.0.1", 1)
_NEVER = MaxRetryError(_POOL, "/", NewConnectionError(HTTPConnection("127.0.0.1", 1), "refused"))


@pytest.mark.parametrize(
    ("cause", "error"),
    [
        (Disconnected(_NEVER), ExchangeUnreachable),
        (ConnectTimeout("slow"), ExchangeUnreachable),
        (ReadTimeout("slow"), OutcomeUnknown),
        (Disconnected(ProtocolError("aborted", ConnectionResetError())), OutcomeUnknown),
        (None, OutcomeUnknown),
    ],
    ids=["refused connection", "slow connection", "slow response", "reset", "no cause"],
)
@pytest.mark.parametrize("name", ["NetworkError", "ExchangeNotAvailable", "RequestTimeout"])
def test_only_a_connection_that_was_never_made_proves_that_nothing_arrived(
    name: str, cause: Exception | None, error: type[ExchangeError]
) -> None:
    raised = getattr(CCXT, name)("text")
    raised.__cause__ = cause
    assert type(of_order(raised, CREDENTIALS)) is error


@pytest.mark.parametrize("name", ["NetworkError", "RequestTimeout", "ExchangeNotAvailable", "BadRequest"])
def test_the_text_of_a_failure_has_the_path_of_a_request_without_host_and_query(name: str) -> None:
    """ccxt names the host that it knows, also where requests went to another one."""
    error = getattr(CCXT, name)(f"binance GET {QUERIED} 408 {{}}")
    for found in (of_query(error, CREDENTIALS), of_order(error, CREDENTIALS)):
        assert str(found) == f"{name}: binance GET /fapi/v2/account 408 {{}}"
