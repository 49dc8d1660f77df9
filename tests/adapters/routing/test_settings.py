"""The tables `[[routes]]`: where a token may be sent."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from adapters.routing.settings import RouteSettings
from tests.adapters.routing.test_peer import AWAY


def a_table(**fields: object) -> RouteSettings:
    table = {"instruments": [AWAY], "source": "here", "token_file": "t", **fields}
    return RouteSettings.model_validate(table)


@pytest.mark.parametrize(
    "fields",
    [
        {"engine": "http://127.0.0.1:8001"},
        {"engine": "http://[::1]:8001"},
        {"engine": "http://localhost:8001"},
        {"engine": "https://other.example:8001"},
        {"engine": "http://192.0.2.2:8001", "plain_http": True},
    ],
)
def test_a_token_is_sent_over_tls_or_on_this_machine_or_where_the_settings_permit_plain_http(
    fields: dict[str, object],
) -> None:
    assert a_table(**fields).engine == fields["engine"]


@pytest.mark.parametrize(
    "address", ["http://192.0.2.2:8001", "http://other.example", "http://127.0.0.1.example"]
)
def test_plain_http_to_another_machine_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match=r"should begin with https://.*plain_http = true"):
        a_table(engine=address)


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1:8001", "http://u:p@127.0.0.1", "http://127.0.0.1/api", "http://"]
)
def test_an_engine_without_a_plain_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="an address like"):
        a_table(engine=address)


def test_a_market_may_be_left_out_and_is_an_address_otherwise() -> None:
    engine = "http://127.0.0.1:8001"
    assert a_table(engine=engine).market == ""
    with pytest.raises(ValidationError, match="an address like"):
        a_table(engine=engine, market="ftp://x")
