"""A failed connection is stated in words, with host and port and without what the address holds after them."""

from __future__ import annotations

from collections.abc import Callable
from socket import create_server

import pytest
import requests
from requests.exceptions import ConnectTimeout, SSLError

from adapters.connection_fault import connection_fault


def failure(call: Callable[[], object]) -> str:
    with pytest.raises(requests.RequestException) as raised:
        call()
    return connection_fault(raised.value)


def test_a_port_on_which_nobody_listens_is_a_refused_connection_without_the_query_of_the_address() -> None:
    found = failure(lambda: requests.get("http://127.0.0.1:9/v5/x?signature=secret", timeout=5))
    assert (
        found == "127.0.0.1:9: the connection is refused; check the address, and whether a server runs there"
    )


def test_a_server_that_stays_silent_gave_no_response_in_time() -> None:
    with create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        found = failure(lambda: requests.get(f"http://127.0.0.1:{port}", timeout=0.2))
    assert found == f"127.0.0.1:{port}: no response arrived in time"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectTimeout(), "the exchange: no connection was made in time; check the network"),
        (SSLError(), "the exchange: no trusted TLS connection was made"),
        (requests.ConnectionError("reset"), "the exchange: the connection ended before a response arrived"),
        (ValueError("no JSON"), ""),
        (None, ""),
    ],
    ids=["time", "tls", "reset", "another error", "no error"],
)
def test_each_kind_of_failure_has_its_sentence(error: Exception | None, words: str) -> None:
    found = connection_fault(error)
    assert found.startswith(words)
    assert bool(found) is bool(words)
