from __future__ import annotations

import pytest

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
