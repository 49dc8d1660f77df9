from __future__ import annotations

import pytest

from domain.errors import InvalidInput
from infra.run.place import Place


@pytest.mark.parametrize(
    ("place", "is_real"),
    [
        (Place(), True),
        (Place(testnet=True), False),
        (Place(demo=True), False),
        (Place(address="http://127.0.0.1:8680"), False),
        (Place(address="http://[::1]:8680"), False),
        (Place(address="http://localhost:8680"), False),
        (Place(address="https://api.bybit.com"), True),
        (Place("ccxt:binanceusdm"), True),
        (Place("ccxt:binanceusdm", testnet=True), False),
        (Place("ccxt:bybit", address="http://127.0.0.1:8680"), False),
        (Place(address="http://127.0.0.1.example.com"), True),
    ],
    ids=str,
)
def test_only_testnet_demo_and_this_machine_are_known_not_to_cost_money(
    place: Place, *, is_real: bool
) -> None:
    assert place.has_real_money is is_real


def test_the_sockets_of_an_address_are_at_its_host_and_port() -> None:
    assert Place(address="https://host:1").site.socket == "wss://host:1"


@pytest.mark.parametrize(
    ("exchange", "venue", "shown"),
    [
        ("bybit", "BYBIT", "Bybit testnet"),
        ("ccxt:binanceusdm", "BINANCEUSDM", "binanceusdm through ccxt testnet"),
    ],
)
def test_a_place_names_its_exchange(exchange: str, venue: str, shown: str) -> None:
    place = Place(exchange, testnet=True)
    assert (place.venue, str(place)) == (venue, shown)


@pytest.mark.parametrize("exchange", ["ccxt:", "ccxt", "okx", "ccxt:binanceusmd", "ccxt:../bybit"])
def test_an_exchange_that_cannot_be_traded_is_refused(exchange: str) -> None:
    with pytest.raises(InvalidInput, match="--exchange"):
        Place(exchange)
